"""What workers are asked to do in tests; a module of its own, so that they can import it."""

import os
import signal
import time
from pathlib import Path

from lstm_edu.core import cache
from lstm_edu.experiments import execute


def doubled_or_dead(item):
    """Twice the number; 3 ends its process, as a system does that has no memory left."""
    if item == 3:
        die()
    time.sleep(0.05)
    return 2 * item


def doubled_or_dead_once(marker, item):
    """The same, where 3 ends its process the first time alone."""
    if item == 3 and not Path(marker).exists():
        Path(marker).touch()
        die()
    return 2 * item


KILL = getattr(signal, "SIGKILL", signal.SIGTERM)  # Windows has no SIGKILL


def die():
    os.kill(os.getpid(), KILL)


def compiled(run):
    """The process, and the functions that Numba compiled in it for a run: on loading from the disk it tells nothing."""
    from numba.core import event

    with event.install_recorder("numba:compile") as recorder:
        execute(run)
    return os.getpid(), len(recorder.buffer)


def kept():
    """The files of the cache of kernels and when they were written."""
    return {path.name: path.stat().st_mtime_ns for path in cache.FOLDER.iterdir()}
