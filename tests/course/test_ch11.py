"""The exercises of chapter 11: right answers pass, the usual mistakes are named."""

import numpy as np
import pytest
from answers import refused, told


def add_rows(out, h, U):
    for n in range(len(h)):
        for k in range(len(U)):
            for j in range(U.shape[1]):
                out[n, j] += h[n, k] * U[k, j]


def add_columns(out, h, U):
    for n in range(len(h)):
        for j in range(U.shape[1]):
            for k in range(len(U)):
                out[n, j] += h[n, k] * U[k, j]


def add_at_once(out, h, U):
    out += h @ np.asarray(U)


def overwrite(out, h, U):
    out[:] = h @ np.asarray(U)


def back(dh, h_old, f, n, U, sign=1, own_way=1, slope=True):
    df = sign * dh * (h_old - n) * (f * (1 - f) if slope else 1)
    dn = dh * (1 - f) * (1 - n**2)
    return df, dn, own_way * dh * f + np.hstack([df, dn]) @ U.T


def stable(a):
    e = np.exp(-np.abs(a))
    return np.where(a >= 0, 1, e) / (1 + e)


RIGHT = {"11.1": lambda T, B, D, H: 3 * T * B * H * (D + H), "11.2": add_rows, "11.3": back, "11.4": stable}
WRONG = [
    ("11.1", "four blocks", lambda T, B, D, H: 4 * T * B * H * (D + H)),
    ("11.1", "one step of one sequence", lambda T, B, D, H: 3 * H * (D + H)),
    ("11.1", "biases", lambda T, B, D, H: 3 * T * B * H * (D + H + 1)),
    ("11.2", "down its columns", add_columns),
    ("11.2", "three loops", add_at_once),
    ("11.2", "overwritten", overwrite),
    ("11.2", "in place", lambda out, h, U: out + h @ np.asarray(U)),
    ("11.3", "turned round", lambda *arrays: back(*arrays, sign=-1)),
    ("11.3", "own way left out", lambda *arrays: back(*arrays, own_way=0)),
    ("11.3", "slope of the sigmoid", lambda *arrays: back(*arrays, slope=False)),
    ("11.3", "three arrays", lambda *arrays: back(*arrays)[0]),
    ("11.4", "NumPy warns", lambda a: 1 / (1 + np.exp(-a))),
    ("11.4", "for all signs", lambda a: 1 / (1 + np.exp(-np.abs(a)))),
    ("11.4", "a tanh", np.tanh),
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
