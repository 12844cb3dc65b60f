"""The exercises of chapter 07: right answers pass, the usual mistakes are named."""

import numpy as np
import pytest
from answers import told

import lstm_edu as le

COUNTS = {
    "upper layers see the H units": lambda D, H, L: L * 4 * H * (D + H + 1),
    "biases left out": lambda D, H, L: 4 * H * (D + H) + (L - 1) * 8 * H * H,
    "one bias": lambda D, H, L: 4 * H * (D + H) + H + (L - 1) * (8 * H * H + H),
    "one gate only": lambda D, H, L: H * (D + H + 1) + (L - 1) * H * (2 * H + 1),
    "lowest layer": lambda D, H, L: L * 4 * H * (2 * H + 1),
}


def test_count_right(capsys):
    def parameters(D, H, L):
        return le.Sequential([le.LSTM(D if k == 0 else H, H) for k in range(L)]).count_parameters()

    assert told(capsys, "07.1", parameters)[0]


@pytest.mark.parametrize("words", COUNTS)
def test_count_names_the_mistake(capsys, words):
    right, said = told(capsys, "07.1", COUNTS[words])
    assert not right
    assert words in said


def stack(x, layers, shared=False, kept=True):
    units = len(layers[0][1])
    h = [np.zeros((x.shape[1], units))] * 2 if shared else [np.zeros((x.shape[1], units)) for _ in layers]
    out = []
    for x_t in x:
        below = x_t
        for k, (W, U, b) in enumerate(layers):
            h[k][:] = np.tanh(below @ W + h[k] @ U + b)
            below = h[k]
        out.append(h[-1].copy() if kept else h[-1])
    return np.array(out)


def test_states_right(capsys):
    assert told(capsys, "07.2", stack)[0]


@pytest.mark.parametrize(
    ("words", "mistake"),
    [("same state array", {"shared": True}), ("every step shows the last", {"kept": False}),
     ("both mistakes", {"shared": True, "kept": False})],
)  # fmt: skip
def test_states_names_the_mistake(capsys, words, mistake):
    right, said = told(capsys, "07.2", lambda x, layers: stack(x, layers, **mistake))
    assert not right
    assert words in said


def biased(inputs, units, layers, forget_bias, which=None, block=1):
    cells = [le.LSTM(inputs if k == 0 else units, units, rng=k) for k in range(layers)]
    for cell in cells[slice(which)]:
        cell.params["b"] = 0 * cell.params["b"]
        cell.params["b"][block * units : (block + 1) * units] = forget_bias
    return le.Sequential(cells)


def test_forget_biases_right(capsys):
    assert told(capsys, "07.3", biased)[0]


@pytest.mark.parametrize(
    ("words", "mistake"),
    [
        ("layer 1 the bias of the forget gate starts at 1", {"which": 1}),
        ("layer 0 the bias of the forget", {"block": 2}),
    ],
)
def test_forget_biases_names_the_mistake(capsys, words, mistake):
    right, said = told(capsys, "07.3", lambda *sizes: biased(*sizes, **mistake))
    assert not right
    assert words in said


def test_forget_biases_needs_a_stack_of_the_right_shape(capsys):
    assert "Sequential" in told(capsys, "07.3", lambda *sizes: 3)[1]
    assert "lead from" in told(capsys, "07.3", lambda D, H, L, bias: biased(H, H, L, bias))[1]


def dropped(x, layers, masks, carried=False, last=None, first=0):
    h = [np.zeros((x.shape[1], len(U))) for _, U, _ in layers]
    out = []
    for t, x_t in enumerate(x):
        below = x_t if first else x_t * masks[0][t]
        for k, (W, U, b) in enumerate(layers):
            new = np.tanh(below @ W + h[k] @ U + b)
            below = new if k == last else new * masks[k + 1][t]
            h[k] = below if carried else new
        out.append(below)
    return np.array(out)


def test_dropout_right(capsys):
    assert told(capsys, "07.4", dropped)[0]


@pytest.mark.parametrize(
    ("words", "mistake"),
    [("must stay whole", {"carried": True}), ("no mask on what the top", {"last": 1}), ("on the input", {"first": 1})],
)
def test_dropout_names_the_mistake(capsys, words, mistake):
    right, said = told(capsys, "07.4", lambda x, layers, masks: dropped(x, layers, masks, **mistake))
    assert not right
    assert words in said


@pytest.mark.parametrize("number", ["07.1", "07.2", "07.3", "07.4"])
def test_an_untouched_skeleton_gets_a_hint(capsys, number):
    right, said = told(capsys, number, lambda *anything: ...)
    assert not right
    assert "not yet" in said
