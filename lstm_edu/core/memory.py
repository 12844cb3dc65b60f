"""Large arrays whose memory is used again: the operating system hands out fresh pages slowly.

A training step needs the same arrays as the step before, and NumPy gives memory of this size back at once. Each page of
it (4 KB) then costs half a microsecond at its next first touch: for an LSTM at T = 100, B = 32, H = 64 a third of the
time of forward and backward. Here the memory of an array that nobody holds any more waits for the next one of its size.

Arrays die anywhere: in a garbage collection, in a signal handler, on another thread, in the middle of a function below.
So nothing here holds a lock, and what happens when one dies is a single operation of the interpreter's own, in C: a
buffer is appended to the pile of its size. No line of Python runs then, which another death could meet half-way, or in
which a Ctrl-C would be raised and lost. Whatever the order of events, a pile holds buffers of one size only.
"""

import itertools
import math
import weakref
from collections import deque

import numpy as np
from numpy.typing import DTypeLike

SMALL = 65536  # bytes; below that NumPy's own memory comes back fast
MOST = 1 << 26  # bytes that may wait for use, 64 MiB of one size, and of all sizes where a new buffer is made
ALIGNMENT = 64  # bytes of a cache line: no vector load crosses two

_piles: dict[int, "_Pile"] = {}  # size -> the buffers of that size that nobody uses
_clock = itertools.count()


def empty(shape: tuple[int, ...], dtype: DTypeLike) -> np.ndarray:
    """As `np.empty`; a large array begins at a cache line, and its memory is used again.

    That happens once neither the array nor any view of it is alive.

    Parameters
    ----------
    shape : tuple of int
        The array's.
    dtype : dtype
        The array's.

    Returns
    -------
    numpy.ndarray
        C-contiguous; its values are anything.

    Examples
    --------
    >>> empty((100, 32, 64), np.float32).shape
    (100, 32, 64)
    """
    dtype = np.dtype(dtype)
    size = dtype.itemsize * math.prod(shape)
    if not SMALL <= size <= MOST:
        return np.empty(shape, dtype)
    return np.asarray(_Loan(*_buffer(_size_class(size)), shape, dtype))


def _size_class(size: int) -> int:
    """`size` rounded up by at most an eighth: batches of slightly different lengths use the same memory."""
    step = 1 << max(0, size.bit_length() - 4)
    return -(-size // step) * step


class _Pile(deque):
    """What came back, the last one at the end: it may still lie in the cache. Beyond `maxlen` the oldest falls out."""

    def __init__(self, size: int) -> None:
        super().__init__(maxlen=max(1, MOST // size))
        self.size = size
        self.used = 0  # when a buffer of this size was last asked for


def _buffer(size: int) -> tuple[np.ndarray, _Pile]:
    """A buffer for `size` bytes, and the pile to which it will come back."""
    pile = _piles.get(size)
    if pile is None:
        pile = _piles.setdefault(size, _Pile(size))  # another thread may have been faster
    pile.used = next(_clock)
    try:
        return pile.pop().buffer, pile
    except (IndexError, AttributeError):  # nothing waits; or a Ctrl-C came between the last two lines of _Loan
        _make_room()
        return np.empty(size + ALIGNMENT, np.uint8), pile


def _make_room() -> None:
    """Give back to the system what is too much, of the sizes that were not asked for in the longest time."""
    piles = sorted(list(_piles.values()), key=lambda pile: pile.used)  # noqa: C414 - a dict may grow meanwhile
    excess = sum(pile.size * len(pile) for pile in piles) - MOST
    for pile in piles:
        while excess > 0:
            try:
                pile.popleft()
            except IndexError:  # empty
                break
            excess -= pile.size


class _Return(weakref.ref):
    """Dies last of all that belongs to an array: the interpreter then calls the append of its pile with it."""

    __slots__ = ("buffer",)

    buffer: np.ndarray


class _Loan:
    """What an array from `empty` has as its `base`. Views of the array refer to the array, so this dies last."""

    __slots__ = ("__array_interface__", "__weakref__", "_return")

    def __init__(self, buffer: np.ndarray, pile: _Pile, shape: tuple, dtype: np.dtype) -> None:
        address = buffer.ctypes.data
        address += -address % ALIGNMENT
        self.__array_interface__ = {"shape": shape, "typestr": dtype.str, "data": (address, False), "version": 3}
        self._return = _Return(self, pile.append)
        self._return.buffer = buffer
