"""What a network can learn: one file per family of tasks, each with a baseline and a rule that says when it is solved.

::

    task = make("adding", length=50)
    batch = task.sample(32, rng=0)         x, target, lengths
    task.baseline, task.floor              what a guess without memory scores; the best that is possible
    task.solved(network(batch.x), batch)
"""

from dataclasses import fields
from typing import Any

from lstm_edu.core import checks

from .adding import Adding
from .arrays import Arrays
from .continual_reber import ContinualReber
from .copy_memory import CopyMemory
from .counting import AnBn, AnBnCn
from .digits import Digits
from .periodic import PeriodicFunction
from .reber import EmbeddedReber
from .series import Series
from .spikes import SpikeDelay, TimedSpikes
from .sunspots import Sunspots
from .task import Batch, Task
from .temporal_order import TemporalOrder
from .text import Text

__all__ = [
    "TASKS",
    "Adding",
    "AnBn",
    "AnBnCn",
    "Arrays",
    "Batch",
    "ContinualReber",
    "CopyMemory",
    "Digits",
    "EmbeddedReber",
    "PeriodicFunction",
    "Series",
    "SpikeDelay",
    "Sunspots",
    "Task",
    "TemporalOrder",
    "Text",
    "TimedSpikes",
    "make",
]

TASKS: dict[str, type[Task]] = {
    "adding": Adding,
    "reber": EmbeddedReber,
    "continual-reber": ContinualReber,
    "temporal-order": TemporalOrder,
    "anbn": AnBn,
    "anbncn": AnBnCn,
    "spike-delay": SpikeDelay,
    "timed-spikes": TimedSpikes,
    "periodic": PeriodicFunction,
    "copy": CopyMemory,
    "text": Text,
    "digits": Digits,
    "sunspots": Sunspots,
}


def make(name: str, **settings: Any) -> Task:
    """Make a task from its name.

    Parameters
    ----------
    name : str
        A name in `TASKS`.
    **settings
        The arguments of its class.

    Returns
    -------
    Task
        The task.

    Raises
    ------
    ValueError
        If there is no such task, or it has no such setting.

    Examples
    --------
    >>> make("adding", length=50)
    Adding(length=50, form='1997', tolerance=0.04, share=0.95)
    """
    task = TASKS[checks.one_of("task", name, TASKS)]
    known = [f.name for f in fields(task) if f.init]  # type: ignore[arg-type]  # each one is a dataclass
    for setting in settings:
        if setting not in known:
            takes = ", ".join(known) or "no settings"
            raise ValueError(f"unknown setting {setting!r}: the task {name!r} takes {takes}")
    return task(**settings)
