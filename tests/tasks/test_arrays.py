import re
from math import log

import numpy as np
import pytest

from lstm_edu.tasks import Arrays

MSE, SOFTMAX, SIGMOID = "mean_squared_error", "softmax_cross_entropy", "sigmoid_cross_entropy"


def numbered(n=50, steps=4):
    """Sequences that carry their own number, so that a batch tells which ones it holds."""
    x = np.zeros((steps, n, 2))
    x[:, :, 0] = np.arange(n)
    return x


def members(task, split, seed=0):
    return sorted(set(task.sample(5000, seed, split).x[0, :, 0].astype(int)))


def test_a_batch_holds_sequences_with_their_own_targets_and_lengths():
    rng = np.random.default_rng(0)
    x, lengths = rng.normal(size=(6, 30, 2)), rng.integers(1, 7, 30)
    x[0, :, 0] = np.arange(30)
    target = rng.normal(size=(6, 30, 3))
    task = Arrays(x, target, MSE, "all", lengths)
    batch = task.sample(12, 1)
    for b, n in enumerate(batch.lengths):
        i = int(batch.x[0, b, 0])
        assert n == lengths[i]
        assert np.array_equal(batch.x[:n, b], x[:n, i].astype(np.float32))
        assert np.array_equal(batch.target[:n, b], target[:n, i].astype(np.float32))
    assert len(batch.x) == len(batch.target) == batch.lengths.max()


def test_a_batch_is_as_long_as_its_longest_sequence():
    lengths = np.full(50, 2)
    lengths[members(Arrays(numbered(), CLASSES), "train")[0]] = 4
    task = Arrays(numbered(), np.zeros((4, 50), int), steps="all", lengths=lengths)
    seen = set()
    for seed in range(40):
        batch = task.sample(10, seed)
        assert len(batch.x) == len(batch.target) == batch.lengths.max()
        seen.add(len(batch.x))
    assert seen == {2, 4}


def test_the_splits_have_their_shares_and_share_nothing():
    task = Arrays(numbered(), np.arange(50) % 3, valid=0.2, test=0.3)
    parts = [members(task, split) for split in ("train", "valid", "test")]
    assert [len(part) for part in parts] == [25, 10, 15]
    assert sorted(parts[0] + parts[1] + parts[2]) == list(range(50))
    assert parts[0] != list(range(25))  # shuffled


def test_the_seed_decides_the_split():
    def test_part(seed):
        return members(Arrays(numbered(), np.arange(50) % 3, seed=seed), "test")

    assert test_part(1) == test_part(1)
    assert test_part(1) != test_part(2)


def test_validation_and_test_give_each_sequence_once_training_any_number():
    task = Arrays(numbered(), np.arange(50) % 3)
    assert task.sample(100, 0, "train").x.shape[1] == 100
    numbers = task.sample(100, 0, "test").x[0, :, 0]
    assert len(numbers) == len(set(numbers)) == 5


def test_the_smallest_share_still_gets_a_sequence():
    task = Arrays(numbered(3), np.array([0, 1, 1]), valid=0.01, test=0.01)
    assert [len(members(task, s)) for s in ("train", "valid", "test")] == [1, 1, 1]


@pytest.mark.parametrize("split", ["valid", "test"])
def test_an_empty_split_is_refused_when_the_task_is_made_not_after_the_training(split):
    with pytest.raises(ValueError, match=f"^{split} must be above 0, got 0.0: without these sequences"):
        Arrays(numbered(), np.arange(50) % 3, **{split: 0})


@pytest.mark.parametrize("huge", [2 * 10**15, 2**63 + 5])
def test_numbers_too_large_for_classes_or_symbols_are_refused_before_memory_is_taken(huge):
    numbers = np.full((4, 50), huge, np.uint64)
    for name, arguments in (("x", (numbers, CLASSES)), ("target", (numbered(), numbers[0]))):
        with pytest.raises(ValueError, match=rf"^{name} must lie in 0 \.\. 9999999, got values up to {huge}"):
            Arrays(*arguments)


def test_inputs_and_outputs_are_counted():
    x, symbols = numbered(), np.arange(200).reshape(50, 4).T % 7
    assert (Arrays(x, np.arange(50) % 3).inputs, Arrays(x, np.arange(50) % 3).outputs) == (2, 3)
    task = Arrays(symbols, symbols[::-1] % 5, steps="all")
    assert (task.inputs, task.outputs, task.symbols) == (7, 5, True)
    assert Arrays(x, np.zeros((50, 4)), MSE).outputs == 4


