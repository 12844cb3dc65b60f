"""Counting: languages whose strings hold as many b (and c) as a, learnt from short strings, tested on longer ones."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from lstm_edu.core import Layer, checks

from .task import Batch, Task, binary_entropy, draw, output_of, real_steps

BLOCK = 32  # strings that a network reads side by side


@dataclass(frozen=True)
class AnBn(Task):
    """Predict, at each step of S aⁿ bⁿ, which symbols may come next; after the last b that is the end, T.

    The language is context-free: the number of a's has to be counted, and nothing bounds it.

    ===========  ==========
    symbol read  may follow
    ===========  ==========
    S            a
    a            a, b
    b, k < n     b
    b, k = n     T
    ===========  ==========

    A string is right if at each step the output is above 0 (its probability above 1/2) for each symbol that may follow,
    and below 0 for all others. Solved: all strings are right. `reach` says how far the counting goes.

    Parameters
    ----------
    longest : int, default 10
        N, at least 2: training and validation strings have n in 1 .. N, evenly in training.
    longest_test : int, default 20
        Test strings have n in N + 1 .. `longest_test`, so a test score says how a network goes on counting.

    Notes
    -----
    Shapes: x (T, B, 3) one-hot in the order S a b; target (T, B, 3) in the order a b T, 1 where a symbol may follow.
    Validation and test batches hold each n once at most.

    The past tells what may follow: the floor is 0. Baseline, in nats a symbol and step, for training strings: S and a
    say what may follow; one b in (N + 1) / 2 is the last, so with H the entropy of a yes or no of that probability::

        baseline = 2/3 H(2 / (N + 1)) E[n] / E[2n + 1],   E[n] = (N + 1) / 2        0.145 at N = 10

    References
    ----------
    Gers and Schmidhuber, LSTM recurrent networks learn simple context-free and context-sensitive languages, IEEE
    Transactions on Neural Networks 12, 2001.

    Examples
    --------
    >>> batch = AnBn().strings([2])
    >>> "".join("Sab"[s] for s in batch.x[:, 0].argmax(axis=-1))
    'Saabb'
    >>> batch.target[:, 0].astype(int).tolist()
    [[1, 0, 0], [1, 1, 0], [1, 1, 0], [0, 1, 0], [0, 0, 1]]
    """

    longest: int = 10
    longest_test: int = 20

    loss = "sigmoid_cross_entropy"
    steps = "all"
    floor = 0.0
    question = "Count: predict the end of a string of as many b as a, longer than any string seen in training."
    _letters = 2

    def __post_init__(self):
        longest = checks.whole("longest", self.longest, least=2)
        self._set(longest=longest, longest_test=checks.whole("longest_test", self.longest_test, least=longest + 1))

    @property
    def inputs(self) -> int:
        """S and the letters."""
        return self._letters + 1

    outputs = inputs

    @property
    def baseline(self) -> float:
        """Nats a symbol and step of the best guess from the current symbol alone; see the class."""
        mean, runs = (self.longest + 1) / 2, self._letters - 1  # runs whose end has to be counted
        at_each = 2 * float(binary_entropy(np.float64(1 / mean))) / self.outputs
        return at_each * runs * mean / (self._letters * mean + 1)

    def strings(self, n: ArrayLike) -> Batch:
        """The strings with given n.

        Parameters
        ----------
        n : array_like
            (B,) whole numbers of at least 1.

        Returns
        -------
        Batch
            Of B strings.

        Raises
        ------
        ValueError
            If `n` holds anything else.

        Examples
        --------
        >>> AnBn().strings([1, 3]).lengths
        array([3, 7])
        """
        n = checks.integers("n", n, ("B",), below=np.iinfo(np.int32).max)
        if n.min() < 1:
            raise ValueError(f"n must be at least 1, got {n.min()}")
        return self._strings(n)

    def reach(self, net: Layer, limit: int = 1000) -> int:
        """The largest n for which the network gets each string up to that n right.

        Parameters
        ----------
        net : Layer
            A network of `inputs` inputs and `outputs` outputs at each step; each string begins with zero state.
        limit : int, default 1000
            The largest n to try.

        Returns
        -------
        int
            In 0 .. `limit`.

        Raises
        ------
        ValueError
            If `net` is no such network.

        Examples
        --------
        >>> import lstm_edu as le
        >>> AnBn().reach(le.make_network(AnBn(), units=4, rng=0))
        0
        """
        limit = checks.whole("limit", limit)
        for start in range(1, limit + 1, BLOCK):
            batch = self._strings(np.arange(start, min(start + BLOCK, limit + 1)))
            right = self._correct(output_of(net, batch.x, self.outputs, lengths=batch.lengths)[0], batch)
            if not right.all():
                return start - 1 + int(right.argmin())
        return limit

    def _sample(self, batch, rng, split):
        first, last = (self.longest + 1, self.longest_test) if split == "test" else (1, self.longest)
        return self._strings(draw(np.arange(first, last + 1), batch, rng, split))

    def _strings(self, n):
        lengths = self._letters * n + 1
        t = np.arange(lengths.max())[:, None]
        real = real_steps(len(t), lengths)
        at = np.where(real, (t + n - 1) // n, self.inputs)  # 0 at S, 1 at a, 2 at b, ...; beyond the end nothing
        x = np.vstack([np.eye(self.inputs, dtype=np.float32), np.zeros((1, self.inputs), np.float32)])[at]
        target = np.zeros_like(x)
        target[..., 0] = t < n + 1  # after S and after each a
        for letter in range(1, self.outputs):
            # A b from the first a on: nobody knows which is the last. A c or T when its time has come.
            first = 1 if letter == 1 else letter * n
            last = (letter + 1) * n - 1 if letter < self._letters else letter * n
            target[..., letter] = (first <= t) & (t <= last)
        return Batch(x, target * real[..., None], lengths)

    def _correct(self, y, batch):
        right = (np.isfinite(y) & ((y > 0) == (batch.target > 0)) & (y != 0)).all(axis=-1)
        return (right | ~batch.counted).all(axis=0)


@dataclass(frozen=True)
class AnBnCn(AnBn):
    """Predict, at each step of S aⁿ bⁿ cⁿ, which symbols may come next; after the last c that is the end, T.

    The language is context-sensitive: while the b's are counted off, the number must be kept for the c's. All else is
    as in `AnBn`; the last b tells a c, each c but the last tells a c.

    Parameters
    ----------
    longest : int, default 10
        N, at least 2: training and validation strings have n in 1 .. N, evenly in training.
    longest_test : int, default 20
        Test strings have n in N + 1 .. `longest_test`.

    Notes
    -----
    Shapes: x (T, B, 4) one-hot, S a b c; target (T, B, 4) in the order a b c T, 1 where a symbol may follow.

    Two runs have an end that must be counted::

        baseline = 2 · 2/4 H(2 / (N + 1)) E[n] / E[3n + 1]        0.149 at N = 10

    References
    ----------
    As for `AnBn`.

    Examples
    --------
    >>> batch = AnBnCn().strings([2])
    >>> "".join("Sabc"[s] for s in batch.x[:, 0].argmax(axis=-1))
    'Saabbcc'
    >>> ["".join(np.array(list("abcT"))[may > 0]) for may in batch.target[:, 0]]
    ['a', 'ab', 'ab', 'b', 'c', 'c', 'T']
    """

    question = "Count twice: as many b and c as a, in strings longer than any seen in training."
    _letters = 3
