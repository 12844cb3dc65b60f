"""No sequence, and nothing of a sequence that can be known, is on two sides of a split."""

import re

import numpy as np
import pytest

from lstm_edu.tasks import Arrays
from lstm_edu.tasks.splits import PARTS, window_step

MSE = "mean_squared_error"


def numbered(n=50, steps=4):
    """Sequences that carry their own number, so that a batch tells which ones it holds."""
    x = np.zeros((steps, n, 2))
    x[:, :, 0] = np.arange(n)
    return x


def parts(task):
    return [sorted(set(task.sample(5000, 0, part).x[0, :, 0].astype(int).tolist())) for part in PARTS]


def smooth(n, seed, width=40):
    """A series in which neighbours are alike and distant ones have nothing to do with each other."""
    noise = np.random.default_rng(seed).normal(size=n + width)
    return np.convolve(noise, np.hanning(width), "valid")[:n]


def windows(n=400, steps=12, hop=1, seed=0, width=40):
    series = smooth(n * hop + steps, seed, width)
    return np.stack([series[hop * k : hop * k + steps] for k in range(n)], axis=1)[:, :, None]


def test_in_time_order_training_comes_first_the_test_last_and_the_gap_belongs_to_none():
    x = numbered()
    assert parts(Arrays(x, np.arange(50) % 3, split="time", valid=0.2, test=0.3)) == [
        [*range(25)],
        [*range(25, 35)],
        [*range(35, 50)],
    ]
    train, valid, test = parts(Arrays(x, np.arange(50) % 3, split="time", valid=0.2, test=0.3, gap=4))
    assert (train, valid, test) == ([*range(17)], [*range(21, 31)], [*range(35, 50)])


def test_the_default_is_the_shuffle_that_it_always_was():
    order = np.random.default_rng(7).permutation(50)
    assert parts(Arrays(numbered(), np.arange(50) % 3, seed=7)) == [
        sorted(order[10:].tolist()),
        sorted(order[:5].tolist()),
        sorted(order[5:10].tolist()),
    ]


@pytest.mark.parametrize("kind", [str, int])
def test_no_group_is_on_two_sides_and_the_shares_are_those_of_the_groups(kind):
    owner = np.random.default_rng(0).integers(0, 10, 50)
    found = parts(Arrays(numbered(), np.arange(50) % 3, groups=[kind(k) for k in owner], valid=0.2, test=0.3))
    assert sorted(number for part in found for number in part) == [*range(50)]
    owners = [set(owner[part].tolist()) for part in found]
    assert [len(each) for each in owners] == [5, 2, 3]
    assert sum(map(len, owners)) == len(set.union(*owners))


