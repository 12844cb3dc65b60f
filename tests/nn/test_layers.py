"""The layers around a cell and attention against literal twins, against PyTorch, and at their doors."""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lstm_edu.core.checks import lengths as checked_lengths
from lstm_edu.core.parameters import Parameters
from lstm_edu.nn.attention import Attention
from lstm_edu.nn.layers import Conv1D, Dense, Dropout, Embedding, MaxPool1D
from lstm_edu.nn.layers.affine import ACTIVATIONS

T, B, D = 9, 2, 3
LENGTHS = np.array([6, 8])


# The twins: one number at a time, for real and complex arrays (a complex step goes through them).


def phi(a, activation):
    if activation == "relu":
        return np.where(a.real > 0, a, 0)
    return {None: lambda a: a, "tanh": np.tanh, "sigmoid": lambda a: 1 / (1 + np.exp(-a))}[activation](a)


def dense_twin(x, params, lengths, steps="all", activation=None):
    if steps == "last":
        x = np.stack([x[(T if lengths is None else lengths[b]) - 1, b] for b in range(x.shape[1])])
    elif lengths is not None:
        x = np.where(np.arange(len(x))[:, None, None] < np.array(lengths)[:, None], x, 0)
    return phi(np.einsum("...d,do->...o", x, params["W"]) + params["b"], activation)


