"""Chapter 18: what each switch of a recurrent network does, on tasks that ask for different things."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import numpy as np

from lstm_edu import cells, nn, tasks
from lstm_edu.cells.variants import SEARCH_SPACE
from lstm_edu.tasks.task import Batch, Task, best_class

from .ch07 import letters, wheels
from .experiment import Experiment, Values
from .training import test_rng, trained

RATES = (0.003, 0.01, 0.03)
UNITS = 16
PROJECTION = 8
# What stands in place of the LSTM, "NP", with as many units; the projected cell has about as many parameters.
CELLS: dict[str, tuple[Any, dict[str, Any]]] = SEARCH_SPACE | {
    "clip 1": (cells.LSTM, {"cell_clip": 1.0}),
    "projected": (cells.ProjectedLSTM, {"projection": PROJECTION}),
    "layer norm": (cells.LayerNormLSTM, {}),
    "zoneout": (cells.NoisyLSTM, {"zoneout_h": 0.1, "zoneout_c": 0.1}),
    "two read-outs": (cells.LSTM, {}),  # a control: what a projection adds outside of the recurrence
}
# keep two numbers; wipe the page again and again; count further than in training
TASKS = {
    "sum": tasks.Adding(length=30, form="sum"),
    "stream": tasks.ContinualReber(length=40),
    "count": tasks.AnBn(longest=8, longest_test=12),
}


def cell_network(task: Any, variant: str, rng: np.random.Generator) -> nn.Sequential:
    """A cell of the chapter's first table, and a read-out."""
    kind, arguments = CELLS[variant]
    units, out = UNITS, UNITS
    if variant == "projected":
        units, out = {2: 23, 3: 23, 7: 22}[task.inputs], PROJECTION
    cell: list[Any] = [kind(task.inputs, units, rng=rng, **arguments)]
    if variant == "two read-outs":
        cell.append(nn.Dense(units, out, rng=rng))
    return nn.Sequential([*cell, nn.Dense(out, task.outputs, steps=task.steps, rng=rng)])


def _losses(net: Any, task: Any, seed: int, batch: int = 200) -> Values:
    return {
        "test loss": nn.evaluate(net, task, batch, rng=test_rng(seed))["loss"],
        "valid loss": nn.evaluate(net, task, batch, rng=seed, split="valid")["loss"],
    }


def cell_run(name: str, variant: str, rate: float, seed: int, marks: tuple[int, ...]) -> Iterator[tuple[int, Values]]:
    """The losses of one cell on one task."""
    task = TASKS[name]
    for steps, net in trained(lambda rng: cell_network(task, variant, rng), task, rate, seed, marks, batch=16):
        yield steps, _losses(net, task, seed)


