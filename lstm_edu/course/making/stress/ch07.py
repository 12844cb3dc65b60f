"""Chapter 07: one wide layer against two thin ones, what each layer of a stack knows, and dropout between layers."""

import re
import tempfile
from collections.abc import Iterator
from functools import lru_cache, partial
from itertools import pairwise
from pathlib import Path
from pydoc_data.topics import topics
from typing import Any

import numpy as np

from lstm_edu import nn, tasks
from lstm_edu.cells import LSTM

from .experiment import Experiment, Values
from .training import test_rng, trained

STEPS = (600, 1800)
RATES = (0.003, 0.01, 0.03, 0.1)
# layers and units; "one wide" has as many parameters as "two thin"
SHAPES = {
    "letters": {"one thin": (1, 32), "two thin": (2, 32), "one wide": (1, 51)},
    "wheels": {"one thin": (1, 16), "two half": (2, 8), "two thin": (2, 16), "one wide": (1, 27)},
}
_SKIPPED = 8  # steps of a text before the layers are asked what they know
_FLAT = 9  # from here on tanh(c) is 1 in float32, or all but 1


@lru_cache
def letters(count: int, length: int = 32) -> tasks.Text:
    """The first letters of Python's help pages, lower case, all else one blank."""
    text = re.sub("[^a-z]+", " ", " ".join(topics[name] for name in sorted(topics)).lower())
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "letters.txt"
        path.write_text(text[:count], encoding="utf-8")
        return tasks.Text(path, length=length)


@lru_cache
def wheels(steps: int = 12, sequences: int = 6000, seed: int = 7) -> tasks.Arrays:
    """Bits turn wheel A, wheel A decides how wheel B turns, and the question is where B is."""
    rng = np.random.default_rng(seed)
    bits = rng.integers(0, 2, (steps, sequences))
    move_a, move_b = (np.array([rng.permutation(4) for _ in range(k)]) for k in (2, 4))
    a, b, where = np.zeros(sequences, int), np.zeros(sequences, int), []
    for bit in bits:
        a = move_a[bit, a]
        b = move_b[a, b]
        where.append(b)
    return tasks.Arrays(bits[:, :, None].astype(float), np.array(where), steps="all")


def network(task: Any, layers: int, units: int, rng: np.random.Generator, dropout: float = 0.0) -> nn.Sequential:
    """An embedding for characters, LSTM layers with dropout above each, and a read-out."""
    parts: list[Any] = [nn.Embedding(task.inputs, 16, rng=rng)] if task.symbols else []
    for d, h in pairwise([16 if task.symbols else task.inputs] + [units] * layers):
        parts.append(LSTM(d, h, rng=rng))
        if dropout:
            parts.append(nn.Dropout(dropout, rng=rng))
    return nn.Sequential([*parts, nn.Dense(units, task.outputs, rng=rng)])


def _losses(net: Any, task: Any, seed: int) -> Values:
    return {
        "test loss": nn.evaluate(net, task, 500, rng=test_rng(seed))["loss"],
        "valid loss": nn.evaluate(net, task, 500, rng=seed, split="valid")["loss"],
    }


def wheel_run(variant: str, rate: float, seed: int, marks: tuple[int, ...]) -> Iterator[tuple[int, Values]]:
    """The losses of a network that follows the wheels."""
    task, shape = wheels(), SHAPES["wheels"][variant]
    for steps, net in trained(lambda rng: network(task, *shape, rng), task, rate, seed, marks, schedule="cosine"):
        yield steps, _losses(net, task, seed)


def letter_run(variant: str, rate: float, seed: int, marks: tuple[int, ...]) -> Iterator[tuple[int, Values]]:
    """The losses of a network that reads letters, and what its lowest and its highest layer know."""
    task, shape = letters(250_000), SHAPES["letters"][variant]
    for steps, net in trained(
        lambda rng: network(task, *shape, rng), task, rate, seed, marks, schedule="cosine", batch=8, carry_state=True
    ):
        yield steps, _losses(net, task, seed) | _knowledge(net, task, seed)


def _knowledge(net: Any, task: Any, seed: int) -> Values:
    batch = task.sample(300, rng=seed, split="test")
    gates = net.gates(net.forward(batch.x, training=False)[1])
    places = [name[:-2] for name in gates if name.endswith(".h")]
    found: Values = {}
    for layer, place in (("lower", places[0]), ("upper", places[-1])):
        h, c, f = (gates[f"{place}.{letter}"] for letter in "hcf")
        found |= {
            f"{layer}: seen": _probe(h, batch.x, task.inputs),
            f"{layer}: next": _probe(h, batch.target, task.inputs),
            f"{layer}: four back": _probe(h, np.roll(batch.x, 4, axis=0), task.inputs),
            f"{layer}: forget gate": float(f.mean()),
            f"{layer}: flat": float((np.abs(c[-1]) > _FLAT).mean()),
        }
    return found


def _probe(h: np.ndarray, wanted: np.ndarray, classes: int) -> float:
    """How often a linear map of the units, fitted on half of the texts, names the character on the other half."""
    rows = np.concatenate([h[_SKIPPED:], np.ones_like(h[_SKIPPED:, :, :1])], axis=2).astype(float)
    answers = wanted[_SKIPPED:]
    half = h.shape[1] // 2
    hot = np.eye(classes)[answers[:, :half].ravel()]
    weights = np.linalg.lstsq(rows[:, :half].reshape(-1, rows.shape[2]), hot, rcond=None)[0]
    return float(np.mean((rows[:, half:] @ weights).argmax(axis=2) == answers[:, half:]))


def dropout_run(
    units: int, variant: str, rate: float, seed: int, marks: tuple[int, ...]
) -> Iterator[tuple[int, Values]]:
    """The losses of two layers on so few letters that they are soon known by heart."""
    task, share = letters(12_000), 0.3 if variant == "dropout" else 0.0
    for steps, net in trained(
        lambda rng: network(task, 2, units, rng, share), task, rate, seed, marks, batch=16, carry_state=True
    ):
        train = nn.evaluate(net, task, 100, rng=seed, split="train")["loss"]
        valid = nn.evaluate(net, task, 100, rng=seed, split="valid")["loss"]
        test = nn.evaluate(net, task, 100, rng=test_rng(seed))["loss"]
        yield steps, {"test loss": test, "valid loss": valid, "training loss": train, "gap": test - train}


_LAYERS = tuple(
    f"{layer}: {what}" for layer in ("lower", "upper") for what in ("seen", "next", "four back", "forget gate", "flat")
)

EXPERIMENTS = (
    Experiment(
        name="wheels",
        claim="With equally many parameters one wide layer ends below two thin ones, even on a task made for two.",
        variants=tuple(SHAPES["wheels"]),
        rates=RATES,
        steps=STEPS,
        measures=("test loss", "valid loss"),
        run=wheel_run,
    ),
    Experiment(
        name="letters",
        claim="With equally many parameters one wide layer ends below two thin ones; the layers know different things.",
        variants=tuple(SHAPES["letters"]),
        rates=RATES,
        steps=STEPS,
        measures=("test loss", "valid loss", *_LAYERS),
        run=letter_run,
    ),
    Experiment(
        name="dropout",
        claim="Dropout above each layer makes the gap between training and test smaller, and the test loss too.",
        variants=("none", "dropout"),
        rates=RATES[:3],
        steps=(200, 600),
        measures=("test loss", "valid loss", "training loss", "gap"),
        run=partial(dropout_run, 48),
    ),
)
