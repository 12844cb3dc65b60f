"""Answers to the exercises of chapter 10: a fair contest."""

import itertools
from functools import partial

import numpy as np

from answers import Answers


def sign_flip(d, extreme=lambda mean, seen: abs(mean) >= abs(seen) - 1e-12):
    means = [np.mean(np.array(signs) * d) for signs in itertools.product((1, -1), repeat=len(d))]
    return np.mean([extreme(mean, np.mean(d)) for mean in means])


def seeds_needed(m, sides=2):
    return int(np.ceil(np.log2(m * sides / 0.05)))


def report(valid, test, choose=None, middle=np.median):
    rate = np.argmin(np.median(valid if choose is None else choose(valid, test), axis=1))
    return middle(test[rate])


def lstm_units(D, budget, more=1, blocks=4):
    return min(range(1, 500), key=lambda H: (abs(blocks * H * (D + H + more) - budget), H))


EXERCISES = {
    "10.1": Answers(
        right=[sign_flip],
        wrong=[
            ("one side only", lambda d: sign_flip(d, lambda mean, seen: mean * np.sign(seen) >= abs(seen) - 1e-12)),
            ("> in place of >=", lambda d: sign_flip(d, lambda mean, seen: abs(mean) > abs(seen) + 1e-12)),
        ],
    ),
    "10.2": Answers(
        right=[seeds_needed],
        wrong=[("one-sided", partial(seeds_needed, sides=1)), ("multiplied by m", lambda m: 6)],
    ),
    "10.3": Answers(
        right=[report],
        wrong=[
            ("rate chosen on the test, and the luckiest", lambda v, t: report(t, t, None, np.min)),
            ("whoever chooses on it has seen it", lambda v, t: report(v, t, lambda v, t: t)),
            ("luckiest seed: report the median", partial(report, middle=np.min)),
            ("validation loss", lambda v, t: report(v, v)),
        ],
    ),
    "10.4": Answers(
        right=[lstm_units],
        wrong=[
            ("without biases", partial(lstm_units, more=0)),
            ("three blocks", partial(lstm_units, blocks=3)),
            ("stays below", lambda D, budget: max(filter(lambda H: budget >= 4 * H * (D + H + 1), range(500)))),
        ],
    ),
}
