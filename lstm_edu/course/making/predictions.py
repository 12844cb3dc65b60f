"""Predict first: in a class's copy a result is folded until its reader has said what to expect."""

from __future__ import annotations  # nbformat is imported where it is needed

import copy
import hashlib
import re
from typing import TYPE_CHECKING, Any

from . import notebook

if TYPE_CHECKING:
    from nbformat import NotebookNode

_CELL = 'my_prediction = ""  # write it here; then run the cells below, and open what is folded'
_TELLS_RESULTS = "What we saw"
_HEADING = re.compile(r"^(#{1,6}) +(.*)", re.MULTILINE)


def before_results(cells: list[NotebookNode]) -> list[NotebookNode]:
    """The cells of a chapter with one for each prediction, and with folded results.

    Folded is what follows a cell that asks for a prediction: up to the next such cell, the next exercise, or the next
    heading that is not below the section in which the question stands. The section "What we saw" is folded as well.
    Prose is one click away, with the headings below the section, since they tell results too. Code runs as before and
    stays open where it is the lesson; folded is what states the result: asserts, and the words for a figure.

    Parameters
    ----------
    cells : list of nbformat.NotebookNode
        A chapter's; they are not changed.

    Returns
    -------
    list of nbformat.NotebookNode
        More than before: a cell that goes on below a heading is cut there.
    """
    from nbformat import v4

    parts = [part for cell in cells for part in _at_headings(cell)]
    made: list[Any] = []
    level, section = 1, 2  # the level of the last heading, and of the section with a question: below the title at least
    asked, folding = 0, False
    for place, cell in enumerate(parts):
        tags, found = notebook.tags(cell), _headings(cell)
        results = False
        if found:
            level, title = found[-1]
            results = asked > 0 and title.startswith(_TELLS_RESULTS)
            if results:
                folding, section = True, level
            elif level <= section or _leads_to_a_question(parts[place + 1 :]):
                folding = False
        if "predict" in tags or "exercise" in tags:
            folding = False
        made.append(_folded(cell, heading_open=results) if folding else cell)
        if "predict" in tags:
            asked, folding, section = asked + 1, True, max(level, 2)
            key = hashlib.sha256(f"prediction {asked}".encode()).hexdigest()[:8]
            made.append(v4.new_code_cell(_CELL, metadata={"tags": ["prediction"]}, id=f"predict-{key}"))
    return made


def _headings(cell: NotebookNode) -> list[tuple[int, str]]:
    """Level and title of each heading in a text."""
    if cell.cell_type != "markdown":
        return []
    text = re.sub(r"^```.*?^```", "", cell.source, flags=re.DOTALL | re.MULTILINE)
    return [(len(marks), title) for marks, title in _HEADING.findall(text)]


def _leads_to_a_question(following: list[NotebookNode]) -> bool:
    """Whether a question comes before the next heading: what stands before it, the question needs."""
    for cell in following:
        if _headings(cell):
            return False
        if "predict" in notebook.tags(cell):
            return True
    return False


def _at_headings(cell: NotebookNode) -> list[NotebookNode]:
    """The cell as it is, or its text cut before each heading that stands further down."""
    if cell.cell_type != "markdown" or "predict" in notebook.tags(cell):
        return [cell]
    parts: list[list[str]] = [[]]
    fenced = False
    for line in cell.source.strip("\n").split("\n"):
        fenced ^= line.startswith("```")
        if _HEADING.match(line) and not fenced and parts[-1]:
            parts.append([])
        parts[-1].append(line)
    if len(parts) == 1:
        return [cell]
    made = [copy.deepcopy(cell) for _ in parts]
    for place, (part, lines) in enumerate(zip(made, parts, strict=True)):
        part.source = "\n".join(lines).strip("\n")
        part.id = f"{cell.id}-part{place}" if place else cell.id
    return made


def _folded(cell: NotebookNode, *, heading_open: bool) -> NotebookNode:
    """What the cell says is hidden, not what it does."""
    cell = copy.deepcopy(cell)
    if cell.cell_type == "markdown":
        heading, text = "", cell.source
        if heading_open:
            heading, _, text = text.partition("\n")
        if text.strip():
            folded = f"<details><summary>What came out</summary>\n\n{text.strip()}\n\n</details>"
            cell.source = f"{heading}\n\n{folded}" if heading else folded
    elif {"claim", "alt"} & set(notebook.tags(cell)) or re.search(r"^\s*assert\b|\balt=", cell.source, re.MULTILINE):
        cell.metadata.setdefault("jupyter", {})["source_hidden"] = True
    return cell
