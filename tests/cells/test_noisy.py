"""NoisyLSTM: its kernels against the twin with the masks that the tape holds, and what is claimed of the masks."""

import copy
import pickle
from dataclasses import replace

import numba
import numpy as np
import pytest
from cases import case_id, random_state
from reference import complex_step, noisy_lstm

import lstm_edu as le
from lstm_edu.cells import LSTM, NoisyLSTM, lstm, noisy
from lstm_edu.cells.steps import Steps
from lstm_edu.core import Parameters, set_num_threads
from lstm_edu.nn.generators import generators_of

pytestmark = pytest.mark.kernels

RATES = {"recurrent_dropout": 0.3, "candidate_dropout": 0.4, "zoneout_h": 0.2, "zoneout_c": 0.45}
DROPOUTS = {name: rate for name, rate in RATES.items() if "dropout" in name}
ZONEOUTS = {name: rate for name, rate in RATES.items() if "zoneout" in name}
NAMES = {"mh": "recurrent_dropout", "mg": "candidate_dropout", "zh": "zoneout_h", "zc": "zoneout_c"}
NOTHING = {"mh": 1, "mg": 1, "zh": 0, "zc": 0}
FORMS = [{name: rate} for name, rate in RATES.items()] + [RATES, RATES | {"per": "sequence"}]
SIZES = [(5, 3, 4, 6), (1, 3, 4, 6), (5, 1, 4, 6), (4, 3, 1, 2), (4, 3, 2, 1), (3, 6, 2, 19)]
each_form = pytest.mark.parametrize("form", FORMS, ids=lambda form: "-".join(form))
T, B, D, H = 6, 3, 4, 7


def made(D=D, H=H, dtype=np.float64, seed=1, **arguments):
    layer = NoisyLSTM(D, H, dtype=dtype, rng=seed, **arguments)
    layer.params["b"] += 0.5 * np.random.default_rng(seed).standard_normal(4 * H)
    return layer


def given(layer, T=T, B=B, seed=0):
    rng = np.random.default_rng(seed)
    x, dy = rng.standard_normal((T, B, layer.inputs)), rng.standard_normal((T, B, layer.units))
    return x, random_state(layer, B, rng), dy, random_state(layer, B, rng)


def masks_of(tape):
    return NOTHING | tape.kept


def one_sequence(masks, b, length):
    return {name: mask[:length, b : b + 1] if np.ndim(mask) else mask for name, mask in masks.items()}


def assert_gradients(layer, tape, dy, dstate, state, loss):
    dx, grads, dinitial = layer.backward(dy, tape, dstate)
    got = dict(grads) | {"x": dx, "h": dinitial[0], "c": dinitial[1]}
    expected = complex_step(loss, dict(layer.params) | {"x": tape.x, "h": state[0], "c": state[1]})
    for name, value in expected.items():
        np.testing.assert_allclose(got[name], value, rtol=0, atol=1e-10 * max(1, np.abs(value).max()), err_msg=name)


# The kernels, for the masks that were drawn


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("size", SIZES, ids=case_id)
@each_form
def test_outputs_and_every_gradient_are_those_of_the_twin_with_the_same_masks(form, size, training):
    T, B, D, H = size
    layer = made(D, H, **form)
    x, state, dy, dstate = given(layer, T, B)
    _, tape = layer.forward(x, state, training=training)
    masks = masks_of(tape)
    assert tape.kept.keys() == {k for k, name in NAMES.items() if name in form and (training or k in ("zh", "zc"))}
    expected = noisy_lstm(x, layer.params, state, **masks)
    for name, gate in layer.gates(tape).items():
        np.testing.assert_allclose(gate, expected[name], rtol=0, atol=1e-13, err_msg=name)

    def loss(arrays):
        out = noisy_lstm(arrays["x"], arrays, (arrays["h"], arrays["c"]), **masks)
        return np.sum(out["h"] * dy) + np.sum(out["h"][-1] * dstate[0]) + np.sum(out["c"][-1] * dstate[1])

    assert_gradients(layer, tape, dy, dstate, state, loss)


