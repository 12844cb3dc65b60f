"""`lstm-edu sweep` as a user types it."""

import importlib
import os
import subprocess
import sys

import pandas as pd
import pytest

from lstm_edu import cli, experiments

FILE = """
cell = ["rnn", "gru"]
units = 3
steps = 6
batch = 4
seeds = 2
task = {name = "adding", length = [5, 7]}
[random]
count = 2
rate = {log-uniform = [1e-3, 1e-1]}
"""


def run(*args):
    """Run a command in this process; returns its exit code."""
    with pytest.raises(SystemExit) as stop:
        cli.main(list(map(str, args)))
    return stop.value.code


def execute_as(monkeypatch, function):
    """Put a function where a sweep makes a run; the module's name is that of a function of its package too."""
    monkeypatch.setattr(importlib.import_module("lstm_edu.experiments.sweep"), "execute", function)


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.toml").write_text(FILE, encoding="utf-8")
    return tmp_path / "mine.toml"


def test_a_dry_run_says_how_many_and_the_first_and_runs_nothing(file, capsys, monkeypatch):
    execute_as(monkeypatch, lambda run: pytest.fail("a run began"))
    monkeypatch.setenv("COLUMNS", "90")
    assert run("sweep", file, "--dry-run") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "16 runs: 8 settings from 2 seeds"
    assert lines[1].startswith("in all: task adding, ")
    assert any(line.split() == ["task.length", "cell", "rate", "memory", "seed"] for line in lines)
    assert sum(line.split()[:2] == ["5", "rnn"] for line in lines) == 2
    assert lines[-1] == "..."
    assert all(len(line) <= 90 for line in lines)
    assert [path.name for path in file.parent.iterdir()] == ["mine.toml"]


def test_a_sweep_writes_a_table_and_prints_the_best_and_resume_makes_what_is_missing(file, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    assert run("sweep", file, "--jobs", 1) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("16 done\n")
    assert printed.endswith(f"table: results{os.sep}mine.csv\n")
    table = pd.read_csv("results/mine.csv")
    best = table.groupby(["task.length", "cell", "rate"])["test_loss"].median().min()
    assert f"{best:.4g}" in printed
    assert all(len(line) <= 100 for line in printed.splitlines())
    assert run("sweep", file, "--jobs", 1) == 2
    assert "mine.csv is there already: --resume" in capsys.readouterr().err
    file.write_text(FILE.replace("seeds = 2", "seeds = 3"), encoding="utf-8")
    assert run("sweep", file, "--jobs", 1, "--resume") == 0
    assert capsys.readouterr().out.startswith("16 of 24 runs are there already\n24 done\n")
    assert pd.read_csv("results/mine.csv")["seed"].value_counts().to_dict() == {0: 8, 1: 8, 2: 8}


def test_seeds_can_be_given_where_the_file_says_none(file, capsys):
    file.write_text(FILE.replace("seeds = 2\n", ""), encoding="utf-8")
    assert run("sweep", file, "--dry-run", "--seeds", "4,9") == 0
    assert capsys.readouterr().out.startswith("16 runs: 8 settings from 2 seeds")
    assert run("sweep", file, "--dry-run", "--seeds", "x") == 2
    assert "seeds must be a whole number or a list such as 0,1,2, got 'x'" in capsys.readouterr().err


def test_a_run_that_fails_is_told_and_the_exit_code_says_it_but_one_that_diverges_is_a_result(
    file, capsys, monkeypatch
):
    monkeypatch.setenv("COLUMNS", "100")
    file.write_text('task = "adding"\ncell = "rnn"\nunits = 3\nsteps = 6\nrate = [0.01, 1e38]\n', encoding="utf-8")
    assert run("sweep", file, "--jobs", 1) == 0
    assert capsys.readouterr().out.startswith("3 done, 3 diverged\n")

    def fail(run):
        raise OSError("the disk is gone")

    execute_as(monkeypatch, fail)
    assert run("sweep", file, "--jobs", 1, "--out", "b.csv") == 1
    printed = capsys.readouterr().out
    assert printed.startswith("6 failed\n")
    assert "failed: adding, rnn, seed 0: OSError: the disk is gone" in printed


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "nothing.toml can't be read (No such file or directory)"),
        ('task = "adding"\ncell = rnn\n', "mine.toml is no TOML: Invalid value (at line 2, column 8)"),
        ('task = "adding"\ncels = "rnn"\n', "mine.toml: unknown setting 'cels': did you mean 'cell'?"),
        (
            'task = "adding"\ncell = "rnn"\nrate = []\n',
            "mine.toml: rate must have at least one value, got an empty list",
        ),
    ],
)
def test_what_is_wrong_with_the_file_is_one_line_and_exit_code_2(text, words, file, capsys):
    if text is not None:
        file.write_text(text, encoding="utf-8")
    assert run("sweep", file if text is not None else "nothing.toml") == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert words in line


def test_ended_early_it_says_how_many_are_done(file, capsys, monkeypatch):
    calls = []

    def execute(run):
        calls.append(run)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return experiments.execute(run)

    execute_as(monkeypatch, execute)
    assert run("sweep", file, "--jobs", 1) == 130
    assert "ended early: 3 of 16 runs are done; --resume makes the others" in capsys.readouterr().out
    assert len(pd.read_csv("results/mine.csv")) == 3


def test_a_cell_of_ones_own_is_named_in_the_file_and_known_to_workers(file):
    (file.parent / "sweep_cell.py").write_text(
        "import lstm_edu as le\n\n@le.register('swept')\nclass Swept(le.GRU):\n    title = 'one'\n", encoding="utf-8"
    )
    file.write_text('task = "adding"\ncell = "swept"\nunits = 3\nsteps = 4\nseeds = 2\n', encoding="utf-8")
    command = [sys.executable, "-m", "lstm_edu", "sweep", str(file), "--with", "sweep_cell.py", "--jobs", "2"]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    assert pd.read_csv("results/mine.csv")["cell"].tolist() == ["swept"] * 2


def test_compare_and_stress_take_the_same_options(capsys):
    for command in (["sweep"], ["compare"], ["course", "stress"]):
        assert run(*command, "--help") == 0
        said = capsys.readouterr().out
        assert "--jobs" in said
        assert "--dask" in said
        assert "--resume" in said


def test_compare_ended_early_goes_on_with_resume_and_leaves_its_usual_files(tmp_path, capsys, monkeypatch):
    from lstm_edu import nn

    command = ["compare", "adding", "--cells", "rnn,gru", "--units", 3, "--steps", 6, "--batch", 4, "--seeds", 2,
               "--jobs", 1, "--out", tmp_path]  # fmt: skip
    calls, real = [], nn.fit

    def fit(*args, **kwargs):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return real(*args, **kwargs)

    monkeypatch.setattr("lstm_edu.nn.fit", fit)
    assert run(*command) == 130
    assert "2 of 4 runs are done; --resume makes the others" in capsys.readouterr().out
    assert (tmp_path / "compare-adding.runs").exists()
    assert run(*command, "--resume") == 0
    assert "2 of 4 runs are there already" in capsys.readouterr().out
    assert len(calls) == 5
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "compare-adding-curves.csv", "compare-adding.csv", "compare-adding.json", "compare-adding.png",
    ]  # fmt: skip
    assert len(pd.read_csv(tmp_path / "compare-adding.csv")) == 4
    assert run(*command, "--resume", "--save", tmp_path / "nets") == 2
    assert "leave out --save" in capsys.readouterr().err
