"""Large arrays whose memory is used again: the operating system hands out fresh pages slowly.

A training step needs the same arrays as the step before, and NumPy gives memory of this size back at once. Each page of
it (4 KB) then costs half a microsecond at its next first touch: for an LSTM at T = 100, B = 32, H = 64 a third of the
time of forward and backward. Here the memory of an array that nobody holds any more waits for the next one of its size.
"""

import math
import os
import threading

import numpy as np

SMALL = 65536  # bytes; below that NumPy's own memory comes back fast
MOST = 1 << 26  # bytes that may wait for use, 64 MiB; beyond that the longest waiting go back to the system
ALIGNMENT = 64  # bytes of a cache line: no vector load crosses two

_waiting = []  # buffers that nobody uses, those that came back last at the end
_lock = threading.RLock()  # one thread may meet itself here, when a garbage collection runs inside of it


def empty(shape: tuple, dtype) -> np.ndarray:
    """As `np.empty`: C-contiguous, its values are anything. Large ones begin at a cache line.

    The memory is used again once neither the array nor any view of it is alive.

    >>> empty((100, 32, 64), np.float32).shape
    (100, 32, 64)
    """
    dtype = np.dtype(dtype)
    size = dtype.itemsize * math.prod(shape)
    if size < SMALL:
        return np.empty(shape, dtype)
    return np.asarray(_Loan(_buffer(_size_class(size)), shape, dtype))


def _size_class(size: int) -> int:
    """`size` rounded up by at most an eighth: batches of slightly different lengths use the same memory."""
    step = 1 << max(0, size.bit_length() - 4)
    return -(-size // step) * step


def _buffer(size: int) -> np.ndarray:
    with _lock:
        for k in range(len(_waiting) - 1, -1, -1):  # the last one may still lie in the cache
            if len(_waiting[k]) == size + ALIGNMENT:
                return _waiting.pop(k)
    return np.empty(size + ALIGNMENT, np.uint8)


class _Loan:
    """What an array from `empty` has as its `base`. Views of the array refer to the array, so this dies last."""

    __slots__ = ("__array_interface__", "_buffer")

    def __init__(self, buffer, shape, dtype):
        self._buffer = buffer
        address = buffer.ctypes.data
        address += -address % ALIGNMENT
        self.__array_interface__ = {"shape": shape, "typestr": dtype.str, "data": (address, False), "version": 3}

    def __del__(self):
        if _lock is None:  # pragma: no cover - the interpreter is shutting down
            return
        with _lock:
            _waiting.append(self._buffer)
            while sum(map(len, _waiting)) > MOST:
                del _waiting[0]


def _new_lock() -> None:  # pragma: no cover - in a child process
    global _lock
    _lock = threading.RLock()


if hasattr(os, "register_at_fork"):  # pragma: no branch - another thread of the parent may have held the lock
    os.register_at_fork(after_in_child=_new_lock)
