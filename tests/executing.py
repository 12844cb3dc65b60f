"""Running a chapter, for the processes that the tests start."""

import nbformat

from lstm_edu.course.making import build


def execute(chapter) -> str:
    """The executed notebook of a chapter as the text of its file."""
    return nbformat.writes(build.run(chapter))
