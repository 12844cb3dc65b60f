"""Sigmoid and softmax of whole arrays, for numbers of any size."""

import numpy as np
import pytest

from lstm_edu.core import checks
from lstm_edu.core.arrays import log_softmax, sigmoid, softmax

pytestmark = pytest.mark.kernels


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_sigmoid_is_accurate_in_both_tails(dtype):
    x = np.array([-700.0, -30.0, -1.0, 0.0, 1.0, 30.0, 700.0], dtype)[np.abs([-700, -30, -1, 0, 1, 30, 700]) < 80]
    right = 1 / (1 + np.exp(-x.astype(np.longdouble)))
    assert sigmoid(x).dtype == dtype
    assert np.all(np.abs(sigmoid(x) - right) <= 4 * np.finfo(dtype).eps * right)
    assert sigmoid(np.array([-np.inf, np.inf], dtype)).tolist() == [0, 1]
    assert np.isnan(sigmoid(np.array(np.nan, dtype)))


def test_softmax_and_its_logarithm_agree_and_cannot_overflow():
    x = np.random.default_rng(0).standard_normal((5, 3, 4)) * 10
    assert np.allclose(np.exp(log_softmax(x)), softmax(x), rtol=1e-13, atol=0)
    assert np.allclose(softmax(x).sum(axis=-1), 1, rtol=1e-14)
    assert np.allclose(softmax(x + 1e4), softmax(x), rtol=1e-11)
    assert log_softmax(np.array([1e308, -1.0, 0.0])).tolist() == [0, -1e308, -1e308]


def test_an_infinite_number_makes_its_whole_row_nan():
    x = np.array([[0.0, np.inf, 1.0], [0.0, -np.inf, 0.0]])
    for function in (softmax, log_softmax):
        assert np.isnan(function(x)[0]).all()
    assert softmax(x)[1].tolist() == [0.5, 0, 0.5]


def test_a_number_that_must_be_positive_is():
    assert checks.positive("limit", 2) == 2.0
    for wrong in (0, -1, np.nan, np.inf, True, "1"):
        with pytest.raises(ValueError, match=r"limit must be (above 0|a finite number), got"):
            checks.positive("limit", wrong)
