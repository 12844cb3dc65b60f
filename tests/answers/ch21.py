"""Answers to the exercises of chapter 21: later papers, run again."""

import math
from functools import partial

import numpy as np

from answers import Answers

LN_2 = math.log(2)


def half_life(bias, above=LN_2, log=math.log, gate_sign=1, sign=-1):
    f = 1 / (1 + math.exp(-gate_sign * bias))
    return sign * above / log(f)


def baseline(T, items, alphabet, log=math.log, blank=0, shown=1, asked=1, known=True):
    steps = T + shown * items + asked * items if known else items
    return sum(log(alphabet + blank) for _ in range(items)) / steps


def variance(x, below):
    mean = sum(x) / len(x)
    return sum((value - mean) ** 2 for value in x) / (len(x) - below)


def welch(a, b, below=1, of_mean=True, sign=1, root=math.sqrt, freedom_below=1):
    e_a, e_b = (variance(x, below) / (len(x) if of_mean else 1) for x in (a, b))
    t = sign * (sum(a) / len(a) - sum(b) / len(b)) / root(e_a + e_b)
    parts = e_a**2 / (len(a) - freedom_below) + e_b**2 / (len(b) - freedom_below)
    return t, (e_a + e_b) ** 2 / parts


def student(a, b):
    n_a, n_b = len(a), len(b)
    degrees = n_a + n_b - 2
    pooled = ((n_a - 1) * variance(a, 1) + (n_b - 1) * variance(b, 1)) / degrees
    return (np.mean(a) - np.mean(b)) / math.sqrt(pooled / n_a + pooled / n_b), degrees


def sum_of_roots(a, b):
    e_a, e_b = (variance(x, 1) / len(x) for x in (a, b))
    return (np.mean(a) - np.mean(b)) / (math.sqrt(e_a) + math.sqrt(e_b)), welch(a, b)[1]


def freedom_alone(a, b, **mistakes):
    return welch(a, b)[0], welch(a, b, **mistakes)[1]


def grade(lengths, longest, over=all, middle=np.mean, limit=1000, late=False):
    perfect = over(length == longest for length in lengths)
    if perfect and not late:
        return "perfect"
    if middle(lengths) > limit:
        return "good"
    return "perfect" if perfect else "rest"


EXERCISES = {
    "21.1": Answers(
        right=[
            half_life,
            lambda bias: 1 / np.log2(1 + np.exp(-bias)),
            lambda bias: half_life(bias, math.log2(2), math.log2),
        ],
        wrong=[
            ("ln 2 / (1 - f)", lambda bias: LN_2 * (1 + math.exp(bias))),
            ("that is the time constant", partial(half_life, above=1)),
            ("the wrong sign", partial(half_life, sign=1)),
            ("the gate at sigmoid(-bias)", partial(half_life, gate_sign=-1)),
            ("both must be of one base", partial(half_life, log=math.log2)),
            ("at a bias of 0 is", lambda bias: half_life(1)),
            ("at a bias of -1.5 is", lambda bias: half_life(abs(bias))),
        ],
    ),
    "21.2": Answers(
        right=[baseline],
        wrong=[
            ("the recall steps alone", partial(baseline, known=False)),
            ("a blank is never asked for", partial(baseline, blank=1)),
            ("nats are asked, not bits", partial(baseline, log=math.log2)),
            ("with T steps", partial(baseline, shown=0, asked=0)),
            ("with T + items steps", partial(baseline, shown=0)),
            ("the sum over the sequence", lambda T, items, alphabet: items * math.log(alphabet)),
            ("for T = 30, 4 items of 5 is", lambda *given: baseline(500, 10, 8)),
        ],
    ),
    "21.3": Answers(
        right=[welch, lambda a, b: list(welch(a, b))],
        wrong=[
            ("Return two numbers", lambda a, b: welch(a, b)[0]),
            ("t is what comes out with one pooled variance", student),
            ("t is what comes out with a variance over n", partial(welch, below=0)),
            ("t is what comes out with standard deviations", partial(welch, of_mean=False)),
            ("b minus a", partial(welch, sign=-1)),
            ("no root below", partial(welch, root=lambda e: e)),
            ("a sum of two roots", sum_of_roots),
            ("freedom is what comes out with n_a + n_b - 2", lambda a, b: (welch(a, b)[0], len(a) + len(b) - 2)),
            ("freedom is what comes out with a variance over n", partial(freedom_alone, below=0)),
            ("freedom is what comes out with standard deviations", partial(freedom_alone, of_mean=False)),
            ("n in place of n - 1", partial(freedom_alone, freedom_below=0)),
        ],
    ),
    "21.4": Answers(
        right=[grade],
        wrong=[
            ("Both mistakes are still there", partial(grade, over=any, middle=np.median)),
            ('"perfect" is wrong: one stream', partial(grade, over=any)),
            ('"good" is wrong: it takes the median', partial(grade, middle=np.median)),
            ("has to be looked at first", partial(grade, late=True)),
            ("a mean of 1000 is not above 1000", partial(grade, limit=999)),
            ("not 'bad'", lambda lengths, longest: "bad"),
            ("not 3", lambda lengths, longest: 3),
            ('you say "perfect", and "rest" is right', lambda lengths, longest: "perfect"),
        ],
    ),
}
