"""A run is a record: checked when made, the same numbers wherever it runs, made again from its repr or its JSON."""

import json
import pickle
from dataclasses import FrozenInstanceError, fields, replace

import numpy as np
import pytest

import lstm_edu as le
from lstm_edu import tasks
from lstm_edu.experiments import Run, execute

SMALL = Run(tasks.Adding(length=6), "gru", units=3, layers=2, steps=7, batch=4, rate=0.02, memory=6, seed=5)


def same(a, b):
    rows = [{**result.row, "seconds": 0} for result in (a, b)]
    assert rows[0] == rows[1]
    assert a.curve.drop(columns="seconds").equals(b.curve.drop(columns="seconds"))


def test_a_run_gives_the_same_bits_again_and_those_of_compare():
    result = execute(SMALL)
    same(result, execute(pickle.loads(pickle.dumps(SMALL))))
    table = le.compare(SMALL.task, cells="gru", units=3, layers=2, steps=7, batch=4, rate=0.02, memory=6, seeds=[5],
                       jobs=1, progress_bar=False)  # fmt: skip
    (row,) = table.to_dict("records")
    for name in ("cell", "seed", "units", "parameters", "train_loss", "test_loss", "solved"):
        assert result.row[name] == row[name], name
    assert np.array_equal(table.curves["valid_loss"], result.curve["valid_loss"])
    assert result.parameters == SMALL.network().count_parameters()


def test_a_result_goes_through_a_pickle_whole():
    result = execute(SMALL)
    again = pickle.loads(pickle.dumps(result))
    assert again.run == SMALL
    same(result, again)


@pytest.mark.parametrize("name", tasks.TASKS)
def test_every_task_by_name_makes_the_run_again_from_its_repr_its_dict_and_its_json(name):
    run = Run(tasks.make(name), "lstm", units=5, seed=3)
    assert eval(repr(run), {"Run": Run, **vars(tasks)}) == run
    assert Run.from_dict(run.to_dict()) == run
    assert Run.from_json(run.to_json()) == run
    assert json.loads(run.to_json()) == run.to_dict()


def test_a_run_does_not_change_and_what_was_numpy_becomes_plain():
    run = replace(SMALL, units=np.int64(4), rate=np.float32(0.5), seed=np.uint8(7))
    assert [type(value) for value in (run.units, run.rate, run.seed)] == [int, float, int]
    with pytest.raises(FrozenInstanceError):
        run.units = 9
    assert hash(run) == hash(replace(SMALL, units=4, rate=0.5, seed=7))


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("task", "adding", "task must be a task of lstm_edu.tasks, got 'adding'"),
        ("cell", "gro", "unknown cell 'gro': did you mean 'gru'"),
        ("units", 0, "units must be a whole number of at least 1, got 0"),
        ("layers", 1001, "layers must be at most 1000, got 1001"),
        ("steps", 2.0, "steps must be a whole number"),
        ("batch", True, "batch must be a whole number"),
        ("rate", -1, "rate must be at least 0"),
        ("rate", float("nan"), "rate must be a finite number"),
        ("memory", -1, "memory must be a whole number of at least 0"),
        ("carry_state", 1, "carry_state must be True or False, got 1"),
        ("carry_state", True, "carry_state=True needs a task with a stream, such as Text; Adding has none"),
        ("seed", -1, "seed must be a whole number of at least 0"),
    ],
)
def test_a_wrong_field_is_named_when_the_run_is_made(field, value, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        replace(SMALL, **{field: value})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"cells": "gru"}, "unknown field of a run 'cells': did you mean 'cell'"),
        ({"task": "adding"}, "a run must have as its task a dict with a name, got"),
        ({"task": {"name": "ading"}}, "unknown task 'ading'"),
        ({"task": {"name": "adding", "size": 3}}, "unknown setting 'size'"),
        ({"units": "3"}, "units must be a whole number"),
    ],
    ids=str,
)
def test_a_dict_that_is_no_run_is_refused_by_name(change, message):
    with pytest.raises(ValueError, match=message):
        Run.from_dict(SMALL.to_dict() | change)


def test_what_is_missing_and_what_is_no_json_is_said():
    with pytest.raises(ValueError, match="a run must have task, units, got"):
        Run.from_dict({"cell": "gru"})
    for wrong in ("{", None, "[]"):
        with pytest.raises(ValueError, match=r"text must be a run in JSON|a run must be a dict, got list"):
            Run.from_json(wrong)


def test_a_task_without_a_name_runs_but_cannot_be_written_down():
    x = np.random.default_rng(0).normal(size=(4, 30, 3))
    run = Run(tasks.Arrays(x, x.sum(axis=0), loss="mean_squared_error"), "rnn", units=2, steps=3, batch=2)
    with pytest.raises(ValueError, match=r"task must be one of lstm_edu.tasks.TASKS to be written down, got Arrays"):
        run.to_dict()


def test_a_run_that_diverges_has_a_result():
    result = execute(Run(tasks.Adding(length=6), "rnn", units=6, steps=12, batch=4, rate=1e38))
    assert np.isnan([result.test_loss, result.train_loss]).all()
    assert not result.solved
    assert result.steps_to_solve is None
    assert len(result.curve) == 1
    assert {f.name for f in fields(result)} >= {"run", "curve", "seconds"}
