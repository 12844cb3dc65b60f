"""compare: one row per cell and seed, the same numbers for any number of jobs."""

import numpy as np
import pandas as pd
import pytest

import lstm_edu as le
from lstm_edu.cells import CLASSIC

COLUMNS = ["cell", "seed", "units", "parameters", "train_loss", "test_loss", "solved", "steps_to_solve", "seconds"]
SMALL = {"units": 6, "steps": 12, "batch": 4, "progress_bar": False}


def test_one_row_per_cell_and_seed():
    table = le.compare(le.tasks.Adding(length=6), cells=["gru", "rnn"], seeds=[5, 2], jobs=1, **SMALL)
    assert isinstance(table.table, pd.DataFrame)
    assert list(table.columns) == COLUMNS
    assert list(zip(table["cell"], table["seed"], strict=True)) == [("gru", 5), ("gru", 2), ("rnn", 5), ("rnn", 2)]
    assert table["parameters"].tolist() == [3 * 6 * (2 + 6 + 1) + 7] * 2 + [6 * (2 + 6 + 1) + 7] * 2
    assert np.isfinite(table[["train_loss", "test_loss", "seconds"]].to_numpy()).all()
    assert table["test_loss"].nunique() == 4
    assert len(table.curves) == 4 * 12
    assert table.curves["valid_loss"].notna().all()


def test_a_run_is_the_same_for_any_number_of_jobs():
    task = le.tasks.EmbeddedReber()
    cells = ["lstm", "peephole"]
    one = le.compare(task, cells=cells, seeds=2, jobs=1, **SMALL)
    two = le.compare(task, cells=cells, seeds=2, jobs=2, **SMALL)
    for column in set(COLUMNS) - {"seconds"}:
        assert one[column].equals(two[column]), column
    assert one.curves.drop(columns="seconds").equals(two.curves.drop(columns="seconds"))


def test_threads_of_the_caller_are_as_they_were():
    before = le.get_num_threads()
    le.compare("adding", cells="rnn", seeds=1, jobs=1, **SMALL)
    assert le.get_num_threads() == before


@pytest.mark.parametrize("name", sorted(set(le.tasks.TASKS) - {"adding"}))
def test_every_task_can_be_compared_by_name(name):
    table = le.compare(name, cells=["lstm97"], layers=2, seeds=1, jobs=1, **SMALL)
    assert np.isfinite(table["test_loss"]).all()
    summary = table.summary()
    if name == "text":  # no text is ever learnt to the end
        assert not {"solved", "steps_to_solve"} & set(summary)
    else:
        assert summary["solved"].tolist() in (["0 of 1"], ["1 of 1"])


def test_networks_are_kept_where_one_asks_for_them_from_workers_too():
    for jobs in (1, 2):
        found = le.compare("adding", cells=["rnn", "gru"], seeds=2, jobs=jobs, keep_networks=True, **SMALL)
        assert list(found.networks) == [("rnn", 0), ("rnn", 1), ("gru", 0), ("gru", 1)]
        result = le.evaluate(found.networks["gru", 1], le.tasks.Adding(), 50)
        assert np.isfinite(result["loss"])
    assert not le.compare("adding", cells="rnn", seeds=1, jobs=1, **SMALL).networks


def test_a_batch_that_nobody_set_fits_a_short_text(tmp_path):
    (tmp_path / "short.txt").write_text("abcd" * 30)
    task = le.tasks.Text(tmp_path / "short.txt")
    found = le.compare(task, cells="rnn", units=3, steps=2, seeds=1, jobs=1)
    assert found.about["batch"] == task.most_rows() < 32


SMALL_BUDGET = {name: value for name, value in SMALL.items() if name != "units"} | {"seeds": 1, "jobs": 1}


