"""A network that learns a task by its full gradient until the task counts as solved, or for a budget of sequences."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from lstm_edu import nn
from lstm_edu.cells import GRU, LSTM, RNN
from lstm_edu.core import checks
from lstm_edu.tasks import Task

from .early_stopping import Learnt, until_no_better
from .units import ReluRNN, SigmoidRNN

CELLS: dict[str, Any] = {"tanh": RNN, "sigmoid": SigmoidRNN, "relu": ReluRNN, "lstm": LSTM, "gru": GRU}


@dataclass(frozen=True)
class Setting:
    """What a trial needs, whatever the paper.

    Parameters
    ----------
    task : Task
        What is learnt.
    cell : str
        A name of `CELLS`.
    units : int
        How many.
    rate : float
        The learning rate.
    most : int
        Sequences after which training ends at the latest, whole batches.
    batch : int
        Sequences a step of the optimizer.
    every : int
        Sequences between two looks at the validation sequences, whole batches.
    validation : int
        How many of those there are, always the same.
    clip : float, optional
        What bounds the gradient; None: nothing does.
    """

    task: Task
    cell: str
    units: int
    rate: float
    most: int
    batch: int
    every: int
    validation: int
    clip: float | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.task, Task):
            raise ValueError(f"task must be a task of lstm_edu.tasks, got {self.task!r}")
        checks.one_of("cell", self.cell, CELLS)
        for name in ("units", "batch", "most", "every", "validation"):
            checks.whole(name, getattr(self, name))
        checks.positive("rate", self.rate)
        for name in ("most", "every"):
            if getattr(self, name) % self.batch:
                raise ValueError(f"{name} must be whole batches of {self.batch}, got {getattr(self, name)}")
        if self.clip is not None:
            checks.positive("clip", self.clip)

    def network(self, rng: np.random.Generator, **options: Any) -> nn.Sequential:
        """One recurrent layer, and a layer without a squashing function for the answer.

        Parameters
        ----------
        rng : numpy.random.Generator
            Draws the initial weights.
        **options : object
            What else the cell takes.

        Returns
        -------
        Sequential
            A new one.
        """
        cell = CELLS[self.cell](self.task.inputs, self.units, rng=rng, **options)
        return nn.Sequential([cell, nn.Dense(self.units, self.task.outputs, steps=self.task.steps, rng=rng)])


def seeds_of(seed: int) -> list[np.random.SeedSequence]:
    """What a trial draws from its seed, each from a sequence of its own.

    Parameters
    ----------
    seed : int
        The trial's.

    Returns
    -------
    list of numpy.random.SeedSequence
        For weights, training sequences and test sequences: settings that are compared get equal draws.
    """
    return np.random.SeedSequence(checks.whole("seed", seed, least=0)).spawn(3)


def learn(
    net: nn.Sequential,
    setting: Setting,
    optimizer: nn.SGD | nn.RMSProp | nn.Adam,
    seeds: np.random.SeedSequence,
    tick: Callable[[int], None],
    **changed: Any,
) -> Learnt:
    """Train a network under a setting.

    Parameters
    ----------
    net : Sequential
        Is trained in place.
    setting : Setting
        Its task, budget, batches, validation sequences and bound on the gradient's norm.
    optimizer : Optimizer
        With its rate.
    seeds : numpy.random.SeedSequence
        Decides which sequences are drawn.
    tick : callable
        Is told after every step how many sequences were learnt.
    **changed : object
        Of `lstm_edu.Training`, in place of what the setting says; `stop_when_solved` is True.

    Returns
    -------
    Learnt
        With the sequences that the setting gives at the most where the task is not solved.

    Examples
    --------
    >>> from lstm_edu import tasks
    >>> setting = Setting(tasks.Adding(6, "sum"), "relu", 3, rate=0.1, most=20, batch=5, every=10, validation=4)
    >>> weights, order, _ = seeds_of(0)
    >>> found = learn(setting.network(np.random.default_rng(weights)), setting, nn.SGD(0.1), order, tick=lambda n: None)
    >>> found.sequences, found.steps
    (20, 120)
    """
    settings: Mapping[str, Any] = {
        "steps": setting.most // setting.batch,
        "batch": setting.batch,
        "every": setting.every // setting.batch,
        "validation": setting.validation,
        "clip": setting.clip,
        "seed": int(seeds.generate_state(1)[0]),
        "stop_when_solved": True,
    }
    found = until_no_better(net, setting.task, optimizer, tick=tick, **{**settings, **changed})
    return found if found.solved else found._replace(sequences=setting.most)
