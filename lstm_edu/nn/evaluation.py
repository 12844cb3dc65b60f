"""What a network gives for a batch, and how good that is by the task's own measure."""

import numbers
from collections.abc import Sequence
from typing import Any

import numpy as np

from lstm_edu.core import Layer, checks
from lstm_edu.core.checks import Rng

from . import losses
from .layers import as_array
from .measures import checked_measures, measured


def predict(net: Layer, batch: Any, *, state: tuple | list | None = None, chunk: int = 256) -> np.ndarray:
    """The network's raw output for a batch, computed `chunk` sequences at a time so that memory stays small.

    Parameters
    ----------
    net : Layer
        A network or a single layer.
    batch : Batch
        T steps of B sequences, as `task.sample` gives them; only `x` and `lengths` are looked at.
    state : tuple or None
        As for `net.forward`, for all B sequences. None, or None in place of one of its arrays: zeros.
    chunk : int, default 256
        How many sequences are computed at a time.

    Returns
    -------
    numpy.ndarray
        (T, B, O), or (B, O) from a network that gives its last step alone.

    Raises
    ------
    ValueError
        For anything else than a Batch, and for lengths or a state of another number of sequences.

    Examples
    --------
    >>> import lstm_edu as le
    >>> net = le.Sequential([le.LSTM(2, 8, rng=0), le.Dense(8, 1, steps="last", rng=1)])
    >>> le.predict(net, le.tasks.Adding(length=10).sample(5, rng=0), chunk=2).shape
    (5, 1)
    """
    checked_net(net)
    chunk = checks.whole("chunk", chunk)
    x = as_array("batch.x", _checked_batch(batch).x)
    if x.ndim < 2 or 0 in x.shape:
        raise ValueError(f"batch.x must hold T steps of B sequences, none of them 0, got shape {x.shape}")
    T, B = x.shape[:2]
    lengths = checks.lengths(batch.lengths, T, B)
    _check_state(state, B)
    outputs = []
    for b in range(0, B, chunk):
        part = slice(b, min(b + chunk, B))
        outputs.append(net(x[:, part], _part(state, part), lengths=_part(lengths, part)))
    return outputs[0] if len(outputs) == 1 else np.concatenate(outputs, axis=-2)


def evaluate(
    net: Layer,
    task: Any,
    batch: Any = 1000,
    *,
    rng: Rng = 0,
    split: str = "test",
    measures: Sequence[str] | str = (),
) -> dict[str, Any]:
    """How good the network is at a task.

    Parameters
    ----------
    net : Layer
        A network or a single layer.
    task : Task
        What it should do.
    batch : int or Batch, default 1000
        How many sequences are drawn, or the sequences themselves.
    rng : int, numpy.random.Generator or None, default 0
        What decides which ones are drawn; None: a new seed from the system.
    split : {"train", "valid", "test"}
        Where they are drawn from.
    measures : sequence of str or str, default ()
        More to compute, by the task's loss. Classes: "step_accuracy" (share of the steps that count), "accuracy" (share
        of the sequences right at all of these) and "macro_f1"; a yes or no for each output: the first two, the first of
        them over the outputs too; numbers: "mae", "rmse" (both in the data's units) and "r2".

    Returns
    -------
    dict
        "loss"; "correct", the share of the sequences that count as right; "solved", the task's own verdict; then what
        `measures` names.

    Raises
    ------
    ValueError
        For things of the wrong kind, and for a network whose outputs are not the task's.

    Examples
    --------
    >>> import lstm_edu as le
    >>> net = le.Sequential([le.LSTM(2, 8, rng=0), le.Dense(8, 1, steps="last", rng=1)])
    >>> result = le.evaluate(net, le.tasks.Adding(length=10), 50)
    >>> sorted(result), result["solved"]
    (['correct', 'loss', 'solved'], False)
    >>> sorted(le.evaluate(net, le.tasks.Adding(length=10), 50, measures=["mae", "r2"]))
    ['correct', 'loss', 'mae', 'r2', 'solved']
    """
    checked_net(net)
    checked_task(task)
    measures = checked_measures(measures, task.loss)
    if isinstance(batch, numbers.Number):
        batch = task.sample(checks.whole("batch", batch), rng, split)
    y = predict(net, batch)
    check_output(y, task)
    lengths = lengths_out(net, batch.lengths)
    value, _ = losses.named(task.loss, task.steps)(y, batch.target, lengths=lengths, mask=batch.mask)
    if task.steps == "last" and y.ndim == 3:  # the task expects its one answer per sequence
        last = len(y) - 1 if lengths is None else lengths - 1
        y = y[last, np.arange(y.shape[1])]
    found = {"loss": value, "correct": float(task.correct(y, batch).mean()), "solved": bool(task.solved(y, batch))}
    return found | measured(
        measures, task.loss, y, batch.target, _counted(y, lengths, batch.mask), _target_scaling(task)
    )


def checked_net(net: Any) -> Layer:
    """`net` if it is a layer or a network, else a ValueError."""
    if not isinstance(net, Layer):
        raise ValueError(f"net must be a network or a layer, got {net!r}")
    return net


def checked_task(task: Any) -> Any:
    """`task` if it has what a task has, else a ValueError; this room does not know the tasks themselves."""
    needed = ("sample", "correct", "solved", "loss", "steps", "outputs")
    if isinstance(task, type) or not all(hasattr(task, name) for name in needed):
        raise ValueError(f"task must be a task, such as lstm_edu.tasks.make('adding'), got {task!r}")
    return task


def check_output(y: np.ndarray, task: Any) -> None:
    """ValueError unless there are as many outputs as the task has."""
    if y.shape[-1] != task.outputs:
        raise ValueError(f"net gives {y.shape[-1]} outputs, the task needs {task.outputs}: end it with a Dense of that")


def lengths_out(net: Layer, lengths: Any) -> Any:
    """The lengths of what comes out of `net` where sequences of `lengths` (B,) go in; None for None."""
    return None if lengths is None else net.out_steps(np.asarray(lengths))


def _counted(y: np.ndarray, lengths: Any, mask: Any) -> np.ndarray | None:
    """The steps of y that count, (T, B) bool; None: all, or one a sequence."""
    if y.ndim == 2 or (lengths is None and mask is None):
        return None
    counted = np.ones(y.shape[:2], bool) if mask is None else mask
    return counted if lengths is None else counted & (np.arange(len(y))[:, None] < lengths)


def _target_scaling(task: Any) -> Any:
    return getattr(task.about(), "target", None) if callable(getattr(task, "about", None)) else None


def _checked_batch(batch: Any) -> Any:
    if not all(hasattr(batch, name) for name in ("x", "target", "lengths", "mask")):
        raise ValueError(f"batch must be a Batch, as task.sample() gives it, got {type(batch).__name__}")
    return batch


def _check_state(state: Any, B: int) -> None:
    if isinstance(state, tuple | list):
        for inner in state:
            _check_state(inner, B)
    elif state is not None and np.shape(state)[:1] != (B,):
        raise ValueError(f"state must hold arrays of {B} sequences, got one of shape {np.shape(state)}")


def _part(state: Any, part: slice) -> Any:
    if isinstance(state, tuple | list):
        return tuple(_part(inner, part) for inner in state)
    return None if state is None else state[part]
