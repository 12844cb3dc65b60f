"""Layers whose numbers will all be overwritten, made without drawing initial values for them."""

from typing import Any

import numpy as np


class Blank(np.random.Generator):
    """A stand-in for a generator as a layer's `rng`: the layer's weights start at zero, and cost nothing.

    Examples
    --------
    >>> Blank().normal(0, 1, (2, 3))
    array([[0., 0., 0.],
           [0., 0., 0.]])
    """

    def __init__(self) -> None:
        super().__init__(np.random.PCG64(0))  # a fixed seed: the system is not asked for one

    def uniform(self, low: Any = 0.0, high: Any = 1.0, size: Any = None) -> Any:
        """Zeros of the shape `size`, which are no memory of their own."""
        return np.broadcast_to(0.0, () if size is None else size)

    def normal(self, loc: Any = 0.0, scale: Any = 1.0, size: Any = None) -> Any:
        """Zeros of the shape `size`, as `uniform`."""
        return np.broadcast_to(0.0, () if size is None else size)
