"""Named arrays in one flat buffer: clipping and an optimizer step are one pass over one array."""

import math
import weakref
from types import MappingProxyType

import numpy as np

from . import checks


class Parameters(dict):
    """A dict of named arrays, each a view into the one-dimensional array `flat`.

    Assigning to a name copies the values into place, so that the views stay views.

    >>> p = Parameters({"W": (2, 3), "b": (3,)}, np.float32)
    >>> p["b"] = [1, 2, 3]
    >>> p.flat
    array([0., 0., 0., 0., 0., 0., 1., 2., 3.], dtype=float32)
    """

    def __init__(self, shapes: dict, dtype, flat=None):
        """`shapes`: name -> shape, in the order of the buffer; `flat`: a buffer to use (default: zeros).

        Raises ValueError for a buffer that a kernel could not write to number by number.
        """
        sizes = [math.prod(shape) for shape in shapes.values()]
        self._flat = np.zeros(sum(sizes), dtype) if flat is None else _checked_buffer(flat, sum(sizes), dtype)
        self._shapes, self._parts = MappingProxyType(dict(shapes)), {}
        self._whole = self._flat  # the buffer that this one is a part of
        self._owner = None
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
    def shapes(self) -> MappingProxyType:
        """Name -> shape, in the order of the buffer; to be looked at alone."""
        return self._shapes

    def part(self, where: slice, shapes: dict) -> "Parameters":
        """The same numbers under other names: `flat[where]` as a Parameters of these shapes. Made once, then kept."""
        key = (where.start, where.stop)
        kept = self._parts.get(key)
        if kept is None or (kept._shapes is not shapes and list(kept._shapes.items()) != list(shapes.items())):
            kept = self._parts[key] = self._sharing(shapes, self._flat[where])
            kept._whole = self._whole
        return kept

    def belong_to(self, layer) -> None:
        """Remember whose parameters these are; ValueError if they are another layer's, who would train a dead copy."""
        owner = None if self._owner is None else self._owner()
        if owner is not None and owner is not layer:
            raise ValueError(
                f"params of a {type(layer).__name__} must be its own, got those of a {type(owner).__name__}: "
                "a layer that holds another is a lstm_edu.Container with that layer among its children"
            )
        self._owner = weakref.ref(layer)

    def overlaps(self, array: np.ndarray) -> bool:
        """Whether writing here, or to the rest of the buffer that this is a part of, may change `array`."""
        return checks.overlap(self._whole, array)

    def empty_like(self) -> "Parameters":
        """The same names and shapes over a new buffer whose values are not set: the place for a gradient."""
        return self._sharing(self._shapes, np.empty_like(self._flat))

    @staticmethod
    def _sharing(shapes, flat):
        """Parameters whose `shapes` is that very dict: that they fit is then seen without a look at each name."""
        made = Parameters(shapes, flat.dtype, flat)
        if isinstance(shapes, MappingProxyType):  # else somebody could change it later
            made._shapes = shapes
        return made

    def __setitem__(self, name, value):
        if name not in self:
            raise KeyError(f"no parameter {name!r}; there are {', '.join(self) or 'none'}")
        if value is self[name]:  # what `params[name] += 1` assigns
            return
        value = np.asarray(checks.unmasked(f"parameter {name!r}", value))
        if value.shape != self[name].shape:
            raise ValueError(f"parameter {name!r} has shape {self[name].shape}, got values of shape {value.shape}")
        self[name][...] = value

    def _fixed(self, *_, **__):
        raise TypeError("the names of a layer's parameters are fixed; assign new values to them instead")

    __delitem__ = pop = popitem = clear = setdefault = _fixed

    def update(self, *args, **kwargs):
        for name, value in dict(*args, **kwargs).items():
            self[name] = value

    def __ior__(self, other):
        self.update(other)
        return self

    def __reduce__(self):
        return Parameters, (dict(self.shapes), self.flat.dtype, self.flat.copy())


def _checked_buffer(flat, size, dtype) -> np.ndarray:
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
