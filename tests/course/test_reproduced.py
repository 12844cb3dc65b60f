"""`course.reproduced`: the trials of a paper run again, beside a copy of the chapters first."""

import shutil

import pytest

from lstm_edu import course
from lstm_edu.course import library
from lstm_edu.course.library import Course

NAME = "reproduce-hochreiter1997-order.csv"


def test_every_file_of_trials_is_an_experiment_in_the_order_of_the_paper():
    found = course.reproduced("hochreiter1997")
    names = [each.experiment.name for each in found]
    files = library.find().reproduced.glob("reproduce-hochreiter1997-*.csv")
    assert set(names) == {path.stem.removeprefix("reproduce-hochreiter1997-") for path in files}
    assert names == [each.name for each in found[0].paper.experiments if each.name in names]


def test_trials_beside_a_copy_come_first_and_their_absence_says_what_makes_them(tmp_path, monkeypatch):
    whole = library.find().reproduced / NAME
    lines = whole.read_text(encoding="utf-8").splitlines(keepends=True)
    monkeypatch.setattr(library, "find", lambda start=None: Course(tmp_path / "notebooks"))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=r"no trials of hochreiter1997 .*`lstm-edu reproduce hochreiter1997` makes"):
        course.reproduced("hochreiter1997")
    (tmp_path / "figures" / "reproduced").mkdir(parents=True)
    shutil.copy(whole, tmp_path / "figures" / "reproduced")
    (tmp_path / "evidence").mkdir()
    (tmp_path / "evidence" / NAME).write_text("".join(lines[:5]), encoding="utf-8")
    assert [len(found.table) for found in course.reproduced("hochreiter1997")] == [3]
    (tmp_path / "evidence" / NAME).unlink()
    assert [len(found.table) for found in course.reproduced("hochreiter1997")] == [len(lines) - 2]


def test_an_unknown_paper_is_refused_by_name():
    with pytest.raises(ValueError, match=r"unknown paper .hochreiter1977."):
        course.reproduced("hochreiter1977")
