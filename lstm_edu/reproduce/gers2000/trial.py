"""One trial: training streams, each followed by test streams, until these are right to their end or time is up."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lstm_edu.core import checks
from lstm_edu.core.generator import generator_state
from lstm_edu.reproduce.forgetting import Design, Limits, Network, Rule, blocks
from lstm_edu.reproduce.outcome import Outcome

from .streams import reber

TOLERANCE = 0.49
GOOD = 1000  # symbols: a network is good if it is right for more in the mean of its test streams
_STEPS_AT_ONCE = 1_000_000  # between two looks at Ctrl-C: a second


@dataclass(frozen=True)
class Setting:
    """What a trial needs.

    Parameters
    ----------
    design : Design
        The network, of 7 inputs and 7 outputs.
    rate : float
        The learning rate, alpha, at the start of each training stream.
    decay : float
        It is multiplied by this after each symbol.
    reset : bool
        Whether states are reset from outside before each string.
    most : int
        Training streams at which a trial is given up.
    longest : int
        Symbols at which a stream ends that has no error.
    tests : int
        Streams of a test.
    every : int
        Training streams from one test of all streams to the next. The others end at their first error, as soon as the
        network can't be perfect.
    """

    design: Design
    rate: float = 0.5
    decay: float = 1.0
    reset: bool = False
    most: int = 30_000
    longest: int = 100_000
    tests: int = 10
    every: int = 100

    def __post_init__(self) -> None:
        checks.positive("rate", self.rate)
        if not 0 < checks.number("decay", self.decay) <= 1:
            raise ValueError(f"decay must be above 0 and at most 1, got {self.decay!r}")
        for name in ("most", "longest", "tests", "every"):
            checks.whole(name, getattr(self, name))
        if (self.design.inputs, self.design.outputs) != (7, 7):
            got = (self.design.inputs, self.design.outputs)
            raise ValueError(f"design must have 7 inputs and 7 outputs, one for each symbol, got {got}")


def run(setting: Setting, seed: int, tick: Callable[[int], None] = lambda learnt: None) -> Outcome:
    """Make one trial.

    Parameters
    ----------
    setting : Setting
        What to do.
    seed : int
        Everything that is drawn comes from it; settings of the same size begin with the same weights.
    tick : callable
        Is told now and then how many streams were learnt.

    Returns
    -------
    Outcome
        Streams until all test streams were right; whether the best test was good, its mean length and that of the last.
    """
    _, outcome = trained(setting, seed, tick)
    return outcome


def trained(setting: Setting, seed: int, tick: Callable[[int], None] = lambda learnt: None) -> tuple[Network, Outcome]:
    """Make one trial and keep its network.

    Parameters
    ----------
    setting, seed, tick
        As in `run`.

    Returns
    -------
    network : Network
        As it is after training.
    outcome : Outcome
        As from `run`.
    """
    weights, drawing, testing, looking = np.random.SeedSequence(checks.whole("seed", seed, least=0)).spawn(4)
    network, source = Network(setting.design, np.random.default_rng(weights)), reber(setting.reset)
    rule = Rule(float(setting.rate), float(setting.decay), 0.0, False, TOLERANCE)
    limits = Limits(setting.longest, setting.longest + 1)
    draws, test_draws, look_draws = map(generator_state, (drawing, testing, looking))
    learnt, steps, perfect, best, last = 0, 0, False, 0.0, 0.0
    while learnt < setting.most and not perfect:
        count = min(setting.every - learnt % setting.every, setting.most - learnt)
        rest = (draws, test_draws, rule, limits, limits, setting.tests, False, count, _STEPS_AT_ONCE)
        now, made, perfect = blocks.alternate(*network.kernel_arguments, source, source, *rest)
        learnt, steps = learnt + now, steps + made
        if perfect:
            last = float(setting.longest)
        elif learnt % setting.every == 0 or learnt == setting.most:
            last = float(network.examine(source, look_draws, TOLERANCE, limits, setting.tests).mean())
        best = max(best, last)
        tick(learnt)
    return network, Outcome(learnt, perfect, steps, values=(float(best > GOOD), best, last))
