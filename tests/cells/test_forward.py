"""Outputs, gates and states against the literal NumPy twin."""

import numpy as np
import pytest
from cases import CELLS, SIZES, case_id, random_state, zero_state

pytestmark = pytest.mark.kernels
ROUNDINGS = 16  # of one step, 1.9e-6 for float32; the most that was seen is 9, with SSE2, AVX, AVX2 and AVX-512 alike


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("size", SIZES, ids=case_id)
@pytest.mark.parametrize("cell", CELLS, ids=case_id)
def test_every_gate_and_state_equals_the_twin(cell, size, dtype):
    """Each step from the layer's own state before it: a network that amplifies roundings, as a plain one does within
    seven steps, would need a bound that says little of any step. By induction the sequence is the twin's."""
    T, B, D, H = size
    rng = np.random.default_rng(0)
    layer = cell.make(D, H, dtype)
    x = rng.standard_normal((T, B, D)).astype(dtype)
    wide = {name: p.astype(np.float64) for name, p in layer.params.items()}
    for state in (None, random_state(layer, B, rng)):
        y, tape = layer.forward(x, state)
        start = zero_state(layer, B) if state is None else state
        gates = layer.gates(tape)
        expected = one_step_each(cell, x, wide, gates, dict(zip(layer.state_names, start, strict=True)))
        assert gates.keys() == expected.keys()
        widths = layer.state_widths(**layer.config())
        for name, value in expected.items():
            assert gates[name].dtype == dtype
            assert gates[name].shape == value.shape == (T, B, widths.get(name, H))
            roundings = np.abs(gates[name] - value) / np.maximum(1, np.abs(value)) / np.finfo(dtype).eps
            assert np.max(roundings) <= ROUNDINGS, name
        assert y.dtype == dtype
        assert np.array_equal(y, gates["h"])
        for letter, final in zip(layer.state_names, tape.state, strict=True):
            assert np.array_equal(final, gates[letter][-1])


def one_step_each(cell, x, params, gates, start):
    """The twin's gates and states at all steps, each from the state that the layer had before it.

    Steps do not depend on each other then: they are the sequences of one batch, one step long."""
    T, B = x.shape[:2]
    before = [np.concatenate([first[np.newaxis], gates[name][:-1]]) for name, first in start.items()]
    x, *before = (array.astype(np.float64).reshape(T * B, -1) for array in (x, *before))
    found = cell.run_twin(x[np.newaxis], params, before)
    return {name: value.reshape(T, B, -1) for name, value in found.items()}


@pytest.mark.parametrize("cell", CELLS, ids=case_id)
def test_calling_a_layer_gives_the_output_alone(cell):
    layer = cell.make(3, 5)
    x = np.random.default_rng(0).standard_normal((4, 2, 3))
    assert np.array_equal(layer(x), layer.forward(x)[0])


@pytest.mark.parametrize("cell", CELLS, ids=case_id)
def test_a_layer_does_not_change_its_arguments(cell):
    rng = np.random.default_rng(0)
    layer = cell.make(3, 5)
    x, state = rng.standard_normal((4, 2, 3)), random_state(layer, 2, rng)
    dy, dstate = rng.standard_normal((4, 2, layer.outputs)), random_state(layer, 2, rng)
    before = [np.copy(array) for array in (x, *state, dy, *dstate, layer.params.flat)]
    _, tape = layer.forward(x, state)
    layer.backward(dy, tape, dstate)
    for old, new in zip(before, (x, *state, dy, *dstate, layer.params.flat), strict=True):
        assert np.array_equal(old, new)


@pytest.mark.parametrize("cell", CELLS, ids=case_id)
def test_nan_in_the_input_is_nan_in_the_output(cell):
    layer = cell.make(3, 5, np.float32)
    x = np.random.default_rng(0).standard_normal((4, 2, 3)).astype(np.float32)
    x[1, 0, 0] = np.nan
    y = layer(x)
    assert np.isfinite(y[0]).all()
    assert np.isfinite(y[:, 1]).all()
    assert np.isnan(y[1:, 0]).all()


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("cell", CELLS, ids=case_id)
def test_huge_inputs_saturate_and_stay_finite(cell, dtype):
    layer = cell.make(3, 5, dtype)
    x = np.full((4, 2, 3), 1e6, dtype)
    x[:, 1] *= -1
    y, tape = layer.forward(x)
    dx, grads, _ = layer.backward(np.ones_like(y), tape)
    assert np.isfinite(y).all()
    assert np.isfinite(dx).all()
    assert np.isfinite(grads.flat).all()
