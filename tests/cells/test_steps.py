"""A cell that goes on one step at a time does what `forward` does, to the bit."""

import numpy as np
import pytest
from cases import CELLS, case_id, random_state

from lstm_edu.cells.steps import Steps

pytestmark = pytest.mark.kernels


@pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["float32", "float64"])
@pytest.mark.parametrize("cell", CELLS, ids=case_id)
def test_step_after_step_gives_the_bits_of_forward(cell, dtype):
    rng = np.random.default_rng(3)
    layer = cell.make(5, 18, dtype=dtype)
    x, state = rng.normal(size=(7, 3, 5)).astype(dtype), random_state(layer, 3, rng)
    steps = Steps(layer, state, sequences=3)
    found = np.array([steps(x_t).copy() for x_t in x])
    expected = []
    for t in range(len(x)):
        y, tape = layer.forward(x[t : t + 1], state)
        state = tape.state
        expected.append(y[0].copy())
    np.testing.assert_array_equal(found, expected)
    for mine, theirs in zip(steps.state, state, strict=True):
        np.testing.assert_array_equal(mine, theirs)