@dataclass(frozen=True)
class Gaps(Task):
    """Letters of a text, some of them hidden: say which they were.

    Parameters
    ----------
    late : int, default 0
        How many steps after a hidden letter its name is asked for.
    share : float, default 0.15
        Of the letters that are hidden.
    """

    late: int = 0
    share: float = 0.15

    outputs, inputs = 27, 28  # the last input: hidden
    symbols = True
    loss, steps = "softmax_cross_entropy", "all"
    floor = None
    baseline = property(lambda self: float(np.log(27)))
    question = "Say which letters of a text are hidden."

    def _sample(self, batch: int, rng: np.random.Generator, split: str) -> Batch:
        known = letters(250_000).sample(batch, rng, split).x
        hidden = rng.random(known.shape) < self.share
        hidden[:4] = hidden[-4:] = False  # asked for where there is something to see on both sides
        hidden[len(hidden) // 2, 0] = True
        asked = np.roll(hidden, self.late, axis=0)
        return Batch(np.where(hidden, 27, known), np.roll(known, self.late, axis=0), mask=asked)

    def _correct(self, y: np.ndarray, batch: Batch) -> np.ndarray:
        return ((best_class(y) == batch.target) | ~batch.counted).all(axis=0)


# how it reads, and how many steps late it is asked: with about as many parameters
READERS = {"forwards": 0, "both ways": 0, "four late": 4}


def reader(variant: str, rng: np.random.Generator) -> nn.Sequential:
    """A network that reads letters forwards, or in both directions."""
    embedding: Any = nn.Embedding(28, 12, rng=rng)
    if variant == "both ways":
        cell: Any = nn.Bidirectional(cells.LSTM(12, 15, rng=rng), rng=rng)
    else:
        cell = cells.LSTM(12, 24, rng=rng)
    return nn.Sequential([embedding, cell, nn.Dense(cell.units, 27, rng=rng)])


def gap_run(variant: str, rate: float, seed: int, marks: tuple[int, ...]) -> Iterator[tuple[int, Values]]:
    """The losses of a network that fills gaps."""
    task = Gaps(READERS[variant])
    for steps, net in trained(lambda rng: reader(variant, rng), task, rate, seed, marks, batch=16):
        yield steps, _losses(net, task, seed, 300)


STACKS = {"one": (1, False), "six": (6, False), "six, residual": (6, True)}


def stack(variant: str, rng: np.random.Generator, units: int = 16) -> nn.Sequential:
    """LSTM layers for the wheels of chapter 07, with a way past each but the lowest, or without."""
    layers, residual = STACKS[variant]
    above: Any = [cells.LSTM(units, units, rng=rng) for _ in range(layers - 1)]
    above = [nn.Residual(cell) for cell in above] if residual else above
    return nn.Sequential([cells.LSTM(1, units, rng=rng), *above, nn.Dense(units, 4, rng=rng)])


def stack_run(variant: str, rate: float, seed: int, marks: tuple[int, ...]) -> Iterator[tuple[int, Values]]:
    """The losses of a stack that follows the wheels."""
    task = wheels()
    for steps, net in trained(lambda rng: stack(variant, rng), task, rate, seed, marks, batch=32):
        yield steps, _losses(net, task, seed, 500)


@lru_cache
def few_digits(count: int = 200, scale: float = 1.0) -> tasks.Arrays:
    """The first images of scikit-learn's digits to learn from, 300 each of the last ones for validation and test."""
    from sklearn.datasets import load_digits

    data: Any = load_digits()
    order = np.random.default_rng(18).permutation(len(data.target))
    x = scale * data.images[order].transpose(2, 0, 1) / 16  # column by column, as `tasks.Digits`
    return tasks.Arrays(x, data.target[order], indices=(range(count), range(1197, 1497), range(1497, 1797)))


# what is noisy in training -> arguments of the cell, and of a Dropout above it
NOISE: dict[str, tuple[dict[str, Any], float]] = {
    "none": ({}, 0.0),
    "outputs": ({}, 0.3),
    "recurrent": ({"recurrent_dropout": 0.3, "per": "sequence"}, 0.0),
    "candidate": ({"candidate_dropout": 0.3}, 0.0),
    "zoneout": ({"zoneout_h": 0.2, "zoneout_c": 0.2}, 0.0),
}


def noisy(variant: str, rng: np.random.Generator, units: int = 32) -> nn.Sequential:
    """A network for images with one kind of noise."""
    arguments, above = NOISE[variant]
    layers: list[Any] = [cells.NoisyLSTM(8, units, rng=rng, **arguments)]
    layers += [nn.Dropout(above, rng=rng)] if above else []
    return nn.Sequential([*layers, nn.Dense(units, 10, steps="last", rng=rng)])


def noise_run(variant: str, rate: float, seed: int, marks: tuple[int, ...]) -> Iterator[tuple[int, Values]]:
    """The losses on few images, and how far those of test and training are apart."""
    task = few_digits()
    for steps, net in trained(lambda rng: noisy(variant, rng), task, rate, seed, marks, batch=20):
        losses = _losses(net, task, seed, 1000)
        train = nn.evaluate(net, task, 200, rng=seed, split="train")["loss"]
        yield steps, losses | {"training loss": train, "gap": losses["test loss"] - train}


PIXELS = {"lstm, 0 .. 1": 1.0, "lstm, 0 .. 255": 255.0, "layer norm, 0 .. 1": 1.0, "layer norm, 0 .. 255": 255.0}


def pixels(variant: str, rng: np.random.Generator, units: int = 16) -> nn.Sequential:
    """A network for images, with layer norm or without."""
    kind: Any = cells.LSTM if variant.startswith("lstm") else cells.LayerNormLSTM
    return nn.Sequential([kind(8, units, rng=rng), nn.Dense(units, 10, steps="last", rng=rng)])


def pixel_run(variant: str, rate: float, seed: int, marks: tuple[int, ...]) -> Iterator[tuple[int, Values]]:
    """The losses on images whose pixels were scaled, or were not."""
    task = few_digits(1000, PIXELS[variant])
    for steps, net in trained(lambda rng: pixels(variant, rng), task, rate, seed, marks, batch=20):
        yield steps, _losses(net, task, seed, 1000)


EXPERIMENTS = (
    *(
        Experiment(
            name=name,
            claim="Which part of the LSTM may go is a matter of what the task asks for.",
            variants=tuple(CELLS),
            rates=RATES,
            steps=(300, 900),
            measures=("test loss", "valid loss"),
            run=partial(cell_run, name),
        )
        for name in TASKS
    ),
    Experiment(
        name="gaps",
        claim="Where the answer stands on both sides, reading in both directions beats reading forwards.",
        variants=tuple(READERS),
        rates=RATES,
        steps=(300, 900),
        measures=("test loss", "valid loss"),
        run=gap_run,
    ),
    Experiment(
        name="depth",
        claim="Six layers learn with a way past each of them, and not without.",
        variants=tuple(STACKS),
        rates=RATES,
        steps=(300, 900),
        measures=("test loss", "valid loss"),
        run=stack_run,
    ),
    Experiment(
        name="noise",
        claim="Where there are few images, noise in the cell makes the test loss smaller.",
        variants=tuple(NOISE),
        rates=RATES,
        steps=(200, 600),
        measures=("test loss", "valid loss", "training loss", "gap"),
        run=noise_run,
    ),
    Experiment(
        name="pixels",
        claim="Layer norm makes up for inputs that nobody scaled.",
        variants=tuple(PIXELS),
        rates=RATES,
        steps=(200, 600),
        measures=("test loss", "valid loss"),
        run=pixel_run,
    ),
)
