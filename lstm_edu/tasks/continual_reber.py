"""The continual embedded Reber grammar: strings follow each other without a sign of where one ends."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from lstm_edu.core import Layer, checks

from .reber import ALPHABET, END, LEGAL, NEXT, ONE_HOT, STATE_AFTER, SYMBOL_OF
from .task import Batch, Task, binary_entropy, chance_of_yes, checked_share, output_of

# After the last symbol of a string the automaton stands at the start of the next one.
ONWARD = np.where(STATE_AFTER == END, 0, STATE_AFTER)
TOLERANCE = 0.49
CHUNK = 500  # steps of a long stream that a network reads at a time
GOOD = 1000


@dataclass(frozen=True)
class ContinualReber(Task):
    """Predict, at each step of an endless stream of embedded Reber strings, which symbols may come next.

    Nothing resets the network between two strings, so it has to find out by itself what it may forget. See
    `EmbeddedReber` for the strings.

    A sequence is right if, at each step, the probability (sigmoid) of each of the seven symbols is less than 0.49 away
    from 1 where the symbol may follow, from 0 where it may not (the paper's limit). The paper's own measure is
    `error_free` with `grade`.

    Parameters
    ----------
    length : int, default 100
        T, symbols of a training or validation sequence, at least 2. It begins with a string's first symbol and zero
        state, and stops wherever it is by then.
    windows : int, default 10
        A test sequence, and a stream in training that carries the state on (`stream`), is so many times as long.
    share : float, default 0.95
        Solved: at least this share of the sequences is right.

    Notes
    -----
    Shapes: x (T, B, 7) one-hot in the order B T P S X V E; target (T, B, 7), 1 where a symbol may follow, else 0.

    The target is the set of the symbols that may follow, which the past determines: the floor is 0. Baseline: the best
    guess from the current symbol alone, in nats a symbol and step, exact for the first T steps of a stream (the
    automaton's distribution over its states is followed step by step).

    References
    ----------
    Gers, Schmidhuber and Cummins, Learning to forget: continual prediction with LSTM, Neural Computation 12, 2000.

    Examples
    --------
    >>> batch = ContinualReber(length=24).sample(1, rng=3)
    >>> "".join(ALPHABET[s] for s in batch.x[:, 0].argmax(axis=-1))
    'BTBTSXXVPSETEBTBPVPSETEB'
    >>> batch.target[2, 0]  # after the inner B: T or P
    array([0., 1., 1., 0., 0., 0., 0.], dtype=float32)
    """

    length: int = 100
    windows: int = 10
    share: float = 0.95

    inputs = outputs = len(ALPHABET)
    loss = "sigmoid_cross_entropy"
    steps = "all"
    floor = 0.0
    question = "Predict what may come next in an endless stream of strings, with no sign of where one ends."

    def __post_init__(self):
        length = checks.whole("length", self.length, least=2)
        self._set(length=length, windows=checks.whole("windows", self.windows), share=checked_share(self.share))

    @property
    def baseline(self) -> float:
        """Nats a symbol and step of the best guess from the current symbol alone; see the class."""
        return _baseline(self.length)

    def stream(self, batch: int, split: str = "train", rng: checks.Rng = None) -> Iterator[Batch]:
        """Consecutive Batches for training that carries the state on; row b of each goes on where it stopped before.

        Parameters
        ----------
        batch : int
            B, how many streams side by side.
        split : {"train", "valid", "test"}
            Changes nothing: every stream is new.
        rng : int or numpy.random.Generator, optional
            As in `sample`.

        Returns
        -------
        iterator of Batch
            Each of (length, B) steps, `windows` times.

        Examples
        --------
        >>> task = ContinualReber(length=10, windows=3)
        >>> [batch.x.shape for batch in task.stream(4, rng=0)]
        [(10, 4, 7), (10, 4, 7), (10, 4, 7)]
        """
        batch = checks.whole("batch", batch)
        checks.one_of("split", split, ("train", "valid", "test"))
        return self._stream(batch, checks.generator(rng))

    def _stream(self, batch, rng):
        state = np.zeros(batch, np.int64)
        for _ in range(self.windows):
            item, state = _walk(state, self.length, rng)
            yield item

    def error_free(self, net: Layer, streams: int = 10, longest: int = 100_000, rng: checks.Rng = 0) -> np.ndarray:
        """How many symbols of a new stream the network predicts right before its first error.

        Parameters
        ----------
        net : Layer
            A network of 7 inputs and 7 outputs at each step; it starts with zero state, which is never reset.
        streams : int, default 10
            How many streams, as in the paper's test.
        longest : int, default 100000
            Symbols after which a stream ends, as in the paper's test.
        rng : int or numpy.random.Generator, default 0
            As in `sample`.

        Returns
        -------
        numpy.ndarray
            (streams,) int64.

        Raises
        ------
        ValueError
            If `net` is no such network.

        Examples
        --------
        >>> import lstm_edu as le
        >>> task = ContinualReber()
        >>> task.error_free(le.make_network(task, units=4, rng=0), streams=3)
        array([0, 0, 0])
        """
        free = np.zeros(checks.whole("streams", streams), np.int64)
        longest, rng = checks.whole("longest", longest), checks.generator(rng)
        going, automaton, state, done = np.ones(streams, bool), np.zeros(streams, np.int64), None, 0
        while going.any() and done < longest:
            batch, automaton = _walk(automaton, min(CHUNK, longest - done), rng)
            y, state = output_of(net, batch.x, self.outputs, state)
            right = np.vstack([_right(y, batch), np.zeros(streams, bool)])
            free += np.where(going, right.argmin(axis=0), 0)
            going &= right[:-1].all(axis=0)
            done += len(batch.x)
        return free

    @staticmethod
    def grade(error_free: ArrayLike, longest: int = 100_000) -> str:
        """The paper's three grades of a network.

        Parameters
        ----------
        error_free : array_like
            (streams,) the lengths that `error_free` gives.
        longest : int, default 100000
            As in `error_free`.

        Returns
        -------
        {"perfect", "good", "rest"}
            "perfect": each stream is right to its end at `longest` symbols. "good": they are right for more than 1000
            symbols in the mean. "rest": all others.

        Examples
        --------
        >>> ContinualReber.grade([100_000, 100_000]), ContinualReber.grade([90, 9000]), ContinualReber.grade([90, 900])
        ('perfect', 'good', 'rest')
        """
        free = checks.integers("error_free", error_free, ("streams",), checks.whole("longest", longest) + 1)
        if (free == longest).all():
            return "perfect"
        return "good" if free.mean() > GOOD else "rest"

    def _sample(self, batch, rng, split):
        return _walk(np.zeros(batch, np.int64), self.length * (self.windows if split == "test" else 1), rng)[0]

    def _correct(self, y, batch):
        return _right(y, batch).all(axis=0)


def _walk(state, steps, rng):
    """The next `steps` of walks that stand at `state` (B,): a Batch, and where they stand then."""
    entries = rng.integers(0, 2, (steps, len(state)))
    for entry in entries:
        entry += 2 * state
        state = ONWARD[entry]
    return Batch(ONE_HOT[SYMBOL_OF[entries]], LEGAL[ONWARD[entries]].astype(np.float32)), state


def _right(y, batch):
    """(T, B) bool: at which steps every output is less than 0.49 away from its target."""
    return (np.abs(chance_of_yes(y) - batch.target) < TOLERANCE).all(axis=-1)


@lru_cache
def _baseline(length):
    """Mean binary entropy of each output given the current symbol, over the first `length` steps of a stream."""
    now = np.eye(END)[0]
    seen, legal = np.zeros(len(ALPHABET)), np.zeros((len(ALPHABET), len(ALPHABET)))
    for _ in range(length):
        after = np.zeros(END)
        for state, p in enumerate(now):
            ways = np.flatnonzero(LEGAL[state])
            for symbol in ways:
                target = NEXT[state, symbol] % END  # the end is the start
                after[target] += p / len(ways)
                seen[symbol] += p / len(ways)
                legal[symbol] += p / len(ways) * LEGAL[target]
        now = after
    entropy = binary_entropy(legal / np.maximum(seen, 1e-300)[:, None])
    return float(seen @ entropy.mean(axis=1) / seen.sum())