def conv_twin(x, params, lengths, stride=1, padding="same", activation=None):
    W, b = params["W"], params["b"]
    width = len(W)
    left = {"same": (width - 1) // 2, "causal": width - 1, "valid": 0}[padding]
    count = (len(x) - width) // stride + 1 if padding == "valid" else -(-len(x) // stride)
    ends = [len(x)] * x.shape[1] if lengths is None else lengths
    y = np.empty((count, x.shape[1], W.shape[2]), np.result_type(x, W, b))
    for t, n in np.ndindex(y.shape[:2]):
        y[t, n] = b
        for k in range(width):
            source = t * stride + k - left
            if 0 <= source < ends[n]:
                y[t, n] += x[source, n] @ W[k]
    return phi(y, activation)


def pool_twin(x, params, lengths, width=2, stride=2):
    y = np.empty(((len(x) - width) // stride + 1, *x.shape[1:]), x.dtype)
    for t, n, d in np.ndindex(y.shape):
        window = x[t * stride : t * stride + width, n, d]
        y[t, n, d] = window[np.argmax(window.real)]
    return y


def embedding_twin(x, params, lengths):
    return np.stack([[params["W"][symbol] for symbol in row] for row in x])


def attention_twin(x, params, lengths, causal=True):
    W_q, W_k, W_v = np.split(params["W"], 3, axis=1)
    ends = [len(x)] * x.shape[1] if lengths is None else lengths
    y = np.zeros((*x.shape[:2], W_v.shape[1]), np.result_type(x, W_v))
    for b, end in enumerate(ends):
        for t in range(end):
            seen = x[: t + 1 if causal else end, b]
            fits = np.exp((seen @ W_k) @ (x[t, b] @ W_q) / np.sqrt(W_k.shape[1]))
            for s in range(len(seen)):
                y[t, b] += fits[s] / np.sum(fits) * (seen[s] @ W_v)
    return y


@dataclass(frozen=True)
class Case:
    name: str
    make: callable  # dtype, seed -> layer
    twin: callable
    symbols: int = 0  # above 0: x holds whole numbers

    def layer(self, dtype=np.float64, seed=1):
        layer = self.make(dtype, seed)
        rng = np.random.default_rng(seed)
        for name, array in layer.params.items():
            layer.params[name] = array + 0.3 * rng.standard_normal(array.shape)
        return layer

    def x(self, dtype=np.float64, seed=2):
        rng = np.random.default_rng(seed)
        return rng.integers(0, self.symbols, (T, B)) if self.symbols else rng.standard_normal((T, B, D)).astype(dtype)


def dense_case(**arguments):
    return Case(
        "dense-" + "-".join(map(str, arguments.values())),
        lambda dtype, seed: Dense(D, 5, dtype=dtype, rng=seed, **arguments),
        lambda x, params, lengths: dense_twin(x, params, lengths, **arguments),
    )


def conv_case(width, **arguments):
    return Case(
        f"conv-{width}-" + "-".join(map(str, arguments.values())),
        lambda dtype, seed: Conv1D(D, 5, width, dtype=dtype, rng=seed, **arguments),
        lambda x, params, lengths: conv_twin(x, params, lengths, **arguments),
    )


def pool_case(width, stride):
    return Case(
        f"pool-{width}-{stride}",
        lambda dtype, seed: MaxPool1D(width, stride),
        lambda x, params, lengths: pool_twin(x, params, lengths, width, stride),
    )


def attention_case(**arguments):
    return Case(
        "attention-" + "-".join(map(str, arguments.values())),
        lambda dtype, seed: Attention(D, 5, dtype=dtype, rng=seed, **arguments),
        lambda x, params, lengths: attention_twin(x, params, lengths, **arguments),
    )


CASES = [
    *[dense_case(steps=s, activation=a) for s in ("all", "last") for a in ACTIVATIONS],
    *[conv_case(w, padding=p, stride=s) for p in ("same", "valid", "causal") for w, s in [(4, 1), (3, 2), (1, 1)]],
    *[conv_case(2, padding="same", stride=3, activation=a) for a in ACTIVATIONS[1:]],
    conv_case(12, padding="same"),
    conv_case(12, padding="causal", stride=2),
    *[attention_case(causal=c) for c in (True, False)],
    *[pool_case(w, s) for w, s in [(2, 2), (3, 1), (2, 3), (1, 1)]],
    Case("embedding", lambda dtype, seed: Embedding(7, 4, dtype=dtype, rng=seed), embedding_twin, symbols=7),
]
every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
lengths_or_none = pytest.mark.parametrize("lengths", [None, LENGTHS], ids=["whole", "lengths"])


def complex_step(f, x):
    gradient = np.empty(x.shape)
    for index in np.ndindex(x.shape):
        z = x.astype(complex)
        z[index] += 1e-30j
        gradient[index] = f(z).imag / 1e-30
    return gradient


@every_case
@lengths_or_none
def test_forward_is_the_twin(case, lengths):
    layer, x = case.layer(), case.x()
    y, tape = layer.forward(x, lengths=lengths)
    np.testing.assert_allclose(y, case.twin(x, layer.params, lengths), rtol=1e-12, atol=1e-14)
    np.testing.assert_array_equal(layer(x, lengths=lengths), y)
    assert tape.state == ()


@every_case
@lengths_or_none
def test_every_gradient_is_the_complex_step(case, lengths):
    layer, x = case.layer(), case.x()
    y, tape = layer.forward(x, lengths=lengths)
    dy = np.random.default_rng(3).standard_normal(y.shape)
    dx, grads, dstate = layer.backward(dy, tape)
    assert dstate == ()
    assert list(grads) == list(layer.params)
    for name in layer.params:

        def loss(value, name=name):
            return np.sum(dy * case.twin(x, {**layer.params, name: value}, lengths))

        np.testing.assert_allclose(grads[name], complex_step(loss, layer.params[name]), rtol=1e-10, atol=1e-12)
    if case.symbols:
        assert dx is None
    else:
        expected = complex_step(lambda z: np.sum(dy * case.twin(z, layer.params, lengths)), x)
        np.testing.assert_allclose(dx, expected, rtol=1e-10, atol=1e-12)


@every_case
def test_backward_writes_every_entry_of_given_grads(case):
    layer, x = case.layer(), case.x()
    y, tape = layer.forward(x)
    buffer = np.full(layer.params.flat.size + 2, np.nan)
    given = Parameters(layer.params.shapes, np.float64, buffer[1:-1])
    _, grads, _ = layer.backward(np.ones_like(y), tape, grads=given)
    assert grads is given
    assert np.isnan(buffer[[0, -1]]).all()
    np.testing.assert_array_equal(buffer[1:-1], layer.backward(np.ones_like(y), tape)[1].flat)


@every_case
def test_parameters_can_lie_in_the_buffer_of_a_network(case):
    layer, x = case.layer(), case.x()
    before = layer(x)
    buffer = np.zeros(layer.params.flat.size + 2)
    layer._place(buffer[1:-1])
    np.testing.assert_array_equal(layer(x), before)
    buffer *= 2
    np.testing.assert_allclose(layer(x), case.twin(x, layer.params, None), rtol=1e-12, atol=1e-14)


@every_case
def test_float32_in_float32_out(case):
    layer, x = case.layer(np.float32), case.x(np.float32)
    y, tape = layer.forward(x, lengths=LENGTHS)
    dx, grads, _ = layer.backward(np.ones_like(y), tape)
    assert y.dtype == np.float32
    assert grads.flat.dtype == np.float32
    assert dx is None or dx.dtype == np.float32
    twin = case.twin(x, {name: p.astype(np.float64) for name, p in layer.params.items()}, LENGTHS)
    np.testing.assert_allclose(y, twin, rtol=1e-5, atol=1e-6)


@every_case
def test_a_batch_is_a_loop_of_singles_whatever_the_padding_holds(case):
    """y and dx at real steps are those of the sequence alone, the gradients of the parameters their sum."""
    layer, x = case.layer(), case.x()
    for b, length in enumerate(LENGTHS):
        x[length:, b] = 0 if case.symbols else 1e3
    y, tape = layer.forward(x, lengths=LENGTHS)
    dy = np.random.default_rng(3).standard_normal(y.shape)
    real = [layer.out_steps(int(n)) for n in LENGTHS]
    if y.ndim == 3:
        dy[np.arange(len(y))[:, None] >= real] = 0
    dx, grads, _ = layer.backward(dy, tape)
    total = layer.params.empty_like()
    total.flat[:] = 0
    for b, length in enumerate(LENGTHS):
        one = np.s_[: real[b], b : b + 1] if y.ndim == 3 else np.s_[b : b + 1]
        y_alone, tape_alone = layer.forward(x[:length, b : b + 1])
        np.testing.assert_allclose(y[one], y_alone, rtol=1e-12, atol=1e-14)
        dx_alone, grads_alone, _ = layer.backward(dy[one], tape_alone)
        total.flat[:] += grads_alone.flat
        if not case.symbols:
            np.testing.assert_allclose(dx[:length, b : b + 1], dx_alone, rtol=1e-12, atol=1e-14)
            assert not dx[length:, b].any()
    np.testing.assert_allclose(grads.flat, total.flat, rtol=1e-10, atol=1e-10)


@every_case
def test_x_and_dy_need_not_be_contiguous(case):
    layer, x = case.layer(), case.x()
    y, tape = layer.forward(x)
    dy = np.random.default_rng(3).standard_normal(y.shape)
    dx, grads, _ = layer.backward(dy, tape)
    spread = np.repeat(x, 2, axis=0)[::2]
    turned = np.asfortranarray(dy)
    assert not spread.flags.c_contiguous
    assert not turned.flags.c_contiguous
    y2, tape2 = layer.forward(spread)
    dx2, grads2, _ = layer.backward(turned, tape2)
    np.testing.assert_array_equal(y2, y)
    np.testing.assert_array_equal(grads2.flat, grads.flat)
    assert case.symbols or np.array_equal(dx2, dx)


@every_case
def test_two_tapes_can_be_alive_at_once(case):
    layer, x = case.layer(), case.x()
    y, tape = layer.forward(x)
    expected = layer.backward(np.ones_like(y), tape)
    y, tape = layer.forward(x)
    layer.forward(case.x(seed=9)[:-1])
    dx, grads, _ = layer.backward(np.ones_like(y), tape)
    np.testing.assert_array_equal(grads.flat, expected[1].flat)
    assert case.symbols or np.array_equal(dx, expected[0])


@every_case
def test_config_makes_the_layer_again(case):
    layer = case.layer(np.float32)
    again = type(layer)(**layer.config())
    assert again.config() == layer.config()
    assert again.params.shapes == layer.params.shapes
    assert (again.inputs, again.units, again.dtype) == (layer.inputs, layer.units, layer.dtype)
    assert repr(layer).startswith(type(layer).__name__ + "(")
    y, _ = layer.forward(case.x(np.float32))
    assert layer.units in (None, y.shape[-1])


@every_case
def test_state_wrong_dy_and_wrong_lengths_are_refused(case):
    layer, x = case.layer(), case.x()
    y, tape = layer.forward(x, ())
    layer.backward(y, tape, ())
    with pytest.raises(ValueError, match=r"state: .* has no state"):
        layer.forward(x, (np.zeros((B, 4)),))
    with pytest.raises(ValueError, match=r"dstate: .* has no state"):
        layer.backward(y, tape, (np.zeros((B, 4)),))
    with pytest.raises(ValueError, match="dy must have shape"):
        layer.backward(np.concatenate([y, y]), tape)
    with pytest.raises(ValueError, match="dy must be an array of floats"):
        layer.backward(np.ones(y.shape, int), tape)
    with pytest.raises(ValueError, match=r"lengths must be in 1 .. 9, got values from 3 to 10"):
        layer.forward(x, lengths=[3, 10])


@every_case
def test_the_tape_of_another_layer_is_refused(case):
    layer, x = case.layer(), case.x()
    y, _ = layer.forward(x)
    for wrong in (None, 3, Dense(D, 11).forward(np.ones((T, B, D)))[1]):
        with pytest.raises(ValueError, match=rf"^tape must come from a forward of {type(layer).__name__}\("):
            layer.backward(y, wrong)


def test_symbols_that_changed_since_forward_are_looked_at_again():
    layer, x = Embedding(7, 3), np.zeros((T, B), np.int64)
    y, tape = layer.forward(x)
    for wrong in (7, -1):
        x[2, 1] = wrong
        with pytest.raises(ValueError, match=r"tape.x must lie in 0 \.\. 6"):
            layer.backward(y, tape)


@every_case
def test_ragged_lists_are_named(case):
    layer, x, ragged = case.layer(), case.x(), [[1.0], [1.0, 2.0]]
    _, tape = layer.forward(x)
    for name, call in (
        ("x", lambda: layer.forward(ragged)),
        ("lengths", lambda: layer.forward(x, lengths=ragged)),
        ("dy", lambda: layer.backward(ragged, tape)),
    ):
        with pytest.raises(ValueError, match=f"^{name} must be an array"):
            call()


@every_case
def test_grads_may_lie_in_a_part_of_a_larger_buffer(case):
    layer, x = case.layer(), case.x()
    y, tape = layer.forward(x)
    buffer = np.full(2 + layer.params.flat.size, np.nan, layer.params.flat.dtype)
    given = Parameters(layer.params.shapes, buffer.dtype, buffer[1:-1])
    layer.backward(np.ones_like(y), tape, grads=given)
    np.testing.assert_array_equal(buffer[1:-1], layer.backward(np.ones_like(y), tape)[1].flat)
    assert np.isnan(buffer[[0, -1]]).all()


@every_case
def test_x_of_the_wrong_kind_is_refused(case):
    layer, x = case.layer(), case.x()
    wrong_kind = x.astype(float) if case.symbols else np.ones(x.shape, int)
    with pytest.raises(ValueError, match="x must be an array of"):
        layer.forward(wrong_kind)
    with pytest.raises(ValueError, match="x must have"):
        layer.forward(x[0, 0])
    with pytest.raises(ValueError, match=r"x must have shape .* none of them 0"):
        layer.forward(x[:, :0])


@pytest.mark.parametrize("lengths", [[3, 2, 1], 3, [[1, 2]]])
def test_lengths_have_one_entry_for_each_sequence(lengths):
    with pytest.raises(ValueError, match=r"lengths must have shape \(2,\), one for each sequence"):
        checked_lengths(lengths, 5, 2)


def test_lengths_are_whole_numbers_from_1():
    with pytest.raises(ValueError, match="lengths must be whole numbers, got float64"):
        checked_lengths([1.0, 2.0], 5, 2)
    with pytest.raises(ValueError, match="lengths must be whole numbers, got bool"):
        checked_lengths([True, True], 5, 2)
    with pytest.raises(ValueError, match=r"lengths must be in 1 .. 5, got values from 0 to 2"):
        checked_lengths([0, 2], 5, 2)
    with pytest.raises(ValueError, match="lengths must be at least 1, got values from 0 to 2"):
        checked_lengths([0, 2], None, 2)
    assert checked_lengths(None, 5, 2) is None
    assert checked_lengths(np.array([5, 1], np.uint8), 5, 2).dtype == np.int64


# Dense


def test_dense_takes_the_output_of_a_layer_that_kept_the_last_step_alone():
    head, x = Dense(D, 5, steps="last", activation="tanh", dtype=np.float64, rng=1), CASES[0].x()
    for steps in ("all", "last"):
        top = Dense(5, 4, steps=steps, dtype=np.float64, rng=2)
        y, tape = top.forward(head(x), lengths=LENGTHS)
        np.testing.assert_allclose(y, head(x) @ top.params["W"] + top.params["b"], rtol=1e-12)
        dx, grads, _ = top.backward(np.ones_like(y), tape)
        np.testing.assert_allclose(dx, np.tile(top.params["W"].sum(1), (B, 1)), rtol=1e-12)
        np.testing.assert_array_equal(grads["b"], [B] * 4)


def test_weights_start_as_glorots_uniform_and_biases_at_zero():
    for layer, ins, outs in [(Dense(200, 100, rng=1), 200, 100), (Conv1D(20, 30, 10, rng=1), 200, 300)]:
        limit = np.sqrt(6 / (ins + outs))
        size = np.abs(layer.params["W"])
        assert 0.99 * limit < size.max() <= limit * (1 + 1e-6)
        assert abs(size.mean() / limit - 0.5) < 0.02
        assert abs(layer.params["W"].mean()) < 0.02 * limit
        assert not layer.params["b"].any()


def test_one_seed_gives_one_layer_and_another_seed_another():
    for make in (
        lambda rng: Dense(3, 4, rng=rng),
        lambda rng: Conv1D(3, 4, 2, rng=rng),
        lambda rng: Embedding(3, 4, rng=rng),
    ):
        np.testing.assert_array_equal(make(5).params.flat, make(np.random.default_rng(5)).params.flat)
        assert not np.array_equal(make(5).params.flat, make(6).params.flat)


def test_sigmoid_keeps_its_tails_in_float32():
    layer = Dense(1, 1, activation="sigmoid", rng=1)
    layer.params["W"] = [[1]]
    y = layer(np.array([-80, -20, 0, 20, 1000, -1000], np.float32).reshape(-1, 1, 1)).ravel()
    np.testing.assert_allclose(y[:4], [np.exp(-80), np.exp(-20), 0.5, 1], rtol=1e-6)
    np.testing.assert_array_equal(y[4:], [1, 0])


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_nan_stays_nan(activation):
    x = np.ones((4, 2, 3))
    x[1, 0, 2] = np.nan
    y = Dense(3, 2, activation=activation, dtype=np.float64, rng=1)(x)
    assert np.isnan(y[1, 0]).all()
    assert np.isnan(y).sum() == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"inputs": 0}, "inputs must be a whole number of at least 1, got 0"),
        ({"units": 2.5}, "units must be a whole number of at least 1, got 2.5"),
        ({"steps": "lst"}, "unknown steps 'lst': did you mean 'last'"),
        ({"activation": "tan"}, "unknown activation 'tan': did you mean 'tanh'"),
        ({"dtype": np.int32}, "dtype must be float32 or float64"),
        ({"rng": "x"}, "rng must be a whole number"),
    ],
)
def test_dense_refuses_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        Dense(**{"inputs": 3, "units": 2, **arguments})


