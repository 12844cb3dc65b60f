"""The exercises of chapter 03: right answers pass, the usual mistakes are named."""

import numpy as np
import pytest
from answers import sigmoid, told


def step(x, h, c, W, U, b, order=(0, 1, 2), squash_g=np.tanh, carry=1, shown="new", squash_h=np.tanh):
    blocks = np.split(x @ W + h @ U + b, 3)
    i, g, o = (blocks[k] for k in order)
    new = carry * c + sigmoid(i) * squash_g(g)
    return sigmoid(o) * squash_h(new if shown == "new" else c), new


def step_back(dh, dc, i, g, o, c, carry=1, slope_i=None, slope_g=None, factor=1, wider=1, order=(0, 1, 2)):
    shown = np.tanh(c)
    dc = carry * dc + dh * o * (1 - wider * shown**2)
    di = dc * g * (i * (1 - i) if slope_i is None else slope_i(i, o))
    dg = dc * i * (1 - g**2 if slope_g is None else slope_g(g))
    do = dh * shown * o * (1 - o)
    return np.concatenate([(di, dg, do)[k] for k in order]), dc * (i if factor == "i" else 1)


def backward(dy, x, h, c, gates, U, carry=1, future=1):
    delta, dh, dc = np.zeros((len(x), U.shape[1])), 0, 0
    for t in reversed(range(len(x))):
        dh = dy[t] + future * dh
        delta[t], dc = step_back(dh, dc, *gates[t], c[t + 1], carry=carry)
        dh = delta[t] @ U.T
    return x.T @ delta, h[:-1].T @ delta, delta.sum(axis=0)


def by_hand(wide=16, closed=-8, tell=16, tell_closed=-8):
    return np.array([[0.0, 1, 0], [wide, 0, 0], [0, 0, tell]]), np.array([closed, 0.0, tell_closed])


RIGHT = {"03.1": step, "03.2": step_back, "03.3": backward, "03.4": by_hand}


@pytest.mark.parametrize("number", RIGHT)
def test_the_right_answer_passes(capsys, number):
    assert told(capsys, number, RIGHT[number])[0]


@pytest.mark.parametrize("number", RIGHT)
def test_the_untouched_skeleton_gets_a_hint(capsys, number):
    right, said = told(capsys, number, lambda *arrays: None)
    assert not right
    assert "Begin with" in said


@pytest.mark.parametrize(
    ("number", "words", "mistake"),
    [
        ("03.1", "in the order i o g", {"order": (0, 2, 1)}),
        ("03.1", "in the order g i o", {"order": (1, 0, 2)}),
        ("03.1", "sigmoid for the candidate", {"squash_g": sigmoid}),
        ("03.1", "old c left out", {"carry": 0}),
        ("03.1", "h sees the new c", {"shown": "old"}),
        ("03.1", "no tanh around c", {"squash_h": np.array}),
        ("03.2", "not carried on", {"carry": 0}),
        ("03.2", "its factor is exactly 1", {"factor": "i"}),
        ("03.2", "slope of the output gate at the input gate", {"slope_i": lambda i, o: o * (1 - o)}),
        ("03.2", "g is a tanh", {"slope_g": lambda g: g * (1 - g)}),
        ("03.2", "slope of tanh(c) left out", {"wider": 0}),
        ("03.2", "in the order i o g", {"order": (0, 2, 1)}),
        ("03.3", "not carried on", {"carry": 0}),
        ("03.3", "dh not carried", {"future": 0}),
        ("03.4", "noise gets in", {"wide": 8, "closed": -3}),
        ("03.4", "close the output gate", {"tell": 8, "tell_closed": -4}),
        ("03.4", "nothing was kept", {"wide": 0}),
    ],
)
def test_a_typical_mistake_is_named(capsys, number, words, mistake):
    right, said = told(capsys, number, lambda *arrays: RIGHT[number](*arrays, **mistake))
    assert not right
    assert words in said


def test_two_states_in_the_wrong_order_are_told_apart(capsys):
    right, said = told(capsys, "03.1", lambda *arrays: step(*arrays)[::-1])
    assert not right
    assert "swapped" in said


def test_one_bias_for_all_gates_is_named(capsys):
    right, said = told(capsys, "03.1", lambda x, h, c, W, U, b: step(x, h, c, W, U, np.tile(b[:4], 3)))
    assert not right
    assert "one bias for all gates" in said


def test_a_single_array_is_told_how_many_are_asked_for(capsys):
    assert "2 arrays, h, c" in told(capsys, "03.1", lambda *arrays: step(*arrays)[0])[1]


def test_one_array_with_both_results_is_right_too(capsys):
    assert told(capsys, "03.1", lambda *arrays: np.array(step(*arrays)))[0]


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_no_numbers_are_refused(capsys, value):
    right, said = told(capsys, "03.4", lambda: (np.full((3, 3), value), np.zeros(3)))
    assert not right
    assert "W must hold finite numbers" in said
