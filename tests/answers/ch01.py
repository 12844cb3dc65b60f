"""Answers to the exercises of chapter 01: the plain recurrent network."""

from functools import partial

import numpy as np

from answers import Answers
from lstm_edu import course


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


def by_hand(loss, w, step=1e-5, down=1, divided=2, put_back=True):
    found, moved = np.empty(w.shape), w.copy()
    for index in np.ndindex(w.shape):
        moved[index] += step
        up = loss(moved)
        moved[index] -= (1 + down) * step
        found[index] = (up - loss(moved)) / ((1 + down) / 2 * divided * step)
        if put_back:
            moved[index] = w[index]
    return found


def all_at_once(loss, w, step=1e-5):
    return np.full(w.shape, (loss(w + step) - loss(w - step)) / (2 * step))


def forward(x, h0, W, U, b, start=1, squash=np.tanh):
    h = [start * h0]
    for x_t in x:
        h.append(squash(x_t @ W + h[-1] @ U + b))
    return np.array(h[1:]), (x, np.array(h), W, U)


def whole_backward(dy, kept, carry=1, slope=True, turn=np.transpose, at=0, add=True):
    x, h, W, U = kept
    delta, dh = np.empty_like(dy), 0
    for t in reversed(range(len(x))):
        delta[t] = (dy[t] + carry * dh) * (1 - h[t + 1] ** 2 if slope else 1)
        dh = delta[t] @ turn(U)
    parts = delta if add else delta[:1]
    return delta @ W.T, dh, x[: len(parts)].T @ parts, h[at : at + len(dy)].T @ delta, delta.sum(axis=0)


EXERCISES = {
    "01.1": Answers(
        right=[course.numerical_gradient, by_hand],
        wrong=[
            ("one side alone", partial(by_hand, down=0)),
            ("2 * step apart", partial(by_hand, divided=1)),
            ("wrong sign", lambda loss, w, step=1e-5: -by_hand(loss, w, step)),
            ("all numbers moved at once", all_at_once),
            ("put each one back", partial(by_hand, put_back=False)),
            ("shape", lambda loss, w, step=1e-5: by_hand(loss, w, step).ravel()),
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
    "01.5": Answers(
        right=[(forward, whole_backward), (forward, lambda dy, kept: list(whole_backward(dy, kept)))],
        wrong=[
            ("Two functions are asked for", forward),
            ("In forward. Return two things", (lambda *given: forward(*given)[0], whole_backward)),
            ("h0: it is an argument", (partial(forward, start=0), whole_backward)),
            ("no tanh", (partial(forward, squash=np.array), whole_backward)),
            ("dh not carried", (forward, partial(whole_backward, carry=0))),
            ("the slope left out", (forward, partial(whole_backward, slope=False))),
            ("over 1 step. dh0 is what comes out with U not trans", (forward, partial(whole_backward, turn=np.array))),
            ("over 1 step. dU is what comes out with the state after", (forward, partial(whole_backward, at=1))),
            ("dW is what comes out with the part of the first step", (forward, partial(whole_backward, add=False))),
            ("dx is still missing", (forward, lambda dy, kept: (None, *whole_backward(dy, kept)[1:]))),
        ],
    ),
}
