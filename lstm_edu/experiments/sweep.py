"""Many runs, on all cores of this machine or on a cluster, into one table that nothing is lost from."""

import contextlib
import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields, replace
from os import PathLike
from pathlib import Path
from typing import Any

import pandas as pd

from lstm_edu.core import checks
from lstm_edu.core.files import as_path
from lstm_edu.core.version import __version__
from lstm_edu.nn import progress

from . import cluster
from .lines import VERSIONS, versions
from .plan import plan
from .runs import Run, execute, seed_list
from .store import Store, alone, in_one_line
from .workers import side_by_side, warm, with_cells

RESULTS = ("status", "error", "parameters", "train_loss", "test_loss", "solved", "steps_to_solve", "seconds",
           *VERSIONS)  # fmt: skip
_OF_A_RUN = [f.name for f in fields(Run) if f.name != "task"]
_FLOATS = ("train_loss", "test_loss", "seconds")
_WHOLE = ("parameters", "steps_to_solve")
_TELL_EVERY = 60.0  # seconds between two lines of progress where there is no bar

Row = dict[str, Any]


def sweep(
    runs: Mapping[str, Any] | Iterable[Run],
    *,
    seeds: int | Iterable[int] | None = None,
    out: str | PathLike | None = None,
    resume: bool = False,
    jobs: int | None = None,
    dask: str | None = None,
    progress_bar: bool | None = None,
    say: Callable[[str], None] = print,
) -> pd.DataFrame:
    """Make many runs side by side; a row each, written as they end.

    A run that fails or diverges is a row that says so, and a worker process that dies is replaced: neither stops
    anything else. The numbers of a run are the same on any number of workers, here and on a cluster of the same kind of
    processors.

    Parameters
    ----------
    runs : mapping or iterable of Run
        Settings, single, in lists or drawn at random, as `experiments.plan` takes them; or the runs themselves.
    seeds : int or iterable of int, optional
        How many, or which. None: 3 for settings that say nothing of it; for runs the seed that each has.
    out : str or os.PathLike, optional
        A CSV file, to which the row of each run is added as it ends. None: none.
    resume : bool, default False
        Whether the file may be there: runs that it has, with all of their settings and their seed, are not made again;
        those that failed (and did not diverge) are.
    jobs : int, optional
        How many runs at a time, each on one core; None: the cores this process may use. With a local cluster the number
        of its workers.
    dask : str, optional
        The address of a Dask scheduler, or the JSON file that it wrote; the runs go there. "local" starts a cluster on
        this machine for as long as the runs take (in a script that must stand under ``if __name__ == "__main__":``).
    progress_bar : bool or None
        None: in a notebook and at a terminal. Elsewhere a line a minute says how far it is.
    say : callable
        Gets every notice.

    Returns
    -------
    pandas.DataFrame
        A row for each run, in their order: its settings, those of the task as task.NAME; `status`, done, diverged or
        failed; `error`, what went wrong, in one line; what the run gave, as in a Comparison; and the versions it ran
        with.

    Raises
    ------
    ValueError
        For settings that won't do, before anything is trained; for a file that is there, of another layout or version,
        or being written by another process; for a cluster that does not answer.
    KeyboardInterrupt
        With Ctrl-C. Its attribute `finished` is the table of the runs that were finished.

    Examples
    --------
    >>> import lstm_edu as le
    >>> table = le.sweep({"task": "adding", "cell": ["rnn", "gru"], "units": 4, "steps": 5}, seeds=2, jobs=1)
    >>> table[["task", "task.length", "cell", "seed", "status", "parameters"]]
         task  task.length cell  seed status  parameters
    0  adding          100  rnn     0   done          33
    1  adding          100  gru     0   done          89
    2  adding          100  rnn     1   done          33
    3  adding          100  gru     1   done          89
    """
    wanted = _runs(runs, seeds)
    jobs = jobs if jobs is None else checks.whole("jobs", jobs)
    described = [described_run(run) for run in wanted]
    task_columns = dict.fromkeys(name for about in described for name in about if name.startswith("task."))
    columns = ["task", *task_columns, *_OF_A_RUN]
    store = Store(Path() if out is None else as_path(out), columns, RESULTS, ("lstm_edu", __version__))
    found: dict[tuple[str, ...], Row] = {}
    with contextlib.ExitStack() as stack:
        if out is not None:
            store.path.parent.mkdir(parents=True, exist_ok=True)
            stack.enter_context(alone(store.path))
            store.begin(resume, lambda line: line["status"] == "failed", say)
        texts = [{name: in_one_line(value) for name, value in about.items()} for about in described]
        keys = [store.key(line) for line in texts]
        there = {store.key(line): line for line in store.lines}
        missing = [run for run, key in zip(wanted, keys, strict=True) if key not in there]
        if len(missing) < len(wanted):
            say(f"{len(wanted) - len(missing)} of {len(wanted)} runs are there already")
        try:
            for run, row in _made(missing, jobs, dask, progress_bar, say) if missing else ():
                about = described_run(run)
                if out is not None:
                    store.add(about | row)
                found[store.key({name: in_one_line(value) for name, value in about.items()})] = row
        except (KeyboardInterrupt, SystemExit) as stop:
            stop.finished = _table(described, keys, there, found)  # type: ignore[union-attr]
            raise
    return _table(described, keys, there, found)


