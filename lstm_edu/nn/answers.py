"""What a network's raw output says: numbers in the data's units, classes by name, or probabilities."""

from typing import Any

import numpy as np

from lstm_edu.core import About, checks

from .layers.parts import last_steps
from .losses import LOSSES

OUTPUTS = ("auto", "raw", "values", "classes", "probabilities")

_USUAL = {"mean_squared_error": "values", "softmax_cross_entropy": "classes", "sigmoid_cross_entropy": "classes"}


def kind_of_answer(output: str, about: About | None) -> str:
    """What "auto" means for a network, and any other word if it goes with the network's loss; else a ValueError."""
    checks.one_of("output", output, OUTPUTS)
    loss = None if about is None else about.loss
    if output == "raw" or (output == "auto" and loss is None):
        return "raw"
    if loss is None:
        raise ValueError(
            f"output={output!r}: this network doesn't know what its outputs mean. `fit` on a task teaches it, or set "
            "net.about = lstm_edu.core.About(loss='softmax_cross_entropy', steps='last'); output='raw' needs nothing"
        )
    if output == "auto":
        return _USUAL[loss]
    if (output == "values") != (loss == "mean_squared_error"):
        there = "'values'" if loss == "mean_squared_error" else "'classes', 'probabilities'"
        raise ValueError(f"output={output!r}: this network was trained for {loss}; there are {there} and 'raw'")
    return output


def answers(y: np.ndarray, kind: str, about: Any, lengths: np.ndarray | None) -> tuple[np.ndarray, bool]:
    """The answers in raw outputs, and whether there is one a step.

    Parameters
    ----------
    y : numpy.ndarray
        (T, B, O), or (B, O).
    kind : str
        From `kind_of_answer`.
    about : About or None
        The network's.
    lengths : numpy.ndarray or None
        (B,) of the sequences in y.

    Returns
    -------
    answers : numpy.ndarray
        (T, B, ...), or (B, ...) if there is one a sequence.
    timed : bool
        Whether they begin with T.

    Raises
    ------
    ValueError
        Where there are other classes than outputs.
    """
    if kind == "raw":
        return y, y.ndim == 3
    if y.ndim == 3 and about.steps == "last":
        y = y[last_steps(lengths, *y.shape[:2])]
    timed = y.ndim == 3
    if kind == "values":
        return (y if about.target is None else about.target.undo(y)), timed
    if kind == "probabilities":
        return LOSSES[about.loss]().predictions(y), timed
    if about.loss == "sigmoid_cross_entropy":
        return (y > 0).astype(np.int64), timed
    chosen = y.argmax(axis=-1)
    if about.classes is None:
        return chosen, timed
    if len(about.classes) != y.shape[-1]:
        raise ValueError(f"net.about names {len(about.classes)} classes, the network gives {y.shape[-1]} outputs")
    one_type = len({type(name) for name in about.classes}) == 1  # NumPy would turn 1 beside "a" into "1"
    return np.array(about.classes, None if one_type else object)[chosen], timed
