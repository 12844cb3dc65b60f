"""Slices of a batch on the package's own threads."""

import contextlib
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from . import checks

ROWS = 4  # slices of a batch begin at multiples of the rows that `matmul` takes at once: no tile is cut
_WORK = (
    16_000_000  # multiply-adds below which handing over to a thread (about 60 microseconds) costs more than it saves
)

_threads: int | None = None
_pool: ThreadPoolExecutor | None = None


def available_cores() -> int:
    """Count the cores that this process may use.

    Returns
    -------
    int
        At least 1.
    """
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def set_num_threads(n: int | None) -> None:
    """Bound the package's own threads. Results are the same bits for every number of them.

    Parameters
    ----------
    n : int or None
        How many at most; 1: no thread is ever started; None: the default again, which is the environment variable
        LSTM_EDU_NUM_THREADS, and without it the cores that this process may use.

    Raises
    ------
    ValueError
        For anything but a whole number of at least 1.
    """
    global _threads
    _threads = None if n is None else checks.whole("n", n)


@contextlib.contextmanager
def limited_to(n: int) -> Iterator[None]:
    """Bound the package's threads for the time of a with block; the setting before comes back after it.

    Parameters
    ----------
    n : int
        How many at most.

    Yields
    ------
    None
        Nothing.

    Raises
    ------
    ValueError
        For anything but a whole number of at least 1.

    Examples
    --------
    >>> with limited_to(1):
    ...     get_num_threads()
    1
    """
    global _threads
    before, _threads = _threads, checks.whole("n", n)
    try:
        yield
    finally:
        _threads = before


def get_num_threads() -> int:
    """How many threads a kernel may use.

    Returns
    -------
    int
        What `set_num_threads` set, or its default.

    Raises
    ------
    ValueError
        If LSTM_EDU_NUM_THREADS is to be read and is no whole number of at least 1.
    """
    if _threads is not None:
        return _threads
    wish = os.environ.get("LSTM_EDU_NUM_THREADS", "").strip()
    if not wish:
        return available_cores()
    if not wish.isdecimal() or int(wish) < 1:
        raise ValueError(f"LSTM_EDU_NUM_THREADS must be a whole number of at least 1, got {wish!r}")
    return int(wish)


def run(part: Callable[[int, int], None], size: int, work: int, block: int = ROWS) -> None:
    """Do a piece of work in slices, each on a thread of its own; little work is done here, in one piece.

    Parameters
    ----------
    part : callable
        part(first, last) does one slice. The slices cover range(size).
    size : int
        How many there are to cut.
    work : int
        Multiply-adds of all of it.
    block : int
        Slices begin at multiples of this.
    """
    parts = 1 if work < _WORK else min(get_num_threads(), -(-size // block))
    if parts == 1:
        part(0, size)
        return
    blocks = -(-size // block)
    cuts = [min(size, block * (blocks * p // parts)) for p in range(parts + 1)]
    others: list[Future] = []
    try:
        try:
            for p in range(1, parts):
                others.append(_workers(parts - 1).submit(part, cuts[p], cuts[p + 1]))
        except RuntimeError:  # the interpreter is shutting down and starts no threads any more
            _wait_for(others)
            part(0, size)
            return
        part(cuts[0], cuts[1])
    finally:
        _wait_for(others)


def _wait_for(futures: list[Future]) -> None:
    """Nobody may go on while a thread still writes into its slice: an error, or a Ctrl-C, is raised when all ended."""
    error = None
    while futures:
        try:
            futures[-1].result()
        except BaseException as found:  # a Ctrl-C while waiting, or what the slice itself raised
            error = error or found
        if futures[-1].done():
            futures.pop()
    if error is not None:
        raise error


def _workers(n: int) -> ThreadPoolExecutor:
    global _pool
    if _pool is None or _pool._max_workers < n:
        _pool = ThreadPoolExecutor(n, thread_name_prefix="lstm_edu")
    return _pool


def _forget_pool() -> None:
    global _pool
    _pool = None


if hasattr(os, "register_at_fork"):  # pragma: no branch - a child process has none of its parent's threads
    os.register_at_fork(after_in_child=_forget_pool)
