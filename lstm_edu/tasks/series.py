"""A series of one's own: the next numbers from those before, in the order of time."""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import ArrayLike

from lstm_edu.core import About, Scaling, checks

from .task import SPLITS, Batch, Task, draw

PARTS = (0.7, 0.85)  # where the training part ends, and the validation part
SEASONAL = 0.3  # a correlation with what stood a season before that is worth a name


@dataclass(frozen=True, eq=False)
class Series(Task):
    """Forecast the next numbers of a series from those before.

    The first 70 % of the numbers are for training, the next 15 % for validation, the last 15 % for the test. A sequence
    belongs to the part in which its targets lie, all of them; what is seen may reach back into the part before, as it
    would in life. Mean and standard deviation of the training part alone scale all of it.

    A sequence is right if its mean squared error is below that of its last number as the forecast of all. Solved: so it
    is for the batch as a whole.

    Parameters
    ----------
    values : array_like
        (N,) finite numbers, the oldest first, at equal distances in time.
    horizon : int, default 1
        How many numbers a forecast has.
    window : int, optional
        T, how many numbers are seen. None: as `season` and `horizon` suggest.
    season : int, optional
        After how many numbers the series is most like itself. None: found in the training part, see `found_season`.
    difference : int, default 0
        The network sees and forecasts how a number differs from the one so many before it, which is how a trend, or
        with the season a rhythm, is taken out; 0: the numbers themselves.

    Attributes
    ----------
    scaling : Scaling
        Of the numbers, or of their differences.

    Raises
    ------
    ValueError
        For numbers that are not finite, and for so few that no sequence is left for one of the parts.

    Notes
    -----
    Shapes: x (T, B, 1), target (B, horizon), both scaled.

    Baseline: the mean squared error of the last number seen as the forecast of all, on the test part.

    Examples
    --------
    >>> wave = Series(np.sin(np.arange(400) * 2 * np.pi / 20), horizon=5)
    >>> wave.season, wave.window, wave.sample(3, rng=0).x.shape, wave.outputs
    (20, 40, (40, 3, 1), 5)
    """

    values: np.ndarray = field(repr=False)
    horizon: int = 1
    window: int | None = None
    season: int | None = None
    difference: int = 0
    scaling: Scaling = field(init=False, repr=False)
    baseline: float = field(init=False, repr=False)
    _z: np.ndarray = field(init=False, repr=False)

    inputs = 1
    loss = "mean_squared_error"
    steps = "last"
    question = "Forecast the next numbers of a series from those before."

    def __post_init__(self):
        values = checks.floats("values", self.values, ("N",), np.dtype(np.float64)).copy()
        if not np.isfinite(values).all():
            raise ValueError(f"values must be finite, got {values[~np.isfinite(values)][0]} at {_first_bad(values)}")
        values.setflags(write=False)
        horizon, lag = checks.whole("horizon", self.horizon), checks.whole("difference", self.difference, least=0)
        known = values[: self._ends(len(values))[0]]
        if self.season is None:
            season = found_season(known)
        else:
            season = checks.whole("season", self.season)
        window = max(2 * (season or 0), 2 * horizon, 12) if self.window is None else checks.whole("window", self.window)
        self._set(values=values, horizon=horizon, window=window, season=season, difference=lag)
        needed = {part: self._origins(part) for part in SPLITS}
        for part, origins in needed.items():
            if not len(origins):
                raise ValueError(
                    f"values must leave a sequence for the {part} part: {len(values)} numbers are too few for "
                    f"window {window}, horizon {horizon}, difference {lag}"
                )
        changes = differences(values, lag)
        self._set(scaling=Scaling.of(changes[: len(known) - lag, None]))
        self._set(_z=self.scaling.apply(changes[:, None])[:, 0].astype(np.float32))
        batch = self.ordered("test")[1]
        self._set(baseline=float(np.square(self._last(batch) - batch.target, dtype=np.float64).mean()))

    @property
    def outputs(self) -> int:
        """How many numbers a forecast has."""
        return self.horizon

    @property
    def needed(self) -> int:
        """How many numbers a forecast needs before it, those that its first difference looks back to among them."""
        assert self.window is not None  # None is what one may give; it has become a number
        return self.window + self.difference

    def _ends(self, count):
        return [round(share * count) for share in PARTS] + [count]

    def _origins(self, part):
        """The places (in `values`) of the first number to be forecast."""
        checks.one_of("split", part, SPLITS)
        k = SPLITS.index(part)
        ends = self._ends(len(self.values))
        first = max(0 if k == 0 else ends[k - 1], self.needed)
        return np.arange(first, ends[k] - self.horizon + 1)

    def ordered(self, split: str = "test") -> tuple[np.ndarray, Batch]:
        """Every sequence of a part in the order of time.

        Parameters
        ----------
        split : {"train", "valid", "test"}
            Which part.

        Returns
        -------
        origins : numpy.ndarray
            (B,) int64, the place in `values` of the first number to be forecast.
        batch : Batch
            The sequences.
        """
        origins = self._origins(split)
        return origins, self._batch(origins)

    def part(self, split: str) -> tuple[int, int]:
        """Where a part begins and ends.

        Parameters
        ----------
        split : {"train", "valid", "test"}
            Which part.

        Returns
        -------
        tuple of int
            The place in `values` of its first number, and that behind its last.
        """
        ends = [0, *self._ends(len(self.values))]
        k = SPLITS.index(checks.one_of("split", split, SPLITS))
        return ends[k], ends[k + 1]

    def about(self) -> About:
        """What the numbers of a network for this series mean.

        Returns
        -------
        About
            With the scaling, and under `trained` what `forecast` needs.
        """
        names = ("horizon", "window", "season", "difference")
        known = super().about()
        settings = {name: getattr(self, name) for name in names}
        return replace(known, inputs=self.scaling, target=self.scaling, trained=known.trained | settings)

    def measures(self, loss: float) -> dict[str, float]:
        """The root mean squared error in the units of the series.

        Parameters
        ----------
        loss : float
            The mean squared error of scaled numbers.

        Returns
        -------
        dict of str to float
            By name.
        """
        return {"RMSE": float(np.sqrt(loss)) * self.scaling.scale[0]} if self.difference == 0 else {}

    def solved(self, y: ArrayLike, batch: Batch) -> bool:
        """Whether the mean squared error of this batch is below that of each sequence's last number.

        Parameters
        ----------
        y : array_like
            (B, horizon) floats, the network's output.
        batch : Batch
            What the network read.

        Returns
        -------
        bool
            True or False.
        """
        self.correct(y, batch)  # for its checks
        guesses = np.asarray(y), self._last(batch)
        errors = [np.square(guess - batch.target, dtype=np.float64).mean() for guess in guesses]
        return bool(errors[0] < errors[1])

    def _last(self, batch):
        """The forecast that nothing changes."""
        if self.difference == 0:
            return batch.x[-1]
        unchanged = self.scaling.apply(np.zeros((1, 1)))[0, 0]
        return np.full((1, 1), unchanged, np.float32)

    def _batch(self, origins):
        # z[k] belongs to values[k + difference]
        at = origins - self.difference
        seen, ahead = at + np.arange(self.difference - self.needed, 0)[:, None], at[:, None] + np.arange(self.horizon)
        return Batch(self._z[seen][:, :, None], self._z[ahead])

    def _sample(self, batch, rng, split):
        return self._batch(draw(self._origins(split), batch, rng, split))

    def _correct(self, y, batch):
        guesses = y, self._last(batch)
        mine, last = (np.square(guess - batch.target, dtype=np.float64).mean(axis=1) for guess in guesses)
        return mine < last