# Conv1D


def torch_of(*arrays):
    torch = pytest.importorskip("torch")
    return torch, *[torch.tensor(a, requires_grad=True) for a in arrays]


@pytest.mark.parametrize(("padding", "stride"), [("valid", 1), ("valid", 3), ("same", 1), ("causal", 1), ("causal", 2)])
@pytest.mark.parametrize("width", [1, 4, 5])
def test_conv_is_torchs(padding, stride, width):
    layer, x = conv_case(width, padding=padding, stride=stride).layer(), CASES[0].x()
    y, tape = layer.forward(x)
    dy = np.random.default_rng(3).standard_normal(y.shape)
    dx, grads, _ = layer.backward(dy, tape)
    torch, tx, tW, tb = torch_of(x, layer.params["W"], layer.params["b"])
    sequences = tx.permute(1, 2, 0)  # (B, D, T)
    if padding == "causal":
        sequences = torch.nn.functional.pad(sequences, (width - 1, 0))
    elif padding == "same":
        sequences = torch.nn.functional.pad(sequences, ((width - 1) // 2, width - 1 - (width - 1) // 2))
    ty = torch.nn.functional.conv1d(sequences, tW.permute(2, 1, 0), tb, stride=stride).permute(2, 0, 1)
    ty.backward(torch.tensor(dy))
    np.testing.assert_allclose(y, ty.detach().numpy(), rtol=1e-12, atol=1e-13)
    for ours, theirs in [(dx, tx), (grads["W"], tW), (grads["b"], tb)]:
        np.testing.assert_allclose(ours, theirs.grad.numpy(), rtol=1e-11, atol=1e-13)


def test_causal_conv_does_not_see_the_future():
    layer, x = conv_case(4, padding="causal").layer(), CASES[0].x()
    changed = x.copy()
    changed[5:] += 1
    y, after = layer(x), layer(changed)
    np.testing.assert_array_equal(after[:5], y[:5])
    assert (after[5:] != y[5:]).all()


windows = {"T": st.integers(1, 12), "width": st.integers(1, 6), "stride": st.integers(1, 5)}


@given(padding=st.sampled_from(["same", "valid", "causal"]), **windows)
@settings(deadline=None, max_examples=60, derandomize=True, database=None)
def test_out_steps_is_the_length_of_y(padding, T, width, stride):
    x = np.zeros((T, 1, 1))
    layers = [Conv1D(1, 1, width, stride=stride, padding=padding, rng=0)]
    if padding == "valid":
        layers.append(MaxPool1D(width, stride))
    for layer in layers:
        if padding == "valid" and width > T:
            with pytest.raises(ValueError, match=f"steps: {T} steps are too few for one window"):
                layer.out_steps(T)
            with pytest.raises(ValueError, match=f"x: {T} steps are too few for one window"):
                layer.forward(x)
        else:
            assert len(layer(x)) == layer.out_steps(T)
            np.testing.assert_array_equal(
                layer.out_steps(np.array([T, T + 3])), [layer.out_steps(n) for n in (T, T + 3)]
            )


@pytest.mark.parametrize("layer", [Conv1D(3, 2, 4, padding="valid"), MaxPool1D(4, 2)], ids=["conv", "pool"])
def test_a_sequence_shorter_than_a_window_is_refused(layer):
    x = np.zeros((9, 2, 3), np.float32)
    with pytest.raises(ValueError, match="lengths: 3 steps are too few"):
        layer.forward(x, lengths=[9, 3])
    with pytest.raises(ValueError, match="steps: 3 steps are too few"):
        layer.out_steps(np.array([9, 3]))
    with pytest.raises(ValueError, match="steps must be a whole number of at least 1, got 0"):
        layer.out_steps(0)
    with pytest.raises(ValueError, match="lengths must be at least 1"):
        layer.out_steps([9, -1])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"inputs": -1}, "inputs must be a whole number of at least 1, got -1"),
        ({"filters": 0}, "filters must be"),
        ({"width": 0}, "width must be"),
        ({"stride": 0}, "stride must be"),
        ({"padding": "casual"}, "unknown padding 'casual': did you mean 'causal'"),
        ({"activation": "x"}, "unknown activation 'x': there are None, tanh, sigmoid, relu"),
    ],
)
def test_conv_refuses_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        Conv1D(**{"inputs": 3, "filters": 2, "width": 4, **arguments})


