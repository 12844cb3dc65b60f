"""Answers to the exercises of chapter 05: peepholes."""

from functools import partial

import numpy as np
from reference import sigmoid

from answers import Answers


def alarm(at, within):
    p = np.log(99) / within
    return p, -p * at


def step(a, c_old, p, o_sees="new", swap=False, peep=True, twice=False):
    i, f, g, o = np.split(a, 4, axis=-1)
    p_i, p_f, p_o = p[[1, 0, 2]] if swap else p
    if not peep:
        p_i = p_f = 0
    i_t, f_t = sigmoid(i + p_i * c_old), sigmoid(f + p_f * c_old)
    c = f_t * c_old + i_t * np.tanh(g)
    if twice:
        c = sigmoid(f + p_f * c) * c_old + sigmoid(i + p_i * c) * np.tanh(g)
    return sigmoid(o + p_o * {"new": c, "old": c_old, "tanh": np.tanh(c)}[o_sees]) * np.tanh(c), c


def forward(x, h0, c0, W, U, b, p, o_sees=1, show=np.tanh):
    h, c, gates = [h0], [c0], []
    for x_t in x:
        i, f, g, o = np.split(x_t @ W + h[-1] @ U + b, 4)
        i, f, g = sigmoid(i + p[0] * c[-1]), sigmoid(f + p[1] * c[-1]), np.tanh(g)
        c.append(f * c[-1] + i * g)
        o = sigmoid(o + p[2] * c[o_sees - 2])
        h.append(o * show(c[-1]))
        gates.append((i, f, g, o))
    return np.array(h[1:]), (x, np.array(h), np.array(c), gates, W, U, p)


def backward(dy, kept, by_o=1, by_if=1, carry=1, future=1):
    x, h, c, gates, W, U, p = kept
    delta, dh, dc = np.zeros((len(x), U.shape[1])), 0, 0
    for t in reversed(range(len(x))):
        (i, f, g, o), shown, dh = gates[t], np.tanh(c[t + 1]), dy[t] + future * dh
        of_o = dh * shown * o * (1 - o)
        dc = dc + dh * o * (1 - shown**2) + by_o * p[2] * of_o
        of_i, of_f = dc * g * i * (1 - i), dc * c[t] * f * (1 - f)
        delta[t] = np.concatenate([of_i, of_f, dc * i * (1 - g**2), of_o])
        dc, dh = carry * dc * f + by_if * (p[0] * of_i + p[1] * of_f), delta[t] @ U.T
    dp = gradient(delta[:, None], c[:, None])
    return delta @ W.T, dh, dc, x.T @ delta, h[:-1].T @ delta, delta.sum(axis=0), dp


def gradient(delta, c, of_i=slice(-1), of_o=slice(1, None), o_block=3, how=np.sum):
    blocks = np.split(delta, 4, axis=-1)
    seen = ((blocks[0], c[of_i]), (blocks[1], c[of_i]), (blocks[o_block], c[of_o]))
    return np.stack([how(d * s, axis=(0, 1)) if how else d * s for d, s in seen])


EXERCISES = {
    "05.1": Answers(
        right=[
            alarm,
            lambda at, within: np.array(alarm(at, within)),  # one array with both results
            lambda at, within: (4.595 / within, -4.595 / within * at),  # the number that the text prints
        ],
        wrong=[
            ("the wrong order", lambda at, within: alarm(at, within)[::-1]),
            ("0.99 itself", lambda at, within: (0.99 / within, -0.99 / within * at)),
            ("ln 0.99", lambda at, within: (np.log(0.99) / within, 0.0)),
            ("from c = 0", lambda at, within: (np.log(99) / (at + within), 0.0)),
            ("the sign of b", lambda at, within: (alarm(at, within)[0], -alarm(at, within)[1])),
            ("p left out", lambda at, within: (alarm(at, within)[0], -at)),
            ("p and b", lambda at, within: alarm(at, within)[0]),
        ],
        hint="Where is p c + b zero?",
    ),
    "05.2": Answers(
        right=[step],
        wrong=[
            ("o looking at the old c", partial(step, o_sees="old")),
            ("tanh(c) instead of c", partial(step, o_sees="tanh")),
            ("i and f exchanged", partial(step, swap=True)),
            ("no peepholes on i and f", partial(step, peep=False)),
            ("the new c, which doesn't exist yet", partial(step, twice=True)),
            ("h and c in the wrong order", lambda a, c_old, p: step(a, c_old, p)[::-1]),
            ("h and c", lambda a, c_old, p: step(a, c_old, p)[0]),
        ],
        hint="i and f look at the old c",
    ),
    "05.3": Answers(
        right=[(forward, backward)],
        wrong=[
            ("its peephole sees the new one", (partial(forward, o_sees=0), backward)),
            ("no tanh around c", (partial(forward, show=np.array), backward)),
            ("what the output gate sends back", (forward, partial(backward, by_o=0))),
            ("what the input and forget gates send back", (forward, partial(backward, by_if=0))),
            ("dc not carried", (forward, partial(backward, carry=0))),
            ("dh not carried", (forward, partial(backward, future=0))),
        ],
        hint="Forward first",
    ),
    "05.4": Answers(
        right=[gradient],
        wrong=[
            ("all three gates looking at the new c", partial(gradient, of_i=slice(1, None))),
            ("all three gates looking at the old c", partial(gradient, of_o=slice(-1))),
            ("new and old exchanged", partial(gradient, of_i=slice(1, None), of_o=slice(-1))),
            ("g has no peephole", partial(gradient, o_block=2)),
            ("the sum over both", partial(gradient, how=None)),
        ],
        hint="c has one row more",
    ),
}
