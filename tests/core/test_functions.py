"""exp, sigmoid and tanh of the kernels."""

import numpy as np
import pytest

from lstm_edu.core.functions import exp, sigmoid, tanh
from lstm_edu.core.kernel import kernel

pytestmark = pytest.mark.kernels


@kernel
def all_exp(x, y):
    for j in range(x.size):
        y[j] = exp(x[j])


@kernel
def all_sigmoid(x, y):
    for j in range(x.size):
        y[j] = sigmoid(x[j])


@kernel
def all_tanh(x, y):
    for j in range(x.size):
        y[j] = tanh(x[j])


def values(function, x):
    y = np.empty_like(x)
    function(x, y)
    return y


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_no_exponential_and_no_gate_is_zero_or_infinite(dtype):
    x = np.array([-np.inf, -1e6, 1e6, np.inf], dtype)
    for function in (all_exp, all_sigmoid):
        y = values(function, x)
        assert (y > 0).all()
        assert np.isfinite(y).all()
        assert (y[:2] < 1e-36).all()
    assert (values(all_sigmoid, x)[2:] == 1).all()


def many(dtype, limit):
    small = 10.0 ** np.linspace(-30, 0, 301)
    return np.concatenate([np.linspace(-limit, limit, 2001), small, -small]).astype(dtype)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("function", "truth", "limit"),
    [
        (all_exp, np.exp, 80),
        (all_sigmoid, lambda x: 1 / (1 + np.exp(-x)), 80),
        (all_tanh, np.tanh, 30),
    ],
    ids=["exp", "sigmoid", "tanh"],
)
def test_within_two_roundings_of_the_truth(function, truth, limit, dtype):
    x = many(dtype, limit)
    expected = truth(x.astype(np.longdouble))
    error = np.abs(values(function, x) - expected)
    assert np.all(error <= 2 * np.finfo(dtype).eps * np.abs(expected))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_limits_and_nan(dtype):
    x = np.array([0, np.inf, -np.inf, 1e30, -1e30, np.nan], dtype)
    tiny = 10 * np.finfo(dtype).tiny
    sig, tan = values(all_sigmoid, x), values(all_tanh, x)
    np.testing.assert_allclose(sig[:5], [0.5, 1, 0, 1, 0], rtol=0, atol=tiny)
    assert tan[:5].tolist() == [0, 1, -1, 1, -1]
    assert np.isnan(sig[5])
    assert np.isnan(tan[5])
