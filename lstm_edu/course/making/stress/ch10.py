"""Chapter 10: four cells on three tasks, at equal parameters and from equal starts."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from lstm_edu import nn, tasks

from .experiment import Experiment, Values
from .training import test_rng, trained

CELLS = ("rnn", "lstm97", "lstm", "gru")
STEPS = (200, 600, 1500)
BATCH = 16
SEEDS = 5
PARAMETERS = 500
REACH = 100  # the longest strings that are tried

TASKS: dict[str, Any] = {
    "adding": tasks.Adding(length=20),
    "counting": tasks.AnBn(),
    "spikes": tasks.SpikeDelay(interval=5, spikes=6, spikes_test=30),
}


def contest(
    name: str, memory: int, variant: str, rate: float, seed: int, marks: tuple[int, ...]
) -> Iterator[tuple[int, Values]]:
    """The losses of one cell, as `lstm_edu.compare` trains it: at a rate that falls along a cosine."""
    task = TASKS[name]
    units = nn.match_parameters(variant, task.inputs, outputs=task.outputs, budget=PARAMETERS)

    def make(rng: np.random.Generator) -> nn.Sequential:
        return nn.make_network(task, variant, units, memory=memory, rng=rng)

    for steps, net in trained(make, task, rate, seed, marks, schedule="cosine", batch=BATCH):
        values = {
            "test loss": nn.evaluate(net, task, 500, rng=test_rng(seed))["loss"],
            "valid loss": nn.evaluate(net, task, 500, rng=seed, split="valid")["loss"],
        }
        if name == "counting":
            values["reach"] = task.reach(net, REACH)
        yield steps, values


_LOSSES = ("test loss", "valid loss")
# As wide as it takes for the best rate of every cell to lie inside.
_ALL, _HIGH = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0), (0.01, 0.03, 0.1, 0.3, 1.0)

EXPERIMENTS = (
    Experiment(
        name="adding",
        claim="Cells with gates hold a number over twenty steps, and a plain RNN does not.",
        variants=CELLS,
        rates=_ALL,
        steps=STEPS,
        measures=_LOSSES,
        run=partial(contest, "adding", 0),
        seeds=SEEDS,
    ),
    Experiment(
        name="adding with memory",
        claim="What gates that start with a memory of the task's length change in that.",
        variants=("lstm97", "lstm", "gru"),  # the RNN has no gate to start with
        rates=_HIGH,
        steps=STEPS[:2],
        measures=_LOSSES,
        run=partial(contest, "adding", 20),
        seeds=SEEDS,
    ),
    Experiment(
        name="counting",
        claim="Cells whose memory is a sum without bounds go on counting beyond the strings of the training.",
        variants=(*CELLS, "peephole"),
        rates=_HIGH,
        steps=STEPS,
        measures=(*_LOSSES, "reach"),
        run=partial(contest, "counting", 0),
        seeds=SEEDS,
    ),
    Experiment(
        name="spikes",
        claim="A cell that cannot forget does not learn a stream without resets.",
        variants=CELLS,
        rates=_HIGH,
        steps=STEPS,
        measures=_LOSSES,
        run=partial(contest, "spikes", 0),
        seeds=SEEDS,
    ),
)
