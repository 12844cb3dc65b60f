"""Sequences of different lengths side by side: padded, with their lengths."""

from typing import Any

import numpy as np

from lstm_edu.core import checks


def is_list(value: Any) -> bool:
    """Whether this is a list of arrays, one for each of something, and not one array."""
    if isinstance(value, np.ndarray):
        return value.dtype == object and value.ndim == 1 and value.size > 0 and all(map(_is_array, value))
    return isinstance(value, list | tuple) and len(value) > 0 and all(map(_is_array, value))


def _is_array(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.ndim > 0


def same_shapes(value: Any) -> bool:
    """Whether a list of arrays could as well be one array."""
    return len({each.shape for each in value}) == 1


def sequences(name: str, value: Any) -> list[np.ndarray]:
    """The sequences of a list, each (T_i, ...) with at least one step, alike in everything but their lengths.

    Parameters
    ----------
    name : str
        What the errors call it.
    value : list of array_like
        One for each sequence.

    Returns
    -------
    list of numpy.ndarray
        The same.

    Raises
    ------
    ValueError
        For sequences that differ, or are empty; it names the first such.
    """
    found = [_array(f"{name}[{k}]", each) for k, each in enumerate(value)]
    for k, each in enumerate(found):
        if each.ndim == 0 or len(each) == 0:
            raise ValueError(f"{name}[{k}] must have at least one step, got shape {each.shape}")
        if each.shape[1:] != found[0].shape[1:]:
            raise ValueError(f"{name}[{k}] must have the columns of {name}[0], {found[0].shape}, got {each.shape}")
        if each.dtype.kind != found[0].dtype.kind:
            raise ValueError(f"{name}[{k}] must hold {found[0].dtype} as {name}[0] does, got {each.dtype}")
    return found


def padded(found: list[np.ndarray]) -> np.ndarray:
    """(T, N, ...), zeros (or the first label) behind each sequence's end."""
    longest = max(map(len, found))
    kind = np.result_type(*found) if found[0].dtype.kind != "O" else object
    shape = (longest, len(found), *found[0].shape[1:])
    value = np.full(shape, found[0].flat[0], kind) if found[0].dtype.kind in "OU" else np.zeros(shape, kind)
    for n, each in enumerate(found):
        value[: len(each), n] = each
    return value


def lengths_of(found: list[np.ndarray]) -> np.ndarray:
    """(N,)."""
    return np.array([len(each) for each in found])


def _array(name: str, value: Any) -> np.ndarray:
    checks.unmasked(name, value)
    try:
        return np.asarray(value)
    except (ValueError, TypeError, RuntimeError) as error:
        raise ValueError(f"{name} must be an array: {error}") from None
