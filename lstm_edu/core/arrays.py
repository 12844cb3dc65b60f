"""Functions of NumPy arrays that layers, losses and tasks share; a kernel has its own in `kernel`."""

import numpy as np


def sigmoid(x: np.ndarray) -> np.ndarray:
    """1 / (1 + e^-x), accurate in both tails and without overflow.

    Parameters
    ----------
    x : numpy.ndarray
        Floats of any shape.

    Returns
    -------
    numpy.ndarray
        Like x; NaN where x is NaN.

    Examples
    --------
    >>> sigmoid(np.array([-1000.0, 0.0, 1000.0]))
    array([0. , 0.5, 1. ])
    """
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, e) / (1 + e)


def softmax(x: np.ndarray) -> np.ndarray:
    """e^x over its sum along the last axis, for numbers of any size.

    Parameters
    ----------
    x : numpy.ndarray
        Floats, (..., O).

    Returns
    -------
    numpy.ndarray
        Like x, each row sums to 1; a row with +inf or NaN becomes NaN.

    Examples
    --------
    >>> softmax(np.array([1000.0, 1000.0]))
    array([0.5, 0.5])
    """
    with np.errstate(invalid="ignore"):
        e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def log_softmax(x: np.ndarray) -> np.ndarray:
    """The logarithm of `softmax`, exact where a probability rounds to 0.

    Parameters
    ----------
    x : numpy.ndarray
        Floats, (..., O).

    Returns
    -------
    numpy.ndarray
        Like x; a row with +inf or NaN becomes NaN.

    Examples
    --------
    >>> log_softmax(np.array([1000.0, 0.0]))
    array([    0., -1000.])
    """
    with np.errstate(invalid="ignore"):
        x = x - x.max(axis=-1, keepdims=True)
        return x - np.log(np.exp(x).sum(axis=-1, keepdims=True))
