"""Slices of a batch on the package's own threads."""

import contextlib
import os
from concurrent.futures import ThreadPoolExecutor

from . import checks

ROWS = 4  # slices of a batch begin at multiples of the rows that `matmul` takes at once: no tile is cut
_WORK = (
    16_000_000  # multiply-adds below which handing over to a thread (about 60 microseconds) costs more than it saves
)

_threads = None
_pool = None


def available_cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def set_num_threads(n: int | None) -> None:
    """Bound the package's own threads; 1: no thread is ever started; None: the default again.

    The default is the environment variable LSTM_EDU_NUM_THREADS, and without it the cores this process may use.
    Results are the same bits for every number of threads.
    """
    global _threads
    _threads = None if n is None else checks.whole("n", n)


@contextlib.contextmanager
def limited_to(n: int):
    """Bound the package's threads for the time of a with block; the setting before comes back after it."""
    global _threads
    before, _threads = _threads, checks.whole("n", n)
    try:
        yield
    finally:
        _threads = before


def get_num_threads() -> int:
    """How many threads a kernel may use."""
    if _threads is not None:
        return _threads
    wish = os.environ.get("LSTM_EDU_NUM_THREADS", "").strip()
    if not wish:
        return available_cores()
    if not wish.isdecimal() or int(wish) < 1:
        raise ValueError(f"LSTM_EDU_NUM_THREADS must be a whole number of at least 1, got {wish!r}")
    return int(wish)


def run(part, size: int, work: int, block: int = ROWS) -> None:
    """Call part(first, last) so that the slices cover range(size); `work`: multiply-adds of all of it.

    Little work is done here in one piece; else each thread takes one slice. Slices begin at multiples of `block`.
    """
    parts = 1 if work < _WORK else min(get_num_threads(), -(-size // block))
    if parts == 1:
        part(0, size)
        return
    blocks = -(-size // block)
    cuts = [min(size, block * (blocks * p // parts)) for p in range(parts + 1)]
    others = []
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


def _wait_for(futures: list) -> None:
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
