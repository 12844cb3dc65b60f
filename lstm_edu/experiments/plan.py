"""The runs of a sweep, from settings that are single, listed, or drawn at random: as a dict, or as a file in TOML."""

import itertools
import math
import os
import tomllib
import zlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from lstm_edu import nn, tasks
from lstm_edu.core import checks
from lstm_edu.nn.stack import checked_layers

from .recipes import suited
from .runs import Run, check_sizes, seed_list

MOST_RUNS = 1_000_000
_OF_A_RUN = ("cell", "units", "parameters", "layers", "steps", "batch", "rate", "memory", "carry_state")
_SETTINGS = ("task", *_OF_A_RUN, "seeds", "random")
_SEEDS = 3

Axes = dict[str, list]  # by setting, those of a task as task.NAME: the values it takes


def plan(settings: Mapping[str, Any], seeds: Any = None) -> list[Run]:
    """The runs that settings describe: every combination of what is listed, at every draw, from every seed.

    Parameters
    ----------
    settings : mapping
        By name one value or a list of them: `task` (a name, a Task, or a mapping with its name and its settings),
        `cell`, and of what else a Run has (units, layers, steps, batch, rate, memory, carry_state) whatever should not
        be as suits the task; `parameters` in place of units, as in `compare`. `seeds`, how many or which. `random`, a
        mapping with `count`, how many draws, `seed`, which ones, and settings that are drawn: each a mapping from how
        to what, ``{"log-uniform": [low, high]}``, ``{"uniform": [low, high]}``, ``{"integers": [low, high]}`` (both may
        come) or ``{"choice": [...]}``; those of a task under `task`. A file in TOML has the same form.
    seeds : int or iterable of int, optional
        How many, or which, where `settings` says nothing of it; None: 3.

    Returns
    -------
    list of Run
        Seed by seed, so that whoever looks early has a little of everything. A draw that comes twice is there once.

    Raises
    ------
    ValueError
        With the name of the setting that is unknown, wrong, empty, or said twice.

    Notes
    -----
    Every combination sees the same draws, so that cells are compared at the same rates. Each setting is drawn on its
    own: more draws only add to those there were, and another setting changes none of them.

    Examples
    --------
    >>> for run in plan({"task": {"name": "adding", "length": 20}, "cell": ["rnn", "lstm"], "units": 4, "seeds": 1,
    ...                  "random": {"count": 2, "rate": {"log-uniform": [0.001, 0.1]}}}):
    ...     print(run.cell, run.units, run.steps, round(run.rate, 4))
    rnn 4 1000 0.0102
    rnn 4 1000 0.0324
    lstm 4 1000 0.0102
    lstm 4 1000 0.0324
    """
    if not isinstance(settings, Mapping):
        raise ValueError(f"settings must be a mapping, got {type(settings).__name__}")
    for name in settings:
        checks.one_of("setting", name, _SETTINGS)
    if seeds is not None and "seeds" in settings:
        raise ValueError(f"seeds must be given once, got {settings['seeds']!r} and {seeds!r}")
    numbers = seed_list(settings.get("seeds", _SEEDS) if seeds is None else seeds)
    axes, draws = _axes(settings), _draws(settings.get("random"))
    for name in ("task", "cell"):
        if name not in axes and name not in draws[0]:
            raise ValueError(f"{name} must be given")
    for name in draws[0]:
        if name in axes:
            raise ValueError(f"{name} must be given once, but it is both listed and drawn at random")
    if {"units", "parameters"} <= axes.keys() | draws[0].keys():
        raise ValueError("units and parameters: give one of them, the other follows")
    count = math.prod([len(values) for values in axes.values()] + [len(draws), len(numbers)])
    if count > MOST_RUNS:
        raise ValueError(f"the settings make {count:,} runs, at most {MOST_RUNS:,} are possible")
    points = [dict(zip(axes, values, strict=True)) for values in itertools.product(*axes.values())]
    made: dict[Any, tasks.Task] = {}
    first = list(dict.fromkeys(_run(point | draw, numbers[0], made) for point in points for draw in draws))
    check_sizes(first)
    return [replace(run, seed=seed) for seed in numbers for run in first]


def read_plan(path: str | os.PathLike, seeds: Any = None) -> list[Run]:
    """The runs that a file in TOML describes.

    Parameters
    ----------
    path : str or os.PathLike
        The file; its form is that of the mapping for `plan`.
    seeds : int or iterable of int, optional
        As for `plan`.

    Returns
    -------
    list of Run
        As `plan` gives them.

    Raises
    ------
    ValueError
        Without such a file; with the line in which it is no TOML; and as `plan` does.
    """
    path = Path(path)
    try:
        settings = tomllib.loads(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} must be a text in UTF-8: byte {error.start} is none") from None
    except tomllib.TOMLDecodeError as error:  # its words end in (at line 3, column 5)
        raise ValueError(f"{path} is no TOML: {error}") from None
    except OSError as error:
        raise ValueError(f"{path} can't be read ({error.strerror})") from None
    try:
        return plan(settings, seeds)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def _axes(settings: Mapping[str, Any]) -> Axes:
    """The listed settings, one value as a list of one."""
    task = settings.get("task")
    axes: Axes = {}
    if isinstance(task, Mapping):
        if "name" not in task:
            raise ValueError(f"task must have a name, got {dict(task)!r}")
        axes = {"task" if name == "name" else f"task.{name}": _values(f"task.{name}", v) for name, v in task.items()}
    elif task is not None:
        axes = {"task": _values("task", task)}
    return axes | {name: _values(name, settings[name]) for name in _OF_A_RUN if name in settings}


