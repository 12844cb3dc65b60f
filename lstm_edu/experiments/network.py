"""The network that an experiment trains: the same around every cell."""

import os

import numpy as np

from lstm_edu import nn
from lstm_edu.cells import CELLS, checks
from lstm_edu.nn.sizes import checked_layers


def make_network(
    task, cell: str = "lstm", units: int = 32, layers: int = 1, *, memory: int = 0, rng=None, dtype=np.float32
):
    """The network that `compare` trains: `layers` of one cell under a Dense layer that gives the task's answer.

    Symbols go through an Embedding of `units` numbers first. `cell`: a name of `lstm_edu.CELLS`.

    `memory`: 0, the cells start with their usual biases; T > 1, each unit starts with a memory of its own length
    between 1 and T steps. Then the biases that keep the state (forget gate, update gate) are log(u) with u uniform in
    [1, T], and those that let something in (input gate) are -log(u). Nothing to set in a plain RNN.
    Source: C. Tallec, Y. Ollivier, Can Recurrent Neural Networks Warp Time?, ICLR 2018, section 2; the LSTM of 1997
    has only the input gate's bias, which its authors set below zero for the same task.

    >>> from lstm_edu import tasks
    >>> make_network(tasks.Adding(), "gru", units=16, layers=2, rng=0).count_parameters()
    2513
    """
    _check_task(task)
    cls = CELLS[checks.one_of("cell", cell, CELLS)]
    rng = checks.generator(rng)
    checks.whole("units", units)
    checks.whole("memory", memory, least=0)
    layers = checked_layers(layers)
    check_memory(cell, units, layers, dtype)
    width, stack = task.inputs, []
    if task.symbols:
        stack.append(nn.Embedding(task.inputs, units, dtype=dtype, rng=rng))
        width = units
    for _ in range(layers):
        biases = _biases(cell, units, memory, rng) if memory > 1 else {}
        stack.append(cls(width, units, dtype=dtype, rng=rng, **biases))
        width = stack[-1].units
    stack.append(nn.Dense(width, task.outputs, steps=task.steps, dtype=dtype, rng=rng))
    return nn.Sequential(stack)


def check_memory(cell, units: int, layers: int, dtype=np.float32) -> None:
    """ValueError where the cells alone would take more memory to train than the machine has: parameters, gradient and
    the two moments of Adam. Without it the process would fill the memory for minutes, until the system ends it.
    """
    numbers = layers * len(CELLS[cell].gate_names) * units * (2 * units + 1)
    needed, there = 4 * numbers * np.dtype(dtype).itemsize, _machine_memory()
    if there is not None and needed > there:
        raise ValueError(
            f"units and layers must fit into memory: {units} units in {layers} layers of {cell} take about "
            f"{needed / 1e9:,.0f} GB to train, this machine has {there / 1e9:,.0f} GB"
        )


def _machine_memory() -> int | None:
    """Bytes, or None where the system doesn't say."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return None


def _check_task(task) -> None:
    needed = ("inputs", "outputs", "symbols", "steps")
    if isinstance(task, type) or not all(hasattr(task, name) for name in needed):
        raise ValueError(f"task must be a task, such as lstm_edu.tasks.make('adding'), got {task!r}")


def _biases(cell, units, memory, rng) -> dict:
    """The biases of a layer whose units remember between 1 and `memory` steps when training starts."""
    keep = np.log(rng.uniform(1, memory, units))
    return {
        "rnn": {},
        "lstm97": {"input_bias": -keep},
        "lstm": {"forget_bias": keep, "input_bias": -keep},
        "peephole": {"forget_bias": keep, "input_bias": -keep},
        "gru": {"update_bias": keep},
    }[cell]
