"""Answers to the exercises of chapter 19: after the LSTM."""

from functools import partial

import numpy as np

from answers import Answers


def look_back(q, k, v, upto=1, root=lambda H: H**0.5, late=False, over=None):
    T, H = q.shape
    y = np.zeros((T, v.shape[1]))
    fits = np.zeros((T, T))
    for t in range(T):
        for s in range(T if upto is None or late else t + upto):
            fits[t, s] = np.exp(q[t] @ k[s] / root(H))
    for t in range(T):
        total = fits[t].sum() or 1
        for s in range(T if upto is None else t + upto):
            y[t] += fits[t, s] / (fits[:, s].sum() if over == 0 else total) * v[s]
    return y


def parity(x, one=-1.0, into=1.0):
    return np.where(x == 1, one, 1.0), np.where(x == 1, into, 0.0)


def rounds(a, b, early=False, step=lambda reach: 2 * reach):
    reach = 1
    while reach < len(a):
        a_next, b_next = a.copy(), b.copy()
        for t in range(reach, len(a)):
            a_next[t] = a[t] * a[t - reach]
            b_next[t] = (a_next if early else a)[t] * b[t - reach] + b[t]
        a, b, reach = a_next, b_next, step(reach)
    return b


EXERCISES = {
    "19.1": Answers(
        right=[look_back],
        wrong=[
            ("do not exist yet", partial(look_back, upto=None)),
            ("leaves out the step itself", partial(look_back, upto=0)),
            ("not divided by the root", partial(look_back, root=lambda H: 1)),
            ("instead of its root", partial(look_back, root=lambda H: H)),
            ("over the steps that look", partial(look_back, over=0)),
            ("after the softmax", partial(look_back, late=True)),
        ],
    ),
    "19.2": Answers(
        right=[lambda a1, b1, a2, b2: (a2 * a1, b2 + a2 * b1), lambda a1, b1, a2, b2: [a1 * a2, a2 * b1 + b2]],
        wrong=[
            ("Return two arrays", lambda a1, b1, a2, b2: a1 * a2),
            ("the sum of both a", lambda a1, b1, a2, b2: (a1 + a2, a2 * b1 + b2)),
            ("step 1 comes first", lambda a1, b1, a2, b2: (a1 * a2, a1 * b2 + b1)),
            ("makes it smaller", lambda a1, b1, a2, b2: (a1 * a2, b1 + b2)),
            ("a1 has acted before", lambda a1, b1, a2, b2: (a1 * a2, a1 * a2 * b1 + b2)),
        ],
    ),
    "19.3": Answers(
        right=[parity, lambda x: (1 - 2 * x, x)],
        wrong=[
            ("Return two arrays", lambda x: x),
            ("one number for every bit", lambda x: (np.outer(x, x), x)),
            ("keep their order", lambda x: (1 - x, x)),
            ("and the parity is", lambda x: (-x, x)),
            ("may depend on this bit alone", lambda x: (1 - 2 * x, np.diff(np.cumsum(x) % 2, prepend=0.0))),
        ],
    ),
    "19.4": Answers(
        right=[rounds],
        wrong=[
            ("both mistakes", partial(rounds, early=True, step=lambda reach: reach + 1)),
            ("already multiplied", partial(rounds, early=True)),
            ("a reach of 1, 2, 3", partial(rounds, step=lambda reach: reach + 1)),
        ],
        hint="A linear recurrence from zero in rounds",
    ),
}
