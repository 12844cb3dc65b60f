"""One run: everything that decides what a training gives, as one record, and what it gave."""

import contextlib
import json
import numbers
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import MISSING, dataclass, fields, replace
from typing import Any

import numpy as np
import pandas as pd

from lstm_edu import nn, tasks
from lstm_edu.cells import CELLS
from lstm_edu.core import Layer, checks, threads
from lstm_edu.core.registry import cell_name
from lstm_edu.nn.stack import check_memory, checked_layers, make_network, stack

_MOST_SEEDS = 10_000
_ONE_AT_A_TIME = threading.Lock()  # a run bounds the threads of the whole process


@dataclass(frozen=True)
class Run:
    """A training that can be made again: the same Run gives the same numbers, in any process.

    `dataclasses.replace(run, seed=1)` gives a changed one.

    Parameters
    ----------
    task : Task
        A task of `lstm_edu.tasks`.
    cell : str or type
        A name of `lstm_edu.CELLS`, or a class of cells that has none there.
    units : int
        H of each layer.
    layers : int, default 1
        Cells one above the other.
    steps : int, default 1500
        Optimizer steps.
    batch : int, default 32
        Sequences per step.
    rate : float, default 0.01
        Of Adam; it falls to zero along a cosine.
    memory : int, default 0
        Steps that the units remember when training starts, see `make_network`.
    carry_state : bool, default False
        Whether a batch begins with the final state of the one before, see `fit`.
    seed : int, default 0
        Decides the first parameters and every sequence that is drawn.

    Raises
    ------
    ValueError
        For a field of the wrong kind or out of range, with its name.

    Examples
    --------
    >>> from lstm_edu import tasks
    >>> Run(tasks.CopyMemory(length=5), "gru", units=8, steps=10)
    Run(task=CopyMemory(length=5, items=10, alphabet=8, share=0.95), cell='gru', units=8, layers=1, steps=10, batch=32,
        rate=0.01, memory=0, carry_state=False, seed=0)
    """

    task: tasks.Task
    cell: str | type[Layer]
    units: int
    layers: int = 1
    steps: int = 1500
    batch: int = 32
    rate: float = 1e-2
    memory: int = 0
    carry_state: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        if not isinstance(self.task, tasks.Task):
            raise ValueError(f"task must be a task of lstm_edu.tasks, got {self.task!r}")
        checked = {
            "cell": _name_if_known(self.cell),
            "units": checks.whole("units", self.units),
            "layers": checked_layers(self.layers),
            "steps": checks.whole("steps", self.steps),
            "batch": checks.whole("batch", self.batch),
            "rate": checks.number("rate", self.rate, least=0),
            "memory": checks.whole("memory", self.memory, least=0),
            "seed": checks.whole("seed", self.seed, least=0),
        }
        if not isinstance(self.carry_state, bool):
            raise ValueError(f"carry_state must be True or False, got {self.carry_state!r}")
        if self.carry_state and not hasattr(self.task, "stream"):
            name = type(self.task).__name__
            raise ValueError(f"carry_state=True needs a task with a stream, such as Text; {name} has none")
        for name, value in checked.items():  # plain numbers, whatever they were
            object.__setattr__(self, name, value)

    @property
    def name(self) -> str:
        """What the cell is called in tables and figures."""
        return cell_name(self.cell)

    def network(self) -> nn.Sequential:
        """The network before training.

        Returns
        -------
        Sequential
            A new one, the same every time.
        """
        start = np.random.SeedSequence(self.seed).spawn(3)[0]
        return make_network(self.task, self.cell, self.units, self.layers, memory=self.memory,
                            rng=np.random.default_rng(start))  # fmt: skip

    def to_dict(self) -> dict[str, Any]:
        """The run in plain numbers and strings, as JSON takes them; `from_dict` makes it again.

        Returns
        -------
        dict
            The fields by their names; the task as a dict with its name and settings.

        Raises
        ------
        ValueError
            For a task or a cell without a name, such as a task of a user's own arrays.

        Examples
        --------
        >>> from lstm_edu import tasks
        >>> run = Run(tasks.Adding(length=9), "rnn", units=4)
        >>> run.to_dict()["task"]
        {'name': 'adding', 'length': 9, 'form': '1997', 'tolerance': 0.04, 'share': 0.95}
        >>> Run.from_dict(run.to_dict()) == run
        True
        """
        names = {cls: name for name, cls in tasks.TASKS.items()}
        kind: Any = type(self.task)
        if kind not in names:
            raise ValueError(f"task must be one of lstm_edu.tasks.TASKS to be written down, got {kind.__name__}")
        if not isinstance(self.cell, str):
            raise ValueError(f"cell must have a name to be written down: lstm_edu.register gives {self.name} one")
        settings = {f.name: getattr(self.task, f.name) for f in fields(kind) if f.init}
        others = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "task"}
        return {"task": {"name": names[kind]} | settings} | others

    @classmethod
    def from_dict(cls, values: dict) -> "Run":
        """The run that `to_dict` wrote down.

        Parameters
        ----------
        values : dict
            The fields by their names.

        Returns
        -------
        Run
            An equal one.

        Raises
        ------
        ValueError
            With the name of what is missing, unknown or wrong.
        """
        if not isinstance(values, dict):
            raise ValueError(f"a run must be a dict, got {type(values).__name__}")
        known = {f.name: f.default is MISSING for f in fields(cls)}
        for name in values:
            checks.one_of("field of a run", name, known)
        missing = [name for name, needed in known.items() if needed and name not in values]
        task = values.get("task")
        if missing or not isinstance(task, dict) or not isinstance(task.get("name"), str):
            needs = ", ".join(missing) or "as its task a dict with a name"
            raise ValueError(f"a run must have {needs}, got {values!r}")
        settings = {name: value for name, value in task.items() if name != "name"}
        return cls(**values | {"task": tasks.make(task["name"], **settings)})

    def to_json(self) -> str:
        """The run as one line of JSON.

        Returns
        -------
        str
            What `from_json` takes.

        Raises
        ------
        ValueError
            As `to_dict` does.
        """
        return json.dumps(self.to_dict())

    @classmethod
    def from_json(cls, text: str) -> "Run":
        """The run that `to_json` wrote.

        Parameters
        ----------
        text : str
            One run in JSON.

        Returns
        -------
        Run
            An equal one.

        Raises
        ------
        ValueError
            For anything else.
        """
        try:
            values = json.loads(text)
        except (TypeError, ValueError) as error:
            raise ValueError(f"text must be a run in JSON: {error}") from None
        return cls.from_dict(values)


