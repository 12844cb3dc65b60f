"""dL/dh[t] and dL/dc[t] against the complex step of the literal twins, for every step, sequence and unit."""

import copy
import tracemalloc

import numpy as np
import pytest
from cases import CELLS, case_id, random_state
from reference import complex_step, normalised, sigmoid

import lstm_edu as le


def output_of(cell, out, params, t, c):
    """h[t] as the papers' equations give it from another c[t]; all else at step t stays as it was."""
    o = out.get("o", np.ones_like(out["h"]))[t]
    if "p" in params and "o" in out:
        o = sigmoid(np.log(o / (1 - o)) + params["p"][-1] * (c - out["c"][t]))
    if cell.name == "lnlstm-output":
        c = normalised(c, params["gain"][4], params["bc"], 1e-5)
    if cell.arguments.get("squashing") == "1997":
        shown = o * (2 * sigmoid(c) - 1)
    else:
        shown = o * (c if cell.arguments.get("variant") == "NOAF" else np.tanh(c))
    return shown @ params["R"] if "R" in params else shown


def flow_of_the_twin(cell, layer, x, dy, state):
    """dL/dh and dL/dc (T + 1, B, H) of L = <dy, h>, by putting the states of step t into the twin, one step each."""
    params, out = dict(layer.params), cell.run_twin(x, layer.params, state)
    states = [np.concatenate([s[None], out[k]]) for k, s in zip(layer.state_names, state, strict=True)]
    found = [np.empty_like(s) for s in states]
    for t in range(len(x) + 1):

        def later(*state, t=t):
            own = np.sum(state[0] * dy[t - 1]) if t else 0
            return own + (np.sum(cell.run_twin(x[t:], params, state)["h"] * dy[t:]) if t < len(x) else 0)

        def from_h(a, t=t, later=later):
            return later(a["h"], *(s[t] for s in states[1:]))

        def from_c(a, t=t, later=later):
            h = output_of(cell, out, params, t - 1, a["c"]) if t else states[0][0]
            return later(h, a["c"], *(s[t] for s in states[2:]))

        found[0][t] = complex_step(from_h, {"h": states[0][t]})["h"]
        if len(states) > 1:
            found[1][t] = complex_step(from_c, {"c": states[1][t]})["c"]
    return found


@pytest.mark.kernels
@pytest.mark.parametrize("size", [(5, 3, 4, 6), (1, 2, 3, 4), (4, 1, 3, 2)], ids=case_id)
@pytest.mark.parametrize("cell", [cell for cell in CELLS if cell.name != "slstm"], ids=case_id)
def test_the_flow_equals_the_complex_step_at_every_step(cell, size):
    T, B, D, H = size
    rng = np.random.default_rng(5)
    layer = cell.make(D, H)
    x, dy = rng.standard_normal((T, B, D)), rng.standard_normal((T, B, layer.outputs))
    state = random_state(layer, B, rng)
    flow = le.gradient_flow(layer, x, dy, state)
    got = [flow.dh] if flow.dc is None else [flow.dh, flow.dc]
    for name, found, expected in zip("hc", got, flow_of_the_twin(cell, layer, x, dy, state), strict=False):
        assert found.shape == expected.shape == (T + 1, B, layer.outputs if name == "h" else H)
        assert np.abs(found - expected).max() <= 1e-10 * max(1, np.abs(expected).max()), name
    assert (flow.dc is not None) == bool(
        layer.passing
    )  # what lets c pass as it is; nothing at a bound, without an input gate, with full gates, nor in an sLSTM


@pytest.mark.parametrize("cell", CELLS, ids=case_id)
def test_at_the_start_it_is_what_backward_returns_bit_for_bit(cell):
    rng = np.random.default_rng(6)
    layer = cell.make(3, 19, np.float32)
    x, dy = rng.standard_normal((7, 5, 3)), rng.standard_normal((7, 5, layer.outputs))
    state = random_state(layer, 5, rng)
    flow = le.gradient_flow(layer, x, dy, state)
    _, _, dstate = layer.backward(dy, layer.forward(x, state)[1])
    assert np.array_equal(flow.dh[0], dstate[0])
    assert flow.dh.dtype == np.float32
    if flow.dc is not None:
        assert np.array_equal(flow.dc[0], dstate[1])
    assert np.array_equal(flow.dh[-1], dy[-1].astype(np.float32))


def network(rng=0):
    inner = le.Sequential([le.LSTM(4, 6, dtype=np.float64, rng=1), le.GRU(6, 3, dtype=np.float64, rng=2)])
    return le.Sequential(
        [
            le.Embedding(7, 4, dtype=np.float64, rng=3),
            inner,
            le.Dropout(0.5, rng=4),
            le.MaxPool1D(2),
            le.LSTM97(3, 5, dtype=np.float64, rng=5),
            le.Dense(5, 2, steps="last", dtype=np.float64, rng=6),
        ]
    )