@pytest.mark.parametrize(("name", "layers"), [("adding", 1), ("reber", 3)])
def test_at_equal_parameters_every_cell_gets_the_units_that_come_nearest(name, layers):
    table = le.compare(name, parameters=700, layers=layers, **SMALL_BUDGET)
    task = le.tasks.make(name)
    for _, row in table.iterrows():
        around = [
            le.make_network(task, row["cell"], row["units"] + more, layers).count_parameters() for more in (-1, 0, 1)
        ]
        assert row["parameters"] == around[1]
        assert abs(around[1] - 700) <= min(abs(around[0] - 700), abs(around[2] - 700))
    assert table["units"].nunique() > 2
    summary = table.summary()
    assert summary[["units", "parameters"]].to_numpy().tolist() == table[["units", "parameters"]].to_numpy().tolist()
    assert "about 700 parameters" + (" in 3 layers" if layers == 3 else "") in table.about["title"]
    assert table.about["parameters"] == 700
    assert table.about["units"] == dict(zip(table["cell"], table["units"], strict=True))
    assert le.plotting.learning_curves(table).axes


def test_the_embedding_of_a_text_counts_too_and_workers_get_the_same():
    settings = SMALL_BUDGET | {"cells": ["lstm", "gru"], "parameters": 2000, "jobs": 2}
    table = le.compare(le.tasks.Text(length=10), **settings)
    for _, row in table.iterrows():
        net = le.make_network(le.tasks.Text(length=10), row["cell"], row["units"])
        assert net.count_parameters() == row["parameters"]
        assert abs(row["parameters"] - 2000) < 200


def test_units_and_parameters_exclude_each_other_and_the_budget_has_a_least():
    with pytest.raises(ValueError, match=r"parameters and units: give one of them, .* got 500 and 6"):
        le.compare("adding", parameters=500, jobs=1, **SMALL)
    with pytest.raises(ValueError, match=r"parameters: for lstm, budget must be at least 18, .* got 12"):
        le.compare("adding", cells=["rnn", "lstm"], parameters=12, **SMALL_BUDGET)
    with pytest.raises(ValueError, match="parameters must be a whole number of at least 1, got 0"):
        le.compare("adding", parameters=0, **SMALL_BUDGET)


def test_the_gates_start_with_a_memory_of_the_asked_length():
    rng = np.random.default_rng(0)
    task, H = le.tasks.Adding(length=50), 200
    for cell in CLASSIC:
        layer = le.make_network(task, cell, H, memory=50, rng=rng).layers[0]
        if cell == "rnn":
            assert not layer.params["b"].any()
            continue
        b = dict(zip(layer.gate_names, np.split(layer.params["b"], len(layer.gate_names)), strict=True))
        keep = {"lstm97": -b.get("i", 0), "gru": b.get("z")}.get(cell, b.get("f"))
        steps = np.exp(keep)
        assert 1 <= steps.min() < 3
        assert 48 < steps.max() <= 50
        if "f" in b:
            assert np.array_equal(b["i"], -b["f"])
    assert le.make_network(task, "lstm", 3, rng=0).params["0.b"][3:6].tolist() == [1, 1, 1]


