"""The gradient that needs no backward pass: move every number a little, and look."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from lstm_edu.core import checks


def numerical_gradient(loss: Callable[[np.ndarray], float], array: ArrayLike, step: float = 1e-5) -> np.ndarray:
    """The gradient of a loss by central differences, number by number.

    Parameters
    ----------
    loss : function
        ``loss(array)`` gives one number. What it gets is a copy in float64, moved in one place.
    array : array_like
        Where the gradient is asked for, of any shape.
    step : float
        How far each number is moved both ways: a longer one is off by the curvature, a shorter one by rounding.

    Returns
    -------
    numpy.ndarray
        Of the array's shape, in float64: ``(loss(array + step) - loss(array - step)) / (2 step)`` for each number.

    Raises
    ------
    ValueError
        For a loss that is no function or gives more than one number, an array of something else than numbers, and a
        step that is not above 0.

    Examples
    --------
    >>> numerical_gradient(lambda w: np.sum(w**2), [1.0, -3.0]).round(6)
    array([ 2., -6.])
    """
    if not callable(loss):
        raise ValueError(f"loss must be a function of the array, got {loss!r}")
    at = np.asarray(array)
    if at.dtype.kind not in "iuf":
        raise ValueError(f"array must hold numbers, this holds {at.dtype}")
    if checks.number("step", step) <= 0:
        raise ValueError(f"step must be above 0, got {step!r}")
    gradient = np.empty(at.shape)
    for index in np.ndindex(at.shape):
        up, down = at.astype(np.float64), at.astype(np.float64)  # copies
        up[index] += step
        down[index] -= step
        gradient[index] = (_number(loss(up)) - _number(loss(down))) / (2 * step)
    return gradient


def _number(value: Any) -> float:
    found = np.asarray(value)
    if found.size != 1:
        raise ValueError(f"loss must give one number, got an array of shape {found.shape}")
    return float(found.item())
