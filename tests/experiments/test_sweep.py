"""sweep: a row for each run, whatever happens to the run, the worker, the process or the file."""

import os
import subprocess
import sys
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import probes
import pytest

import lstm_edu as le
from lstm_edu.experiments import Run, execute, plan, store, workers
from lstm_edu.experiments import sweep as sweep_function
from lstm_edu.experiments.sweep import RESULTS

sweep_module = sys.modules["lstm_edu.experiments.sweep"]
SMALL = {"task": {"name": "adding", "length": [5, 7]}, "cell": ["rnn", "gru"], "units": 3, "steps": 6, "batch": 4}
SAME = [name for name in RESULTS if name != "seconds"]  # everywhere, whatever does the work


def sweep(settings=SMALL, **options):
    said = []
    table = le.sweep(settings, progress_bar=False, say=said.append, **{"jobs": 1} | options)
    return table, said


def assert_same(one, other):
    pd.testing.assert_frame_equal(one.drop(columns="seconds"), other.drop(columns="seconds"), check_exact=True)


def ordered(path):
    """A table as it stands on the disk, in an order that does not depend on which run ended first."""
    table = pd.read_csv(path)
    return table.sort_values(["seed", "task.length", "cell"], ignore_index=True)


def test_one_row_a_run_with_settings_results_and_versions_in_memory_and_on_the_disk(tmp_path):
    table, said = sweep(seeds=[4, 1], out=tmp_path / "new" / "a.csv")
    assert said == []
    assert list(zip(table["seed"], table["task.length"], table["cell"], strict=True)) == [
        (seed, length, cell) for seed in (4, 1) for length in (5, 7) for cell in ("rnn", "gru")
    ]
    assert list(table)[:2] == ["task", "task.length"]
    assert list(table)[-len(RESULTS) :] == list(RESULTS)
    assert (table["status"] == "done").all()
    assert (table["lstm_edu"] == le.__version__).all()
    run = Run(le.tasks.Adding(length=7), "gru", 3, steps=6, batch=4, memory=7, seed=1)
    row, result = table.iloc[-1], execute(run)
    for name in ("parameters", "train_loss", "test_loss", "solved"):
        assert row[name] == result.row[name], name
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["a.csv"]
    read = pd.read_csv(tmp_path / "new" / "a.csv")
    assert list(read) == list(table)
    for name in ("task.length", "seed", "status", "solved", "parameters"):
        assert read[name].tolist() == table[name].tolist(), name
    texts = pd.read_csv(tmp_path / "new" / "a.csv", dtype=str)
    for name in ("test_loss", "train_loss", "seconds", "rate"):  # every bit; older versions of pandas lose the last one
        assert [float(text) for text in texts[name]] == table[name].tolist(), name


def test_two_jobs_give_the_bits_of_one(tmp_path):
    one, _ = sweep(seeds=2)
    two, _ = sweep(seeds=2, jobs=2, out=tmp_path / "two.csv")
    assert_same(one, two)
    sweep(seeds=2, out=tmp_path / "one.csv")
    assert_same(ordered(tmp_path / "one.csv"), ordered(tmp_path / "two.csv"))


def test_runs_themselves_can_be_given_with_their_seeds_or_with_others():
    small = {"units": 2, "steps": 2, "batch": 2}
    runs = [Run(le.tasks.AnBn(), "rnn", seed=9, **small), Run(le.tasks.Adding(), "rnn", **small)]
    table, _ = sweep(runs)
    assert table["seed"].tolist() == [9, 0]
    assert table["task"].tolist() == ["anbn", "adding"]
    assert np.isnan(table["task.length"][0])
    table, _ = sweep(runs, seeds=[3, 5])
    assert table["seed"].tolist() == [3, 3, 5, 5]


def test_a_run_that_diverges_and_one_that_fails_are_rows_that_say_so_and_stop_nothing(tmp_path, monkeypatch):
    real = sweep_module.execute

    def execute_or_not(run):
        if run.cell == "gru" and run.seed == 1:
            raise MemoryError("no room\nfor two")
        return real(run)

    monkeypatch.setattr(sweep_module, "execute", execute_or_not)
    settings = SMALL | {"rate": [0.01, 1e38], "task": "adding"}
    table, _ = sweep(settings, seeds=2, out=tmp_path / "a.csv")
    assert len(table) == 8
    failed = table[table["status"] == "failed"]
    assert set(zip(failed["cell"], failed["seed"], strict=True)) == {("gru", 1)}
    assert set(failed["error"]) == {"MemoryError: no room for two"}
    diverged = table[(table["rate"] > 1) & (table["status"] != "failed")]
    assert set(diverged["status"]) == {"diverged"}
    assert diverged["error"].str.len().min() > 10
    assert (table[table["status"] == "done"]["error"] == "").all()
    assert table[table["status"] != "done"]["test_loss"].isna().all()
    monkeypatch.setattr(sweep_module, "execute", real)
    again, said = sweep(settings, seeds=2, out=tmp_path / "a.csv", resume=True)
    assert said == ["2 runs that failed are made again", "6 of 8 runs are there already"]
    assert set(again["status"]) == {"done", "diverged"}
    assert_same(again, sweep(settings, seeds=2)[0])


