"""How each task is trained where the caller says nothing else."""

from dataclasses import dataclass
from typing import Any

from lstm_edu import tasks


@dataclass(frozen=True)
class Recipe:
    """How a task is trained where the caller says nothing else.

    Parameters
    ----------
    steps : int, default 1500
        Optimizer steps.
    batch : int, default 32
        Sequences per step.
    rate : float, default 0.01
        Of Adam.
    units : int, default 32
        H of each layer.
    memory : bool, default False
        Whether the gates start with a memory as long as the task's sequences.
    carry_state : bool, default False
        Whether a batch begins with the final state of the one before.
    """

    steps: int = 1500
    batch: int = 32
    rate: float = 1e-2
    units: int = 32
    memory: bool = False
    carry_state: bool = False


RECIPES: dict[type[tasks.Task], Recipe] = {
    tasks.Adding: Recipe(steps=1000, memory=True),
    tasks.EmbeddedReber: Recipe(steps=1500, units=16),
    tasks.ContinualReber: Recipe(steps=1500, units=16, carry_state=True),
    tasks.AnBn: Recipe(steps=1500, rate=3e-2, units=8),
    tasks.AnBnCn: Recipe(steps=3000, rate=3e-2, units=8),
    tasks.SpikeDelay: Recipe(steps=1000, units=8),
    tasks.TimedSpikes: Recipe(steps=1500, units=8),
    tasks.PeriodicFunction: Recipe(steps=1500, batch=1, units=8),
    tasks.CopyMemory: Recipe(steps=1000),
    tasks.TemporalOrder: Recipe(steps=1000, memory=True),
    tasks.Text: Recipe(steps=1000, units=64, carry_state=True),
    tasks.Digits: Recipe(steps=1000),
    tasks.Sunspots: Recipe(steps=300, units=8),
}


def suited(task: Any, **said: Any) -> dict[str, Any]:
    """The settings of a training: what is said, and for the rest what suits the task.

    Parameters
    ----------
    task : Task
        What is to be learnt.
    **said
        Settings of a Recipe by their names; None counts as not said.

    Returns
    -------
    dict
        units, steps, batch, rate, memory (in steps) and carry_state, not checked.

    Examples
    --------
    >>> suited(tasks.Adding(length=30), units=4, rate=None)
    {'units': 4, 'steps': 1000, 'batch': 32, 'rate': 0.01, 'memory': 30, 'carry_state': False}
    """
    recipe = RECIPES.get(type(task), Recipe())
    usual = {
        "units": recipe.units,
        "steps": recipe.steps,
        "batch": _batch(task, recipe),
        "rate": recipe.rate,
        "memory": task.length if recipe.memory else 0,
        "carry_state": recipe.carry_state,
    }
    return usual | {name: value for name, value in said.items() if value is not None}


def _batch(task: Any, recipe: Recipe) -> int:
    """The recipe's, or as many as a short text can be cut into."""
    most = getattr(task, "most_rows", None)
    return recipe.batch if most is None or not recipe.carry_state else max(1, min(recipe.batch, most()))
