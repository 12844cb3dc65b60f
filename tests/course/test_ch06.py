"""The exercises of chapter 06: right answers pass, the usual mistakes are named."""

import numpy as np
import pytest
from answers import refused, sigmoid, told

from lstm_edu import GRU


def step(x, h, W, U, b, z_keeps=True, reset="before", order="rzn", squash=np.tanh):
    w, u, bias = (dict(zip(order, np.split(v, 3, axis=-1), strict=True)) for v in (W, U, b))
    r, z = (sigmoid(x @ w[k] + h @ u[k] + bias[k]) for k in "rz")
    inner = {"before": (r * h) @ u["n"], "after": r * (h @ u["n"]), "none": h @ u["n"]}[reset]
    n = squash(x @ w["n"] + inner + bias["n"])
    return z * h + (1 - z) * n if z_keeps else (1 - z) * h + z * n


@pytest.mark.parametrize(
    ("words", "mistake"),
    [
        ("z = 1 keeps the old state", {"z_keeps": False}),
        ("the reset after the product", {"reset": "after"}),
        ("no reset gate", {"reset": "none"}),
        ("the order z r n.", {"order": "zrn"}),
        ("without its tanh", {"squash": lambda a: a}),
    ],
)
def test_one_step(capsys, words, mistake):
    assert told(capsys, "06.1", step)[0]
    refused(capsys, "06.1", lambda *arrays: step(*arrays, **mistake), words)


def count(D, H, after):
    return 3 * H * (D + H + 1) + (H if after else 0)


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("as in an LSTM", lambda D, H, after: 4 * H * (D + H + 1)),
        ("no biases", lambda D, H, after: 3 * H * (D + H)),
        ("as PyTorch has them", lambda D, H, after: 3 * H * (D + H + 2)),
        ("the bias bn, which only", lambda D, H, after: count(D, H, not after)),
        ("bn left out", lambda D, H, after: count(D, H, False)),
        ("D and H exchanged", lambda D, H, after: count(H, D, False)),
    ],
)
def test_how_many_parameters(capsys, words, answer):
    assert told(capsys, "06.2", count)[0]
    refused(capsys, "06.2", answer, words)


def test_how_many_parameters_is_what_the_layer_has():
    assert [count(7, 5, after) for after in (False, True)] == [
        GRU(7, 5, reset_after=after).count_parameters() for after in (False, True)
    ]


def back(dh, r, z, n, h_old, U, keep=1, sign=1, gates=1, r_on_way=True, turned=True, candidate=1, slope=True):
    U_r, U_z, U_n = (u.T if turned else u for u in np.split(U, 3, axis=-1))
    da_n = dh * (1 - z) * (1 - n**2 if slope else 1)
    dq = da_n @ U_n
    da_z, da_r = sign * dh * (h_old - n) * z * (1 - z), dq * h_old * r * (1 - r)
    dh_old = keep * dh * z + candidate * dq * (r if r_on_way else 1) + gates * (da_r @ U_r + da_z @ U_z)
    return np.hstack([da_r, da_z, da_n]), dh_old


@pytest.mark.parametrize(
    ("words", "mistake"),
    [
        ("the GRU's carousel", {"keep": 0}),
        ("the sign turned", {"sign": -1}),
        ("the ways through the gates left out", {"gates": 0}),
        ("r left out", {"r_on_way": False}),
        ("not transposed", {"turned": False}),
        ("through the candidate left out", {"candidate": 0}),
        ("the slope of the tanh left out", {"slope": False}),
    ],
)
def test_one_step_back(capsys, words, mistake):
    assert told(capsys, "06.3", back)[0]
    refused(capsys, "06.3", lambda *arrays: back(*arrays, **mistake), words)


def test_one_step_back_names_the_shape(capsys):
    refused(capsys, "06.3", lambda dh, *rest: (dh, dh), "needs (B, 3H) = (3, 15)")
    refused(capsys, "06.3", lambda dh, *rest: dh, "two arrays")


def biases(b_x, b_h):
    H = len(b_x) // 3
    b = b_x + b_h
    b[2 * H :] = b_x[2 * H :]
    return b, b_h[2 * H :]


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("it has to stay apart", lambda b_x, b_h: (b_x + b_h, np.zeros(5))),
        ("the biases of x alone", lambda b_x, b_h: (b_x, b_h[10:])),
        ("the bias of h is lost", lambda b_x, b_h: (biases(b_x, b_h)[0], np.zeros(5))),
        ("the candidate's bias of x", lambda b_x, b_h: (biases(b_x, b_h)[0], b_x[10:])),
        ("two arrays", lambda b_x, b_h: b_x + b_h),
    ],
)
def test_two_biases(capsys, words, answer):
    assert told(capsys, "06.4", biases)[0]
    refused(capsys, "06.4", answer, words)