def test_resume_makes_what_is_missing_by_all_settings_and_the_seed(tmp_path, monkeypatch):
    made = []
    real = sweep_module.execute
    monkeypatch.setattr(sweep_module, "execute", lambda run: made.append(run) or real(run))
    first, _ = sweep(SMALL | {"cell": "rnn"}, seeds=1, out=tmp_path / "a.csv")
    assert len(made) == 2
    table, said = sweep(SMALL, seeds=2, out=tmp_path / "a.csv", resume=True)
    assert said == ["2 of 8 runs are there already"]
    assert len(made) == 8
    assert len(set(made)) == 8
    assert_same(table, sweep(SMALL, seeds=2)[0])
    assert table["seconds"].tolist()[:3:2] == first["seconds"].tolist()
    made.clear()
    sweep(SMALL, seeds=2, out=tmp_path / "a.csv", resume=True)
    assert made == []
    sweep(SMALL | {"batch": 5}, seeds=2, out=tmp_path / "a.csv", resume=True)
    assert len(made) == 8


def test_a_task_with_other_settings_adds_its_columns_and_the_rows_there_were_stay(tmp_path):
    first, _ = sweep(seeds=1, out=tmp_path / "a.csv")
    sweep(SMALL | {"task": "anbn"}, seeds=1, out=tmp_path / "a.csv", resume=True)
    read = pd.read_csv(tmp_path / "a.csv")
    assert {"task.length", "task.longest"} <= set(read)
    assert read["task"].tolist() == ["adding"] * 4 + ["anbn"] * 2
    assert read["test_loss"].tolist()[:4] == first["test_loss"].tolist()
    again, said = sweep(seeds=1, out=tmp_path / "a.csv", resume=True)
    assert said == ["4 of 4 runs are there already"]
    assert_same(again, first)


def test_a_file_that_is_there_is_refused_without_resume_and_stays(tmp_path):
    sweep(seeds=1, out=tmp_path / "a.csv")
    before = (tmp_path / "a.csv").read_bytes()
    with pytest.raises(ValueError, match=r"a.csv is there already: --resume \(resume=True\) goes on with it"):
        sweep(seeds=1, out=tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_bytes() == before


@pytest.mark.parametrize("cut", [1, 20, 120])
def test_half_a_line_at_the_end_is_dropped_with_a_notice_and_the_rest_kept(cut, tmp_path):
    whole, _ = sweep(seeds=1, out=tmp_path / "a.csv")
    data = (tmp_path / "a.csv").read_bytes()
    lines = data.splitlines(keepends=True)
    (tmp_path / "a.csv").write_bytes(data[:-cut])
    table, said = sweep(seeds=1, out=tmp_path / "a.csv", resume=True)
    half, lost = b"".join(lines[:-1]), lines[-1][:-cut].decode()
    assert lost
    assert said == [
        f"half a line at the end of {tmp_path / 'a.csv'} is dropped: {lost[:60]}",
        "3 of 4 runs are there already",
    ]
    assert (tmp_path / "a.csv").read_bytes().startswith(half)
    assert_same(table, whole)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: "a,b\n1,2\n", "is no table of a sweep, or one of another layout"),
        (lambda text: "\0\0\0", "is no table of a sweep, or one of another layout"),
        (lambda text: text.replace(",status,", ",state,"), "is no table of a sweep, or one of another layout"),
        (lambda text: text.replace(",batch,", ","), "is no table of a sweep, or one of another layout"),
        (lambda text: text.split("\n", 1)[0][:50], "is no table of a sweep, or one of another layout"),
        (lambda text: text.replace(f",{le.__version__},", ",0.0.7,"), r"was made by lstm_edu 0\.0\.7, this is"),
        (lambda text: text + "adding,5\n", r"line 6: 2 columns, the first line has \d+"),
    ],
    ids=["other", "zeros", "renamed", "missing", "half a header", "version", "short line"],
)
def test_a_file_of_another_layout_or_version_is_an_error_and_stays_as_it_is(change, message, tmp_path):
    sweep(seeds=1, out=tmp_path / "a.csv")
    text = change((tmp_path / "a.csv").read_text(encoding="utf-8"))
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=f"a.csv.*{message}"):
        sweep(seeds=1, out=tmp_path / "a.csv", resume=True)
    assert (tmp_path / "a.csv").read_text(encoding="utf-8") == text


