"""The runs of a sweep: every combination of what is listed, at every draw, from every seed; and what can't be run."""

import math
from itertools import product

import numpy as np
import pytest

import lstm_edu as le
from lstm_edu.experiments import Run, plan, read_plan
from lstm_edu.experiments import plan as plan_function

RANDOM = {"count": 40, "seed": 3, "rate": {"log-uniform": [1e-4, 1e-1]}}
LEAST = {"task": "adding", "cell": "rnn", "seeds": 1}


def test_every_combination_of_lists_is_there_once_and_seed_by_seed():
    settings = {"task": {"name": "adding", "length": [9, 30]}, "cell": ["rnn", "gru"], "units": [2, 3], "rate": 0.5}
    runs = plan(settings, seeds=[5, 2])
    assert [(r.seed, r.task.length, r.cell, r.units) for r in runs] == list(
        product([5, 2], [9, 30], ["rnn", "gru"], [2, 3])
    )
    assert {run.rate for run in runs} == {0.5}
    assert len(plan(settings)) == 3 * 8


def test_what_nobody_said_is_as_compare_has_it():
    for name in ("adding", "continual-reber", "anbn"):
        (run,) = plan({"task": name, "cell": "lstm", "units": 5, "steps": 2, "seeds": 1})
        about = le.compare(name, cells="lstm", units=5, steps=2, seeds=1, jobs=1, progress_bar=False).about
        for setting in ("layers", "batch", "rate", "memory", "carry_state"):
            assert getattr(run, setting) == about[setting], setting


def test_a_task_itself_and_several_names_can_be_given():
    task = le.tasks.CopyMemory(length=4)
    assert [run.task for run in plan(LEAST | {"task": [task, "anbn"]})] == [task, le.tasks.AnBn()]
    runs = plan(LEAST | {"task": {"name": ["adding", "copy"], "length": [5, 6]}})
    assert [(type(run.task).__name__, run.task.length) for run in runs] == [
        ("Adding", 5), ("Adding", 6), ("CopyMemory", 5), ("CopyMemory", 6),
    ]  # fmt: skip


def test_a_budget_of_parameters_gives_each_cell_the_units_that_come_nearest():
    runs = plan({"task": "adding", "cell": ["rnn", "lstm"], "parameters": [500, 900], "layers": 2, "seeds": 1})
    for run, budget in zip(runs, [500, 900, 500, 900], strict=True):
        sizes = {"outputs": 1, "layers": 2, "symbols": None}
        assert run.units == le.match_parameters(run.cell, 2, budget=budget, **sizes)
        assert abs(run.network().count_parameters() - budget) < 120


def test_draws_lie_in_their_limits_and_are_spread_as_asked():
    spaces = {
        "rate": {"log-uniform": [1e-4, 1e-1]},
        "units": {"integers": [3, 5]},
        "batch": {"choice": [2, 7]},
        "task": {"share": {"uniform": [0.5, 1.0]}},
    }
    runs = plan(LEAST | {"random": {"count": 3000, "seed": 1, **spaces}})
    assert len(runs) == 3000
    rates = np.array([run.rate for run in runs])
    assert rates.min() >= 1e-4
    assert rates.max() <= 1e-1
    thirds = np.histogram(np.log10(rates), [-4, -3, -2, -1])[0]  # as many in each decade
    assert np.all(np.abs(thirds - 1000) < 150)
    assert {run.units for run in runs} == {3, 4, 5}
    counts = np.bincount([run.batch for run in runs])
    assert counts.nonzero()[0].tolist() == [2, 7]
    assert abs(counts[2] - 1500) < 150
    shares = np.array([run.task.share for run in runs])
    assert 0.5 <= shares.min() < 0.51
    assert 0.99 < shares.max() <= 1
    assert all(type(run.rate) is float and type(run.units) is int for run in runs)


