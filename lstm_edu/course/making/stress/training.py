"""What most experiments do: train a network, and stop at the marks."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from lstm_edu import nn
from lstm_edu.core import Layer


def trained(
    make: Callable[[np.random.Generator], Layer],
    task: Any,
    rate: float,
    seed: int,
    marks: tuple[int, ...],
    *,
    schedule: str = "constant",
    **settings: Any,
) -> Iterator[tuple[int, Layer]]:
    """Train with Adam, and give the network at every mark.

    At a constant rate it is one training. With a falling one, which knows how long it is to be, every mark is a
    training of its own from the same first parameters.

    Parameters
    ----------
    make : callable
        ``make(rng)`` makes the network.
    task : Task
        What to learn.
    rate : float
        Of Adam.
    seed : int
        Decides the first parameters and the sequences: the same ones for every variant.
    marks : tuple of int
        Numbers of steps, from low to high.
    schedule : {"constant", "linear", "cosine"}
        How the rate falls.
    **settings
        For `lstm_edu.Training`, such as batch and carry_state.

    Yields
    ------
    steps : int
        A mark.
    net : Layer
        The network there; it goes on being trained afterwards.

    Raises
    ------
    FloatingPointError
        Where the training diverges.
    """
    start, order, _ = np.random.SeedSequence(seed).spawn(3)
    number = int(order.generate_state(1)[0])
    parts = [marks] if schedule == "constant" else [(mark,) for mark in marks]
    for part in parts:
        net, last = make(np.random.default_rng(start)), part[-1]
        training = nn.Training(net, task, steps=last, optimizer=nn.Adam(rate), schedule=schedule, seed=number,
                               every=last, **settings)  # fmt: skip
        for mark in part:
            while training.done < mark:
                training.step()
            yield mark, net


def test_rng(seed: int) -> np.random.Generator:
    """What draws the test sequences of a seed: none of those that `trained` draws for it."""
    return np.random.default_rng(np.random.SeedSequence(seed).spawn(3)[2])
