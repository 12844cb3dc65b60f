"""The temporal order problem as the authors' published code draws it."""

from dataclasses import dataclass

import numpy as np

from lstm_edu.core import checks
from lstm_edu.tasks import Batch, Task
from lstm_edu.tasks.task import best_class

SYMBOLS = "ABcdef"


@dataclass(frozen=True)
class Order(Task):
    """Tell in which order two symbols came, A or B each, among many that do not matter.

    With L steps, counted from 0, the first A or B is at one of L/10 .. 2 L/10 - 1, the second at one of
    5 L/10 .. 6 L/10 - 1; all others are c, d, e or f. The answer is one of four classes, at the last step.

    A sequence is right if the right class has the largest output. Solved: all sequences are right.

    Parameters
    ----------
    length : int
        L, at least 10.

    Notes
    -----
    Shapes: x (L, B, 6), one-hot in the order A B c d e f; target (B,), 2 s2 + s1 with s = 0 for A and 1 for B.

    It is not the task of Hochreiter and Schmidhuber (`lstm_edu.tasks.TemporalOrder`): there are six symbols and not
    eight, no symbol tells that the sequence begins or ends, and all sequences have one length.

    References
    ----------
    Pascanu, Mikolov and Bengio, On the difficulty of training recurrent neural networks, ICML 2013, after their
    published code.

    Examples
    --------
    >>> batch = Order(10).sample(1, rng=4)
    >>> "".join(SYMBOLS[s] for s in batch.x[:, 0].argmax(axis=-1)), int(batch.target[0])
    ('fBfffBdedd', 3)
    """

    length: int = 50

    inputs = len(SYMBOLS)
    outputs = 4
    loss = "softmax_cross_entropy"
    steps = "last"
    share = 1.0
    baseline = float(np.log(4))
    floor = 0.0
    question = "Tell in which order two symbols came, long ago, among many that do not matter."

    def __post_init__(self):
        self._set(length=checks.whole("length", self.length, least=10))

    def _sample(self, batch, rng, split):
        row, tenth = np.arange(batch), self.length // 10
        place = np.array([[tenth], [self.length // 2]]) + rng.integers(0, tenth, (2, batch))
        is_b = rng.integers(0, 2, (2, batch))
        symbols = rng.integers(2, len(SYMBOLS), (self.length, batch))
        symbols[place, row] = is_b
        return Batch(np.eye(len(SYMBOLS), dtype=np.float32)[symbols], is_b[0] + 2 * is_b[1])

    def _correct(self, y, batch):
        return best_class(y) == batch.target
