"""Plain arrays on their way into a network and out of it: time first, padded, scaled; and back in the form they had."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from lstm_edu.core import Layer, checks

from .layers.parts import as_array


@dataclass(frozen=True, eq=False)
class Plain:
    """Sequences as a network reads them, and in which form they came."""

    x: np.ndarray  # (T, N, D), or (T, N) symbols
    lengths: np.ndarray | None
    form: str  # "batch": one array; "one": a single sequence; "list": a list of them
    batch_first: bool

    def given_back(self, y: np.ndarray, timed: bool, lengths: np.ndarray | None) -> Any:
        """The answers (T, N, ...), or (N, ...) if not `timed`, in the form in which x came."""
        if self.form == "one":
            return y[:, 0] if timed else y[0]
        if not timed:
            return y
        if self.form == "list":
            return [y[: len(y) if lengths is None else lengths[n], n] for n in range(y.shape[1])]
        return np.ascontiguousarray(y.swapaxes(0, 1)) if self.batch_first else y


def plain(net: Layer, x: Any, lengths: Any, batch_first: bool) -> Plain:
    """`x` as `net` reads it; a ValueError says what was got and what is needed.

    A list or tuple of arrays, or of sequences of different lengths, is a list of sequences; all else is one array.
    """
    axes = len(net.input_shape())  # 3, or 2 where symbols go in
    if isinstance(x, list | tuple) and (any(hasattr(each, "shape") for each in x) or _ragged(x)):
        if lengths is not None:
            raise ValueError("lengths: a list of sequences has its own lengths; leave lengths out")
        sequences = [_units(net, _axes(f"x[{n}]", each, axes - 1, net), f"x[{n}]") for n, each in enumerate(x)]
        return Plain(*_padded(sequences), "list", batch_first)
    array = as_array("x", x)
    if array.ndim == axes - 1:
        if lengths is not None:
            raise ValueError(f"lengths: x of shape {array.shape} is one sequence; leave lengths out")
        return Plain(_units(net, _axes("x", array, axes - 1, net), "x")[:, None], None, "one", batch_first)
    array = _axes("x", array, axes, net)
    if batch_first:
        array = array.swapaxes(0, 1)
    T, N = array.shape[:2]
    if lengths is not None:
        if np.shape(lengths) == (T,) != (N,):
            raise ValueError(
                f"lengths are {T}, but x of shape {np.shape(x)} holds {N} sequences of {T} steps"
                + ("" if batch_first else ", time first: if its first axis are the sequences, pass batch_first=True")
            )
        lengths = checks.lengths(lengths, T, N)
        real = np.arange(T)[:, None] < lengths
        array = np.where(real.reshape(real.shape + (1,) * (axes - 2)), array, 0)  # whatever it is padded with, as nan
    return Plain(_units(net, array, "x"), lengths, "batch", batch_first)


def _ragged(x: list | tuple) -> bool:
    return bool(x) and all(isinstance(each, list | tuple) for each in x) and len({len(each) for each in x}) > 1


def _axes(name: str, value: Any, axes: int, net: Layer) -> np.ndarray:
    """An array with as many axes, inputs last, that is not empty."""
    array = as_array(name, value)
    shape = net.input_shape()
    inputs = shape[2:]  # () for symbols
    fits = array.ndim == axes and 0 not in array.shape
    if fits and not (inputs and isinstance(inputs[0], int) and array.shape[-1] != inputs[0]):
        return array
    last = "".join(f", {size}" for size in inputs)
    one, several = f"(T{last})" if last else "(T,)", f"(T, N{last})"
    words = {2: "T steps, N sequences", 3: "T steps, N sequences, inputs last"}[len(shape)]
    needed = one if name != "x" else f"{several} ({words}), or {one} for one sequence"
    hint = "; for (N, T, ...) arrays, sequences first, pass batch_first=True" if name == "x" else ""
    if inputs == (1,) and array.ndim and array.shape[-1] != 1:
        hint = f"; {name}[..., None] has an axis for its one input"
    raise ValueError(f"{name} must have the shape {needed}, none of them 0, got {array.shape}{hint}")


def _units(net: Layer, array: np.ndarray, name: str) -> np.ndarray:
    """What goes in, in the network's units and type."""
    scaling = None if net.about is None else net.about.inputs
    if len(net.input_shape()) == 2:
        if array.dtype.kind not in "iu":
            raise ValueError(f"{name} must be an array of whole numbers, the symbols, got {array.dtype}")
        return array
    if scaling is not None:
        if array.dtype.kind not in "iuf":
            raise ValueError(f"{name} must be an array of numbers, got {array.dtype}")
        array = scaling.apply(array)
    elif array.dtype.kind != "f":
        hint = f"; .astype({np.dtype(np.float32).name!r}) converts it" if array.dtype.kind in "iub" else ""
        raise ValueError(f"{name} must be an array of floats, got {array.dtype}{hint}")
    return array.astype(np.float32 if net.dtype is None else net.dtype, copy=False)


def _padded(sequences: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray | None]:
    """(T, N, ...) with zeros at the end, and the lengths; None where all are equal."""
    if not sequences:
        raise ValueError("x must hold at least one sequence, got an empty list")
    lengths = np.array([len(each) for each in sequences])
    x = np.zeros((lengths.max(), len(sequences), *sequences[0].shape[1:]), sequences[0].dtype)
    for n, each in enumerate(sequences):
        x[: len(each), n] = each
    return x, None if (lengths == len(x)).all() else lengths
