"""`lstm-edu train`, `sample`, `forecast`, `inspect` as a user types them."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import lstm_edu as le
from lstm_edu import cli

TEXT = ["--units", "9", "--length", "12", "--batch", "3", "--steps", "40"]
SERIES = ["--units", "5", "--horizon", "4", "--steps", "30"]


def run(*args):
    """Run a command in this process; returns its exit code."""
    with pytest.raises(SystemExit) as stop:
        cli.main(list(map(str, args)))
    return stop.value.code


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A text, a series, and a network for each."""
    folder = tmp_path_factory.mktemp("own")
    words = np.random.default_rng(0).choice(["the cat ", "sat on ", "a mat.\n", "and so "], 400)
    (folder / "my.txt").write_text("".join(words) + "ß", encoding="utf-8")
    months = pd.date_range("2000-01-01", periods=160, freq="MS").strftime("%Y-%m-%d")
    sales = 100 + 20 * np.sin(np.arange(160) * 2 * np.pi / 12) + np.random.default_rng(1).normal(size=160)
    pd.DataFrame({"month": months, "sales": sales}).to_csv(folder / "my.csv", index=False)
    assert run("train", "text", folder / "my.txt", *TEXT, "--out", folder / "text.safetensors") == 0
    arguments = ["--column", "sales", "--time", "month", *SERIES, "--out", folder / "series.safetensors"]
    assert run("train", "series", folder / "my.csv", *arguments) == 0
    return folder


def test_a_trained_network_stands_beside_its_figure_and_its_curve_and_no_checkpoint_is_left(folder):
    for name, last in (("text", 40), ("series", 30)):
        assert (folder / f"{name}.png").read_bytes().startswith(b"\x89PNG")
        assert pd.read_csv(folder / f"{name}.csv")["step"].iloc[-1] == last
    assert not list(folder.glob("*.checkpoint"))


def test_the_report_names_what_needs_no_network_beside_the_score(folder, capsys):
    assert run("train", "text", folder / "my.txt", *TEXT, "--out", folder / "two.safetensors") == 0
    printed = capsys.readouterr().out
    scores = le.load(folder / "two.safetensors").about.trained["bits per character"]
    for name in ("network", "character before", "character frequencies"):
        assert f"{name:22} {scores[name]:6.3f}" in printed
    assert "it writes (temperature 0.8):" in printed
    arguments = ["--column", "sales", *SERIES, "--out", folder / "three.safetensors"]
    assert run("train", "series", folder / "my.csv", *arguments) == 0
    printed = capsys.readouterr().out
    assert "repeats itself after 12 rows" in printed
    for words in ("RMSE", "network", "last value", "seasonal value", "in the 80% one", "in the 95% one"):
        assert words in printed


def test_the_network_keeps_what_it_needs_and_no_path(folder):
    text, series = (le.load(folder / f"{name}.safetensors").about for name in ("text", "series"))
    assert "\ufffd" in text.symbols
    assert "ß" not in text.symbols  # it stands in the last tenth alone
    assert text.trained["file"] == "my.txt"
    assert text.trained["settings"]["length"] == 12
    assert series.trained["column"] == "sales"
    assert series.trained["season"] == 12
    assert series.trained["window"] == 24
    for name in ("text", "series"):
        assert str(folder).encode() not in (folder / f"{name}.safetensors").read_bytes()


def test_sample_writes_so_many_characters_after_the_prompt_and_the_same_for_a_seed(folder, capsys):
    for _ in range(2):
        assert run("sample", folder / "text.safetensors", "--prompt", "the ", "--length", 100, "--seed", 3) == 0
    one, other = capsys.readouterr().out.split("\nthe ", 1)
    assert len(one) == 104
    assert f"{one}\n" == f"the {other}"


def test_forecast_writes_a_table_that_goes_on_in_time_with_intervals_and_a_figure(folder, capsys):
    out = folder / "ahead.csv"
    arguments = ["--steps", 10, "--time", "month", "--out", out]
    assert run("forecast", folder / "series.safetensors", folder / "my.csv", *arguments) == 0
    assert "The network sees 4 rows ahead" in capsys.readouterr().out
    table = pd.read_csv(out)
    assert table["month"].tolist()[:2] == ["2013-05-01", "2013-06-01"]
    low, high = table["low 80%"], table["high 80%"]
    assert ((low < table["sales"]) & (table["sales"] < high)).all()
    assert (table["low 95%"] <= low).all()
    expected = le.forecast(le.load(folder / "series.safetensors"), pd.read_csv(folder / "my.csv")["sales"], 10)
    np.testing.assert_allclose(table["sales"], expected)
    assert (folder / "ahead.png").read_bytes().startswith(b"\x89PNG")


