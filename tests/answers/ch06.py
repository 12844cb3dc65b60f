"""Answers to the exercises of chapter 06: the GRU."""

from functools import partial

import numpy as np
from reference import sigmoid

from answers import Answers
from lstm_edu import GRU


def step(x, h, W, U, b, z_keeps=True, reset="before", order="rzn", squash=np.tanh):
    w, u, bias = (dict(zip(order, np.split(v, 3, axis=-1), strict=True)) for v in (W, U, b))
    r, z = (sigmoid(x @ w[k] + h @ u[k] + bias[k]) for k in "rz")
    inner = {"before": (r * h) @ u["n"], "after": r * (h @ u["n"]), "none": h @ u["n"]}[reset]
    n = squash(x @ w["n"] + inner + bias["n"])
    return z * h + (1 - z) * n if z_keeps else (1 - z) * h + z * n


def count(D, H, after):
    return 3 * H * (D + H + 1) + (H if after else 0)


def back(dh, r, z, n, h_old, U, keep=1, sign=1, gates=1, r_on_way=True, turned=True, candidate=1, slope=True):
    U_r, U_z, U_n = (u.T if turned else u for u in np.split(U, 3, axis=-1))
    da_n = dh * (1 - z) * (1 - n**2 if slope else 1)
    dq = da_n @ U_n
    da_z, da_r = sign * dh * (h_old - n) * z * (1 - z), dq * h_old * r * (1 - r)
    dh_old = keep * dh * z + candidate * dq * (r if r_on_way else 1) + gates * (da_r @ U_r + da_z @ U_z)
    return np.hstack([da_r, da_z, da_n]), dh_old


def biases(b_x, b_h):
    H = len(b_x) // 3
    b = b_x + b_h
    b[2 * H :] = b_x[2 * H :]
    return b, b_h[2 * H :]


EXERCISES = {
    "06.1": Answers(
        right=[step],
        wrong=[
            ("z = 1 keeps the old state", partial(step, z_keeps=False)),
            ("the reset after the product", partial(step, reset="after")),
            ("no reset gate", partial(step, reset="none")),
            ("the order z r n.", partial(step, order="zrn")),
            ("without its tanh", partial(step, squash=lambda a: a)),
        ],
        hint="r and z first",
    ),
    "06.2": Answers(
        right=[count, lambda D, H, after: GRU(D, H, reset_after=after).count_parameters()],
        wrong=[
            ("as in an LSTM", lambda D, H, after: 4 * H * (D + H + 1)),
            ("no biases", lambda D, H, after: 3 * H * (D + H)),
            ("as PyTorch has them", lambda D, H, after: 3 * H * (D + H + 2)),
            ("the bias bn, which only", lambda D, H, after: count(D, H, not after)),
            ("bn left out", lambda D, H, after: count(D, H, False)),
            ("D and H exchanged", lambda D, H, after: count(H, D, False)),
        ],
        hint="Three blocks of columns",
    ),
    "06.3": Answers(
        right=[back],
        wrong=[
            ("the GRU's carousel", partial(back, keep=0)),
            ("the sign turned", partial(back, sign=-1)),
            ("the ways through the gates left out", partial(back, gates=0)),
            ("r left out", partial(back, r_on_way=False)),
            ("not transposed", partial(back, turned=False)),
            ("through the candidate left out", partial(back, candidate=0)),
            ("the slope of the tanh left out", partial(back, slope=False)),
            ("needs (B, 3H) = (3, 15)", lambda dh, *rest: (dh, dh)),
            ("two arrays", lambda dh, *rest: dh),
        ],
        hint="First dz and dn",
    ),
    "06.4": Answers(
        right=[biases],
        wrong=[
            ("it has to stay apart", lambda b_x, b_h: (b_x + b_h, np.zeros(5))),
            ("the biases of x alone", lambda b_x, b_h: (b_x, b_h[10:])),
            ("the bias of h is lost", lambda b_x, b_h: (biases(b_x, b_h)[0], np.zeros(5))),
            ("the candidate's bias of x", lambda b_x, b_h: (biases(b_x, b_h)[0], b_x[10:])),
            ("two arrays", lambda b_x, b_h: b_x + b_h),
        ],
        hint="With the reset after the product",
    ),
}
