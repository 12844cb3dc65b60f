"""The embedded Reber grammar: predict the next symbol of a string that an automaton writes."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from lstm_edu.core import checks

from .task import Batch, Task, real_steps

ALPHABET = "BTPSXVE"
PADDING = len(ALPHABET)
ONE_HOT = np.vstack([np.eye(len(ALPHABET), dtype=np.float32), np.zeros((1, len(ALPHABET)), np.float32)])
REBER = [{"B": 1}, {"T": 2, "P": 3}, {"S": 2, "X": 4}, {"T": 3, "V": 5}, {"X": 3, "S": 6}, {"P": 4, "V": 6}, {"E": 7}]


def _embedded():
    """The automaton as a list: for each state, where each legal symbol leads. The last state is the end."""
    inner = [2, 2 + len(REBER) + 1]  # the states of the inner string after T, then those after P
    last = inner[1] + len(REBER) + 1
    edges = [{"B": 1}, {"T": inner[0], "P": inner[1]}]
    for offset, letter in zip(inner, "TP", strict=True):
        edges += [{symbol: offset + to for symbol, to in edge.items()} for edge in REBER]
        edges.append({letter: last})
    return [*edges, {"E": last + 1}, {}]


EDGES = _embedded()
END = len(EDGES) - 1
DEAD = END + 1
# NEXT[state, symbol]: the next state, DEAD if the symbol is illegal there (and at the end, where nothing follows).
NEXT = np.array([[edge.get(symbol, DEAD) for symbol in ALPHABET] for edge in [*EDGES, {}]])
LEGAL = NEXT != DEAD

# Tables for drawing: entry 2 * state + coin. A state with one way out has it twice; the end stays, with no symbol.
WAYS = np.array([np.resize(np.flatnonzero(legal), 2) for legal in LEGAL[:END]]).ravel()
SYMBOL_OF = np.append(WAYS, [PADDING] * 2)
STATE_AFTER = np.append(NEXT[np.arange(2 * END) // 2, WAYS], [END] * 2)


@dataclass(frozen=True)
class EmbeddedReber(Task):
    """Predict each next symbol of B, T or P, a Reber string, the same T or P again, E.

    The second symbol must be remembered across the whole inner string: it alone decides what comes before the final E.
    Where the grammar leaves a choice, both ways have probability 1/2. The paper draws from 256 fixed training and 256
    other test strings; here every string is new.

    A sequence is right if, at each step, the symbols that may follow are the most active outputs (the paper's
    criterion). Solved: all sequences are right.

    Notes
    -----
    Input is the string without its last symbol, target the string without its first: x (T, B, 7) one-hot in the order
    B T P S X V E, target (T, B) classes, T = the longest string of the batch minus 1 (a string has 9 symbols at least).

    The grammar is an absorbing Markov chain, so both bounds are exact. With N[s] the expected number of visits to
    state s, from (I - Q)^T N = start:

    - floor: the past tells the state, and a state with two ways out costs ln 2, so ln 2 times the expected number of
      choices in a string, over the expected number of predictions: 0.441 nats.
    - baseline: N gives the expected count of each pair (symbol, next symbol), and its conditional entropy is what the
      best guess from the current symbol alone scores: 1.272 nats.

    References
    ----------
    Hochreiter and Schmidhuber, Long short-term memory, Neural Computation 9, 1997, experiment 1.

    Examples
    --------
    >>> EmbeddedReber().strings(2, rng=0)
    ['BPBTSXXTVVEPE', 'BPBPVVEPE']
    """

    inputs = outputs = len(ALPHABET)
    loss = "softmax_cross_entropy"
    steps = "all"
    question = "Predict the next symbol of a string whose second symbol decides the last but one."

    @property
    def baseline(self) -> float:
        """Nats a step of the best guess from the current symbol alone; see the class."""
        return _bounds()[0]

    @property
    def floor(self) -> float:
        """Nats a step of the grammar itself, the best that any model can reach; see the class."""
        return _bounds()[1]

    def strings(self, count: int, rng: checks.Rng = None) -> list[str]:
        """Random strings of the grammar.

        Parameters
        ----------
        count : int
            How many.
        rng : int or numpy.random.Generator, optional
            As in `sample`.

        Returns
        -------
        list of str
            `count` of them.

        Examples
        --------
        >>> all(EmbeddedReber.is_legal(s) for s in EmbeddedReber().strings(100, rng=1))
        True
        """
        symbols, lengths = _walk(checks.whole("count", count), checks.generator(rng))
        return ["".join(ALPHABET[s] for s in symbols[:n, b]) for b, n in enumerate(lengths)]

    @staticmethod
    def is_legal(string: str) -> bool:
        """Whether the grammar can write a string, from B to E.

        Parameters
        ----------
        string : str
            Any text.

        Returns
        -------
        bool
            True or False.

        Examples
        --------
        >>> EmbeddedReber.is_legal("BTBTXSETE"), EmbeddedReber.is_legal("BTBTXSEPE")
        (True, False)
        """
        if not isinstance(string, str):
            raise ValueError(f"string must be a str, got {type(string).__name__}")
        state = 0
        for symbol in string:
            if symbol not in EDGES[state]:
                return False
            state = EDGES[state][symbol]
        return state == END

    @staticmethod
    def legal_next(x: ArrayLike, lengths: ArrayLike | None = None) -> np.ndarray:
        """Which symbols may follow each step of x, told from x alone.

        Parameters
        ----------
        x : array_like
            (T, B, 7) floats, one-hot, each sequence the beginning of a legal string.
        lengths : array_like, optional
            (B,) whole numbers 0 .. T: how many steps are real; None: all.

        Returns
        -------
        numpy.ndarray
            (T, B, 7) bool; all False on padding.

        Raises
        ------
        ValueError
            If `x` is not one-hot or holds an illegal string.
        """
        x = checks.floats("x", x, ("T", "B", len(ALPHABET)), np.dtype(np.float32))
        steps, batch = x.shape[:2]
        if lengths is None:
            lengths = np.full(batch, steps)
        real = real_steps(steps, checks.integers("lengths", lengths, (batch,), steps + 1))
        if not ((x.max(axis=-1) == 1) & (np.count_nonzero(x, axis=-1) == 1))[real].all():
            raise ValueError("x must be one-hot: at each real step a single 1 among zeros")
        symbols = x.argmax(axis=-1)
        states = np.zeros((steps + 1, batch), np.int64)
        for t in range(steps):
            states[t + 1] = NEXT[states[t], symbols[t]]
        states = states[1:]
        illegal = (states == DEAD) & real
        if illegal.any():
            t, b = np.argwhere(illegal)[0]
            raise ValueError(f"x must hold legal strings, got an illegal {ALPHABET[symbols[t, b]]} at [{t}, {b}]")
        return LEGAL[np.where(real, states, END)]

    def _sample(self, batch, rng, split):
        symbols, lengths = _walk(batch, rng)
        lengths = lengths - 1  # the last symbol is only a target, the first only an input
        real = real_steps(len(symbols) - 1, lengths)
        x = ONE_HOT.take(np.where(real, symbols[:-1], PADDING), axis=0)
        return Batch(x, symbols[1:] * real, lengths)

    def _correct(self, y, batch):
        legal = self.legal_next(batch.x, batch.lengths)
        least_legal = np.where(legal, y, np.inf).min(axis=-1)
        most_illegal = np.where(legal, -np.inf, y).max(axis=-1)
        return ((least_legal > most_illegal) | ~batch.counted).all(axis=0)


def _walk(batch, rng):
    """`batch` walks from the start to the end: symbols (T, B), 7 after the end, and lengths (B,)."""
    entries = []
    state = np.zeros(batch, np.int64)
    while True:
        for coin in rng.integers(0, 2, (16, batch), np.uint8):
            entry = 2 * state + coin
            entries.append(entry)
            state = STATE_AFTER[entry]
        if state.min() == END:
            symbols = SYMBOL_OF[np.array(entries)]
            lengths = np.count_nonzero(symbols != PADDING, axis=0)
            return symbols[: lengths.max()], lengths


@lru_cache
def _bounds():
    """(baseline, floor) of the grammar, in nats a prediction."""
    step = np.zeros((END, END + 1))
    for s in range(END):
        np.add.at(step[s], NEXT[s, LEGAL[s]], 1 / LEGAL[s].sum())
    start = np.eye(END)[0]
    visits = np.linalg.solve(np.eye(END) - step[:, :END].T, start)

    # A prediction is made in every state but the first: nothing has been seen there.
    choices = np.log(LEGAL[1:END].sum(axis=1))
    floor = visits[1:] @ choices / visits[1:].sum()

    pairs = np.zeros((len(ALPHABET), len(ALPHABET)))
    for s in range(END):
        for symbol in np.flatnonzero(LEGAL[s]):
            after = NEXT[s, symbol]
            if after != END:
                pairs[symbol] += visits[s] / LEGAL[s].sum() * LEGAL[after] / LEGAL[after].sum()
    guess = pairs / np.maximum(pairs.sum(axis=1, keepdims=True), 1e-300)
    seen = pairs > 0
    baseline = -(pairs[seen] @ np.log(guess[seen])) / pairs.sum()
    return float(baseline), float(floor)