def test_what_lies_behind_a_sequence_is_ignored_whatever_it_is():
    lengths = np.array([2, 4] * 10)
    real = np.arange(4)[:, None] < lengths
    x = np.where(real[:, :, None], np.random.default_rng(0).normal(size=(4, 20, 2)), np.nan)
    target = np.where(real, 1, -100)
    target[0] = 2
    task = Arrays(x, target, steps="all", lengths=lengths)
    assert task.outputs == 3
    batch = task.sample(10, 0)
    assert not batch.x[~batch.counted].any()
    assert not batch.target[~batch.counted].any()
    symbols = Arrays(np.where(real, 3, -1), target, steps="all", lengths=lengths)
    assert symbols.inputs == 4
    assert np.isnan(x).any()  # the caller's arrays stay as they were
    assert (target == -100).any()


def constant_losses(task_targets, loss):
    """The loss of every constant guess on a fine grid, over targets (n,): the least of them is the best one."""
    grid = np.linspace(-3, 3, 6001)
    if loss == MSE:
        return [np.mean((task_targets - g) ** 2) for g in grid]
    return [np.mean(np.log1p(np.exp(-g)) * task_targets + np.log1p(np.exp(g)) * (1 - task_targets)) for g in grid]


@pytest.mark.parametrize("loss", [MSE, SIGMOID])
def test_no_constant_guess_beats_the_baseline(loss):
    target = np.random.default_rng(1).random((50, 2))
    target[:, 1] **= 3
    task = Arrays(numbered(), target, loss)
    best = np.mean([min(constant_losses(target[:, o], loss)) for o in range(2)])
    assert task.baseline == pytest.approx(best, rel=1e-5)


def test_the_baseline_of_classes_is_the_entropy_of_their_frequencies():
    target = np.array([0] * 25 + [2] * 15 + [3] * 10)
    expected = -(0.5 * log(0.5) + 0.3 * log(0.3) + 0.2 * log(0.2))
    assert Arrays(numbered(), target).baseline == pytest.approx(expected)


@pytest.mark.parametrize(
    ("loss", "column", "expected"),
    [(SIGMOID, [0.0, 1.0], log(2)), (SIGMOID, [1.0, 1.0], 0.0), (MSE, [1.0, 3.0], 1.0), (SOFTMAX, [0, 1], log(2))],
)
def test_only_real_steps_count_in_the_baseline(loss, column, expected):
    target = np.full((4, 20), column[0])
    target[1] = column[1]
    target[2:] = 77  # never real
    target = target if loss == SOFTMAX else target[:, :, None]
    task = Arrays(numbered(20), target, loss, "all", np.full(20, 2))
    assert task.baseline == pytest.approx(expected)


def test_classes_are_right_if_the_largest_output_is_at_every_real_step():
    lengths = np.array([2, 4] * 10)
    task = Arrays(numbered(20), np.arange(80).reshape(4, 20) % 3, steps="all", lengths=lengths)
    batch = task.sample(10, 2)
    y = np.random.default_rng(3).random((4, 10, 3))
    y[:, ::2] += 2 * np.eye(3)[batch.target[:, ::2]]
    y[~batch.counted] = np.nan
    expected = [
        all(y[t, b].argmax() == batch.target[t, b] for t in range(n)) for b, n in enumerate(batch.lengths.tolist())
    ]
    assert task.correct(y, batch).tolist() == expected
    assert len(set(expected)) == 2


def test_sigmoid_outputs_are_right_on_the_side_of_their_target():
    target = np.arange(100).reshape(50, 2) % 3 == 0
    task = Arrays(numbered(), target, SIGMOID)
    batch = task.sample(10, 4)
    y = np.where(batch.target > 0.5, 0.1, -0.1)
    assert task.correct(y, batch).all()
    y[4, 1] *= -1
    assert np.flatnonzero(~task.correct(y, batch)).tolist() == [4]


@pytest.mark.parametrize("steps", ["last", "all"])
def test_numbers_are_right_if_closer_than_the_best_constant_on_average(steps):
    shape = (50, 2) if steps == "last" else (4, 50, 2)
    lengths = np.array([2, 4] * 25)
    task = Arrays(numbered(), np.random.default_rng(5).normal(size=shape), MSE, steps, lengths)
    batch = task.sample(10, 6)
    error = np.sqrt(task.baseline)
    y = batch.target + np.where(np.arange(10) % 2, 1.01, 0.99)[:, None] * error
    if steps == "all":
        y[~batch.counted] = np.nan
    assert task.correct(y, batch).tolist() == [True, False] * 5


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_any_floats_become_float32(dtype):
    task = Arrays(numbered().astype(dtype), np.ones((50, 1), dtype), MSE)
    batch = task.sample(3, 0)
    assert batch.x.dtype == batch.target.dtype == np.float32