# MaxPool1D


@pytest.mark.parametrize(("width", "stride"), [(2, 2), (3, 1), (2, 3), (9, 9)])
def test_pool_is_torchs(width, stride):
    layer, x = MaxPool1D(width, stride), CASES[0].x()
    y, tape = layer.forward(x)
    dy = np.random.default_rng(3).standard_normal(y.shape)
    torch, tx = torch_of(x)
    ty = torch.nn.functional.max_pool1d(tx.permute(1, 2, 0), width, stride).permute(2, 0, 1)
    ty.backward(torch.tensor(dy))
    np.testing.assert_array_equal(y, ty.detach().numpy())
    np.testing.assert_allclose(layer.backward(dy, tape)[0], tx.grad.numpy(), rtol=1e-14)


def test_the_gradient_of_equal_maxima_goes_to_the_first():
    x = np.array([1.0, 7, 7, 7, 2, 2]).reshape(6, 1, 1)
    layer = MaxPool1D(3)
    _, tape = layer.forward(x)
    dx, _, _ = layer.backward(np.array([10.0, 20]).reshape(2, 1, 1), tape)
    np.testing.assert_array_equal(dx.ravel(), [0, 10, 0, 20, 0, 0])


def test_pool_takes_nan_for_the_largest():
    x = np.array([1.0, np.nan, 3, np.nan, 2, 2]).reshape(6, 1, 1)
    layer = MaxPool1D(4, 2)
    y, tape = layer.forward(x)
    assert np.isnan(y).all()
    dx, _, _ = layer.backward(np.array([10.0, 20]).reshape(2, 1, 1), tape)
    np.testing.assert_array_equal(dx.ravel(), [0, 10, 0, 20, 0, 0])


