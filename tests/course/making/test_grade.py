"""A class's notebooks: what is right, what hangs, crashes or is no notebook; and nobody passes by printing."""

import csv
import json
import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from lstm_edu import cli
from lstm_edu.course.making import grade
from lstm_edu.course.making.needed import needed

BEGIN = "from lstm_edu import course\nimport numpy as np"
FORGED = """
from lstm_edu.course.checker import exercise
@exercise("00.2")
def always(answer):
    'Anything.'
    return "Anything goes."
"""
RIGHT = "course.check('00.2', lambda D, H: 4 * H * (D + H + 1))"


def write(path, *cells, heading="# 00 · Start here", tags=(), version=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    made = [{"cell_type": "markdown", "source": [heading], "metadata": {}}]
    made += [
        {"cell_type": "code", "source": text, "metadata": {}, "outputs": [], "execution_count": None} for text in cells
    ]
    if tags:
        made[-1]["metadata"]["tags"] = list(tags)
    metadata = {"lstm_edu": {"version": version}} if version else {}
    whole = {"cells": made, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(whole), encoding="utf-8")


def of(marks, name):
    return {mark.exercise: (mark.passed, mark.message) for mark in marks if mark.file == name}


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    folder = tmp_path_factory.mktemp("class")
    write(folder / "ann" / "00.ipynb", BEGIN, "1 / 0", FORGED, RIGHT, version="0.0.1")
    write(folder / "bob" / "00.ipynb", BEGIN, RIGHT, "course.check('00.2', ...)", RIGHT, tags=["solution"])
    write(folder / "cheat.ipynb", BEGIN, "print('00.2: right.')\nclass course:\n    check = print", RIGHT)
    write(folder / "dies.ipynb", BEGIN, RIGHT, "import os; os._exit(3)")
    write(folder / "other.ipynb", "x = 1", heading="# My notes")
    (folder / "broken.ipynb").write_text("{", encoding="utf-8")
    write(folder / "answer-key" / "00.ipynb", BEGIN, RIGHT)
    calls = []
    return grade.grade(folder, timeout=300, jobs=2, done=lambda: calls.append(1)), calls


def test_a_right_answer_passes_although_other_cells_raise(graded):
    passed, message = of(graded[0], "ann/00.ipynb")["00.2"]
    assert passed
    assert message.startswith("right. Twice as many units")  # the course's words: a cell can't replace its checks
    assert of(graded[0], "ann/00.ipynb")["00.1"] == (False, "its check never ran")


def test_what_a_check_said_last_counts_and_the_chapters_own_solution_does_not(graded):
    passed, message = of(graded[0], "bob/00.ipynb")["00.2"]
    assert not passed
    assert message.startswith("not yet.")


def test_nobody_passes_by_printing(graded):
    assert of(graded[0], "cheat.ipynb")["00.2"] == (False, "its check never ran")


def test_what_was_right_before_the_process_died_stays_right(graded):
    marks = of(graded[0], "dies.ipynb")
    assert marks["00.2"][0]
    assert marks["00.1"] == (False, "the notebook's process ended with exit code 3")


def test_a_notebook_that_hangs_is_ended_and_said(tmp_path):
    write(tmp_path / "hangs.ipynb", "while True: pass")
    marks = grade.grade(tmp_path, timeout=0.5)
    assert of(marks, "hangs.ipynb")["00.2"] == (False, "the notebook ran longer than 0.5 s")


def test_what_is_no_chapter_or_no_notebook_is_a_row_that_says_so(graded):
    assert of(graded[0], "other.ipynb") == {"": (False, "it is no chapter of the course with exercises")}
    assert "can't be read" in of(graded[0], "broken.ipynb")[""][1]
    assert not of(graded[0], "answer-key/00.ipynb")
    assert len(graded[1]) == 6


def test_a_solution_whose_tag_a_program_has_dropped_is_known_by_its_text():
    def cells(*made):
        cells = [SimpleNamespace(cell_type="code", source=text, metadata={"tags": tags}) for text, tags in made]
        return SimpleNamespace(cells=cells)

    skeleton, solution = "f = ...\ncourse.check('00.1', f)", "f = 1\ncourse.check('00.1', f)"
    shipped = cells((skeleton, ["exercise"]), (solution, ["solution"]))
    assert grade.cells_to_run(cells((skeleton, []), (solution, [])), shipped) == [skeleton]
    assert grade.cells_to_run(cells((solution, [])), shipped) == [solution]  # the learner found the same words
    assert grade.cells_to_run(cells((solution, ["exercise"])), shipped) == [solution]


def test_a_notebook_of_another_version_is_graded_and_a_row_says_so(graded):
    marks = of(graded[0], "ann/00.ipynb")
    assert marks["00.2"][0]
    assert marks[""][1].startswith("made for lstm_edu 0.0.1, checked by ")


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="there are no groups of processes here")
def test_what_a_notebook_has_started_ends_with_it(tmp_path):
    left = "import subprocess, sys; p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])"
    write(tmp_path / "a.ipynb", f"{left}; open({str(tmp_path / 'pid')!r}, 'w').write(str(p.pid))")
    grade.grade(tmp_path, timeout=300)
    state = Path("/proc", (tmp_path / "pid").read_text(), "stat")
    assert not state.exists() or state.read_text().rpartition(")")[2].split()[0] == "Z"


def test_experiments_that_no_exercise_needs_are_left_out_and_what_it_needs_is_not():
    chapter = [
        "import numpy as np\nfrom lstm_edu import course",
        "def helper(x):\n    slow = x\n    return np.exp(slow)",
        "slow = train()",
        "table = {}\ntable['a'] = 1",
        "table.update(b=2)",
        "def f(x): ...\n\n\ncourse.check('00.1', f)",
    ]
    assert needed(chapter, chapter) == [True, False, False, False, False, True]
    answer = [*chapter[:-1], "def f(x):\n    return helper(x) + table['b']\n\n\ncourse.check('00.1', f)"]
    assert needed(answer, chapter) == [True, True, False, True, True, True]
    magic = ["slow = train()", "%time slow"]
    assert needed(magic, magic[:1]) == [True, True]


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
