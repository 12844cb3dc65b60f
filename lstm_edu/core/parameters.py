"""Named arrays in one flat buffer: clipping and an optimizer step are one pass over one array."""

import math
import weakref
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NoReturn

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from . import checks


class Parameters(dict[str, np.ndarray]):
    """A dict of named arrays, each a view into the one-dimensional array `flat`.

    Assigning to a name copies the values into place, so that the views stay views.

    Parameters
    ----------
    shapes : mapping of str to tuple of int
        Name -> shape, in the order of the buffer.
    dtype : dtype
        Of all arrays.
    flat : numpy.ndarray, optional
        A buffer to use, (count,) of `dtype`; default: zeros.

    Raises
    ------
    ValueError
        For a buffer that a kernel could not write to number by number.

    Examples
    --------
    >>> p = Parameters({"W": (2, 3), "b": (3,)}, np.float32)
    >>> p["b"] = [1, 2, 3]
    >>> p.flat
    array([0., 0., 0., 0., 0., 0., 1., 2., 3.], dtype=float32)
    """

    def __init__(self, shapes: Mapping[str, tuple], dtype: DTypeLike, flat: np.ndarray | None = None) -> None:
        sizes = [math.prod(shape) for shape in shapes.values()]
        self._flat = np.zeros(sum(sizes), dtype) if flat is None else _checked_buffer(flat, sum(sizes), dtype)
        self._shapes = MappingProxyType(dict(shapes))
        self._parts: dict[tuple, Parameters] = {}
        self._fits: Parameters | None = None  # the last that these were seen to be a gradient of
        self._whole = self._flat  # the buffer that this one is a part of
        self._owner: weakref.ref | None = None
        super().__init__()
        start = 0
        for (name, shape), size in zip(shapes.items(), sizes, strict=True):
            super().__setitem__(name, self._flat[start : start + size].reshape(shape))
            start += size

    @property
    def flat(self) -> np.ndarray:
        """All of them, one behind the other, (count,)."""
        return self._flat

    @property
    def shapes(self) -> MappingProxyType[str, tuple]:
        """Name -> shape, in the order of the buffer; to be looked at alone."""
        return self._shapes

    def part(self, where: slice, shapes: Mapping[str, tuple]) -> "Parameters":
        """A part of the same numbers under other names. It is made once, then kept.

        Parameters
        ----------
        where : slice
            Which part of `flat`.
        shapes : mapping of str to tuple of int
            Name -> shape in that part.

        Returns
        -------
        Parameters
            Views of `flat[where]`.
        """
        key = (where.start, where.stop)
        kept = self._parts.get(key)
        if kept is None or (kept._shapes is not shapes and list(kept._shapes.items()) != list(shapes.items())):
            kept = self._parts[key] = self._sharing(shapes, self._flat[where])
            kept._whole = self._whole
        return kept

    def belong_to(self, layer: Any) -> None:
        """Remember whose parameters these are.

        Parameters
        ----------
        layer : Layer
            Their owner.

        Raises
        ------
        ValueError
            If they are another layer's, who would train a dead copy.
        """
        owner = None if self._owner is None else self._owner()
        if owner is not None and owner is not layer:
            raise ValueError(
                f"params of a {type(layer).__name__} must be its own, got those of a {type(owner).__name__}: "
                "a layer that holds another is a lstm_edu.Container with that layer among its children"
            )
        self._owner = weakref.ref(layer)

    def fit(self, params: "Parameters") -> bool:
        """Whether these can be the gradient of `params`. What was found is remembered, for no buffer ever changes.

        Parameters
        ----------
        params : Parameters
            A layer's.

        Returns
        -------
        bool
            True for the same names and shapes, in the same order, and a buffer of the same type that is another one.
        """
        if self._fits is params:
            return True
        # as lists: a network's layers find their parts of the buffer by the order of the names
        if self._shapes is not params._shapes and list(self._shapes.items()) != list(params._shapes.items()):
            return False
        flat = params._flat
        if flat.size and (self._flat.dtype != flat.dtype or self.overlaps(flat)):
            return False
        self._fits = params
        return True

    def first_overlap(self, arrays: tuple) -> int | None:
        """The place of the first array that writing here may change.

        Parameters
        ----------
        arrays : tuple of numpy.ndarray or None
            Any arrays.

        Returns
        -------
        int or None
            None if they surely share no memory with these.
        """
        whole = self._whole
        own = whole.base is None
        for k, array in enumerate(arrays):
            if array is None or (own and array.base is None and array is not whole):
                continue  # each has memory of its own, as most often: this is on the way of the smallest training step
            if self.overlaps(array):
                return k
        return None

    def overlaps(self, array: np.ndarray) -> bool:
        """Whether writing here, or to the rest of the buffer that this is a part of, may change an array.

        Parameters
        ----------
        array : numpy.ndarray
            Any array.

        Returns
        -------
        bool
            False if it surely shares no memory with these.
        """
        whole, base = self._whole, array.base
        if whole.base is None and (base is None or (type(base) is np.ndarray and base.base is None)):
            return base is whole or array is whole  # both are NumPy's own memory: a view refers to what it looks at
        return checks.overlap(whole, array)

    def empty_like(self) -> "Parameters":
        """Make the place for a gradient: the same names and shapes over a new buffer.

        Returns
        -------
        Parameters
            Its values are not set.
        """
        return self._sharing(self._shapes, np.empty_like(self._flat))

    @staticmethod
    def _sharing(shapes: Mapping[str, tuple], flat: np.ndarray) -> "Parameters":
        """Parameters whose `shapes` is that very dict: that they fit is then seen without a look at each name."""
        made = Parameters(shapes, flat.dtype, flat)
        if isinstance(shapes, MappingProxyType):  # else somebody could change it later
            made._shapes = shapes
        return made

    def __setitem__(self, name: str, value: ArrayLike) -> None:
        if name not in self:
            raise KeyError(f"no parameter {name!r}; there are {', '.join(self) or 'none'}")
        if value is self[name]:  # what `params[name] += 1` assigns
            return
        value = np.asarray(checks.unmasked(f"parameter {name!r}", value))
        if value.shape != self[name].shape:
            raise ValueError(f"parameter {name!r} has shape {self[name].shape}, got values of shape {value.shape}")
        self[name][...] = value

    def _fixed(self, *_: Any, **__: Any) -> NoReturn:
        """Refuse to change the names.

        Parameters
        ----------
        *_, **__ : object
            Whatever a dict would take.

        Raises
        ------
        TypeError
            Always.
        """
        raise TypeError("the names of a layer's parameters are fixed; assign new values to them instead")

    __delitem__ = pop = popitem = clear = setdefault = _fixed

    def update(self, *args: Any, **kwargs: Any) -> None:
        """Assign to several names; as with one name, the values are copied into place.

        Parameters
        ----------
        *args, **kwargs : object
            As `dict.update` takes them, of names that are here.

        Raises
        ------
        KeyError
            For another name.
        ValueError
            For values of another shape.
        """
        for name, value in dict(*args, **kwargs).items():
            self[name] = value

    def __ior__(self, other: Any) -> "Parameters":  # type: ignore[override,misc]
        self.update(other)
        return self

    def __reduce__(self) -> tuple:
        return _unpickled, (dict(self.shapes), self.flat.dtype, self.flat.copy())


def _unpickled(shapes: dict, dtype: np.dtype, flat: np.ndarray) -> Parameters:
    # with joblib.load(..., mmap_mode="r") `flat` is a view of the file, which nobody can train on
    return Parameters(shapes, dtype, np.array(flat))


def _checked_buffer(flat: Any, size: int, dtype: DTypeLike) -> np.ndarray:
    needed = f"flat must be a one-dimensional array of {size} numbers of {np.dtype(dtype)}"
    if type(flat) is not np.ndarray:  # a matrix or a masked array brings rules of its own
        raise ValueError(f"{needed}, got {type(flat).__name__}")
    if flat.shape != (size,) or flat.dtype != dtype:
        raise ValueError(f"{needed}, got {flat.dtype} of shape {flat.shape}")
    flags = flat.flags
    for good, name in (flags.c_contiguous, "contiguous"), (flags.writeable, "writeable"), (flags.aligned, "aligned"):
        if not good:
            raise ValueError(f"{needed}, contiguous, writeable and aligned, got one that is not {name}")
    return flat
