"""The paper's streams: spikes whose delay is to be measured, spikes to be made at given times, functions of time."""

from itertools import pairwise

import numpy as np

from lstm_edu.core import checks
from lstm_edu.reproduce.forgetting import Source, sequence, source
from lstm_edu.tasks.periodic import SHAPES


def delays(interval: int, longest: int = 1, reset: bool = False) -> Source:
    """Measure spike delays (MSD): as `lstm_edu.tasks.SpikeDelay`, without end.

    Parameters
    ----------
    interval : int
        F, in steps, at least 2.
    longest : int
        The delay is one of 0 .. longest, all with the same probability.
    reset : bool
        Whether the network forgets its state behind each measured spike, and a new first spike comes (NMSD).

    Returns
    -------
    Source
        Of 1 input and 1 output; a target stands at each spike but the first of a train.
    """
    first = [1 + sum(interval + d for d in range(d)) for d in range(_checked(interval, longest) + 2)]
    x, target, counted = np.zeros((first[-1], 1)), np.zeros((first[-1], 1)), np.zeros(first[-1], bool)
    after = np.repeat(np.arange(1, first[-1] + 1)[:, None], longest + 1, axis=1)
    after[0] = first[:-1]
    x[0] = 1
    for delay, (_, end) in enumerate(pairwise(first)):
        x[end - 1], target[end - 1], counted[end - 1] = 1, delay, True
        after[end - 1] = 0 if reset else first[:-1]
    return source(x, target, after, counted, np.arange(first[-1]) == 0 if reset else None)


def timed(interval: int, longest: int = 1) -> Source:
    """Generate timed spikes (GTS): as `lstm_edu.tasks.TimedSpikes`, without end.

    Parameters
    ----------
    interval, longest : int
        As of `delays`.

    Returns
    -------
    Source
        Of 1 input and 1 output, with a target at each step. The delay of the first spike is 0.
    """
    first = [sum(interval + d for d in range(d)) for d in range(_checked(interval, longest) + 2)]
    x, target = np.zeros((first[-1], 1)), np.zeros((first[-1], 1))
    after = np.repeat(np.arange(1, first[-1] + 1)[:, None], longest + 1, axis=1)
    for delay, (begin, end) in enumerate(pairwise(first)):
        x[begin:end], target[end - 1], after[end - 1] = delay, 1, first[:-1]
    return source(x, target, after)


def periodic(shape: str, period: int) -> Source:
    """Generate a periodic function (PFG): as `lstm_edu.tasks.PeriodicFunction`, without end.

    Parameters
    ----------
    shape : {"cosine", "triangle", "rectangle"}
        Of the function.
    period : int
        F, in steps, at least 2.

    Returns
    -------
    Source
        Of 1 input, always 0, and 1 output, with a target at each step.
    """
    checks.one_of("shape", shape, SHAPES)
    steps = np.arange(checks.whole("period", period, least=2))
    return sequence(np.zeros((period, 1)), SHAPES[shape](steps / period)[:, None])


def _checked(interval: int, longest: int) -> int:
    checks.whole("interval", interval, least=2)
    return checks.whole("longest", longest)
