"""`lstm-edu reproduce` as a user types it."""

import pandas as pd
import pytest

from lstm_edu import cli
from lstm_edu.reproduce import PAPERS


def run(*args):
    with pytest.raises(SystemExit) as stop:
        cli.main(["reproduce", *args])
    return stop.value.code


def test_without_arguments_it_lists_every_paper_and_experiment_with_its_cost(capsys):
    assert run() == 0
    printed = capsys.readouterr().out
    for paper in PAPERS.values():
        assert paper.citation in printed
        for experiment in paper.experiments:
            assert f"  {experiment.name} " in printed
    assert printed.count("(quick ") == sum(len(paper.experiments) for paper in PAPERS.values())
    assert run("hochreiter1997") == 0
    assert capsys.readouterr().out in printed


def test_the_list_says_how_many_trials_are_there_and_which_file_is_of_no_use(tmp_path, capsys):
    asked = ("hochreiter1997", "order", "--rows", "6a", "--jobs", "1", "--out", str(tmp_path), "--trials", "1")
    assert run(*asked) == 0
    (tmp_path / "reproduce-hochreiter1997-adding.csv").write_text("no table\n")
    capsys.readouterr()
    assert run("hochreiter1997", "--out", str(tmp_path)) == 0
    lines = capsys.readouterr().out.splitlines()
    said = {name: lines[k + 1] for k, line in enumerate(lines) for name in [line.split()[0]] if line[:3].strip()}
    assert said["order"].endswith(f"1 of 30 trials in {tmp_path}")
    assert "can't be used" in said["adding"]
    assert said["reber"].endswith("not run yet")


def test_it_prints_published_beside_measured_and_writes_trials_and_a_figure(tmp_path, capsys):
    asked = ("hochreiter1997", "order", "--rows", "6a", "--jobs", "1", "--out", str(tmp_path / "new"))
    assert run(*asked, "--trials", "1") == 0
    printed = capsys.readouterr().out
    assert "31 390" in printed
    assert "1 of 1" in printed
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == [
        "reproduce-hochreiter1997-order.csv",
        "reproduce-hochreiter1997-order.png",
    ]
    table = pd.read_csv(tmp_path / "new" / "reproduce-hochreiter1997-order.csv", comment="#")
    assert table["seed"].tolist() == [0]
    assert run(*asked, "--trials", "2", "--resume") == 0
    captured = capsys.readouterr()
    assert "1 of 2 trials are there already" in captured.err
    assert "2 of 2" in captured.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("hochreiter",), "unknown paper 'hochreiter': did you mean 'hochreiter1997'?"),
        (("hochreiter1997", "adding-problem"), "unknown experiment 'adding-problem': did you mean 'adding'?"),
        (("hochreiter1997", "adding", "--rows", "101"), "unknown row '101'"),
        (("hochreiter1997", "adding", "--budget", "all"), "unknown budget 'all'"),
        (("hochreiter1997", "adding", "--trials", "0"), "trials must be a whole number of at least 1, got 0"),
        (("hochreiter1997", "adding", "--seed", "-1"), "seed must be a whole number of at least 0, got -1"),
    ],
)
def test_a_wrong_name_or_number_is_one_line(arguments, words, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run(*arguments) == 2
    captured = capsys.readouterr()
    assert words in captured.err
    assert captured.err.count("\n") == 1
    assert not list(tmp_path.iterdir())
