"""Chapter 08: convolution and pooling below an LSTM, softmax above."""

from collections.abc import Callable

import numpy as np

from lstm_edu.course.checker import Wrong, call, exercise, same_array


def _softmax(z: np.ndarray, axis: int = -1) -> np.ndarray:
    e = np.exp(z - z.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


@exercise("08.1", hint="Begin with e to the power of each number, then divide by the sum over the last axis.")
def softmax(answer: Callable) -> str:
    """The softmax over the last axis, for numbers of any size."""
    z = np.random.default_rng(81).normal(size=(5, 3, 4))
    suspects = {
        "the sum over all elements; each row of classes must add up to 1": np.exp(z) / np.exp(z).sum(),
        "the sum over the sequences (axis 1); the classes are the last axis": _softmax(z, 1),
        "the sum over the steps (axis 0); the classes are the last axis": _softmax(z, 0),
        "the exponentials not divided by their sum": np.exp(z),
        "the exponentials of z less its maximum, not yet divided by their sum": np.exp(z - z.max(-1, keepdims=True)),
        "the logarithm of the softmax": np.log(_softmax(z)),
    }
    same_array("the softmax", call(answer, z), _softmax(z), shape="(T, B, K)", suspects=suspects)
    large = np.array([[[1000.0, 1001.0, 0.0]]])
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        got = np.asarray(call(answer, large))
    if not np.isfinite(got).all():
        raise Wrong(
            "For z = (1000, 1001, 0) it is not a number: e to the power of 1000 is too large. "
            "Subtract each row's largest z first; the softmax stays the same."
        )
    same_array("the softmax of large numbers", got, _softmax(large))
    uneven = np.array([[[0.0, 1.0], [2000.0, 2001.0]]])
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        got = np.asarray(call(answer, uneven))
    if not np.allclose(got, _softmax(uneven)):
        raise Wrong("With one row near 0 and one near 2000 it fails: subtract each row's own maximum, not that of all.")
    return "Adding the same number to all logits changes nothing: only differences count."


@exercise(
    "08.2", hint="Begin with p, the softmax of z. Where does the 1 of the right class go, and who shares the mean?"
)
def gradient(answer: Callable) -> str:
    """The gradient of the mean cross-entropy with respect to the logits."""
    rng = np.random.default_rng(82)
    z, y = rng.normal(size=(5, 4)), np.array([3, 0, 1, 1, 2])
    p, hot = _softmax(z), np.eye(4)[y]
    suspects = {
        "the sum over the batch; the loss is the mean, so divide by B": p - hot,
        "the mean over batch and classes; the loss is a mean over the batch alone": (p - hot) / z.size,
        "the wrong sign: it is what the network believes less what is true": (hot - p) / 5,
        "the 1 of the right class left out": p / 5,
        "z in place of its softmax": (z - hot) / 5,
        "the softmax over the batch (axis 0) and not over the classes": (_softmax(z, 0) - hot) / 5,
        "the slope p (1 - p) of a squared error as well; the logarithm has cancelled it": (p - hot) * p * (1 - p) / 5,
    }
    same_array("dz", call(answer, z, y), (p - hot) / 5, shape="(B, K)", suspects=suspects)
    return "Each row adds up to 0: what one class gains, the others lose."


@exercise("08.3", hint="Begin with dx = zeros. In each window, which of the k values made y?")
def pooling(answer: Callable) -> str:
    """The way back through max pooling."""
    x = np.random.default_rng(83).normal(size=(6, 2, 3))
    dy = np.random.default_rng(84).normal(size=(3, 2, 3))
    windows = x.reshape(3, 2, 2, 3)
    first = windows[:, 0] >= windows[:, 1]
    right = np.stack([dy * first, dy * ~first], axis=1)
    suspects = {
        "the gradient given to all members of a window": np.repeat(dy, 2, axis=0),
        "the gradient shared by the members of a window: that is the way back of a mean": np.repeat(dy, 2, axis=0) / 2,
        "the gradient given to the smallest of a window": np.stack([dy * ~first, dy * first], axis=1).reshape(x.shape),
        "the gradient given to the first of each window": np.stack([dy, 0 * dy], axis=1).reshape(x.shape),
        "the gradient given to the last of each window": np.stack([0 * dy, dy], axis=1).reshape(x.shape),
        "the gradient multiplied by x; the slope of a maximum is 1": right.reshape(x.shape) * x,
    }
    same_array("dx", call(answer, dy, x, 2), right.reshape(x.shape), shape="(T, B, D)", suspects=suspects)
    thirds = np.arange(3)[:, None, None] == x.reshape(2, 3, 2, 3).argmax(axis=1)[:, None]
    same_array("dx for k = 3", call(answer, dy[:2], x, 3), (thirds * dy[:2, None]).reshape(x.shape), shape="(T, B, D)")
    return "With k = 2, half of the steps get no gradient at all: what was not the largest did not matter."


@exercise("08.4")
def head(answer: Callable) -> str:
    """From the LSTM's output to one digit for each image."""
    rng = np.random.default_rng(85)
    h, W, b = rng.normal(size=(4, 6, 5)), rng.normal(size=(5, 3)), rng.normal(size=3)
    wanted, p = (h[-1] @ W + b).argmax(axis=1), _softmax(h[-1] @ W + b)
    got = call(answer, h, W, b)
    if not isinstance(got, tuple | list) or len(got) != 2:
        raise Wrong("Return two arrays, the classes (B,) and the probabilities (B, K), as the function did before.")
    last = _softmax(h[:, -1] @ W + b)
    for_p = {
        "the last sequence, h[:, -1]; time is the first axis, so the last step is h[-1]": last,
        "both mistakes still there": _softmax(h[:, -1] @ W + b, 0),
        "the softmax over the batch (axis 0): each image's classes must add up to 1": _softmax(h[-1] @ W + b, 0),
    }
    same_array("the probabilities", got[1], p, shape="(B, K)", suspects=for_p)
    for_class = {"the largest over the batch (axis 0)": p.argmax(axis=0), "the last sequence": last.argmax(axis=1)}
    same_array("the classes", got[0], wanted, shape="(B,)", suspects=for_class)
    return "With B = T the first mistake would not even change a shape: test with sizes that all differ."
