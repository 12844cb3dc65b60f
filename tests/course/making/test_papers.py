"""The page of papers that were run again: what it says is what the kept trials say."""

import re
import shutil

import pandas as pd
import pytest

from lstm_edu.course import library
from lstm_edu.course.making import papers
from lstm_edu.course.reproduced import kept
from lstm_edu.reproduce import PAPERS

COURSE = library.find()
PAPER = PAPERS["hochreiter1997"]


def test_the_page_is_that_of_the_trials_that_are_kept():
    assert (COURSE.reproduced / papers.PAGE).read_text(encoding="utf-8") == papers.page(COURSE.reproduced), (
        "python -m lstm_edu.course.making.papers"
    )


def test_every_experiment_has_a_cost_and_a_part_and_every_deviation_is_named():
    text = papers.page(COURSE.reproduced)
    for paper in PAPERS.values():
        for experiment in paper.experiments:
            assert f"| {paper.name} | {experiment.number} {experiment.name} |" in text
            assert f"### {paper.name} {experiment.number}: {experiment.name}" in text
            for row in experiment.rows:
                assert row.note in text


@pytest.fixture
def short(tmp_path):
    """A folder with three trials of 6a, and nothing else."""
    name = "reproduce-hochreiter1997-order.csv"
    lines = [line for line in (COURSE.reproduced / name).read_text().splitlines(True) if ",6b," not in line]
    (tmp_path / name).write_text("".join(lines[:5]))
    return tmp_path


def test_the_time_of_a_budget_is_measured_where_there_are_trials_and_else_an_estimate(short):
    [order] = [one for one in PAPER.experiments if one.name == "order"]
    trials = kept(PAPER, order, [short]).table
    whole = 20 * papers._seconds(order.row("6a"), trials) + 10 * order.row("6b").seconds
    [line] = re.findall(r"^\| hochreiter1997 \| 6 order \|.*$", papers.page(short), re.MULTILINE)
    assert "3 of 30" in line
    assert f"about {papers._duration(whole)}, not run whole" in line
    assert "No trials are kept of: 6b" in papers.page(short)


@pytest.mark.parametrize(
    ("seconds", "mean"),
    [((2, 4, 12), 6), ((2, 4, 60), 6), ((2, 40, 12), 6), ((4, 4, 4), 4)],
    ids=["as many as the steps ask for", "the long one held up", "a short one held up", "fewer than that"],
)
def test_a_row_counts_with_all_steps_at_the_time_of_a_step_or_with_its_seconds_if_fewer(seconds, mean):
    trials = pd.DataFrame({"seconds": seconds, "steps": (200, 400, 1200)})
    assert papers._seconds(PAPER.experiments[0].rows[0], trials) == pytest.approx(mean)


def test_the_listed_cost_of_a_whole_experiment_is_within_a_factor_of_two_of_the_kept_trials():
    for paper in PAPERS.values():
        for experiment in paper.experiments:
            found = kept(paper, experiment, [COURSE.reproduced])
            rows = [] if found is None else list(found.rows())
            if len(rows) == len(experiment.rows) and all(len(t) >= row.published.trials for row, t in rows):
                listed = sum(row.published.trials * row.seconds for row in experiment.rows)
                took = sum(row.published.trials * papers._seconds(row, trials) for row, trials in rows)
                assert 0.5 < listed / took < 2, (paper.name, experiment.name, listed, took)


def test_what_is_written_is_read_by_nobody_but_the_reader(short, tmp_path):
    course = library.Course(tmp_path / "copy")
    shutil.copytree(short, course.reproduced, dirs_exist_ok=True)
    assert papers.write(course).read_text(encoding="utf-8") == papers.page(short)


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.123, "0.12 s"), (89, "89 s"), (95, "1.6 min"), (5000, "83 min"), (30000, "8.3 h")]
)
def test_a_duration_is_printed_in_a_unit_that_suits_it(seconds, words):
    assert papers._duration(seconds) == words
