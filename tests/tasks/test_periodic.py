import re
from math import cos, pi

import numpy as np
import pytest

from lstm_edu.tasks import PeriodicFunction

# Written from the definitions, one value at a time; p is how much of the period is over.
DEFINITIONS = {
    "cosine": lambda p: 0.5 - 0.5 * cos(2 * pi * p),
    "triangle": lambda p: 2 * p if 2 * p < 1 else 2 - 2 * p,
    "rectangle": lambda p: float(2 * p >= 1),
}


@pytest.mark.parametrize("shape", DEFINITIONS)
@pytest.mark.parametrize("period", [2, 10, 25])
def test_the_target_is_the_function_and_the_input_is_nothing(shape, period):
    batch = PeriodicFunction(shape, period, length=60).sample(3, 0)
    assert batch.x.shape == batch.target.shape == (60, 3, 1)
    assert not batch.x.any()
    for t in range(60):
        assert batch.target[t, :, 0] == pytest.approx([DEFINITIONS[shape](t % period / period)] * 3, abs=1e-6)


def test_validation_and_test_hold_the_sequence_once_and_the_test_goes_on():
    task = PeriodicFunction(length=30, length_test=70)
    assert task.sample(9, 0, "train").x.shape == (30, 9, 1)
    assert task.sample(9, 0, "valid").x.shape == (30, 1, 1)
    test = task.sample(9, 0, "test")
    assert test.x.shape == (70, 1, 1)
    assert np.array_equal(test.target[:30], task.sample(1, 0).target)


@pytest.mark.parametrize(
    ("shape", "period", "length", "variance"),
    [("cosine", 10, 100, 1 / 8), ("cosine", 25, 50, 1 / 8), ("rectangle", 4, 12, 1 / 4), ("triangle", 4, 8, 1 / 8)],
)
def test_the_best_constant_scores_the_baseline(shape, period, length, variance):
    task = PeriodicFunction(shape, period, length)
    target = task.sample(1, 0).target.astype(np.float64)
    assert task.baseline == pytest.approx(variance, rel=1e-12)
    scores = [np.square(target - guess).mean() for guess in np.linspace(0, 1, 201)]
    assert min(scores) == pytest.approx(task.baseline, abs=1e-6)


@pytest.mark.parametrize(("error", "right"), [(0.29, True), (-0.29, True), (0.31, False), (-0.31, False)])
def test_right_means_within_three_tenths_at_each_step(error, right):
    task = PeriodicFunction(length=20)
    batch = task.sample(2, 0)
    y = batch.target.copy()
    y[13, 1] += error
    assert task.correct(y, batch).tolist() == [True, right]


def test_measures_gives_the_root():
    assert PeriodicFunction().measures(0.09) == {"RMSE": pytest.approx(0.3, rel=1e-12)}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"shape": "cosin"}, "unknown shape 'cosin': did you mean 'cosine'"),
        ({"period": 1}, "period must be a whole number of at least 2, got 1"),
        ({"length": 1}, "length must be a whole number of at least 2, got 1"),
        ({"length_test": 5.0}, "length_test must be a whole number of at least 2, got 5.0"),
        ({"tolerance": -1}, "tolerance must be above 0, got -1"),
    ],
)
def test_wrong_settings_are_named(arguments, message):
    with pytest.raises(ValueError, match="^" + re.escape(message)):
        PeriodicFunction(**arguments)
