"""The tables of chapters in the README and in chapters 00 and 14, made from the chapters themselves.

    python -m lstm_edu.course.making.maps          writes them anew

A chapter's first cell carries the short form of its question:  # %% [markdown] question="Why does it forget?"
"""

import re
from pathlib import Path
from typing import Any

from lstm_edu.core.files import replace_file
from lstm_edu.course import library
from lstm_edu.course.library import Chapter, Course

from . import build, notebook

BEGIN, END = "<!-- the chapters -->\n", "<!-- end -->"
_MAP = re.compile(r"^# \| chapter \|.*\bminutes \|$", re.MULTILINE)  # the head of a chapter's own table of chapters


def table(course: Course) -> str:
    """The README's table, in Markdown: every chapter with its question, its figure and its minutes.

    Raises
    ------
    ValueError
        Where a chapter has no short question or no figure.
    """
    rows = ["| chapter | the question | what answers it | minutes |", "| --- | --- | --- | --- |"]
    for chapter, made in _chapters(course):
        number = f"{chapter.number:02d}"
        link = f"[{number} {notebook.title(made)}](notebooks/{chapter.notebook.name})"
        figure = f'<img src="figures/{_figure(chapter, made)}" alt="The figure of chapter {number}" width="180">'
        rows.append(f"| {link} | {_question(chapter)} | {figure} | {notebook.minutes(made)} |")
    return "\n".join(rows) + "\n"


def in_readme(course: Course, text: str) -> str:
    """The README's text with the table anew between its two markers; a ValueError where they are missing."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the README has no table of chapters between {BEGIN.strip()} and {END}")
    return f"{before}{begin}\n{table(course)}\n{end}{after}"


def in_chapter(course: Course, text: str) -> str:
    """The text of a chapter's source with each chapter's minutes in the last column of its map."""
    for chapter, made in _chapters(course):
        row = re.compile(rf"^(# \| {chapter.number:02d} .*\| )\d+( \|)$", re.MULTILINE)
        text = row.sub(rf"\g<1>{notebook.minutes(made)}\2", text)
    return text


def write(course: Course) -> list[Path]:
    """Write all tables anew; returns the files that have changed by it."""
    changed = []
    readme = course.folder.parent / "README.md"
    for path, made in ((readme, in_readme), *((source, in_chapter) for source in with_map(course))):
        if not path.is_file():  # a course without a README
            continue
        before = path.read_text(encoding="utf-8")
        after = made(course, before)
        if after != before:
            replace_file(path, after.encode())
            changed.append(path)
    return changed


def with_map(course: Course) -> list[Path]:
    """The sources of the chapters that have a table of chapters with their minutes."""
    return [c.source for c in course.chapters if _MAP.search(c.source.read_text(encoding="utf-8"))]


def _chapters(course: Any) -> Any:
    """The chapters that are no appendices, each with its notebook without outputs."""
    made = ((chapter, build.make(chapter)) for chapter in course.chapters)
    return [(chapter, one) for chapter, one in made if notebook.code_cells(one)]


def _question(chapter: Chapter) -> str:
    import jupytext

    question = jupytext.read(chapter.source, fmt="py:percent").cells[0].metadata.get("question")
    if not question:
        raise ValueError(f'chapter {chapter.name}: the first cell has no short question, such as question="Why?"')
    return question


def _figure(chapter: Chapter, made: Any) -> str:
    text = "".join(cell.source for cell in made.cells if cell.cell_type == "markdown")
    found = re.search(r"\]\(\.\./figures/([\w.-]+)\)", text)
    if not found:
        raise ValueError(f"chapter {chapter.name}: its text shows no figure of ../figures")
    return found.group(1)


if __name__ == "__main__":
    for path in write(library.find()):
        print(path)
