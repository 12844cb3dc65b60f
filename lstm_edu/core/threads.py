"""Slices of a batch on the package's own threads."""

import contextlib
import functools
import os
from collections.abc import Callable, Iterator

import numba

from . import by_name, checks, helpers, shared, team  # noqa: F401  `shared` makes itself known by name
from .helpers import Helper

ROWS = 4  # slices of a batch begin at multiples of the rows that `matmul` takes at once: no tile is cut
_WORK = 2_000_000  # multiply-adds below which handing over to a thread costs more than it saves

_threads: int | None = None


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


def run(part: Callable[[int, int], None], size: int, work: int, block: int = ROWS, numbers: str = "") -> None:
    """Do a piece of work in slices, each on a thread of its own; little work is done here, in one piece.

    What is too narrow to be cut is done here too, and other threads make a part of each of its products.

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
    numbers : str, default ""
        "float32" or "float64": of which numbers the products are; "": there are none.
    """
    if work < _WORK or (number := get_num_threads()) == 1:
        part(0, size)
        return
    blocks = -(-size // block)
    parts = min(number, blocks)
    if parts == 1:
        if not numbers or numba.config.DISABLE_JIT:
            part(0, size)
        else:  # pragma: no cover
            _with_team(part, size, min(number, team.SLOTS + 1), numbers)
        return
    called: list[Helper] = []
    while len(called) < parts - 1 and (helper := helpers.call(number - 1)) is not None:
        called.append(helper)
    parts = len(called) + 1
    cuts = [min(size, block * (blocks * p // parts)) for p in range(parts + 1)]
    error = None
    try:
        for p, helper in enumerate(called, 1):
            helper.begin(functools.partial(part, cuts[p], cuts[p + 1]))
        part(cuts[0], cuts[1])
    except BaseException as found:
        error = found
    for helper in called:  # nobody may go on while a thread still writes into its slice
        error = helper.end() or error
    if error is not None:
        raise error


def _with_team(part: Callable[[int, int], None], size: int, number: int, numbers: str) -> None:  # pragma: no cover
    """Nobody waits for a thread here: one that comes late finds less to do. Never without the JIT."""
    serve, share = by_name.from_python("serve", numbers), by_name.address("share", numbers)
    for slot in team.absent(number - 1, numbers):
        if (helper := helpers.call(number - 1)) is not None:
            helper.begin(functools.partial(serve, None, slot, team.looks(team.PATIENCE)), awaited=False)
    before = team.use(number - 1, numbers, share)
    try:
        part(0, size)
    finally:
        team.use(before, numbers, share)


if hasattr(os, "register_at_fork"):  # pragma: no branch
    os.register_at_fork(after_in_child=helpers.forget)
