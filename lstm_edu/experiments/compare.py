"""Which cell learns a task: the same network around every cell, trained from several seeds, side by side."""

import contextlib
from collections.abc import Callable, Iterable, Iterator
from os import PathLike
from typing import Any

import pandas as pd

from lstm_edu import nn, tasks
from lstm_edu.cells import CLASSIC
from lstm_edu.core import Layer, checks
from lstm_edu.core.files import as_path
from lstm_edu.core.registry import cell_class, cell_name
from lstm_edu.nn import progress
from lstm_edu.nn.stack import checked_layers

from . import cluster
from .comparison import Comparison
from .journal import begin, keep
from .recipes import suited
from .runs import Result, Run, check_sizes, seed_list
from .workers import results_of, warm


def compare(
    task: tasks.Task | str,
    *,
    cells: str | type[Layer] | Iterable[str | type[Layer]] = CLASSIC,
    units: int | None = None,
    parameters: int | None = None,
    layers: int = 1,
    steps: int | None = None,
    batch: int | None = None,
    rate: float | None = None,
    memory: int | None = None,
    seeds: int | Iterable[int] = 3,
    jobs: int | None = None,
    dask: str | None = None,
    keep_networks: bool = False,
    journal: str | PathLike | None = None,
    resume: bool = False,
    progress_bar: bool | None = None,
    say: Callable[[str], None] = print,
) -> Comparison:
    """Train the same network around every cell, from every seed.

    Adam trains, clipped at norm 1, with a rate that falls to zero along a cosine.

    Parameters
    ----------
    task : Task or str
        A task of `lstm_edu.tasks`, or its name.
    cells : str, type or iterable of them
        Names of `lstm_edu.CELLS`: rnn, lstm97, lstm, peephole, gru; or classes of cells of one's own.
    units : int, optional
        The size of each recurrent layer, the same for every cell; None: what suits the task.
    parameters : int, optional
        Instead of `units`: every cell gets the number of units whose network learns nearest to so many numbers, the
        layers around the cell included, see `match_parameters`. The table says how many it got.
    layers : int, default 1
        Cells one above the other.
    steps : int, optional
        Optimizer steps; None: what suits the task.
    batch : int, optional
        Sequences per step; None: what suits the task.
    rate : float, optional
        Of Adam; None: what suits the task.
    memory : int, optional
        How many steps the units remember when training starts, see `make_network`; 0: the cells' usual biases; None:
        what suits the task.
    seeds : int or iterable of int, default 3
        How many, or which. A seed decides the first parameters and every sequence drawn, so the cells see the same
        data.
    jobs : int, optional
        How many runs at a time, each on one core; None: the cores this process may use. The result of a run does not
        depend on it.
    dask : str, optional
        The address of a Dask scheduler that the runs go to, or "local", as for `sweep`.
    keep_networks : bool, default False
        Whether the Comparison holds the trained networks, as `networks[cell, seed]`.
    journal : str or os.PathLike, optional
        A file to which every result is added as its run ends, so that what ends this process costs none of them.
    resume : bool, default False
        Whether to go on with that file: runs that it has are not made again. Not with `keep_networks`, which it has
        not. Without, it begins anew.
    progress_bar : bool or None
        None: in a notebook and at a terminal.
    say : callable
        Gets every notice.

    Returns
    -------
    Comparison
        One row per cell and seed.

    Raises
    ------
    ValueError
        For an argument of the wrong kind or out of range, before anything is trained.
    MemoryError
        For a worker process that was ended from outside.
    KeyboardInterrupt
        With Ctrl-C. Its attribute `finished` is the Comparison of the runs that were finished, where there are any;
        `asked` says how many there were to be.

    Examples
    --------
    >>> import lstm_edu as le
    >>> table = le.compare("adding", cells=["rnn", "gru"], units=8, steps=20, seeds=2, jobs=1)
    >>> table[["cell", "seed", "parameters"]]
      cell  seed  parameters
    0  rnn     0          97
    1  rnn     1          97
    2  gru     0         273
    3  gru     1         273
    """
    task = tasks.make(task) if isinstance(task, str) else task
    if not isinstance(task, tasks.Task):
        raise ValueError(f"task must be a task of lstm_edu.tasks or its name, got {type(task).__name__}")
    said = suited(task, units=units, steps=steps, batch=batch, rate=rate, memory=memory)
    cells = _cell_list(cells)
    layers = checked_layers(layers)
    settings: dict[str, Any] = {
        "parameters": None if parameters is None else checks.whole("parameters", parameters),
        "units": _units(task, cells, said["units"], units, parameters, layers),
        "layers": layers,
        "steps": checks.whole("steps", said["steps"]),
        "batch": checks.whole("batch", said["batch"]),
        "rate": checks.number("rate", said["rate"], least=0),
        "memory": checks.whole("memory", said["memory"], least=0),
        "carry_state": said["carry_state"],
    }
    seeds = seed_list(seeds)
    jobs = jobs if jobs is None else checks.whole("jobs", jobs)
    if resume and (journal is None or keep_networks):
        raise ValueError("resume needs a journal, and no keep_networks: a journal holds no networks")

    each = {name: value for name, value in settings.items() if name not in ("parameters", "units")}
    units = settings["units"]
    sizes = units if isinstance(units, dict) else dict.fromkeys(map(cell_name, cells), units)
    runs = [Run(task, cell, sizes[cell_name(cell)], seed=seed, **each) for cell in cells for seed in seeds]
    check_sizes(runs)
    about = settings | {
        "title": _title(task, settings, len(seeds)),
        "task": repr(task),
        "loss": task.loss,
        "baseline": task.baseline,
        "floor": task.floor,
        "solvable": task.solvable,
    }
    path = None if journal is None else as_path(journal)
    there = {} if path is None else begin(path, runs, resume, say)
    results: dict[tuple[str, int], Result] = {(run.name, run.seed): result for run, result in there.items()}
    try:
        for result in _results([run for run in runs if run not in there], jobs, dask, progress_bar, keep_networks):
            try:
                if path is not None:
                    keep(path, result)
            except OSError as error:  # a full disk: what is computed is not lost for that
                say(f"{path} can't be written ({error.strerror}): nothing is kept until the end")
                path = None
            results[result.run.name, result.run.seed] = result
    except (KeyboardInterrupt, SystemExit) as stop:
        stop.finished = _gathered(runs, results, about) if results else None  # type: ignore[union-attr]
        stop.asked = len(runs)  # type: ignore[union-attr]
        raise
    return _gathered(runs, results, about)


