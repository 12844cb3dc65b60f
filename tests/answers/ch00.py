"""Answers to the exercises of chapter 00: shapes, parameters, one step of a memory."""

import numpy as np
from reference import sigmoid

from answers import Answers

EXERCISES = {
    "00.1": Answers(
        right=[lambda T, B, D, H: ((T, B, D), (T, B, H), (B, H))],
        wrong=[
            ("batch first", lambda T, B, D, H: ((B, T, D), (T, B, H), (B, H))),
            ("no axis of time", lambda T, B, D, H: ((T, B, D), (T, B, H), (T, B, H))),
            ("one number for each unit", lambda T, B, D, H: ((T, B, D), (T, B, D), (B, H))),
            ("three tuples", lambda T, B, D, H: (T, B, D)),
        ],
    ),
    "00.2": Answers(
        right=[lambda D, H: 4 * H * (D + H + 1)],
        wrong=[
            ("one gate alone", lambda D, H: H * (D + H + 1)),
            ("two biases", lambda D, H: 4 * H * (D + H + 2)),
            ("no biases", lambda D, H: 4 * H * (D + H)),
        ],
    ),
    "00.3": Answers(
        right=[lambda c, i, f, g: sigmoid(f) * c + sigmoid(i) * np.tanh(g)],
        wrong=[
            ("exchanged", lambda c, i, f, g: sigmoid(i) * c + sigmoid(f) * np.tanh(g)),
            ("cell of 1997", lambda c, i, f, g: c + sigmoid(i) * np.tanh(g)),
            ("no sigmoid", lambda c, i, f, g: f * c + i * np.tanh(g)),
        ],
    ),
    "00.4": Answers(
        right=[lambda y: y[-1]],
        wrong=[
            ("last sequence at all steps", lambda y: y[:, -1]),
            ("the first step", lambda y: y[0]),
            ("mean over time", lambda y: y.mean(axis=0)),
        ],
    ),
}
