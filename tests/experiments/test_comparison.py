"""A Comparison holds its tables, answers as one of them, and comes back from its files as it was."""

import copy
import json
import os
import pickle

import numpy as np
import pandas as pd
import pytest

import lstm_edu as le


@pytest.fixture(scope="module")
def found():
    task = le.tasks.Adding(length=6)
    settings = {"units": 4, "steps": 6, "batch": 3, "seeds": 2, "jobs": 1, "progress_bar": False}
    return le.compare(task, cells=["rnn", "gru"], **settings)


def test_it_answers_as_its_table(found):
    assert len(found) == 4
    assert found["test_loss"].equals(found.table["test_loss"])
    assert found[found["cell"] == "gru"].equals(found.table.iloc[2:])
    assert [name for name, _ in found.groupby("cell", sort=False)] == ["rnn", "gru"]
    assert found.iloc[0]["cell"] == "rnn"
    assert found.test_loss.equals(found["test_loss"])
    assert "test_loss" in found
    assert "groupby" in dir(found)
    assert [row.seed for row in found] == [0, 1, 0, 1]
    assert repr(found) == repr(found.table)
    assert found._repr_html_() == found.table._repr_html_()
    with pytest.raises(AttributeError, match="Comparison has no attribute 'loses', nor has its table"):
        found.loses


def test_its_files_are_on_the_disk_before_what_else_held_its_results_can_go(found, tmp_path, monkeypatch):
    synced, real = [], os.fsync
    monkeypatch.setattr("os.fsync", lambda file: synced.append(os.fstat(file).st_ino) or real(file))
    found.save(tmp_path, "a")
    files = list(tmp_path.iterdir())
    assert len(files) == 3
    assert {path.stat().st_ino for path in files} <= set(synced)


def test_pandas_makes_a_table_of_it(found):
    table = pd.DataFrame(found)
    columns = [name for name in found.columns if name != "steps_to_solve"]  # missing numbers have a type of their own
    assert table[columns].equals(found[columns])
    assert list(table) == list(found.columns)


@pytest.mark.parametrize(
    "again", [copy.copy, copy.deepcopy, lambda c: pickle.loads(pickle.dumps(c)), le.Comparison.copy]
)
def test_copies_are_whole(found, again):
    other = again(found)
    assert other.table.equals(found.table)
    assert other.curves.equals(found.curves)
    assert other.about == found.about


def test_a_copy_shares_nothing(found):
    other = found.copy()
    other.table.loc[0, "test_loss"] = -1.0
    other.about["steps"] = -1
    assert found["test_loss"].iloc[0] > 0
    assert found.about["steps"] == 6


@pytest.mark.parametrize("rate", [0.01, 1e38])
def test_what_was_written_is_read_to_the_last_bit(tmp_path, rate):
    settings = {"parameters": 200, "steps": 6, "batch": 3, "seeds": 2, "jobs": 1, "progress_bar": False}
    found = le.compare(le.tasks.Adding(length=6), cells=["rnn", "gru"], rate=rate, **settings)
    path = found.save(tmp_path / "new", "mine")
    assert path == tmp_path / "new" / "mine.csv"
    assert sorted(p.name for p in path.parent.iterdir()) == ["mine-curves.csv", "mine.csv", "mine.json"]
    again = le.Comparison.read(path)
    pd.testing.assert_frame_equal(again.table, found.table, check_exact=True)
    numbers = [name for name in found.curves if name != "solved"]
    pd.testing.assert_frame_equal(again.curves[numbers], found.curves[numbers], check_exact=True)
    assert again.about == found.about
    assert again.summary().equals(found.summary())


def test_a_file_that_is_missing_or_something_else_is_named(found, tmp_path):
    path = found.save(tmp_path, "mine")
    with pytest.raises(FileNotFoundError, match=r"other\.json"):
        le.Comparison.read(tmp_path / "other.csv")
    for content, message in [
        ("{", "mine.json' is no JSON"),
        ("[]", "mine.json' must hold what was compared, got list"),
    ]:
        (tmp_path / "mine.json").write_text(content)
        with pytest.raises(ValueError, match=message):
            le.Comparison.read(path)
    (tmp_path / "mine.json").write_text(json.dumps(found.about))
    for content in ("", "a,b\n1,2\n", '"'):
        path.write_text(content)
        with pytest.raises(ValueError, match=r"path must be a table .*mine.csv'"):
            le.Comparison.read(path)


def test_without_curves_there_is_a_summary_and_no_figure(found, tmp_path):
    bare = le.Comparison(found.table)
    assert bare.summary().equals(found.summary())
    with pytest.raises(ValueError, match="comparison must be what compare or fit returned"):
        le.plotting.learning_curves(bare)
    bare.save(tmp_path, "bare")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["bare.csv", "bare.json"]
    assert np.isfinite(pd.read_csv(tmp_path / "bare.csv")["test_loss"]).all()
