"""The same runs on a Dask cluster: the same bits, past a worker that is killed, and errors where nobody answers."""

import json
import logging
import os
import sys
import time

import pandas as pd
import probes
import pytest

import lstm_edu as le
from lstm_edu import cli
from lstm_edu.experiments import cluster, store

distributed = pytest.importorskip("distributed")
SETTINGS = {"task": {"name": "adding", "length": [5, 7]}, "cell": ["rnn", "gru"], "units": 3, "steps": 40, "batch": 4}


def sweep(settings=SETTINGS, **options):
    return le.sweep(settings, seeds=2, progress_bar=False, say=lambda words: None, **options)


def assert_same(one, other):
    pd.testing.assert_frame_equal(one.drop(columns="seconds"), other.drop(columns="seconds"), check_exact=True)


@pytest.fixture(scope="module")
def one_job():
    return sweep(jobs=1)


@pytest.fixture(scope="module")
def address():
    """A cluster that somebody else started, with two workers."""
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, memory_limit=0, dashboard_address=":0",
                                  silence_logs=logging.CRITICAL) as place:  # fmt: skip
        yield place.scheduler_address


def test_a_cluster_that_is_started_here_gives_the_bits_of_one_job_and_is_closed(one_job, tmp_path):
    assert_same(sweep(dask="local", jobs=2, out=tmp_path / "a.csv"), one_job)
    assert len(pd.read_csv(tmp_path / "a.csv")) == 8
    assert not [c for c in distributed.Client._instances if c.status == "running"]


def test_a_cluster_at_an_address_gives_the_bits_of_one_job_and_is_left_running(one_job, address, tmp_path):
    assert_same(sweep(dask=address), one_job)
    with distributed.Client(address, set_as_default=False) as client:
        assert len(client.scheduler_info()["workers"]) == 2
    (tmp_path / "scheduler.json").write_text(json.dumps({"address": address}), encoding="utf-8")
    assert_same(sweep(dask=str(tmp_path / "scheduler.json")), one_job)


def test_a_worker_that_is_killed_in_mid_sweep_costs_no_row(one_job, address, tmp_path, monkeypatch):
    real, killed = store.Store.add, []

    def add(self, values):
        real(self, values)
        if not killed:
            with distributed.Client(address, set_as_default=False) as client:
                killed.append(next(iter(client.run(os.getpid).values())))
            os.kill(killed[0], probes.KILL)

    monkeypatch.setattr(store.Store, "add", add)
    table = sweep(dask=address, out=tmp_path / "a.csv")
    assert killed
    assert_same(table, one_job)
    assert len(pd.read_csv(tmp_path / "a.csv")) == 8


def test_an_item_that_kills_its_workers_is_found_out_and_the_others_are_done():
    with cluster.connected("local", 2, 7) as client:
        client.run_on_scheduler(lambda dask_scheduler: setattr(dask_scheduler, "allowed_failures", 1))
        found = list(cluster.results(client, probes.doubled_or_dead, range(7), lambda item, why: (item, why)))
    lost = [each for each in found if isinstance(each, tuple)]
    assert [item for item, _ in lost] == [3]
    assert "were ended" in lost[0][1]
    assert sorted(each for each in found if each not in lost) == [0, 2, 4, 8, 10, 12]


def test_dask_writes_nothing_of_its_own_meanwhile_and_as_before_afterwards(address, capsys):
    logger = logging.getLogger("distributed.client")
    handler = logging.StreamHandler(sys.stderr)
    logger.addHandler(handler)
    try:
        with cluster.connected(address, None, 1):
            logger.warning("hidden")
        logger.warning("shown")
    finally:
        logger.removeHandler(handler)
    assert capsys.readouterr().err == "shown\n"


def test_compare_gives_the_same_numbers_on_a_cluster(address):
    settings = {"cells": ["rnn", "gru"], "units": 3, "steps": 6, "batch": 4, "seeds": 2, "progress_bar": False}
    here, there = le.compare("adding", jobs=1, **settings), le.compare("adding", dask=address, **settings)
    assert here.drop(columns="seconds").equals(there.drop(columns="seconds"))
    assert here.curves.drop(columns="seconds").equals(there.curves.drop(columns="seconds"))


def test_a_cell_of_ones_own_goes_to_a_cluster_with_its_file(address, tmp_path, monkeypatch):
    (tmp_path / "cell_for_dask.py").write_text(
        "import lstm_edu as le\n\n@le.register('for-dask')\nclass ForDask(le.GRU):\n    title = 'one'\n",
        encoding="utf-8",
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    __import__("cell_for_dask")
    try:
        settings = SETTINGS | {"cell": "for-dask"}
        assert_same(sweep(settings, dask=address), sweep(settings, jobs=1))
    finally:
        le.CELLS.pop("for-dask")
        le.core.registry.LAYERS.pop("ForDask")
        sys.modules.pop("cell_for_dask")


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "127.0.0.1:9", "no host", "tcp://"])
def test_where_nobody_listens_one_line_says_so(address, capsys, tmp_path):
    (tmp_path / "a.toml").write_text('task = "adding"\ncell = "rnn"\n', encoding="utf-8")
    with pytest.raises(SystemExit) as stop:
        cli.main(["sweep", str(tmp_path / "a.toml"), "--out", str(tmp_path / "a.csv"), "--dask", address])
    assert stop.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"lstm-edu: dask: no scheduler answers at '{address}'")


def test_the_wait_for_an_address_ends_before_ten_seconds(monkeypatch):
    asked = []

    def client(**options):
        asked.append(options)
        raise OSError("Timed out")

    monkeypatch.setattr(distributed, "Client", client)
    with pytest.raises(ValueError, match="dask: no scheduler answers at"):
        sweep(dask="tcp://10.0.0.1:1")
    assert asked[0]["timeout"] < 8


def test_workers_with_another_version_or_without_the_package_are_refused(address, monkeypatch):
    monkeypatch.setattr(cluster, "__version__", "9.9")
    with pytest.raises(ValueError, match=f"dask: workers at '{address}' have lstm_edu {le.__version__}, here is 9.9"):
        sweep(dask=address)
    monkeypatch.setattr(cluster, "_version", lambda: 1 / 0)
    with pytest.raises(ValueError, match=f"dask: the workers at '{address}' can't load lstm_edu 9.9"):
        sweep(dask=address)


def test_a_scheduler_that_goes_away_ends_the_sweep_with_what_it_was(tmp_path, monkeypatch):
    real = store.Store.add
    place = distributed.LocalCluster(n_workers=1, threads_per_worker=1, memory_limit=0, dashboard_address=":0",
                                     silence_logs=logging.CRITICAL)  # fmt: skip

    def add(self, values):
        real(self, values)
        place.close()

    monkeypatch.setattr(store.Store, "add", add)
    began = time.monotonic()
    with pytest.raises(ConnectionError, match="the Dask scheduler is gone"):
        sweep(dask=place.scheduler_address, out=tmp_path / "a.csv")
    assert time.monotonic() - began < 300
    monkeypatch.undo()
    table = sweep(out=tmp_path / "a.csv", resume=True, jobs=1)
    assert len(table) == 8
