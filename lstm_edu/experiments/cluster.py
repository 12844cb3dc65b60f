"""The same work on a Dask cluster: connecting to one, or starting one on this machine, and what its workers give.

joblib has a backend for Dask too. It takes the number of workers once, when it begins, while a cluster grows as its
queue lets it; and an item that kills its workers leaves it waiting for ever. So Dask is asked directly.
"""

import contextlib
import logging
import sys
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import CancelledError
from itertools import islice
from pathlib import Path
from typing import Any

from lstm_edu.core import checks, threads
from lstm_edu.core.version import __version__

LOCAL = "local"
_PATIENCE = 5  # seconds for somebody to answer at an address
_AHEAD = 10_000  # items that the scheduler knows of at a time: it takes some kilobytes for each


@contextlib.contextmanager
def connected(dask: str | None, jobs: int | None, items: int) -> Iterator[Any]:
    """A client of a Dask cluster while inside, or None where none is asked for.

    Parameters
    ----------
    dask : str or None
        The address of a scheduler, such as tcp://10.0.0.1:8786; the JSON file that a scheduler wrote for its clients;
        or "local" for a cluster on this machine that ends with the block.
    jobs : int or None
        How many workers a local cluster has; None: one for each core that this process may use.
    items : int
        How much there is to do: it has no more workers than that.

    Yields
    ------
    distributed.Client or None
        With nothing changed for other users of Dask in this process.

    Raises
    ------
    ImportError
        Without Dask.
    ValueError
        For an address at which nobody answers, for workers without this version of lstm_edu, and for `jobs` beside an
        address.
    """
    if dask is None:
        yield None
        return
    if not isinstance(dask, str) or not dask:
        raise ValueError(f"dask must be an address such as tcp://10.0.0.1:8786, or 'local', got {dask!r}")
    if dask != LOCAL and jobs is not None:
        raise ValueError(f"jobs: the cluster at {dask!r} has as many workers as it has; leave jobs out")
    try:
        import distributed
    except ImportError:
        raise ImportError('dask needs Dask: pip install "lstm_edu[cluster]"') from None
    with _quiet(), contextlib.ExitStack() as stack:
        if dask == LOCAL:
            # one thread a worker: a run bounds the threads of its whole process. No limit of memory: Dask would
            # pause and end workers by it, as it does for data that it holds itself.
            place: Any = stack.enter_context(
                distributed.LocalCluster(
                    n_workers=at_a_time(jobs, items), threads_per_worker=1, processes=True,
                    memory_limit=0, dashboard_address=":0", silence_logs=logging.CRITICAL,
                )
            )  # fmt: skip
            client = stack.enter_context(distributed.Client(place, set_as_default=False))
        else:
            client = stack.enter_context(_client(distributed, dask))
            _check_workers(client, dask)
        yield client


def at_a_time(jobs: int | None, items: int) -> int:
    """How many items this machine works on at a time.

    Parameters
    ----------
    jobs : int or None
        What the user said; None: the cores that this process may use.
    items : int
        How many there are.

    Returns
    -------
    int
        At least 1.

    Raises
    ------
    ValueError
        For `jobs` that is no number of at least 1.
    """
    return max(1, min(threads.get_num_threads() if jobs is None else checks.whole("jobs", jobs), items))


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """While inside, Dask does not write to the terminal what is told in our own words."""
    loggers = [logging.getLogger(name) for name in logging.root.manager.loggerDict if name.startswith("distributed")]
    before = {handler: handler.level for logger in loggers for handler in logger.handlers}
    for handler in before:
        handler.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for handler, level in before.items():
            handler.setLevel(level)


def _client(distributed: Any, address: str) -> Any:
    where: dict[str, Any] = {"address": address}
    if address.endswith(".json"):
        if not Path(address).is_file():
            raise ValueError(f"dask: there is no file {address!r} that a scheduler wrote")
        where = {"scheduler_file": address}
    try:
        return distributed.Client(**where, timeout=_PATIENCE, set_as_default=False)
    except (OSError, ValueError, TypeError, KeyError) as error:
        words = " ".join(str(error).split())[:200] or type(error).__name__
        raise ValueError(f"dask: no scheduler answers at {address!r} ({words})") from None


def _check_workers(client: Any, address: str) -> None:
    """Before hours of work: that the workers there are have the same package, and one thread each."""
    try:
        versions = client.run(_version)
    except Exception as error:  # whatever a worker says that has no lstm_edu, or no such file in it
        words = " ".join(str(error).split())[:200]
        raise ValueError(f"dask: the workers at {address!r} can't load lstm_edu {__version__} ({words})") from None
    other = {version for version in versions.values() if version != __version__}
    if other:
        there = ", ".join(sorted(other))
        raise ValueError(f"dask: workers at {address!r} have lstm_edu {there}, here is {__version__}")


def _version() -> str:
    return __version__


def send(client: Any, modules: set[str]) -> None:
    """Give all workers, those to come too, the files of modules that stand alone; packages must be installed there.

    Parameters
    ----------
    client : distributed.Client
        Of the cluster.
    modules : set of str
        Their names.
    """
    for name in sorted(modules):
        file = getattr(sys.modules.get(name), "__file__", None)
        if name != "__main__" and "." not in name and file and Path(file).name == f"{name}.py":
            client.upload_file(file)


def results(
    client: Any, work: Callable, items: Iterable, lost: Callable[[Any, str], Any]
) -> Generator[Any, None, None]:
    """What a function gives for every item, in the order in which workers finish.

    An item whose worker is gone is done by another; Dask counts, and gives up after the fourth. It counts for all that
    a worker had before it, so such an item is tried once more at the end, with nothing beside it.

    Parameters
    ----------
    client : distributed.Client
        Of the cluster.
    work : callable
        A function of a module that the workers can import.
    items : iterable
        What it gets.
    lost : callable
        ``lost(item, why)`` stands for an item that could not be done.

    Yields
    ------
    object
        In no certain order.

    Raises
    ------
    ConnectionError
        When the scheduler is gone.
    """
    from distributed import KilledWorker, as_completed

    waiting, at_work = iter(items), dict[Any, Any]()
    suspects: list[Any] = []
    # with results: they are fetched while this thread is busy with others, and not one after the other
    done = as_completed(loop=client.loop, with_results=True, raise_errors=False)

    def begin(some: Iterable) -> None:
        for item in some:
            future = client.submit(work, item, pure=False)
            at_work[future] = item
            done.add(future)

    begin(islice(waiting, _AHEAD))
    alone = False
    try:
        while at_work or suspects:
            if not at_work:  # each alone now: until here it may have been a neighbour that ended the workers
                alone = True
                begin([suspects.pop()])
            try:
                future, found = next(done)
            except CancelledError:
                raise ConnectionError("the Dask scheduler is gone") from None
            item = at_work.pop(future)
            if future.status in ("cancelled", "lost"):
                raise ConnectionError("the Dask scheduler is gone")
            error = found[1] if future.status == "error" else None
            if isinstance(error, KilledWorker) and not alone:
                suspects.append(item)
            elif isinstance(error, KilledWorker):
                yield lost(item, "the workers that had this run were ended, one after the other, from outside")
            elif error is not None:
                raise error
            else:
                yield found
            begin(islice(waiting, 1))
    finally:
        with contextlib.suppress(Exception):  # the cluster may be what ended this
            client.cancel(list(at_work))
