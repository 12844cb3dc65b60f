"""One trial: an LSTM whose forget gate begins with a bias, on a task with a lag."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lstm_edu import nn
from lstm_edu.core import checks
from lstm_edu.experiments.runs import one_core
from lstm_edu.reproduce import trained
from lstm_edu.reproduce.outcome import Outcome


@dataclass(frozen=True)
class Setting(trained.Setting):
    """What a trial needs.

    Parameters
    ----------
    task, cell, units, rate, most, batch, every, validation, clip
        As of `trained.Setting`, with the LSTM as cell.
    forget_bias : float
        With which the forget gate begins.
    """

    forget_bias: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        checks.one_of("cell", self.cell, ("lstm",))
        checks.number("forget_bias", self.forget_bias)


def half_life(net: nn.Sequential, x: np.ndarray) -> float:
    """After how many steps half of the cell state is left, where nothing comes in.

    Parameters
    ----------
    net : Sequential
        An LSTM comes first.
    x : numpy.ndarray
        (T, B, D) what it reads.

    Returns
    -------
    float
        ln 2 over the mean of -ln f, over all steps, sequences and units.
    """
    cell = net.layers[0]
    with one_core():
        _, tape = cell.forward(x, training=False)
    return float(np.log(2) / -np.log(cell.gates(tape)["f"].astype(np.float64)).mean())


def run(setting: Setting, seed: int, tick: Callable[[int], None] = lambda learnt: None) -> Outcome:
    """Make one trial.

    Parameters
    ----------
    setting : Setting
        What to do.
    seed : int
        Everything that is drawn comes from it.
    tick : callable
        Is told now and then how many sequences were learnt.

    Returns
    -------
    Outcome
        Its values: the half-life before and after training, in steps.
    """
    of_weights, of_order, of_test = trained.seeds_of(seed)
    net = setting.network(np.random.default_rng(of_weights), forget_bias=setting.forget_bias)
    x = setting.task.sample(100, np.random.default_rng(of_test), "test").x
    before = half_life(net, x)
    learnt = trained.learn(net, setting, nn.Adam(setting.rate), of_order, tick)
    return Outcome(learnt.sequences, learnt.solved, learnt.steps, values=(before, half_life(net, x)))
