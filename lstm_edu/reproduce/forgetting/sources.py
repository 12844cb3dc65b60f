"""Streams as tables: places that lead to each other at random, so that a kernel draws a stream while it learns it."""

import numpy as np
from numpy.typing import ArrayLike

from lstm_edu.core import checks

from .blocks import Source


def source(
    x: ArrayLike,
    target: ArrayLike,
    after: ArrayLike,
    counted: ArrayLike | None = None,
    reset: ArrayLike | None = None,
) -> Source:
    """A source of streams.

    Parameters
    ----------
    x : array_like
        (Z, I) floats, what is read at each of Z places.
    target : array_like
        (Z, O) floats, what is wanted there.
    after : array_like
        (Z, K) whole numbers, the places that may come next; each of the K has the same probability. A stream begins at
        place 0.
    counted : array_like, optional
        (Z,) bool, at which places there is a target; None: at all.
    reset : array_like, optional
        (Z,) bool, before which places the network forgets states and partials, by a signal from outside; None: none.

    Returns
    -------
    Source
        Checked: a kernel does not look.

    Raises
    ------
    ValueError
        For arrays of other types or of shapes that do not fit, and for places that are not there.

    Examples
    --------
    >>> coin = source([[0.0], [1.0]], [[0.5], [0.5]], [[0, 1], [0, 1]])
    >>> coin.x.shape, coin.after.shape
    ((2, 1), (2, 2))
    """
    float64 = np.dtype(np.float64)
    x = checks.floats("x", x, ("Z", "I"), float64)
    Z = len(x)
    target = checks.floats("target", target, (Z, "O"), float64)
    after = checks.integers("after", after, (Z, "K"), Z)
    return Source(x, target, _flags("counted", counted, Z, True), _flags("reset", reset, Z, False), after)


def sequence(x: ArrayLike, target: ArrayLike, counted: ArrayLike | None = None) -> Source:
    """A source of one sequence, which begins anew when it has ended.

    Parameters
    ----------
    x : array_like
        (T, I) floats.
    target : array_like
        (T, O) floats.
    counted : array_like, optional
        (T,) bool, at which steps there is a target; None: at all.

    Returns
    -------
    Source
        Place t is step t.

    Raises
    ------
    ValueError
        As `source`.
    """
    T = len(np.asarray(x))
    return source(x, target, (np.arange(1, T + 1) % max(T, 1))[:, None], counted)


def _flags(name: str, value: ArrayLike | None, Z: int, otherwise: bool) -> np.ndarray:
    flags = np.full(Z, otherwise) if value is None else np.array(value)
    if flags.dtype != bool or flags.shape != (Z,):
        raise ValueError(f"{name} must be {Z} of True and False, got {flags.dtype} of shape {flags.shape}")
    return flags
