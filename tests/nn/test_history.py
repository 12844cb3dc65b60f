"""A History holds a table and answers as one."""

import copy
import pickle

import numpy as np
import pandas as pd
import pytest

import lstm_edu as le

ROWS = [(10, 0.5, 1 / 3, 0.25, False, 1.5, 0.01, 0.1), (20, 0.2, 0.1 + 0.2, 1.0, True, 0.5, 0.001, 0.2)]


def test_it_answers_as_its_table():
    history = le.History(ROWS)
    assert list(history.columns) == list(le.History.columns_recorded)
    assert history["step"].tolist() == [10, 20]
    assert history[["step", "valid_loss"]].iloc[1].tolist() == [20, 0.1 + 0.2]
    assert len(history) == 2
    assert history.assign(cell="gru")["cell"].tolist() == ["gru", "gru"]
    assert repr(history) == repr(history.table)
    assert history._repr_html_() == history.table._repr_html_()
    assert pd.DataFrame(history).equals(history.table)
    assert history.steps_to_solve == 20
    assert le.History(ROWS[:1]).steps_to_solve is None
    assert le.History().steps_to_solve is None
    assert len(le.History()) == 0


def test_a_run_that_diverged_has_solved_nothing():
    assert le.History([dict.fromkeys(le.History.columns_recorded, np.nan)]).steps_to_solve is None


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda h: pickle.loads(pickle.dumps(h)), le.History.copy])
def test_copies_are_whole(again):
    history = le.History(ROWS, interrupted=True)
    other = again(history)
    assert type(other) is le.History
    assert other.table.equals(history.table)
    assert other.interrupted is True


def test_what_was_written_is_read_to_the_last_bit(tmp_path):
    history = le.History(ROWS)
    history.to_csv(tmp_path / "history.csv")
    again = le.History.read(tmp_path / "history.csv")
    pd.testing.assert_frame_equal(again.table, history.table, check_exact=True)
    assert again.interrupted is False
    history.to_csv(tmp_path / "history.csv", index=True)
    assert le.History.read(tmp_path / "history.csv").table.equals(history.table)
    with pytest.raises(FileNotFoundError):
        le.History.read(tmp_path / "none.csv")
    (tmp_path / "other.csv").write_text("step\n1\n")
    with pytest.raises(ValueError, match=r"path must be a table with the columns step, .* lacks \['train_loss'"):
        le.History.read(tmp_path / "other.csv")
