"""Exact timing: measure the time between two spikes, or make spikes at given times."""

from dataclasses import dataclass

import numpy as np

from lstm_edu.core import checks

from .task import Batch, Task, binary_entropy, chance_of_yes, checked_share, real_steps

TOLERANCE = 0.49


@dataclass(frozen=True)
class _Spikes(Task):
    interval: int = 10
    delays: int = 1
    spikes: int = 10
    spikes_test: int = 100
    share: float = 0.95

    inputs = outputs = 1
    steps = "all"
    floor = 0.0

    def __post_init__(self):
        for name in ("interval", "delays", "spikes", "spikes_test"):
            self._set(**{name: checks.whole(name, getattr(self, name), least=2 if name == "interval" else 1)})
        self._set(share=checked_share(self.share))

    def _draw(self, batch, rng, split):
        """The delays I (spikes, B), and how many steps have passed when each spike has come."""
        count = self.spikes_test if split == "test" else self.spikes
        delay = rng.integers(0, self.delays + 1, (count, batch))
        return delay, np.cumsum(self.interval + delay, axis=0)


@dataclass(frozen=True)
class SpikeDelay(_Spikes):
    """Measure spike delays (MSD): at each spike, tell by how much it came later than it could have.

    The input is 1 at a spike, else 0. Spike n comes at step ::

        T(n) = T(n - 1) + F + I(n),   T(0) = 0

    with a constant F and I(n) drawn anew. At each spike but the first, I(n) is asked for; the output at all other steps
    does not count (`mask`). With `spikes=1` it is the task with resets (NMSD).

    A sequence is right if, at each spike, the output is less than 0.49 away from I (the paper's limit).

    Parameters
    ----------
    interval : int, default 10
        F, in steps, at least 2.
    delays : int, default 1
        I is drawn evenly from 0 .. `delays`, at least 1.
    spikes : int, default 10
        How many spikes after the first a training or validation sequence has.
    spikes_test : int, default 100
        How many a test sequence has; nothing resets the network between them.
    share : float, default 0.95
        Solved: at least this share of the sequences is right.

    Notes
    -----
    Shapes: x, target (T, B, 1), mask (T, B), T = T(n) + 1 of the last spike.

    Baseline: the input is 1 whenever a guess is asked for, so the best one without memory is `delays`/2, and its mean
    squared error the variance of I, ((delays + 1)² - 1) / 12: 0.25 for one delay.

    References
    ----------
    Gers, Schraudolph and Schmidhuber, Learning precise timing with LSTM recurrent networks, JMLR 3, 2002.

    Examples
    --------
    >>> batch = SpikeDelay(interval=3, spikes=4).sample(1, rng=1)
    >>> batch.x[:, 0, 0].astype(int)
    array([1, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1])
    >>> batch.target[batch.mask][:, 0]
    array([0., 1., 1., 1.], dtype=float32)
    """

    loss = "mean_squared_error"
    question = "Measure how late each spike of a train comes: count the steps, and begin anew."

    @property
    def baseline(self) -> float:
        """The variance of the delay."""
        return ((self.delays + 1) ** 2 - 1) / 12

    def _sample(self, batch, rng, split):
        delay, at = self._draw(batch, rng, split)
        row, lengths = np.arange(batch), at[-1] + 1
        x, target = np.zeros((2, lengths.max(), batch, 1), np.float32)
        x[0] = 1
        x[at, row, 0] = 1
        target[at, row, 0] = delay
        mask = np.zeros(x.shape[:2], bool)
        mask[at, row] = True
        return Batch(x, target, lengths, mask)

    def _correct(self, y, batch):
        return ((np.abs(y - batch.target) < TOLERANCE).all(axis=-1) | ~batch.counted).all(axis=0)


@dataclass(frozen=True)
class TimedSpikes(_Spikes):
    """Generate timed spikes (GTS): wait a given number of steps, put out a spike, and wait again.

    It is `SpikeDelay` with input and target exchanged. The target is 1 at the steps T(n) = T(n - 1) + F + I(n), where
    the steps count from 1 and T(0) = 0, else 0. Here I(n) stands on the input at each step from T(n - 1) + 1 to T(n).
    Sequences end with their last spike.

    A sequence is right if, at each step, the probability (sigmoid) is less than 0.49 away from the target (the paper's
    limit).

    Parameters
    ----------
    interval : int, default 10
        F, in steps, at least 2.
    delays : int, default 1
        I is drawn evenly from 0 .. `delays`, at least 1.
    spikes : int, default 10
        How many spikes a training or validation sequence has.
    spikes_test : int, default 100
        How many a test sequence has; nothing resets the network between them.
    share : float, default 0.95
        Solved: at least this share of the sequences is right.

    Notes
    -----
    Shapes: x, target (T, B, 1).

    Baseline, in nats a step: with the input I, one step in F + I has a spike, and such steps are a share proportional
    to F + I of all. With H the entropy of a yes or no of that probability::

        baseline = Σ (F + I) H(1 / (F + I)) / Σ (F + I),   I = 0 .. delays        0.314 at F = 10, one delay

    References
    ----------
    Gers, Schraudolph and Schmidhuber, Learning precise timing with LSTM recurrent networks, JMLR 3, 2002.

    Examples
    --------
    >>> batch = TimedSpikes(interval=3, spikes=4).sample(1, rng=1)
    >>> print(batch.x[:, 0, 0].astype(int), batch.target[:, 0, 0].astype(int), sep="\\n")
    [0 0 0 1 1 1 1 1 1 1 1 1 1 1 1]
    [0 0 1 0 0 0 1 0 0 0 1 0 0 0 1]
    """

    loss = "sigmoid_cross_entropy"
    question = "Put out spikes at given distances: count the steps without any sign from outside, and begin anew."

    @property
    def baseline(self) -> float:
        """Nats a step of the best guess from the current input alone; see the class."""
        gap = self.interval + np.arange(self.delays + 1)
        return float(gap @ binary_entropy(1 / gap) / gap.sum())

    def _sample(self, batch, rng, split):
        delay, at = self._draw(batch, rng, split)
        row, lengths = np.arange(batch), at[-1]
        target = np.zeros((lengths.max(), batch), np.int64)
        target[at - 1, row] = 1
        waits_for = np.minimum(np.cumsum(target, axis=0) - target, len(delay) - 1)
        x = np.take_along_axis(delay, waits_for, axis=0) * real_steps(len(target), lengths)
        return Batch(x[:, :, None].astype(np.float32), target[:, :, None].astype(np.float32), lengths)

    def _correct(self, y, batch):
        right = (np.abs(chance_of_yes(y) - batch.target) < TOLERANCE).all(axis=-1)
        return (right | ~batch.counted).all(axis=0)
