"""The marked sign: the task of chapter 00, for every cell."""

import numpy as np
import pytest

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
