"""Answers to the exercises of chapter 20: the experiments that made the LSTM."""

from functools import partial

import numpy as np

from answers import Answers


def weights(inputs, outputs, blocks, size, biases=1, gate_sources=1, own_gates=0, to_outputs=0):
    cells = blocks * size
    gates = 2 * cells if own_gates else 2 * blocks
    sources = inputs + cells + gate_sources * gates + biases
    return (cells + gates) * sources + outputs * (cells + to_outputs * gates + biases)


def partials(P_i, P_c, y, i, g, slope, keep=1.0, gate=None, cell=None):
    gate = g * i * (1 - i) if gate is None else gate(i, g)
    cell = i * slope if cell is None else cell(i, g, slope)
    return keep * P_i + gate * y, keep * P_c + cell * y


def met(errors, last, limit, mean, begin=None, window=None, shift=0, largest=True, average=True):
    recent = []
    for n, error in enumerate(errors, start=1):
        recent.append(error)
        if window is None:
            recent = recent[-last:]
        if n < (last if begin is None else begin):
            continue
        if (not largest or max(recent) < limit) and (not average or np.mean(recent) < mean):
            return n + shift
    return None


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def change(x, w_i, w_c, w_o, w_k, target, keep=1, gated=True):
    s, p = 0.0, np.zeros(2)
    for now in x:
        i, z = sigmoid(w_i * now), sigmoid(w_c * now)
        g, slope = 4 * z - 2, 4 * z * (1 - z)
        s = s + i * g
        p = keep * p + now * np.array([g * i * (1 - i), i * slope])
    o, h = sigmoid(w_o * x[-1]), 2 * sigmoid(s) - 1
    e = target - w_k * o * h
    return tuple((o if gated else 1) * (1 + h) * (1 - h) / 2 * w_k * e * p)


EXERCISES = {
    "20.1": Answers(
        right=[weights],
        wrong=[
            ("no biases", partial(weights, biases=0)),
            ("gates of each cell's own", partial(weights, own_gates=1)),
            ("hidden units that see cells alone", partial(weights, gate_sources=0)),
            ("outputs that see the gates", partial(weights, to_outputs=1)),
            ("and there are", lambda inputs, outputs, blocks, size: 93),
        ],
    ),
    "20.2": Answers(
        right=[partials, lambda *given: list(partials(*given))],
        wrong=[
            ("Return two arrays", lambda P_i, P_c, y, i, g, slope: P_i),
            ("only what this step adds", partial(partials, keep=0)),
            ("the carousel's factor is 1", partial(partials, keep=0.3)),
            ("no slope of the sigmoid", partial(partials, gate=lambda i, g: g)),
            ("i where g belongs", partial(partials, gate=lambda i, g: i * i * (1 - i))),
            ("no input gate", partial(partials, cell=lambda i, g, slope: slope)),
            ("g where its slope belongs", partial(partials, cell=lambda i, g, slope: i * g)),
        ],
    ),
    "20.3": Answers(
        right=[met],
        wrong=[
            ("before there were enough", partial(met, begin=1)),
            ("only the last ones count", partial(met, window="all")),
            ("the mean alone", partial(met, largest=False)),
            ("the largest alone", partial(met, average=False)),
            ("counted from zero", partial(met, shift=-1)),
            ("the rule is met, and you say 7", lambda *given: 7),
        ],
        hint="Begin with n = last",
    ),
    "20.4": Answers(
        right=[change],
        wrong=[
            ("Return two numbers", lambda *given: 1.0),
            ("both mistakes", partial(change, keep=0, gated=False)),
            ("the last step alone", partial(change, keep=0)),
            ("has not passed the output gate", partial(change, gated=False)),
        ],
        hint="The change of two weights",
    ),
}
