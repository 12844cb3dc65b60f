"""Losses: (y, target) -> one number and its gradient with respect to y.

Means over the steps that count::

    mean_squared_error       mean (y − target)²
    softmax_cross_entropy    mean −log softmax(y)[target]             in nats
    sigmoid_cross_entropy    mean −t log σ(y) − (1 − t) log σ(−y)     in nats

All take what the last layer returns; the cross-entropies take it before any softmax or sigmoid (logits): only so they
stay exact where a probability rounds to 0 or 1.

Source: Bishop, Pattern Recognition and Machine Learning, 2006, eq. 4.90 (sigmoid) and 4.108 (softmax).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from lstm_edu.core import checks
from lstm_edu.core.arrays import sigmoid, softmax

from .layers.parts import STEPS, as_array, last_steps, own_floats


def _outputs(y: Any) -> np.ndarray:
    y = as_array("y", y)
    return own_floats("y", y, ("B", "O") if y.ndim == 2 else ("T", "B", "O"))


def _real(T: int, lengths: np.ndarray) -> np.ndarray:
    return np.arange(T)[:, None] < lengths


def _weights(weight: Any) -> tuple[float, ...] | None:
    """Numbers of at least 0, not all of them 0, as a tuple, so that a loss stays what was checked."""
    if weight is None:
        return None
    try:
        weights = tuple(checks.number("weight", each, least=0) for each in np.asarray(weight).tolist())
    except TypeError:
        raise ValueError(f"weight must be a list of numbers, got {weight!r}") from None
    if not any(weights):
        raise ValueError(f"weight must hold a number above 0, got {weight!r}")
    return weights


@dataclass(frozen=True)
class Loss:
    """What the losses share: which steps count.

    A loss is called, and gives its value and gradient::

        value, dy = loss(y, target, lengths=None, mask=None)

    Parameters
    ----------
    steps : {"all", "last"}
        Which steps count: all, or the last real one of each sequence.

    Raises
    ------
    ValueError
        For another word.

    Notes
    -----
    With `steps` "all" the value is the mean over all steps that count, of all sequences together: a long
    sequence weighs more than a short one. With "last" it is the mean over the last real step of each sequence. Where y
    has several outputs, squared error and sigmoid take the mean over these too.
    """

    steps: str = "all"

    def __post_init__(self) -> None:
        checks.one_of("steps", self.steps, STEPS)

    def __call__(
        self, y: ArrayLike, target: ArrayLike, lengths: ArrayLike | None = None, mask: ArrayLike | None = None
    ) -> tuple[float, np.ndarray]:
        """The loss and its gradient.

        Parameters
        ----------
        y : array_like
            (T, B, O) floats; or (B, O), the last step alone, as `Dense` with `steps` "last" gives it.
        target : array_like
            Like y without the steps that never count: (T, B, O), or (B, O) for `steps` "last"; for classes the same
            without O.
        lengths : array_like or None
            (B,): the first `lengths[b]` steps of sequence b are real; None: all.
        mask : array_like or None
            (T, B) of bool: the steps that count, of those that are real; not for `steps` "last".

        Returns
        -------
        value : float
            Summed in float64. NaN in y gives NaN.
        dy : numpy.ndarray
            Gradient with respect to y, of its shape and type; zero for the steps that do not count, where neither y nor
            target is looked at.

        Raises
        ------
        ValueError
            For wrong shapes, types and targets, and for a mask that leaves no real step.
        """
        y = _outputs(y)
        where = self._where(y, lengths, mask)
        target = as_array("target", target)
        last = y.ndim == 2 or self.steps == "last"
        needed = self._target_shape(y.shape[-2:] if last else y.shape)
        if target.shape != needed:
            raise ValueError(f"target must have shape {needed} for y {y.shape}, got {target.shape}")
        with np.errstate(over="ignore", invalid="ignore"):  # a network that diverged: inf and NaN say so
            if where is None:
                return self._mean(y, target)
            value, dy_where = self._mean(y[where], target if last else target[where])
        dy = np.zeros_like(y)
        dy[where] = dy_where
        return value, dy

    def _where(self, y: np.ndarray, lengths: Any, mask: Any) -> Any:
        """The index of the steps that count, or None for all of y; y[where] is (N, O)."""
        if y.ndim == 2 and lengths is None and mask is None:
            return None
        T = y.shape[0] if y.ndim == 3 else None
        B = y.shape[-2]
        lengths = checks.lengths(lengths, T, B)
        if mask is not None:
            if T is None or self.steps == "last":
                raise ValueError("mask: this loss looks at the last step alone; give lengths to say which that is")
            mask = as_array("mask", mask)
            if mask.shape != (T, B) or mask.dtype != bool:
                raise ValueError(f"mask must be an array of bool of shape ({T}, {B}), got {mask.dtype} {mask.shape}")
            mask = mask if lengths is None else mask & _real(T, lengths)
            if not mask.any():
                raise ValueError("mask must leave at least one real step, got False for all of them")
            return mask
        if T is None:
            return None
        if self.steps == "last":
            return last_steps(lengths, T, B)
        return None if lengths is None else _real(T, lengths)

    def _target_shape(self, shape: tuple) -> tuple:
        return shape

    def _mean(self, y: np.ndarray, target: np.ndarray) -> tuple[float, np.ndarray]:
        """The mean over all of y (..., O), and its gradient."""
        raise NotImplementedError

    def predictions(self, y: ArrayLike) -> np.ndarray:
        """What y says.

        Parameters
        ----------
        y : array_like
            (T, B, O) or (B, O) floats.

        Returns
        -------
        numpy.ndarray
            A value, the probability of each class, or the probability of a 1.
        """
        raise NotImplementedError


@dataclass(frozen=True)
class MeanSquaredError(Loss):
    """Squared error, over steps, sequences and outputs; the target holds floats like y.

    The mean of::

        (y − target)²

    Parameters
    ----------
    steps : {"all", "last"}
        Which steps count: all, or the last real one of each sequence.

    Notes
    -----
    It is called as `loss(y, target, lengths=None, mask=None)` and returns (value, dy).

    Examples
    --------
    >>> loss = MeanSquaredError()
    >>> value, dy = loss(np.array([[[1.0]], [[3.0]]]), np.array([[[0.0]], [[1.0]]]))
    >>> value, dy.ravel()
    (2.5, array([1., 2.]))
    """

    def _mean(self, y: np.ndarray, target: np.ndarray) -> tuple[float, np.ndarray]:
        difference = y - checks.floats("target", target, y.shape, y.dtype)
        wide = difference.astype(np.float64).reshape(-1)
        return float(wide.dot(wide)) / y.size, difference * (2 / y.size)

    def predictions(self, y: ArrayLike) -> np.ndarray:
        """What y says: the value itself.

        Parameters
        ----------
        y : array_like
            (T, B, O) or (B, O) floats.

        Returns
        -------
        numpy.ndarray
            The array y.
        """
        return _outputs(y)


@dataclass(frozen=True)
class SoftmaxCrossEntropy(Loss):
    """Cross-entropy of one class out of several, in nats, over steps and sequences (not over outputs).

    The mean of::

        −log softmax(y)[target]

    Parameters
    ----------
    steps : {"all", "last"}
        Which steps count: all, or the last real one of each sequence.
    weight : sequence of float, optional
        (O,) one weight of at least 0 for each class: the mean is then sum w[target] loss / sum w[target], so that
        weights that are all alike change nothing. None: every target counts the same.

    Raises
    ------
    ValueError
        For another word, and for weights that are not finite or below 0.

    Notes
    -----
    It is called as `loss(y, target, lengths=None, mask=None)` and returns (value, dy). y holds one logit for each of O
    classes, target one whole number in 0 .. O - 1 for each step. A network that knows nothing scores log O.

    Examples
    --------
    >>> value, dy = SoftmaxCrossEntropy("last")(np.zeros((5, 1, 4)), np.array([2]))
    >>> round(value, 6), dy[-1]
    (1.386294, array([[ 0.25, 0.25, -0.75, 0.25]]))
    """

    weight: Sequence[float] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "weight", _weights(self.weight))

    def _target_shape(self, shape: tuple) -> tuple:
        return shape[:-1]

    def _mean(self, y: np.ndarray, target: np.ndarray) -> tuple[float, np.ndarray]:
        target = checks.integers("target", target, y.shape[:-1], y.shape[-1])
        n = target.size
        of_target = np.arange(n), target.reshape(-1)
        shifted = (y - y.max(axis=-1, keepdims=True)).reshape(n, -1)  # softmax does not change, e^x cannot overflow
        e = np.exp(shifted)
        total = e.sum(axis=1, dtype=np.float64)
        if self.weight is not None:
            w = self._shares(target.reshape(-1), y.shape[-1])
            value = w.dot(np.log(total) - shifted[of_target])
            e *= (w / total).astype(y.dtype)[:, None]
            e[of_target] -= w.astype(y.dtype)
            return float(value), e.reshape(y.shape)
        value = np.mean(np.log(total) - shifted[of_target])
        e *= (1 / (total * n)).astype(y.dtype)[:, None]
        e[of_target] -= 1 / n
        return float(value), e.reshape(y.shape)

    def _shares(self, target: np.ndarray, classes: int) -> np.ndarray:
        """The part that each target has in the weighted mean; their sum is 1."""
        weight = np.array(self.weight)
        if weight.size != classes:
            raise ValueError(f"weight must hold one number for each of {classes} classes, got {weight.size}")
        w = weight[target]
        if w.sum() == 0:
            raise ValueError("weight is 0 for every target of this batch: no mean can be taken")
        return w / w.sum()

    def predictions(self, y: ArrayLike) -> np.ndarray:
        """The probability of each class, softmax(y).

        Parameters
        ----------
        y : array_like
            (T, B, O) or (B, O) floats.

        Returns
        -------
        numpy.ndarray
            Shaped like y; the sum over O is 1.
        """
        return softmax(_outputs(y))


@dataclass(frozen=True)
class SigmoidCrossEntropy(Loss):
    """Cross-entropy of yes-or-no questions, in nats, over steps, sequences and outputs.

    The mean of::

        −t log σ(y) − (1 − t) log σ(−y)

    Parameters
    ----------
    steps : {"all", "last"}
        Which steps count: all, or the last real one of each sequence.
    weight : sequence of float, optional
        (O,) for each output the weight, of at least 0, of the first term, that of a yes, where yes is rare; the mean is
        taken as before. None: 1.

    Raises
    ------
    ValueError
        For another word, and for weights that are not finite or below 0.

    Notes
    -----
    It is called as `loss(y, target, lengths=None, mask=None)` and returns (value, dy). Every output is a
    question of its own; y holds logits, the target t floats in 0 .. 1 like y. A network that knows nothing scores log
    2.

    Examples
    --------
    >>> value, dy = SigmoidCrossEntropy()(np.zeros((3, 2)), np.ones((3, 2)))
    >>> round(value, 6)
    0.693147
    """

    weight: Sequence[float] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "weight", _weights(self.weight))

    def _mean(self, y: np.ndarray, target: np.ndarray) -> tuple[float, np.ndarray]:
        target = checks.floats("target", target, y.shape, y.dtype)
        if not (target.min() >= 0 and target.max() <= 1):
            raise ValueError(f"target must lie in 0 .. 1, got values from {target.min()} to {target.max()}")
        if self.weight is not None:
            return self._weighted(y, target)
        # -log σ(y) = max(y, 0) - y + log(1 + e^-|y|), and e^-|y| cannot overflow
        each = np.maximum(y, 0) - y * target + np.log1p(np.exp(-np.abs(y)))
        return float(each.mean(dtype=np.float64)), (sigmoid(y) - target) * (1 / y.size)

    def _weighted(self, y: np.ndarray, target: np.ndarray) -> tuple[float, np.ndarray]:
        weight = np.array(self.weight, y.dtype)
        if weight.size != y.shape[-1]:
            raise ValueError(f"weight must hold one number for each of {y.shape[-1]} outputs, got {weight.size}")
        yes, no, rest = weight * target, 1 - target, np.log1p(np.exp(-np.abs(y)))
        each = yes * (np.maximum(-y, 0) + rest) + no * (np.maximum(y, 0) + rest)
        return float(each.mean(dtype=np.float64)), (no * sigmoid(y) - yes * sigmoid(-y)) * (1 / y.size)

    def predictions(self, y: ArrayLike) -> np.ndarray:
        """The probability of a 1 for each output, σ(y).

        Parameters
        ----------
        y : array_like
            (T, B, O) or (B, O) floats.

        Returns
        -------
        numpy.ndarray
            Shaped like y.
        """
        return sigmoid(_outputs(y))


LOSSES = {
    "mean_squared_error": MeanSquaredError,
    "softmax_cross_entropy": SoftmaxCrossEntropy,
    "sigmoid_cross_entropy": SigmoidCrossEntropy,
}


def named(name: str, steps: str = "all", weight: Sequence[float] | None = None) -> Loss:
    """The loss of that name.

    Parameters
    ----------
    name : str
        One of `LOSSES`.
    steps : {"all", "last"}
        Which steps count.
    weight : sequence of float, optional
        (O,) for each class, or each output, of the cross-entropies.

    Returns
    -------
    Loss
        A new one.

    Raises
    ------
    ValueError
        With the nearest names, for an unknown one, and for weights of a loss that has none.

    Examples
    --------
    >>> named("mean_squared_error", "last")
    MeanSquaredError(steps='last')
    """
    kind = LOSSES[checks.one_of("loss", name, LOSSES)]
    if weight is None:
        return kind(steps)
    if kind is MeanSquaredError:
        raise ValueError("weight: the squared error has no classes to weigh")
    return kind(steps, weight)
