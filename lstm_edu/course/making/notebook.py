"""Reading a chapter: its cells, prose, question and length, from an nbformat notebook."""

from __future__ import annotations  # nbformat is imported where it is needed

import io
import json
import re
import statistics
import tokenize
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from lstm_edu.course import library

if TYPE_CHECKING:
    from nbformat import NotebookNode

# What a reader needs for a chapter, in minutes: slow reading of the prose, a look at every cell, and the exercises.
_WORDS_A_MINUTE, _MINUTES_A_CELL, _MINUTES_AN_EXERCISE = 120, 0.5, 6


def tags(cell: NotebookNode) -> list[str]:
    return cell.metadata.get("tags", [])


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def lesson_cells(notebook: NotebookNode) -> list[NotebookNode]:
    """The code that a reader reads: not what shows a figure and says it in words."""
    return [cell for cell in code_cells(notebook) if "alt" not in tags(cell)]


def prose(notebook: NotebookNode) -> str:
    """What a reader reads: the text without code, HTML, pictures, addresses and solutions; a formula is a word."""
    text = "\n\n".join(c.source for c in notebook.cells if c.cell_type == "markdown" and "solution" not in tags(c))
    text = re.sub(r"```.*?```", " ", text, flags=re.DOTALL)
    text = re.sub(r"\$\$.*?\$\$|\$[^$\n]+\$", " formula ", text, flags=re.DOTALL)
    text = re.sub(r"!\[[^\]]*\]\([^)]*\)|\]\([^)]*\)|<[^>]+>", " ", text)
    return text


def words(notebook: NotebookNode) -> int:
    return len(re.findall(r"\w[\w'’.,/-]*", prose(notebook)))


def lines(cell: NotebookNode) -> int:
    """The lines of a cell that are not empty; one that is wrapped over several counts once."""
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(cell.source).readline))
    except (tokenize.TokenError, SyntaxError):
        return sum(bool(line.strip()) for line in cell.source.splitlines())
    ends = {token.end[0] for token in tokens if token.type == tokenize.NEWLINE}
    alone = {
        token.start[0]
        for token in tokens
        if token.type == tokenize.COMMENT and not token.line[: token.start[1]].strip()
    }
    return len(ends | alone)


def median_lines(notebook: NotebookNode) -> float:
    return statistics.median([lines(cell) for cell in lesson_cells(notebook)] or [0])


def exercises(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if "exercise" in tags(cell)]


def headings(notebook: NotebookNode) -> list[str]:
    """The headings of level 2, up to a colon: "The experiment: five seeds" is "The experiment"."""
    found = []
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            text = re.sub(r"```.*?```", "", cell.source, flags=re.DOTALL)
            found += [line[3:].split(":")[0].strip() for line in text.splitlines() if line.startswith("## ")]
    return found


def title(notebook: NotebookNode) -> str:
    """The heading of level 1 without its number: "# 03 · The carousel" is "The carousel"."""
    match = re.search(r"^# +(?:\d\d *[·.:-] *)?(.+)$", notebook.cells[0].source if notebook.cells else "", re.MULTILINE)
    return match.group(1).strip() if match else "without a title"


def number(notebook: NotebookNode) -> int | None:
    """The chapter's number as its first heading has it."""
    match = re.match(r"# +(\d\d)\b", notebook.cells[0].source if notebook.cells else "")
    return int(match.group(1)) if match else None


def question(notebook: NotebookNode) -> str:
    """The first paragraph that is neither heading nor picture."""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            for paragraph in re.split(r"\n\s*\n", cell.source):
                text = " ".join(line for line in paragraph.splitlines() if not line.startswith(("#", "![", "<")))
                if text.strip():
                    return re.sub(r"[*_`]{1,2}(\S.*?\S|\S)[*_`]{1,2}", r"\1", text.strip())
    return ""


def minutes(notebook: NotebookNode) -> int:
    """How long a reader takes, to five minutes."""
    total = words(notebook) / _WORDS_A_MINUTE + _MINUTES_A_CELL * len(lesson_cells(notebook))
    return max(5, 5 * round((total + _MINUTES_AN_EXERCISE * len(exercises(notebook))) / 5))


def peek(path: str | Path) -> Any:
    """A notebook's cells and metadata, for those who only read in it: nothing but Python is needed.

    Raises
    ------
    ValueError
        Where it is none.
    """
    try:
        read = json.loads(Path(path).read_text(encoding="utf-8"))
        metadata = read.get("metadata", {})
        return SimpleNamespace(
            metadata=metadata if isinstance(metadata, dict) else {},
            cells=[
                SimpleNamespace(
                    cell_type=cell["cell_type"], source="".join(cell["source"]), metadata=cell.get("metadata", {})
                )
                for cell in read["cells"]
            ],
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path} is not a notebook: {error!r}") from None


def read(path: str | Path) -> NotebookNode:
    """An .ipynb file as nbformat's version 4.

    Raises
    ------
    ValueError
        Where it is none.
    """
    library.need("nbformat")
    import nbformat

    try:
        return nbformat.read(path, as_version=4)
    except (nbformat.reader.NotJSONError, nbformat.ValidationError, AttributeError) as error:
        raise ValueError(f"{path} is not a notebook: {error}") from None
