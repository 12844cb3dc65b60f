import re
from math import log

import numpy as np
import pytest

from lstm_edu.tasks import TemporalOrder

PLACES = {  # (length, variant): first and last place of each window, from 1, as printed for a length of 100
    (100, "6a"): [(10, 20), (50, 60)],
    (100, "6b"): [(10, 20), (33, 43), (66, 76)],
    (20, "6a"): [(2, 4), (10, 12)],
    (20, "6b"): [(2, 4), (6, 8), (13, 15)],
    (1000, "6b"): [(100, 200), (330, 430), (660, 760)],
}
CASES = pytest.mark.parametrize(("length", "variant"), PLACES)


def strings(batch):
    symbols = batch.x.argmax(axis=-1)
    return ["".join("EBabcdXY"[s] for s in symbols[:n, b]) for b, n in enumerate(batch.lengths)]


@CASES
def test_a_sequence_is_e_letters_with_x_or_y_in_each_window_and_b(length, variant):
    batch = TemporalOrder(length, variant).sample(200, 1)
    for string in strings(batch):
        assert string[0] == "E"
        assert string[-1] == "B"
        assert set(string[1:-1]) <= set("abcdXY")
        places = [t + 1 for t, symbol in enumerate(string) if symbol in "XY"]
        assert len(places) == len(PLACES[length, variant])
        for place, (first, last) in zip(places, PLACES[length, variant], strict=True):
            assert first <= place <= last


@pytest.mark.parametrize("variant", ["6a", "6b"])
def test_every_place_of_each_window_occurs(variant):
    batch = TemporalOrder(100, variant).sample(3000, 2)
    seen = {t + 1 for t in np.flatnonzero(batch.x[:, :, 6:].any(axis=(1, 2)))}
    assert seen == {t for first, last in PLACES[100, variant] for t in range(first, last + 1)}


@pytest.mark.parametrize(("variant", "lag"), [("6a", 40), ("6b", 24)])
def test_the_least_lag_is_the_printed_one(variant, lag):
    found = [len(s) - 1 - max(s.rfind("X"), s.rfind("Y")) for s in strings(TemporalOrder(100, variant).sample(5000, 3))]
    assert min(found) == lag


@pytest.mark.parametrize(
    ("variant", "classes"),
    [
        ("6a", {"XX": 0, "XY": 1, "YX": 2, "YY": 3}),
        ("6b", {"XXX": 0, "XXY": 1, "XYX": 2, "XYY": 3, "YXX": 4, "YXY": 5, "YYX": 6, "YYY": 7}),
    ],
)
def test_the_class_is_the_order_of_x_and_y(variant, classes):
    batch = TemporalOrder(30, variant).sample(200, 4)
    orders = ["".join(c for c in s if c in "XY") for s in strings(batch)]
    assert [classes[order] for order in orders] == batch.target.tolist()
    assert set(orders) == set(classes)


def test_x_is_one_hot_on_real_steps():
    batch = TemporalOrder(50).sample(50, 5)
    assert np.array_equal(batch.x.sum(axis=-1), batch.counted)
    assert set(np.unique(batch.x)) == {0, 1}


def test_lengths_are_those_of_the_paper():
    assert set(TemporalOrder(100).sample(1000, 6).lengths) == set(range(100, 111))


def test_letters_are_equally_likely():
    batch = TemporalOrder(100).sample(200, 7)
    counts = batch.x[:, :, 2:6].sum(axis=(0, 1))
    n = counts.sum()
    assert np.abs(counts - n / 4).max() < 4 * np.sqrt(n * 3 / 16)


@pytest.mark.parametrize(("variant", "classes"), [("6a", 4), ("6b", 8)])
def test_the_baseline_is_a_guess_among_equal_classes(variant, classes):
    task = TemporalOrder(20, variant)
    assert task.outputs == classes
    assert task.baseline == pytest.approx(log(classes))
    counts = np.bincount(task.sample(8000, 8).target, minlength=classes)
    p = 1 / classes
    assert np.abs(counts - 8000 * p).max() < 4 * np.sqrt(8000 * p * (1 - p))


@pytest.mark.parametrize(("p", "right"), [(0.71, True), (0.69, False)])
def test_right_means_that_every_probability_is_within_three_tenths(p, right):
    task = TemporalOrder(20)
    batch = task.sample(6, 9)
    y = np.full((6, 4), log((1 - p) / 3))
    y[np.arange(6), batch.target] = log(p)
    assert (task.correct(y + 100, batch) == right).all()  # softmax: a constant on all outputs changes nothing
    y[:, [1, 2]] = y[:, [2, 1]]
    assert (task.correct(y, batch) == (right & np.isin(batch.target, [0, 3]))).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"length": 19}, "length must be a whole number of at least 20, got 19"),
        ({"variant": "6c"}, "unknown variant '6c': "),
    ],
)
def test_wrong_settings_are_named(arguments, message):
    with pytest.raises(ValueError, match="^" + re.escape(message)):
        TemporalOrder(**arguments)
