"""The exercises of chapter 10: right answers pass, the usual mistakes are named."""

import itertools

import numpy as np
import pytest
from answers import refused, told


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


RIGHT = {"10.1": sign_flip, "10.2": seeds_needed, "10.3": report, "10.4": lstm_units}
WRONG = [
    ("10.1", "one side only", lambda d: sign_flip(d, lambda mean, seen: mean * np.sign(seen) >= abs(seen) - 1e-12)),
    ("10.1", "> in place of >=", lambda d: sign_flip(d, lambda mean, seen: abs(mean) > abs(seen) + 1e-12)),
    ("10.2", "one-sided", lambda m: seeds_needed(m, sides=1)),
    ("10.2", "multiplied by m", lambda m: 6),
    ("10.3", "rate chosen on the test, and the luckiest", lambda v, t: report(t, t, None, np.min)),
    ("10.3", "whoever chooses on it has seen it", lambda v, t: report(v, t, lambda v, t: t)),
    ("10.3", "luckiest seed: report the median", lambda v, t: report(v, t, middle=np.min)),
    ("10.3", "validation loss", lambda v, t: report(v, v)),
    ("10.4", "without biases", lambda D, budget: lstm_units(D, budget, more=0)),
    ("10.4", "three blocks", lambda D, budget: lstm_units(D, budget, blocks=3)),
    ("10.4", "stays below", lambda D, budget: max(filter(lambda H: budget >= 4 * H * (D + H + 1), range(500)))),
]


@pytest.mark.parametrize("number", RIGHT)
def test_the_right_answer_passes(capsys, number):
    assert told(capsys, number, RIGHT[number])[0]


@pytest.mark.parametrize(("number", "words", "mistake"), WRONG)
def test_a_typical_mistake_is_named(capsys, number, words, mistake):
    refused(capsys, number, mistake, words)


@pytest.mark.parametrize("number", RIGHT)
def test_the_untouched_skeleton_gets_a_hint(capsys, number):
    refused(capsys, number, lambda *arrays: None, "Begin with")
