"""The temporal order problem: in which order did two or three rare symbols come, long ago?"""

from dataclasses import dataclass
from math import log

import numpy as np

from lstm_edu.core import checks
from lstm_edu.core.arrays import softmax

from .task import Batch, Task, checked_share, real_steps

ALPHABET = "EBabcdXY"
E, B, X = (ALPHABET.index(letter) for letter in "EBX")
PADDING = len(ALPHABET)
ONE_HOT = np.vstack([np.eye(len(ALPHABET), dtype=np.float32), np.zeros((1, len(ALPHABET)), np.float32)])
# Where the first, second (and third) X or Y may begin to appear, in percent of the length, counted from 1.
WINDOWS = {"6a": (10, 50), "6b": (10, 33, 66)}


@dataclass(frozen=True)
class TemporalOrder(Task):
    """Tell the class of a sequence from the order of its symbols X and Y, the only ones that matter.

    A sequence starts with E, ends with B (which asks for the answer) and holds random letters a, b, c, d between, but
    for an X or a Y at two ("6a") or three ("6b") places:

    =======  ============================  ========================  ====================
    variant  places, at `length` 100       classes                   least lag to the end
    =======  ============================  ========================  ====================
    "6a"     10 .. 20, 50 .. 60            4: XX, XY, YX, YY         40
    "6b"     10 .. 20, 33 .. 43, 66 .. 76  8: XXX, XXY, XYX, .. YYY  24
    =======  ============================  ========================  ====================

    Places count from 1, which is what makes the lags come out as printed in the paper. They scale with `length`.

    A sequence is right if each class probability (softmax) is less than 0.3 away from 0 or 1, as it should be. (The
    paper has sigmoid outputs, with the same limit. Its own rule for a network: the average training error is below 0.1
    and the last 2000 training sequences were right.)

    Parameters
    ----------
    length : int, default 100
        The length of a sequence is uniform in `length` .. `length` + `length`/10; at least 20.
    variant : {"6a", "6b"}
        The paper's experiment.
    share : float, default 0.99
        Solved: at least this share of the sequences is right.

    Notes
    -----
    Shapes: x (T, B, 8), one-hot in the order E B a b c d X Y; target (B,) classes.

    Baseline: the last symbol is always B and the classes are equally likely, so ln 4 or ln 8 nats.

    References
    ----------
    Hochreiter and Schmidhuber, Long short-term memory, Neural Computation 9, 1997, experiments 6a and 6b.

    Examples
    --------
    >>> task = TemporalOrder(length=20)
    >>> batch = task.sample(1, rng=4)
    >>> "".join(ALPHABET[s] for s in batch.x[:, 0].argmax(axis=-1)), int(batch.target[0])
    ('EadYacbdbccYcaabdcbcaB', 3)
    """

    length: int = 100
    variant: str = "6a"
    share: float = 0.99

    inputs = len(ALPHABET)
    loss = "softmax_cross_entropy"
    steps = "last"
    floor = 0.0
    question = "Tell in which order a few rare symbols came, long ago, among many that do not matter."

    def __post_init__(self):
        checks.one_of("variant", self.variant, WINDOWS)
        self._set(length=checks.whole("length", self.length, least=20), share=checked_share(self.share))

    @property
    def outputs(self) -> int:
        """How many classes there are, one for each order."""
        return 2 ** len(WINDOWS[self.variant])

    @property
    def baseline(self) -> float:
        """The logarithm of the number of classes, in nats."""
        return log(self.outputs)

    def _sample(self, batch, rng, split):
        row = np.arange(batch)
        start = np.array(WINDOWS[self.variant])[:, None] * self.length // 100
        lengths = rng.integers(self.length, self.length + self.length // 10 + 1, batch)
        place = start + rng.integers(0, self.length // 10 + 1, (len(start), batch))
        is_y = rng.integers(0, 2, (len(start), batch))

        steps = int(lengths.max())
        symbols = rng.integers(B + 1, X, (steps, batch), np.uint8)
        symbols[0] = E
        symbols[place - 1, row] = X + is_y
        symbols[lengths - 1, row] = B
        symbols[~real_steps(steps, lengths)] = PADDING
        digits = 2 ** np.arange(len(start))[::-1]
        return Batch(ONE_HOT.take(symbols, axis=0), digits @ is_y, lengths)

    def _correct(self, y, batch):
        right = np.eye(self.outputs)[batch.target]
        return (np.abs(softmax(y) - right) < 0.3).all(axis=-1)