def test_pool_refuses_bad_arguments():
    with pytest.raises(ValueError, match="width must be a whole number of at least 1, got 0"):
        MaxPool1D(0)
    with pytest.raises(ValueError, match="stride must be a whole number of at least 1, got 0"):
        MaxPool1D(2, 0)
    assert MaxPool1D(3).config() == {"width": 3, "stride": 3}


# Embedding


def test_embedding_is_a_one_hot_x_times_w():
    layer, x = CASES[-1].layer(), CASES[-1].x()
    one_hot = Dense(7, 4, dtype=np.float64)
    one_hot.params["W"] = layer.params["W"]
    y, tape = layer.forward(x)
    expected, dense_tape = one_hot.forward(np.eye(7)[x])
    np.testing.assert_allclose(y, expected, rtol=1e-14)
    dW = layer.backward(expected, tape)[1]["W"]
    np.testing.assert_allclose(dW, one_hot.backward(expected, dense_tape)[1]["W"], rtol=1e-12)


def test_embedding_rows_start_with_length_about_1():
    W = Embedding(500, 60, rng=1).params["W"]
    assert abs(np.mean(np.sum(W * W, axis=1)) - 1) < 0.03
    assert abs(W.mean()) < 0.003


@pytest.mark.parametrize("symbol", [-1, 7])
def test_embedding_refuses_unknown_symbols(symbol):
    x = CASES[-1].x()
    x[3, 1] = symbol
    with pytest.raises(ValueError, match=r"x must lie in 0 .. 6, got values from"):
        CASES[-1].layer().forward(x)