def _results(
    runs: list[Run], jobs: int | None, dask: str | None, progress_bar: bool | None, networks: bool
) -> Iterator[Result]:
    """The Result of every run as they finish, with a bar."""
    if not runs:
        return
    what = f"compare {type(runs[0].task).__name__}"
    with cluster.connected(dask, jobs, len(runs)) as client:
        at_a_time = cluster.at_a_time(jobs, len(runs))
        warm(runs, at_a_time > 1 or client is not None, progress_bar)
        with (
            progress.bar(len(runs), what, progress_bar) as bar,
            progress.ticking(bar),
            contextlib.closing(results_of(runs, at_a_time, networks, client)) as results,
        ):
            for result in results:
                yield result
                loss = f"{result.run.name} {result.test_loss:.4g}"
                progress.say(bar, f"{result.run.name}, seed {result.run.seed}: test loss {result.test_loss:.4g}", loss)
                bar.update()


def _gathered(runs: list[Run], results: dict[tuple[str, int], Result], about: dict) -> Comparison:
    """The results in the order of the runs."""
    found = [results[run.name, run.seed] for run in runs if (run.name, run.seed) in results]
    table = pd.DataFrame([result.row for result in found]).astype({"steps_to_solve": "Int64"})
    curves = pd.concat(
        [result.curve.assign(cell=result.run.name, seed=result.run.seed) for result in found], ignore_index=True
    )
    networks = {(result.run.name, result.run.seed): result.net for result in found if result.net is not None}
    return Comparison(table, curves[["cell", "seed", *nn.History.columns_recorded]], about, networks)


def _cell_list(cells: Any) -> list[str | type[Layer]]:
    if isinstance(cells, str | type):
        cells = [cells]
    try:
        cells = list(cells)
    except TypeError:
        raise ValueError(f"cells must be a name of lstm_edu.CELLS or a list of them, got {cells!r}") from None
    cells = [cell if isinstance(cell, str) else cell_class(cell) for cell in cells]
    names = [cell_name(cell) for cell in cells]
    if not names or len(set(names)) < len(names):
        raise ValueError(f"cells must be one or more different names, got {names}")
    return cells


def _units(
    task: tasks.Task, cells: list, said: int, units: int | None, parameters: int | None, layers: int
) -> int | dict[str, int]:
    """One number for all cells, or with a budget of parameters a dict with the number of each."""
    if parameters is None:
        return checks.whole("units", said)
    if units is not None:
        raise ValueError(f"parameters and units: give one of them, the other follows; got {parameters} and {units!r}")
    sizes: dict[str, Any] = {"outputs": task.outputs, "layers": layers, "symbols": task.symbols}
    found = {}
    for cell in cells:
        try:
            found[cell_name(cell)] = nn.match_parameters(cell, task.inputs, budget=parameters, **sizes)
        except ValueError as error:
            raise ValueError(f"parameters: for {cell_name(cell)}, {error}") from None
    return found


def _title(task: Any, settings: dict[str, Any], seeds: int) -> str:
    length = f", length {task.length}" if hasattr(task, "length") else ""
    if settings["parameters"] is None:
        stack, place = f"{settings['units']} units", "in each of"
    else:
        stack, place = f"about {settings['parameters']:,} parameters", "in"
    if settings["layers"] > 1:
        stack += f" {place} {settings['layers']} layers"
    memory = f", initial memory up to {settings['memory']} steps" if settings["memory"] > 1 else ""
    return f"{type(task).__name__}{length}: {stack}{memory}, {seeds} seed{'s' if seeds > 1 else ''}"