def described_run(run: Run) -> Row:
    """What stands of a run in a table: the name of its task, the task's settings as task.NAME, and its own fields.

    Parameters
    ----------
    run : Run
        One whose task and cell have names.

    Returns
    -------
    dict
        By column.

    Raises
    ------
    ValueError
        For a task or a cell without a name.
    """
    about = run.to_dict()
    task = about.pop("task")
    return {"task" if name == "name" else f"task.{name}": value for name, value in task.items()} | about


def _runs(runs: Any, seeds: Any) -> list[Run]:
    if isinstance(runs, Mapping):
        return plan(runs, seeds)
    try:
        found = list(runs)
    except TypeError:
        found = [runs]
    for run in found:
        if not isinstance(run, Run):
            raise ValueError(f"runs must be settings by name or a list of Runs, got {run!r}")
    if seeds is not None:
        found = [replace(run, seed=seed) for seed in seed_list(seeds) for run in found]
    if not found:
        raise ValueError("runs must be at least one, got none")
    if len(set(found)) < len(found):
        twice = next(run for run in found if found.count(run) > 1)
        raise ValueError(f"runs must be different ones, got twice {twice!r}")
    return found


def _made(
    runs: list[Run], jobs: int | None, dask: str | None, progress_bar: bool | None, say: Callable[[str], None]
) -> Iterator[tuple[Run, Row]]:
    """What every run gave, as they end, with a bar or a line a minute."""
    with cluster.connected(dask, jobs, len(runs)) as client:
        at_a_time = cluster.at_a_time(jobs, len(runs))
        away = client is not None or at_a_time > 1
        warm(runs, away, progress_bar)
        work = with_cells(made_row, runs, client) if away else made_row
        rows = side_by_side(work, runs, at_a_time, client=client, lost=lost_row)
        with (
            progress.bar(len(runs), "sweep", progress_bar) as bar,
            progress.ticking(bar),
            contextlib.closing(rows) as results,
        ):
            tell = _Teller(len(runs), say if bar.disable and progress_bar is not False else None)
            for run, row in results:
                yield run, row
                words = f"{run.name}, seed {run.seed}: {_in_words(row)}"
                progress.say(bar, words, _in_words(row))
                bar.update()
                tell.one_more()


class _Teller:
    """Says now and then how many runs have ended and how long the rest will take."""

    def __init__(self, total: int, say: Callable[[str], None] | None) -> None:
        self.total, self.done, self.say = total, 0, say
        self.began = self.told = time.monotonic()

    def one_more(self) -> None:
        self.done += 1
        now = time.monotonic()
        if self.say is not None and now - self.told >= _TELL_EVERY and self.done < self.total:
            self.told = now
            left = (now - self.began) / self.done * (self.total - self.done)
            self.say(f"{self.done} of {self.total} runs, about {left / 60:.0f} minutes left")


def _in_words(row: Row) -> str:
    return f"test loss {row['test_loss']:.4g}" if row["status"] == "done" else f"{row['status']}"


def made_row(run: Run) -> tuple[Run, Row]:
    """Make a run. Whatever goes wrong is a row too.

    Parameters
    ----------
    run : Run
        What to train.

    Returns
    -------
    run : Run
        The same.
    row : dict
        What a table says of it beside its settings.
    """
    made_with = dict(zip(VERSIONS, versions(), strict=True))
    try:
        result = execute(run)
    except Exception as error:
        return run, lost_row(run, f"{type(error).__name__}: {error}")[1] | made_with
    row = {name: value for name, value in result.row.items() if name in RESULTS}
    loss = row["test_loss"]
    failure = result.failure or ("" if math.isfinite(loss) else f"test loss is {loss}")
    about = {"status": "diverged" if failure else "done", "error": failure}
    return run, about | {name: _plain(value) for name, value in row.items()} | made_with


def lost_row(run: Run, why: str) -> tuple[Run, Row]:
    """What stands for a run that could not be made.

    Parameters
    ----------
    run : Run
        What was to be trained.
    why : str
        In words.

    Returns
    -------
    run : Run
        The same.
    row : dict
        As `made_row` gives it.
    """
    words = " ".join(why.split())
    nothing = {"train_loss": math.nan, "test_loss": math.nan, "solved": False}
    return run, {"status": "failed", "error": words, "lstm_edu": __version__} | nothing


def _plain(value: Any) -> Any:
    """A number of NumPy's as Python's own, which is written with all of its digits and no type."""
    return value.item() if hasattr(value, "item") else value


def _table(described: list[Row], keys: list, there: dict, found: dict[Any, Row]) -> pd.DataFrame:
    """The rows of the runs that are done, in the order of the runs; numbers from the file and from now are the same."""
    rows = [
        about | {name: _read(name, (found.get(key) or there[key]).get(name)) for name in RESULTS}
        for about, key in zip(described, keys, strict=True)
        if key in found or key in there
    ]
    names = list(dict.fromkeys(name for about in described for name in about))
    return pd.DataFrame(rows, columns=_ordered(names)).astype(dict.fromkeys(_WHOLE, "Int64"))


def _read(name: str, value: Any) -> Any:
    """What stands in a column, made now or read from the file as text: the same in both ways, to the last bit."""
    if name == "solved":
        return value in (True, "True")
    if name in _FLOATS:
        return float("nan" if value in (None, "") else value)
    if name in _WHOLE:
        return None if value in (None, "") else int(value)
    return value or ""


def _ordered(names: list[str]) -> list[str]:
    return ["task", *(name for name in names if name.startswith("task.")), *_OF_A_RUN, *RESULTS]
