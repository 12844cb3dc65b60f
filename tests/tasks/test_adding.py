import re

import numpy as np
import pytest

from lstm_edu.tasks import Adding

LENGTHS = [4, 5, 9, 10, 21, 40, 100]


def marked(batch, b):
    return [t for t in range(len(batch.x)) if batch.x[t, b, 1] == 1]


@pytest.mark.parametrize("length", LENGTHS)
def test_target_is_half_plus_a_quarter_of_the_marked_sum(length):
    batch = Adding(length).sample(300, 1)
    for b in range(300):
        expected = 0.5
        for t in marked(batch, b):
            expected += batch.x[t, b, 0] / 4
        assert batch.target[b, 0] == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("length", LENGTHS)
def test_two_pairs_are_marked_unless_the_first_one_was_drawn(length):
    batch = Adding(length).sample(300, 2)
    counts = set()
    for b in range(300):
        places = marked(batch, b)
        counts.add(len(places))
        if len(places) == 1:
            assert batch.x[0, b, 0] == 0
        else:
            assert len(places) == 2
            assert batch.x[0, b, 0] != 0
    assert counts == ({1} if length < 6 else {1, 2})  # two pairs to choose from: the first is always one of them


@pytest.mark.parametrize("length", LENGTHS)
def test_markers_are_minus_one_at_both_ends_and_zero_elsewhere(length):
    batch = Adding(length).sample(300, 3)
    for b, n in enumerate(batch.lengths):
        markers = batch.x[:n, b, 1]
        assert markers[0] == markers[-1] == -1
        assert set(markers[1:-1]) <= {0, 1}


def test_one_mark_is_among_the_first_ten_and_none_is_later_than_half():
    batch = Adding(100).sample(4000, 4)
    places = [marked(batch, b) for b in range(4000)]
    assert all(p[0] < 10 for p in places if len(p) == 2)
    assert {p[0] for p in places if len(p) == 2} == set(range(1, 10))
    assert {p[-1] for p in places} == set(range(1, 50))


@pytest.mark.parametrize(("length", "longest"), [(100, 110), (49, 53), (9, 9), (10, 11)])
def test_lengths_are_uniform_from_T_to_T_plus_a_tenth(length, longest):
    lengths = Adding(length).sample(4000, 5).lengths
    values, counts = np.unique(lengths, return_counts=True)
    assert values.tolist() == list(range(length, longest + 1))
    p = 1 / len(values)
    assert np.abs(counts - 4000 * p).max() < 4 * np.sqrt(4000 * p * (1 - p)) + 1e-9


def test_numbers_are_uniform_in_minus_one_to_one():
    batch = Adding(100).sample(2000, 6)
    values = np.sort(batch.x[1:99, :, 0].ravel())
    assert values[0] >= -1
    assert values[-1] < 1
    expected = np.linspace(-1, 1, len(values))
    assert np.abs(values - expected).max() < 2 * 1.95 / np.sqrt(len(values))  # Kolmogorov-Smirnov at 0.1 %


def score(errors, baseline):
    """The distance from the baseline in standard errors."""
    squared = np.square(errors, dtype=np.float64)
    return abs(squared.mean() - baseline) / (squared.std() / np.sqrt(squared.size))


@pytest.mark.parametrize("length", [4, 10, 21, 100])
def test_the_constant_half_scores_the_baseline(length):
    task = Adding(length)
    target = task.sample(20_000, 7).target
    assert score(target - 0.5, task.baseline) < 3


def test_the_baseline_of_1997_is_a_little_below_one_in_24():
    # 1/24 is the variance of (X1 + X2) / 4; sequences whose first pair was drawn have one number only.
    assert Adding(100).baseline == pytest.approx(0.0392007, abs=1e-7)
    assert 1 / 24 > Adding(1000).baseline > Adding(100).baseline


def test_the_last_pair_says_nothing_of_the_target():
    batch = Adding(20).sample(20_000, 8)
    last = batch.x[batch.lengths - 1, np.arange(20_000), 0]
    for k in range(10):
        target = batch.target[(last >= k / 5 - 1) & (last < (k + 1) / 5 - 1)]
        assert abs(target.mean() - 0.5) < 4 * target.std() / np.sqrt(len(target))


@pytest.mark.parametrize("length", [2, 3, 10, 101])
def test_form_sum_has_one_mark_in_each_half_and_their_sum_as_target(length):
    batch = Adding(length, "sum").sample(300, 9)
    assert batch.x.shape == (length, 300, 2)
    assert batch.lengths is None
    assert batch.x[:, :, 0].min() >= 0
    assert batch.x[:, :, 0].max() < 1
    for b in range(300):
        first, second = marked(batch, b)
        assert first < length // 2 <= second
        assert np.count_nonzero(batch.x[:, b, 1]) == 2
        assert batch.target[b, 0] == pytest.approx(batch.x[first, b, 0] + batch.x[second, b, 0])


def test_form_sum_marks_every_step():
    batch = Adding(10, "sum").sample(2000, 10)
    assert (batch.x[:, :, 1].sum(axis=1) > 2000 / 5 * 0.8).all()


def test_in_form_sum_the_constant_one_scores_the_baseline():
    task = Adding(10, "sum")
    assert task.baseline == 1 / 6
    assert score(task.sample(20_000, 11).target - 1, task.baseline) < 3


def test_the_last_pair_of_form_sum_is_worth_what_the_docstring_says():
    task, n = Adding(10, "sum"), 40_000
    batch = task.sample(n, 12)
    guess = 1 + (batch.x[-1, :, 0] - 0.5) * batch.x[-1, :, 1]
    assert score(batch.target[:, 0] - guess, task.baseline - 1 / 60) < 3


@pytest.mark.parametrize(("error", "right"), [(0.039, True), (-0.039, True), (0.041, False), (-0.041, False)])
def test_right_means_an_absolute_error_below_four_hundredths(error, right):
    task = Adding(20)
    batch = task.sample(5, 0)
    assert (task.correct(batch.target + error, batch) == right).all()
    assert task.solved(batch.target + error, batch) is right


def test_a_wider_tolerance_accepts_larger_errors():
    task = Adding(20, tolerance=0.2)
    batch = task.sample(5, 0)
    assert task.correct(batch.target + 0.19, batch).all()
    assert not task.correct(batch.target + 0.21, batch).any()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"length": 3}, "length must be a whole number of at least 4, got 3"),
        ({"length": 1, "form": "sum"}, "length must be a whole number of at least 2, got 1"),
        ({"length": 10.0}, "length must be a whole number of at least 4, got 10.0"),
        ({"form": 1997}, "unknown form 1997: did you mean '1997'"),
        ({"tolerance": 0}, "tolerance must be above 0, got 0"),
        ({"tolerance": "0.1"}, "tolerance must be a finite number, got '0.1'"),
    ],
)
def test_wrong_settings_are_named(arguments, message):
    with pytest.raises(ValueError, match="^" + re.escape(message)):
        Adding(**arguments)
