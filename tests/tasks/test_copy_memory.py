import re
from math import log

import numpy as np
import pytest

from lstm_edu.tasks import CopyMemory

SIZES = pytest.mark.parametrize(("length", "items", "alphabet"), [(100, 10, 8), (7, 3, 5), (1, 1, 2), (2, 6, 4)])


@SIZES
def test_a_sequence_is_symbols_blanks_the_sign_to_go_and_the_same_symbols(length, items, alphabet):
    batch = CopyMemory(length, items, alphabet).sample(40, 1)
    assert batch.x.shape == (length + 2 * items, 40, alphabet + 2)
    assert batch.target.shape == (length + 2 * items, 40)
    assert (batch.x.sum(axis=-1) == 1).all()
    for b in range(40):
        given, wanted = batch.x[:, b].argmax(axis=-1).tolist(), batch.target[:, b].tolist()
        symbols = given[:items]
        assert set(symbols) <= set(range(1, alphabet + 1))
        assert given[items:] == [0] * (length - 1) + [alphabet + 1] + [0] * items
        assert wanted == [0] * (length + items) + symbols


def test_the_answer_begins_length_plus_items_steps_after_the_first_symbol():
    batch = CopyMemory(20, 4, 6).sample(3, 2)
    assert np.array_equal(batch.target[24:], batch.x[:4].argmax(axis=-1))


def test_all_symbols_are_equally_likely_at_every_place():
    symbols = CopyMemory(1, 3, 5).sample(5000, 3).target[-3:]
    for place in symbols:
        counts = np.bincount(place, minlength=6)
        assert counts[0] == 0
        assert np.abs(counts[1:] - 1000).max() < 4 * np.sqrt(5000 * 0.2 * 0.8)
    assert abs(np.corrcoef(symbols[0], symbols[2])[0, 1]) < 4 / np.sqrt(5000)


@pytest.mark.parametrize(("length", "expected"), [(100, 0.1733), (200, 0.0945), (300, 0.0650), (500, 0.0400)])
def test_the_usual_set_up_has_the_published_baseline(length, expected):
    assert CopyMemory(length).baseline == pytest.approx(10 * log(8) / (length + 20), rel=1e-12)
    assert CopyMemory(length).baseline == pytest.approx(expected, abs=5e-5)


@SIZES
def test_a_guess_that_knows_when_but_not_what_scores_the_baseline(length, items, alphabet):
    task = CopyMemory(length, items, alphabet)
    batch = task.sample(30, 4)
    p = np.zeros((*batch.target.shape, alphabet + 1))
    p[:-items, :, 0] = 1
    p[-items:, :, 1:] = 1 / alphabet
    chosen = np.take_along_axis(p, batch.target[..., None], axis=-1)
    assert -np.log(chosen).mean() == pytest.approx(task.baseline, rel=1e-9)


def test_right_means_every_step_of_the_sequence():
    task = CopyMemory(5, 3, 4)
    batch = task.sample(4, 5)
    y = np.eye(5)[batch.target]
    assert task.correct(y, batch).all()
    y[-1, 1] = np.roll(y[-1, 1], 1)  # the last symbol
    y[4, 2, 3] = 2  # a symbol in the wait
    assert task.correct(y, batch).tolist() == [True, False, False, True]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"length": 0}, "length must be a whole number of at least 1, got 0"),
        ({"items": 0}, "items must be a whole number of at least 1, got 0"),
        ({"alphabet": 1}, "alphabet must be a whole number of at least 2, got 1"),
        ({"alphabet": 8.0}, "alphabet must be a whole number of at least 2, got 8.0"),
    ],
)
def test_wrong_settings_are_named(arguments, message):
    with pytest.raises(ValueError, match="^" + re.escape(message)):
        CopyMemory(**arguments)
