"""Answers to the exercises of chapter 11: under the hood."""

from functools import partial

import numpy as np

from answers import Answers


def add_rows(out, h, U):
    for n in range(len(h)):
        for k in range(len(U)):
            for j in range(U.shape[1]):
                out[n, j] += h[n, k] * U[k, j]


def add_columns(out, h, U):
    for n in range(len(h)):
        for j in range(U.shape[1]):
            for k in range(len(U)):
                out[n, j] += h[n, k] * U[k, j]


def add_at_once(out, h, U):
    out += h @ np.asarray(U)


def overwrite(out, h, U):
    out[:] = h @ np.asarray(U)


def back(dh, h_old, f, n, U, sign=1, own_way=1, slope=True):
    df = sign * dh * (h_old - n) * (f * (1 - f) if slope else 1)
    dn = dh * (1 - f) * (1 - n**2)
    return df, dn, own_way * dh * f + np.hstack([df, dn]) @ U.T


def stable(a):
    e = np.exp(-np.abs(a))
    return np.where(a >= 0, 1, e) / (1 + e)


EXERCISES = {
    "11.1": Answers(
        right=[lambda T, B, D, H: 3 * T * B * H * (D + H)],
        wrong=[
            ("four blocks", lambda T, B, D, H: 4 * T * B * H * (D + H)),
            ("one step of one sequence", lambda T, B, D, H: 3 * H * (D + H)),
            ("biases", lambda T, B, D, H: 3 * T * B * H * (D + H + 1)),
        ],
    ),
    "11.2": Answers(
        right=[add_rows],
        wrong=[
            ("down its columns", add_columns),
            ("three loops", add_at_once),
            ("overwritten", overwrite),
            ("in place", lambda out, h, U: out + h @ np.asarray(U)),
        ],
    ),
    "11.3": Answers(
        right=[back],
        wrong=[
            ("turned round", partial(back, sign=-1)),
            ("own way left out", partial(back, own_way=0)),
            ("slope of the sigmoid", partial(back, slope=False)),
            ("three arrays", lambda *arrays: back(*arrays)[0]),
        ],
    ),
    "11.4": Answers(
        right=[stable],
        wrong=[
            ("NumPy warns", lambda a: 1 / (1 + np.exp(-a))),
            ("for all signs", lambda a: 1 / (1 + np.exp(-np.abs(a)))),
            ("a tanh", np.tanh),
        ],
    ),
}
