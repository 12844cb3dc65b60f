"""Chapter 06: the LSTM and both forms of the GRU, at equal parameters and with the same keeping bias."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from lstm_edu import cells, nn, tasks

from .experiment import Experiment, Values
from .training import test_rng, trained

REACH = 300  # the longest strings that are tried
MAKERS: dict[str, Any] = {
    "lstm": cells.LSTM,
    "gru": partial(cells.GRU, update_bias=1.0),
    "gru, reset after": partial(cells.GRU, update_bias=1.0, reset_after=True),
}
TASKS: dict[str, tuple[Any, int, int]] = {  # the task, the LSTM's units, the batch
    "adding": (tasks.Adding(length=40), 16, 32),
    "stream": (tasks.ContinualReber(length=50, windows=2), 20, 16),
    "counting": (tasks.AnBn(), 4, 10),
}


def equal(name: str, variant: str, rate: float, seed: int, marks: tuple[int, ...]) -> Iterator[tuple[int, Values]]:
    """The loss of one cell with as many parameters as the LSTM, and how far it counts."""
    task, units, batch = TASKS[name]
    if variant != "lstm":
        budget = cells.LSTM(task.inputs, units).count_parameters()
        after = variant == "gru, reset after"
        units = nn.match_parameters("gru", task.inputs, budget=budget, reset_after=after)

    def make(rng: np.random.Generator) -> nn.Sequential:
        layer = MAKERS[variant](task.inputs, units, rng=rng)
        return nn.Sequential([layer, nn.Dense(units, task.outputs, steps=task.steps, rng=rng)])

    for steps, net in trained(make, task, rate, seed, marks, schedule="cosine", batch=batch):
        if name == "counting":
            yield steps, {"reach": task.reach(net, REACH)}
        else:
            yield steps, {"test loss": nn.evaluate(net, task, 200, rng=test_rng(seed))["loss"]}


EXPERIMENTS = (
    Experiment(
        name="counting",
        claim="An LSTM counts further than a GRU.",
        variants=tuple(MAKERS),
        rates=(0.006, 0.02, 0.06),
        steps=(1000, 3000),
        measures=("reach",),
        run=partial(equal, "counting"),
        seeds=6,
    ),
    Experiment(
        name="stream",
        claim="A GRU learns the stream faster than an LSTM.",
        variants=tuple(MAKERS),
        rates=(0.006, 0.02, 0.06),
        steps=(400, 1200),
        measures=("test loss",),
        run=partial(equal, "stream"),
    ),
    Experiment(
        name="adding",
        claim="At equal parameters both add, over forty steps.",
        variants=tuple(MAKERS),
        rates=(0.003, 0.01, 0.03),
        steps=(400, 1200),
        measures=("test loss",),
        run=partial(equal, "adding"),
    ),
)
