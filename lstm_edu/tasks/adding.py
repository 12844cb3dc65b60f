"""The adding problem: two numbers among many are marked; give their sum at the end."""

from dataclasses import dataclass

import numpy as np

from lstm_edu.core import checks

from .task import Batch, Task, checked_share, real_steps

FORMS = {"1997": 4, "sum": 2}  # with the shortest length that has room for two marks


@dataclass(frozen=True)
class Adding(Task):
    """Each step brings a number and a marker; at the end the sum of the two marked numbers is asked for.

    In the form "1997":

    - Numbers are uniform in [-1, 1]; the length of a sequence is uniform in T .. T + T/10.
    - One of the first ten pairs (X1) is marked by 1, then one of the first T/2 - 1 pairs still unmarked (X2), so at
      least T/2 steps lie between the last mark and the end. The first and the last pair have marker -1, all others 0.
    - If the first pair is drawn, its number becomes 0. The paper says so for X1; it is done for X2 as well, because
      its mark is lost under the -1.
    - The target is 0.5 + (X1 + X2) / 4, in 0 .. 1. Below T = 20, "ten" is T/2.

    In the form "sum" numbers are uniform in [0, 1], one mark lies in the first half and one in the second, the target
    is the sum, and all sequences have length T.

    Parameters
    ----------
    length : int, default 100
        T, steps (1997: of the shortest sequence), at least 4 (1997) or 2 (sum).
    form : {"1997", "sum"}
        As in Hochreiter and Schmidhuber (1997), or as in later papers.
    tolerance : float, default 0.04
        A sequence is right if its absolute error is below this.
    share : float, default 0.95
        Solved: at least this share of the sequences is right.

    Notes
    -----
    Both forms have the shapes x (T, B, 2) with (number, marker) and target (B, 1).

    The rule of the paper of 1997 stops training once the average training error is below 0.01 and the last 2000
    training sequences were right; its test set has 2560 sequences.

    The baseline: the last pair says nothing of X1 and X2 in the form of 1997, so the best guess without memory is 0.5,
    and it scores the variance (Var X1 + Var X2) / 16 with Var X = 1/3, unless the first pair was drawn and X is 0. With
    k = min(10, T/2) and m = T/2 - 1 that happens to X1 with probability 1/k, to X2 with (1 - 1/k) / m::

        baseline = (2 - 1/k - (1 - 1/k) / m) / 48        0.0392 at T = 100; 1/24 = 0.0417 without the special case

    In the form "sum" it is that of the constant guess 1, as published: Var(U + U') = 1/6. (One sequence in T/2 has its
    second mark on the last pair; to see that would gain 1 / (6 T).)

    References
    ----------
    Hochreiter and Schmidhuber, Long short-term memory, Neural Computation 9, 1997, experiment 4.

    Arjovsky, Shah and Bengio, Unitary evolution recurrent neural networks, ICML 2016.

    Examples
    --------
    >>> batch = Adding(length=20).sample(3, rng=0)
    >>> batch.x.shape, batch.target.shape, batch.lengths
    ((22, 3, 2), (3, 1), array([22, 21, 21]))
    """

    length: int = 100
    form: str = "1997"
    tolerance: float = 0.04
    share: float = 0.95

    inputs = 2
    outputs = 1
    loss = "mean_squared_error"
    steps = "last"
    floor = 0.0
    question = "Add two numbers that were marked long ago, among many that do not matter."

    def __post_init__(self):
        checks.one_of("form", self.form, FORMS)
        tolerance = checks.positive("tolerance", self.tolerance)
        length = checks.whole("length", self.length, least=FORMS[self.form])
        self._set(length=length, tolerance=tolerance, share=checked_share(self.share))

    @property
    def baseline(self) -> float:
        """Mean squared error of the best constant; see the class."""
        if self.form == "sum":
            return 1 / 6
        first, second = self._choices()
        return (2 - 1 / first - (1 - 1 / first) / second) / 48

    def _choices(self):
        half = self.length // 2
        return min(10, half), half - 1

    def _sample(self, batch, rng, split):
        return self._sample_1997(batch, rng) if self.form == "1997" else self._sample_sum(batch, rng)

    def _sample_1997(self, batch, rng):
        row = np.arange(batch)
        lengths = rng.integers(self.length, self.length + self.length // 10 + 1, batch)
        early, late = self._choices()
        first = rng.integers(0, early, batch)
        second = rng.integers(0, late, batch)
        second += second >= first  # the pair that is marked already is skipped, not drawn again

        steps = int(lengths.max())
        values = rng.random((steps, batch), np.float32)
        values *= 2
        values -= 1
        values *= real_steps(steps, lengths)
        values[0, (first == 0) | (second == 0)] = 0
        x = np.zeros((steps, batch, 2), np.float32)
        x[:, :, 0] = values
        x[first, row, 1] = 1
        x[second, row, 1] = 1
        x[0, :, 1] = -1
        x[lengths - 1, row, 1] = -1
        target = 0.5 + (values[first, row] + values[second, row]) / 4
        return Batch(x, target[:, None], lengths)

    def _sample_sum(self, batch, rng):
        row = np.arange(batch)
        half = self.length // 2
        first = rng.integers(0, half, batch)
        second = rng.integers(half, self.length, batch)
        x = np.zeros((self.length, batch, 2), np.float32)
        x[:, :, 0] = rng.random((self.length, batch), np.float32)
        x[first, row, 1] = 1
        x[second, row, 1] = 1
        return Batch(x, (x[first, row, 0] + x[second, row, 0])[:, None])

    def _correct(self, y, batch):
        return np.abs(y - batch.target)[:, 0] < self.tolerance
