"""The problems of the experiments: what a sequence of each looks like, as arrays that the kernels read."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from lstm_edu.core import checks
from lstm_edu.tasks import EmbeddedReber
from lstm_edu.tasks.reber import ALPHABET

from . import draws

LONGEST_WAIT = 400  # of experiment 2c: steps beyond the lag; more come once in 10^18 sequences


class Sequences(NamedTuple):
    """N sequences: K input lines that are not zero at each step, and what they are; T inputs and one more symbol."""

    lines: np.ndarray  # (N, L + 1, K) int64
    x: np.ndarray  # (N, L + 1, K)
    lengths: np.ndarray  # (N,) int64, T of each
    targets: np.ndarray  # (N, O)


@dataclass(frozen=True)
class Problem:
    """What the problems share."""

    @property
    def inputs(self) -> int:
        """Input lines."""
        raise NotImplementedError

    @property
    def outputs(self) -> int:
        """Output units."""
        raise NotImplementedError

    @property
    def longest(self) -> int:
        """Steps of the longest sequence."""
        raise NotImplementedError

    def room(self, count: int) -> Sequences:
        """Arrays for so many sequences.

        Parameters
        ----------
        count : int
            N.

        Returns
        -------
        Sequences
            With inputs of 1 at each step's line 0, as one-hot inputs have them.
        """
        shape = (count, self.longest + 1, 1)
        lengths = np.full(count, self.longest)
        return Sequences(np.zeros(shape, np.int64), np.ones(shape), lengths, np.zeros((count, self.outputs)))

    def draw(self, state: np.ndarray, into: Sequences, *, testing: bool = False) -> None:
        """Draw new sequences.

        Parameters
        ----------
        state : numpy.ndarray
            (1,) uint64, of the generator.
        into : Sequences
            From `room`; written over.
        testing : bool
            Whether the targets are to have no noise.
        """
        raise NotImplementedError


@dataclass(frozen=True)
class _Numbers(Problem):
    """Real numbers on every input line."""

    def room(self, count: int) -> Sequences:
        """As in Problem, with every line at each step."""
        shape = (count, self.longest + 1, self.inputs)
        lines = np.broadcast_to(np.arange(self.inputs), shape).copy()
        return Sequences(lines, np.zeros(shape), np.full(count, self.longest), np.zeros((count, self.outputs)))


@dataclass(frozen=True)
class Marked(_Numbers):
    """Experiments 4 and 5: the sum, or the product, of two marked numbers.

    Parameters
    ----------
    length : int
        T, the shortest sequence; the longest has a tenth more.
    product : bool
        Numbers in 0 .. 1 and their product, in place of -1 .. 1 and 0.5 + a quarter of their sum.
    """

    length: int = 100
    product: bool = False

    inputs = 2
    outputs = 1

    def __post_init__(self) -> None:
        checks.whole("length", self.length, least=4)

    @property
    def longest(self) -> int:
        """Steps of the longest sequence."""
        return self.length + self.length // 10

    def draw(self, state: np.ndarray, into: Sequences, *, testing: bool = False) -> None:
        """As in Problem."""
        draws.marked(state, self.length, self.product, into.x, into.lengths, into.targets)


@dataclass(frozen=True)
class TwoClasses(_Numbers):
    """Experiments 3: the first numbers say the class, the rest is noise.

    Parameters
    ----------
    length : int
        T, the shortest sequence; the longest has a tenth more.
    told : int
        N, how many numbers say it.
    noise_first : bool
        Whether they have noise as well (3b).
    targets : tuple of float
        Of class 1, whose numbers are +1, and of class 2.
    target_variance : float
        Of the noise of the targets in training (3c).
    """

    length: int = 100
    told: int = 3
    noise_first: bool = False
    targets: tuple[float, float] = (1.0, 0.0)
    target_variance: float = 0.0

    inputs = 1
    outputs = 1

    def __post_init__(self) -> None:
        checks.whole("told", self.told)
        checks.whole("length", self.length, least=self.told)
        checks.number("target_variance", self.target_variance, least=0)

    @property
    def longest(self) -> int:
        """Steps of the longest sequence."""
        return self.length + self.length // 10

    def draw(self, state: np.ndarray, into: Sequences, *, testing: bool = False) -> None:
        """As in Problem."""
        spread = 0.0 if testing else self.target_variance**0.5
        options = (self.length, self.told, self.noise_first, float(self.targets[0]), float(self.targets[1]), spread)
        draws.two_classes(state, *options, into.x, into.lengths, into.targets)


@dataclass(frozen=True)
class Ordered(Problem):
    """Experiments 6: in which order X and Y came, at two (6a) or three (6b) places.

    Parameters
    ----------
    length : int
        T, the shortest sequence; the longest has a tenth more.
    starts : tuple of int
        Where the places begin, counted from 1; each is length/10 + 1 steps wide.
    """

    length: int = 100
    starts: tuple[int, ...] = (10, 50)

    inputs = 8

    def __post_init__(self) -> None:
        checks.whole("length", self.length, least=20)
        width = self.length // 10
        edges = [1, *(edge for start in self.starts for edge in (start, start + width)), self.length]
        if not self.starts or any(a >= b for a, b in zip(edges[:-1:2], edges[1::2], strict=True)):
            raise ValueError(f"starts must leave room for {width + 1} steps each below {self.length}: {self.starts!r}")

    @property
    def outputs(self) -> int:
        """One for each order."""
        return 2 ** len(self.starts)

    @property
    def longest(self) -> int:
        """Steps of the longest sequence."""
        return self.length + self.length // 10

    def draw(self, state: np.ndarray, into: Sequences, *, testing: bool = False) -> None:
        """As in Problem."""
        draws.ordered(state, self.length, np.array(self.starts), into.lines, into.lengths, into.targets)


@dataclass(frozen=True)
class Lagged(Problem):
    """Experiment 2c: b, x or y, many distractors, e; then the same x or y is to follow.

    Parameters
    ----------
    symbols : int
        p, how many distractors there are.
    lag : int
        q, how many stand there at least.
    """

    symbols: int
    lag: int

    outputs = 2

    def __post_init__(self) -> None:
        checks.whole("symbols", self.symbols)
        checks.whole("lag", self.lag)

    @property
    def inputs(self) -> int:
        """The distractors and e, b, x, y."""
        return self.symbols + 4

    @property
    def longest(self) -> int:
        """Steps of the longest sequence."""
        return 3 + self.lag + LONGEST_WAIT

    def draw(self, state: np.ndarray, into: Sequences, *, testing: bool = False) -> None:
        """As in Problem."""
        draws.lagged(state, self.symbols, self.lag, LONGEST_WAIT, into.lines, into.lengths, into.targets)


@dataclass(frozen=True)
class Enclosed(Problem):
    """Experiment 2b: x or y, a random string, the same x or y; every symbol is to be predicted.

    Parameters
    ----------
    symbols : int
        p; there are p - 1 symbols of the string, as long as that, and x and y.
    """

    symbols: int = 100

    def __post_init__(self) -> None:
        checks.whole("symbols", self.symbols, least=2)

    @property
    def inputs(self) -> int:
        """One for each symbol."""
        return self.symbols + 1

    @property
    def outputs(self) -> int:
        """One for each symbol."""
        return self.symbols + 1

    @property
    def longest(self) -> int:
        """Steps of every sequence: the last symbol is a target alone."""
        return self.symbols

    def draw(self, state: np.ndarray, into: Sequences, *, testing: bool = False) -> None:
        """As in Problem."""
        draws.enclosed(state, self.symbols, into.lines, into.lengths, into.targets)


@dataclass(frozen=True)
class NoiseFree(Enclosed):
    """Experiment 2a: as `Enclosed`, and the string in between is always a_1 .. a_(p-1)."""

    def both(self) -> Sequences:
        """The two sequences that there are.

        Returns
        -------
        Sequences
            That of x and that of y.
        """
        found = self.room(2)
        found.lines[:, 1:-1, 0] = np.arange(self.symbols - 1)
        for row, ends in enumerate((self.symbols - 1, self.symbols)):
            found.lines[row, [0, -1], 0] = ends
            found.targets[row, ends] = 1
        return found

    def draw(self, state: np.ndarray, into: Sequences, *, testing: bool = False) -> None:
        """As in Problem."""
        order = np.zeros(len(into.lengths), np.int64)
        draws.choices(state, 2, order)
        both = self.both()
        into.lines[:], into.targets[:] = both.lines[order], both.targets[order]


@dataclass(frozen=True)
class Reber(Problem):
    """Experiment 1: strings of the embedded Reber grammar, from a fixed set for training and another for the test.

    Parameters
    ----------
    strings : int
        How many each set has. Those for training are drawn as they come, repeated ones too; those for the test as
        well, but for strings that are in the training set.
    """

    strings: int = 256

    inputs = outputs = len(ALPHABET)
    longest = 0  # as long as the longest string that was drawn

    def __post_init__(self) -> None:
        checks.whole("strings", self.strings)

    def sets(self, rng: checks.Rng = None) -> tuple[Sequences, Sequences]:
        """Draw both sets.

        Parameters
        ----------
        rng : int or numpy.random.Generator, optional
            As everywhere.

        Returns
        -------
        training, test : Sequences
            Without a common string.
        """
        rng, test = checks.generator(rng), list[str]()
        training = EmbeddedReber().strings(self.strings, rng)
        known = set(training)
        while len(test) < self.strings:
            test += [string for string in EmbeddedReber().strings(self.strings, rng) if string not in known]
        return self._encoded(training), self._encoded(test[: self.strings])

    def _encoded(self, strings: list[str]) -> Sequences:
        lengths = np.array([len(string) - 1 for string in strings])
        lines = np.zeros((len(strings), lengths.max() + 1, 1), np.int64)
        for row, string in enumerate(strings):
            lines[row, : len(string), 0] = [ALPHABET.index(letter) for letter in string]
        return Sequences(lines, np.ones(lines.shape), lengths, np.zeros((len(strings), self.outputs)))