def test_the_summary_is_median_and_range():
    table = le.Comparison(
        {
            "cell": ["rnn"] * 3,
            "seed": [0, 1, 2],
            "units": [2] * 3,
            "parameters": [9] * 3,
            "train_loss": [1.0] * 3,
            "test_loss": [3.0, 1.0, 7.0],
            "solved": [True, False, True],
            "steps_to_solve": pd.array([10, None, 30], "Int64"),
            "seconds": [1.0, 2.0, 9.0],
        }
    )
    (row,) = table.summary().to_dict("records")
    assert row == {
        "cell": "rnn", "units": 2, "parameters": 9, "test_loss": 3.0, "lowest": 1.0, "highest": 7.0,
        "solved": "2 of 3", "steps_to_solve": "20", "seconds": 2.0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("task", "arguments", "message"),
    [
        ("ading", {}, "unknown task 'ading': did you mean 'adding'"),
        (None, {}, "task must be a task of lstm_edu.tasks or its name, got NoneType"),
        ("adding", {"cells": ["lstn"]}, "unknown cell 'lstn': did you mean 'lstm'"),
        ("adding", {"cells": []}, "cells must be one or more different names"),
        ("adding", {"cells": ["rnn", "rnn"]}, "cells must be one or more different names"),
        ("adding", {"cells": 5}, "cells must be a name of lstm_edu.CELLS or a list of them, got 5"),
        ("adding", {"cells": [5]}, "unknown cell 5: there are rnn"),
        ("adding", {"layers": 99_999_999_999}, "layers must be at most 1000, got 99999999999"),
        ("adding", {"seeds": 0}, "seeds must be"),
        ("adding", {"seeds": []}, "seeds must be"),
        ("adding", {"seeds": [1, 1]}, "seeds must be"),
        ("adding", {"units": 0}, "units must be a whole number of at least 1, got 0"),
        ("adding", {"layers": 0}, "layers must be"),
        ("adding", {"steps": 0}, "steps must be"),
        ("adding", {"jobs": 0}, "jobs must be"),
        ("adding", {"memory": -1}, "memory must be"),
        ("adding", {"rate": -1.0}, "rate must be at least 0"),
    ],
)
def test_wrong_arguments(task, arguments, message):
    with pytest.raises(ValueError, match=message):
        le.compare(task, **arguments)


def test_networks_larger_than_the_machine_are_refused_before_anything_runs(monkeypatch):
    monkeypatch.setattr("lstm_edu.nn.stack._machine_memory", lambda: 16 * (3 * 7 * (2 + 7 + 1) + 3 * 7 * 15 + 8))
    monkeypatch.setattr("lstm_edu.nn.fit", lambda *_, **__: pytest.fail("a run began"))
    task = le.tasks.Adding(length=6)
    assert le.make_network(task, "gru", 7, layers=2, rng=0).layers[1].units == 7
    needs = r"units and layers must fit into memory: 7 units in 2 layers of lstm take about"
    with pytest.raises(ValueError, match=needs):
        le.make_network(task, "lstm", 7, layers=2)
    with pytest.raises(ValueError, match=needs):
        le.compare(task, cells=["rnn", "lstm"], units=7, layers=2, jobs=1)
    monkeypatch.setattr("lstm_edu.nn.stack._machine_memory", lambda: None)
    assert le.make_network(task, "lstm", 7, layers=2).layers[1].units == 7


def test_an_interrupted_run_ends_the_comparison(monkeypatch):
    calls = []

    def fit(*args, **kwargs):
        calls.append(1)
        history = real_fit(*args, **kwargs)
        history.interrupted = True
        return history

    real_fit = le.nn.fit
    monkeypatch.setattr("lstm_edu.nn.fit", fit)
    with pytest.raises(KeyboardInterrupt) as stop:
        le.compare("adding", cells=["rnn", "gru"], seeds=2, jobs=1, **SMALL)
    assert len(calls) == 1
    assert stop.value.finished is None


@pytest.mark.parametrize("end", [KeyboardInterrupt, SystemExit])
def test_what_ends_a_comparison_carries_the_runs_that_were_finished(monkeypatch, end):
    calls = []

    def fit(*args, **kwargs):
        calls.append(1)
        if len(calls) == 4:
            raise end
        return real_fit(*args, **kwargs)

    real_fit = le.nn.fit
    whole = le.compare("adding", cells=["rnn", "gru"], seeds=2, jobs=1, **SMALL)
    monkeypatch.setattr("lstm_edu.nn.fit", fit)
    with pytest.raises(end) as stop:
        le.compare("adding", cells=["rnn", "gru"], seeds=2, jobs=1, **SMALL)
    found = stop.value.finished
    assert found.drop(columns="seconds").equals(whole.iloc[:3].drop(columns="seconds"))
    assert len(found.curves) == 3 * 12
    assert found.about == whole.about


