"""How much each class counts in training: from what a reader writes to one number for each output."""

import numbers
from collections.abc import Mapping
from typing import Any

import numpy as np

from lstm_edu.core import checks

COUNTED = 4096  # sequences that "balanced" looks at, drawn from the training split


def class_weights(class_weight: Any, task: Any, batch: int) -> list[float] | None:
    """The weights of the task's outputs.

    Parameters
    ----------
    class_weight : None, "balanced", mapping, float or array_like
        As for `fit`.
    task : Task
        Knows its loss, and the names of its classes where they have any.
    batch : int
        How many sequences are drawn at a time to count classes.

    Returns
    -------
    list of float or None
        One for each output; None for None.

    Raises
    ------
    ValueError
        For a task without classes, a class that there is not, and another number of weights.
    """
    if class_weight is None:
        return None
    if task.loss == "mean_squared_error":
        raise ValueError("class_weight needs a task with classes; mean_squared_error has none")
    if isinstance(class_weight, str):
        checks.one_of("class_weight", class_weight, ("balanced",))
        return _balanced(task, batch)
    if isinstance(class_weight, Mapping):
        if task.loss == "sigmoid_cross_entropy":
            raise ValueError(
                "class_weight must be the weight of a yes, one number or one for each output, where every output is a "
                f"yes or no (sigmoid_cross_entropy), got {class_weight!r}"
            )
        return _by_name(class_weight, task)
    if isinstance(class_weight, numbers.Real) and task.loss == "sigmoid_cross_entropy":
        class_weight = [class_weight] * task.outputs
    weights = np.asarray(class_weight)
    if weights.shape != (task.outputs,):
        raise ValueError(
            f"class_weight must be 'balanced', or hold one number for each of {task.outputs} outputs, "
            f"got {class_weight!r}"
        )
    return [checks.number("class_weight", each, least=0) for each in weights.tolist()]


def _by_name(class_weight: Mapping, task: Any) -> list[float]:
    names = getattr(task.about(), "classes", None) if callable(getattr(task, "about", None)) else None
    known = list(range(task.outputs)) if names is None else list(names)
    weights = [1.0] * task.outputs
    for name, weight in class_weight.items():
        if name not in known:
            shown = ", ".join(map(repr, known[:20])) + (", ..." if len(known) > 20 else "")
            raise ValueError(f"class_weight: there is no class {name!r}; there are {shown}")
        weights[known.index(name)] = checks.number(f"class_weight[{name!r}]", weight, least=0)
    return weights


def _balanced(task: Any, batch: int) -> list[float]:
    """Weights that make all classes, or yes and no, weigh the same in what the task gives for training."""
    rng = np.random.default_rng(0)
    counted = [_targets(task, task.sample(batch, rng, "train")) for _ in range(-(-COUNTED // batch))]
    targets = np.concatenate(counted)
    if task.loss == "softmax_cross_entropy":
        # a class that was never drawn: as if once
        counts = np.maximum(np.bincount(targets, minlength=task.outputs), 1)
        return (counts.sum() / (task.outputs * counts)).tolist()
    yes = targets.sum(axis=0, dtype=np.float64)
    return ((len(targets) - yes) / np.maximum(yes, 1)).tolist()


def _targets(task: Any, batch: Any) -> np.ndarray:
    """(N,) classes or (N, O) questions of the steps that count."""
    return batch.target if task.steps == "last" else batch.target[batch.counted]
