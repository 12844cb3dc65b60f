"""What holds for every task."""

import dataclasses
import pickle
import re

import numpy as np
import pytest

from lstm_edu.tasks import (
    TASKS,
    Adding,
    AnBn,
    AnBnCn,
    Arrays,
    Batch,
    ContinualReber,
    CopyMemory,
    Digits,
    EmbeddedReber,
    PeriodicFunction,
    SpikeDelay,
    Sunspots,
    TemporalOrder,
    Text,
    TimedSpikes,
    make,
)

rng = np.random.default_rng(0)
TASKS_TO_TEST = {
    "adding-1997": Adding(20),
    "adding-sum": Adding(20, "sum"),
    "reber": EmbeddedReber(),
    "continual-reber": ContinualReber(12),
    "anbn": AnBn(5, 40),
    "anbncn": AnBnCn(5, 40),
    "spike-delay": SpikeDelay(4, spikes=5),
    "timed-spikes": TimedSpikes(4, spikes=5),
    "periodic": PeriodicFunction(length=15),
    "copy": CopyMemory(6, items=3, alphabet=4),
    "order-6a": TemporalOrder(20),
    "order-6b": TemporalOrder(20, "6b"),
    "text": Text(length=12),
    "digits": Digits(),
    "sunspots": Sunspots(),
    "arrays-mse": Arrays(rng.normal(size=(6, 40, 3)), rng.normal(size=(40, 2)), "mean_squared_error"),
    "arrays-all": Arrays(
        rng.integers(1, 5, (6, 40)), rng.integers(1, 4, (6, 40)), steps="all", lengths=rng.integers(1, 7, 40)
    ),
    "arrays-sigmoid": Arrays(
        rng.normal(size=(6, 40, 3)), rng.random((6, 40, 2)), "sigmoid_cross_entropy", "all", rng.integers(1, 7, 40)
    ),
}
EVERY = pytest.mark.parametrize("task", TASKS_TO_TEST.values(), ids=TASKS_TO_TEST.keys())
RANDOM = {name: task for name, task in TASKS_TO_TEST.items() if name != "periodic"}  # that one has a single sequence
EVERY_RANDOM = pytest.mark.parametrize("task", RANDOM.values(), ids=RANDOM.keys())


def perfect(task, batch):
    """The raw output of a network that knows all the targets."""
    if isinstance(task, EmbeddedReber):
        return np.where(task.legal_next(batch.x, batch.lengths), 9.0, -9.0)
    if task.loss == "mean_squared_error":
        return batch.target.astype(np.float32)
    if task.loss == "sigmoid_cross_entropy":
        return np.where(batch.target > 0.5, 9.0, -9.0)
    return 30 * np.eye(task.outputs, dtype=np.float32)[batch.target]


def same(a, b):
    return all(np.array_equal(getattr(a, f.name), getattr(b, f.name)) for f in dataclasses.fields(Batch))


@EVERY
def test_a_batch_has_the_shapes_and_types_of_the_interface(task):
    batch = task.sample(16, 0)
    T, B = batch.x.shape[:2]
    assert B == 16
    if task.symbols:
        assert batch.x.dtype == np.int64
        assert batch.x.ndim == 2
        assert 0 <= batch.x.min() <= batch.x.max() < task.inputs
    else:
        assert batch.x.dtype == np.float32
        assert batch.x.shape == (T, B, task.inputs)
    lead = {"last": (B,), "all": (T, B)}[task.steps]
    if task.loss == "softmax_cross_entropy":
        assert batch.target.dtype == np.int64
        assert batch.target.shape == lead
        assert 0 <= batch.target.min() <= batch.target.max() < task.outputs
    else:
        assert batch.target.dtype == np.float32
        assert batch.target.shape == (*lead, task.outputs)
    assert isinstance(task.question, str)
    assert "\n" not in task.question
    assert isinstance(task.baseline, float)
    assert task.floor is None or task.floor < task.baseline


@EVERY
def test_padding_is_at_the_end_and_zero_and_the_longest_sequence_fills_the_batch(task):
    batch = task.sample(33, 1)
    if batch.lengths is None:
        assert batch.counted.all()
        return
    assert batch.lengths.dtype == np.int64
    assert batch.lengths.max() == len(batch.x)
    assert batch.lengths.min() >= 1
    for b, n in enumerate(batch.lengths):
        assert not batch.x[n:, b].any()
        real = np.arange(len(batch.x)) < n
        assert np.array_equal(batch.counted[:, b], real if batch.mask is None else real & batch.mask[:, b])
        if task.steps == "all":
            assert not batch.target[n:, b].any()


@EVERY_RANDOM
def test_the_same_seed_gives_the_same_batch_and_another_seed_another(task):
    assert same(task.sample(8, 5), task.sample(8, np.random.default_rng(5)))
    assert not same(task.sample(8, 5), task.sample(8, 6))


@EVERY_RANDOM
def test_without_a_seed_no_two_batches_agree(task):
    assert not same(task.sample(16), task.sample(16))


@EVERY
def test_a_batch_of_one_sequence_works(task):
    batch = task.sample(1, 3)
    assert batch.x.shape[1] == 1
    assert task.correct(perfect(task, batch), batch).shape == (1,)


@EVERY
def test_a_pickled_task_draws_the_same_batches(task):
    again = pickle.loads(pickle.dumps(task))
    for split in ("train", "valid", "test"):
        assert same(task.sample(8, 5, split), again.sample(8, 5, split))
    assert again.baseline == task.baseline


