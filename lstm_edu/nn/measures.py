"""Measures beside a task's own: how many answers are right, and by how much numbers are off.

What they are computed from::

    step_accuracy   share of the steps that count whose answer is right        classes, yes or no
    accuracy        share of the sequences that are right at every such step   classes, yes or no
    macro_f1        mean over the classes of 2 tp / (2 tp + fp + fn)           classes
    mae             mean |y − target|                                          numbers, in the data's units
    rmse            √ mean (y − target)²                                       numbers, in the data's units
    r2              1 − Σ (y − target)² / Σ (target − its mean)²               numbers

With one target a sequence and one output the first two are the same. Where a number is undefined (R² of a target that
never changes) the convention is scikit-learn's.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from lstm_edu.core import checks


def confusion_matrix(true: ArrayLike, predicted: ArrayLike, classes: ArrayLike | None = None) -> np.ndarray:
    """How often each class was taken for each: rows are what was true, columns what was predicted.

    Parameters
    ----------
    true : array_like
        (N,) classes, as numbers or names; any other shape is read in its order.
    predicted : array_like
        As many, as `predict` gives them.
    classes : array_like, optional
        (K,) the classes in the order of rows and columns; None: all that occur, sorted.

    Returns
    -------
    numpy.ndarray
        (K, K) of int64; the sum is N.

    Raises
    ------
    ValueError
        For two arrays of different shapes, and where one holds a class that is not in `classes`.

    Examples
    --------
    >>> confusion_matrix(["cat", "dog", "dog", "dog"], ["cat", "dog", "cat", "dog"])
    array([[1, 0],
           [1, 2]])
    """
    t, p, names = _as_numbers(true, predicted, classes)
    return np.bincount(t * len(names) + p, minlength=len(names) ** 2).reshape(len(names), len(names))


def macro_f1(true: ArrayLike, predicted: ArrayLike) -> float:
    """The mean over all classes that occur of F1, 2 tp / (2 tp + fp + fn): each class counts alike, however rare.

    Parameters
    ----------
    true, predicted : array_like
        As for `confusion_matrix`.

    Returns
    -------
    float
        0 .. 1; a class that is never both true and predicted counts 0.

    Raises
    ------
    ValueError
        As `confusion_matrix`.

    Examples
    --------
    >>> round(macro_f1([0, 1, 1, 1], [0, 1, 0, 1]), 4)
    0.7333
    """
    counts = confusion_matrix(true, predicted)
    return float(np.mean(2 * counts.diagonal() / (counts.sum(axis=0) + counts.sum(axis=1))))


def mae(true: ArrayLike, predicted: ArrayLike) -> float:
    """The mean absolute error.

    Parameters
    ----------
    true, predicted : array_like
        Floats of the same shape.

    Returns
    -------
    float
        In their units.

    Examples
    --------
    >>> mae([1.0, 2.0], [1.0, 4.0])
    1.0
    """
    return float(np.abs(_errors(true, predicted)).mean())


def rmse(true: ArrayLike, predicted: ArrayLike) -> float:
    """The root of the mean squared error.

    Parameters
    ----------
    true, predicted : array_like
        Floats of the same shape.

    Returns
    -------
    float
        In their units.

    Examples
    --------
    >>> rmse([1.0, 2.0], [1.0, 4.0]) == 2**0.5
    True
    """
    return float(np.sqrt(np.square(_errors(true, predicted)).mean()))


def r2(true: ArrayLike, predicted: ArrayLike) -> float:
    """The share of the variance that is predicted: 1 is perfect, 0 no better than the mean, below 0 worse.

    Parameters
    ----------
    true, predicted : array_like
        (N, O) or (N,) floats.

    Returns
    -------
    float
        The mean over the O outputs. An output whose target never changes counts 1 if it is met exactly, else 0.

    Examples
    --------
    >>> r2([1.0, 2.0, 3.0], [1.0, 2.0, 4.0])
    0.5
    """
    errors = _errors(true, predicted)
    target = np.asarray(true, np.float64)
    off, spread = np.square(errors).sum(axis=0), np.square(target - target.mean(axis=0)).sum(axis=0)
    still = np.where(off == 0, 1.0, 0.0)
    return float(np.mean(np.where(spread > 0, 1 - off / np.where(spread > 0, spread, 1), still)))


def _as_numbers(true: Any, predicted: Any, classes: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    t, p = np.asarray(true), np.asarray(predicted)
    if t.shape != p.shape or not t.size:
        raise ValueError(f"true and predicted must be of one shape and not empty, got {t.shape} and {p.shape}")
    both = np.concatenate([t.ravel(), p.ravel()])
    names = np.unique(both)
    where = np.searchsorted(names, both)
    if classes is not None:
        order = {name: k for k, name in enumerate(np.asarray(classes).tolist())}
        missing = [name for name in names.tolist() if name not in order]
        if missing:
            raise ValueError(f"classes must hold every class that occurs, got {missing} beside {list(order)}")
        where = np.array([order[name] for name in names.tolist()])[where]
        names = np.array(list(order))
    return where[: t.size], where[t.size :], names


def _errors(true: Any, predicted: Any) -> np.ndarray:
    t, p = np.asarray(true, np.float64), np.asarray(predicted, np.float64)
    if t.shape != p.shape or not t.size:
        raise ValueError(f"true and predicted must be of one shape and not empty, got {t.shape} and {p.shape}")
    return p - t


_OF_NUMBERS: dict[str, Callable[[Any, Any], float]] = {"mae": mae, "rmse": rmse, "r2": r2}
MEASURES = {  # which there are for which loss
    "mean_squared_error": tuple(_OF_NUMBERS),
    "softmax_cross_entropy": ("step_accuracy", "accuracy", "macro_f1"),
    "sigmoid_cross_entropy": ("step_accuracy", "accuracy"),
}


def checked_measures(measures: Sequence[str] | str, loss: str) -> tuple[str, ...]:
    """The names, each once, if all of them are measures for that loss; else a ValueError."""
    names = (measures,) if isinstance(measures, str) else tuple(measures)
    for name in names:
        checks.one_of("measure", name, dict.fromkeys(each for there in MEASURES.values() for each in there))
        if name not in MEASURES[loss]:
            there = ", ".join(MEASURES[loss])
            raise ValueError(f"measure {name!r} does not go with {loss}: for a task with that loss there are {there}")
    return tuple(dict.fromkeys(names))


def measured(
    names: Sequence[str], loss: str, y: np.ndarray, target: np.ndarray, counted: np.ndarray | None, scaling: Any = None
) -> dict[str, float]:
    """Measures of raw outputs.

    Parameters
    ----------
    names : sequence of str
        Of `MEASURES[loss]`.
    loss : str
        What the outputs are.
    y, target : numpy.ndarray
        (T, B, O) outputs, or (B, O), and the targets that the loss takes.
    counted : numpy.ndarray or None
        (T, B) bool, the steps that count; None: everything.
    scaling : Scaling or None
        How the data's units became those of y and target.

    Returns
    -------
    dict
        By name.
    """
    if not names:
        return {}
    if loss == "mean_squared_error":
        if counted is not None:
            y, target = y[counted], target[counted]
        rows = [array.reshape(-1, array.shape[-1]).astype(np.float64) for array in (target, y)]
        if scaling is not None:
            rows = [scaling.undo(array) for array in rows]
        with np.errstate(over="ignore", invalid="ignore"):
            return {name: _OF_NUMBERS[name](*rows) for name in names}
    if loss == "softmax_cross_entropy":
        predicted = np.where(np.isfinite(y).all(axis=-1), y.argmax(axis=-1), -1)  # of a network that diverged: no class
        right = predicted == target
    else:
        right = np.isfinite(y) & ((y > 0) == (target > 0.5))
    if counted is None:
        counted = np.ones(y.shape[:-1], bool)
    answers = right if right.ndim == counted.ndim else right.all(axis=-1)  # of several outputs: all of them
    whole = answers if answers.ndim == 1 else (answers | ~counted).all(axis=0)
    found = {"step_accuracy": float(right[counted].mean()), "accuracy": float(whole.mean())}
    if "macro_f1" in names:
        found["macro_f1"] = macro_f1(target[counted], predicted[counted])
    return {name: found[name] for name in names}
