"""One trial: copy memory, with RMSProp and a bound on each number of the gradient."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from lstm_edu import nn
from lstm_edu.core import checks
from lstm_edu.experiments.runs import one_core
from lstm_edu.reproduce import trained
from lstm_edu.reproduce.outcome import Outcome


@dataclass(eq=False)
class BoundedRMSProp(nn.RMSProp):
    """RMSProp as in the paper's published code: each number of the gradient is held in -bound .. bound.

    The average of g² begins at 0.001 and not at 0.

    Parameters
    ----------
    rate, decay, epsilon, momentum : float
        As of `RMSProp`.
    bound : float
        Above 0.

    Examples
    --------
    >>> from lstm_edu.core.parameters import Parameters
    >>> params, grads = (Parameters({"W": (2,)}, np.float64) for _ in range(2))
    >>> grads["W"] = [3, -100]
    >>> BoundedRMSProp(0.1).step(params, grads) > 100, params["W"].round(2).tolist()
    (True, [-0.31, 0.31])
    """

    bound: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        checks.positive("bound", self.bound)

    def _average(self, letter: str, p: np.ndarray, needed: bool = True) -> np.ndarray:
        new = needed and letter not in self._averages
        average = super()._average(letter, p, needed)
        if new and letter == "s":
            average[:] = 1e-3
        return average

    def _update(self, p: np.ndarray, g: np.ndarray, clip: np.floating) -> None:
        super()._update(p, np.clip(g, -self.bound, self.bound), clip)


@dataclass(frozen=True)
class Setting(trained.Setting):
    """What a trial needs.

    Parameters
    ----------
    task, cell, units, rate, most, batch, every, validation
        As of `trained.Setting`; `clip` stays None.
    bound : float
        Of each number of the gradient.
    tests : int
        Sequences of the test.
    """

    bound: float = 1.0
    tests: int = 1000

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.clip is not None:
            raise ValueError(f"clip must be None where each number of the gradient has a bound, got {self.clip!r}")
        checks.positive("bound", self.bound)
        checks.whole("tests", self.tests)


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
        Success: all numbers stayed finite. Its values: the cross-entropy of new sequences in nats a step, that over the
        baseline, and how many numbers the network learns.
    """
    of_weights, of_order, of_test = trained.seeds_of(seed)
    net = setting.network(np.random.default_rng(of_weights))
    optimizer: Any = BoundedRMSProp(setting.rate, bound=setting.bound)
    learnt = trained.learn(net, setting, optimizer, of_order, tick, stop_when_solved=False)
    with one_core():
        loss = nn.evaluate(net, setting.task, setting.tests, rng=np.random.default_rng(of_test))["loss"]
    success = bool(np.isfinite([loss, learnt.valid]).all())
    values = (loss / setting.task.baseline, loss, net.count_parameters())
    return Outcome(learnt.sequences, success, learnt.steps, values=values)