@each_form
def test_with_lengths_every_sequence_is_the_twin_of_it_alone(form):
    layer, lengths = made(**form), np.array([4, 6, 1])
    x, state, dy, dstate = given(layer)
    beyond = np.arange(T)[:, None] >= lengths
    dy[beyond], blank = 0, np.where(beyond[..., None], 0, x)
    x[beyond] = np.nan
    y, tape = layer.forward(x, state, lengths=lengths)
    masks = masks_of(tape)

    def alone(arrays, b):
        own = arrays["x"][: lengths[b], b : b + 1], arrays, (arrays["h"][b : b + 1], arrays["c"][b : b + 1])
        return noisy_lstm(*own, **one_sequence(masks, b, lengths[b]))

    def loss(arrays):
        total = 0
        for b, length in enumerate(lengths):
            out = alone(arrays, b)
            total += np.sum(out["h"][:, 0] * dy[:length, b])
            total += np.sum(out["h"][-1] * dstate[0][b]) + np.sum(out["c"][-1] * dstate[1][b])
        return total

    for b, length in enumerate(lengths):
        out = alone(dict(layer.params) | {"x": blank, "h": state[0], "c": state[1]}, b)
        np.testing.assert_allclose(y[:length, b], out["h"][:, 0], rtol=0, atol=1e-13)
        for got, name in zip(tape.state, "hc", strict=True):
            np.testing.assert_allclose(got[b], out[name][-1, 0], rtol=0, atol=1e-13)
    assert_gradients(layer, tape, dy, dstate, state, loss)


def test_the_noisy_kernels_with_masks_that_change_nothing_are_those_of_the_lstm():
    layer = made()
    x, state, dy, (dh, dc) = given(layer)
    ones, zeros = np.ones((1, B, H)), np.zeros((1, B, H))
    noise = ones, ones, zeros, zeros
    tapes = [layer.forward(x, state)[1] for _ in range(2)]
    lstm.forward(x, *layer.params.values(), tapes[0].a, tapes[0].h, tapes[0].c, 0, B)
    noisy.forward(x, *layer.params.values(), *noise, tapes[1].a, tapes[1].h, tapes[1].c, 0, B)
    for name in ("a", "h", "c"):
        np.testing.assert_allclose(getattr(tapes[0], name), getattr(tapes[1], name), rtol=0, atol=1e-14)
    ends, U = [], layer.params["U"]
    for k, tape in enumerate(tapes):
        delta, back = np.empty_like(tape.a), (dh.copy(), dc.copy())
        if k == 0:
            lstm.backward(dy, tape.a, tape.c, U, delta, *back, 0, B)
        else:
            noisy.backward(dy, tape.a, tape.c, U, *noise, delta, *back, 0, B)
        ends.append((delta, *back))
    for one, other in zip(*ends, strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-13)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("arguments", "training"), [({}, True), ({"per": "sequence"}, True), (DROPOUTS, False)], ids=str
)
def test_off_it_is_the_lstm_bit_for_bit(arguments, training, dtype):
    layer, plain = NoisyLSTM(D, H, dtype=dtype, rng=1, **arguments), LSTM(D, H, dtype=dtype, rng=1)
    x, state, dy, dstate = given(layer)
    y, tape = layer.forward(x, state, training=training)
    expected, other = plain.forward(x, state)
    dx, grads, dinitial = layer.backward(dy, tape, dstate)
    needed_dx, needed_grads, needed_dinitial = plain.backward(dy, other, dstate)
    pairs = [(y, expected), (layer(x, state), expected), (dx, needed_dx), (grads.flat, needed_grads.flat)]
    for got, needed in pairs + list(zip(dinitial, needed_dinitial, strict=True)):
        assert np.array_equal(got, needed)


@pytest.mark.parametrize("per", ["step", "sequence"])
def test_results_are_the_same_bits_for_any_number_of_threads(per, monkeypatch):
    monkeypatch.setattr("lstm_edu.core.threads._WORK", 0)  # hand over however small the work
    results = []
    try:
        for threads in (1, 2, 3):
            set_num_threads(threads)
            layer = made(3, 17, np.float32, per=per, **RATES)
            x, state, dy, dstate = given(layer, 4, 23)
            y, tape = layer.forward(x, state)
            dx, grads, dinitial = layer.backward(dy, tape, dstate)
            results.append([y, *tape.state, dx, grads.flat, *dinitial, layer(x, state)])
    finally:
        set_num_threads(None)
    for other in results[1:]:
        for a, b in zip(results[0], other, strict=True):
            if numba.config.DISABLE_JIT:  # then the products are NumPy's, whose rounding depends on the slice
                np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)
            else:
                assert np.array_equal(a, b)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_one_step_after_the_other_is_the_same_inference_bit_for_bit(dtype):
    layer = made(dtype=dtype, **RATES)
    x, state, _, _ = given(layer)
    x, state = x.astype(dtype), tuple(s.astype(dtype) for s in state)
    steps, whole = Steps(layer, state, sequences=B), layer(x, state)
    y, _ = layer.forward(x, state, training=False)
    np.testing.assert_array_equal(whole, y)
    for t in range(T):
        found = steps(x[t]).copy()
        needed, tape = layer.forward(x[t : t + 1], state, training=False)
        state = tape.state
        np.testing.assert_array_equal(found, needed[0])
        np.testing.assert_allclose(found, whole[t], rtol=0, atol=1e-5 if dtype == np.float32 else 1e-13)