def test_embedding_refuses_bad_arguments():
    with pytest.raises(ValueError, match="symbols must be a whole number"):
        Embedding(0, 4)
    with pytest.raises(ValueError, match="units must be a whole number"):
        Embedding(4, 0)
    with pytest.raises(ValueError, match="dtype must be float32 or float64"):
        Embedding(4, 3, dtype=np.float16)


# Dropout


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("rate", [0.1, 0.5, 0.8])
def test_dropout_keeps_the_mean_and_drops_its_share(rate, dtype):
    x = np.ones((50, 40, 30), dtype)
    y, _ = Dropout(rate, rng=1).forward(x)
    assert y.dtype == dtype
    assert abs(y.mean() - 1) < 0.03
    assert abs(np.mean(y == 0) - rate) < 0.005
    np.testing.assert_allclose(y[y != 0], 1 / (1 - rate), rtol=1e-6)


def test_dropout_is_off_without_training_and_then_backward_lets_all_through():
    layer, x = Dropout(0.5, rng=1), CASES[0].x()
    np.testing.assert_array_equal(layer(x), x)
    y, tape = layer.forward(x, training=False)
    np.testing.assert_array_equal(y, x)
    np.testing.assert_array_equal(layer.backward(2 * x, tape)[0], 2 * x)
    np.testing.assert_array_equal(Dropout(0).forward(x)[0], x)


