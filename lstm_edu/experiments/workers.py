"""Work side by side: in this process, in workers that end with it, or on a Dask cluster; one that dies is replaced."""

import contextlib
import importlib.util
import os
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Sequence
from functools import partial
from typing import Any, TypeVar

from lstm_edu.core import Layer, register
from lstm_edu.core.registry import cell_class
from lstm_edu.nn import progress

from . import cluster
from .runs import Result, Run, execute, kinds, warm_up

Item = TypeVar("Item")
Found = TypeVar("Found")
Lost = Callable[[Item, str], Found]  # what stands for an item that no worker lived to finish, and why

_HOME = "lstm_edu."
_MOST_DEATHS = 3  # of workers, with the same item: the last one had nothing else to do
ENDED = "a run was ended from outside, most often for lack of memory: try fewer jobs"
_watched: int | None = None  # the process that this worker ends with


def results_of(runs: list[Run], jobs: int, keep: bool = False, client: Any = None) -> Generator[Result, None, None]:
    """The Result of every run, as they finish. Whatever ends the loop early ends the workers too.

    Parameters
    ----------
    runs : list of Run
        What to train.
    jobs : int
        How many at a time; 1: in this process.
    keep : bool, default False
        Whether the Results hold their networks.
    client : distributed.Client, optional
        Of a Dask cluster, which then does the work.

    Yields
    ------
    Result
        In no certain order, unless `jobs` is 1.

    Raises
    ------
    ValueError
        For a cell that a worker can't import.
    MemoryError
        For a run whose worker was ended from outside, again and again.
    """
    work = partial(execute, keep=keep)
    away = jobs > 1 or client is not None
    yield from side_by_side(with_cells(work, runs, client) if away else work, runs, jobs, client=client)


def side_by_side(
    work: Callable[[Item], Found],
    items: Iterable[Item],
    jobs: int,
    *,
    client: Any = None,
    lost: Lost | None = None,
) -> Generator[Found, None, None]:
    """What a function gives for every item, as it comes. Whatever ends the loop early ends the workers too.

    When a worker is killed, what it had not finished is done anew. An item whose workers die again and again, the last
    time with nothing else beside it, is what kills them.

    Parameters
    ----------
    work : callable
        A function of a module that a worker can import.
    items : iterable
        What it gets, one after the other.
    jobs : int
        How many at a time; 1: in this process.
    client : distributed.Client, optional
        Of a Dask cluster, which then does the work with as many workers as it has.
    lost : callable, optional
        ``lost(item, why)`` gives what stands for an item that kills its workers; None: that ends everything.

    Yields
    ------
    object
        In no certain order, unless `jobs` is 1.

    Raises
    ------
    MemoryError
        For an item that kills its workers.
    """
    lost = _stop if lost is None else lost
    if client is not None:
        yield from cluster.results(client, work, items, lost)
    elif jobs == 1:
        yield from map(work, items)
    else:
        yield from _in_processes(work, list(items), jobs, lost)


def _stop(item: Any, why: str) -> Any:
    raise MemoryError(why)


def _in_processes(
    work: Callable[[Item], Found], items: Sequence[Item], jobs: int, lost: Lost
) -> Generator[Found, None, None]:
    from joblib import Parallel, delayed
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    left, deaths = dict(enumerate(items)), Counter[int]()
    while left:
        # nobody knows which of the items at work ended the workers: suspects go on beside others once, then alone
        together = [k for k in left if deaths[k] < _MOST_DEATHS - 1]
        now = together or [next(iter(left))]
        begun: list[int] = []

        def tasks(now: list[int] = now, begun: list[int] = begun) -> Iterable[Any]:
            for k in now:
                begun.append(k)
                yield delayed(_work)(work, k, items[k], os.getpid())

        # loky by name: what a worker does when its parent ends suits a process that was started here, and no other.
        # One item at a time: in a batch what is finished would wait for the rest, and be lost with it.
        parallel = Parallel(
            max(2, min(jobs, len(now))), "loky", batch_size=1, pre_dispatch="n_jobs", return_as="generator_unordered"
        )
        try:
            with contextlib.closing(parallel(tasks())) as results:
                for k, found in results:
                    del left[k]
                    yield found
        except TerminatedWorkerError:
            deaths.update(k for k in begun if k in left)
            for k in [k for k in left if deaths[k] >= _MOST_DEATHS]:
                yield lost(left.pop(k), ENDED)


def warm(runs: Iterable[Run], away: bool, progress_bar: bool | None) -> None:
    """Compile what runs need, here and once, with a bar: workers then find the machine code on the disk.

    Parameters
    ----------
    runs : iterable of Run
        All that are to come.
    away : bool
        Whether other processes make them. If not, and nobody looks at a bar, they compile for themselves.
    progress_bar : bool or None
        None: in a notebook and at a terminal.
    """
    chosen = kinds(runs)
    with progress.bar(len(chosen), "compile", progress_bar) as bar, progress.ticking(bar):
        for run in chosen if away or not bar.disable else ():
            progress.say(bar, run.name)
            bar.refresh()
            warm_up(run)
            bar.update()


def with_cells(work: Callable[[Run], Found], runs: Iterable[Run], client: Any = None) -> Callable[[Run], Found]:
    """A function that workers call: it knows the cells of these runs that are none of the package's own.

    Parameters
    ----------
    work : callable
        Takes a run.
    runs : iterable of Run
        All of them.
    client : distributed.Client, optional
        Whose workers get the files of these cells.

    Returns
    -------
    callable
        Takes a run.

    Raises
    ------
    ValueError
        For a cell that a worker can't import.
    """
    classes = _own_cells(runs)
    if client is not None:
        cluster.send(client, {cls.__module__ for cls in classes.values()})
    return partial(_knowing, classes, work)


def _own_cells(runs: Iterable[Run]) -> dict[str, type[Layer]]:
    """Name -> class of the cells of these runs that a worker, which knows the package's own, must be told of."""
    every = {run.name: cell_class(run.cell) for run in runs}
    classes = {name: cls for name, cls in every.items() if not cls.__module__.startswith(_HOME)}
    for name, cls in classes.items():
        module = cls.__module__
        if module != "__main__" and (module not in sys.modules or importlib.util.find_spec(module) is None):
            raise ValueError(f"jobs must be 1: the cell {name!r} stands in {module}, which a worker can't import")
    return classes


def _work(work: Callable[[Item], Found], number: int, item: Item, parent: int) -> tuple[int, Found]:
    end_with(parent)
    return number, work(item)


def _knowing(classes: dict[str, type[Layer]], work: Callable[[Run], Found], run: Run) -> Found:
    for name, cls in classes.items():
        register(name)(cls)
    return work(run)


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
