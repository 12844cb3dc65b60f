"""When the training of an experiment ends: the paper's stopping rules."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from lstm_edu.tasks.reber import ALPHABET, EDGES

from . import blocks
from .network import Network
from .problems import Problem, Sequences

_FIRST_LOOK = 16  # strings: most networks that are not done yet fail in these
_GLANCE = 16  # sequences between two questions whether a rule can still be met
_ROUNDING = 1 + 1e-9  # so much above its limit, a sum is too large in whatever order its numbers are added


@dataclass(frozen=True)
class Recent:
    """Fewer than `too_many` of the last training sequences were wrong, and their mean error was below a limit.

    Parameters
    ----------
    wrong_from : float
        A sequence is wrong if an output's absolute error is at least this.
    too_many : int
        How many wrong ones are too many.
    mean : float
        Limit of the mean absolute error. The paper says average error; its table 8 cannot mean squares, since 14
        errors of 1 and 2546 of 0.04 give 0.0071 at most, and 0.0139 is printed.
    last : int
        How many sequences.
    """

    wrong_from: float
    too_many: int = 1
    mean: float = np.inf
    last: int = 2000


@dataclass(frozen=True)
class Tested:
    """Few enough of a fixed set of test sequences are misclassified, and their mean error is below a limit.

    Parameters
    ----------
    wrong_from : float
        A sequence is misclassified if its absolute error is at least this.
    first, second : tuple of (int, float)
        How many misclassified are too many, and the limit of the mean error: two rules, one after the other.
    sequences : int
        How many the set has.
    every : int
        Training sequences from one test to the next; the paper does not say it.
    """

    wrong_from: float
    first: tuple[int, float]
    second: tuple[int, float]
    sequences: int = 256
    every: int = 100

    def met(self, network: Network, test: Sequences, last: np.ndarray) -> tuple[bool, bool]:
        """Whether the rules are met now.

        The sequences with the largest errors of the last look come first, and none is read once both rules are known
        to be broken: what comes out is the same, and most looks end after a few of the 256.

        Parameters
        ----------
        network : Network
            What was trained.
        test : Sequences
            The fixed set.
        last : numpy.ndarray
            (N, 2), the largest and the mean error of each sequence when it was last read; those read now are written
            into it. Zeros before the first look.

        Returns
        -------
        first, second : bool
            One for each rule.
        """
        worst_first = np.argsort(-last[:, 0], kind="stable")
        for read in range(0, len(last), _GLANCE):
            rows = worst_first[read : read + _GLANCE]
            errors = np.zeros((len(rows), 2))
            blocks.judge(*network.kernel_arguments, *(each[rows] for each in test), errors, np.inf)
            last[rows] = errors
            seen = last[worst_first[: read + _GLANCE]]
            wrong, total = int((seen[:, 0] >= self.wrong_from).sum()), float(seen[:, 1].sum())
            if all(wrong >= many or total > limit * len(last) * _ROUNDING for many, limit in (self.first, self.second)):
                return False, False
        mean = float(last[:, 1].mean())
        first, second = (wrong < many and mean < limit for many, limit in (self.first, self.second))
        return first, second


@dataclass(frozen=True)
class AllRight:
    """New sequences one after the other are all right.

    Parameters
    ----------
    wrong_from : float
        A sequence is wrong if an output's absolute error is at least this.
    sequences : int
        How many must be right.
    every : int
        Training sequences from one look to the next; the paper does not say it.
    """

    wrong_from: float
    sequences: int = 10_000
    every: int = 100

    def met(self, network: Network, problem: Problem, state: np.ndarray) -> bool:
        """Whether the rule is met now.

        Parameters
        ----------
        network : Network
            What was trained.
        problem : Problem
            Where new sequences come from.
        state : numpy.ndarray
            (1,) uint64, of the generator of tests.

        Returns
        -------
        bool
            Whether all were right; the first wrong one ends the look.
        """
        looked_at, count = 0, 10
        while looked_at < self.sequences:
            new = problem.room(min(count, self.sequences - looked_at))
            problem.draw(state, new, testing=True)
            errors = np.zeros((len(new.lengths), 2))
            blocks.judge(*network.kernel_arguments, *new, errors, self.wrong_from)
            if not (errors[:, 0] < self.wrong_from).all():
                return False
            looked_at, count = looked_at + len(errors), 100
        return True


@dataclass(frozen=True)
class Grammar:
    """At each step of every string of both sets, the symbols that may follow are the most active outputs.

    Parameters
    ----------
    every : int
        Training sequences from one look to the next; the paper does not say it.
    """

    every: int = 100

    def met(self, network: Network, sets: tuple[Sequences, Sequences]) -> bool:
        """Whether the rule is met now.

        Parameters
        ----------
        network : Network
            What was trained.
        sets : tuple of Sequences
            The strings for training and those for the test.

        Returns
        -------
        bool
            Whether no symbol that may follow is beaten by one that may not.
        """
        return all(
            self._right(network, strings, rows)
            for rows in (slice(_FIRST_LOOK), slice(_FIRST_LOOK, None))
            for strings in sets
        )

    def _right(self, network: Network, strings: Sequences, rows: slice) -> bool:
        part = Sequences(*(each[rows] for each in strings))
        y = network.answers(part)
        legal = legal_symbols(part)
        illegal = np.where(legal, -np.inf, y).max(axis=-1)
        return bool(((np.where(legal, y, np.inf).min(axis=-1) > illegal) | ~legal.any(axis=-1)).all())


def legal_symbols(strings: Sequences) -> np.ndarray:
    """Which symbols may follow each step.

    Parameters
    ----------
    strings : Sequences
        Of the embedded Reber grammar.

    Returns
    -------
    numpy.ndarray
        (N, L, 7) bool; all False behind the end of a string.
    """
    N, L = strings.lines.shape[0], strings.lines.shape[1] - 1
    legal = np.zeros((N, L, len(ALPHABET)), bool)
    for n in range(N):
        state = 0
        for t in range(strings.lengths[n]):
            state = EDGES[state][ALPHABET[strings.lines[n, t, 0]]]
            legal[n, t, [ALPHABET.index(letter) for letter in EDGES[state]]] = True
    return legal


Rule: Any = Recent | Tested | AllRight | Grammar
