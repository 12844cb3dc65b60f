"""Answers to the exercises of chapter 09: a worked example from end to end."""

from functools import partial

import numpy as np

from answers import Answers


def chances(z, temperature, zero=True):
    if temperature == 0 and zero:
        return np.eye(len(z))[z.argmax()]
    e = np.exp((z - z.max()) / temperature)
    return e / e.sum()


def write(net, codes, length, carry=True, training=False, whole=False):
    state, out = None, []
    codes = list(codes)
    read = codes
    for _ in range(length):
        y, tape = net.forward(np.array(read)[:, None], state, training=training)
        state = tape.state if carry else None
        new = int(y[-1, 0].argmax())
        out.append(new)
        codes.append(new)
        read = codes if whole else [new]
    return out


def windows(series, length, train, known=True, after=1):
    part = series[:train] if known else series
    values = (series - part.mean()) / part.std()
    x = np.lib.stride_tricks.sliding_window_view(values, length)[:-1].T
    target = values[length - 1 + after :][: x.shape[1]]
    return x[:, : train - length], target[: train - length], x[:, train - length :], target[train - length :]


EXERCISES = {
    "09.1": Answers(
        right=[lambda p: float(np.mean([-np.log(one) / np.log(2) for one in p]))],
        wrong=[
            ("nats", lambda p: -np.mean(np.log(p))),
            ("sign", lambda p: np.mean(np.log2(p))),
            ("sum", lambda p: -np.sum(np.log2(p))),
            ("mean of the logarithms", lambda p: -np.log2(np.mean(p))),
            ("perplexity", lambda p: 2 ** -np.mean(np.log2(p))),
        ],
    ),
    "09.2": Answers(
        right=[chances],
        wrong=[
            ("multiplied by", lambda z, tau: chances(z, 1 / tau)),
            ("before the softmax", lambda z, tau: chances(z, 1) / tau),
            ("left out", lambda z, tau: chances(z, 1)),
            ("add up to 1", lambda z, tau: chances(z, 1) ** (1 / tau)),
            ("At temperature 0", lambda z, tau: chances(z, np.float64(tau), zero=False)),
        ],
    ),
    "09.3": Answers(
        right=[write],
        wrong=[
            ("zero state", partial(write, carry=False)),
            ("training mode", partial(write, training=True)),
            ("one new character", partial(write, whole=True)),
            ("ZeroDivisionError", lambda net, codes, length: 1 / 0),
        ],
        hint="Your function returns nothing yet.",
    ),
    "09.4": Answers(
        right=[windows],
        wrong=[
            ("must not know the test years", partial(windows, known=False)),
            ("the year after it", partial(windows, after=0)),
        ],
        hint="Windows of a series with their targets, split by time",
    ),
}
