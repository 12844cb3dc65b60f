"""Labels of any kind, and the whole numbers that a loss counts in."""

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

Label = str | int | float | bool


def are_labels(target: np.ndarray) -> bool:
    """Whether these are names of classes; whole numbers are the classes themselves."""
    return target.dtype.kind in "USObMmVTc"


def numbered(target: np.ndarray, real: np.ndarray | None, classes: Any = None) -> tuple[np.ndarray, tuple[Label, ...]]:
    """Labels as whole numbers.

    Parameters
    ----------
    target : numpy.ndarray
        Labels, of any shape.
    real : numpy.ndarray or None
        Which of them are real, as bool of the same shape; the others may be anything, and become 0. None: all.
    classes : sequence or None
        All labels, in the order of their numbers; None: those that occur, sorted.

    Returns
    -------
    numbers : numpy.ndarray
        int64, of the shape of the labels.
    classes : tuple
        The label of each number, as plain Python values.

    Raises
    ------
    ValueError
        For labels that are missing, of a kind that a file can't keep or of several kinds, and for one that is not
        among the classes.

    Examples
    --------
    >>> numbers, classes = numbered(np.array(["b", "a", "b"]), None)
    >>> numbers, classes
    (array([1, 0, 1]), ('a', 'b'))
    """
    given = target if real is None else target[real]
    found = [_label(value, k) for k, value in enumerate(given.ravel().tolist())]
    kinds = sorted({"number" if type(value) in (int, float) else type(value).__name__ for value in found})
    if len(kinds) > 1:
        raise ValueError(f"target must hold labels of one kind, got {', '.join(kinds)}")
    classes = tuple(sorted(set(found))) if classes is None else checked_classes(classes)
    place = {(isinstance(label, bool), label): k for k, label in enumerate(classes)}
    numbers = np.zeros(target.shape, np.int64)
    try:
        each = [place[isinstance(label, bool), label] for label in found]
    except KeyError as error:
        label = error.args[0][1]
        raise ValueError(f"target must hold labels among the classes {_few(classes)}, got {label!r}") from None
    if real is None:
        numbers.ravel()[:] = each
    else:
        numbers[real] = each
    return numbers, classes


def checked_classes(classes: Any) -> tuple[Label, ...]:
    """`classes` as a tuple of different labels.

    Parameters
    ----------
    classes : sequence
        Labels.

    Returns
    -------
    tuple
        As plain Python values.

    Raises
    ------
    ValueError
        For anything else.
    """
    if isinstance(classes, str) or not isinstance(classes, Iterable):
        raise ValueError(f"classes must be a list of labels, got {classes!r}")
    values = classes.tolist() if isinstance(classes, np.ndarray) else list(classes)
    labels = tuple(_label(value, k, "classes") for k, value in enumerate(values))
    if not labels or len(set(labels)) < len(labels):
        raise ValueError(f"classes must hold at least one label, and each once, got {_few(labels)}")
    return labels


def _label(value: Any, k: int, name: str = "target") -> Label:
    if isinstance(value, np.generic):
        value = value.item()
    if (isinstance(value, float) and value != value) or value is None or type(value).__name__ in ("NAType", "NaTType"):
        raise ValueError(f"{name} must name a class for each sequence or step, got {value!r} at place {k}")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{name} must hold labels that a file can keep, got {value!r}")
    if isinstance(value, bytes):
        raise ValueError(f"{name} must hold text, got bytes, such as {value!r}: .decode() makes text of it")
    if not isinstance(value, Label):
        raise ValueError(f"{name} must hold str, int, float or bool, got {type(value).__name__}: str(label) makes one")
    return value


def _few(labels: tuple) -> str:
    return ", ".join(map(repr, labels[:10])) + (", ..." if len(labels) > 10 else "")
