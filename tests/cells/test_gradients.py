"""Every gradient against the complex step of the literal twin: every entry of every parameter, input and state."""

import numpy as np
import pytest
from cases import CELLS, case_id, random_state
from reference import complex_step

pytestmark = pytest.mark.kernels


def gradients_of_the_twin(cell, layer, x, state, dy, dstate):
    """d/d everything of <dy, h> + <dstate, final state>, by the complex step."""
    names = layer.state_names

    def loss(arrays):
        params = {k: arrays[k] for k in layer.params}
        out = cell.run_twin(arrays["x"], params, [arrays["state " + k] for k in names])
        final = sum(np.sum(out[k][-1] * d) for k, d in zip(names, dstate, strict=True))
        return np.sum(out["h"] * dy) + final

    states = {"state " + k: s for k, s in zip(names, state, strict=True)}
    return complex_step(loss, dict(layer.params) | {"x": x} | states)


def assert_equal(got, expected, tolerance):
    """Equal to `tolerance` relative to the largest entry, with a message that says where and what."""
    for name, value in expected.items():
        error = np.abs(got[name] - value) / max(1.0, np.abs(value).max())
        worst = np.unravel_index(np.argmax(error), error.shape)
        assert error[worst] <= tolerance, f"{name}{list(map(int, worst))}: got {got[name][worst]}, is {value[worst]}"


@pytest.mark.parametrize(
    "size", [(5, 3, 4, 6), (1, 2, 3, 4), (4, 1, 3, 5), (4, 3, 1, 2), (4, 3, 2, 1), (3, 6, 2, 9)], ids=case_id
)
@pytest.mark.parametrize("cell", CELLS, ids=case_id)
def test_every_gradient_equals_the_complex_step(cell, size):
    T, B, D, H = size
    rng = np.random.default_rng(7)
    layer = cell.make(D, H)
    x, state = rng.standard_normal((T, B, D)), random_state(layer, B, rng)
    dy, dstate = rng.standard_normal((T, B, layer.outputs)), random_state(layer, B, rng)
    _, tape = layer.forward(x, state)
    dx, grads, dinitial = layer.backward(dy, tape, dstate)
    got = dict(grads) | {"x": dx} | {"state " + k: d for k, d in zip(layer.state_names, dinitial, strict=True)}
    assert_equal(got, gradients_of_the_twin(cell, layer, x, state, dy, dstate), 1e-10)


@pytest.mark.parametrize("cell", CELLS, ids=case_id)
def test_float32_gradients_equal_the_float64_ones(cell):
    rng = np.random.default_rng(3)
    T, B, D, H = 12, 7, 3, 10
    wide, narrow = cell.make(D, H), cell.make(D, H, np.float32)
    narrow.params.flat[:] = wide.params.flat
    wide.params.flat[:] = narrow.params.flat  # the same numbers, so that only the arithmetic differs
    x, dy = (rng.standard_normal((T, B, n)).astype(np.float32) for n in (D, wide.outputs))
    dx, grads, dstate = narrow.backward(dy, narrow.forward(x)[1])
    wide_dx, wide_grads, wide_dstate = wide.backward(dy, wide.forward(x)[1])
    pairs = [
        (dx, wide_dx),
        *zip(grads.values(), wide_grads.values(), strict=True),
        *zip(dstate, wide_dstate, strict=True),
    ]
    for got, expected in pairs:
        assert got.dtype == np.float32
        assert np.max(np.abs(got - expected)) <= 5e-6 * max(1.0, np.abs(expected).max())


@pytest.mark.parametrize("cell", CELLS, ids=case_id)
def test_backward_can_run_twice_on_one_tape(cell):
    rng = np.random.default_rng(3)
    layer = cell.make(3, 5)
    _, tape = layer.forward(rng.standard_normal((4, 2, 3)))
    dy = rng.standard_normal((4, 2, layer.outputs))
    first, second = layer.backward(dy, tape), layer.backward(dy, tape)
    assert np.array_equal(first[0], second[0])
    assert np.array_equal(first[1].flat, second[1].flat)


@pytest.mark.parametrize("cell", CELLS, ids=case_id)
def test_gradients_are_written_where_the_caller_says(cell):
    rng = np.random.default_rng(3)
    layer = cell.make(3, 5)
    y, tape = layer.forward(rng.standard_normal((4, 2, 3)))
    expected = layer.backward(np.ones_like(y), tape)[1]
    place = layer.params.empty_like()
    place.flat[:] = np.nan
    grads = layer.backward(np.ones_like(y), tape, grads=place)[1]
    assert grads is place
    assert np.array_equal(place.flat, expected.flat)


@pytest.mark.parametrize("cell", CELLS, ids=case_id)
def test_without_the_gradient_of_the_input_all_others_are_the_same_bits(cell):
    T, B, D, H = 5, 3, 4, 6
    rng = np.random.default_rng(8)
    layer = cell.make(D, H)
    _, tape = layer.forward(rng.standard_normal((T, B, D)), random_state(layer, B, rng))
    dy, dstate = rng.standard_normal((T, B, layer.outputs)), random_state(layer, B, rng)
    dx, grads, dinitial = layer.backward(dy, tape, dstate)
    none, same_grads, same_dinitial = layer.backward(dy, tape, dstate, need_dx=False)
    assert dx.shape == (T, B, D)
    assert none is None
    np.testing.assert_array_equal(same_grads.flat, grads.flat)
    for same, d in zip(same_dinitial, dinitial, strict=True):
        np.testing.assert_array_equal(same, d)
