"""Chapter 09: a network that reads against tables of counts, and one that forecasts against a straight line."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

import numpy as np

from lstm_edu import nn, tasks
from lstm_edu.cells import LSTM

from .experiment import Experiment, Values
from .training import trained

RATES = (0.003, 0.01, 0.03, 0.1)
ORDERS = range(1, 7)  # of the tables
SIZES = {f"{units} units": units for units in (8, 16, 32, 96)}

Forecast = Callable[[Any], np.ndarray]


@lru_cache
def text() -> tasks.Text:
    """Python's help pages, as the chapter reads them."""
    return tasks.Text(length=48, unseen="\ufffd")


@lru_cache
def tables() -> dict[int, float]:
    """Order -> bits per character of the test text, by counts of the training text and Witten's and Bell's method C."""
    task = text()
    train, test = ("".join(task.decode(b.x[:, 0]) for b in task.stream(1, split)) for split in ("train", "test"))
    after: list[dict[str, Counter]] = [defaultdict(Counter) for _ in ORDERS]
    for k, table in enumerate(after):
        for a in range(len(train) - k):
            table[train[a : a + k]][train[a + k]] += 1
    totals = [{before: seen.total() for before, seen in table.items()} for table in after]
    bits = np.zeros((len(test), len(after)))
    for a in range(len(after), len(test)):
        p = 1 / task.inputs
        for k, table in enumerate(after):
            before = test[a - k : a]
            if before in table:
                seen = table[before]
                p = (seen[test[a]] + len(seen) * p) / (totals[k][before] + len(seen))
            bits[a, k] = -np.log2(p)
    return dict(zip(ORDERS, bits[len(after) :].mean(axis=0).tolist(), strict=True))


def bits_of(net: Any, split: str) -> float:
    """Bits per character of a whole split, read in 20 parts side by side with the state carried on."""
    state, losses = None, []
    for batch in text().stream(20, split):
        y, tape = net.forward(batch.x, state, training=False)
        losses.append(nn.SoftmaxCrossEntropy()(y, batch.target)[0])
        state = tape.state
    return float(np.mean(losses) / np.log(2))


def read(variant: str, rate: float, seed: int, marks: tuple[int, ...]) -> Iterator[tuple[int, Values]]:
    """Bits per character of an LSTM, and how many of the tables it is ahead of."""
    task, units = text(), SIZES[variant]

    def make(rng: np.random.Generator) -> nn.Sequential:
        cell = LSTM(32, units, rng=rng)
        return nn.Sequential([nn.Embedding(task.inputs, 32, rng=rng), cell, nn.Dense(units, task.outputs, rng=rng)])

    for steps, net in trained(make, task, rate, seed, marks, schedule="cosine", carry_state=True):
        bits = bits_of(net, "test")
        beaten = sum(bits < table for table in tables().values())
        yield steps, {"test bits": bits, "valid bits": bits_of(net, "valid"), "tables beaten": float(beaten)}


class _Years:
    """The sunspots with the chapter's parts, and what a forecast is worth on them."""

    def __init__(self) -> None:
        self.task = tasks.Sunspots()
        self.parts = {split: self.task.ordered(split)[1] for split in ("train", "valid", "test")}

    def squares(self, forecast: Forecast, split: str) -> np.ndarray:
        """(N,) squared errors in sunspots."""
        batch = self.parts[split]
        return (self.task.sunspots(forecast(batch)) - self.task.sunspots(batch.target))[:, 0] ** 2

    def line(self) -> Forecast:
        """The weighted sum of the last years that is best on the validation years."""
        lines = [self._autoregression(p) for p in (1, 2, 3, 5, 9, 12, 20, 33)]
        return min(lines, key=lambda line: self.squares(line, "valid").mean())

    def _autoregression(self, p: int) -> Forecast:
        def rows(batch: Any) -> np.ndarray:
            return np.c_[batch.x[-p:, :, 0].T, np.ones(batch.x.shape[1])]

        batch = self.parts["train"]
        weights = np.linalg.lstsq(rows(batch), batch.target, rcond=None)[0]
        return lambda batch: rows(batch) @ weights

    def judge(self, forecast: Forecast) -> Values:
        """Errors, and what a bootstrap over the test years leaves of the gain on the straight line."""
        valid, test = (self.squares(forecast, split) for split in ("valid", "test"))
        draws = np.random.default_rng(0).integers(0, len(test), (10_000, len(test)))
        gains = (self.squares(self.line(), "test") - test)[draws].mean(axis=1)
        low, high = np.percentile(gains, [2.5, 97.5])
        errors = {"test error": np.sqrt(test.mean()), "valid error": np.sqrt(valid.mean())}
        return {name: float(value) for name, value in (errors | {"gain low": low, "gain high": high}).items()}


def forecast(variant: str, rate: float, seed: int, marks: tuple[int, ...]) -> Iterator[tuple[int, Values]]:
    """The errors of an LSTM that stops when the validation loss has; "line" is what it is compared with."""
    years = _Years()
    for steps in marks:
        if variant == "line":
            yield steps, years.judge(years.line())
            continue
        start, order = np.random.SeedSequence(seed).spawn(2)
        rng, units = np.random.default_rng(start), SIZES[variant]
        net = nn.Sequential([LSTM(1, units, rng=rng), nn.Dense(units, 1, steps="last", rng=rng)])
        nn.fit(net, years.task, steps=steps, every=20, patience=10, optimizer=nn.Adam(rate), schedule="cosine",
               seed=int(order.generate_state(1)[0]), progress_bar=False)  # fmt: skip
        yield steps, years.judge(_read_by(net))


def _read_by(net: nn.Sequential) -> Forecast:
    return lambda batch: net(batch.x)


EXPERIMENTS = (
    Experiment(
        name="text",
        claim="With seconds of training an LSTM is ahead of the tables of low order, and behind those of higher order.",
        variants=("32 units", "96 units"),
        rates=RATES,
        steps=(200, 600, 1800),
        measures=("test bits", "valid bits", "tables beaten"),
        run=read,
    ),
    Experiment(
        name="series",
        claim="On the sunspots an LSTM and a straight line are about even, one year ahead.",
        variants=("8 units", "16 units", "32 units", "line"),
        rates=RATES,
        steps=(130, 400, 1200),
        measures=("test error", "valid error", "gain low", "gain high"),
        run=forecast,
        seeds=6,
    ),
)
