"""A real series: the number of sunspots in each year since 1700, to be forecast from the years before."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from lstm_edu.core import checks

from .task import SPLITS, Batch, Task, draw

CYCLE = 11  # years, as a rule of thumb
FIRST, LAST = {"train": 1700, "valid": 1921, "test": 1965}, {"train": 1920, "valid": 1964, "test": 2008}


@dataclass(frozen=True)
class Sunspots(Task):
    """Forecast the number of sunspots from the years before.

    The 309 yearly numbers of 1700 to 2008 as they come with statsmodels. A sequence belongs to the split in which the
    year to be forecast lies: 1700 .. 1920 training, 1921 .. 1964 validation, 1965 .. 2008 test. The years seen may
    reach back into the split before, as they would in life; no year of a later split is ever seen or forecast in an
    earlier one. Numbers are less the mean and divided by the standard deviation of the years 1700 .. 1920 alone.
    Training batches are drawn with replacement; validation and test batches without, so they have at most 44 sequences.

    Solved: the mean squared error of the batch is below that of all three simple forecasts, see the notes.

    Parameters
    ----------
    length : int, default 33
        T, the years that are seen, at least 11.
    horizon : int, default 1
        How far ahead, h: the forecast is for h years after the last of them, at most 11.
    tolerance : float, default 20.0
        A sequence is right if its forecast is off by less than so many sunspots.

    Raises
    ------
    ImportError
        If statsmodels is not installed.

    Notes
    -----
    Shapes: x (T, B, 1), target (B, 1).

    The simple forecasts, with their mean squared error on the test at h = 1:

    ==========  ======================================================  ================
    forecast    is                                                      error
    ==========  ======================================================  ================
    "constant"  the mean of 1700 .. 1920, which is 0                    2.44, `baseline`
    "naive"     the last number seen                                    0.76
    "seasonal"  the number 11 years (a cycle) before the one in demand  1.08
    ==========  ======================================================  ================

    The sunspots of the 20th century are more and vary more than those of the training years, so that the constant
    scores far above 1; a network is of use if it beats the other two.
    """

    length: int = 33
    horizon: int = 1
    tolerance: float = 20.0

    inputs = outputs = 1
    loss = "mean_squared_error"
    steps = "last"
    question = "Forecast the yearly number of sunspots from the years before."

    def __post_init__(self):
        horizon = checks.whole("horizon", self.horizon)
        if horizon > CYCLE:
            raise ValueError(f"horizon must be at most {CYCLE} years, got {horizon}")
        length = checks.whole("length", self.length, least=CYCLE)
        most = LAST["train"] - FIRST["train"] + 1 - horizon
        if length > most:
            raise ValueError(f"length must be at most {most} at horizon {horizon}, got {length}")
        tolerance = checks.positive("tolerance", self.tolerance)
        self._set(length=length, horizon=horizon, tolerance=tolerance)
        _load()

    @property
    def baseline(self) -> float:
        """Mean squared error of the best constant of the training years, on the test years."""
        return self.baselines["constant"]

    @property
    def baselines(self) -> dict[str, float]:
        """Mean squared error of the three simple forecasts on the test years, by name; see the class."""
        batch = self.ordered("test")[1]
        return {name: _mean_squared(y, batch) for name, y in self.forecasts(batch).items()}

    def forecasts(self, batch: Batch) -> dict[str, np.ndarray]:
        """The simple forecasts for a Batch of this task.

        Parameters
        ----------
        batch : Batch
            As `sample` gives it.

        Returns
        -------
        dict of str to numpy.ndarray
            By name, each (B, 1).
        """
        naive = batch.x[-1]
        return {"constant": np.zeros_like(naive), "naive": naive, "seasonal": batch.x[self.horizon - 1 - CYCLE]}

    def ordered(self, split: str = "test") -> tuple[np.ndarray, Batch]:
        """Every sequence of a split in the order of time.

        Parameters
        ----------
        split : {"train", "valid", "test"}
            Which part.

        Returns
        -------
        years : numpy.ndarray
            (B,) int64, the years to be forecast.
        batch : Batch
            Their sequences.

        Examples
        --------
        >>> years, batch = Sunspots().ordered("valid")
        >>> years[0], years[-1], batch.x.shape
        (np.int64(1921), np.int64(1964), (33, 44, 1))
        """
        years = self._years(checks.one_of("split", split, SPLITS))
        return years, self._batch(years)

    def sunspots(self, values: ArrayLike) -> np.ndarray:
        """Inputs, targets or outputs of this task as numbers of sunspots.

        Parameters
        ----------
        values : array_like
            Of any shape.

        Returns
        -------
        numpy.ndarray
            Like `values`.
        """
        _, mean, deviation = _load()
        return np.asarray(values) * deviation + mean

    def measures(self, loss: float) -> dict[str, float]:
        """The root mean squared error in sunspots.

        Parameters
        ----------
        loss : float
            The mean squared error.

        Returns
        -------
        dict of str to float
            By name.
        """
        return {"RMSE in sunspots": float(np.sqrt(loss)) * _load()[2]}

    def solved(self, y: ArrayLike, batch: Batch) -> bool:
        """Whether the mean squared error of this batch is below that of each simple forecast for it.

        Parameters
        ----------
        y : array_like
            (B, 1) floats, the network's output.
        batch : Batch
            What the network read.

        Returns
        -------
        bool
            True or False.
        """
        self.correct(y, batch)  # for its checks
        return bool(_mean_squared(y, batch) < min(_mean_squared(f, batch) for f in self.forecasts(batch).values()))

    def _years(self, split):
        first = max(FIRST[split], FIRST["train"] + self.length + self.horizon - 1)
        return np.arange(first, LAST[split] + 1)

    def _batch(self, years):
        values = _load()[0]
        at = years - FIRST["train"]
        seen = at - self.horizon + np.arange(1 - self.length, 1)[:, None]
        return Batch(values[seen][:, :, None], values[at][:, None])

    def _sample(self, batch, rng, split):
        return self._batch(draw(self._years(split), batch, rng, split))

    def _correct(self, y, batch):
        return (np.abs(y - batch.target) * _load()[2] < self.tolerance)[:, 0]


def _mean_squared(y, batch):
    return float(np.square(y - batch.target, dtype=np.float64).mean())


@lru_cache(maxsize=1)
def _load():
    """The normalised numbers (309,), and the mean and standard deviation of the training years."""
    try:
        from statsmodels.datasets import sunspots
    except ImportError:
        raise ImportError('Sunspots needs statsmodels: python -m pip install "lstm_edu[sunspots]"') from None
    numbers = sunspots.load_pandas().data.set_index("YEAR")["SUNACTIVITY"]
    numbers = numbers.loc[FIRST["train"] : LAST["test"]]
    known = numbers.loc[: LAST["train"]]
    mean, deviation = float(known.mean()), float(known.std(ddof=0))
    values = ((numbers - mean) / deviation).to_numpy(np.float32)
    values.flags.writeable = False  # every Sunspots shares it
    return values, mean, deviation
