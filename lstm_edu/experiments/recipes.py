"""How each task is trained where the caller says nothing else."""

from dataclasses import dataclass

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