def test_the_arrays_stay_out_of_the_repr():
    assert len(repr(Arrays(numbered(), np.arange(50) % 3))) < 250


CLASSES = np.arange(50) % 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"x": np.zeros((4, 50))}, "x must have 3 axes (T, N, D) with T time steps, D inputs, got shape (4, 50)"),
        ({"x": np.zeros((4, 50, 2), int)}, "x must be an array of floats, got int64; .astype('float32') converts it"),
        ({"x": np.full((4, 50), -1)}, "x must lie in 0 .. 0, got values from -1 to -1"),
        ({"x": np.full((4, 50, 2), np.nan)}, "x must hold finite numbers (as float32), got nan or infinity"),
        ({"x": np.full((4, 50, 2), 1e300)}, "x must hold finite numbers (as float32), got nan or infinity"),
        ({"x": [[[0.0]], [[0.0, 1.0]]]}, "x must be an array: "),
        ({"x": np.zeros((4, 0, 2))}, "x must have shape (T, N, D)"),
        (
            {"x": np.zeros(50), "lengths": np.ones(50, int)},
            "x must have 3 axes (T, N, D)",
        ),
        ({"target": CLASSES[:-1]}, "target must have shape (50,), got (49,)"),
        ({"target": CLASSES - 1}, "target must lie in 0 .. 1, got values from -1 to 1"),
        ({"target": CLASSES / 2}, "target must be an array of whole numbers, got float64"),
        ({"target": CLASSES, "steps": "all"}, "target must have 2 axes (4, 50)"),
        ({"target": CLASSES[:-1] / 2, "loss": MSE}, "target must have 2 axes (50, O), got shape (49,)"),
        ({"target": CLASSES[:, None], "loss": MSE}, "target must be an array of floats, got int64"),
        ({"target": np.full((50, 1), np.inf), "loss": MSE}, "target must hold finite numbers"),
        ({"target": np.full((50, 1), np.nan), "loss": SIGMOID}, "target must hold finite numbers"),
        ({"target": np.full((50, 1), 1.5), "loss": SIGMOID}, "target must lie in 0 .. 1, got values from 1.5 to 1.5"),
        ({"target": np.full((50, 1), -1), "loss": SIGMOID}, "target must lie in 0 .. 1, got values from -1 to -1"),
        ({"loss": "mse"}, "unknown loss 'mse': "),
        ({"steps": "lats"}, "unknown steps 'lats': did you mean 'last'"),
        ({"lengths": np.full(50, 5)}, "lengths must lie in 0 .. 4, got values from 5 to 5"),
        ({"lengths": np.zeros(50, int)}, "lengths must be at least 1, got 0"),
        ({"lengths": np.ones(49, int)}, "lengths must have shape (50,), got (49,)"),
        ({"lengths": np.ones(50)}, "lengths must be an array of whole numbers, got float64"),
        ({"valid": 1.0}, "valid must be at least 0 and below 1, got 1.0"),
        ({"test": -0.1}, "test must be at least 0 and below 1, got -0.1"),
        ({"valid": 0.5, "test": 0.5}, "valid and test must leave a sequence for training, got 0.5 and 0.5 of 50"),
        ({"seed": -1}, "seed must be a whole number of at least 0, got -1"),
        ({"share": 0}, "share must be above 0 and at most 1, got 0.0"),
    ],
)
def test_wrong_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match="^" + re.escape(message)):
        Arrays(**{"x": numbered(), "target": CLASSES, **arguments})


def test_the_callers_arrays_may_change_afterwards():
    x, target = np.ones((5, 20, 2), np.float32), np.ones((20, 1), np.float32)
    task = Arrays(x, target, loss="mean_squared_error", steps="last")
    x[:], target[:] = np.nan, np.nan
    batch = task.sample(4, 0)
    assert np.isfinite(batch.x).all()
    assert np.isfinite(batch.target).all()
    assert batch.x.flags.writeable
    with pytest.raises(ValueError, match="read-only"):
        task.x[:] = 0
