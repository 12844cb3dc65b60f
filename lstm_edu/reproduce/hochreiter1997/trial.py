"""One trial of an experiment: new weights, training under the paper's rule, the final test."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lstm_edu.core import checks
from lstm_edu.core.generator import generator_state
from lstm_edu.reproduce.outcome import Outcome

from . import blocks, draws
from .network import Design, Network
from .problems import NoiseFree, Problem, Reber, Sequences
from .rules import AllRight, Grammar, Recent, Rule, Tested

_STEPS_AT_ONCE = 100_000  # between two looks at Ctrl-C: a twentieth of a second
_WINDOW = 100  # sequences whose mean error tells whether it still falls (2a and 2b, before there are cells)


@dataclass(frozen=True)
class Setting:
    """What a trial needs: a row of tables 10 and 11.

    Parameters
    ----------
    problem : Problem
        What is learnt.
    design : Design
        The network.
    rate : float
        The learning rate, alpha.
    rule : Recent, Tested, AllRight or Grammar
        When training ends.
    most : int
        After how many sequences a trial has failed. Of the paper only experiments 2a and 2b are known to have a limit;
        here it is ten times the published mean where a row's note says nothing else.
    test : int
        Sequences of the final test; 0: none, as where the rule itself is one.
    late_cells : bool
        Whether cells are added only when the error of the outputs alone has stopped to decrease (2a and 2b).
    """

    problem: Problem
    design: Design
    rate: float
    rule: Rule
    most: int
    test: int = 0
    late_cells: bool = False

    def __post_init__(self) -> None:
        checks.positive("rate", self.rate)
        checks.whole("most", self.most)
        checks.whole("test", self.test, least=0)
        for name in ("inputs", "outputs"):
            if getattr(self.problem, name) != getattr(self.design, name):
                raise ValueError(
                    f"design must have the problem's {getattr(self.problem, name)} {name}, "
                    f"got {getattr(self.design, name)}"
                )


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
        What came of it.
    """
    return _Trial(setting, checks.whole("seed", seed, least=0)).run(tick)


def fixed_test(setting: Setting, seed: int) -> Sequences:
    """The sequences on which the rule of a trial is asked while it trains, the same ones each time.

    Parameters
    ----------
    setting : Setting
        Its rule is one of `Tested`.
    seed : int
        Of the trial.

    Returns
    -------
    Sequences
        As many as the rule says.

    Raises
    ------
    ValueError
        If the rule asks no fixed set.
    """
    if not isinstance(setting.rule, Tested):
        raise ValueError(f"setting must have a rule that is Tested, got {setting.rule!r}")
    return _Trial(setting, checks.whole("seed", seed, least=0)).fixed_test


class _Trial:
    def __init__(self, setting: Setting, seed: int) -> None:
        weights, *rest = np.random.SeedSequence(seed).spawn(4)
        self.setting, self.rule = setting, setting.rule
        self.network = Network(setting.design, np.random.default_rng(weights))
        self.drawing, self.testing, self.final = map(generator_state, rest)
        self.learnt = self.steps = 0
        self.first: int | None = None
        self.counts = np.zeros(2, np.int64)
        recent = isinstance(self.rule, Recent)
        self.ring = np.zeros((self.rule.last if recent else 0, 2))
        limits = (self.rule.wrong_from, self.rule.too_many, self.rule.mean) if recent else (0, 0, 0)
        self.limits = np.array(limits, np.float64)
        self.fixed: tuple[Sequences, ...] = ()
        if isinstance(setting.problem, Reber):
            self.fixed = setting.problem.sets(seed % 3)  # three pairs of sets, as in the paper
        elif isinstance(setting.problem, NoiseFree):
            self.fixed = (setting.problem.both(),)
        elif isinstance(self.rule, Tested):
            self.fixed_test = self.new_sequences(self.rule.sequences, self.testing)
            self.looked_at = np.zeros((self.rule.sequences, 2))
        most = _STEPS_AT_ONCE // max(1, setting.problem.longest)
        self.chunk = self.rule.every if not recent else max(1, min(1000, most))
        self.buffer = self.fixed[0] if self.fixed else setting.problem.room(self.chunk)
        self.order = np.arange(self.chunk)

    def new_sequences(self, count: int, state: np.ndarray) -> Sequences:
        new = self.setting.problem.room(count)
        self.setting.problem.draw(state, new, testing=True)
        return new

    def run(self, tick: Callable[[int], None]) -> Outcome:
        done = False
        if self.setting.late_cells:
            self.without_cells()
        while not done and self.learnt < self.setting.most:
            done = self.learn() or self.met()
            tick(self.learnt)
        wrong = tested = 0
        error = float("nan")
        if self.setting.test:
            wrong, tested, error = self.final_test()
        finite = bool(np.isfinite(self.network.net.all).all())
        return Outcome(self.learnt, done and finite, self.steps, self.first, wrong, tested, error)

    def learn(self) -> bool:
        """One chunk of sequences; whether a rule of the last sequences ended it."""
        if self.fixed:
            draws.choices(self.drawing, len(self.buffer.lengths), self.order)
        else:
            self.setting.problem.draw(self.drawing, self.buffer)
        order = self.order[: self.setting.most - self.learnt]
        rate, self.errors = self.setting.rate, np.zeros(len(order))
        rest = (order, rate, self.ring, self.counts, self.limits, self.errors)
        learnt, done = blocks.learn(*self.network.kernel_arguments, *self.buffer, *rest)
        self.learnt += learnt
        self.steps += int(self.buffer.lengths[order[:learnt]].sum())
        return done

    def met(self) -> bool:
        if isinstance(self.rule, Recent):
            return False  # the kernel looks after each sequence
        if isinstance(self.rule, Grammar):
            return self.rule.met(self.network, (self.fixed[0], self.fixed[1]))
        if isinstance(self.rule, AllRight):
            return self.rule.met(self.network, self.setting.problem, self.testing)
        first, second = self.rule.met(self.network, self.fixed_test, self.looked_at)
        if first and self.first is None:
            self.first = self.learnt
        return second

    def without_cells(self) -> None:
        """Train the weights from inputs to outputs alone, until the mean error has stopped to decrease."""
        net, free = self.network.net, self.network.free
        later, exists = net.Uo.copy(), (free.W.copy(), free.Uo.copy())
        net.Uo[:] = free.W[:] = free.Uo[:] = 0
        before = np.inf
        while self.learnt < self.setting.most:
            self.learn()
            if self.errors[-_WINDOW:].mean() > before * 0.99:
                break
            before = self.errors[-_WINDOW:].mean()
        net.Uo[:], free.W[:], free.Uo[:] = later, *exists

    def final_test(self) -> tuple[int, int, float]:
        """How many of how many new sequences are wrong, and the mean absolute error."""
        new = self.new_sequences(self.setting.test, self.final)
        errors = np.zeros((self.setting.test, 2))
        blocks.judge(*self.network.kernel_arguments, *new, errors, np.inf)
        return int((errors[:, 0] >= self.rule.wrong_from).sum()), len(errors), float(errors[:, 1].mean())
