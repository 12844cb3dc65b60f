"""What is of attention alone; forward, gradients, lengths and doors are held with the other layers' in test_layers."""

import numpy as np
import pytest

import lstm_edu as le

T, B, D, H = 7, 3, 4, 5
LENGTHS = np.array([7, 4, 1])
both = pytest.mark.parametrize("causal", [True, False], ids=["causal", "over all"])


def layer_and_x(causal, dtype=np.float64, inputs=D):
    layer = le.Attention(inputs, H, causal=causal, dtype=dtype, rng=1)
    return layer, np.random.default_rng(2).standard_normal((T, B, inputs)).astype(dtype)


@both
@pytest.mark.parametrize("lengths", [None, LENGTHS], ids=["whole", "lengths"])
def test_weights_add_up_to_one_over_what_a_step_may_look_at_and_are_zero_elsewhere(causal, lengths):
    layer, x = layer_and_x(causal)
    weights = layer.weights(layer.forward(x, lengths=lengths)[1])
    assert weights.shape == (T, B, T)
    t, b, s = np.ogrid[:T, :B, :T]
    ends = np.full(B, T) if lengths is None else lengths
    may = (t < ends[b]) & (s < ends[b]) & (~np.bool(causal) | (s <= t))
    assert (weights[may] > 0).all()
    assert not weights[~may].any()
    real = np.arange(T)[:, None] < ends
    np.testing.assert_allclose(weights.sum(axis=2), real, rtol=1e-12)


@both
@pytest.mark.parametrize("lengths", [None, LENGTHS], ids=["whole", "lengths"])
def test_it_is_torchs(causal, lengths):
    torch = pytest.importorskip("torch")
    layer, x = layer_and_x(causal)
    y, tape = layer.forward(x, lengths=lengths)
    real = np.arange(T) < (np.full(B, T) if lengths is None else lengths)[:, None]  # (B, T)
    dy = np.random.default_rng(3).standard_normal(y.shape) * real.T[:, :, None]
    dx, grads, _ = layer.backward(dy, tape)
    tx, tW = torch.tensor(x, requires_grad=True), torch.tensor(layer.params["W"], requires_grad=True)
    q, k, v = (tx @ tW).transpose(0, 1).split(H, dim=2)
    mask = torch.tensor(real[:, None] & np.tri(T, dtype=bool) if causal else np.repeat(real[:, None], T, axis=1))
    ty = torch.nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=mask).transpose(0, 1)
    ty.backward(torch.tensor(dy))
    np.testing.assert_allclose(y[real.T], ty.detach().numpy()[real.T], rtol=1e-11, atol=1e-13)
    assert not y[~real.T].any()
    for ours, theirs in ((dx, tx), (grads["W"], tW)):
        np.testing.assert_allclose(ours, theirs.grad.numpy(), rtol=1e-10, atol=1e-12)


def test_a_causal_step_does_not_see_what_comes_after_it_and_sees_what_came_before():
    layer, x = layer_and_x(True)
    changed = x.copy()
    changed[4] += 1
    y, after = layer(x), layer(changed)
    np.testing.assert_array_equal(after[:4], y[:4])
    assert (np.abs(after[4:] - y[4:]).max(axis=2) > 1e-6).all()


def test_the_gradient_at_a_causal_step_comes_from_it_and_later_steps_alone():
    layer, x = layer_and_x(True)
    y, tape = layer.forward(x)
    dy = np.zeros_like(y)
    dy[3] = 1
    dx, _, _ = layer.backward(dy, tape)
    assert dx[:4].any(axis=2).all()
    assert not dx[4:].any()


def test_without_a_direction_the_order_of_the_steps_means_nothing():
    layer, x = layer_and_x(False)
    order = np.random.default_rng(4).permutation(T)
    y, tape = layer.forward(x)
    y_mixed, tape_mixed = layer.forward(x[order])
    np.testing.assert_allclose(y_mixed, y[order], rtol=1e-11, atol=1e-13)
    weights = layer.weights(tape)[order][:, :, order]
    np.testing.assert_allclose(layer.weights(tape_mixed), weights, rtol=1e-11, atol=1e-13)
    causal, _ = layer_and_x(True)
    assert np.abs(causal(x[order]) - causal(x)[order]).max() > 0.01


def test_a_question_of_nothing_takes_the_mean_of_what_came():
    layer, x = layer_and_x(True)
    layer.params["W"][:, :H] = 0
    v = x @ layer.params["W"][:, 2 * H :]
    np.testing.assert_allclose(layer(x), np.cumsum(v, axis=0) / np.arange(1, T + 1)[:, None, None], rtol=1e-11)


