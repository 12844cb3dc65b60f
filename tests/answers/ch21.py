"""Answers to the exercises of chapter 21: later papers, run again."""

from functools import partial
from math import exp, log, log2, sqrt
from statistics import mean, median, pvariance, variance

from answers import Answers


def half_life(bias, left=0.5, sign=-1, direction=1, first_order=False):
    f = 1 / (1 + exp(sign * bias))
    return direction * log(left) / (f - 1 if first_order else log(f))


def baseline(T, items, alphabet, blank=0, logarithm=log, steps=lambda T, items: T + 2 * items):
    return items * logarithm(alphabet + blank) / steps(T, items)


def welch(a, b, spread=variance, divide=True, sign=1):
    e, d = (spread(list(x)) / (len(x) if divide else 1) for x in (a, b))
    freedom = (e + d) ** 2 / (e * e / (len(a) - 1) + d * d / (len(b) - 1))
    return sign * (mean(a) - mean(b)) / sqrt(e + d), freedom


def student(a, b):
    n, m = len(a), len(b)
    pooled = ((n - 1) * variance(list(a)) + (m - 1) * variance(list(b))) / (n + m - 2)
    return (mean(a) - mean(b)) / sqrt(pooled / n + pooled / m), n + m - 2


def grade(lengths, longest, whole=min, middle=mean):
    if whole(lengths) == longest:
        return "perfect"
    return "good" if middle([float(n) for n in lengths]) > 1000 else "rest"


EXERCISES = {
    "21.1": Answers(
        right=[half_life],
        wrong=[
            ("Return one number", lambda bias: [bias, bias]),
            ("for a gate near 1 alone", partial(half_life, first_order=True)),
            ("until 1/e is left", partial(half_life, left=exp(-1))),
            ("the gate at σ(-b)", partial(half_life, sign=1)),
            ("a negative number of steps", partial(half_life, direction=-1)),
        ],
        hint="Begin with what is left",
    ),
    "21.2": Answers(
        right=[baseline],
        wrong=[
            ("all steps count", partial(baseline, steps=lambda T, items: items)),
            ("the blank among the guesses", partial(baseline, blank=1)),
            ("asked are nats", partial(baseline, logarithm=log2)),
            ("there are T + 2 items", partial(baseline, steps=lambda T, items: T)),
            ("T + items steps", partial(baseline, steps=lambda T, items: T + items)),
        ],
        hint="Begin with one of the steps",
    ),
    "21.3": Answers(
        right=[welch, lambda a, b: list(welch(a, b))],
        wrong=[
            ("Return two numbers", lambda a, b: welch(a, b)[0]),
            ("that is Student's test", student),
            ("they are over n - 1", partial(welch, spread=pvariance)),
            ("the squared errors of the means", partial(welch, divide=False)),
            ("the other way round", partial(welch, sign=-1)),
        ],
        hint="Begin with e",
    ),
    "21.4": Answers(
        right=[grade],
        wrong=[
            ("Both mistakes", partial(grade, whole=max, middle=median)),
            ("every stream has to be", partial(grade, whole=max)),
            ("asked is the mean", partial(grade, middle=median)),
            ("and you say 'rest'", lambda lengths, longest: "good" if len(lengths) == 4 else "rest"),
        ],
        hint="The grade of a network",
    ),
}
