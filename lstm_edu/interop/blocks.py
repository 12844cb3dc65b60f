"""Gates as blocks: columns here, rows there, in another order.

Here W is (D, G*H), one block of H columns for each of the G gates; the other libraries have (G*H, D), a block of rows.
A bias (G*H,) is cut in the same way.
"""

import contextlib
import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from lstm_edu.nn.architecture import short as shortened

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


def reordered(array: np.ndarray, ours: Sequence[str], theirs: Sequence[str]) -> np.ndarray:
    """Blocks of columns named by `ours` in the order of `theirs`; a copy.

    >>> reordered(np.array([[1, 2], [3, 4]]), "ab", "ba")
    array([[2, 1],
           [4, 3]])
    """
    cut = dict(zip(ours, np.split(array, len(ours), axis=-1), strict=True))
    return np.concatenate([cut[gate] for gate in theirs], axis=-1)


def checked(arrays: Mapping, axes: Mapping[str, int], optional: Sequence[str] = ()) -> Arrays:
    """The arrays by name, as NumPy arrays of one float type and of so many axes each; ValueError for any other.

    >>> checked({"W": [[1.0]], "x": 2.0}, {"W": 2})
    Traceback (most recent call last):
        ...
    ValueError: arrays must hold W, got W, x
    """
    names = [name for name in axes if name in arrays or name not in optional]
    if set(names) != set(arrays):
        got = short(", ".join(short(name, 40) for name in itertools.islice(arrays, 20)) or "none")
        raise ValueError(f"arrays must hold {', '.join(axes)}, got {got}")
    found = {name: as_array(name, arrays[name]) for name in names}
    first = found[names[0]]
    for name, array in found.items():
        if array.ndim != axes[name]:
            raise ValueError(f"arrays: {name} must have {axes[name]} axes, got shape {array.shape}")
        if array.dtype != first.dtype or array.dtype not in (np.float32, np.float64):
            raise ValueError(f"arrays: {name} must be float32 or float64, all of them the same, got {array.dtype}")
        # A view can say a shape that no memory holds: whoever copies it finds out too late.
        low, high = np.lib.array_utils.byte_bounds(array)
        if array.size and high - low < array.nbytes:
            raise ValueError(f"arrays: {name} must hold all its numbers, got a view {array.shape} that repeats them")
    return found


def as_array(name: str, value: Any) -> np.ndarray:
    """An array, or another library's tensor wherever it lies, as a NumPy array; ValueError for what has no numbers.

    >>> as_array("W", [[1.0, 2.0], [3.0]])
    Traceback (most recent call last):
        ...
    ValueError: arrays: W can't be read as an array (setting an array element with a sequence. ...)
    """
    try:
        if hasattr(value, "detach"):  # of PyTorch
            value = value.detach().cpu()
        return np.asarray(value)
    except (ValueError, TypeError, RuntimeError) as error:
        raise ValueError(f"arrays: {name} can't be read as an array ({short(error)})") from None


def short(text: Any, longest: int = 200) -> str:
    """The first line of a text that comes from elsewhere, and no more of it than an error can show.

    >>> short("one\\ntwo"), short("abcdef", 3)
    ('one', 'abc...')
    """
    return shortened(next(iter(str(text).splitlines()), ""), longest)


@contextlib.contextmanager
def at(place: str) -> Iterator[None]:
    """ValueErrors from here on say where.

    >>> with at("net[1]"):
    ...     check_shapes({"W": np.zeros(2)}, {"W": (3,)})
    Traceback (most recent call last):
        ...
    ValueError: net[1]: W must have shape (3,), got (2,)
    """
    try:
        yield
    except ValueError as error:
        text = str(error)
        for name in ("arrays: ", "layer: "):
            text = text.removeprefix(name)
        raise ValueError(f"{place}{'' if text[:1] in ('[', '.') else ': '}{text}") from None


def transposed(arrays: Mapping[str, np.ndarray], table: Mapping[str, tuple]) -> Arrays:
    """Copies of the arrays of a layer under another library's names, with the axes in its order.

    A table has, for each name there, the name here and the order of the axes.

    >>> transposed({"W": np.ones((2, 3))}, {"weight": ("W", (1, 0))})["weight"].shape
    (3, 2)
    """
    return {theirs: arrays[ours].transpose(order).copy() for theirs, (ours, order) in table.items()}


def transposed_back(arrays: Mapping[str, np.ndarray], table: Mapping[str, tuple]) -> Arrays:
    """Arrays of another library under our names, as many of them as there are; views.

    >>> transposed_back({"weight": np.ones((3, 2))}, {"weight": ("W", (1, 0))})["W"].shape
    (2, 3)
    """
    return {table[theirs][0]: array.transpose(np.argsort(table[theirs][1])) for theirs, array in arrays.items()}


def summed(outer: np.ndarray, inner: np.ndarray) -> np.ndarray:
    """The sum of two biases of which one is most often zero: -0.0 + 0.0 would lose a bit."""
    return np.where(inner == 0, outer, outer + inner)


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
