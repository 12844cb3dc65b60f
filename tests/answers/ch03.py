"""Answers to the exercises of chapter 03: the LSTM of 1997."""

from functools import partial

import numpy as np
from reference import sigmoid

from answers import Answers


def forward(x, h0, c0, W, U, b, order=(0, 1, 2), squash_g=np.tanh, forget=False, shown="new", squash_h=np.tanh):
    h, c, gates = [h0], [c0], []
    for x_t in x:
        blocks = np.split(x_t @ W + h[-1] @ U + b, 3)
        i, g, o = (blocks[k] for k in order)
        i, g, o = sigmoid(i), squash_g(g), sigmoid(o)
        c.append((1 - i if forget else 1) * c[-1] + i * g)
        h.append(o * squash_h(c[-1 if shown == "new" else -2]))
        gates.append((i, g, o))
    return np.array(h[1:]), (x, h, c, gates, W, U)


def whole_backward(dy, kept, carry=1, future=1, twice=1):
    x, h, c, gates, W, U = kept
    delta, dh, dc = np.empty((len(x), U.shape[1])), 0, 0
    for t in reversed(range(len(x))):
        delta[t], dc = step_back(dy[t] + future * dh, dc, *gates[t], c[t + 1], carry=carry)
        dh = delta[t] @ U.T
    return delta @ W.T, dh, twice * dc, x.T @ delta, np.array(h[:-1]).T @ delta, delta.sum(axis=0)


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
    "03.2": Answers(
        right=[backward],
        wrong=[("not carried on", partial(backward, carry=0)), ("dh not carried", partial(backward, future=0))],
    ),
    "03.3": Answers(
        right=[by_hand],
        wrong=[
            ("noise gets in", partial(by_hand, wide=8, closed=-3)),
            ("close the output gate", partial(by_hand, tell=8, tell_closed=-4)),
            ("nothing was kept", partial(by_hand, wide=0)),
            ("W must hold finite numbers", lambda: (np.full((3, 3), np.nan), np.zeros(3))),
            ("W must hold finite numbers", lambda: (np.full((3, 3), np.inf), np.zeros(3))),
        ],
    ),
    "03.4": Answers(
        right=[(forward, whole_backward)],
        wrong=[
            ("Two functions are asked for", forward),
            ("in the order i o g", (partial(forward, order=(0, 2, 1)), whole_backward)),
            ("a sigmoid for the candidate", (partial(forward, squash_g=sigmoid), whole_backward)),
            ("its factor is 1", (partial(forward, forget=True), whole_backward)),
            ("h shows the new one", (partial(forward, shown="old"), whole_backward)),
            ("no tanh around c", (partial(forward, squash_h=np.array), whole_backward)),
            ("dc not carried from a step", (forward, partial(whole_backward, carry=0))),
            ("dh not carried", (forward, partial(whole_backward, future=0))),
            ("dc0 is 2 times", (forward, partial(whole_backward, twice=2))),
            ("Return 6 arrays, dx, dh0, dc0, dW, dU, db", (forward, lambda *two: whole_backward(*two)[2:])),
        ],
    ),
}
