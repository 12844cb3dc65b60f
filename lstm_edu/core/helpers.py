"""Threads that do a job for another one, and are quick to begin.

A thread that sleeps takes some 50 microseconds to wake up. So one that has just done a job looks for the next one for a
while, without the GIL, before it goes to sleep; and who waits for a job to end does the same.
"""

import threading
from collections.abc import Callable

import numpy as np

from . import team

_JOB, _END = 0, 8  # words on two lines of the cache: how many jobs were given, how many have ended
_MOMENT = 4e-6  # seconds that who gives a job holds the GIL afterwards

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
        self._job, self._alone = job, not awaited
        self._words[_JOB] += 1  # one step: what comes before it or after it may be interrupted
        self._rouse()

    def end(self) -> BaseException | None:
        """Wait until the job has ended, whatever happens in between.

        Returns
        -------
        BaseException or None
            What the job raised, or a Ctrl-C that came while waiting.
        """
        interrupt = None
        while self._words[_END] != self._words[_JOB]:
            try:
                self._wait_for_the_end()
            except BaseException as found:
                interrupt = interrupt or found
        error, self._job, self._error = self._error, None, None
        _free.append(self)
        return error or interrupt

    def _wait_for_the_end(self) -> None:
        self._rouse()
        before = self._words[_JOB] - 1
        if self._changed(_END, before, 0.0):
            return
        self._ended.acquire(blocking=False)  # an old release, if there is one, means nothing
        self._waiting = True
        if self._words[_END] == before:  # pragma: no branch - it may end just now
            self._ended.acquire(timeout=1)
        self._waiting = False

    def _rouse(self) -> None:
        if self._asleep:
            self._asleep = False
            _release(self._wake)

    def _changed(self, word: int, before: int, more: float) -> bool:
        """Whether a word changed while somebody looked at it; if so, `more` seconds have passed since."""
        looks = team.looks(team.PATIENCE)
        return looks > 0 and bool(team.wait(self._words, word, before, looks, team.looks(more)))

    def _work(self) -> None:
        jobs = 0
        while True:
            while self._words[_JOB] == jobs:
                if self._changed(_JOB, jobs, _MOMENT):
                    continue  # the word itself decides whether there is a job
                self._wake.acquire(blocking=False)
                self._asleep = True
                if self._words[_JOB] == jobs:  # pragma: no branch - one may come just now
                    self._wake.acquire()
                self._asleep = False
            jobs, alone = jobs + 1, self._alone
            try:
                self._job()  # type: ignore[misc]
                error = None
            except BaseException as found:
                error = found
            self._error = None if alone else error
            self._words[_END] = jobs
            if alone:
                _free.append(self)
            elif self._waiting:
                self._waiting = False
                _release(self._ended)


def _release(lock: threading.Lock) -> None:
    if lock.locked():  # pragma: no branch - it was released before, and nobody has noticed yet
        lock.release()