@pytest.mark.parametrize("task", ["x", 5, None, le.tasks.Adding], ids=str)
def test_a_network_needs_a_task(task):
    with pytest.raises(ValueError, match=r"^task must be a task, such as lstm_edu.tasks.make\('adding'\), got "):
        le.make_network(task)
    with pytest.raises(ValueError, match=r"^layers must be at most 1000, got 1001"):
        le.make_network(le.tasks.Adding(), layers=1001)


def test_a_run_that_diverges_is_a_row_like_any_other():
    table = le.compare(le.tasks.Adding(length=6), cells=["rnn"], rate=1e38, seeds=2, jobs=1, **SMALL)
    assert table["test_loss"].isna().all()
    assert not table["solved"].any()
    assert table.summary()["solved"].tolist() == ["0 of 2"]
    assert le.plotting.learning_curves(table).axes


def test_a_copy_keeps_its_curves():
    table = le.compare(le.tasks.Adding(length=6), cells=["rnn"], seeds=1, jobs=1, **SMALL)
    assert table.copy().curves.equals(table.curves)
    assert table.copy().about == table.about
    assert le.compare("adding", cells="rnn", seeds=np.int64(1), jobs=1, **SMALL)["seed"].tolist() == [0]


def test_a_comparison_that_was_ended_goes_on_from_its_journal_to_the_same_bits(monkeypatch, tmp_path):
    calls, real, said = [], le.nn.fit, []
    settings = SMALL | {"cells": ["rnn", "gru"], "seeds": 2, "jobs": 1, "journal": tmp_path / "new" / "j"}
    settings |= {"rate": 1e38, "say": said.append}  # the RNN diverges: that is a result to keep, too
    whole = le.compare(le.tasks.EmbeddedReber(), **settings)

    def fit(*args, **kwargs):
        calls.append(1)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return real(*args, **kwargs)

    monkeypatch.setattr("lstm_edu.nn.fit", fit)
    with pytest.raises(KeyboardInterrupt):
        le.compare(le.tasks.EmbeddedReber(), **settings)
    with open(tmp_path / "new" / "j", "ab") as file:
        file.write(b'{"lstm_edu": "half')
    found = le.compare(le.tasks.EmbeddedReber(), resume=True, **settings)
    assert len(calls) == 5
    assert said == [
        f'half a line at the end of {tmp_path / "new" / "j"} is dropped: {{"lstm_edu": "half',
        "3 of 4 runs are there already",
    ]
    pd.testing.assert_frame_equal(found.drop(columns="seconds"), whole.drop(columns="seconds"), check_exact=True)
    curves = [each.curves.drop(columns="seconds") for each in (found, whole)]
    pd.testing.assert_frame_equal(*curves, check_exact=True)
    assert found.about == whole.about
    again = le.compare(le.tasks.EmbeddedReber(), resume=True, **settings)
    assert len(calls) == 5
    assert again.equals(found.table)


def test_a_journal_of_something_else_is_refused_and_a_full_disk_ends_nothing(tmp_path, monkeypatch):
    settings = SMALL | {"cells": "rnn", "seeds": 2, "jobs": 1, "journal": tmp_path / "j"}
    (tmp_path / "j").write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"j, line 1 is of no journal of a comparison"):
        le.compare("adding", resume=True, **settings)
    (tmp_path / "j").write_text('{"lstm_edu": "0.0.7", "curve": {}}\n', encoding="utf-8")
    with pytest.raises(ValueError, match=r"j was made by lstm_edu 0\.0\.7, this is"):
        le.compare("adding", resume=True, **settings)
    with pytest.raises(ValueError, match=r"resume needs a journal, and no keep_networks"):
        le.compare("adding", resume=True, keep_networks=True, **settings)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    said = []
    assert len(le.compare("adding", say=said.append, **settings)) == 2
    assert said == [f"{tmp_path / 'j'} can't be written (No space left on device): nothing is kept until the end"]
