"""Every chapter of the course: it agrees with its notebook, keeps to the limits, and runs from top to bottom."""

from pathlib import Path

import nbformat
import pytest

from lstm_edu.course.library import Course
from lstm_edu.course.making import build, limits, notebook

COURSE = Course(Path(__file__).resolve().parents[2] / "notebooks")


@pytest.mark.parametrize("chapter", COURSE.chapters, ids=lambda chapter: chapter.name)
def test_the_notebook_agrees_with_its_source_and_keeps_to_the_limits(chapter):
    assert build.drift(chapter) == []
    assert limits.problems(chapter.notebook) == []


@pytest.mark.chapters
@pytest.mark.parametrize("chapter", COURSE.chapters, ids=lambda chapter: chapter.name)
def test_the_chapter_runs_from_top_to_bottom_in_a_fresh_kernel(chapter, executed):
    made = nbformat.reads(executed[chapter.name].result(), as_version=4)
    assert limits.problems(made) == []
    for cell in notebook.code_cells(made):
        if "exercise" in notebook.tags(cell) and "course.check" in cell.source:
            assert any(": not yet. " in output.get("text", "") for output in cell.outputs), cell.source
