"""Runs side by side: in worker processes that end when they are done, and when the process that started them ends."""

import os
import threading
import time

from .runs import execute

_watched = None  # the process that this worker ends with


def results_of(runs, jobs: int):
    """The Result of every run, as they finish, `jobs` at a time. Whatever ends the loop early ends the workers too."""
    if jobs == 1:
        yield from map(execute, runs)
        return
    from joblib import Parallel, delayed
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    # loky by name: what a worker does when its parent ends suits a process that was started here, and no other
    parallel = Parallel(n_jobs=jobs, backend="loky", return_as="generator_unordered")
    try:
        yield from parallel(delayed(_work)(run, os.getpid()) for run in runs)
    except TerminatedWorkerError:
        raise MemoryError("a run was ended from outside, most often for lack of memory: try fewer jobs") from None


def _work(run, parent: int):
    end_with(parent)
    return execute(run)


def end_with(parent: int) -> None:
    """End this process within about a second when its parent process has ended, even by SIGKILL.

    Workers would otherwise finish their run and wait some minutes for the next one. Where the system does not give an
    orphan another parent (Windows), nothing happens.
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
