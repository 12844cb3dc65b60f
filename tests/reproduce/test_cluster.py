"""Trials on a Dask cluster are the trials of this machine."""

import pytest

from lstm_edu.reproduce import reproduce

pytest.importorskip("distributed")
ASKED = {"paper": "hochreiter1997", "experiment": "order", "rows": "6a", "trials": 1, "progress_bar": False}


def test_a_cluster_gives_the_same_trials_to_the_bit(tmp_path):
    here = reproduce(**ASKED, jobs=1).table.drop(columns="seconds")
    there = reproduce(**ASKED, jobs=1, dask="local", out=tmp_path / "trials.csv").table.drop(columns="seconds")
    assert here.equals(there)
    assert len(here) == 1


def test_an_address_at_which_nobody_answers_is_one_line():
    with pytest.raises(ValueError, match=r"127\.0\.0\.1:9"):
        reproduce(**ASKED, dask="tcp://127.0.0.1:9")