def test_inspect_says_what_it_is_what_it_was_trained_on_and_what_its_gates_do(folder, capsys):
    assert run("inspect", folder / "series.safetensors") == 0
    printed = capsys.readouterr().out
    for words in ("GRU", "file: my.csv", "season: 12", "the end of its series", "half-life", "0.z"):
        assert words in printed
    assert run("inspect", folder / "text.safetensors") == 0
    assert "a text that it wrote" in capsys.readouterr().out
    le.save(le.LSTM(3, 4, rng=0), folder / "bare.safetensors")
    assert run("inspect", folder / "bare.safetensors") == 0
    printed = capsys.readouterr().out
    assert "does not know what it was trained on" in printed
    assert "random numbers" in printed


def test_a_run_that_was_killed_goes_on_to_the_same_file(folder):
    out = folder / "killed.safetensors"
    command = [sys.executable, "-m", "lstm_edu", "train", "text", folder / "my.txt", *TEXT, "--out", out]
    command += ["--checkpoint-every", "0", "--resume"]
    checkpoint = Path(f"{out}.checkpoint")
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        while not checkpoint.exists() and process.poll() is None:
            time.sleep(0.002)
        process.kill()
    assert process.returncode != 0
    assert not out.exists()
    assert run("train", "text", folder / "my.txt", *TEXT, "--out", out, "--resume") == 0
    assert out.read_bytes() == (folder / "text.safetensors").read_bytes()
    assert not checkpoint.exists()


def test_ctrl_c_keeps_what_was_learnt_and_says_how_to_go_on(folder, capsys, monkeypatch):
    out, step = folder / "stopped.safetensors", le.Training.step

    def stopped(training):
        step(training)
        if training.done == 5:
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(le.Training, "step", stopped)
    assert run("train", "text", folder / "my.txt", *TEXT, "--out", out) == 130
    assert "stopped at step 5 of 40" in capsys.readouterr().out
    assert not out.exists()
    monkeypatch.undo()
    assert run("train", "text", folder / "my.txt", *TEXT, "--out", out) == 2
    assert "--resume goes on, --force begins anew" in capsys.readouterr().err
    assert run("train", "text", folder / "my.txt", *TEXT, "--out", out, "--resume") == 0
    assert out.read_bytes() == (folder / "text.safetensors").read_bytes()
    assert run("train", "text", folder / "my.txt", *TEXT, "--out", out, "--resume") == 0
    assert "this run has ended" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["train", "text", "none.txt"], "does not exist"),
        (["train", "text", "my.txt", "--out", "text.safetensors"], "is there already: name another file, or --force"),
        (["train", "text", "my.txt", "--out", "no/folder.safetensors"], "there is no folder"),
        (["train", "text", "my.txt", "--out", "new", "--cell", "lstn"], "did you mean 'lstm'"),
        (["train", "text", "my.txt", "--out", "new", "--batch", "999"], "batch must be at most"),
        (["train", "text", "my.txt", "--out", "new", "--resume", "--force"], "one of them"),
        (["train", "series", "my.csv", "--out", "new", "--column", "sale"], "did you mean 'sales'"),
        (["train", "series", "my.csv", "--out", "new", "--horizon", "60"], "too few"),
        (["train", "series", "my.txt", "--out", "new"], "name one"),
        (["sample", "series.safetensors"], "was not trained on a text"),
        (["sample", "text.safetensors", "--prompt", ""], "at least one character"),
        (["sample", "my.txt"], "no whole safetensors file"),
        (["sample", "none"], "there is no file"),
        (["forecast", "text.safetensors", "my.csv"], "was not trained on a series"),
        (
            ["forecast", "series.safetensors", "my.csv", "--column", "month"],
            "a number is needed, got '2000-01-01' in line 2",
        ),
        (["forecast", "series.safetensors", "short.csv"], "at least 24 numbers before a forecast, got 3"),
        (["forecast", "series.safetensors", "my.csv", "--out", "f.png"], "out must be the name of the table"),
        (["forecast", "series.safetensors", "my.csv", "--out", "my.csv"], "'my.csv' is what is read"),
        (["forecast", "series.safetensors", "my.csv", "--out", "series.safetensors"], "is what is read"),
        (["train", "series", "my.csv", "--out", "my.safetensors"], "'my.csv' is what is read"),
        (["train", "series", "my.csv", "--out", "my.csv", "--force"], "out must not end in .csv"),
        (["train", "text", "my.txt", "--out", "new.png"], "out must not end in .png"),
        (["train", "text", "my.txt", "--out", "my.txt", "--force"], "'my.txt' is what is read"),
        (["train", "text", "my.txt", "--out", "short.safetensors"], "'short.csv' is there already"),
        (["inspect", "my.csv"], "no whole safetensors file"),
    ],
)
def test_what_does_not_fit_is_one_line_and_exit_code_2(arguments, words, folder, capsys, monkeypatch):
    monkeypatch.chdir(folder)
    Path("short.csv").write_text("sales\n1\n2\n3\n")
    before = {path.name: path.read_bytes() for path in Path().iterdir()}
    assert run(*arguments) == 2
    assert {path.name: path.read_bytes() for path in Path().iterdir()} == before
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1
    assert not Path("new").exists()
