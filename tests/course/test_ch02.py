"""The exercises of chapter 02: right answers pass, the usual mistakes are named."""

import numpy as np
import pytest
from answers import told


def right_clip(grads, threshold):
    norm = np.sqrt(sum(np.sum(g**2) for g in grads))
    return [min(1.0, threshold / norm) * g for g in grads]


def right_carry(dh, h, U):
    for t in range(len(h) - 1, 0, -1):
        dh = (dh * (1 - h[t] ** 2)) @ U.T
    return dh


RIGHT = {
    "02.1": lambda factor: np.log(0.01) / np.log(factor),
    "02.2": lambda U, h: U * (1 - h**2) ** 1.5,
    "02.3": right_clip,
    "02.4": right_carry,
}


@pytest.mark.parametrize("number", RIGHT)
def test_the_right_answer_passes(capsys, number):
    assert told(capsys, number, RIGHT[number])[0]


@pytest.mark.parametrize("number", RIGHT)
def test_the_untouched_skeleton_gets_a_hint(capsys, number):
    right, said = told(capsys, number, lambda *arrays: None)
    assert not right
    assert "Begin with" in said


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


@pytest.mark.parametrize(
    ("number", "words", "mistake"),
    [
        ("02.1", "half of it", lambda factor: np.log(0.5) / np.log(factor)),
        ("02.1", "wrong places", lambda factor: np.log(factor) / np.log(0.01)),
        ("02.1", "wrong sign", lambda factor: -np.log(0.01) / np.log(factor)),
        ("02.1", "keep the decimals", lambda factor: np.ceil(np.log(0.01) / np.log(factor))),
        ("02.2", "slope of the tanh", lambda U, h: U * (1 - h**2)),
        ("02.2", "slope in the rows", lambda U, h: U * ((1 - h**2) ** 1.5)[:, None]),
        ("02.2", "transposed", lambda U, h: U.T * (1 - h**2) ** 1.5),
        ("02.2", "(H, H) = (4, 4)", lambda U, h: (1 - h**2) ** 1.5),
        ("02.3", "every array clipped on its own", clip_one_by_one),
        ("02.3", "every number clipped", lambda grads, limit: [np.clip(g, -limit, limit) for g in grads]),
        ("02.3", "below the threshold must stay", clip_without_condition),
        ("02.3", "writes into the arrays", clip_in_place),
        ("02.3", "list of 3 arrays", lambda grads, limit: grads[0]),
        ("02.4", "forward order", carry_forward),
        ("02.4", "state before each step", carry_old_slope),
        ("02.4", "not transposed", carry_untransposed),
    ],
)
def test_a_typical_mistake_is_named(capsys, number, words, mistake):
    right, said = told(capsys, number, mistake)
    assert not right
    assert words in said
