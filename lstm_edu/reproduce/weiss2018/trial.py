"""One trial: a network learns the words of a language, one at a time, then longer ones are tried."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lstm_edu import nn
from lstm_edu.core import checks
from lstm_edu.experiments.runs import one_core
from lstm_edu.reproduce import trained
from lstm_edu.reproduce.outcome import Outcome

from .words import Words


@dataclass(frozen=True)
class Setting(trained.Setting):
    """What a trial needs.

    Parameters
    ----------
    task, cell, units, rate, most, batch, every, validation, clip
        As of `trained.Setting`, with `Words` as task.
    least : int
        Words after which training may end, once all words of training are right.
    limit : int
        The largest n to try.
    """

    task: Words
    least: int = 1
    limit: int = 1000

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.task, Words):
            raise ValueError(f"task must be Words, got {self.task!r}")
        checks.whole("limit", self.limit, least=self.task.longest)
        if not self.every <= checks.whole("least", self.least) <= self.most or self.least % self.every:
            raise ValueError(f"least must be a multiple of every, {self.every} .. {self.most}, got {self.least}")


def run(setting: Setting, seed: int, tick: Callable[[int], None] = lambda learnt: None) -> Outcome:
    """Make one trial.

    Parameters
    ----------
    setting : Setting
        What to do.
    seed : int
        Everything that is drawn comes from it.
    tick : callable
        Is told now and then how many words were learnt.

    Returns
    -------
    Outcome
        Success: all words of training are right. Its values: up to which n each word is right, that over the largest
        n of training, and how many words were learnt.
    """
    of_weights, of_order, _ = trained.seeds_of(seed)
    net = setting.network(np.random.default_rng(of_weights))
    optimizer, (first, more) = nn.Adam(setting.rate), of_order.spawn(2)
    learnt = trained.learn(
        net, setting, optimizer, first, tick, steps=setting.least // setting.batch, stop_when_solved=False
    )
    sequences, steps = setting.least, learnt.steps
    if not learnt.solved and np.isfinite(learnt.valid) and setting.most > setting.least:
        rest = (setting.most - setting.least) // setting.batch
        learnt = trained.learn(net, setting, optimizer, more, lambda n: tick(setting.least + n), steps=rest)
        sequences += min(learnt.sequences, setting.most - setting.least)
        steps += learnt.steps
    with one_core():
        reach = setting.task.reach(net, setting.limit)
    return Outcome(sequences, learnt.solved, steps, values=(reach, reach / setting.task.longest, sequences))
