"""A kernel on slices of the batch, on the package's own threads."""

import os
from concurrent.futures import ThreadPoolExecutor

from . import checks

_ROWS = 4  # slices begin at multiples of the rows that `matmul` takes at once, so results do not depend on the cut
_WORK = 4_000_000  # multiply-adds below which handing over to a thread (about 60 microseconds) costs more than it saves

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


def run(kernel, batch: int, work: int, *args) -> None:
    """Call kernel(*args, n0, n1) so that the slices n0:n1 cover a batch; `work`: multiply-adds of the whole call."""
    threads = get_num_threads() if work >= _WORK else 1
    blocks = -(-batch // _ROWS)
    parts = min(threads, blocks)
    if parts == 1:
        kernel(*args, 0, batch)
        return
    cuts = [min(batch, _ROWS * (blocks * p // parts)) for p in range(parts + 1)]
    others = [_workers(parts - 1).submit(kernel, *args, cuts[p], cuts[p + 1]) for p in range(1, parts)]
    kernel(*args, cuts[0], cuts[1])
    for other in others:
        other.result()


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