# The masks


def assert_share(found, rate):
    """Within five deviations of a binomial: a wrong one in two million, and the seed is fixed."""
    assert abs(np.mean(found) - rate) < 5 * np.sqrt(rate * (1 - rate) / found.size)


def test_every_noise_is_drawn_at_its_rate_and_has_two_values():
    _, tape = made(2, 30, **RATES).forward(np.zeros((50, 40, 2)))
    for name, argument in NAMES.items():
        rate, mask = RATES[argument], tape.kept[name]
        assert mask.shape == (50, 40, 30)
        off, on = (0, 1 / (1 - rate)) if name in ("mh", "mg") else (1, 0)
        np.testing.assert_allclose(mask, np.where(mask == off, off, on), rtol=1e-15)
        assert_share(mask == off, rate)
        for axis in range(3):  # neighbours have nothing to do with each other
            ahead, behind = (np.take(mask == off, k, axis) for k in (range(1, 30), range(29)))
            assert_share(ahead & behind, rate * rate)
    assert not np.array_equal(tape.mh == 0, tape.mg == 0)


def test_per_sequence_a_dropout_is_the_same_at_all_steps_with_a_mask_for_each_sequence_and_zoneout_is_not():
    layer = made(2, 30, per="sequence", **RATES)
    _, tape = layer.forward(np.zeros((9, 40, 2)))
    for name in ("mh", "mg"):
        mask = tape.kept[name]
        assert (mask == mask[0]).all()
        assert len(np.unique(mask[0], axis=0)) == 40
        assert_share(mask[0] == 0, RATES[NAMES[name]])
    for name in ("zh", "zc"):
        assert all((a != b).any() for a, b in zip(tape.kept[name], tape.kept[name][1:], strict=False))


def test_every_forward_draws_anew_and_backward_takes_the_masks_of_its_own_tape():
    layer = made(**RATES)
    x, state, dy, _ = given(layer)
    first, second = layer.forward(x, state)[1], layer.forward(x, state)[1]
    assert all(not np.array_equal(first.kept[name], second.kept[name]) for name in NAMES)
    one = layer.backward(dy, first)
    other, again = layer.backward(dy, second), layer.backward(dy, first)
    assert not np.allclose(one[0], other[0])
    assert np.array_equal(one[0], again[0])
    assert np.array_equal(one[1].flat, again[1].flat)


def test_one_seed_draws_the_same_masks_in_both_types_and_weights_as_those_of_the_lstm():
    wide, narrow = (NoisyLSTM(D, H, dtype=dtype, rng=3, **RATES) for dtype in (np.float64, np.float32))
    np.testing.assert_array_equal(narrow.params.flat, LSTM(D, H, rng=3).params.flat)
    x = np.zeros((T, B, D), np.float32)
    one, other = wide.forward(x)[1], narrow.forward(x)[1]
    for name in NAMES:
        assert other.kept[name].dtype == np.float32
        np.testing.assert_allclose(other.kept[name], one.kept[name], rtol=1e-6)


# What the noise does


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_zoneout_leaves_the_old_value_as_it_was_to_the_bit(dtype):
    layer = made(dtype=dtype, **ZONEOUTS)
    x, state, _, _ = given(layer)
    _, tape = layer.forward(x, state)
    for array, mask in ((tape.h, tape.zh), (tape.c, tape.zc)):
        np.testing.assert_array_equal(array[1:][mask == 1], array[:-1][mask == 1])
        assert (array[1:][mask == 0] != array[:-1][mask == 0]).all()


@pytest.mark.parametrize("rates", [ZONEOUTS, {"candidate_dropout": 0.4}], ids=str)
def test_in_inference_a_step_gives_the_mean_of_what_it_gives_in_training(rates):
    """Over 40000 draws of one and the same step. c is linear in its noise; h in that of zoneout."""
    layer, draws = made(**rates), 40000
    x, state, _, _ = given(layer, 1, 1)
    many = [np.repeat(array, draws, axis=-2) for array in (x, *state)]
    _, tape = layer.forward(many[0], many[1:])
    _, quiet = layer.forward(x, state, training=False)
    for found, needed in list(zip(tape.state, quiet.state, strict=True))[0 if rates is ZONEOUTS else 1 :]:
        deviation = found.std(axis=0) / np.sqrt(draws)
        assert (deviation > 0).all()
        assert (np.abs(found.mean(axis=0) - needed[0]) < 5 * deviation).all()