def differences(values: np.ndarray, lag: int) -> np.ndarray:
    """How each number differs from the one `lag` before it; for 0 the numbers themselves.

    Parameters
    ----------
    values : numpy.ndarray
        (N,).
    lag : int
        At least 0.

    Returns
    -------
    numpy.ndarray
        (N - lag,).

    Examples
    --------
    >>> differences(np.array([1, 2, 4, 7, 11]), 2)
    array([3, 5, 7])
    """
    return values if lag == 0 else values[lag:] - values[:-lag]


def found_season(values: np.ndarray) -> int | None:
    """After how many numbers a series is most like itself: the first and highest peak of its autocorrelation.

    A straight line is taken out first. A peak counts from a correlation of 0.3, and where at least three seasons were
    seen.

    Parameters
    ----------
    values : numpy.ndarray
        (N,).

    Returns
    -------
    int or None
        At least 2; None: there is none.

    Examples
    --------
    >>> found_season(np.tile([0, 1, 5, 2, 2, 3, 1], 20)), found_season(np.arange(100.0))
    (7, None)
    """
    N = len(values)
    if N < 6:
        return None
    steps = np.arange(N)
    rest = values - np.polyval(np.polyfit(steps, values, 1), steps)
    power = np.dot(rest, rest)
    if power <= 1e-18 * np.dot(values, values):
        return None
    most = N // 3
    r = np.array([np.dot(rest[k:], rest[: N - k]) / power * N / (N - k) for k in range(most + 2)])
    peaks = [k for k in range(2, most + 1) if r[k] > r[k - 1] and r[k] >= r[k + 1] and r[k] >= SEASONAL]
    highest = max((r[k] for k in peaks), default=0)
    return next((k for k in peaks if r[k] >= 0.9 * highest), None)


def _first_bad(values):
    return int(np.flatnonzero(~np.isfinite(values))[0])
