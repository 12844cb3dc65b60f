"""φ(x W + b) over all rows at once, and the way back."""

import numpy as np

from lstm_edu.core import memory
from lstm_edu.core.arrays import sigmoid
from lstm_edu.core.parameters import Parameters

ACTIVATIONS = (None, "tanh", "sigmoid", "relu")


def affine(
    rows: np.ndarray, W: np.ndarray, b: np.ndarray, activation: str | None
) -> tuple[np.ndarray, np.ndarray | None]:
    """φ(rows W + b), and once more for the tape where the way back needs it."""
    # One product over all rows: NumPy runs a product of three axes as T small ones.
    y = np.matmul(rows, W, out=memory.empty((len(rows), W.shape[1]), W.dtype))
    y += b
    if activation is None:
        return y, None
    y = activated(y, activation)
    return y, y


def affine_grads(rows: np.ndarray, da: np.ndarray, grads: Parameters) -> None:
    np.matmul(rows.T, da, out=grads["W"].reshape(-1, da.shape[1]))  # a view, whatever the axes of W
    np.add.reduce(da, axis=0, out=grads["b"])


def activated(a: np.ndarray, activation: str | None) -> np.ndarray:
    if activation == "tanh":
        return np.tanh(a, out=a)
    if activation == "sigmoid":
        return sigmoid(a)
    if activation == "relu":
        return np.maximum(a, 0, out=a)
    return a


def through(dy: np.ndarray, y: np.ndarray, activation: str | None) -> np.ndarray:
    """dy taken back through the activation: every slope is a function of y."""
    if activation == "tanh":
        return dy * (1 - y * y)
    if activation == "sigmoid":
        return dy * (y * (1 - y))
    if activation == "relu":
        return dy * (y > 0)
    return dy
