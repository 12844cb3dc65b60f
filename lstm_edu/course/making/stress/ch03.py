"""Chapter 03: the LSTM of 1997 beside the plain RNN on the adding problem."""

from collections.abc import Iterator

import numpy as np

from lstm_edu import nn, tasks

from .experiment import Experiment, Values
from .training import test_rng, trained

TASK = tasks.Adding(length=50)
CELLS = {  # cell, units, memory: for how many steps the gates start, 0 is half open
    "rnn": ("rnn", 16, 0),
    "rnn, as many parameters": ("rnn", 29, 0),
    "lstm97, half open": ("lstm97", 16, 0),
    "lstm97, nearly closed": ("lstm97", 16, 50),
}


def adding(variant: str, rate: float, seed: int, marks: tuple[int, ...]) -> Iterator[tuple[int, Values]]:
    """The loss at a constant rate, and the share of the answers that are less than 0.04 off."""
    cell, units, memory = CELLS[variant]

    def make(rng: np.random.Generator) -> nn.Sequential:
        return nn.make_network(TASK, cell, units, memory=memory, rng=rng)

    for steps, net in trained(make, TASK, rate, seed, marks):
        found = nn.evaluate(net, TASK, 500, rng=test_rng(seed))
        yield steps, {"test loss": found["loss"], "solved share": found["correct"]}


EXPERIMENTS = (
    Experiment(
        name="adding",
        claim="The LSTM of 1997 adds two numbers over fifty steps, and the plain RNN does not.",
        variants=tuple(CELLS),
        rates=(0.003, 0.01, 0.03),
        steps=(800, 2400),
        measures=("test loss", "solved share"),
        run=adding,
    ),
)
