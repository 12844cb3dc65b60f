"""Chapter 04: three cells on two streams: one that a plain RNN learns as well, and one with a longer lag."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from lstm_edu import cells, nn, tasks
from lstm_edu.core.arrays import sigmoid
from lstm_edu.tasks.continual_reber import TOLERANCE
from lstm_edu.tasks.task import Batch, Task, best_class

from .experiment import Experiment, Values
from .training import test_rng, trained


@dataclass(frozen=True)
class OrderStream(Task):
    """Temporal order problems without a gap and without a reset: each begins with E and asks for its answer at B.

    As Gers, Schmidhuber and Cummins (2000) made it of the experiment of 1997; they took the variant "6b".

    Parameters
    ----------
    length : int, default 50
        Of one message, as in `lstm_edu.tasks.TemporalOrder`.
    messages : int, default 3
        How many a training or validation sequence has.
    messages_test : int, default 100
        How many a test sequence has.
    """

    length: int = 50
    messages: int = 3
    messages_test: int = 100

    loss = "softmax_cross_entropy"
    steps = "all"
    floor = 0.0
    question = "Tell, at each end of a message in a stream, in which order its two marks came."

    @property
    def one(self) -> Any:
        """The task of a single message."""
        return tasks.TemporalOrder(length=self.length)

    inputs = property(lambda self: self.one.inputs)
    outputs = property(lambda self: self.one.outputs)
    baseline = property(lambda self: self.one.baseline)

    def _sample(self, batch: int, rng: np.random.Generator, split: str) -> Batch:
        count = self.messages_test if split == "test" else self.messages
        parts = [self.one.sample(batch, rng) for _ in range(count)]
        ends = np.cumsum([part.lengths for part in parts], axis=0)  # (messages, B)
        x = np.zeros((ends.max(), batch, self.inputs), np.float32)
        target, mask = np.zeros(x.shape[:2], np.int64), np.zeros(x.shape[:2], bool)
        for part, end in zip(parts, ends, strict=True):
            for b, length in enumerate(part.lengths):
                x[end[b] - length : end[b], b] = part.x[:length, b]
            target[end - 1, range(batch)], mask[end - 1, range(batch)] = part.target, True
        return Batch(x, target, ends[-1], mask)

    def _correct(self, y: np.ndarray, batch: Batch) -> np.ndarray:
        return ((best_class(y) == batch.target) | ~batch.counted).all(axis=0)

    def right(self, net: Any, batch: Batch) -> np.ndarray:
        """The share of right answers to the first message of a stream, the second, ...; a guess gets a quarter."""
        answers = (best_class(net(batch.x)) == batch.target).T[batch.counted.T]
        return answers.reshape(batch.x.shape[1], -1).mean(axis=0)


REBER = tasks.ContinualReber(length=50)
ORDER = OrderStream()
MAKERS: dict[str, Any] = {
    "rnn": cells.RNN,
    "lstm97": cells.LSTM97,
    "lstm": cells.LSTM,
    "lstm, bias 3": partial(cells.LSTM, forget_bias=3.0),
}


def stream(
    task: Any, units: int, variant: str, rate: float, seed: int, marks: tuple[int, ...]
) -> Iterator[tuple[int, Values]]:
    """The share of right answers on new streams that are longer than those of the training."""

    def make(rng: np.random.Generator) -> nn.Sequential:
        layer = MAKERS[variant](task.inputs, units, rng=rng)
        return nn.Sequential([layer, nn.Dense(units, task.outputs, steps="all", rng=rng)])

    for steps, net in trained(make, task, rate, seed, marks, batch=16):
        batch = task.sample(20, test_rng(seed), "test")
        values = {"valid loss": nn.evaluate(net, task, 64, rng=seed, split="valid")["loss"]}
        if task is ORDER:
            right = task.right(net, batch)
            values |= {"right": float(right[:3].mean()), "right, later": float(right[-20:].mean())}
        else:
            chance = sigmoid(net(batch.x).astype(np.float64))
            values["right"] = float((np.abs(chance - batch.target) < TOLERANCE).all(axis=-1).mean())
        yield steps, values


EXPERIMENTS = (
    Experiment(
        name="order",
        claim="Where the lag is long and the stream does not end, only the cell with a forget gate learns.",
        variants=tuple(MAKERS),
        rates=(0.003, 0.01, 0.03),
        steps=(500, 1500),
        measures=("right", "right, later", "valid loss"),
        run=partial(stream, ORDER, 16),
    ),
    Experiment(
        name="reber",
        claim="Where ten symbols of memory are enough, the plain RNN learns the stream as well.",
        variants=("rnn", "lstm97", "lstm"),
        rates=(0.006, 0.02, 0.06),
        steps=(800, 2400),
        measures=("right", "valid loss"),
        run=partial(stream, REBER, 24),
    ),
)
