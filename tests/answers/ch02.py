"""Answers to the exercises of chapter 02: why it forgets."""

import numpy as np

from answers import Answers


def right_clip(grads, threshold):
    norm = np.sqrt(sum(np.sum(g**2) for g in grads))
    return [min(1.0, threshold / norm) * g for g in grads]


def right_carry(dh, h, U):
    for t in range(len(h) - 1, 0, -1):
        dh = (dh * (1 - h[t] ** 2)) @ U.T
    return dh


def clip_one_by_one(grads, threshold):
    return [g * min(1, threshold / np.linalg.norm(g)) for g in grads]


def clip_without_condition(grads, threshold):
    norm = np.sqrt(sum(np.sum(g**2) for g in grads))
    return [g * threshold / norm for g in grads]


def clip_in_place(grads, threshold):
    scale = min(1, threshold / np.sqrt(sum(np.sum(g**2) for g in grads)))
    for g in grads:
        g *= scale
    return grads


def carry_forward(dh, h, U):
    for t in range(1, len(h)):
        dh = (dh * (1 - h[t] ** 2)) @ U.T
    return dh


def carry_old_slope(dh, h, U):
    for t in range(len(h) - 1, 0, -1):
        dh = (dh * (1 - h[t - 1] ** 2)) @ U.T
    return dh


def carry_untransposed(dh, h, U):
    for t in range(len(h) - 1, 0, -1):
        dh = (dh * (1 - h[t] ** 2)) @ U
    return dh


EXERCISES = {
    "02.1": Answers(
        right=[lambda factor: np.log(0.01) / np.log(factor)],
        wrong=[
            ("half of it", lambda factor: np.log(0.5) / np.log(factor)),
            ("wrong places", lambda factor: np.log(factor) / np.log(0.01)),
            ("wrong sign", lambda factor: -np.log(0.01) / np.log(factor)),
            ("keep the decimals", lambda factor: np.ceil(np.log(0.01) / np.log(factor))),
        ],
    ),
    "02.2": Answers(
        right=[lambda U, h: U * (1 - h**2) ** 1.5],
        wrong=[
            ("slope of the tanh", lambda U, h: U * (1 - h**2)),
            ("slope in the rows", lambda U, h: U * ((1 - h**2) ** 1.5)[:, None]),
            ("transposed", lambda U, h: U.T * (1 - h**2) ** 1.5),
            ("(H, H) = (4, 4)", lambda U, h: (1 - h**2) ** 1.5),
        ],
    ),
    "02.3": Answers(
        right=[right_clip],
        wrong=[
            ("every array clipped on its own", clip_one_by_one),
            ("every number clipped", lambda grads, limit: [np.clip(g, -limit, limit) for g in grads]),
            ("below the threshold must stay", clip_without_condition),
            ("writes into the arrays", clip_in_place),
            ("list of 3 arrays", lambda grads, limit: grads[0]),
        ],
    ),
    "02.4": Answers(
        right=[right_carry],
        wrong=[
            ("forward order", carry_forward),
            ("state before each step", carry_old_slope),
            ("not transposed", carry_untransposed),
        ],
    ),
}
