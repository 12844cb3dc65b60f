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


def back(dh, dc, i, f, g, o, c_old, c, p, by_o=1, by_i=1, by_f=1, rows=(0, 1, 2)):
    p_i, p_f, p_o = p[list(rows)]
    da_o = dh * np.tanh(c) * o * (1 - o)
    dc = dc + dh * o * (1 - np.tanh(c) ** 2) + by_o * da_o * p_o
    da_i, da_f, da_g = dc * g * i * (1 - i), dc * c_old * f * (1 - f), dc * i * (1 - g**2)
    return np.hstack([da_i, da_f, da_g, da_o]), dc * f + by_i * da_i * p_i + by_f * da_f * p_f


def gradient(da, c, of_i=slice(-1), of_o=slice(1, None), o_block=3, how=np.sum):
    blocks = np.split(da, 4, axis=-1)
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
        right=[back],
        wrong=[
            ("dc lacks da_o * p_o", partial(back, by_o=0)),
            ("the wrong sign", partial(back, by_o=-1)),
            ("another order than i f o", partial(back, rows=(0, 2, 1))),
            ("the peepholes of i and f.", partial(back, by_i=0, by_f=0)),
            ("the peephole of i.", partial(back, by_i=0)),
            ("the peephole of f.", partial(back, by_f=0)),
            ("i and f exchanged", partial(back, rows=(1, 0, 2))),
        ],
        hint="Start with o",
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