def _name_if_known(cell: Any) -> Any:
    """The short name of a class, or the class itself where it has none."""
    name = cell_name(cell)
    return name if name in CELLS else cell


@dataclass(frozen=True, eq=False)
class Result:
    """What a Run gave.

    A run that diverged has losses that are NaN and a curve of one row of NaN.

    Parameters
    ----------
    run : Run
        What was trained.
    parameters : int
        How many numbers its network learns.
    train_loss : float
        Mean loss of the last training batches.
    test_loss : float
        Loss on test sequences that no training saw.
    solved : bool
        Whether the task counts as solved on the test sequences.
    steps_to_solve : int or None
        First evaluation at which it did on the validation sequences.
    seconds : float
        Training time.
    curve : History
        The record of the training.
    net : Layer, optional
        The trained network, if it was to be kept.
    failure : str, default ""
        What was not finite, in one line, in a run that diverged.
    """

    run: Run
    parameters: int
    train_loss: float
    test_loss: float
    solved: bool
    steps_to_solve: int | None
    seconds: float
    curve: nn.History
    net: Any = None
    failure: str = ""

    @property
    def row(self) -> dict[str, Any]:
        """The row of a Comparison's table."""
        about = {"cell": self.run.name, "seed": self.run.seed, "units": self.run.units}
        others = ("run", "curve", "net", "failure")
        return about | {f.name: getattr(self, f.name) for f in fields(self) if f.name not in others}


def seed_list(seeds: Any) -> list[int]:
    """The seeds that somebody asks for.

    Parameters
    ----------
    seeds : int or iterable of int
        How many, from 0 on, or which.

    Returns
    -------
    list of int
        Different ones.

    Raises
    ------
    ValueError
        For none, too many, the same one twice, and what is no seed.
    """
    if isinstance(seeds, numbers.Integral) and not isinstance(seeds, bool):
        if int(seeds) > _MOST_SEEDS:
            raise ValueError(f"seeds must be at most {_MOST_SEEDS}, got {seeds}")
        return list(range(checks.whole("seeds", seeds)))
    try:
        found = [checks.whole("seeds", seed, least=0) for seed in seeds]
    except TypeError:
        found = []
    if not found or len(set(found)) < len(found):
        raise ValueError(f"seeds must be a number of at least 1 or a list of different ones, got {seeds!r}")
    return found


