"""The exercises of chapter 08: right answers pass, the usual mistakes are named."""

import numpy as np
import pytest
from answers import told


def softmax(z, axis=-1, shift="row"):
    top = {"row": z.max(axis=axis, keepdims=True), "all": z.max(), "none": 0.0}[shift]
    e = np.exp(z - top)
    return e / e.sum(axis=axis, keepdims=True)


def test_softmax_right(capsys):
    assert told(capsys, "08.1", softmax)[0]


@pytest.mark.parametrize(
    ("words", "mistake"),
    [("axis 1", {"axis": 1}), ("axis 0", {"axis": 0}), ("Subtract each row's largest", {"shift": "none"}),
     ("not that of all", {"shift": "all"})],
)  # fmt: skip
def test_softmax_names_the_mistake(capsys, words, mistake):
    right, said = told(capsys, "08.1", lambda z: softmax(z, **mistake))
    assert not right
    assert words in said


GRADIENTS = {
    "divide by B": lambda z, y: softmax(z) - np.eye(4)[y],
    "wrong sign": lambda z, y: (np.eye(4)[y] - softmax(z)) / len(y),
    "left out": lambda z, y: softmax(z) / len(y),
    "over the batch (axis 0)": lambda z, y: (softmax(z, 0) - np.eye(4)[y]) / len(y),
}


def test_gradient_right(capsys):
    assert told(capsys, "08.2", lambda z, y: (softmax(z) - np.eye(z.shape[1])[y]) / len(y))[0]


@pytest.mark.parametrize("words", GRADIENTS)
def test_gradient_names_the_mistake(capsys, words):
    right, said = told(capsys, "08.2", GRADIENTS[words])
    assert not right
    assert words in said


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


def test_pooling_right(capsys):
    assert told(capsys, "08.3", pooled)[0]


@pytest.mark.parametrize(
    ("words", "give"), [("to all members", "all"), ("to the smallest", "smallest"), ("to the last", "last")]
)
def test_pooling_names_the_mistake(capsys, words, give):
    right, said = told(capsys, "08.3", lambda dy, x, k: pooled(dy, x, k, give))
    assert not right
    assert words in said


def head(h, W, b, last=True, axis=1):
    z = (h[-1] if last else h[:, -1]) @ W + b
    p = softmax(z, axis)
    return p.argmax(axis=1), p


def test_head_right(capsys):
    assert told(capsys, "08.4", head)[0]


@pytest.mark.parametrize(
    ("words", "mistake"),
    [("h[-1]", {"last": False}), ("over the batch", {"axis": 0}), ("both mistakes", {"last": False, "axis": 0})],
)
def test_head_names_the_mistake(capsys, words, mistake):
    right, said = told(capsys, "08.4", lambda h, W, b: head(h, W, b, **mistake))
    assert not right
    assert words in said


@pytest.mark.parametrize("number", ["08.1", "08.2", "08.3", "08.4"])
def test_an_untouched_skeleton_gets_a_hint(capsys, number):
    right, said = told(capsys, number, lambda *anything: ...)
    assert not right
    assert "not yet" in said
