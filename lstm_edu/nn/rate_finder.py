"""A learning rate to begin with: one short training in which the rate grows until the loss does.

    rate[k] = low (high / low)^(k / (steps − 1))

Source: the range test of Smith, "Cyclical learning rates for training neural networks", WACV 2017, section 3.3, here
with a rate that grows by a factor instead of a difference, over several powers of ten.
"""

import copy
import math
from typing import Any

import numpy as np
import pandas as pd

from lstm_edu.core import Layer, checks

from . import progress
from .optimizers import Adam, Optimizer
from .record import Record
from .training import Training

SMOOTHING = 0.9  # what the smoothed loss keeps of itself at each step


class RateSearch(Record):
    """What `find_rate` saw: a table of one row per step, and a rate to begin with.

    Parameters
    ----------
    table : pandas.DataFrame
        The columns are rate, loss (of the batch, before the step), and smoothed (a running mean of the loss).
    diverged : bool, default False
        Whether the search ended before its highest rate.

    Attributes
    ----------
    table : pandas.DataFrame
        As given.
    diverged : bool
        As given.

    Examples
    --------
    >>> rates = 10.0 ** np.arange(-5, 1)
    >>> losses = [1.0, 0.9, 0.5, 0.3, 0.4, 4.0]
    >>> found = RateSearch(pd.DataFrame({"rate": rates, "loss": losses, "smoothed": losses}), diverged=True)
    >>> found.lowest, found.suggestion
    (0.01, 0.001)
    """

    def __init__(self, table: pd.DataFrame, diverged: bool = False) -> None:
        super().__init__(table)
        self.diverged = diverged

    @property
    def lowest(self) -> float:
        """The rate at which the smoothed loss was lowest."""
        return float(self.table["rate"].iloc[int(np.argmin(self.table["smoothed"]))])

    @property
    def suggestion(self) -> float:
        """A tenth of `lowest`, in two digits."""
        return float(f"{self.lowest / 10:.1e}")


def find_rate(
    net: Layer,
    task: Any,
    *,
    low: float = 1e-5,
    high: float = 1.0,
    steps: int = 200,
    optimizer: Optimizer | None = None,
    progress_bar: bool | None = None,
    **arguments: Any,
) -> RateSearch:
    """Train a copy of the network for a few steps while the learning rate grows, and see where the loss falls.

    Parameters
    ----------
    net : Layer
        A network or a single layer. It is left as it is, as are the optimizer and their generators.
    task : Task
        What to learn.
    low, high : float, default 1e-5 and 1
        The first and the last rate; it grows by the same factor at each step.
    steps : int, default 200
        Steps in all, at least 10.
    optimizer : Optimizer, optional
        Which kind, with which settings; its own rate does not matter. None: `Adam`.
    progress_bar : bool or None
        None: in a notebook and at a terminal.
    **arguments : object
        `batch`, `clip`, `seed`, `carry_state` and `class_weight`, as for `fit`: the same that you are going to train
        with.

    Returns
    -------
    RateSearch
        A table with rate, loss and smoothed loss, and `suggestion`; `lstm_edu.plotting.rate_finder` draws it. It ends
        early (`diverged`) where the smoothed loss is more than four times its lowest or not finite.

    Raises
    ------
    ValueError
        For an argument of the wrong kind or out of range.

    Notes
    -----
    The suggestion is a tenth of the rate at which the smoothed loss was lowest: where the loss is about to rise, a rate
    is too high to go on with. It is a place to begin, no optimum. Where a loss stays near its baseline for longer than
    the search (as in tasks with long gaps), or is lowest at `high`, look at the figure before you believe it.

    Examples
    --------
    >>> import lstm_edu as le
    >>> task = le.tasks.Adding(length=10)
    >>> net = le.make_network(task, "lstm", units=8, rng=0)
    >>> found = le.find_rate(net, task, steps=50)
    >>> found.table.columns.tolist(), 1e-5 < found.suggestion < 1
    (['rate', 'loss', 'smoothed'], True)
    """
    low, high = checks.positive("low", low), checks.positive("high", high)
    if low >= high:
        raise ValueError(f"low must be below high, got {low:g} and {high:g}")
    steps = checks.whole("steps", steps, 10)
    unknown = set(arguments) - {"batch", "clip", "seed", "carry_state", "class_weight"}
    if unknown:
        raise ValueError(
            f"find_rate has no {sorted(unknown)[0]!r}; of fit's it takes batch, clip, seed, carry_state, class_weight"
        )
    optimizer = Adam(1e-2) if optimizer is None else optimizer
    # one step more than is made: so there is no evaluation
    training = Training(
        copy.deepcopy(net), task, steps=steps + 1, every=steps + 1, validation=1,
        optimizer=copy.deepcopy(optimizer), **arguments,
    )  # fmt: skip
    rates = low * (high / low) ** (np.arange(steps) / (steps - 1))
    rows: list[tuple[float, float, float]] = []
    mean, least, diverged = 0.0, math.inf, False
    with progress.bar(steps, "find_rate", progress_bar) as bar:
        for k, rate in enumerate(rates.tolist(), 1):
            training.optimizer.rate = rate
            try:
                training.step()
            except FloatingPointError:
                diverged = True
                break
            loss = training.latest_loss
            mean = SMOOTHING * mean + (1 - SMOOTHING) * loss
            smoothed = mean / (1 - SMOOTHING**k)
            rows.append((rate, loss, smoothed))
            bar.update()
            least = min(least, smoothed)
            if smoothed > 4 * least:
                diverged = True
                break
    if not rows:
        raise ValueError(f"low={low:g} is too high: the first step diverged")
    return RateSearch(pd.DataFrame(rows, columns=["rate", "loss", "smoothed"]), diverged)
