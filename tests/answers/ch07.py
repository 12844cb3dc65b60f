"""Answers to the exercises of chapter 07: deep or wide."""

from functools import partial

import numpy as np

import lstm_edu as le
from answers import Answers


def parameters(D, H, L):
    return le.Sequential([le.LSTM(D if k == 0 else H, H) for k in range(L)]).count_parameters()


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


def biased(inputs, units, layers, forget_bias, which=None, block=1):
    cells = [le.LSTM(inputs if k == 0 else units, units, rng=k) for k in range(layers)]
    for cell in cells[slice(which)]:
        cell.params["b"] = 0 * cell.params["b"]
        cell.params["b"][block * units : (block + 1) * units] = forget_bias
    return le.Sequential(cells)


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


EXERCISES = {
    "07.1": Answers(
        right=[parameters],
        wrong=[
            ("upper layers see the H units", lambda D, H, L: L * 4 * H * (D + H + 1)),
            ("biases left out", lambda D, H, L: 4 * H * (D + H) + (L - 1) * 8 * H * H),
            ("one bias", lambda D, H, L: 4 * H * (D + H) + H + (L - 1) * (8 * H * H + H)),
            ("one gate only", lambda D, H, L: H * (D + H + 1) + (L - 1) * H * (2 * H + 1)),
            ("lowest layer", lambda D, H, L: L * 4 * H * (2 * H + 1)),
        ],
    ),
    "07.2": Answers(
        right=[stack],
        wrong=[
            ("same state array", partial(stack, shared=True)),
            ("every step shows the last", partial(stack, kept=False)),
            ("both mistakes", partial(stack, shared=True, kept=False)),
        ],
        hint="A stack of plain recurrent layers, each with a state of its own.",
    ),
    "07.3": Answers(
        right=[biased],
        wrong=[
            ("layer 1 the bias of the forget gate starts at 1", partial(biased, which=1)),
            ("layer 0 the bias of the forget", partial(biased, block=2)),
            ("Sequential", lambda *sizes: 3),
            ("lead from", lambda D, H, L, bias: biased(H, H, L, bias)),
        ],
        hint="A stack of LSTMs whose forget gates start open in every layer.",
    ),
    "07.4": Answers(
        right=[dropped],
        wrong=[
            ("must stay whole", partial(dropped, carried=True)),
            ("no mask on what the top", partial(dropped, last=1)),
            ("on the input", partial(dropped, first=1)),
        ],
    ),
}