def test_a_second_writer_is_refused_and_the_place_is_free_when_the_first_has_ended(tmp_path):
    code = "import sys, pathlib; from lstm_edu.experiments.store import alone\n"
    code += "with alone(pathlib.Path(sys.argv[1])):\n    print('in', flush=True)\n    input()"
    first = subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "a.csv")], stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE)  # fmt: skip
    try:
        first.stdout.readline()
        with pytest.raises(ValueError, match=r"a.csv is being written by another process: one at a time"):
            sweep(seeds=1, out=tmp_path / "a.csv")
    finally:
        first.kill()  # no clean-up: the empty file beside it stays
        first.communicate()
    sweep(seeds=1, out=tmp_path / "a.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]


def test_a_line_is_on_the_disk_before_the_next_run_begins(tmp_path, monkeypatch):
    synced, seen = [], []
    real_sync, real = os.fsync, sweep_module.execute
    monkeypatch.setattr("os.fsync", lambda file: synced.append(file) or real_sync(file))

    def looked_at(run):
        seen.append((len(synced), len((tmp_path / "a.csv").read_text(encoding="utf-8").splitlines())))
        return real(run)

    monkeypatch.setattr(sweep_module, "execute", looked_at)
    sweep(seeds=1, out=tmp_path / "a.csv")
    first = seen[0][0]
    assert seen == [(first + k, 1 + k) for k in range(4)]


def test_a_sweep_that_is_killed_loses_no_run_that_had_ended(tmp_path):
    (tmp_path / "a.toml").write_text(
        'task = {name = "adding", length = [5, 7]}\ncell = ["rnn", "gru"]\nunits = 3\nsteps = 60\nseeds = 4\n',
        encoding="utf-8",
    )
    command = [sys.executable, "-m", "lstm_edu", "sweep", str(tmp_path / "a.toml"), "--jobs", "2", "--out",
               str(tmp_path / "a.csv")]  # fmt: skip

    def lines():
        path = tmp_path / "a.csv"
        return path.read_bytes().count(b"\n") if path.exists() else 0

    for more in (2, 3):
        before = lines()
        killed = subprocess.Popen([*command, "--resume"], stdout=subprocess.DEVNULL)
        try:
            while lines() < max(before, 1) + more and killed.poll() is None:
                time.sleep(0.01)
        finally:
            killed.kill()
            killed.wait()
        kept = (tmp_path / "a.csv").read_bytes().rpartition(b"\n")[0]
        assert kept.count(b"\n") >= max(before, 1) + more - 1
    done = subprocess.run([*command, "--resume"], capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    assert "of 16 runs are there already" in done.stdout
    assert (tmp_path / "a.csv").read_bytes().startswith(kept)
    table = ordered(tmp_path / "a.csv")
    assert len(table) == 16
    assert not table.duplicated(["seed", "task.length", "cell"]).any()
    sweep({"task": {"name": "adding", "length": [5, 7]}, "cell": ["rnn", "gru"], "units": 3, "steps": 60},
          seeds=4, out=tmp_path / "fresh.csv")  # fmt: skip
    assert_same(table, ordered(tmp_path / "fresh.csv"))


def test_a_worker_that_is_killed_in_mid_sweep_costs_no_row(tmp_path, monkeypatch):
    from joblib.externals.loky import reusable_executor

    settings = SMALL | {"steps": 40}
    real, killed = store.Store.add, []

    def add(self, values):
        real(self, values)
        if not killed:
            killed.append(next(iter(reusable_executor._executor._processes)))
            os.kill(killed[0], probes.KILL)

    monkeypatch.setattr(store.Store, "add", add)
    table, _ = sweep(settings, seeds=4, jobs=2, out=tmp_path / "a.csv")
    assert killed
    assert len(pd.read_csv(tmp_path / "a.csv")) == 16
    monkeypatch.undo()
    assert_same(table, sweep(settings, seeds=4)[0])


def test_an_item_that_kills_its_workers_is_found_out_and_the_others_are_done(tmp_path):
    lost = []

    def note(item, why):
        lost.append(why)
        return -item

    found = workers.side_by_side(probes.doubled_or_dead, range(7), 2, lost=note)
    assert sorted(found) == sorted([-3] + [2 * k for k in range(7) if k != 3])
    assert lost == [workers.ENDED]
    with pytest.raises(MemoryError, match="ended from outside"):
        list(workers.side_by_side(probes.doubled_or_dead, [3, 3], 2))
    once = partial(probes.doubled_or_dead_once, str(tmp_path / "marker"))
    assert sorted(workers.side_by_side(once, range(7), 2)) == [2 * k for k in range(7)]


def test_workers_load_their_kernels_and_compile_nothing(tmp_path):
    code = """
import probes
from lstm_edu.experiments import plan, workers
settings = {"task": "adding", "units": [3, 20], "layers": [1, 2], "steps": 2, "batch": [1, 4], "seeds": 1}
runs = plan(settings | {"cell": "rnn"})
workers.warm(runs, True, False)
before = probes.kept()
found = list(workers.side_by_side(probes.compiled, runs, 2))
assert len({process for process, _ in found}) == 2, found
assert [count for _, count in found] == [0] * len(runs), found
assert probes.kept() == before and before
cold = list(workers.side_by_side(probes.compiled, plan(settings | {"cell": "lstm97"})[:2], 2))
assert sum(count for _, count in cold) > 0, cold
assert len(probes.kept()) > len(before)
"""
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}
    folders = [str(Path(le.__file__).parents[1]), str(Path(probes.__file__).parent)]
    environment["PYTHONPATH"] = os.pathsep.join(folders)
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr


def test_a_cell_of_ones_own_goes_to_workers(monkeypatch):
    import own_cell  # noqa: F401 - registers it

    names = [name for name, cls in le.CELLS.items() if cls.__module__ == "own_cell"]
    settings = SMALL | {"cell": names[0], "task": "adding"}
    assert_same(sweep(settings, seeds=2, jobs=2)[0], sweep(settings, seeds=2)[0])


@pytest.mark.parametrize("end", [KeyboardInterrupt, SystemExit])
def test_what_ends_a_sweep_carries_the_rows_that_were_finished(end, tmp_path, monkeypatch):
    real, calls = sweep_module.execute, []

    def execute_or_end(run):
        calls.append(run)
        if len(calls) == 3:
            raise end
        return real(run)

    monkeypatch.setattr(sweep_module, "execute", execute_or_end)
    with pytest.raises(end) as stop:
        sweep(seeds=1, out=tmp_path / "a.csv")
    assert len(stop.value.finished) == 2
    assert len(pd.read_csv(tmp_path / "a.csv")) == 2


def test_where_no_bar_is_shown_a_line_says_how_far_it_is_and_how_long_the_rest_takes(monkeypatch):
    said, clock = [], iter(range(0, 10_000, 45))
    monkeypatch.setattr(sweep_module.time, "monotonic", lambda: next(clock))
    tell = sweep_module._Teller(8, said.append)
    for _ in range(8):
        tell.one_more()
    assert said == ["2 of 8 runs, about 4 minutes left", "4 of 8 runs, about 3 minutes left",
                    "6 of 8 runs, about 2 minutes left"]  # fmt: skip


@pytest.mark.parametrize(
    ("runs", "options", "message"),
    [
        ([], {}, "runs must be at least one, got none"),
        (5, {}, "runs must be settings by name or a list of Runs, got 5"),
        (["rnn"], {}, "runs must be settings by name or a list of Runs, got 'rnn'"),
        ([Run(le.tasks.Adding(), "rnn", 2)] * 2, {}, "runs must be different ones, got twice Run"),
        (SMALL, {"jobs": 0}, "jobs must be a whole number of at least 1, got 0"),
        (SMALL, {"seeds": 0}, "seeds must be a"),
        (SMALL, {"out": 5}, "path must be the name of a file, got 5"),
        (SMALL, {"dask": ""}, "dask must be an address such as"),
        (SMALL, {"dask": "tcp://127.0.0.1:9", "jobs": 2}, "jobs: the cluster at 'tcp://127.0.0.1:9' has as many"),
        (SMALL, {"dask": "nothing.json", "jobs": None}, "dask: there is no file 'nothing.json'"),
        ([Run(le.tasks.Arrays(np.zeros((3, 20, 2)), np.zeros((20, 1)), loss="mean_squared_error"), "rnn", 2)], {},
         "task must be one of lstm_edu.tasks.TASKS to be written down, got Arrays"),
    ],
    ids=str,
)  # fmt: skip
def test_wrong_arguments_are_named_before_anything_runs(runs, options, message, monkeypatch):
    if options.get("dask", "").endswith(".json"):
        pytest.importorskip("distributed")
    monkeypatch.setattr(sweep_module, "execute", lambda run: pytest.fail("a run began"))
    with pytest.raises(ValueError, match=f"^{message}"):
        sweep(runs, **options)


def test_without_dask_its_absence_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ImportError, match=r'dask needs Dask: pip install "lstm_edu\[cluster\]"'):
        sweep(dask="local")


def test_the_function_is_the_same_at_the_top_and_in_its_room():
    assert le.sweep is sweep_function
    assert replace(plan(SMALL)[0], seed=3).seed == 3
