"""The task that runs through the chapters: one sign of many has a mark, and is asked for at the end."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from lstm_edu.core import checks

if TYPE_CHECKING:
    from lstm_edu import tasks
    from lstm_edu.cells import Recurrent


def marked_signs(length: int = 20, count: int = 4000) -> "tasks.Arrays":
    """Random signs, one of them with a mark; the target is the sign at the mark.

    Parameters
    ----------
    length : int
        T, the number of steps, at least 2; the mark is at any of them but the last.
    count : int
        How many sequences.

    Returns
    -------
    lstm_edu.tasks.Arrays
        Inputs (T, count, 2), the sign and the mark; the best guess without a memory, 0, is wrong by 1.

    Raises
    ------
    ValueError
        For fewer than two steps or no sequence.

    Examples
    --------
    >>> marked_signs(length=5, count=100).sample(3, rng=0).x.shape
    (5, 3, 2)
    """
    from lstm_edu import tasks

    checks.whole("length", length, least=2)
    checks.whole("count", count)
    rng = np.random.default_rng(length)
    x, each = np.zeros((length, count, 2)), np.arange(count)
    x[..., 0] = rng.choice([-1.0, 1.0], (length, count))
    at = rng.integers(0, length - 1, count)
    x[at, each, 1] = 1
    return tasks.Arrays(x, x[at, each, :1], loss="mean_squared_error", steps="last")


def learn_marked_signs(make: Callable[[int], "Recurrent"], seeds: int = 5, steps: int = 400) -> np.ndarray:
    """Train a cell on the marked signs as chapters 01 to 03 do, from several seeds.

    Parameters
    ----------
    make : callable
        ``make(seed)`` gives a cell of 2 inputs.
    seeds : int
        How many.
    steps : int
        Of Adam at a rate of 0.005, 32 sequences each.

    Returns
    -------
    numpy.ndarray
        (seeds,), the squared error on 500 sequences of the test.

    Raises
    ------
    ValueError
        Without a seed, or for fewer than one step.

    Examples
    --------
    >>> import lstm_edu as le
    >>> learn_marked_signs(lambda seed: le.GRU(2, 3, rng=seed), seeds=2, steps=5).shape
    (2,)
    """
    from lstm_edu import nn

    task, lost = marked_signs(), []
    for seed in range(checks.whole("seeds", seeds)):
        cell = make(seed)
        net = nn.Sequential([cell, nn.Dense(cell.outputs, 1, steps="last", rng=seed)])
        nn.fit(net, task, steps=steps, optimizer=nn.Adam(5e-3), seed=seed, progress_bar=False)
        lost.append(nn.evaluate(net, task, 500, rng=7, split="test")["loss"])
    return np.array(lost)
