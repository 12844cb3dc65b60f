"""Chapter 02: how far back an RNN learns, what its start changes, and when clipping decides."""

from collections.abc import Iterator

import numpy as np

from lstm_edu import cells, nn, tasks

from .experiment import Experiment, Values
from .training import test_rng, trained

UNITS = 16
LAGS = {"lag 3": (3, 1.0, 1.0), "lag 10": (10, 1.0, 1.0), "lag 30": (30, 1.0, 1.0), "lag 80": (80, 1.0, 1.0)}
STARTS = LAGS | {"lag 80, a start that lets through": (80, 1.2, 0.2)}  # lag, scale of U, scale of W


def signs(lag: int) -> tasks.Arrays:
    """Rows of signs, and the one that came `lag` steps before the last: as in the chapter."""
    x = np.random.default_rng(lag).choice([-1.0, 1.0], (lag + 5, 4000, 1))
    return tasks.Arrays(x, x[-1 - lag], loss="mean_squared_error", steps="last")


def network(rng: np.random.Generator, of_u: float, of_w: float) -> nn.Sequential:
    """An RNN and its answer; U is a rotation times `of_u`."""
    net = nn.Sequential([cells.RNN(1, UNITS, rng=rng), nn.Dense(UNITS, 1, steps="last", rng=rng)])
    net.params["0.U"] *= of_u
    net.params["0.W"] *= of_w
    return net


def lags(variant: str, rate: float, seed: int, marks: tuple[int, ...]) -> Iterator[tuple[int, Values]]:
    """The loss at one lag."""
    lag, of_u, of_w = STARTS[variant]
    task = signs(lag)
    for steps, net in trained(lambda rng: network(rng, of_u, of_w), task, rate, seed, marks):
        yield steps, {"test loss": nn.evaluate(net, task, 500, rng=test_rng(seed), split="test")["loss"]}


def clipping(variant: str, rate: float, seed: int, marks: tuple[int, ...]) -> Iterator[tuple[int, Values]]:
    """The loss at a lag of 10 after plain gradient descent from a start where gradients explode."""
    task, net = signs(10), network(np.random.default_rng(seed), 2.0, 1.0)
    clip = 1.0 if variant == "clipped" else None
    training = nn.Training(net, task, steps=marks[-1], optimizer=nn.SGD(rate), clip=clip, seed=seed, every=marks[-1])
    for mark in marks:
        while training.done < mark:
            training.step()
        yield mark, {"test loss": nn.evaluate(net, task, 500, rng=test_rng(seed), split="test")["loss"]}


EXPERIMENTS = (
    Experiment(
        name="lags",
        claim="The longer the lag, the longer an RNN takes to learn it; at 80 it does not.",
        variants=tuple(STARTS),
        rates=(0.0003, 0.001, 0.003, 0.01),
        steps=(400, 1600),
        measures=("test loss",),
        run=lags,
    ),
    Experiment(
        name="clipping",
        claim="Gradient descent from exploding gradients learns with clipping alone.",
        variants=("not clipped", "clipped"),
        rates=(0.003, 0.01, 0.03, 0.1, 0.3),
        steps=(400, 1200),
        measures=("test loss",),
        run=clipping,
    ),
)