def check_sizes(runs: Iterable[Run]) -> None:
    """Look whether this machine has the memory for every network: now, not after hours of the smaller ones.

    Parameters
    ----------
    runs : iterable of Run
        All that are to be made.

    Raises
    ------
    ValueError
        For the first that it has not.
    """
    for cell, inputs, units, layers, outputs, symbols in dict.fromkeys(
        (run.cell, run.task.inputs, run.units, run.layers, run.task.outputs, run.task.symbols) for run in runs
    ):
        check_memory(stack(cell, inputs, units, layers, outputs=outputs, symbols=symbols))


@contextlib.contextmanager
def one_core() -> Iterator[None]:
    """Hold everything inside to one core, this package's kernels and other libraries' products alike.

    The threads of a whole process are bounded, so that one thread of it at a time can be inside.

    Yields
    ------
    None
        Nothing.

    Examples
    --------
    >>> with one_core():
    ...     threads.get_num_threads()
    1
    """
    from threadpoolctl import threadpool_limits

    with _ONE_AT_A_TIME, threadpool_limits(1), threads.limited_to(1):
        yield


def execute(run: Run, keep: bool = False) -> Result:
    """Train and test one network, on one core, so that the rounding is the same wherever it runs.

    Parameters
    ----------
    run : Run
        What to train.
    keep : bool, default False
        Whether the Result holds the network.

    Returns
    -------
    Result
        Also for a run that diverges.

    Raises
    ------
    KeyboardInterrupt
        Where Ctrl-C ended the training.

    Examples
    --------
    >>> from lstm_edu import tasks
    >>> result = execute(Run(tasks.Adding(length=6), "rnn", units=3, steps=5, batch=2))
    >>> result.parameters, result.curve["step"].tolist()
    (22, [1, 2, 3, 4, 5])
    """
    with one_core():
        result, net = _train_and_test(run)
        return replace(result, net=net) if keep else result


def warm_up(run: Run) -> None:
    """Compile what runs of this kind need, or load it: one step, and one test sequence.

    Parameters
    ----------
    run : Run
        One of them. What goes wrong with it is not told here: the run itself will.
    """
    with one_core(), contextlib.suppress(Exception):
        _train_and_test(replace(run, seed=0, steps=1), tests=1)


def kinds(runs: Iterable[Run]) -> list[Run]:
    """One run of each kind that differs in its kernels, the one with the fewest units.

    Which kernels a run needs depends on its cell, its task, whether there is one layer or more, and whether states are
    carried.

    Parameters
    ----------
    runs : iterable of Run
        All of them.

    Returns
    -------
    list of Run
        Some of them.
    """
    found: dict[tuple, Run] = {}
    for run in runs:
        kind = (run.cell, type(run.task), run.layers > 1, run.carry_state)
        if kind not in found or run.units < found[kind].units:
            found[kind] = run
    return list(found.values())


def _train_and_test(run: Run, tests: int = 1000) -> tuple[Result, nn.Sequential]:
    failure = ""
    _, order, test = np.random.SeedSequence(run.seed).spawn(3)
    net = run.network()
    began = time.perf_counter()
    try:
        history = nn.fit(
            net,
            run.task,
            steps=run.steps,
            batch=run.batch,
            optimizer=nn.Adam(run.rate),
            schedule="cosine",
            seed=int(order.generate_state(1)[0]),
            carry_state=run.carry_state,
            progress_bar=False,
        )
        seconds = time.perf_counter() - began
    except FloatingPointError as error:  # it diverged: a result like any other
        failure = " ".join(str(error).split())
        seconds = time.perf_counter() - began
        nothing = pd.DataFrame([dict.fromkeys(nn.History.columns_recorded, np.nan)])
        history = nn.History(nothing.astype({"solved": object}))
        result: dict[str, Any] = {"loss": np.nan, "solved": False}
    else:
        if history.interrupted:  # fit keeps what there is; a comparison of runs cut short would mislead
            raise KeyboardInterrupt
        result = nn.evaluate(net, run.task, tests, rng=np.random.default_rng(test))
    found = Result(
        run=run,
        parameters=net.count_parameters(),
        train_loss=history["train_loss"].iloc[-1],
        test_loss=result["loss"],
        solved=result["solved"],
        steps_to_solve=history.steps_to_solve if np.isfinite(result["loss"]) else None,
        seconds=seconds,
        curve=history,
        failure=failure,
    )
    return found, net