def test_given_indices_are_the_parts_and_the_test_part_may_be_empty():
    task = Arrays(numbered(), np.arange(50) % 3, indices=([3, 1, 4], [5, 9], [2, 6]))
    assert parts(task) == [[1, 3, 4], [5, 9], [2, 6]]
    task = Arrays(numbered(), np.arange(50) % 3, indices=([3, 1, 4], [5, 9], []))
    with pytest.raises(ValueError, match="the indices left 'test' empty"):
        task.sample(3, 0, "test")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"split": "tiem"}, "unknown split 'tiem': did you mean 'time'"),
        ({"gap": 3}, "gap: only split='time' leaves sequences out, got gap=3 with split='random'"),
        ({"split": "time", "gap": -1}, "gap must be a whole number of at least 0, got -1"),
        (
            {"split": "time", "gap": 20},
            "valid and test must leave a sequence for training, got 0.1 and 0.1 of 50 and 40 in the gaps",
        ),
        ({"split": "time", "groups": np.zeros(50)}, "split='time', groups and indices are three ways to split"),
        ({"groups": np.zeros(49)}, "groups must have shape (50,), one label for each sequence, got (49,)"),
        (
            {"groups": np.arange(50) % 2},
            "valid and test must leave a group for training, got 0.1 and 0.1 of 2 groups",
        ),
        ({"groups": [None] * 50}, "groups must name the group of each sequence, got None at place 0"),
        ({"groups": [np.nan] * 50}, "groups must name the group of each sequence, got nan at place 0"),
        ({"indices": [1, 2, 3, 4]}, "indices must be three lists of numbers, (train, valid, test), got list"),
        ({"indices": "abc"}, "indices must be three lists of numbers, (train, valid, test), got str"),
        ({"indices": ([[1], [2, 3]], [1], [3])}, "indices: train must be a list of whole numbers: "),
        ({"indices": ([1], [], [3])}, "indices: valid must be a list of whole numbers, not empty"),
        ({"indices": ([1], [0.5], [3])}, "indices: valid must be a list of whole numbers, not empty, got float64"),
        ({"indices": ([1], [-2], [3])}, "indices: valid must lie in 0 .. 49, got -2 to -2"),
        ({"indices": ([1], [50], [3])}, "indices: valid must lie in 0 .. 49, got 50 to 50"),
        ({"indices": ([1, 7], [2], [7])}, "indices must name a sequence once, got 7 2 times"),
    ],
)
def test_splits_that_contradict_themselves_are_named(settings, message):
    with pytest.raises(ValueError, match="^" + re.escape(message)):
        Arrays(numbered(), np.arange(50) % 3, **settings)


@pytest.mark.parametrize("hop", [1, 5, 9])
def test_overlapping_windows_are_recognised_with_their_step(hop):
    x = windows(30, steps=12, hop=hop)
    assert window_step(x) == hop
    assert window_step(np.concatenate([np.ones_like(x), x], axis=2)) == hop
    assert window_step(np.round(9 * x[:, :, 0]).astype(int)) == hop


def test_what_is_no_window_of_a_series_is_not_taken_for_one():
    rng = np.random.default_rng(0)
    images = np.zeros((28, 60, 28))  # rows of an image: the first and last ones are empty
    images[4:24] = rng.random((20, 60, 28))
    same = np.repeat(rng.normal(size=(9, 1, 2)), 30, axis=1)
    for x in (
        windows(30, steps=12, hop=12),
        rng.choice([-1.0, 1.0], (20, 40, 1)),
        rng.integers(0, 2, (20, 40)),
        images,
        same,
        numbered(),
        np.zeros((5, 20, 2)),
    ):
        assert window_step(x) is None


def test_a_random_split_of_overlapping_windows_warns_and_says_what_to_do():
    x, target = windows(40, steps=12, hop=3), np.random.default_rng(0).normal(size=40)
    with pytest.warns(UserWarning, match=r'each 3 steps after .* split="time", gap=3 .* groups= .* indices=') as seen:
        Arrays(x, target, MSE)
    assert seen[0].filename == __file__
    for settings in ({"split": "time"}, {"groups": np.arange(40) // 4}, {"indices": ([1, 2], [3], [4])}):
        Arrays(x, target, MSE, **settings)  # warnings are errors here


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.filterwarnings("ignore:x. its sequences look like windows")
def test_the_test_of_a_random_split_of_windows_promises_what_later_data_do_not_keep(seed):
    """x and the target are series that know nothing of each other; only the time is common to them."""
    x = np.concatenate([windows(600, steps=30, seed=10 * seed + k, width=10) for k in range(4)], axis=2)
    target = smooth(600, 10 * seed + 9)

    def error(**settings):
        task = Arrays(x, target, MSE, valid=0.05, test=0.2, **settings)
        seen, asked = (task.sample(5000, 0, part) for part in ("train", "test"))
        distance = np.square(seen.x[:, :, None] - asked.x[:, None]).sum(axis=(0, 3))
        guess = seen.target[distance.argmin(axis=0)]  # of the most similar window that is known
        return np.square(guess - asked.target).mean() / asked.target.var()

    assert error() < 0.5
    assert error(split="time", gap=30) > 1