def test_a_network_gives_the_flow_of_each_recurrent_layer_by_its_place():
    rng = np.random.default_rng(0)
    net, x, dy = network(), rng.integers(0, 7, (8, 3)), rng.standard_normal((3, 2))
    state = ((), (random_state(net.layers[1].layers[0], 3, rng), random_state(net.layers[1].layers[1], 3, rng)), (), (),
             random_state(net.layers[4], 3, rng), ())  # fmt: skip
    lengths = np.array([8, 3, 5])
    flows = le.gradient_flow(net, x, dy, state, lengths=lengths)
    assert list(flows) == [1, 4]
    assert list(flows[1]) == [0, 1]
    assert flows[1][0].dc.shape == (9, 3, 6)
    assert flows[1][1].dc is None
    assert flows[4].dh.shape == (5, 3, 5)  # after the pooling there are four steps
    _, tape = net.forward(x, state, lengths=lengths, training=False)
    _, _, dstate = net.backward(dy, tape)
    for flow, expected in [(flows[1][0], dstate[1][0]), (flows[1][1], dstate[1][1]), (flows[4], dstate[4])]:
        for got, wanted in zip((flow.dh, flow.dc), expected, strict=False):
            assert np.abs(wanted).max() > 0
            np.testing.assert_allclose(got[0], wanted, rtol=0, atol=1e-13)
    assert not flows[4].dh[2 + 1 :, 1].any()  # sequence 1 ends after one pooled step, 2 after two
    assert flows[4].dh[1, 1].any()


def test_a_carousel_brings_the_whole_error_back_and_a_forget_gate_a_known_share():
    """With U = 0 nothing but c carries an error: dL/dc[t] is the product of the forget gates (1997: 1)."""
    T, H = 30, 4
    x, dy = np.random.default_rng(1).standard_normal((T, 2, 3)), np.zeros((T, 2, H))
    dy[-1] = 1
    for layer, share in [(le.LSTM97(3, H, dtype=np.float64, rng=0), 1), (le.LSTM(3, H, dtype=np.float64, rng=0), None)]:
        layer.params["U"] = np.zeros_like(layer.params["U"])
        flow = le.gradient_flow(layer, x, dy)
        f = layer.gates(layer.forward(x)[1]).get("f", np.full((T, 2, H), share))
        for t in (T - 1, 9, 0):
            np.testing.assert_allclose(flow.dc[t], flow.dc[T] * np.prod(f[t:], axis=0), rtol=1e-12)


def test_norms_are_over_the_units_and_do_not_underflow():
    dh = np.random.default_rng(0).standard_normal((5, 3, 4))
    flow = le.GradientFlow(dh, 1e-200 * dh)
    np.testing.assert_allclose(flow.norms(), np.linalg.norm(dh, axis=-1), rtol=1e-14)
    np.testing.assert_allclose(flow.norms("c"), 1e-200 * flow.norms("h"), rtol=1e-14)
    with pytest.raises(ValueError, match="this cell has no cell state c"):
        le.GradientFlow(dh).norms("c")
    with pytest.raises(ValueError, match="unknown state 'x'"):
        flow.norms("x")


def test_nothing_is_changed_by_measuring():
    net, x = le.Sequential([le.LSTM(2, 5, rng=0), le.Dense(5, 1, rng=1)]), np.ones((6, 3, 2), np.float32)
    before, dy = copy.deepcopy(net), np.ones((6, 3, 1), np.float32)
    first, second = le.gradient_flow(net, x, dy)[0], le.gradient_flow(net, x, dy)[0]
    assert np.array_equal(first.dc, second.dc)
    assert np.array_equal(net.params.flat, before.params.flat)
    assert (dy == 1).all()
    assert (x == 1).all()


def test_memory_grows_with_the_steps_and_not_with_their_square():
    layer = le.LSTM(2, 8, rng=0)

    def peak(T):
        x, dy = np.ones((T, 2, 2), np.float32), np.ones((T, 2, 8), np.float32)
        tracemalloc.start()
        le.gradient_flow(layer, x, dy)
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    peak(20)
    assert peak(400) < 4.5 * peak(100)


def test_what_does_not_fit_is_refused_by_name():
    layer = le.LSTM(2, 5, rng=0)
    x, dy = np.ones((6, 3, 2)), np.ones((6, 3, 5))
    for wrong, got in [
        (le.Dense(2, 5), "a Dense without one"),
        (le.Sequential([le.Dense(2, 5)]), "a Sequential without one"),
        (3, "int"),
    ]:
        with pytest.raises(ValueError, match=f"layer must be a recurrent cell, or a network with one, got {got}"):
            le.gradient_flow(wrong, x, dy)
    with pytest.raises(ValueError, match=r"dy must have shape \(6, 3, 5\)"):
        le.gradient_flow(layer, x, dy[:, :, :4])
    with pytest.raises(ValueError, match=r"^x must have"):
        le.gradient_flow(layer, x[0], dy)
    with pytest.raises(ValueError, match=r"^state must be a tuple"):
        le.gradient_flow(layer, x, dy, (np.zeros((3, 5)),))