def test_every_combination_sees_the_same_draws_and_more_draws_only_add():
    runs = plan(LEAST | {"cell": ["rnn", "gru"], "random": RANDOM})
    rates = [[run.rate for run in runs if run.cell == cell] for cell in ("rnn", "gru")]
    assert rates[0] == rates[1]
    assert len(set(rates[0])) == 40
    fewer = plan(LEAST | {"random": RANDOM | {"count": 7}})
    assert [run.rate for run in fewer] == rates[0][:7]
    more = plan(LEAST | {"random": RANDOM | {"batch": {"integers": [1, 1000]}}})
    assert [run.rate for run in more] == rates[0]
    other = plan(LEAST | {"random": RANDOM | {"seed": 4}})
    assert not {run.rate for run in other} & set(rates[0])


def test_a_draw_that_comes_twice_is_run_once():
    runs = plan(LEAST | {"random": {"count": 50, "batch": {"integers": [1, 3]}}})
    assert sorted(run.batch for run in runs) == [1, 2, 3]


def drawn(count=2, **spaces):
    """A change of settings: what is drawn."""
    return {"random": {"count": count, **spaces}}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"cells": "rnn"}, "unknown setting 'cells': did you mean 'cell'"),
        ({"learning_rate": 1}, "unknown setting 'learning_rate': there are task, cell"),
        ({"cell": "lstn"}, "unknown cell 'lstn': did you mean 'lstm'"),
        ({"task": "ading"}, "unknown task 'ading': did you mean 'adding'"),
        ({"task": {"length": 5}}, "task must have a name, got {'length': 5}"),
        ({"task": {"name": "adding", "lenght": 5}}, "unknown setting 'lenght': the task 'adding' takes length"),
        ({"task": {"name": "adding", "length": "5"}}, "length must be a whole number"),
        ({"task": 5}, "unknown task 5"),
        ({"rate": []}, "rate must have at least one value, got an empty list"),
        ({"task": {"name": "adding", "length": []}}, "task.length must have at least one value"),
        ({"rate": "fast"}, "rate must be a finite number|rate must be"),
        ({"rate": math.nan}, "rate must be a finite number"),
        ({"rate": -1}, "rate must be at least 0"),
        ({"units": 2.5}, "units must be a whole number of at least 1, got 2.5"),
        ({"units": [4, 0]}, "units must be a whole number of at least 1, got 0"),
        ({"units": [4, 4]}, "units must be different values, got 4 twice"),
        ({"units": [[4]]}, r"units must be a value or a list of them, got a list in a list: \[4\]"),
        ({"rate": {"uniform": [0, 1]}}, "rate must be a value or a list.*; what is drawn goes in"),
        ({"layers": 1001}, "layers must be at most 1000, got 1001"),
        ({"carry_state": 1}, "carry_state must be True or False, got 1"),
        ({"carry_state": True}, "carry_state=True needs a task with a stream"),
        ({"units": 3, "parameters": 100}, "units and parameters: give one of them, the other follows"),
        ({"parameters": 2}, "budget must be at least"),
        ({"seeds": 0}, "seeds must be"),
        ({"seeds": "3"}, "seeds must be"),
        ({"units": 3} | drawn(units={"integers": [1, 3]}), "units must be given once, but it is both"),
        ({"random": 5}, "random must be a mapping with a count"),
        ({"random": {"count": 5}}, "random must have a setting that is drawn, such as rate"),
        ({"random": {"rate": {"uniform": [0, 1]}}}, "random must have a count, how many draws"),
        (drawn(0, rate={"uniform": [0, 1]}), "random.count must be a whole number of at least 1, got 0"),
        (drawn(10**7, rate={"uniform": [0, 1]}), "random.count must be at most 1,000,000"),
        (drawn(seed=-1, rate={"uniform": [0, 1]}), "random.seed must be a whole number"),
        (drawn(rat={"uniform": [0, 1]}), "unknown setting in random 'rat': did you mean 'rate'"),
        (drawn(rate=[0, 1]), "random.rate must say one way to draw, such as"),
        (drawn(rate={"loguniform": [1, 2]}), "unknown way to draw random.rate 'loguniform': did you mean"),
        (drawn(rate={"log-uniform": [0, 1]}), "random.rate.log-uniform must be two numbers above 0"),
        (drawn(rate={"uniform": [2, 1]}), "random.rate.uniform must be two numbers, the lower one"),
        (drawn(rate={"uniform": [2]}), "random.rate.uniform must be two numbers, the lowest and"),
        (drawn(units={"integers": [1, 2.5]}), "random.units.integers must be a whole number"),
        (drawn(units={"integers": [1, 2**63]}), "random.units.integers must be two whole numbers of"),
        (drawn(units={"integers": [-3, -1]}), "units must be a whole number of at least 1, got -"),
        (drawn(rate={"choice": []}), "random.rate.choice must have at least one value"),
        (drawn(rate={"choice": 3}), "random.rate.choice must be a list of values, got 3"),
        (drawn(task=3), "random.task must be a mapping of the task's settings, got 3"),
        ({"units": list(range(1, 2001)), "batch": list(range(1, 2001))}, "the settings make 4,000,000 runs, at"),
        ({"units": 10**6}, "units and layers must fit into memory"),
    ],
    ids=str,
)  # fmt: skip
def test_settings_that_will_not_do_are_named(change, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        plan(LEAST | change)


def test_what_is_missing_is_named_and_seeds_are_given_once():
    with pytest.raises(ValueError, match=r"^task must be given$"):
        plan({"cell": "rnn"})
    with pytest.raises(ValueError, match=r"^cell must be given$"):
        plan({"task": "adding"})
    with pytest.raises(ValueError, match=r"^seeds must be given once, got 1 and 5$"):
        plan(LEAST, seeds=5)
    with pytest.raises(ValueError, match=r"^settings must be a mapping, got list$"):
        plan([])


def test_a_file_gives_the_runs_of_its_mapping(tmp_path):
    (tmp_path / "a.toml").write_text(
        """
cell = ["rnn", "gru"]
steps = 10
seeds = [4, 5]
[task]
name = "adding"
length = [5, 6]
[random]
count = 3
seed = 9
rate = {log-uniform = [1e-3, 1]}
task.share = {uniform = [0.5, 1]}
""",
        encoding="utf-8",
    )
    runs = read_plan(tmp_path / "a.toml")
    spaces = {"rate": {"log-uniform": [1e-3, 1]}, "task": {"share": {"uniform": [0.5, 1]}}}
    settings = {"task": {"name": "adding", "length": [5, 6]}, "cell": ["rnn", "gru"], "steps": 10}
    assert runs == plan(settings | {"random": {"count": 3, "seed": 9} | spaces}, seeds=[4, 5])
    assert len(runs) == 2 * 2 * 2 * 3
    assert isinstance(runs[0], Run)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b'task = "adding"\ncell = \n', r"a\.toml is no TOML: .*\(at line 2, column 8\)"),
        (b'task = "adding"\n\n[random\n', r"a\.toml is no TOML: .*\(at line 3, column 8\)"),
        (b'task = "adding"\ntask = "anbn"\n', r"a\.toml is no TOML: .*\(at line 2"),
        (b'task = "\xff"', r"a\.toml must be a text in UTF-8: byte 8 is none"),
        (b'task = "adding"\ncels = "rnn"\n', r"a\.toml: unknown setting 'cels': did you mean 'cell'"),
        (b"", r"a\.toml: task must be given"),
        (b'task = "adding"\ncell = "rnn"\nrate = 1979-05-27\n', r"a\.toml: rate must be a finite number"),
    ],
)
def test_a_file_that_will_not_do_is_named_with_the_line(data, message, tmp_path):
    (tmp_path / "a.toml").write_bytes(data)
    with pytest.raises(ValueError, match=message):
        read_plan(tmp_path / "a.toml")


def test_a_file_that_is_not_there_or_a_folder_is_named(tmp_path):
    with pytest.raises(ValueError, match=r"no\.toml can't be read \(No such file"):
        read_plan(tmp_path / "no.toml")
    with pytest.raises(ValueError, match=r"can't be read \("):
        read_plan(tmp_path)
    assert le.experiments.plan is plan_function
