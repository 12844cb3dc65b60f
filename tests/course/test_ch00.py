"""The exercises of chapter 00: right answers pass, the usual mistakes are named."""

import numpy as np
import pytest
from answers import refused, sigmoid, told

RIGHT = {
    "00.1": lambda T, B, D, H: ((T, B, D), (T, B, H), (B, H)),
    "00.2": lambda D, H: 4 * H * (D + H + 1),
    "00.3": lambda c, i, f, g: sigmoid(f) * c + sigmoid(i) * np.tanh(g),
    "00.4": lambda y: y[-1],
}
WRONG = [
    ("00.1", "batch first", lambda T, B, D, H: ((B, T, D), (T, B, H), (B, H))),
    ("00.1", "no axis of time", lambda T, B, D, H: ((T, B, D), (T, B, H), (T, B, H))),
    ("00.1", "one number for each unit", lambda T, B, D, H: ((T, B, D), (T, B, D), (B, H))),
    ("00.1", "three tuples", lambda T, B, D, H: (T, B, D)),
    ("00.2", "one gate alone", lambda D, H: H * (D + H + 1)),
    ("00.2", "two biases", lambda D, H: 4 * H * (D + H + 2)),
    ("00.2", "no biases", lambda D, H: 4 * H * (D + H)),
    ("00.3", "exchanged", lambda c, i, f, g: sigmoid(i) * c + sigmoid(f) * np.tanh(g)),
    ("00.3", "cell of 1997", lambda c, i, f, g: c + sigmoid(i) * np.tanh(g)),
    ("00.3", "no sigmoid", lambda c, i, f, g: f * c + i * np.tanh(g)),
    ("00.4", "last sequence at all steps", lambda y: y[:, -1]),
    ("00.4", "the first step", lambda y: y[0]),
    ("00.4", "mean over time", lambda y: y.mean(axis=0)),
]


@pytest.mark.parametrize("number", RIGHT)
def test_the_right_answer_passes(capsys, number):
    assert told(capsys, number, RIGHT[number])[0]


@pytest.mark.parametrize(("number", "words", "mistake"), WRONG)
def test_a_typical_mistake_is_named(capsys, number, words, mistake):
    refused(capsys, number, mistake, words)


@pytest.mark.parametrize("number", RIGHT)
def test_the_untouched_skeleton_gets_a_hint(capsys, number):
    refused(capsys, number, lambda *arrays: None, "Begin with")
