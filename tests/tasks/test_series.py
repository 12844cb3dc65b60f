"""A series of one's own: nothing of the later parts reaches the training, and the windows are where they should be."""

import numpy as np
import pytest

from lstm_edu.core import Scaling
from lstm_edu.tasks import Series
from lstm_edu.tasks.series import found_season


def counting(n=200, **settings):
    return Series(np.arange(n, dtype=float), **{"horizon": 3, "window": 5} | settings)


def test_a_sequence_is_what_stands_before_its_targets_and_belongs_where_they_lie():
    task = counting()
    for split, (first, last) in {"train": (5, 140), "valid": (140, 170), "test": (170, 200)}.items():
        origins, batch = task.ordered(split)
        np.testing.assert_array_equal(origins, np.arange(first, last - 2))
        assert task.part(split) == (0 if split == "train" else first, last)
        seen = task.scaling.undo(batch.x.astype(float))[:, :, 0]
        np.testing.assert_allclose(seen, origins + np.arange(-5, 0)[:, None], atol=1e-4)
        ahead = task.scaling.undo(batch.target.astype(float)[:, :, None])[:, :, 0]
        np.testing.assert_allclose(ahead, origins[:, None] + np.arange(3), atol=1e-4)


def test_the_later_parts_do_not_reach_the_training():
    values = np.random.default_rng(0).normal(size=200).cumsum()
    changed = values.copy()
    changed[140:] = 1e3 * np.random.default_rng(1).normal(size=60)
    one, other = (Series(v, horizon=3, window=5) for v in (values, changed))
    assert one.scaling == other.scaling == Scaling.of(values[:140, None])
    assert one.season == other.season
    for a, b in zip(one.ordered("train"), other.ordered("train"), strict=True):
        np.testing.assert_array_equal(getattr(a, "x", a), getattr(b, "x", b))


def test_differences_are_of_the_training_part_and_stand_where_the_numbers_do():
    task = Series(np.arange(200.0) ** 2, horizon=2, window=4, difference=7)
    origins, batch = task.ordered("valid")
    numbers = task.scaling.undo(batch.target.astype(float)[:, :, None])[:, 0, 0]
    np.testing.assert_allclose(numbers, origins**2 - (origins - 7) ** 2, rtol=1e-5)
    assert task.scaling == Scaling.of((np.arange(7, 140.0) ** 2 - np.arange(0, 133.0) ** 2)[:, None])


def test_the_baseline_is_the_last_number_for_ever():
    task = counting(200)
    assert task.baseline == pytest.approx((1 + 4 + 9) / 3 / task.scaling.scale[0] ** 2, rel=1e-4)
    changes = counting(200, difference=1)  # which never change
    assert changes.baseline == pytest.approx(1, rel=1e-6)  # in units of 1: a straight line has no deviation


def test_right_is_what_beats_the_last_number():
    task = counting()
    batch = task.ordered("test")[1]
    assert task.correct(batch.target, batch).all()
    assert task.solved(batch.target, batch)
    assert not task.correct(np.repeat(batch.x[-1], 3, axis=1), batch).any()
    assert not task.solved(np.full_like(batch.target, 1e3), batch)


@pytest.mark.parametrize("season", [4, 12, 31])
@pytest.mark.parametrize("trend", [0, 0.5])
def test_a_season_is_found_through_noise_and_a_trend(season, trend):
    rng, t = np.random.default_rng(season), np.arange(10 * season)
    pattern = rng.normal(size=season)
    assert found_season(pattern[t % season] + 0.3 * rng.normal(size=len(t)) + trend * t) == season


@pytest.mark.parametrize(
    "values",
    [np.zeros(50), np.full(50, 1e8), np.arange(50.0), np.random.default_rng(3).normal(size=300), np.arange(4.0)],
    ids=["zeros", "constant", "line", "noise", "short"],
)
def test_where_there_is_no_season_none_is_found(values):
    assert found_season(values) is None


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Series([1.0, np.nan, 3.0]), "values must be finite, got nan at 1"),
        (lambda: Series(np.zeros((3, 2))), r"values must have 1 axes \(N,\)"),
        (lambda: counting(15), "15 numbers are too few for window 5, horizon 3, difference 0"),
        (lambda: counting(horizon=0), "horizon must be a whole number of at least 1"),
        (lambda: counting(window=0), "window must be a whole number of at least 1"),
        (lambda: counting(difference=-1), "difference must be a whole number of at least 0"),
        (lambda: counting(season=0), "season must be a whole number of at least 1"),
    ],
)
def test_what_is_no_series_is_refused_in_words(make, words):
    with pytest.raises(ValueError, match=words):
        make()
