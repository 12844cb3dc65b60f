"""Cells against each other, and a cell against itself in pieces: claims that need no reference."""

import numba
import numpy as np
import pytest
from cases import CELLS, case_id, random_state

from lstm_edu.cells import LSTM, LSTM97, PeepholeLSTM
from lstm_edu.core import set_num_threads

pytestmark = pytest.mark.kernels


def one_pass(layer, x, state, dy, dstate):
    y, tape = layer.forward(x, state)
    dx, grads, dinitial = layer.backward(dy, tape, dstate)
    return y, tape.state, dx, grads, dinitial


def test_peepholes_of_zero_are_the_lstm():
    rng = np.random.default_rng(0)
    T, B, D, H = 6, 3, 4, 5
    lstm, peephole = LSTM(D, H, dtype=np.float64, rng=1), PeepholeLSTM(D, H, dtype=np.float64, rng=2)
    for name in lstm.params:
        peephole.params[name] = lstm.params[name]
    x, state, dy = rng.standard_normal((T, B, D)), random_state(lstm, B, rng), rng.standard_normal((T, B, H))
    y1, s1, dx1, g1, d1 = one_pass(lstm, x, state, dy, state)
    y2, s2, dx2, g2, d2 = one_pass(peephole, x, state, dy, state)
    np.testing.assert_allclose(y1, y2, rtol=0, atol=1e-14)
    np.testing.assert_allclose(s1, s2, rtol=0, atol=1e-14)
    np.testing.assert_allclose(dx1, dx2, rtol=0, atol=1e-13)
    np.testing.assert_allclose(d1, d2, rtol=0, atol=1e-13)
    for name in g1:
        np.testing.assert_allclose(g1[name], g2[name], rtol=0, atol=1e-13)
    assert np.abs(g2["p"]).max() > 1e-3  # and the peepholes still learn


def test_the_peephole_lstm_starts_as_the_lstm_of_the_same_seed():
    x = np.random.default_rng(0).standard_normal((6, 3, 4))
    np.testing.assert_allclose(LSTM(4, 5, rng=3)(x), PeepholeLSTM(4, 5, rng=3)(x), rtol=0, atol=1e-7)


def test_a_forget_gate_of_one_is_the_lstm_of_1997():
    rng = np.random.default_rng(0)
    T, B, D, H = 6, 3, 4, 5
    lstm, old = LSTM(D, H, dtype=np.float64, rng=1), LSTM97(D, H, dtype=np.float64, rng=2)
    for name in old.params:
        full, two_gates = lstm.params[name], old.params[name]
        full[..., :H], full[..., 2 * H : 3 * H], full[..., 3 * H :] = np.split(two_gates, 3, axis=-1)
        full[..., H : 2 * H] = 50.0 if name == "b" else 0.0  # sigmoid(50) = 1 to the last bit but one
    x, state, dy = rng.standard_normal((T, B, D)), random_state(lstm, B, rng), rng.standard_normal((T, B, H))
    y1, s1, dx1, _, d1 = one_pass(lstm, x, state, dy, state)
    y2, s2, dx2, _, d2 = one_pass(old, x, state, dy, state)
    for a, b in ((y1, y2), (s1, s2), (dx1, dx2), (d1, d2)):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-13)


def test_the_carousel_passes_an_error_on_unchanged():
    """dc[T]/dc[0] is exactly 1 in the cell of 1997, over any number of steps."""
    layer = LSTM97(2, 3, dtype=np.float64, rng=0)
    layer.params["U"] = 0 * layer.params["U"]  # no other way back in time than the carousel
    x = np.random.default_rng(0).standard_normal((200, 4, 2))
    y, tape = layer.forward(x)
    error = np.random.default_rng(1).standard_normal((4, 3))
    _, _, (_, dc) = layer.backward(np.zeros_like(y), tape, (np.zeros((4, 3)), error))
    assert np.array_equal(dc, error)


