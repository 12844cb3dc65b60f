"""Chapter 19: a look back against a state that holds it all, gates that cannot see the state, and exponential gates."""

from collections.abc import Callable, Iterator
from functools import lru_cache, partial
from typing import Any

import numpy as np

from lstm_edu import cells, nn, tasks
from lstm_edu.core import Layer

from .experiment import Experiment, Values
from .training import test_rng, trained

RATES, STEPS = (0.003, 0.01, 0.03), (300, 900, 2700)

# units, so that each network of an experiment has about as many parameters: 5582, 5433, 5385; 530, 530, 572, 596;
# 967, 929, 967, 981
COPIERS = {"one GRU": 39, "two GRUs": 23, "with attention": 20}
FOLLOWERS = {"GRU": (1, 12), "minGRU": (1, 88), "minGRU, 2 layers": (2, 15), "minGRU, 4 layers": (4, 9)}
HOLDERS = {"lstm": (1, 14), "gru": (1, 16), "slstm": (1, 14), "minGRU, 2 layers": (2, 20)}

BITS, KEYS, TIMES = 16, 20, 4  # steps of training; how many times as long the test strings are


def _gru(inputs: int, units: int, rng: np.random.Generator) -> Layer:
    return cells.GRU(inputs, units, update_bias=1.0, rng=rng)


@lru_cache
def copying(items: int) -> tasks.CopyMemory:
    """Symbols, the sign to go, and blanks in which they are to be repeated."""
    return tasks.CopyMemory(length=1, items=items, alphabet=4)


@lru_cache
def parity(steps: int, sequences: int = 6000, seed: int = 7) -> tasks.Arrays:
    """Bits, and at each step whether the ones so far are odd in number."""
    bits = np.random.default_rng(seed).integers(0, 2, (steps, sequences))
    return tasks.Arrays(bits[:, :, None].astype(float), np.cumsum(bits, axis=0) % 2, steps="all")


@lru_cache
def largest(steps: int, sequences: int = 6000, seed: int = 7) -> tasks.Arrays:
    """Pairs of a key and a value, and at each step the value that came with the largest key so far."""
    rng = np.random.default_rng(seed)
    key, value = rng.random((steps, sequences)), rng.uniform(-1, 1, (steps, sequences))
    new = key == np.maximum.accumulate(key, axis=0)
    place = np.maximum.accumulate(np.where(new, np.arange(steps)[:, None], 0), axis=0)
    target = np.take_along_axis(value, place, axis=0)
    return tasks.Arrays(np.stack([key, value], axis=2), target[:, :, None], loss="mean_squared_error", steps="all")


def copier(variant: str, task: Any, rng: np.random.Generator) -> nn.Sequential:
    """One GRU, or two, with a look back between them or without."""
    H = COPIERS[variant]
    parts: list[Layer] = [_gru(task.inputs, H, rng)]
    if variant == "with attention":
        parts.append(nn.Attention(H, H, rng=rng))
    if variant != "one GRU":
        parts.append(_gru(H, H, rng))
    return nn.Sequential([*parts, nn.Dense(H, task.outputs, rng=rng)])


def recalled(net: Layer, task: Any, rng: Any) -> float:
    """Which share of the symbols is repeated right."""
    batch = task.sample(500, rng)
    answers = net(batch.x)[-task.items :].argmax(axis=2)
    return float(np.mean(answers == batch.target[-task.items :]))


def copy_run(items: int, variant: str, rate: float, seed: int, marks: tuple[int, ...]) -> Iterator[tuple[int, Values]]:
    """How much is repeated of as many symbols as were learnt with, and of half as many again."""
    task = copying(items)
    for steps, net in trained(lambda rng: copier(variant, task, rng), task, rate, seed, marks, batch=32):
        longer = copying(items * 3 // 2)
        yield (
            steps,
            {
                "recalled": recalled(net, task, test_rng(seed)),
                "recalled of more": recalled(net, longer, test_rng(seed)),
                "valid loss": nn.evaluate(net, task, 500, rng=seed, split="valid")["loss"],
            },
        )


def piled(make: Callable, layers: int, units: int, task: Any, rng: np.random.Generator) -> nn.Sequential:
    """Layers of one kind on top of each other, and a read-out."""
    widths = [task.x.shape[2]] + [units] * layers
    parts = [make(D, units, rng=rng) for D in widths[:-1]]
    return nn.Sequential([*parts, nn.Dense(units, task.outputs, rng=rng)])


def parity_run(variant: str, rate: float, seed: int, marks: tuple[int, ...]) -> Iterator[tuple[int, Values]]:
    """How often the parity is right, in strings as long as those of training and beyond."""
    task, longer, shape = parity(BITS), parity(TIMES * BITS, 2000, seed=8), FOLLOWERS[variant]
    make = _gru if variant == "GRU" else cells.MinGRU
    for steps, net in trained(lambda rng: piled(make, *shape, task, rng), task, rate, seed, marks, batch=32):
        right = [_right(net, one, test_rng(seed)) for one in (task, longer)]
        yield (
            steps,
            {
                "right": float(right[0].mean()),
                "right at the end": float(right[0][-1].mean()),
                "right beyond": float(right[1][BITS:].mean()),
                "valid loss": nn.evaluate(net, task, 500, rng=seed, split="valid")["loss"],
            },
        )


def _right(net: Layer, task: Any, rng: Any) -> np.ndarray:
    batch = task.sample(500, rng, split="test")
    return net(batch.x).argmax(axis=2) == batch.target


def largest_run(variant: str, rate: float, seed: int, marks: tuple[int, ...]) -> Iterator[tuple[int, Values]]:
    """The squared error of the value that came with the largest key, at the steps of training and beyond."""
    task, longer, shape = largest(KEYS), largest(TIMES * KEYS, 2000, seed=8), HOLDERS[variant]
    makers: dict[str, Callable] = {"lstm": cells.LSTM, "gru": _gru, "slstm": cells.SLSTM}
    make = makers.get(variant, cells.MinGRU)
    for steps, net in trained(lambda rng: piled(make, *shape, task, rng), task, rate, seed, marks, batch=32):
        yield (
            steps,
            {
                "error": nn.evaluate(net, task, 500, rng=test_rng(seed), split="test")["loss"],
                "error beyond": nn.evaluate(net, longer, 200, rng=test_rng(seed), split="test")["loss"],
                "valid loss": nn.evaluate(net, task, 500, rng=seed, split="valid")["loss"],
            },
        )


EXPERIMENTS = (
    *(
        Experiment(
            name=f"copy {items}",
            claim="With equally many parameters a network that looks back repeats more than one that must hold it all.",
            variants=tuple(COPIERS),
            rates=RATES,
            steps=STEPS,
            measures=("recalled", "recalled of more", "valid loss"),
            run=partial(copy_run, items),
            seeds=9,  # a look back is found from most starts, not from all
        )
        for items in (4, 12)
    ),
    Experiment(
        name="parity",
        claim="A GRU follows the parity of a string, and a minGRU, whose gates see the input alone, does not.",
        variants=tuple(FOLLOWERS),
        rates=RATES,
        steps=STEPS,
        measures=("right", "right at the end", "right beyond", "valid loss"),
        run=parity_run,
    ),
    Experiment(
        name="largest",
        claim="Exponential gates are better than sigmoids at holding what came with the largest key so far.",
        variants=tuple(HOLDERS),
        rates=RATES,
        steps=STEPS,
        measures=("error", "error beyond", "valid loss"),
        run=largest_run,
    ),
)
