"""What a chapter must keep to; every breach in words."""

from __future__ import annotations  # nbformat is imported where it is needed

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import notebook as nb

if TYPE_CHECKING:
    from nbformat import NotebookNode

HEADINGS = (
    "The question",
    "What you need",
    "Intuition",
    "One gate at a time",
    "The equations in NumPy",
    "The kernel",
    "The experiment",
    "What we saw",
    "Where it breaks",
    "Exercises",
    "References",
)
# chapters on something other than one cell, whose middle follows their subject
FREE_MIDDLE = (0, 8, 9, 10, 11, *range(16, 22))
ALWAYS = ("The question", "What you need", "Exercises", "References")

BYTES = 1_500_000
WORDS = (1500, 2500)
CODE_CELLS = (15, 25)
LINES, MEDIAN_LINES = 25, 8
WIDTH = 88  # characters of a line of code, which does not scroll beside the contents of a page
EXERCISES = (4, 6)
SECONDS = 60

_PATH = re.compile(
    r"(?<![\w.~/:])/(?:home|root|tmp|Users|usr|opt|mnt|var|etc|work|content|private)/[\w.]+|\b[A-Z]:\\\w+"
)
_WARNING = re.compile(r"\b\w*Warning\b:")
_ADDRESS = re.compile(r"\bat 0x[0-9a-fA-F]{6,}")
_IMAGE = re.compile(r"!\[([^\]]*)\]\(([^)\s]*)[^)]*\)")


def problems(notebook: str | Path | NotebookNode, folder: str | Path | None = None) -> list[str]:
    """Everything in which a chapter's executed notebook falls short.

    A chapter without code cells is an appendix: only its text, pictures, paths and size are looked at.

    Parameters
    ----------
    notebook : path or nbformat.NotebookNode
        A path lets the size and the pictures that the text links to be looked at, too.
    folder : path, optional
        Where relative addresses of pictures begin; else the notebook's own folder.

    Returns
    -------
    list of str
        One line of words each.

    Raises
    ------
    ValueError
        For a file that is no notebook.
    """
    path = None if hasattr(notebook, "cells") else Path(notebook)
    read: Any = nb.read(path) if path else notebook
    folder = folder or (path.parent if path else None)
    found = _of_file(path) + _of_texts(read, folder) + _of_outputs(read)
    if nb.code_cells(read):
        found += _of_order(read) + _of_limits(read) + _of_skeleton(read) + _of_exercises(read)
    return found


def _of_file(path: Path | None) -> list:
    size = path.stat().st_size if path else 0
    return [f"the file has {size / 1e6:.2f} MB, more than {BYTES / 1e6}"] if size > BYTES else []


def _of_texts(read: Any, folder: str | Path | None) -> list:
    found = []
    for place, cell in enumerate(read.cells, start=1):
        if path := _PATH.search(cell.source):
            found.append(f"cell {place}: the absolute path {path.group()}")
        if cell.cell_type != "markdown":
            continue
        found += [
            f"cell {place}: an image without alt text" for alt, _ in _IMAGE.findall(cell.source) if not alt.strip()
        ]
        found += [f"cell {place}: an image without alt text"] * _Images.without_alt(cell.source)
        for _, address in _IMAGE.findall(cell.source):
            if "://" in address:
                found.append(f"cell {place}: the image {address} comes from the network")
            elif folder and not address.startswith("attachment:") and not (Path(folder) / address).is_file():
                found.append(f"cell {place}: there is no image {address}")
    return found


def _of_outputs(read: Any) -> list:
    found = []
    for place, cell in enumerate(read.cells, start=1):
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            text = "\n".join([output.get("text", ""), *(str(data[k]) for k in data if k.startswith("text/"))])
            text = re.sub(r"data:image/[a-z+]+;base64,[A-Za-z0-9+/=]*", "", text)
            if output.output_type == "error":
                found.append(f"cell {place}: {output.ename}: {output.evalue}")
            if output.get("name") == "stderr":
                found.append(f"cell {place}: stderr: {' '.join(output.text.split())[:100]}")
            elif warning := _WARNING.search(text):
                found.append(f"cell {place}: a warning ({warning.group()[:-1]})")
            if any(kind.startswith("image/") for kind in data) or _Images.without_alt(data.get("text/html", "")):
                found.append(f"cell {place}: an image without alt text (course.show gives it one)")
            if any("widget" in kind for kind in data):
                found.append(f"cell {place}: a widget, which is dead without a kernel")
            if path := _PATH.search(text):
                found.append(f"cell {place}: the absolute path {path.group()} in the output")
            if _ADDRESS.search(text):
                found.append(f"cell {place}: an object's address in the output, another one in every run")
    return found