@EVERY
def test_a_task_cannot_be_changed(task):
    with pytest.raises(dataclasses.FrozenInstanceError):
        task.share = 0.1


@EVERY
def test_the_targets_themselves_solve_the_task_and_nan_never_does(task):
    batch = task.sample(16, 2, "test")
    y = perfect(task, batch)
    right = task.correct(y, batch)
    assert right.dtype == bool
    assert right.shape == (batch.x.shape[1],)
    assert right.all()
    assert task.solved(y, batch) is True
    for output in range(task.outputs):
        part = y.copy()
        part[..., output] = np.nan
        assert not task.correct(part, batch).any()
    y = y.copy()
    first = batch.counted[:, -1].argmax()
    y[(first, -1, -1)[-y.ndim :]] = np.nan  # one output of the last sequence, in the first step that counts
    assert task.correct(y, batch).tolist() == [True] * (len(right) - 1) + [False]
    assert not task.correct(np.full_like(y, np.nan), batch).any()
    assert task.solved(np.full_like(y, np.nan), batch) is False


@EVERY
def test_infinite_outputs_are_not_right(task):
    batch = task.sample(4, 2)
    assert not task.correct(np.full_like(perfect(task, batch), np.inf), batch).any()


@EVERY
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"batch": 0}, "batch must be a whole number of at least 1, got 0"),
        ({"batch": 2.0}, "batch must be a whole number of at least 1, got 2.0"),
        ({"batch": 2, "rng": -1}, "rng must be a whole number of at least 0, got -1"),
        ({"batch": 2, "split": "tset"}, "unknown split 'tset': did you mean 'test'"),
    ],
)
def test_sample_names_the_wrong_argument(task, arguments, message):
    with pytest.raises(ValueError, match="^" + re.escape(message)):
        task.sample(**arguments)


@EVERY
def test_correct_names_the_wrong_argument(task):
    batch = task.sample(4, 0)
    y = perfect(task, batch)
    with pytest.raises(ValueError, match="y must have shape"):
        task.correct(y[..., :-1, :], batch)
    with pytest.raises(ValueError, match=r"y must have (2|3) axes"):
        task.solved(y[None], batch)
    with pytest.raises(ValueError, match="y must be an array of floats"):
        task.correct(y.astype(int), batch)
    with pytest.raises(ValueError, match="batch must be a Batch, as sample"):
        task.correct(y, batch.x)


@pytest.mark.parametrize("task", [Adding, ContinualReber, CopyMemory, Digits, SpikeDelay, TemporalOrder, TimedSpikes])
@pytest.mark.parametrize("share", [0, 1.01, np.nan, "all"])
def test_a_share_outside_of_0_to_1_is_refused(task, share):
    with pytest.raises(ValueError, match="share must be"):
        task(share=share)


def test_solved_asks_for_the_share_and_no_more():
    task = Adding(20, share=0.75)
    batch = task.sample(4, 0)
    y = batch.target.copy()
    y[0] += 1
    assert task.solved(y, batch)
    y[1] += 1
    assert not task.solved(y, batch)


def test_a_mask_and_lengths_both_take_steps_away():
    mask = np.array([[True, True], [False, True], [True, True]])
    batch = Batch(np.zeros((3, 2, 1)), np.zeros((3, 2), int), np.array([3, 2]), mask)
    assert batch.counted.tolist() == [[True, True], [False, True], [True, False]]


@pytest.mark.parametrize(
    ("name", "task"),
    [
        ("adding", Adding()),
        ("reber", EmbeddedReber()),
        ("continual-reber", ContinualReber()),
        ("anbn", AnBn()),
        ("anbncn", AnBnCn()),
        ("periodic", PeriodicFunction()),
        ("copy", CopyMemory()),
        ("spike-delay", SpikeDelay()),
        ("timed-spikes", TimedSpikes()),
        ("temporal-order", TemporalOrder()),
        ("text", Text()),
        ("digits", Digits()),
        ("sunspots", Sunspots()),
    ],
)
def test_make_knows_every_task_by_name(name, task):
    assert make(name) == task
    assert TASKS[name] is type(task)


def test_make_passes_settings_on():
    assert make("adding", length=30, form="sum") == Adding(30, "sum")


def test_there_are_no_other_names():
    assert sorted(TASKS) == [
        "adding",
        "anbn",
        "anbncn",
        "continual-reber",
        "copy",
        "digits",
        "periodic",
        "reber",
        "spike-delay",
        "sunspots",
        "temporal-order",
        "text",
        "timed-spikes",
    ]


@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        (
            "addign",
            {},
            "unknown task 'addign': did you mean 'adding'",
        ),
        ("arrays", {}, "unknown task 'arrays': "),
        ("reber", {"length": 9}, "unknown setting 'length': the task 'reber' takes no settings"),
        ("adding", {"lenght": 9}, "unknown setting 'lenght': the task 'adding' takes length, form, tolerance, share"),
        ("text", {"vocabulary": "ab"}, "unknown setting 'vocabulary': the task 'text' takes file, length, unseen"),
        ("adding", {"length": "9"}, "length must be a whole number of at least 4, got '9'"),
    ],
)
def test_make_names_what_is_wrong(name, settings, message):
    with pytest.raises(ValueError, match="^" + re.escape(message)):
        make(name, **settings)
