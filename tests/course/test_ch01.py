"""The exercises of chapter 01: right answers pass, the usual mistakes are named."""

import numpy as np
import pytest
from answers import told

STEPS = {
    "left out": lambda x, h, W, U, b: np.tanh(x @ W + b),
    "states are rows": lambda x, h, W, U, b: np.tanh(x @ W + U @ h + b),
    "no tanh": lambda x, h, W, U, b: x @ W + h @ U + b,
    "outside the tanh": lambda x, h, W, U, b: np.tanh(x @ W + h @ U) + b,
    "shape": lambda x, h, W, U, b: np.tanh(np.outer(x @ W, h)),
}


def test_one_step_right(capsys):
    assert told(capsys, "01.1", lambda x, h, W, U, b: np.tanh(x @ W + h @ U + b))[0]


@pytest.mark.parametrize("words", STEPS)
def test_one_step_names_the_mistake(capsys, words):
    right, said = told(capsys, "01.1", STEPS[words])
    assert not right
    assert words in said


def step_back(dh, h_old, h_new, U, slope=lambda old, new: 1 - new**2, turn=np.transpose, blame="old"):
    delta = dh * slope(h_old, h_new)
    return delta @ turn(U), np.outer(h_old if blame == "old" else h_new, delta)


@pytest.mark.parametrize(
    ("words", "mistake"),
    [
        ("tanh already", {"slope": lambda old, new: 1 - np.tanh(new) ** 2}),
        ("derivative of the tanh left out", {"slope": lambda old, new: 1}),
        ("slope at h_old", {"slope": lambda old, new: 1 - old**2}),
        ("not transposed", {"turn": lambda U: U}),
        ("state before the step", {"blame": "new"}),
    ],
)
def test_one_step_back_names_the_mistake(capsys, words, mistake):
    assert told(capsys, "01.2", step_back)[0]
    right, said = told(capsys, "01.2", lambda *arrays: step_back(*arrays, **mistake))
    assert not right
    assert words in said


def backward(dy, x, h, W, U, add=True, new_state=False, future=True):
    dW, dU, db, dh = np.zeros_like(W), np.zeros_like(U), np.zeros(len(U)), np.zeros(len(U))
    for t in reversed(range(len(x))):
        delta = (dy[t] + (dh if future else 0)) * (1 - h[t + 1] ** 2)
        dW = dW + np.outer(x[t], delta) if add else np.outer(x[t], delta)
        dU += np.outer(h[t + 1 if new_state else t], delta)
        db += delta
        dh = delta @ U.T
    return dW, dU, db


@pytest.mark.parametrize(
    ("words", "mistake"),
    [
        ("dW is what comes out with each step's part written over", {"add": False, "new_state": True}),
        ("dU is what comes out with h[t + 1]", {"new_state": True}),
        ("dh not carried", {"future": False}),
    ],
)
def test_two_bugs_are_told_one_after_the_other(capsys, words, mistake):
    assert told(capsys, "01.3", backward)[0]
    right, said = told(capsys, "01.3", lambda *arrays: backward(*arrays, **mistake))
    assert not right
    assert words in said


def line(units=3, turned=False):
    W, U = np.zeros((1, 4)), np.zeros((4, 4))
    W[0, 3 - units] = 1
    for j in range(3 - units, 3):
        U[j, j + 1] = 1
    return W, U.T if turned else U, np.zeros(4)


@pytest.mark.parametrize(
    ("words", "mistake"),
    [
        ("2 steps before", lambda: line(2)),
        ("always 0", lambda: line(turned=True)),
        ("shape (1, 4)", lambda: (np.ones(4), np.zeros((4, 4)), np.zeros(4))),
        ("any delay", lambda: (np.ones((1, 4)), np.full((4, 4), 0.9), np.full(4, 0.1))),
        ("arrays, W, U, b", lambda: np.ones((1, 4))),
    ],
)
def test_delay_line_names_the_mistake(capsys, words, mistake):
    assert told(capsys, "01.4", line)[0]
    right, said = told(capsys, "01.4", mistake)
    assert not right
    assert words in said


@pytest.mark.parametrize("number", ["01.1", "01.2", "01.3", "01.4"])
def test_the_untouched_skeleton_gets_a_hint(capsys, number):
    right, said = told(capsys, number, lambda *arrays: None)
    assert not right
    assert "Begin with" in said