@pytest.mark.parametrize("cell", CELLS, ids=case_id)
def test_a_batch_is_a_loop_of_single_sequences(cell):
    rng = np.random.default_rng(0)
    T, B, D, H = 5, 7, 3, 6
    layer = cell.make(D, H)
    x, dy = rng.standard_normal((T, B, D)), rng.standard_normal((T, B, layer.outputs))
    state, dstate = random_state(layer, B, rng), random_state(layer, B, rng)
    y, final, dx, grads, dinitial = one_pass(layer, x, state, dy, dstate)
    summed = np.zeros_like(grads.flat)
    for b in range(B):
        one = slice(b, b + 1)
        y_b, final_b, dx_b, grads_b, dinitial_b = one_pass(
            layer, x[:, one], [s[one] for s in state], dy[:, one], [d[one] for d in dstate]
        )
        np.testing.assert_allclose(y[:, one], y_b, rtol=0, atol=1e-13)
        np.testing.assert_allclose(dx[:, one], dx_b, rtol=0, atol=1e-12)
        for k in range(len(state)):
            np.testing.assert_allclose(final[k][one], final_b[k], rtol=0, atol=1e-13)
            np.testing.assert_allclose(dinitial[k][one], dinitial_b[k], rtol=0, atol=1e-12)
        summed += grads_b.flat
    np.testing.assert_allclose(grads.flat, summed, rtol=0, atol=1e-12)


@pytest.mark.parametrize("cell", CELLS, ids=case_id)
def test_a_sequence_cut_in_two_is_the_whole(cell):
    rng = np.random.default_rng(0)
    T, B, D, H, cut = 9, 2, 3, 6, 4
    layer = cell.make(D, H)
    x, dy = rng.standard_normal((T, B, D)), rng.standard_normal((T, B, layer.outputs))
    state, dstate = random_state(layer, B, rng), random_state(layer, B, rng)
    y, final, dx, grads, dinitial = one_pass(layer, x, state, dy, dstate)
    y1, tape1 = layer.forward(x[:cut], state)
    y2, tape2 = layer.forward(x[cut:], tape1.state)
    dx2, grads2, between = layer.backward(dy[cut:], tape2, dstate)
    dx1, grads1, first = layer.backward(dy[:cut], tape1, between)
    np.testing.assert_allclose(np.concatenate([y1, y2]), y, rtol=0, atol=1e-13)
    np.testing.assert_allclose(np.concatenate([dx1, dx2]), dx, rtol=0, atol=1e-12)
    for k in range(len(state)):
        np.testing.assert_allclose(tape2.state[k], final[k], rtol=0, atol=1e-13)
        np.testing.assert_allclose(first[k], dinitial[k], rtol=0, atol=1e-12)
    np.testing.assert_allclose(grads1.flat + grads2.flat, grads.flat, rtol=0, atol=1e-12)


@pytest.mark.parametrize("cell", CELLS, ids=case_id)
def test_padding_at_the_end_changes_no_earlier_step(cell):
    rng = np.random.default_rng(0)
    layer = cell.make(3, 6)
    x = rng.standard_normal((9, 2, 3))
    padded = x.copy()
    padded[5:, 1] = 0
    assert np.array_equal(layer(x)[:5], layer(padded)[:5])


@pytest.mark.parametrize("cell", CELLS, ids=case_id)
def test_results_are_the_same_bits_for_any_number_of_threads(cell, monkeypatch):
    monkeypatch.setattr("lstm_edu.core.threads._WORK", 0)  # hand over however small the work
    rng = np.random.default_rng(0)
    T, B, D, H = 4, 23, 3, 17
    layer = cell.make(D, H, np.float32)
    x, dy = rng.standard_normal((T, B, D)), rng.standard_normal((T, B, layer.outputs))
    state = random_state(layer, B, rng)
    results = []
    try:
        for threads in (1, 2, 3, 8):
            set_num_threads(threads)
            y, final, dx, grads, dinitial = one_pass(layer, x, state, dy, state)
            results.append([y, *final, dx, grads.flat, *dinitial])
    finally:
        set_num_threads(None)
    for other in results[1:]:
        for a, b in zip(results[0], other, strict=True):
            if numba.config.DISABLE_JIT:  # then the products are NumPy's, whose rounding depends on the slice
                np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)
            else:
                assert np.array_equal(a, b)
