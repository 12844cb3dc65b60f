"""Chapter 08: readers of digits with and without an LSTM, with and without pooling, as they are and moved."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from lstm_edu import nn, tasks
from lstm_edu.cells import LSTM, RNN

from .experiment import Experiment, Values
from .training import test_rng, trained

RATES = (0.003, 0.01, 0.03)


@dataclass(frozen=True)
class Pixels(tasks.Digits):
    """The same images, one pixel at a step: (64, B, 1)."""

    inputs = 1

    def _sample(self, batch, rng, split):
        columns = super()._sample(batch, rng, split)
        return tasks.Batch(columns.x.transpose(0, 2, 1).reshape(64, -1, 1), columns.target)


@dataclass(frozen=True)
class Pair(tasks.Digits):
    """Two images one after the other, 16 columns; which digit came first?"""

    def _sample(self, batch, rng, split):
        first, second = (super(Pair, self)._sample(batch, rng, split) for _ in range(2))
        return tasks.Batch(np.concatenate([first.x, second.x]), first.target)


def reader(variant: str, rng: np.random.Generator, steps: int = 8) -> nn.Sequential:
    """A network of about 4600 parameters; what stands below the read-out is its name."""
    eyes: dict[str, Any] = {"activation": "relu", "rng": rng}
    made: dict[str, Callable[[], tuple[int, list[Any]]]] = {
        "RNN": lambda: (59, [RNN(8, 59, rng=rng)]),
        "LSTM": lambda: (29, [LSTM(8, 29, rng=rng)]),
        "conv, all pooled": lambda: (131, [nn.Conv1D(8, 131, 3, **eyes), nn.MaxPool1D(steps)]),
        "conv, LSTM": lambda: (24, [nn.Conv1D(8, 16, 3, **eyes), LSTM(16, 24, rng=rng)]),
        "conv, pool, LSTM": lambda: (24, [nn.Conv1D(8, 16, 3, **eyes), nn.MaxPool1D(2), LSTM(16, 24, rng=rng)]),
        "pixel: LSTM": lambda: (32, [LSTM(1, 32, rng=rng)]),
        "pixel: conv, LSTM": lambda: (
            25,
            [nn.Conv1D(1, 16, 8, stride=8, padding="valid", **eyes), LSTM(16, 25, rng=rng)],
        ),
    }
    width, parts = made[variant]()
    return nn.Sequential([*parts, nn.Dense(width, 10, steps="last", rng=rng)])


def moved(x: np.ndarray, columns: int) -> np.ndarray:
    """The images (8, B, 8) moved by one column: -1 to the left, 1 to the right."""
    blank = np.zeros_like(x[:1])
    return np.concatenate([x[1:], blank] if columns < 0 else [blank, x[:-1]])


def part_run(variant: str, rate: float, seed: int, marks: tuple[int, ...]) -> Iterator[tuple[int, Values]]:
    """Shares of the test images that are right, as they are and moved by one column."""
    task = tasks.Digits()
    test, valid = (task.sample(1797, rng=0, split=split) for split in ("test", "valid"))
    for steps, net in trained(partial(reader, variant), task, rate, seed, marks, schedule="cosine"):
        values = {"as they are": _right(net, test.x, test.target)}
        values["moved"] = float(np.mean([_right(net, moved(test.x, k), test.target) for k in (-1, 1)]))
        yield steps, values | {"valid loss": _loss(net, valid)}


def pixel_run(variant: str, rate: float, seed: int, marks: tuple[int, ...]) -> Iterator[tuple[int, Values]]:
    """Shares of the test images that are right, read pixel by pixel."""
    task = Pixels()
    test, valid = (task.sample(1797, rng=0, split=split) for split in ("test", "valid"))
    for steps, net in trained(partial(reader, variant), task, rate, seed, marks):
        yield steps, {"as they are": _right(net, test.x, test.target), "valid loss": _loss(net, valid)}


def pair_run(variant: str, rate: float, seed: int, marks: tuple[int, ...]) -> Iterator[tuple[int, Values]]:
    """Shares of pairs in which the first digit is named."""
    task = Pair()
    test, valid = (task.sample(1797, rng=rng, split=s) for rng, s in ((test_rng(seed), "test"), (seed, "valid")))
    for steps, net in trained(partial(reader, variant, steps=16), task, rate, seed, marks):
        yield steps, {"first digit": _right(net, test.x, test.target), "valid loss": _loss(net, valid)}


def _right(net: Any, x: np.ndarray, target: np.ndarray) -> float:
    return float(np.mean(net(x).argmax(axis=1) == target))


def _loss(net: Any, batch: Any) -> float:
    return float(nn.SoftmaxCrossEntropy()(net(batch.x), batch.target)[0])


EXPERIMENTS = (
    Experiment(
        name="parts",
        claim="Convolution, pooling and LSTM together read digits better than each part alone.",
        variants=("RNN", "LSTM", "conv, all pooled", "conv, LSTM", "conv, pool, LSTM"),
        rates=RATES,
        steps=(400, 1200),
        measures=("as they are", "moved", "valid loss"),
        run=part_run,
    ),
    Experiment(
        name="order",
        claim="Which of two digits came first is told by a reader with a memory, and not by one without.",
        variants=("conv, all pooled", "conv, LSTM", "conv, pool, LSTM"),
        rates=RATES,
        steps=(300, 900),
        measures=("first digit", "valid loss"),
        run=pair_run,
    ),
    Experiment(
        name="pixels",
        claim="Over 64 steps the LSTM learns the digits late, over 8 gathered ones soon.",
        variants=("pixel: LSTM", "pixel: conv, LSTM"),
        rates=RATES,
        steps=(400, 1200, 3600),
        measures=("as they are", "valid loss"),
        run=pixel_run,
    ),
)