class _Images(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.bare = 0

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.bare += tag == "img" and not (dict(attributes).get("alt") or "").strip()

    @classmethod
    def without_alt(cls, html: str) -> int:
        """How many <img> of a piece of HTML have no alt text."""
        parser = cls()
        parser.feed(html if "<img" in html else "")
        return parser.bare


def _of_order(read: Any) -> list:
    counts = [cell.execution_count for cell in nb.code_cells(read)]
    if counts == list(range(1, len(counts) + 1)):
        return []
    return [f"the cells did not run once each from first to last: {_short(counts)}"]


def _short(values: Any) -> str:
    text = ", ".join("not run" if value is None else str(value) for value in values[:12])
    return text + (", ..." if len(values) > 12 else "")


def _of_limits(read: Any) -> list:
    found = []
    cells, words, median = nb.lesson_cells(read), nb.words(read), nb.median_lines(read)
    if not WORDS[0] <= words <= WORDS[1]:
        found.append(f"{words} words of prose, {WORDS[0]} to {WORDS[1]} are asked for")
    if not CODE_CELLS[0] <= len(cells) <= CODE_CELLS[1]:
        found.append(f"{len(cells)} code cells, {CODE_CELLS[0]} to {CODE_CELLS[1]} are asked for")
    if median > MEDIAN_LINES:
        found.append(f"the median code cell has {median:g} lines, at most {MEDIAN_LINES} are asked for")
    for place, cell in enumerate(read.cells, start=1):
        if cell.cell_type == "code" and nb.lines(cell) > LINES:
            found.append(f"cell {place} has {nb.lines(cell)} lines, at most {LINES} are asked for")
        if cell.cell_type == "code" and (width := max(map(len, cell.source.splitlines()), default=0)) > WIDTH:
            found.append(f"cell {place} has a line of {width} characters, at most {WIDTH} are asked for")
    return found


def _of_skeleton(read: Any) -> list:
    number, headings = nb.number(read), nb.headings(read)
    if number is None:
        return ['the first cell does not begin with a heading such as "# 03 · The carousel"']
    wanted = ALWAYS if number in FREE_MIDDLE else HEADINGS
    found = [f'the heading "{heading}" is missing' for heading in wanted if heading not in headings]
    there = [heading for heading in headings if heading in wanted]
    if not found and there != [heading for heading in wanted if heading in there]:
        found.append(f"the headings stand in another order: {', '.join(there)}")
    code = [cell.source for cell in nb.code_cells(read)]
    if not re.search(rf"\bcourse\.begin\({number}\)", code[0]):
        found.append(f"the first code cell does not call course.begin({number})")
    if "course.ran()" not in code[-1]:
        found.append("the last code cell does not call course.ran()")
    for tag, what in (("predict", "asks for a prediction"), ("claim", "holds what the text says by an assert")):
        if not any(tag in nb.tags(cell) for cell in read.cells):
            found.append(f'no cell {what} (tag "{tag}")')
    found += [
        f'cell {place} has the tag "claim" and no assert'
        for place, cell in enumerate(read.cells, start=1)
        if "claim" in nb.tags(cell) and "assert" not in cell.source
    ]
    return found


def _of_exercises(read: Any) -> list:
    found, count = [], len(nb.exercises(read))
    if not EXERCISES[0] <= count <= EXERCISES[1]:
        found.append(f"{count} exercises, {EXERCISES[0]} to {EXERCISES[1]} are asked for")
    text = " ".join(cell.source for cell in read.cells if cell.cell_type == "markdown").lower()
    if "find the bug" not in text:
        found.append('no exercise says "find the bug"')
    open_one = None  # the exercise that still waits for its solution
    for place, cell in enumerate(read.cells, start=1):
        tags = nb.tags(cell)
        text = "".join(output.get("text", "") for output in cell.get("outputs", []))
        if "exercise" in tags:
            if open_one:
                found.append(f"the exercise in cell {open_one} has no solution")
            open_one = place
            if ": right." in text:
                found.append(f"the exercise in cell {place} is right before anybody has done it")
        if "solution" in tags:
            open_one = None
            if ": not yet." in text:
                found.append(f"the solution in cell {place} is refused: {' '.join(text.split())[:120]}")
    if open_one:
        found.append(f"the exercise in cell {open_one} has no solution")
    return found
