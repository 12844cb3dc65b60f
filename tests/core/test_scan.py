"""A linear recurrence in pieces is the recurrence."""

import numpy as np
import pytest

from lstm_edu.core import set_num_threads
from lstm_edu.core.scan import scan

pytestmark = pytest.mark.kernels


@pytest.mark.parametrize("pieces", [None, 1, 2, 3, 7, 40, 1000])
@pytest.mark.parametrize("threads", [1, 2])
def test_in_any_number_of_pieces_it_is_one_step_after_the_other(pieces, threads):
    rng = np.random.default_rng(0)
    a, b, h = rng.uniform(-1.2, 1.2, (40, 3, 5)), rng.normal(size=(40, 3, 5)), rng.normal(size=(3, 5))
    expected = []
    state = h
    for a_t, b_t in zip(a, b, strict=True):
        state = a_t * state + b_t
        expected.append(state)
    set_num_threads(threads)
    try:
        np.testing.assert_allclose(scan(a, b, h, pieces), expected, rtol=1e-12, atol=1e-12)
    finally:
        set_num_threads(None)


def test_the_type_stays_and_nothing_that_goes_in_is_changed():
    a = np.full((600, 2, 3), 0.5, np.float32)
    b, h = a + 1, a[0] + 2
    before = a.copy(), b.copy(), h.copy()
    assert scan(a, b, h).dtype == np.float32
    for now, then in zip((a, b, h), before, strict=True):
        np.testing.assert_array_equal(now, then)
