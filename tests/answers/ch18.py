"""Answers to the exercises of chapter 18: what the switches do."""

from functools import partial

import numpy as np

import lstm_edu as le
from answers import Answers


def projected(D, H, P):
    return le.count_parameters(le.ProjectedLSTM(D, H, P, rng=0))


def coupled(x, W, U, b):
    layer = le.CoupledLSTM(x.shape[1], len(U), dtype=np.float64, rng=0)
    layer.params["W"], layer.params["U"], layer.params["b"] = W, U, b
    return layer(x[:, None])[:, 0]


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def other_coupled(x, W, U, b, swapped=False, enter=None, shown=np.tanh):
    h, c, out = np.zeros(len(U)), np.zeros(len(U)), []
    for x_t in x:
        f, g, o = np.split(x_t @ W + h @ U + b, 3)
        f = 1 - sigmoid(f) if swapped else sigmoid(f)
        c = f * c + (1 - f if enter is None else enter) * np.tanh(g)
        h = sigmoid(o) * shown(c)
        out.append(h)
    return np.array(out)


def turned(x, lengths):
    return np.stack([np.concatenate([x[:n, b][::-1], x[n:, b]]) for b, n in enumerate(lengths)], axis=1)


def both_ways(x, lengths, forwards, backwards, first=turned, then=turned):
    back = then(backwards(first(x, lengths)), lengths)
    return np.concatenate([forwards(x), back], axis=2)


def flipped(x, lengths):
    return x[::-1]


def as_it_is(x, lengths):
    return x


def zoneout(new, old, rate, training, rng, without=None, drawn=None):
    if training:
        return np.where(rng.random(new.shape) < (rate if drawn is None else drawn), old, new)
    return rate * old + (1 - rate) * new if without is None else without(new, old, rate)


EXERCISES = {
    "18.1": Answers(
        right=[projected],
        wrong=[
            ("H cells going back", lambda D, H, P: 4 * H * (D + H + 1) + H * P),
            ("projection itself left out", lambda D, H, P: 4 * H * (D + P + 1)),
            ("bias in the projection", lambda D, H, P: 4 * H * (D + P + 1) + (H + 1) * P),
            ("biases of the gates left out", lambda D, H, P: 4 * H * (D + P) + H * P),
        ],
    ),
    "18.2": Answers(
        right=[coupled, other_coupled],
        wrong=[
            ("open forget gate keeps", partial(other_coupled, swapped=True)),
            ("g entering whole", partial(other_coupled, enter=1)),
            ("without its tanh", partial(other_coupled, shown=lambda c: c)),
        ],
    ),
    "18.3": Answers(
        right=[both_ways],
        wrong=[
            ("padding read first", partial(both_ways, first=flipped, then=flipped)),
            ("in the order in which it read", partial(both_ways, then=as_it_is)),
            ("both mistakes", partial(both_ways, first=flipped, then=as_it_is)),
            ("padding in front", partial(both_ways, then=flipped)),
            ("side by side", lambda x, lengths, forwards, backwards: forwards(x) + backwards(x)),
        ],
    ),
    "18.4": Answers(
        right=[zoneout],
        wrong=[
            ("of the units stay as they were; a rate", lambda n, o, r, t, g: zoneout(n, o, 1 - r, t, g)),
            ("new state alone", partial(zoneout, without=lambda new, old, rate: new)),
            ("shares exchanged", partial(zoneout, without=lambda new, old, rate: (1 - rate) * old + rate * new)),
            ("old state alone", partial(zoneout, without=lambda new, old, rate: old)),
            ("and not", partial(zoneout, drawn=0.5)),
            ("nothing is rescaled", lambda n, o, r, t, g: zoneout(n, o, r, t, g) / (1 - r)),
            ("same shape", lambda n, o, r, t, g: 0.0),
        ],
    ),
}
