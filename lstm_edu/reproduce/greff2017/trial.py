"""One trial of the random search: hyperparameters that are drawn, a variant that is trained with them."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np

from lstm_edu import nn
from lstm_edu.cells import SEARCH_SPACE
from lstm_edu.core import checks
from lstm_edu.reproduce.chung2014 import PianoRolls, progressions
from lstm_edu.reproduce.early_stopping import until_no_better
from lstm_edu.reproduce.outcome import Outcome
from lstm_edu.tasks import EmbeddedReber, Task

TASKS: dict[str, Callable[[], Task]] = {
    "chords": lambda: PianoRolls(progressions()),
    "reber": EmbeddedReber,
}
HELD = {"chords": (40, 40), "reber": (256, 2000)}  # sequences for validation and for the test


@dataclass(frozen=True)
class Setting:
    """What a trial needs beside its seed.

    Parameters
    ----------
    task : {"chords", "reber"}
        What is learnt.
    variant : str
        A name of `lstm_edu.cells.SEARCH_SPACE`.
    rates, units, momenta, noise : tuple of float
        Between which two numbers a trial's are drawn: the learning rate (of the loss in nats a step), the units and 1 -
        momentum uniform in their logarithms, the standard deviation of the noise on the inputs uniform.
    batch : int
        Sequences a step of the optimizer.
    most : int
        Steps after which training ends at the latest.
    every : int
        Steps between two looks at the validation sequences.
    patience : int
        Looks without a better one after which training ends.
    """

    task: str
    variant: str
    rates: tuple[float, float] = (1e-3, 1e1)
    units: tuple[int, int] = (10, 64)
    momenta: tuple[float, float] = (0.01, 1.0)
    noise: tuple[float, float] = (0.0, 1.0)
    batch: int = 16
    most: int = 1000
    every: int = 50
    patience: int = 6

    def __post_init__(self) -> None:
        checks.one_of("task", self.task, TASKS)
        checks.one_of("variant", self.variant, SEARCH_SPACE)
        for name in ("batch", "most", "every", "patience"):
            checks.whole(name, getattr(self, name))
        for name in ("units", "rates", "momenta", "noise"):
            low, high = (checks.number(name, value, least=0) for value in getattr(self, name))
            if not low <= high or (low == 0 and name != "noise"):
                raise ValueError(f"{name} must be a lower and a higher number above 0, got {getattr(self, name)}")


class Drawn(NamedTuple):
    """The hyperparameters of a trial."""

    rate: float
    units: int
    momentum: float
    noise: float


def drawn(setting: Setting, seed: int) -> Drawn:
    """The hyperparameters of a trial: those of one seed are the same for every variant.

    Parameters
    ----------
    setting : Setting
        Says between which numbers.
    seed : int
        The trial's.

    Returns
    -------
    Drawn
        Rate, units, momentum and noise.

    Examples
    --------
    >>> one, other = (drawn(Setting("reber", variant), seed=3) for variant in ("V", "NIG"))
    >>> one == other, 10 <= one.units <= 64
    (True, True)
    """
    rng = np.random.default_rng(_seeds(seed)[0])
    rate, units, left = (
        float(np.exp(rng.uniform(*np.log(between)))) for between in (setting.rates, setting.units, setting.momenta)
    )
    return Drawn(rate, round(units), 1 - left, float(rng.uniform(*setting.noise)))


def _seeds(seed: int) -> list[np.random.SeedSequence]:
    return np.random.SeedSequence(checks.whole("seed", seed, least=0)).spawn(3)


@dataclass(frozen=True, eq=False)
class Noisy(Task):
    """Another task with normal noise on the inputs of its training sequences.

    Parameters
    ----------
    task : Task
        With numbers as inputs.
    noise : float
        The standard deviation.

    Raises
    ------
    ValueError
        For a task of symbols, and for noise below 0.

    Examples
    --------
    >>> noisy = Noisy(EmbeddedReber(), 0.5)
    >>> train, test = (noisy.sample(4, rng=0, split=split).x for split in ("train", "test"))
    >>> bool(abs(train - test).std() > 0.1), set(test.ravel().tolist())
    (True, {0.0, 1.0})
    """

    task: Task
    noise: float
    inputs: int = field(init=False)
    outputs: int = field(init=False)
    loss: str = field(init=False)
    steps: str = field(init=False)

    question = "The same with noise on the inputs of training."

    def __post_init__(self):
        if self.task.symbols:
            raise ValueError(f"task must have numbers as inputs, got the symbols of {self.task!r}")
        self._set(noise=checks.number("noise", self.noise, least=0))
        for name in ("inputs", "outputs", "loss", "steps"):
            self._set(**{name: getattr(self.task, name)})

    def _sample(self, batch, rng, split):
        clean = self.task.sample(batch, rng, split)
        if split != "train" or not self.noise:
            return clean
        x = clean.x + self.noise * rng.standard_normal(clean.x.shape, np.float32)
        return replace(clean, x=x * clean.counted[:, :, None])

    def _correct(self, y, batch):
        return self.task.correct(y, batch)


def run(setting: Setting, seed: int, tick: Callable[[int], None] = lambda learnt: None) -> Outcome:
    """Make one trial.

    Parameters
    ----------
    setting : Setting
        What to do.
    seed : int
        Everything that is drawn comes from it.
    tick : callable
        Is told now and then how many sequences were learnt.

    Returns
    -------
    Outcome
        Its values: the test and the validation loss in nats a step, and what was drawn, as in `Drawn`. Where numbers
        were no longer finite both losses are NaN, and the trial has failed.
    """
    task, (_, of_weights, of_order) = TASKS[setting.task](), _seeds(seed)
    found, scale = drawn(setting, seed), _scale(task)
    rng = np.random.default_rng(of_weights)
    cls, options = SEARCH_SPACE[setting.variant]
    cell: Any = cls(task.inputs, found.units, rng=rng, **options)
    net = nn.Sequential([cell, nn.Dense(found.units, task.outputs, rng=rng)])
    learnt = until_no_better(
        net,
        Noisy(task, found.noise),
        nn.SGD(scale * found.rate, momentum=found.momentum, nesterov=found.momentum > 0),
        tick=tick,
        steps=setting.most,
        batch=setting.batch,
        every=setting.every,
        patience=setting.patience,
        clip=None,
        validation=HELD[setting.task][0],
        seed=int(of_order.generate_state(1)[0]),
    )
    test = float("nan")
    if np.isfinite(learnt.valid):
        test = scale * nn.evaluate(net, task, HELD[setting.task][1], rng=0)["loss"]  # the same ones in every trial
    return Outcome(learnt.sequences, bool(np.isfinite(test)), learnt.steps, values=(test, scale * learnt.valid, *found))


def _scale(task: Task) -> int:
    """What a loss is multiplied with to be that of a step: yes-or-no questions are summed."""
    return task.outputs if task.loss == "sigmoid_cross_entropy" else 1
