"""Named arrays in one flat buffer: clipping and an optimizer step are one pass over one array."""

import math

import numpy as np


class Parameters(dict):
    """A dict of named arrays, each a view into the one-dimensional array `flat`.

    Assigning to a name copies the values into place, so that the views stay views.

    >>> p = Parameters({"W": (2, 3), "b": (3,)}, np.float32)
    >>> p["b"] = [1, 2, 3]
    >>> p.flat
    array([0., 0., 0., 0., 0., 0., 1., 2., 3.], dtype=float32)
    """

    def __init__(self, shapes: dict, dtype, flat=None):
        """`shapes`: name -> shape, in the order of the buffer; `flat`: a buffer to use (default: zeros)."""
        sizes = [math.prod(shape) for shape in shapes.values()]
        self._flat = np.zeros(sum(sizes), dtype) if flat is None else flat
        self._shapes, self._parts = dict(shapes), {}
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
    def shapes(self) -> dict:
        """Name -> shape, in the order of the buffer."""
        return self._shapes

    def part(self, where: slice, shapes: dict) -> "Parameters":
        """The same numbers under other names: `flat[where]` as a Parameters of these shapes. Made once, then kept."""
        key = (where.start, where.stop)
        kept = self._parts.get(key)
        if kept is None or (kept._shapes is not shapes and list(kept._shapes.items()) != list(shapes.items())):
            self._parts[key] = self._sharing(shapes, self._flat[where])
        return self._parts[key]

    def empty_like(self) -> "Parameters":
        """The same names and shapes over a new buffer whose values are not set: the place for a gradient."""
        return self._sharing(self._shapes, np.empty_like(self._flat))

    @staticmethod
    def _sharing(shapes, flat):
        """Parameters whose `shapes` is that very dict: that they fit is then seen without a look at each name."""
        made = Parameters(shapes, flat.dtype, flat)
        made._shapes = shapes
        return made

    def __setitem__(self, name, value):
        if name not in self:
            raise KeyError(f"no parameter {name!r}; there are {', '.join(self) or 'none'}")
        if value is self[name]:  # what `params[name] += 1` assigns
            return
        value = np.asarray(value)
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
        return Parameters, (self.shapes, self.flat.dtype, self.flat.copy())
