"""Answers to the exercises of chapter 03: the LSTM of 1997."""

from functools import partial

import numpy as np
from reference import sigmoid

from answers import Answers


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


EXERCISES = {
    "03.1": Answers(
        right=[step, lambda *arrays: np.array(step(*arrays))],  # one array with both results is right too
        wrong=[
            ("in the order i o g", partial(step, order=(0, 2, 1))),
            ("in the order g i o", partial(step, order=(1, 0, 2))),
            ("sigmoid for the candidate", partial(step, squash_g=sigmoid)),
            ("old c left out", partial(step, carry=0)),
            ("h sees the new c", partial(step, shown="old")),
            ("no tanh around c", partial(step, squash_h=np.array)),
            ("swapped", lambda *arrays: step(*arrays)[::-1]),
            ("one bias for all gates", lambda x, h, c, W, U, b: step(x, h, c, W, U, np.tile(b[:4], 3))),
            ("2 arrays, h, c", lambda *arrays: step(*arrays)[0]),
        ],
    ),
    "03.2": Answers(
        right=[step_back],
        wrong=[
            ("not carried on", partial(step_back, carry=0)),
            ("its factor is exactly 1", partial(step_back, factor="i")),
            (
                "slope of the output gate at the input gate",
                partial(step_back, slope_i=lambda i, o: o * (1 - o)),
            ),
            ("g is a tanh", partial(step_back, slope_g=lambda g: g * (1 - g))),
            ("slope of tanh(c) left out", partial(step_back, wider=0)),
            ("in the order i o g", partial(step_back, order=(0, 2, 1))),
        ],
    ),
    "03.3": Answers(
        right=[backward],
        wrong=[("not carried on", partial(backward, carry=0)), ("dh not carried", partial(backward, future=0))],
    ),
    "03.4": Answers(
        right=[by_hand],
        wrong=[
            ("noise gets in", partial(by_hand, wide=8, closed=-3)),
            ("close the output gate", partial(by_hand, tell=8, tell_closed=-4)),
            ("nothing was kept", partial(by_hand, wide=0)),
            ("W must hold finite numbers", lambda: (np.full((3, 3), np.nan), np.zeros(3))),
            ("W must hold finite numbers", lambda: (np.full((3, 3), np.inf), np.zeros(3))),
        ],
    ),
}
