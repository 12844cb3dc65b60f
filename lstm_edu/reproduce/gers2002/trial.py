"""One trial: training streams until a network makes no error in long test streams, or time is up."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lstm_edu.core import checks
from lstm_edu.core.generator import generator_state
from lstm_edu.reproduce.forgetting import Design, Limits, Network, Rule, Source, checked_rule, until_right
from lstm_edu.reproduce.outcome import Outcome

from . import streams

KINDS = ("NMSD", "MSD", "GTS", "cosine", "triangle", "rectangle")


@dataclass(frozen=True)
class Setting:
    """What a trial needs.

    Parameters
    ----------
    kind : {"NMSD", "MSD", "GTS", "cosine", "triangle", "rectangle"}
        The task; the last three are functions to generate (PFG).
    interval : int
        F, in steps: between two spikes at the least, or the period of the function.
    peepholes : bool
        Whether gates see the state of the cell.
    momentum : float
        Of the weights' changes.
    most : int
        Training streams at which a trial is given up.
    rate : float
        The learning rate.
    longest : int
        The longest delay of a spike.
    tolerance : float
        An output is right if it is less than this away from its target.
    learnt, tested : int
        Successive right targets that end a training stream, and a test stream.
    tests : int
        Test streams, all of which have to be right.
    forget_bias, output_bias : float
        Where the biases of the forget gate and of the output gate begin.
    """

    kind: str
    interval: int
    peepholes: bool
    momentum: float
    most: int
    rate: float = 1e-5
    longest: int = 1
    tolerance: float = 0.49
    learnt: int = 100
    tested: int = 1000
    tests: int = 10
    forget_bias: float = 2.0
    output_bias: float = -2.0

    def __post_init__(self) -> None:
        checks.one_of("kind", self.kind, KINDS)
        _ = self.rule  # refuses what is impossible
        for name in ("forget_bias", "output_bias"):
            checks.number(name, getattr(self, name))
        for name in ("most", "learnt", "tested", "tests"):
            checks.whole(name, getattr(self, name))
        self.source()

    def source(self) -> Source:
        """Where streams come from.

        Returns
        -------
        Source
            Of 1 input and 1 output.
        """
        if self.kind in ("NMSD", "MSD"):
            return streams.delays(self.interval, self.longest, reset=self.kind == "NMSD")
        if self.kind == "GTS":
            return streams.timed(self.interval, self.longest)
        return streams.periodic(self.kind, self.interval)

    @property
    def rule(self) -> Rule:
        """How is learnt, and what is right."""
        return checked_rule(self.rate, self.momentum, self.tolerance)

    @property
    def design(self) -> Design:
        """The network: one block of one cell, the same for all tasks but for the squashing of its output."""
        linear = self.kind not in ("NMSD", "MSD", "GTS") or self.longest > 1
        return Design(
            1, 1, 1, 1, peepholes=self.peepholes, squash_g=False, squash_h=False, linear_outputs=linear,
            cell_bias=True, input_gates=(0.0,), forget_gates=(self.forget_bias,), output_gates=(self.output_bias,),
            init=0.1,
        )  # fmt: skip


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
        Streams until all test streams were right to their end, and the right targets of a mean test stream at the end.
    """
    weights, *rest = np.random.SeedSequence(checks.whole("seed", seed, least=0)).spawn(4)
    drawing, testing, looking = map(generator_state, rest)
    network, source = Network(setting.design, np.random.default_rng(weights)), setting.source()
    longest = setting.interval + setting.longest + 1  # no more steps from one target to the next
    limits, test_limits = (Limits(n * longest, n) for n in (setting.learnt, setting.tested))
    draws, ends = (drawing, testing), (limits, test_limits)
    learnt, steps, solved = until_right(
        network, source, source, *draws, setting.rule, *ends, setting.tests, setting.most, tick
    )
    reached = network.examine(source, looking, setting.tolerance, test_limits, setting.tests).mean()
    return Outcome(learnt, solved, steps, values=(float(reached),))
