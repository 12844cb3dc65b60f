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


def forward(x, h0, W, U, b, **mistake):
    h = [h0]
    for x_t in x:
        h.append(step(x_t, h[-1], W, U, b, **mistake))
    return np.array(h[1:]), (x, np.array(h), W, U, b)


def backward(dy, kept, keep=1, future=1, candidate=1):
    x, h, W, U, b = kept
    delta, dU, dh = np.zeros((len(x), U.shape[1])), np.zeros_like(U), 0
    U_r, U_z, U_n = np.split(U, 3, axis=1)
    for t in reversed(range(len(x))):
        r, z, n = np.split(x[t] @ W + b, 3)
        r, z = sigmoid(r + h[t] @ U_r), sigmoid(z + h[t] @ U_z)
        n, dh = np.tanh(n + (r * h[t]) @ U_n), dy[t] + future * dh
        of_z, of_n = dh * (h[t] - n) * z * (1 - z), dh * (1 - z) * (1 - n**2)
        dq = candidate * of_n @ U_n.T
        of_r = dq * h[t] * r * (1 - r)
        delta[t] = np.concatenate([of_r, of_z, of_n])
        dU += np.hstack([np.outer(h[t], of_r), np.outer(h[t], of_z), np.outer(r * h[t], of_n)])
        dh = keep * dh * z + dq * r + of_r @ U_r.T + of_z @ U_z.T
    return delta @ W.T, dh, x.T @ delta, dU, delta.sum(axis=0)


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
        right=[(forward, backward)],
        wrong=[
            ("z and 1 - z swapped", (partial(forward, z_keeps=False), backward)),
            ("the reset on the other side", (partial(forward, reset="after"), backward)),
            ("no reset gate", (partial(forward, reset="none"), backward)),
            ("z * dh left out", (forward, partial(backward, keep=0))),
            ("dh not carried", (forward, partial(backward, future=0))),
            ("The block r of db", (forward, partial(backward, candidate=0))),
        ],
        hint="Forward is 06.1",
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
