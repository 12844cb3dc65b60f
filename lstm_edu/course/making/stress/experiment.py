"""What an experiment is, and one run of it."""

import importlib
import math
import pkgutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from lstm_edu.core import checks, threads

FIRST_SEED = 1000  # fresh ones: what a chapter saw while it was written has lower numbers

Values = dict[str, float]


@dataclass(frozen=True)
class Experiment:
    """A comparison that a chapter draws a conclusion from.

    Parameters
    ----------
    name : str
        What the chapter calls it.
    claim : str
        What is under stress, one sentence.
    variants : tuple of str
        What is compared.
    rates : tuple of float
        Learning rates, from low to high; three of them at least a factor 3 apart.
    steps : tuple of int
        Budgets of training, from low to high; one at least three times another.
    measures : tuple of str
        What every run yields at every budget.
    run : callable
        ``run(variant, rate, seed, marks)``, a function of a module, yields (steps, {measure: value}) for every number
        of steps in `marks`, so that one long training may give the short ones on its way.
    seeds : int, default 5
        How many, from `FIRST_SEED` on.
    """

    name: str
    claim: str
    variants: tuple[str, ...]
    rates: tuple[float, ...]
    steps: tuple[int, ...]
    measures: tuple[str, ...]
    run: Callable[[str, float, int, tuple[int, ...]], Iterator[tuple[int, Values]]]
    seeds: int = 5

    def __post_init__(self) -> None:
        checks.whole("seeds", self.seeds)
        for name in ("variants", "rates", "steps", "measures"):
            values = getattr(self, name)
            if not isinstance(values, tuple) or not values or len(set(values)) < len(values):
                raise ValueError(f"{name} must be a tuple of different values, got {values!r}")
        for name in ("rates", "steps"):
            if list(getattr(self, name)) != sorted(getattr(self, name)):
                raise ValueError(f"{name} must rise, got {getattr(self, name)!r}")

    def trials(self, seeds: int | None = None) -> list["Trial"]:
        """Every run, seed by seed."""
        numbers = range(FIRST_SEED, FIRST_SEED + (self.seeds if seeds is None else checks.whole("seeds", seeds)))
        return [Trial(self, v, rate, seed) for seed in numbers for rate in self.rates for v in self.variants]


@dataclass(frozen=True)
class Trial:
    """One run of an experiment."""

    experiment: Experiment
    variant: str
    rate: float
    seed: int

    @property
    def key(self) -> tuple[str, str, float, int]:
        """What its rows have in common."""
        return self.experiment.name, self.variant, self.rate, self.seed


@dataclass(frozen=True)
class Outcome:
    """What a trial gave: (steps, measure, value, seconds) a row, and what went wrong, or nothing."""

    trial: Trial
    rows: tuple[tuple[int, str, float, float], ...]
    failure: str = ""


def execute(trial: Trial) -> Outcome:
    """Run a trial on one core. Whatever goes wrong is a result: NaN for what it did not reach, and why.

    Parameters
    ----------
    trial : Trial
        What to run.

    Returns
    -------
    Outcome
        A row for every budget and measure.
    """
    from threadpoolctl import threadpool_limits

    experiment, rows, failure = trial.experiment, [], ""
    left, began = list(experiment.steps), time.process_time()
    with threadpool_limits(1), threads.limited_to(1):
        try:
            for steps, values in experiment.run(trial.variant, trial.rate, trial.seed, experiment.steps):
                seconds = time.process_time() - began
                _check(experiment, left, steps, values)
                rows += [(steps, name, float(values[name]), seconds) for name in experiment.measures]
                left.pop(0)
            if left:
                raise ValueError(f"run ended before {left[0]} steps")
        except Exception as error:
            failure = " ".join(f"{type(error).__name__}: {error}".replace("#", "no. ").split())
    seconds = time.process_time() - began
    rows += [(steps, name, math.nan, seconds) for steps in left for name in experiment.measures]
    return Outcome(trial, tuple(rows), failure)


def not_reached(trial: Trial, why: str) -> Outcome:
    """What stands for a trial whose worker was ended from outside.

    Parameters
    ----------
    trial : Trial
        What was to be run.
    why : str
        In words.

    Returns
    -------
    Outcome
        NaN for every budget and measure.
    """
    experiment = trial.experiment
    rows = tuple((steps, name, math.nan, math.nan) for steps in experiment.steps for name in experiment.measures)
    return Outcome(trial, rows, f"MemoryError: {why}")


def _check(experiment: Experiment, left: list[int], steps: int, values: Values) -> None:
    if not left or steps != left[0]:
        raise ValueError(f"run must yield at {left[0] if left else 'no further'} steps, got {steps}")
    if set(values) != set(experiment.measures):
        raise ValueError(f"run must yield {', '.join(experiment.measures)}, got {', '.join(values)}")
    for name, value in values.items():
        if not math.isfinite(value):
            raise FloatingPointError(f"{name} is {value} after {steps} steps")


def experiments(number: int | str) -> tuple[Experiment, ...]:
    """The experiments of a chapter.

    Parameters
    ----------
    number : int or str
        The chapter, such as 3 or "03".

    Returns
    -------
    tuple of Experiment
        At least one.

    Raises
    ------
    ValueError
        For a chapter that has none.
    """
    import lstm_edu.course.making.stress as package

    names = {module.name[2:] for module in pkgutil.iter_modules(package.__path__) if module.name[2:].isdigit()}
    name = str(number).zfill(2)
    if name not in names:
        raise ValueError(f"chapter {name} has no experiments to stress: only {', '.join(sorted(names))} have")
    found: Any = importlib.import_module(f"{package.__name__}.ch{name}")
    return found.EXPERIMENTS


def chapters() -> list[int]:
    """The numbers of the chapters that have experiments."""
    import lstm_edu.course.making.stress as package

    return sorted(int(m.name[2:]) for m in pkgutil.iter_modules(package.__path__) if m.name[2:].isdigit())