def test_dropout_backward_uses_the_mask_of_its_forward():
    layer = Dropout(0.4, rng=1)
    x, dy = CASES[0].x(), CASES[0].x(seed=3)
    y, tape = layer.forward(x)
    other, _ = layer.forward(x)
    assert not np.array_equal(y == 0, other == 0)  # a new mask at every call
    dx, grads, dstate = layer.backward(dy, tape)
    np.testing.assert_allclose(dx, dy * (y / x), rtol=1e-14)
    assert grads.flat.size == 0
    assert dstate == ()


def test_dropout_draws_the_same_mask_from_the_same_seed_in_both_types():
    x = CASES[0].x()
    first, _ = Dropout(0.4, rng=3).forward(x)
    second, _ = Dropout(0.4, rng=np.random.default_rng(3)).forward(x.astype(np.float32))
    np.testing.assert_array_equal(first == 0, second == 0)


def test_dropout_takes_the_last_step_alone_too():
    y, tape = Dropout(0.5, rng=1).forward(np.ones((40, 3)), lengths=np.full(40, 7))
    assert set(np.unique(y)) == {0, 2}
    np.testing.assert_array_equal(Dropout(0.5).backward(np.ones((40, 3)), tape)[0], y)


def test_dropout_per_sequence_drops_the_same_inputs_at_all_steps_and_others_in_each_sequence():
    x, dy = np.random.default_rng(0).standard_normal((2, 50, 40, 30))
    layer = Dropout(0.3, per="sequence", rng=1)
    y, tape = layer.forward(x, lengths=np.full(40, 50))
    dropped = y == 0
    assert (dropped == dropped[0]).all()
    assert abs(dropped[0].mean() - 0.3) < 0.06  # 4.5 deviations of 1200 draws
    assert len(np.unique(dropped[0], axis=0)) == 40
    np.testing.assert_allclose(y[~dropped], x[~dropped] / 0.7, rtol=1e-14)
    np.testing.assert_array_equal(layer.backward(dy, tape)[0], dy * tape.mask)
    assert not np.array_equal(layer.forward(x)[0] == 0, dropped)  # a new mask at every call
    np.testing.assert_array_equal(layer(x), x)


