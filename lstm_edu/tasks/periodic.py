"""A clock of one's own: put out a periodic function without any input."""

from dataclasses import dataclass
from math import sqrt

import numpy as np

from lstm_edu.core import checks

from .task import Batch, Task

SHAPES = {  # the function of how much of the period is over, 0 .. 1
    "cosine": lambda part: (1 - np.cos(2 * np.pi * part)) / 2,
    "triangle": lambda part: 1 - np.abs(2 * part - 1),
    "rectangle": lambda part: np.where(part < 0.5, 0.0, 1.0),
}


@dataclass(frozen=True)
class PeriodicFunction(Task):
    """Generate a periodic function (PFG): put out f(0), f(1) and so on with no input at all.

    With the period F and p = (t mod F) / F, the `shape` of f is

    - "cosine": (1 - cos 2πp) / 2,
    - "triangle": 2p in the first half, 2 - 2p in the second,
    - "rectangle": 0 in the first half, 1 in the second.

    The input is 0 at each step. There is one sequence only, so training batches hold it several times over, validation
    batches once. Solved: that sequence is right.

    Parameters
    ----------
    shape : {"cosine", "triangle", "rectangle"}
        Of the function.
    period : int, default 10
        F, in steps, at least 2.
    length : int, default 100
        T, the steps of a training or validation sequence, at least 2.
    length_test : int, default 1000
        The steps of the one test sequence, at least 2.
    tolerance : float, default 0.3
        The sequence is right if at each step the output is less than this away from f (the paper's limit).

    Notes
    -----
    Shapes: x, target (T, B, 1).

    Baseline: a guess without memory is a constant; the best one scores the variance of f over the T steps, 1/8 for the
    cosine over whole periods.

    References
    ----------
    Gers, Schraudolph and Schmidhuber, Learning precise timing with LSTM recurrent networks, JMLR 3, 2002.

    Examples
    --------
    >>> PeriodicFunction("triangle", period=4, length=9).sample(2).target[:, 0, 0]
    array([0. , 0.5, 1. , 0.5, 0. , 0.5, 1. , 0.5, 0. ], dtype=float32)
    """

    shape: str = "cosine"
    period: int = 10
    length: int = 100
    length_test: int = 1000
    tolerance: float = 0.3

    inputs = outputs = 1
    loss = "mean_squared_error"
    steps = "all"
    floor = 0.0
    question = "Put out a periodic function with no input at all: be a clock."

    def __post_init__(self):
        checks.one_of("shape", self.shape, SHAPES)
        for name in ("period", "length", "length_test"):
            self._set(**{name: checks.whole(name, getattr(self, name), least=2)})
        tolerance = checks.positive("tolerance", self.tolerance)
        self._set(tolerance=tolerance)

    @property
    def baseline(self) -> float:
        """The variance of f over the steps of a training sequence."""
        return float(self._values(self.length).var())

    def measures(self, loss: float) -> dict[str, float]:
        """The root mean squared error.

        Parameters
        ----------
        loss : float
            The mean squared error.

        Returns
        -------
        dict of str to float
            By name.
        """
        return {"RMSE": sqrt(loss)}

    def _values(self, steps):
        return SHAPES[self.shape](np.arange(steps) % self.period / self.period)

    def _sample(self, batch, rng, split):
        values = self._values(self.length_test if split == "test" else self.length)
        copies = batch if split == "train" else 1
        target = np.repeat(values.astype(np.float32)[:, None, None], copies, axis=1)
        return Batch(np.zeros_like(target), target)

    def _correct(self, y, batch):
        return (np.abs(y - batch.target) < self.tolerance).all(axis=(0, 2))
