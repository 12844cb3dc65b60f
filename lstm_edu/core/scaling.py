"""Numbers brought near zero and one, and back: what a network was shown, in the units of the data."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from . import checks


@dataclass(frozen=True)
class Scaling:
    """(x - mean) / scale for each of the last axis' numbers, and the way back.

    Parameters
    ----------
    mean : sequence of float
        One for each column, in the data's units.
    scale : sequence of float
        As many, above 0.

    Raises
    ------
    ValueError
        For numbers that are not finite, scales that are not above 0, and two lists of different lengths.

    Examples
    --------
    >>> import numpy as np
    >>> heights = np.array([[160.0], [170.0], [180.0]])
    >>> scaling = Scaling.of(heights)
    >>> scaling.apply(heights).ravel().round(2)
    array([-1.22,  0.  ,  1.22])
    >>> scaling.undo(scaling.apply(heights)).ravel()
    array([160., 170., 180.])
    """

    mean: tuple[float, ...]
    scale: tuple[float, ...]

    def __post_init__(self) -> None:
        for name in ("mean", "scale"):
            try:
                numbers = tuple(checks.number(name, value) for value in getattr(self, name))
            except TypeError:
                raise ValueError(f"{name} must be a list of numbers, got {getattr(self, name)!r}") from None
            object.__setattr__(self, name, numbers)
        if len(self.mean) != len(self.scale) or not self.mean:
            raise ValueError(
                f"mean and scale must hold one number a column, got {len(self.mean)} and {len(self.scale)}"
            )
        if min(self.scale) <= 0:
            raise ValueError(f"scale must be above 0, got {min(self.scale)!r}")

    @classmethod
    def of(cls, x: ArrayLike) -> "Scaling":
        """Mean and standard deviation of each column; a column that never changes keeps its unit.

        Parameters
        ----------
        x : array_like
            (..., D) finite numbers.

        Returns
        -------
        Scaling
            Of D columns.

        Raises
        ------
        ValueError
            Where there is no number, or one that is not finite.
        """
        values = np.asarray(x, np.float64)
        if values.ndim == 0 or not values.size or not np.isfinite(values).all():
            raise ValueError("x must hold finite numbers, at least one a column")
        columns = values.reshape(-1, values.shape[-1])
        mean, scale = columns.mean(axis=0), columns.std(axis=0)
        still = scale <= 1e-12 * np.maximum(np.abs(mean), 1e-300)  # no more than the rounding of its mean
        return cls(tuple(mean.tolist()), tuple(np.where(still, 1.0, scale).tolist()))

    def apply(self, x: ArrayLike) -> np.ndarray:
        """From the data's units to the network's.

        Parameters
        ----------
        x : array_like
            (..., D).

        Returns
        -------
        numpy.ndarray
            (..., D) of the type of x, computed in float64.

        Raises
        ------
        ValueError
            For another number of columns.
        """
        x, mean, scale = self._columns(x)
        return ((x.astype(np.float64) - mean) / scale).astype(x.dtype)

    def undo(self, x: ArrayLike) -> np.ndarray:
        """From the network's units to the data's.

        Parameters
        ----------
        x : array_like
            (..., D).

        Returns
        -------
        numpy.ndarray
            (..., D) of the type of x, computed in float64.

        Raises
        ------
        ValueError
            For another number of columns.
        """
        x, mean, scale = self._columns(x)
        return (x.astype(np.float64) * scale + mean).astype(x.dtype)

    def _columns(self, x: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        x = np.asarray(x)
        x = x if x.dtype.kind == "f" else x.astype(np.float64)
        if x.ndim == 0 or x.shape[-1] != len(self.mean):
            raise ValueError(f"x must have {len(self.mean)} columns in its last axis, got shape {x.shape}")
        return x, np.array(self.mean), np.array(self.scale)


def far_from_unit(x: np.ndarray) -> list[tuple[int, float, float]]:
    """The columns from which a network would learn badly as they are.

    Parameters
    ----------
    x : numpy.ndarray
        (..., D) finite numbers.

    Returns
    -------
    list of tuple
        (column, mean, standard deviation), of each with a deviation below 0.01 or above 100, or a mean of more than ten
        deviations. A column of yes and no that is rarely yes is not one of them.

    Examples
    --------
    >>> far_from_unit(np.array([[1.0, 2001.0], [2.0, 2002.0]]))
    [(1, 2001.5, 0.5)]
    """
    scaling, columns = Scaling.of(x), x.reshape(-1, x.shape[-1])
    far = []
    for k, (mean, scale) in enumerate(zip(scaling.mean, scaling.scale, strict=True)):
        small = scale < 0.01 and np.abs(columns[:, k] - mean).max() < 0.5
        if small or scale > 100 or abs(mean) > 10 * scale:
            far.append((k, mean, scale))
    return far