def test_dropout_per_sequence_of_the_last_step_alone_is_that_per_step():
    x = np.ones((40, 3))
    one, other = (Dropout(0.5, per=per, rng=1).forward(x)[0] for per in ("step", "sequence"))
    np.testing.assert_array_equal(one, other)


def test_dropout_refuses_what_it_cannot_use():
    layer, x = Dropout(0.4, rng=1), CASES[0].x()
    for rate in (-0.1, 1, np.nan, "half"):
        with pytest.raises(ValueError, match="rate must be"):
            Dropout(rate)
    with pytest.raises(ValueError, match="x must be an array of floats, got int64"):
        layer.forward(np.ones((4, 2, 3), np.int64))
    with pytest.raises(ValueError, match="x must have 3 axes"):
        layer.forward(x[0, 0])
    with pytest.raises(ValueError, match="state: Dropout has no state"):
        layer.forward(x, (1,))
    with pytest.raises(ValueError, match="dy must have shape"):
        layer.backward(x[1:], layer.forward(x)[1])
    with pytest.raises(ValueError, match="lengths must have shape"):
        layer.forward(x, lengths=[1])
    with pytest.raises(ValueError, match="unknown per 'batch'"):
        Dropout(0.4, per="batch")
    assert Dropout(0.25).config() == {"rate": 0.25}
    assert Dropout(0.25, per="sequence").config() == {"rate": 0.25, "per": "sequence"}


@every_case
def test_sizes_and_the_like_are_set_once(case):
    layer = case.layer()
    for name in layer.config().keys() | {"params"}:
        with pytest.raises(
            AttributeError, match=f"^{name} of a {type(layer).__name__} can't be set anew: .*another layer"
        ):
            setattr(layer, name, 99)


def test_the_rate_of_a_dropout_may_change():
    layer = Dropout(0.5, rng=0)
    layer.rate = 0
    assert layer.forward(np.ones((T, B, D)))[0].all()


@every_case
def test_grads_over_dy_or_over_what_the_tape_holds_are_refused(case):
    layer = case.layer()
    if isinstance(layer, MaxPool1D | Embedding):  # they write when everything is read
        return
    n = layer.params.flat.size
    y, tape = layer.forward(np.ones((20, 40, D)))
    dy = np.ones_like(y)
    for name, array in (("dy", dy), ("x", tape.rows), ("y", tape.y)):
        if array is not None and array.size >= n and array.flags.writeable:
            over = Parameters(layer.params.shapes, np.float64, array.reshape(-1)[:n])
            with pytest.raises(ValueError, match=f"grads must be a buffer of its own, got one that overlaps {name}, "):
                layer.backward(dy, tape, grads=over)
    assert (dy == 1).all()


@every_case
def test_masked_arrays_are_refused(case):
    layer, x = case.layer(), case.x()
    y, tape = layer.forward(x)
    with pytest.raises(ValueError, match=r"^x must be an array without a mask, got a masked array"):
        layer.forward(np.ma.masked_array(x))
    with pytest.raises(ValueError, match=r"^dy must be an array without a mask, got a masked array"):
        layer.backward(np.ma.masked_array(y), tape)
