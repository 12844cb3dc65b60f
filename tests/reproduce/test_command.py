"""`lstm-edu reproduce` as a user types it."""

from dataclasses import replace

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
    assert set(capsys.readouterr().out.splitlines()) <= set(printed.splitlines())


def test_the_list_says_how_many_trials_are_there_and_which_file_is_of_no_use(tmp_path, capsys):
    asked = ("hochreiter1997", "order", "--rows", "6a", "--jobs", "1", "--out", str(tmp_path), "--trials", "1")
    assert run(*asked) == 0
    (tmp_path / "reproduce-hochreiter1997-adding.csv").write_text("no table\n")
    capsys.readouterr()
    assert run("hochreiter1997", "--out", str(tmp_path)) == 0
    lines = capsys.readouterr().out.splitlines()
    said = {name: lines[k + 1] for k, line in enumerate(lines) for name in [line.split()[0]] if line[:2] == "  "}
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


def test_a_paper_with_a_budget_runs_all_its_experiments_but_those_that_lack_a_file(tmp_path, capsys, monkeypatch):
    whole = PAPERS["hochreiter1997"]
    [order] = [one for one in whole.experiments if one.name == "order"]
    order = replace(order, rows=order.rows[:1])
    again, bound = replace(order, name="again"), replace(order, name="bound", data="a file")
    monkeypatch.setitem(PAPERS, "hochreiter1997", replace(whole, experiments=(order, again, bound)))
    assert run("hochreiter1997", "--budget", "quick", "--trials", "1", "--jobs", "1", "--out", str(tmp_path)) == 0
    captured = capsys.readouterr()
    assert "left out, for want of --data: bound" in captured.err
    assert captured.out.count("31 390") == 2
    assert {path.stem for path in tmp_path.iterdir()} == {
        "reproduce-hochreiter1997-order", "reproduce-hochreiter1997-again"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("hochreiter1997", "--budget", "quick", "--rows", "6a"), "rows must be left out where no experiment is named"),
        (("hochreiter1997", "adding", "--data", "rolls.json"), "data must be None, got 'rolls.json'"),
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
