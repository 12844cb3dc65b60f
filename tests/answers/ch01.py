"""Answers to the exercises of chapter 01: the plain recurrent network."""

from functools import partial

import numpy as np

from answers import Answers


def step_back(dh, h_old, h_new, U, slope=lambda old, new: 1 - new**2, turn=np.transpose, blame="old"):
    delta = dh * slope(h_old, h_new)
    return delta @ turn(U), np.outer(h_old if blame == "old" else h_new, delta)


def backward(dy, x, h, W, U, add=True, new_state=False, future=True):
    dW, dU, db, dh = np.zeros_like(W), np.zeros_like(U), np.zeros(len(U)), np.zeros(len(U))
    for t in reversed(range(len(x))):
        delta = (dy[t] + (dh if future else 0)) * (1 - h[t + 1] ** 2)
        dW = dW + np.outer(x[t], delta) if add else np.outer(x[t], delta)
        dU += np.outer(h[t + 1 if new_state else t], delta)
        db += delta
        dh = delta @ U.T
    return dW, dU, db


def line(units=3, turned=False):
    W, U = np.zeros((1, 4)), np.zeros((4, 4))
    W[0, 3 - units] = 1
    for j in range(3 - units, 3):
        U[j, j + 1] = 1
    return W, U.T if turned else U, np.zeros(4)


EXERCISES = {
    "01.1": Answers(
        right=[lambda x, h, W, U, b: np.tanh(x @ W + h @ U + b)],
        wrong=[
            ("left out", lambda x, h, W, U, b: np.tanh(x @ W + b)),
            ("states are rows", lambda x, h, W, U, b: np.tanh(x @ W + U @ h + b)),
            ("no tanh", lambda x, h, W, U, b: x @ W + h @ U + b),
            ("outside the tanh", lambda x, h, W, U, b: np.tanh(x @ W + h @ U) + b),
            ("shape", lambda x, h, W, U, b: np.tanh(np.outer(x @ W, h))),
        ],
    ),
    "01.2": Answers(
        right=[step_back],
        wrong=[
            ("tanh already", partial(step_back, slope=lambda old, new: 1 - np.tanh(new) ** 2)),
            ("derivative of the tanh left out", partial(step_back, slope=lambda old, new: 1)),
            ("slope at h_old", partial(step_back, slope=lambda old, new: 1 - old**2)),
            ("not transposed", partial(step_back, turn=lambda U: U)),
            ("state before the step", partial(step_back, blame="new")),
        ],
    ),
    "01.3": Answers(
        right=[backward],
        wrong=[  # two bugs are told one after the other
            (
                "dW is what comes out with each step's part written over",
                partial(backward, add=False, new_state=True),
            ),
            ("dU is what comes out with h[t + 1]", partial(backward, new_state=True)),
            ("dh not carried", partial(backward, future=False)),
        ],
    ),
    "01.4": Answers(
        right=[line],
        wrong=[
            ("2 steps before", partial(line, 2)),
            ("always 0", partial(line, turned=True)),
            ("shape (1, 4)", lambda: (np.ones(4), np.zeros((4, 4)), np.zeros(4))),
            ("any delay", lambda: (np.ones((1, 4)), np.full((4, 4), 0.9), np.full(4, 0.1))),
            ("arrays, W, U, b", lambda: np.ones((1, 4))),
        ],
    ),
}
