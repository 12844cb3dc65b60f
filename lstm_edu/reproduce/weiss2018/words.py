"""Words of aⁿ bⁿ or aⁿ bⁿ cⁿ, of which a network learns the next symbol, as in the authors' published code."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from lstm_edu.core import checks
from lstm_edu.core.arrays import softmax
from lstm_edu.tasks import AnBn, AnBnCn, Batch, Task
from lstm_edu.tasks.task import output_of

LANGUAGES = {"anbn": AnBn, "anbncn": AnBnCn}
POSSIBLE = 0.01  # a symbol with a larger probability is one that may follow
BLOCK = 32  # words that a network reads side by side


@dataclass(frozen=True)
class Words(Task):
    """Predict the next symbol of S aⁿ bⁿ T (or S aⁿ bⁿ cⁿ T), n = 1 .. `longest`.

    A symbol counts as one that may follow where its probability is above 0.01. A word is right if, at each step, just
    those symbols do that may follow in the language: it is accepted, and every other word that begins as it does is
    not. Solved: all words are right.

    Parameters
    ----------
    longest : int
        The largest n of training, at least 2.
    language : {"anbn", "anbncn"}
        Which one.

    Notes
    -----
    Shapes: x (T, B, 3) one-hot, S a b (c); target (T, B), classes in the order a b (c) T.

    References
    ----------
    Weiss, Goldberg and Yahav, On the practical computational power of finite precision RNNs for language recognition,
    ACL 2018, after their published code.

    Examples
    --------
    >>> batch = Words(5).words([2])
    >>> ["abT"[k] for k in batch.target[:, 0]]
    ['a', 'a', 'b', 'b', 'T']
    """

    longest: int = 100
    language: str = "anbn"
    inputs: int = field(init=False, repr=False)  # S and the letters
    outputs: int = field(init=False, repr=False)  # the letters and T

    loss = "softmax_cross_entropy"
    steps = "all"
    share = 1.0
    question = "Count: know when a word of as many b as a is over, also one longer than any of training."

    def __post_init__(self):
        checks.one_of("language", self.language, LANGUAGES)
        width = LANGUAGES[self.language]().inputs
        self._set(longest=checks.whole("longest", self.longest, least=2), inputs=width, outputs=width)

    def _of(self, longest: int) -> AnBn:
        return LANGUAGES[self.language](longest, longest + 1)

    def words(self, n: ArrayLike) -> Batch:
        """The words with given n.

        Parameters
        ----------
        n : array_like
            (B,) whole numbers of at least 1.

        Returns
        -------
        Batch
            Of B words.

        Raises
        ------
        ValueError
            If `n` holds anything else.
        """
        strings = self._of(self.longest).strings(n)
        # what follows is what is read one step later, without S; behind the last letter comes T
        lengths = (self.inputs - 1) * np.asarray(n) + 1
        after = np.roll(strings.x, -1, axis=0).argmax(axis=-1) - 1
        steps = np.arange(len(after))[:, None]
        target = np.where(steps == lengths - 1, self.outputs - 1, np.maximum(after, 0))
        return Batch(strings.x, target * (steps < lengths), lengths)

    def reach(self, net: object, limit: int = 1000) -> int:
        """The largest n for which each word up to that n is right.

        Parameters
        ----------
        net : Layer
            A network of `inputs` inputs and `outputs` outputs at each step.
        limit : int, default 1000
            The largest n to try.

        Returns
        -------
        int
            In 0 .. `limit`.
        """
        for start in range(1, checks.whole("limit", limit) + 1, BLOCK):
            batch = self.words(np.arange(start, min(start + BLOCK, limit + 1)))
            right = self._correct(output_of(net, batch.x, self.outputs, lengths=batch.lengths)[0], batch)  # type: ignore[arg-type]
            if not right.all():
                return start - 1 + int(right.argmin())
        return limit

    def _sample(self, batch, rng, split):
        n = rng.integers(1, self.longest + 1, batch) if split == "train" else np.arange(1, self.longest + 1)
        return self.words(n)

    def _correct(self, y, batch):
        letters = self.inputs - 1
        may = self._of(self.longest).strings((batch.lengths - 1) // letters).target > 0
        y = np.where(np.isfinite(y), y, 0)  # then nothing stands out, which is never right
        right = ((softmax(y) > POSSIBLE) == may).all(axis=-1)
        return (right | ~batch.counted).all(axis=0)
