"""Train a network until its validation loss no longer falls, or its task is solved, as trials of several papers do."""

from collections.abc import Callable
from typing import Any, NamedTuple

from lstm_edu import nn
from lstm_edu.core import Layer
from lstm_edu.experiments.runs import one_core


class Learnt(NamedTuple):
    """What came of a training."""

    valid: float  # the best validation loss, NaN where numbers were no longer finite
    sequences: int  # that were learnt
    steps: int  # their time steps
    solved: bool  # whether the last look at validation sequences counts as solved


class _Counted:
    """A task that counts the time steps of the training batches that it gives."""

    def __init__(self, task: Any) -> None:
        self.task, self.learnt_steps = task, 0
        if hasattr(task, "stream"):
            self.stream = self._stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self.task, name)

    def sample(self, batch: int, rng: Any = None, split: str = "train") -> Any:
        drawn = self.task.sample(batch, rng, split)
        self.learnt_steps += int(drawn.counted.sum()) if split == "train" else 0
        return drawn

    def _stream(self, batch: int, split: str = "train", rng: Any = None) -> Any:
        for drawn in self.task.stream(batch, split, rng):
            self.learnt_steps += int(drawn.counted.sum())
            yield drawn


def until_no_better(
    net: Layer,
    task: Any,
    optimizer: nn.SGD | nn.RMSProp | nn.Adam,
    *,
    tick: Callable[[int], None],
    rate_at: Callable[[int], float] | None = None,
    **settings: Any,
) -> Learnt:
    """Train on one core; the network then has the parameters with the best validation loss, if there is a patience.

    Parameters
    ----------
    net : Layer
        Is trained in place.
    task : Task
        What it learns.
    optimizer : Optimizer
        With its rate.
    tick : callable
        Is told after every step how many sequences were learnt.
    rate_at : callable, optional
        The rate before a step, of how many steps were made; None: that of the optimizer.
    **settings : object
        Of `lstm_edu.Training`: steps, batch, every, patience, clip, validation, seed, carry_state, stop_when_solved.

    Returns
    -------
    Learnt
        Also of a training whose numbers were no longer finite: the network then keeps its last finite parameters, and
        `valid` is NaN.

    Examples
    --------
    >>> from lstm_edu import tasks
    >>> task = tasks.Adding(length=6)
    >>> net = nn.make_network(task, "rnn", 3, rng=0)
    >>> found = until_no_better(net, task, nn.SGD(0.1), tick=print, steps=2, batch=5, patience=1)
    5
    10
    >>> found.sequences, found.steps >= 60
    (10, True)
    """
    counted = _Counted(task)
    with one_core():
        training = nn.Training(net, counted, optimizer=optimizer, **settings)
        batch = training.settings["batch"]
        valid, solved = float("nan"), False
        try:
            while not training.finished:
                if rate_at is not None:
                    optimizer.rate = rate_at(training.done)
                training.step()
                tick(training.done * batch)
        except FloatingPointError:
            pass
        else:
            history = training.run(progress_bar=False)  # takes the best parameters
            valid, solved = float(history["valid_loss"].min()), bool(history["solved"].iloc[-1])
    return Learnt(valid, training.done * batch, counted.learnt_steps, solved)
