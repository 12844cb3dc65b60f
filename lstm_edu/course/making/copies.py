"""Copies of the notebooks: for a class, without solutions; for a learner, who may change them."""

from __future__ import annotations  # nbformat is imported where it is needed

import copy
import hashlib
import json
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lstm_edu.core.files import replace_file
from lstm_edu.course import library

from . import build, notebook

if TYPE_CHECKING:
    from nbformat import NotebookNode

_RECORD = ".lstm_edu-copied.json"  # what a learner's folder was given, to tell what was changed since
_FIGURE = re.compile(r"\]\(\.\./figures/([\w.-]+)\)")


def without_solutions(made: NotebookNode) -> NotebookNode:
    """A copy of a notebook without solutions and without outputs."""
    made = copy.deepcopy(made)
    made.cells = [cell for cell in made.cells if "solution" not in notebook.tags(cell)]
    for cell in notebook.code_cells(made):
        cell.outputs, cell.execution_count = [], None
    return made


def with_open_solutions(made: NotebookNode) -> NotebookNode:
    """A copy of a notebook, outputs and all, in which the solutions are not folded."""
    made = copy.deepcopy(made)
    for cell in made.cells:
        if "solution" in notebook.tags(cell):
            cell.metadata.pop("jupyter", None)
            cell.metadata.tags = [tag for tag in cell.metadata.tags if tag != "hide-cell"]
            cell.source = re.sub(
                r"\A<details><summary>Solution</summary>\n\n(.*)\n\n</details>\Z",
                r"**Solution.** \1",
                cell.source,
                flags=re.DOTALL,
            )
    return made


def student(course: library.Course, folder: str | Path) -> Path:
    """Write every chapter without solutions and outputs, the figures that they link to, and the evidence they read.

    The folder `answer-key` in it has the same chapters with their outputs and with the solutions open.

    Parameters
    ----------
    course : Course
        What to copy.
    folder : path
        A new or empty one.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    ValueError
        Where the folder holds something already: nothing is overwritten. And where no chapter is built yet.
    """
    import nbformat

    folder = Path(folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ValueError(f"folder: {str(folder)!r} is not empty; the copy needs a new one")
    built = [chapter for chapter in course.chapters if chapter.notebook.is_file()]
    if not built:
        raise ValueError("there is no notebook yet: lstm-edu course build makes them")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}.") as scratch:
        part = Path(scratch, "copy")
        (part / "answer-key").mkdir(parents=True)
        figures = set()
        for chapter in built:
            made = notebook.read(chapter.notebook)
            figures |= linked_figures(made)
            plain = _figures_beside(without_solutions(made))
            (part / chapter.notebook.name).write_text(nbformat.writes(plain) + "\n", encoding="utf-8")
            answers = part / "answer-key" / chapter.notebook.name
            answers.write_text(nbformat.writes(with_open_solutions(made)) + "\n", encoding="utf-8")
        build.copy_figures(course, figures, part / "figures")
        _copy_evidence(course, part)
        if folder.exists():
            folder.rmdir()
        part.rename(folder)
    return folder


def linked_figures(made: NotebookNode) -> set[str]:
    """The files in ../figures that a notebook's text links to."""
    return {name for cell in made.cells if cell.cell_type == "markdown" for name in _FIGURE.findall(cell.source)}


def _copy_evidence(course: library.Course, folder: Path) -> None:
    """Copy the tables that `course.evidence` reads into a folder of the same name beside the chapters."""
    tables = sorted(course.evidence.glob("ch[0-9][0-9].csv"))
    if tables:
        (folder / course.evidence.name).mkdir(parents=True, exist_ok=True)
    for table in tables:
        replace_file(folder / course.evidence.name / table.name, table.read_bytes())


def _figures_beside(made: Any) -> Any:
    """The same notebook with the figures in a folder beside it, no longer in one above."""
    for cell in made.cells:
        if cell.cell_type == "markdown":
            cell.source = _FIGURE.sub(r"](figures/\1)", cell.source)
    return made


def working_copy(course: library.Course, folder: str | Path) -> tuple[list[str], list[str]]:
    """Give a learner a folder with the chapters to work in.

    A chapter that is there already is replaced by a newer one only if nobody has changed or run it since it was
    copied; what somebody has worked on is never touched.

    Parameters
    ----------
    course : Course
        What to copy.
    folder : path
        New, or the copy of before.

    Returns
    -------
    written : list of str
        The files that are new.
    kept : list of str
        Changed files for which there are newer ones, kept all the same.
    """
    import nbformat

    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    record = folder / _RECORD
    given = _given(record)
    written, kept = [], []
    for chapter in course.chapters:
        if not chapter.notebook.is_file():
            continue
        made = notebook.read(chapter.notebook)
        figures = linked_figures(made)
        data = (nbformat.writes(_figures_beside(made)) + "\n").encode()
        name, target = chapter.notebook.name, folder / chapter.notebook.name
        if not target.exists() or given.get(name) == _digest(target.read_bytes()):
            if not target.exists() or target.read_bytes() != data:
                replace_file(target, data)
                written.append(name)
            given[name] = _digest(data)
        elif given.get(name) != _digest(data):
            kept.append(name)
        build.copy_figures(course, figures, folder / "figures")
    _copy_evidence(course, folder)
    replace_file(record, json.dumps(given, indent=1).encode())
    return written, kept


def _given(record: Path) -> dict:
    """What was given: name and digest. Nothing where the record is not one: then every file counts as changed."""
    try:
        found = json.loads(record.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
