"""Answers to the exercises of chapter 08: a layer among layers."""

from functools import partial

import numpy as np

from answers import Answers


def softmax(z, axis=-1, shift="row"):
    top = {"row": z.max(axis=axis, keepdims=True), "all": z.max(), "none": 0.0}[shift]
    e = np.exp(z - top)
    return e / e.sum(axis=axis, keepdims=True)


def pooled(dy, x, k, give="largest"):
    dx = np.zeros_like(x)
    for t in range(len(dy)):
        window = x[t * k : (t + 1) * k]
        for j in range(k):
            chosen = {
                "largest": window.argmax(0) == j,
                "smallest": window.argmin(0) == j,
                "all": True,
                "last": j == k - 1,
            }
            dx[t * k + j] = dy[t] * chosen[give]
    return dx


def head(h, W, b, last=True, axis=1):
    z = (h[-1] if last else h[:, -1]) @ W + b
    p = softmax(z, axis)
    return p.argmax(axis=1), p


EXERCISES = {
    "08.1": Answers(
        right=[softmax],
        wrong=[
            ("axis 1", partial(softmax, axis=1)),
            ("axis 0", partial(softmax, axis=0)),
            ("Subtract each row's largest", partial(softmax, shift="none")),
            ("not that of all", partial(softmax, shift="all")),
        ],
    ),
    "08.2": Answers(
        right=[lambda z, y: (softmax(z) - np.eye(z.shape[1])[y]) / len(y)],
        wrong=[
            ("divide by B", lambda z, y: softmax(z) - np.eye(4)[y]),
            ("wrong sign", lambda z, y: (np.eye(4)[y] - softmax(z)) / len(y)),
            ("left out", lambda z, y: softmax(z) / len(y)),
            ("over the batch (axis 0)", lambda z, y: (softmax(z, 0) - np.eye(4)[y]) / len(y)),
        ],
    ),
    "08.3": Answers(
        right=[pooled],
        wrong=[
            ("to all members", partial(pooled, give="all")),
            ("to the smallest", partial(pooled, give="smallest")),
            ("to the last", partial(pooled, give="last")),
        ],
    ),
    "08.4": Answers(
        right=[head],
        wrong=[
            ("h[-1]", partial(head, last=False)),
            ("over the batch", partial(head, axis=0)),
            ("both mistakes", partial(head, last=False, axis=0)),
        ],
        hint="From the LSTM's output to one digit for each image.",
    ),
}
