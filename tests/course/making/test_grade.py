"""A class's notebooks: what is right, what hangs, crashes or is no notebook; and nobody passes by printing."""

import csv
import json

import pytest

from lstm_edu import cli
from lstm_edu.course.making import grade

BEGIN = "from lstm_edu import course\nimport numpy as np"
RIGHT = "course.check('00.2', lambda D, H: 4 * H * (D + H + 1))"


def write(path, *cells, heading="# 00 · Start here"):
    path.parent.mkdir(parents=True, exist_ok=True)
    made = [{"cell_type": "markdown", "source": [heading], "metadata": {}}]
    made += [
        {"cell_type": "code", "source": text, "metadata": {}, "outputs": [], "execution_count": None} for text in cells
    ]
    path.write_text(json.dumps({"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}), encoding="utf-8")


def of(marks, name):
    return {mark.exercise: (mark.passed, mark.message) for mark in marks if mark.file == name}


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    folder = tmp_path_factory.mktemp("class")
    write(folder / "ann" / "00.ipynb", BEGIN, "1 / 0", RIGHT)
    write(folder / "bob" / "00.ipynb", BEGIN, RIGHT.replace("4 *", "1 *"), "course.check('00.2', ...)")
    write(folder / "cheat.ipynb", BEGIN, "print('00.2: right.')\nclass course:\n    check = print", RIGHT)
    write(folder / "dies.ipynb", BEGIN, RIGHT, "import os; os._exit(3)")
    write(folder / "hangs.ipynb", BEGIN, "while True: pass")
    write(folder / "other.ipynb", "x = 1", heading="# My notes")
    (folder / "broken.ipynb").write_text("{", encoding="utf-8")
    write(folder / "answer-key" / "00.ipynb", BEGIN, RIGHT)
    calls = []
    return grade.grade(folder, timeout=12, jobs=2, done=lambda: calls.append(1)), calls


def test_a_right_answer_passes_although_another_cell_raises(graded):
    passed, message = of(graded[0], "ann/00.ipynb")["00.2"]
    assert passed
    assert message.startswith("right.")
    assert of(graded[0], "ann/00.ipynb")["00.1"] == (False, "its check never ran")


def test_what_a_check_said_last_counts(graded):
    passed, message = of(graded[0], "bob/00.ipynb")["00.2"]
    assert not passed
    assert message.startswith("not yet.")


def test_nobody_passes_by_printing(graded):
    assert of(graded[0], "cheat.ipynb")["00.2"] == (False, "its check never ran")


def test_what_was_right_before_the_process_died_stays_right(graded):
    marks = of(graded[0], "dies.ipynb")
    assert marks["00.2"][0]
    assert marks["00.1"] == (False, "the notebook's process ended with exit code 3")


def test_a_notebook_that_hangs_is_ended_and_said(graded):
    assert of(graded[0], "hangs.ipynb")["00.2"] == (False, "the notebook ran longer than 12 s")


def test_what_is_no_chapter_or_no_notebook_is_a_row_that_says_so(graded):
    assert of(graded[0], "other.ipynb") == {"": (False, "it is no chapter of the course with exercises")}
    assert "can't be read" in of(graded[0], "broken.ipynb")[""][1]
    assert not of(graded[0], "answer-key/00.ipynb")
    assert len(graded[1]) == 7


def test_the_command_writes_a_table_and_a_line_for_each_notebook(tmp_path, capsys):
    write(tmp_path / "class" / "ann.ipynb", BEGIN, RIGHT)
    with pytest.raises(SystemExit) as stop:
        cli.main(["course", "grade", str(tmp_path / "class"), "--out", str(tmp_path / "grades.csv"), "--jobs", "1"])
    assert stop.value.code == 0
    printed = capsys.readouterr().out
    assert "1 of" in printed
    assert "not yet: 00.1" in printed
    with (tmp_path / "grades.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {row["exercise"]: row for row in csv.DictReader(file)}
    assert rows["00.2"]["passed"] == "True"
    assert rows["00.2"]["file"] == "ann.ipynb"
    with pytest.raises(SystemExit) as stop:
        cli.main(["course", "grade", str(tmp_path / "nowhere")])
    assert stop.value.code == 2
    assert "there is no folder" in capsys.readouterr().err
