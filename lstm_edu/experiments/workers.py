"""Runs side by side: in worker processes that end when they are done, and when the process that started them ends."""

import importlib.util
import os
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterable
from functools import partial
from typing import TypeVar

from lstm_edu.core import Layer, register
from lstm_edu.core.registry import cell_class

from .runs import Result, Run, execute

Item = TypeVar("Item")
Found = TypeVar("Found")

_HOME = "lstm_edu."
_watched: int | None = None  # the process that this worker ends with


def results_of(runs: list[Run], jobs: int, keep: bool = False) -> Generator[Result, None, None]:
    """The Result of every run, as they finish. Whatever ends the loop early ends the workers too.

    Parameters
    ----------
    runs : list of Run
        What to train.
    jobs : int
        How many at a time; 1: in this process.
    keep : bool, default False
        Whether the Results hold their networks.

    Yields
    ------
    Result
        In no certain order, unless `jobs` is 1.

    Raises
    ------
    ValueError
        For a cell that a worker can't import.
    MemoryError
        For a worker that was ended from outside.
    """
    if jobs == 1:
        yield from map(partial(execute, keep=keep), runs)
    else:
        yield from side_by_side(partial(_knowing, _own_cells(runs), keep), runs, jobs)


def side_by_side(work: Callable[[Item], Found], items: Iterable[Item], jobs: int) -> Generator[Found, None, None]:
    """What a function gives for every item, as it comes. Whatever ends the loop early ends the workers too.

    Parameters
    ----------
    work : callable
        A function of a module that a worker can import.
    items : iterable
        What it gets, one after the other.
    jobs : int
        How many at a time; 1: in this process.

    Yields
    ------
    object
        In no certain order, unless `jobs` is 1.

    Raises
    ------
    MemoryError
        For a worker that was ended from outside.
    """
    if jobs == 1:
        yield from map(work, items)
        return
    from joblib import Parallel, delayed
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    # loky by name: what a worker does when its parent ends suits a process that was started here, and no other
    parallel = Parallel(n_jobs=jobs, backend="loky", return_as="generator_unordered")
    try:
        yield from parallel(delayed(_work)(work, item, os.getpid()) for item in items)
    except TerminatedWorkerError:
        raise MemoryError("a run was ended from outside, most often for lack of memory: try fewer jobs") from None


def _own_cells(runs: list[Run]) -> dict[str, type[Layer]]:
    """Name -> class of the cells of these runs that a worker, which knows the package's own, must be told of."""
    classes = {run.name: cell_class(run.cell) for run in runs if not cell_class(run.cell).__module__.startswith(_HOME)}
    for name, cls in classes.items():
        module = cls.__module__
        if module != "__main__" and (module not in sys.modules or importlib.util.find_spec(module) is None):
            raise ValueError(f"jobs must be 1: the cell {name!r} stands in {module}, which a worker can't import")
    return classes


def _work(work: Callable[[Item], Found], item: Item, parent: int) -> Found:
    end_with(parent)
    return work(item)


def _knowing(classes: dict[str, type[Layer]], keep: bool, run: Run) -> Result:
    for name, cls in classes.items():
        register(name)(cls)
    return execute(run, keep=keep)


def end_with(parent: int) -> None:
    """End this process within about a second when its parent process has ended, even by SIGKILL.

    Workers would otherwise finish their run and wait some minutes for the next one. Where the system does not give an
    orphan another parent (Windows), nothing happens.

    Parameters
    ----------
    parent : int
        Its process id.
    """
    global _watched
    if parent in (_watched, os.getpid()):
        return
    _watched = parent
    threading.Thread(target=_wait_for_the_end, args=(parent,), name="lstm_edu parent", daemon=True).start()


def _wait_for_the_end(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)  # no clean-up: its queues lead to a process that is gone
