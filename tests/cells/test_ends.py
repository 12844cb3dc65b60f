"""With lengths, the state on the tape is that at each sequence's own end, and its gradient enters there."""

import numpy as np
import pytest
from cases import CELLS, case_id, random_state

pytestmark = pytest.mark.kernels
T, B, D, H = 7, 5, 3, 6
LENGTHS = np.array([4, 7, 1, 4, 6])
every_cell = pytest.mark.parametrize("cell", CELLS, ids=case_id)


def padded(cell, seed=0):
    layer, rng = cell.make(D, H), np.random.default_rng(seed)
    return layer, rng.standard_normal((T, B, D)), random_state(layer, B, rng), rng


def alone(array, b, length):
    return np.ascontiguousarray(array[:length, b : b + 1])


@every_cell
def test_the_state_is_that_of_each_sequence_alone(cell):
    layer, x, state, _ = padded(cell)
    _, tape = layer.forward(x, state, lengths=LENGTHS)
    for b, length in enumerate(LENGTHS):
        _, own = layer.forward(alone(x, b, length), tuple(s[b : b + 1] for s in state))
        for got, want in zip(tape.state, own.state, strict=True):
            np.testing.assert_allclose(got[b], want[0], rtol=0, atol=1e-13)


@every_cell
def test_the_gradient_of_the_state_enters_at_each_sequences_end(cell):
    layer, x, state, rng = padded(cell)
    y, tape = layer.forward(x, state, lengths=LENGTHS)
    dy = rng.standard_normal(y.shape)
    dy[np.arange(T)[:, None] >= LENGTHS] = 0
    dstate = random_state(layer, B, rng)
    dx, grads, first = layer.backward(dy, tape, dstate)
    total = layer.params.empty_like()
    total.flat[:] = 0
    for b, length in enumerate(LENGTHS):
        _, own = layer.forward(alone(x, b, length), tuple(s[b : b + 1] for s in state))
        dx_b, grads_b, first_b = layer.backward(alone(dy, b, length), own, tuple(d[b : b + 1] for d in dstate))
        np.testing.assert_allclose(dx[:length, b], dx_b[:, 0], rtol=0, atol=1e-12)
        assert not dx[length:, b].any()
        for got, want in zip(first, first_b, strict=True):
            np.testing.assert_allclose(got[b], want[0], rtol=0, atol=1e-12)
        total.flat[:] += grads_b.flat
    np.testing.assert_allclose(grads.flat, total.flat, rtol=0, atol=1e-11)


@every_cell
def test_lengths_of_all_steps_are_the_same_bits_as_none(cell):
    layer, x, state, rng = padded(cell)
    _, with_lengths = layer.forward(x, state, lengths=np.full(B, T))
    y, without = layer.forward(x, state)
    dstate = random_state(layer, B, rng)
    for got, want in zip(with_lengths.state, without.state, strict=True):
        assert np.array_equal(got, want)
    one, other = layer.backward(y, with_lengths, dstate), layer.backward(y, without, dstate)
    assert np.array_equal(one[0], other[0])
    assert np.array_equal(one[1].flat, other[1].flat)


@every_cell
def test_a_sequence_goes_on_from_the_state_at_its_end(cell):
    layer, x, state, _ = padded(cell)
    _, tape = layer.forward(x, state, lengths=LENGTHS)
    more = np.random.default_rng(1).standard_normal((2, B, D))
    on = layer(more, tape.state)
    for b, length in enumerate(LENGTHS):
        whole = layer(np.concatenate([alone(x, b, length), more[:, b : b + 1]]), tuple(s[b : b + 1] for s in state))
        np.testing.assert_allclose(on[:, b], whole[length:, 0], rtol=0, atol=1e-13)
