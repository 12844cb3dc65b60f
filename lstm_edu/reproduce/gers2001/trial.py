"""One trial: strings of a language are learnt until all of training are right; then longer ones are tried."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lstm_edu.core import checks
from lstm_edu.core.generator import generator_state
from lstm_edu.reproduce.forgetting import (
    Design,
    Limits,
    Network,
    Rule,
    Source,
    checked_rule,
    sequence,
    until_right,
)
from lstm_edu.reproduce.outcome import Outcome

from .streams import LANGUAGES, in_a_row, strings

BLOCK = 32  # strings that are made at once


@dataclass(frozen=True)
class Setting:
    """What a trial needs.

    Parameters
    ----------
    language : {"anbn", "anbncn"}
        What is learnt.
    longest : int
        N: training strings have n in 1 .. N.
    peepholes : bool
        Whether gates see the states of their block.
    most : int
        Training streams at which a trial is given up.
    further : int
        Training streams that follow those until success, while the range goes on to change.
    cells : int
        Blocks of one cell.
    rate, momentum : float
        Of the weights' changes.
    tolerance : float
        An output is right if it is less than this away from its target.
    learnt : int
        Successive right symbols that end a training stream.
    looks : int
        How often the range is looked at along the further streams, evenly.
    limit : int
        The largest n to try.
    forget_bias, output_bias : float
        Where the biases of forget and output gates begin.
    """

    language: str
    longest: int
    peepholes: bool
    most: int
    further: int
    cells: int
    rate: float
    momentum: float = 0.99
    tolerance: float = 0.49
    learnt: int = 100
    looks: int = 10
    limit: int = 1000
    forget_bias: float = 2.0
    output_bias: float = -2.0

    def __post_init__(self) -> None:
        checks.one_of("language", self.language, LANGUAGES)
        _ = self.rule  # refuses what is impossible
        for name in ("forget_bias", "output_bias"):
            checks.number(name, getattr(self, name))
        for name in ("longest", "most", "cells", "learnt", "looks"):
            checks.whole(name, getattr(self, name))
        checks.whole("further", self.further, least=self.looks)
        checks.whole("limit", self.limit, least=self.longest)

    @property
    def rule(self) -> Rule:
        """How is learnt, and what is right."""
        return checked_rule(self.rate, self.momentum, self.tolerance)

    @property
    def design(self) -> Design:
        """The network: blocks of one cell, g and h left out, inputs lead to outputs too."""
        width, B = LANGUAGES[self.language].inputs, self.cells
        return Design(
            width, width, B, 1, peepholes=self.peepholes, squash_g=False, squash_h=False, shortcuts=True,
            cell_bias=True, input_gates=(0.0,) * B, forget_gates=(self.forget_bias,) * B,
            output_gates=(self.output_bias,) * B, init=0.1,
        )  # fmt: skip


def accepted(network: Network, setting: Setting) -> int:
    """The largest n for which every string of 1 .. n is right at every step.

    Parameters
    ----------
    network : Network
        Of the setting's design.
    setting : Setting
        Says the language, what is right, and how far to look.

    Returns
    -------
    int
        In 0 .. `setting.limit`.
    """
    nothing = np.ones(1, np.uint64)  # no string leaves anything to draw
    for start in range(1, setting.limit + 1, BLOCK):
        sizes = range(start, min(start + BLOCK, setting.limit + 1))
        source = in_a_row(setting.language, sizes)
        steps = len(source.x)
        right = network.examine(source, nothing, setting.tolerance, Limits(steps, steps), 1)[0]
        if right < steps:  # the last S that was read is that of the string with the error
            return start - 1 + int(source.reset[: right + 1].sum()) - 1
    return setting.limit


def run(setting: Setting, seed: int, tick: Callable[[int], None] = lambda learnt: None) -> Outcome:
    """Make one trial.

    Parameters
    ----------
    setting : Setting
        What to do.
    seed : int
        Everything that is drawn comes from it; with and without peepholes the other weights begin alike.
    tick : callable
        Is told now and then how many streams were learnt.

    Returns
    -------
    Outcome
        Streams until all strings of training were right; the largest n up to which each string is right then, and the
        median and the best of `looks` along the further streams. Without success all three are as at the end.
    """
    of_weights, *of_draws = np.random.SeedSequence(checks.whole("seed", seed, least=0)).spawn(3)
    first_draws, more_draws = map(generator_state, of_draws)
    network = Network(setting.design, np.random.default_rng(of_weights))
    training = in_a_row(setting.language, range(1, setting.longest + 1))
    learnt, steps, solved = _learn(network, setting, first_draws, training, setting.most, tick)
    first = accepted(network, setting)
    width, later = setting.design.outputs, []
    never = sequence(np.zeros((1, width)), np.full((1, width), 2.0))  # no sigmoid is right there: it ends nothing
    for look in range(setting.looks if solved else 0):
        _learn(network, setting, more_draws, never, setting.further // setting.looks, tick=lambda n: None)
        later.append(accepted(network, setting))
        tick(learnt + (look + 1) * (setting.further // setting.looks))
    later = later or [first]
    return Outcome(learnt, solved, steps, values=(float(first), float(np.median(later)), float(max(later))))


def _learn(
    network: Network, setting: Setting, draws: np.ndarray, test: Source, most: int, tick: Callable[[int], None]
) -> tuple[int, int, bool]:
    """Learn until `test` is right from end to end, at most `most` streams: how many, their steps, whether it was."""
    training = strings(setting.language, range(1, setting.longest + 1))
    limits, whole = Limits(setting.learnt, setting.learnt), Limits(len(test.x), len(test.x))  # a target at each step
    nothing = np.ones(1, np.uint64)  # a test draws nothing
    return until_right(network, training, test, draws, nothing, setting.rule, limits, whole, 1, most, tick)
