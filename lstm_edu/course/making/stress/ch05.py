"""Chapter 05: what peepholes do for counting and for timing, and which of the three does it."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from lstm_edu import cells, nn, tasks

from .experiment import Experiment, Values
from .training import test_rng, trained

PEEPHOLES = ("p_i", "p_f", "p_o")  # the rows of p


class _Single(cells.PeepholeLSTM):
    """An LSTM with one of the three peepholes: the other two start at zero and learn nothing."""

    title = "one peephole"
    row: int

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self._shut(self.params)

    def _other_gradients(self, tape: Any, deltas: Any, grads: Any) -> None:
        super()._other_gradients(tape, deltas, grads)
        self._shut(grads)

    def _shut(self, params: Any) -> None:
        for row in range(len(PEEPHOLES)):
            if row != self.row:
                params["p"][row] = 0


CELLS: dict[str, Any] = {
    "lstm": cells.LSTM,
    **{f"only {name}": type(name, (_Single,), {"row": row}) for row, name in enumerate(PEEPHOLES)},
    "peephole": cells.PeepholeLSTM,
}
TIMING = tasks.TimedSpikes(interval=20, spikes=5, spikes_test=50)
REACH = 300  # the longest strings that are tried
UNITS = 4
COUNTING = tasks.AnBn()


def reaches(net: Any, task: Any = COUNTING, limit: int = REACH) -> Values:
    """How far a network counts: as it is, and with one of its peepholes shut.

    A cell without peepholes has nothing to shut: all four are its reach.
    """
    params = net.layers[0].params
    found = {"reach": task.reach(net, limit)}
    for row, name in enumerate(PEEPHOLES):
        found[f"reach without {name}"] = found["reach"]
        if "p" in params:
            kept = params["p"][row].copy()
            params["p"][row] = 0
            found[f"reach without {name}"] = task.reach(net, limit)
            params["p"][row] = kept
    return found


def counting(variant: str, rate: float, seed: int, marks: tuple[int, ...]) -> Iterator[tuple[int, Values]]:
    """How far a network of four units counts, trained as the chapter does it."""

    def make(rng: np.random.Generator) -> nn.Sequential:
        return nn.make_network(COUNTING, CELLS[variant], UNITS, rng=rng)

    for steps, net in trained(make, COUNTING, rate, seed, marks, schedule="cosine", batch=10):
        valid = nn.evaluate(net, COUNTING, 10, rng=seed, split="valid")["loss"]
        yield steps, {**reaches(net), "valid loss": valid}


def timing(
    task: Any, units: int, variant: str, rate: float, seed: int, marks: tuple[int, ...]
) -> Iterator[tuple[int, Values]]:
    """The loss and the share of right trains of spikes, of a network that times them."""

    def make(rng: np.random.Generator) -> nn.Sequential:
        return nn.make_network(task, CELLS[variant], units, rng=rng)

    for steps, net in trained(make, task, rate, seed, marks, batch=16):
        found = nn.evaluate(net, task, 100, rng=test_rng(seed))
        yield steps, {"test loss": found["loss"], "correct": found["correct"]}


EXPERIMENTS = (
    Experiment(
        name="counting",
        claim="A counter with peepholes counts further, and it is the forget gate's that it needs.",
        variants=tuple(CELLS),
        rates=(0.01, 0.02, 0.04, 0.12),
        steps=(1000, 3000),
        measures=("reach", *(f"reach without {name}" for name in PEEPHOLES), "valid loss"),
        run=counting,
        seeds=6,
    ),
    Experiment(
        name="timing",
        claim="Spikes 20 and 21 steps apart, out of eight units: whether peepholes are what it takes.",
        variants=("lstm", "peephole"),
        rates=(0.005, 0.015, 0.05),
        steps=(500, 1500),
        measures=("test loss", "correct"),
        run=partial(timing, TIMING, 8),
    ),
)
