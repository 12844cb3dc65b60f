"""Threads that do a job for another one, and are quick to begin.

A thread that sleeps takes some 50 microseconds to wake up. So one that has just done a job looks for the next one for a
while, without the GIL, before it goes to sleep; and who waits for a job to end does the same.
"""

import threading
from collections.abc import Callable

import numba
import numpy as np

from . import team

_JOB, _END = 0, 8  # words on two lines of the cache: there is a job; it has ended
_LOOKS = 0 if numba.config.DISABLE_JIT else team.PATIENCE  # as plain Python it would look with the GIL in its hands

_free: list["Helper"] = []
_count = 0


def call(most: int) -> "Helper | None":
    """Find a thread that is free, or start one.

    Parameters
    ----------
    most : int
        How many there may be.

    Returns
    -------
    Helper or None
        None: all are busy, or the interpreter is shutting down.
    """
    global _count
    try:
        return _free.pop()
    except IndexError:
        if _count >= most:
            return None
    try:
        helper = Helper()
    except RuntimeError:  # no thread can be started any more
        return None
    _count += 1
    return helper


def forget() -> None:
    """A child process has none of its parent's threads."""
    global _count
    _free.clear()
    _count = 0


class Helper:
    """A thread that does one job at a time.

    Raises
    ------
    RuntimeError
        If no thread can be started.
    """

    def __init__(self) -> None:
        self._words = np.zeros(16, np.int64)
        self._job: Callable[[], object] | None = None
        self._error: BaseException | None = None
        self._alone = self._asleep = self._waiting = False
        self._wake, self._ended = threading.Lock(), threading.Lock()
        self._wake.acquire()
        self._ended.acquire()
        threading.Thread(target=self._work, name="lstm_edu", daemon=True).start()

    def begin(self, job: Callable[[], object], *, awaited: bool = True) -> None:
        """Let it do a job.

        Parameters
        ----------
        job : callable
            Without arguments.
        awaited : bool, default True
            Whether `end` will be called. False: it is free when the job has ended, and what that raises is lost.
        """
        self._job, self._alone, self._words[_END] = job, not awaited, 0
        self._words[_JOB] = 1
        if self._asleep:
            self._asleep = False
            _release(self._wake)

    def end(self) -> BaseException | None:
        """Wait until the job has ended, whatever happens in between.

        Returns
        -------
        BaseException or None
            What the job raised, or a Ctrl-C that came while waiting.
        """
        interrupt = None
        while not self._words[_END]:
            try:
                if _LOOKS and team.wait(self._words, _END, _LOOKS, 0):
                    break
                self._ended.acquire(blocking=False)  # an old release, if there is one, means nothing
                self._waiting = True
                if not self._words[_END]:
                    self._ended.acquire(timeout=1)
            except BaseException as found:
                interrupt = interrupt or found
            self._waiting = False
        error, self._job, self._error = self._error, None, None
        _free.append(self)
        return error or interrupt

    def _work(self) -> None:
        while True:
            while not self._words[_JOB]:
                # a job is there: who gave it holds the GIL for a few microseconds more
                if _LOOKS and team.wait(self._words, _JOB, _LOOKS, _LOOKS // 50):
                    break
                self._wake.acquire(blocking=False)
                self._asleep = True
                if not self._words[_JOB]:
                    self._wake.acquire()
                self._asleep = False
            self._words[_JOB] = 0
            alone, error = self._alone, None
            try:
                self._job()  # type: ignore[misc]
            except BaseException as found:
                error = found
            if alone:
                _free.append(self)
                continue
            self._error = error
            self._words[_END] = 1
            if self._waiting:
                self._waiting = False
                _release(self._ended)


def _release(lock: threading.Lock) -> None:
    if lock.locked():
        lock.release()
