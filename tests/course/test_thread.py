"""The marked sign: the task of chapter 00, for every cell."""

import numpy as np
import pytest

import lstm_edu as le
from lstm_edu import course


def test_the_target_is_the_one_sign_with_a_mark_and_the_last_step_has_none():
    batch = course.marked_signs(7, 500).sample(300, rng=0)
    signs, marks = batch.x[..., 0], batch.x[..., 1]
    assert set(np.unique(signs)) == {-1, 1}
    assert np.array_equal(marks.sum(axis=0), np.ones(300))
    assert set(np.flatnonzero(marks.sum(axis=1))) == set(range(6))
    assert np.array_equal((signs * marks).sum(axis=0), batch.target[:, 0])


def test_fewer_steps_or_no_sequence_are_refused():
    with pytest.raises(ValueError, match="length must be a whole number of at least 2, got 1"):
        course.marked_signs(1)
    with pytest.raises(ValueError, match="count must be a whole number of at least 1, got 0"):
        course.marked_signs(5, 0)


def test_every_seed_learns_the_marked_signs_from_a_start_of_its_own_and_as_often_as_one_likes():
    made = []

    def make(seed):
        made.append(seed)
        return le.GRU(2, 3, rng=seed)

    lost = course.learn_marked_signs(make, seeds=3, steps=4)
    assert made == [0, 1, 2]
    assert len(set(lost)) == 3
    np.testing.assert_array_equal(course.learn_marked_signs(make, seeds=2, steps=4), lost[:2])
    assert course.learn_marked_signs(make, seeds=1, steps=150)[0] < 0.8 * lost[0]
    for wrong in ({"seeds": 0}, {"steps": 0}):
        with pytest.raises(ValueError, match=f"^{next(iter(wrong))} must be"):
            course.learn_marked_signs(make, **wrong)