def _values(name: str, value: Any) -> list:
    values = list(value) if isinstance(value, list | tuple | np.ndarray) else [value]
    if not values:
        raise ValueError(f"{name} must have at least one value, got an empty list")
    for k, each in enumerate(values):
        if isinstance(each, Mapping):
            raise ValueError(
                f"{name} must be a value or a list of them, got {dict(each)!r}; what is drawn goes in random"
            )
        if isinstance(each, list | tuple):
            raise ValueError(f"{name} must be a value or a list of them, got a list in a list: {each!r}")
        if any(type(each) is type(other) and each == other for other in values[:k]):
            raise ValueError(f"{name} must be different values, got {each!r} twice")
    return values


def _draws(random: Any) -> list[dict[str, Any]]:
    """For each draw its settings by name; one draw of nothing where nothing is random."""
    if random is None:
        return [{}]
    if not isinstance(random, Mapping):
        raise ValueError(f"random must be a mapping with a count and what is drawn, got {random!r}")
    spaces: dict[str, Any] = {}
    for name, space in random.items():
        checks.one_of("setting in random", name, ("count", "seed", "task", *_OF_A_RUN))
        if name == "task":
            if not isinstance(space, Mapping):
                raise ValueError(f"random.task must be a mapping of the task's settings, got {space!r}")
            spaces |= {f"task.{inner}": each for inner, each in space.items()}
        elif name not in ("count", "seed"):
            spaces[name] = space
    if not spaces:
        raise ValueError("random must have a setting that is drawn, such as rate")
    if "count" not in random:
        raise ValueError("random must have a count, how many draws")
    count = checks.whole("random.count", random["count"])
    if count > MOST_RUNS:
        raise ValueError(f"random.count must be at most {MOST_RUNS:,}, got {count:,}")
    seed = checks.whole("random.seed", random.get("seed", 0), least=0)
    columns = {name: _drawn(f"random.{name}", space, count, _rng(seed, name)) for name, space in spaces.items()}
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def _rng(seed: int, name: str) -> np.random.Generator:
    """Of a setting alone: what else is drawn does not change it."""
    return np.random.default_rng([seed, zlib.crc32(name.encode())])


def _drawn(name: str, space: Any, count: int, rng: np.random.Generator) -> list:
    if not isinstance(space, Mapping) or len(space) != 1:
        raise ValueError(f"{name} must say one way to draw, such as {{uniform = [0, 1]}}, got {space!r}")
    ((kind, limits),) = space.items()
    return _KINDS[checks.one_of(f"way to draw {name}", kind, _KINDS)](f"{name}.{kind}", limits, count, rng)


def _log_uniform(name: str, limits: Any, count: int, rng: np.random.Generator) -> list[float]:
    low, high = _limits(name, limits, checks.number)
    if low <= 0:
        raise ValueError(f"{name} must be two numbers above 0, got {limits!r}")
    return np.clip(np.exp(rng.uniform(math.log(low), math.log(high), count)), low, high).tolist()


def _uniform(name: str, limits: Any, count: int, rng: np.random.Generator) -> list[float]:
    return rng.uniform(*_limits(name, limits, checks.number), count).tolist()


def _integers(name: str, limits: Any, count: int, rng: np.random.Generator) -> list[int]:
    low, high = _limits(name, limits, lambda what, value: checks.whole(what, value, least=-(2**62)))
    if high >= 2**62:
        raise ValueError(f"{name} must be two whole numbers of usual size, got {limits!r}")
    return rng.integers(low, high, count, endpoint=True).tolist()


def _choice(name: str, values: Any, count: int, rng: np.random.Generator) -> list:
    if not isinstance(values, list | tuple):
        raise ValueError(f"{name} must be a list of values, got {values!r}")
    values = _values(name, values)
    return [values[k] for k in rng.integers(len(values), size=count)]


def _limits(name: str, limits: Any, check: Callable) -> tuple[Any, Any]:
    if not isinstance(limits, list | tuple) or len(limits) != 2:
        raise ValueError(f"{name} must be two numbers, the lowest and the highest, got {limits!r}")
    low, high = (check(name, value) for value in limits)
    if low >= high:
        raise ValueError(f"{name} must be two numbers, the lower one first, got {limits!r}")
    return low, high


_KINDS: dict[str, Callable] = {
    "log-uniform": _log_uniform,
    "uniform": _uniform,
    "integers": _integers,
    "choice": _choice,
}


def _run(point: dict[str, Any], seed: int, made: dict[Any, tasks.Task]) -> Run:
    """The run of one point; tasks are made once."""
    name = point["task"]
    settings = {key.removeprefix("task."): value for key, value in point.items() if key.startswith("task.")}
    if isinstance(name, tasks.Task):
        if settings:
            raise ValueError(f"task must be a name where its {', '.join(settings)} is given, got {name!r}")
        task = name
    else:
        key = (name, tuple(settings.items()))
        if key not in made:
            try:
                made[key] = tasks.make(name, **settings)
            except TypeError as error:  # a value that its class can't even look at
                raise ValueError(f"task {name!r}: {error}") from None
        task = made[key]
    said = {key: value for key, value in point.items() if key in _OF_A_RUN}
    parameters = said.pop("parameters", None)
    cell, layers = said.pop("cell"), checked_layers(said.pop("layers", 1))
    if parameters is not None:
        sizes: dict[str, Any] = {"outputs": task.outputs, "layers": layers, "symbols": task.symbols}
        budget = checks.whole("parameters", parameters)
        said["units"] = nn.match_parameters(cell, task.inputs, budget=budget, **sizes)
    return Run(task, cell, layers=layers, seed=seed, **suited(task, **said))
