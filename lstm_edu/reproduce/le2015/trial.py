"""One trial: a network of one of four kinds on the adding problem, by gradient descent."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lstm_edu import nn
from lstm_edu.core import checks
from lstm_edu.experiments.runs import one_core
from lstm_edu.reproduce import trained
from lstm_edu.reproduce.outcome import Outcome

SMALL = 0.001  # standard deviation of the weights that are normal
KINDS = {"irnn": "relu", "relu": "relu", "tanh": "tanh", "lstm": "lstm"}


@dataclass(frozen=True)
class Setting(trained.Setting):
    """What a trial needs.

    Parameters
    ----------
    task, cell, units, rate, most, batch, every, validation, clip
        As of `trained.Setting`.
    kind : {"irnn", "relu", "tanh", "lstm"}
        What the cell begins with: U the identity, or normal weights; the LSTM has its usual ones.
    forget_bias : float
        Of the LSTM.
    tests : int
        Sequences of the test.
    """

    kind: str = "irnn"
    forget_bias: float = 1.0
    tests: int = 10_000

    def __post_init__(self) -> None:
        super().__post_init__()
        needed = KINDS[checks.one_of("kind", self.kind, KINDS)]
        if self.cell != needed:
            raise ValueError(f"cell must be {needed!r} for the kind {self.kind!r}, got {self.cell!r}")
        checks.number("forget_bias", self.forget_bias)
        checks.whole("tests", self.tests)


def begin(setting: Setting, rng: np.random.Generator) -> nn.Sequential:
    """The network before training.

    Parameters
    ----------
    setting : Setting
        What it is.
    rng : numpy.random.Generator
        Draws the initial weights.

    Returns
    -------
    Sequential
        "irnn": U = I; "relu" and "tanh": U normal as well; W and the weights of the output normal, biases zero.
    """
    if setting.kind == "lstm":
        return setting.network(rng, forget_bias=setting.forget_bias)
    net = setting.network(rng)
    for layer in net.layers:
        for name, shape in layer.params.shapes.items():
            if name != "b":
                layer.params[name] = rng.normal(0, SMALL, shape)
    cell = net.layers[0]
    if setting.kind == "irnn":
        cell.params["U"] = np.eye(setting.units)
    else:  # of a spectral radius near 1: normal weights of 0.001 would keep nothing at all
        cell.params["U"] = rng.normal(0, 1 / np.sqrt(setting.units), cell.params["U"].shape)
    return net


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
        Success: all numbers stayed finite. Its values: the mean squared error of new sequences, and that as a share of
        the best guess that knows nothing.
    """
    of_weights, of_order, of_test = trained.seeds_of(seed)
    net = begin(setting, np.random.default_rng(of_weights))
    learnt = trained.learn(net, setting, nn.SGD(setting.rate), of_order, tick, stop_when_solved=False)
    with one_core():
        error = nn.evaluate(net, setting.task, setting.tests, rng=np.random.default_rng(of_test))["loss"]
    success = bool(np.isfinite([error, learnt.valid]).all())
    return Outcome(learnt.sequences, success, learnt.steps, values=(error, error / setting.task.baseline))