def test_a_question_that_fits_one_key_far_better_takes_its_value():
    layer = le.Attention(T, T, causal=False, dtype=np.float64)
    layer.params["W"] = np.hstack([1e3 * np.eye(T), np.eye(T), np.roll(np.eye(T), 1, axis=1)])
    x = np.eye(T)[:, None]
    np.testing.assert_allclose(layer(x)[:, 0], np.roll(np.eye(T), 1, axis=1), atol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_scores_of_any_size_are_no_danger(dtype):
    layer, x = layer_and_x(True, dtype)
    layer.params["W"][:, : 2 * H] *= 1e6 if dtype == np.float32 else 1e60
    y, tape = layer.forward(x)
    assert np.isfinite(y).all()
    assert np.isfinite(layer.backward(np.ones_like(y), tape)[1].flat).all()


def test_nan_stays_nan_and_warns_of_nothing():
    layer, x = layer_and_x(True)
    x[2, 1, 0] = np.nan
    y = layer(x)
    assert np.isnan(y[2:, 1]).all()
    assert not np.isnan(y[:, [0, 2]]).any()


@both
def test_between_two_recurrent_layers_it_is_trained_kept_and_read_again(causal, tmp_path):
    task = le.tasks.Adding(length=6)
    layers = [le.GRU(2, 4, rng=0), le.Attention(4, 3, causal=causal, rng=1), le.GRU(3, 4, rng=2)]
    net = le.Sequential([*layers, le.Dense(4, 1, steps="last", rng=3)])
    before = net.layers[1].params["W"].copy()
    le.fit(net, task, steps=3, batch=4, seed=0, progress_bar=False)
    assert (net.layers[1].params["W"] != before).all()
    le.save(net, tmp_path / "net.safetensors")
    again, batch = le.load(tmp_path / "net.safetensors"), task.sample(5, rng=1)
    assert repr(again) == repr(net)
    np.testing.assert_array_equal(again(batch.x), net(batch.x))
    _, tape = net.forward(batch.x)
    assert net.layers[1].weights(tape.tapes[1]).shape == (6, 5, 6)
    assert "Attention  (T, B, 3)  W (4, 9)" in net.summary()


def test_parameters_are_counted_without_a_layer():
    assert le.count_parameters(le.Attention(D, H)) == 3 * D * H
    assert le.Attention.parameter_shapes(inputs=D, units=H) == {"W": (D, 3 * H)}
    assert le.Attention.output_shape(("T", "B", D), inputs=D, units=H) == ("T", "B", H)


def test_every_block_of_w_starts_as_glorots_uniform():
    limit = np.sqrt(6 / (200 + 100))
    for block in np.split(le.Attention(200, 100, rng=1).params["W"], 3, axis=1):
        size = np.abs(block)
        assert 0.99 * limit < size.max() <= limit * (1 + 1e-6)
        assert abs(size.mean() / limit - 0.5) < 0.02


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"inputs": 0}, "inputs must be a whole number of at least 1, got 0"),
        ({"units": 2.5}, "units must be a whole number of at least 1, got 2.5"),
        ({"causal": 1}, "causal must be True or False, got 1"),
        ({"causal": None}, "causal must be True or False, got None"),
        ({"dtype": np.int32}, "dtype must be float32 or float64"),
        ({"rng": "x"}, "rng must be a whole number"),
    ],
)
def test_bad_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        le.Attention(**{"inputs": 3, "units": 2, **arguments})


def test_the_weights_of_another_layers_tape_are_refused():
    layer, x = layer_and_x(True)
    other = le.Attention(D, H, causal=False, dtype=np.float64)
    for wrong in (None, other.forward(x)[1], le.GRU(D, H, dtype=np.float64).forward(x)[1]):
        with pytest.raises(ValueError, match=r"^tape must come from a forward of Attention\("):
            layer.weights(wrong)


def test_its_gradients_may_not_lie_over_what_is_still_read():
    layer, x = layer_and_x(True)
    y, tape = layer.forward(x)
    n = layer.params.flat.size
    for name, array in (("q, k, v", tape.qkv), ("weights", tape.weights)):
        over = le.Parameters(layer.params.shapes, np.float64, array.reshape(-1)[:n])
        with pytest.raises(ValueError, match=f"got one that overlaps {name}, "):
            layer.backward(np.ones_like(y), tape, grads=over)
