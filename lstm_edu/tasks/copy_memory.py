"""The copy task: repeat what was read long ago, in order."""

from dataclasses import dataclass
from math import log

import numpy as np

from lstm_edu.core import checks

from .task import Batch, Task, best_class, checked_share


@dataclass(frozen=True)
class CopyMemory(Task):
    """Read some symbols, wait for T steps, then write them down in the same order.

    With S `items`, K symbols in the `alphabet` and `length` T, a sequence has T + 2 S steps:

    =====  ==============  ================
    steps  input           target
    =====  ==============  ================
    S      symbols 1 .. K  blank
    T - 1  blank           blank
    1      the sign "go"   blank
    S      blank           the same symbols
    =====  ==============  ================

    A sequence is right if, at every step, the right answer (blank, or the symbol) has the largest output.

    Parameters
    ----------
    length : int, default 100
        T, the steps of the wait, at least 1.
    items : int, default 10
        S, how many symbols are to be kept.
    alphabet : int, default 8
        K, how many different symbols there are, at least 2.
    share : float, default 0.95
        Solved: at least this share of the sequences is right.

    Notes
    -----
    Shapes: x (T + 2 S, B, K + 2), one-hot: column 0 blank, 1 .. K the symbols, K + 1 "go"; target (T + 2 S, B), classes
    0 .. K.

    Baseline, as in the paper: a guess that knows when to answer but not what pays ln K at each of S steps, and nothing
    elsewhere. (Its clock is a memory of a kind: who sees the current input alone, and so can't tell a blank of the wait
    from one of the answer, scores more.) ::

        baseline = S ln K / (T + 2 S)        10 ln 8 / (T + 20) = 0.173 at T = 100

    References
    ----------
    Arjovsky, Shah and Bengio, Unitary evolution recurrent neural networks, ICML 2016, after their published code.

    Examples
    --------
    >>> batch = CopyMemory(length=4, items=3, alphabet=2).sample(1, rng=0)
    >>> batch.x[:, 0].argmax(axis=-1), batch.target[:, 0]
    (array([2, 2, 2, 0, 0, 0, 3, 0, 0, 0]), array([0, 0, 0, 0, 0, 0, 0, 2, 2, 2]))
    """

    length: int = 100
    items: int = 10
    alphabet: int = 8
    share: float = 0.95

    loss = "softmax_cross_entropy"
    steps = "all"
    floor = 0.0
    question = "Keep what was read, wait for long, then write it down in the same order."

    def __post_init__(self):
        for name, least in (("length", 1), ("items", 1), ("alphabet", 2)):
            self._set(**{name: checks.whole(name, getattr(self, name), least)})
        self._set(share=checked_share(self.share))

    @property
    def inputs(self) -> int:
        """The symbols, blank and "go"."""
        return self.alphabet + 2

    @property
    def outputs(self) -> int:
        """The symbols and blank."""
        return self.alphabet + 1

    @property
    def baseline(self) -> float:
        """Nats a step of a guess that knows when to answer, but not what; see the class."""
        return self.items * log(self.alphabet) / (self.length + 2 * self.items)

    def _sample(self, batch, rng, split):
        items = rng.integers(1, self.alphabet + 1, (self.items, batch))
        symbols, target = np.zeros((2, self.length + 2 * self.items, batch), np.int64)
        symbols[: self.items] = items
        symbols[self.items + self.length - 1] = self.alphabet + 1
        target[-self.items :] = items
        return Batch(np.eye(self.inputs, dtype=np.float32)[symbols], target)

    def _correct(self, y, batch):
        return (best_class(y) == batch.target).all(axis=0)
