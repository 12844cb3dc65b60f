"""What a network gives for a batch, and how good that is by the task's own measure."""

import numbers
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from lstm_edu.core import Layer, checks
from lstm_edu.core.checks import Rng

from . import losses
from .answers import answers, kind_of_answer
from .layers.parts import as_array
from .measures import checked_measures, measured
from .plain import plain


def predict(
    net: Layer,
    x: Any,
    *,
    state: tuple | list | None = None,
    chunk: int = 256,
    lengths: ArrayLike | None = None,
    batch_first: bool = False,
    output: str = "auto",
) -> Any:
    """What the network gives for sequences: numbers, classes or probabilities for plain arrays, raw for a Batch.

    Parameters
    ----------
    net : Layer
        A network or a single layer. Its `about` knows what its numbers mean, once it was trained by `fit` or loaded.
    x : Batch or array_like or list of array_like
        A Batch, as `task.sample` gives it; only its `x` and `lengths` are looked at. Or plain floats: (T, N, D), T
        steps of N sequences with D inputs; (T, D), one sequence; a list of arrays (T_n, D), sequences of any lengths.
        Where the inputs are symbols, whole numbers without the last axis.
    state : tuple or None
        As for `net.forward`, for all sequences. None, or None in place of one of its arrays: zeros.
    chunk : int, default 256
        How many sequences are computed at a time, so that memory stays small.
    lengths : array_like or None
        (N,) for a plain array: how many steps of each sequence are real; None: all.
    batch_first : bool, default False
        Whether a plain array is (N, T, D); what comes back with T then is (N, T, ...) as well.
    output : {"auto", "raw", "values", "classes", "probabilities"}
        What comes back. "auto": raw for a Batch and for a network that doesn't know its loss; else what it was trained
        for: values for squared error, classes for the cross-entropies.

    Returns
    -------
    numpy.ndarray or list of numpy.ndarray
        "raw": (T, N, O), or (N, O) from a network that gives its last step alone. "values": the same in the data's
        units. "probabilities": of each class, or of a yes for each output. "classes": the names of the classes, or
        their numbers where they have none, without the axis O; for yes or no 0 and 1, with it. But for "raw" there is
        one answer a sequence where the network was trained for one. For one sequence N is left out; for a list of
        sequences, answers at each step are a list of arrays (T_n, ...).

    Raises
    ------
    ValueError
        For another shape or type, for lengths or a state of another number of sequences, and for an `output` that the
        network was not trained for.

    Notes
    -----
    Plain arrays are in the data's units: where the network knows a scaling of its inputs (`net.about.inputs`) it is
    applied to them. A Batch comes from the task, which has scaled it already; nothing is applied to it.

    Examples
    --------
    >>> import lstm_edu as le
    >>> net = le.Sequential([le.LSTM(2, 8, rng=0), le.Dense(8, 3, steps="last", rng=1)])
    >>> le.predict(net, le.tasks.Adding(length=10).sample(5, rng=0), chunk=2).shape
    (5, 3)
    >>> net.about = le.core.About(loss="softmax_cross_entropy", steps="last", classes=["up", "down", "still"])
    >>> sequences = [np.ones((7, 2)), np.zeros((4, 2))]
    >>> le.predict(net, sequences).shape, le.predict(net, sequences, output="probabilities").shape
    ((2,), (2, 3))
    """
    checked_net(net)
    chunk = checks.whole("chunk", chunk)
    if _is_batch(x):
        if lengths is not None or batch_first:
            raise ValueError("lengths and batch_first are for plain arrays; a Batch has its lengths, and time first")
        kind = kind_of_answer("raw" if output == "auto" else output, net.about)
        y, real = _outputs(net, as_array("batch.x", x.x), x.lengths, state, chunk)
        return answers(y, kind, net.about, real)[0]
    kind = kind_of_answer(output, net.about)
    given = plain(net, x, lengths, batch_first)
    y, real = _outputs(net, given.x, given.lengths, state, chunk)
    said, timed = answers(y, kind, net.about, real)
    return given.given_back(said, timed, real)


def _outputs(net: Layer, x: np.ndarray, lengths: Any, state: Any, chunk: int) -> tuple[np.ndarray, Any]:
    """The raw outputs, and the lengths of what came out."""
    if x.ndim < 2 or 0 in x.shape:
        raise ValueError(f"batch.x must hold T steps of B sequences, none of them 0, got shape {x.shape}")
    T, B = x.shape[:2]
    lengths = checks.lengths(lengths, T, B)
    _check_state(state, B)
    outputs = []
    for b in range(0, B, chunk):
        part = slice(b, min(b + chunk, B))
        outputs.append(net(x[:, part], _part(state, part), lengths=_part(lengths, part)))
    y = outputs[0] if len(outputs) == 1 else np.concatenate(outputs, axis=-2)
    return y, lengths_out(net, lengths)


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
    if not _is_batch(batch):
        raise ValueError(f"batch must be a Batch, as task.sample() gives it, got {type(batch).__name__}")
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
        if isinstance(task, tuple | list | np.ndarray):
            raise ValueError(
                "task must be a task, got arrays: lstm_edu.tasks.Arrays(x, target, loss=..., steps=..., valid=0.2) "
                "makes one of them, and keeps a share (here 0.2) for validation"
            )
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


def _is_batch(batch: Any) -> bool:
    return all(hasattr(batch, name) for name in ("x", "target", "lengths", "mask"))


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