def test_a_candidate_that_is_dropped_at_every_step_leaves_what_c_holds_to_the_forget_gate():
    """Semeniuta's point: the memory is not lost. With g dropped, c[t] is c[0] times the forget gates."""
    layer = made(candidate_dropout=0.5, per="sequence")
    x, state, _, _ = given(layer, 20)
    _, tape = layer.forward(x, state)
    gone = tape.mg[0] == 0
    kept = state[1] * np.prod(layer.gates(tape)["f"], axis=0)
    np.testing.assert_allclose(tape.c[-1][gone], kept[gone], rtol=1e-12)
    assert 0 < gone.sum() < gone.size


def test_units_of_h_that_are_dropped_reach_no_gate():
    layer = made(recurrent_dropout=0.5)
    x, state, _, _ = given(layer, 1)
    _, tape = layer.forward(x, state)
    gone = tape.mh[0] == 0
    _, _, (dh, _) = layer.backward(np.ones((1, B, H)), tape)
    assert not dh[gone].any()
    assert dh[~gone].all()


# Its place among the others


def test_a_copy_goes_on_with_the_same_noise_and_a_loaded_layer_has_its_own(tmp_path):
    layer = made(**RATES)
    x = np.zeros((T, B, D))
    copies = [copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))]
    y = layer.forward(x)[0]
    for other in copies:
        np.testing.assert_array_equal(other.forward(x)[0], y)
    le.save(layer, tmp_path / "noisy")
    loaded = [le.load(tmp_path / "noisy") for _ in range(2)]
    for other in loaded:
        assert other.config() == layer.config()
        np.testing.assert_array_equal(other(x), layer(x))
    one, two = (other.forward(x)[1] for other in loaded)
    assert not np.array_equal(one.mh, two.mh)


def test_around_it_containers_pass_on_that_a_network_trains_and_ask_for_its_generator():
    inner = NoisyLSTM(3, 3, dtype=np.float64, rng=1, **RATES)
    net = le.Sequential(
        [le.Residual(inner), le.Bidirectional(NoisyLSTM(3, 4, dtype=np.float64, rng=2, **RATES), rng=3)]
    )
    x = np.random.default_rng(0).standard_normal((T, B, 3))
    first, second = net.forward(x)[0], net.forward(x)[0]
    assert not np.allclose(first, second)
    np.testing.assert_array_equal(net(x), net.forward(x, training=False)[0])
    assert len(generators_of(net)) == 3


@pytest.mark.parametrize("rates", [DROPOUTS, ZONEOUTS], ids=str)
def test_the_gradient_flow_is_that_of_inference_and_without_c_where_zoneout_parts_h_from_c(rates):
    layer = made(**rates)
    x, state, dy, _ = given(layer)
    flow = le.gradient_flow(layer, x, dy, state)
    _, _, (dh, dc) = layer.backward(dy, layer.forward(x, state, training=False)[1])
    np.testing.assert_array_equal(flow.dh[0], dh)
    if rates is ZONEOUTS:
        assert flow.dc is None
    else:
        np.testing.assert_array_equal(flow.dc[0], dc)


def test_a_tape_with_other_masks_and_grads_over_them_are_refused():
    layer = made(**RATES)
    x, state, dy, _ = given(layer, 60)
    _, tape = layer.forward(x, state)
    wrong = replace(tape, kept=tape.kept | {"mg": tape.mg[:-1].copy()})
    with pytest.raises(
        ValueError, match=r"tape.mg must be a contiguous, writeable array of float64 of shape \(60, 3, 7\)"
    ):
        layer.backward(dy, wrong)
    over = Parameters(layer.params.shapes, np.float64, tape.zc.reshape(-1)[: layer.params.flat.size])
    with pytest.raises(ValueError, match="grads must be a buffer of its own, got one that overlaps zc, "):
        layer.backward(dy, tape, grads=over)


@pytest.mark.parametrize("name", RATES)
@pytest.mark.parametrize("rate", [-0.1, 1, np.nan, "half", None])
def test_rates_that_are_none_are_refused_by_name(name, rate):
    with pytest.raises(ValueError, match=f"{name} must be"):
        NoisyLSTM(D, H, **{name: rate})


def test_another_duration_of_a_mask_is_refused_and_what_is_set_stays():
    with pytest.raises(ValueError, match="unknown per 'batch'"):
        NoisyLSTM(D, H, per="batch")
    for name in (*RATES, "per"):
        with pytest.raises(AttributeError, match=f"{name} of a NoisyLSTM can't be set anew"):
            setattr(made(), name, 0.7)
