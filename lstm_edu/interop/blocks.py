"""Gates as blocks: columns here, rows there, in another order.

Here W is (D, G*H), one block of H columns for each of the G gates; the other libraries have (G*H, D), a block of rows.
A bias (G*H,) is cut in the same way.
"""

from collections.abc import Mapping, Sequence

import numpy as np

Arrays = dict[str, np.ndarray]


def to_rows(array: np.ndarray, ours: Sequence[str], theirs: Sequence[str]) -> np.ndarray:
    """Blocks of columns named by `ours` as blocks of rows in the order of `theirs`; a gate that is not ours is zero.

    >>> to_rows(np.array([[1, 2], [3, 4]]), "ab", "bca")
    array([[2, 4],
           [0, 0],
           [1, 3]])
    """
    cut = dict(zip(ours, np.split(array, len(ours), axis=-1), strict=True))
    zero = np.zeros_like(cut[ours[0]])
    return np.ascontiguousarray(np.concatenate([cut.get(gate, zero) for gate in theirs], axis=-1).T)


def to_columns(array: np.ndarray, theirs: Sequence[str], ours: Sequence[str]) -> np.ndarray:
    """Blocks of rows named by `theirs` as blocks of columns in the order of `ours`.

    >>> to_columns(np.array([[2, 4], [0, 0], [1, 3]]), "bca", "ab")
    array([[1, 2],
           [3, 4]])
    """
    cut = dict(zip(theirs, np.split(array, len(theirs)), strict=True))
    return np.ascontiguousarray(np.concatenate([cut[gate] for gate in ours]).T)


def checked(arrays: Mapping, axes: Mapping[str, int], optional: Sequence[str] = ()) -> Arrays:
    """The arrays by name, as NumPy arrays of one float type and of so many axes each; ValueError for any other.

    >>> checked({"W": [[1.0]], "x": 2.0}, {"W": 2})
    Traceback (most recent call last):
        ...
    ValueError: arrays must hold W, got W, x
    """
    names = [name for name in axes if name in arrays or name not in optional]
    if set(names) != set(arrays):
        raise ValueError(f"arrays must hold {', '.join(axes)}, got {', '.join(map(str, arrays)) or 'none'}")
    found = {name: np.asarray(arrays[name]) for name in names}
    first = found[names[0]]
    for name, array in found.items():
        if array.ndim != axes[name]:
            raise ValueError(f"arrays: {name} must have {axes[name]} axes, got shape {array.shape}")
        if array.dtype != first.dtype or array.dtype not in (np.float32, np.float64):
            raise ValueError(f"arrays: {name} must be float32 or float64, all of them the same, got {array.dtype}")
    return found


def check_shapes(arrays: Arrays, shapes: Mapping[str, tuple]) -> None:
    """ValueError where an array has another shape.

    >>> check_shapes({"W": np.zeros((2, 3))}, {"W": (2, 4)})
    Traceback (most recent call last):
        ...
    ValueError: arrays: W must have shape (2, 4), got (2, 3)
    """
    for name, array in arrays.items():
        if array.shape != shapes[name]:
            raise ValueError(f"arrays: {name} must have shape {shapes[name]}, got {array.shape}")
