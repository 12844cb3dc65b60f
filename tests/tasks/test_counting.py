import re

import numpy as np
import pytest

import lstm_edu as le
from lstm_edu.tasks import AnBn, AnBnCn

EVERY = pytest.mark.parametrize(("task", "letters"), [(AnBn(7, 12), "ab"), (AnBnCn(7, 12), "abc")])


def read(batch, letters):
    """(input, list of sets that may follow) of each string."""
    for b, n in enumerate(batch.lengths):
        given = "".join(("S" + letters)[s] for s in batch.x[:n, b].argmax(axis=-1))
        yield given, ["".join(np.array(list(letters + "T"))[may > 0]) for may in batch.target[:n, b]]


def followers(given, letters, longest=30):
    """What may follow a beginning, found by writing down all the strings of the language."""
    words = ["S" + "".join(letter * n for letter in letters) + "T" for n in range(1, longest)]
    return "".join(sorted({w[len(given)] for w in words if w.startswith(given)}, key=(letters + "T").index))


@EVERY
def test_the_targets_are_what_may_follow_in_the_language(task, letters):
    for given, sets in read(task.strings(range(1, 13)), letters):
        assert sets == [followers(given[: t + 1], letters) for t in range(len(given))]


@EVERY
def test_a_string_has_as_many_of_each_letter(task, letters):
    n = [5, 1, 12, 2]
    batch = task.strings(n)
    assert batch.x.shape == (len(letters) * 12 + 1, 4, len(letters) + 1)
    for k, (given, _) in zip(n, read(batch, letters), strict=True):
        assert given == "S" + "".join(letter * k for letter in letters)


def numbers(task, batch):
    return (batch.lengths - 1) // (task.inputs - 1)


@EVERY
def test_training_is_on_short_strings_and_the_test_on_longer_ones(task, letters):
    assert set(numbers(task, task.sample(300, 1, "train"))) == set(range(1, 8))
    assert sorted(numbers(task, task.sample(300, 1, "valid"))) == list(range(1, 8))
    assert sorted(numbers(task, task.sample(300, 1, "test"))) == list(range(8, 13))
    assert task.sample(3, 1, "test").x.shape[1] == 3


def test_training_draws_each_n_equally_often():
    counts = np.bincount(numbers(AnBn(7), AnBn(7).sample(7000, 2)))[1:]
    assert np.abs(counts - 1000).max() < 4 * np.sqrt(1000 * 6 / 7)


@EVERY
def test_the_best_guess_from_the_current_symbol_scores_the_baseline(task, letters):
    batch = task.strings(range(1, 8))  # each training string once: the expectation itself
    now, target = batch.x.argmax(axis=-1)[batch.counted], batch.target[batch.counted].astype(float)
    p = np.array([target[now == symbol].mean(axis=0) for symbol in range(task.inputs)])[now]
    likely = np.where(target > 0, p, 1 - p)
    assert -np.log(likely).mean() == pytest.approx(task.baseline, rel=1e-12)


@pytest.mark.parametrize("cls", [AnBn, AnBnCn])
def test_the_baseline_has_the_value_in_the_docstring(cls):
    assert f"{cls().baseline:.3f} at N = 10" in cls.__doc__


@EVERY
def test_right_means_the_sign_of_every_output_at_every_step(task, letters):
    batch = task.strings([3, 5])
    y = np.where(batch.target > 0, 0.1, -0.1)
    assert task.correct(y, batch).tolist() == [True, True]
    y[batch.lengths[0] :, 0] *= -1  # after the end
    assert task.correct(y, batch).tolist() == [True, True]
    y[4, 1, -1] *= -1
    assert task.correct(y, batch).tolist() == [True, False]
    y[4, 1, -1] = 0
    assert task.correct(y, batch).tolist() == [True, False]


class Counter:
    """Stands in for a network that counts right up to some n."""

    def __init__(self, task, letters, most):
        self.task, self.letters, self.most = task, letters, most

    def forward(self, x, state=None, *, lengths, training):
        assert state is None
        n = (lengths - 1) // len(self.letters)
        y = np.where(self.task.strings(n).target > 0, 1.0, -1.0)
        y[-1, n > self.most] = 0
        y[lengths[n > self.most] - 1, n > self.most] = 0
        return y, type("Tape", (), {"state": None})


@EVERY
@pytest.mark.parametrize(
    ("most", "limit", "reach"), [(0, 9, 0), (31, 40, 31), (32, 40, 32), (33, 40, 33), (99, 40, 40)]
)
def test_reach_is_the_largest_n_up_to_which_all_strings_are_right(task, letters, most, limit, reach):
    assert task.reach(Counter(task, letters, most), limit) == reach


def test_reach_agrees_with_one_string_at_a_time():
    task = AnBn(4, 6)
    net = le.make_network(task, "lstm", units=6, rng=0)
    le.fit(net, task, steps=400, optimizer=le.Adam(0.03), progress_bar=False)
    n = 0
    while True:
        batch = task.strings([n + 1])
        if not task.correct(net(batch.x), batch)[0]:
            break
        n += 1
    assert n >= 4
    assert task.reach(net, limit=n + 50) == n


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: AnBn(1), "longest must be a whole number of at least 2, got 1"),
        (lambda: AnBn(10, 10), "longest_test must be a whole number of at least 11, got 10"),
        (lambda: AnBnCn(longest=2.5), "longest must be a whole number of at least 2, got 2.5"),
        (lambda: AnBn().strings([3, 0]), "n must be at least 1, got 0"),
        (lambda: AnBn().strings([1.5]), "n must be an array of whole numbers, got float64"),
        (lambda: AnBn().strings([]), "n must "),
        (lambda: AnBn().reach(None), "net must be a network, got None"),
        (lambda: AnBn().reach(le.Dense(3, 2)), "net must give 3 outputs at each step, got"),
        (lambda: AnBn().reach(le.Dense(3, 3), limit=0), "limit must be a whole number of at least 1, got 0"),
    ],
)
def test_wrong_arguments_are_named(call, message):
    with pytest.raises(ValueError, match="^" + re.escape(message)):
        call()
