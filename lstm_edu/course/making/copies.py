"""Copies of the notebooks: for a class, without solutions; for a learner, who may change them."""

from __future__ import annotations  # nbformat is imported where it is needed

import copy
import hashlib
import json
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lstm_edu.core.files import replace_file
from lstm_edu.core.version import __version__
from lstm_edu.course import library

from . import build, notebook, predictions

if TYPE_CHECKING:
    from nbformat import NotebookNode

_RECORD = ".lstm_edu-copied.json"  # what a learner's folder was given, to tell what was changed since
_FIGURE = re.compile(r"\]\(\.\./figures/([\w.-]+)\)")


def without_solutions(made: NotebookNode) -> NotebookNode:
    """A copy of a notebook without solutions and without outputs, in which a prediction comes before its result.

    `predictions.before_results` says what is folded.
    """
    made = copy.deepcopy(made)
    made.cells = predictions.before_results([cell for cell in made.cells if "solution" not in notebook.tags(cell)])
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


def student(course: library.Course, folder: str | Path, numbers: Sequence[str] = ()) -> tuple[Path, Path]:
    """Write copies for a class, and an answer key beside them.

    `class` has the chapters without solutions and outputs, the figures that they link to, the evidence that they read,
    a page that says how to run them, and what is to be installed. `answer-key` has the same chapters with their outputs
    and with the solutions open.

    Parameters
    ----------
    course : Course
        What to copy.
    folder : path
        A new or empty one.
    numbers : sequence of str, optional
        Which chapters; none: all.

    Returns
    -------
    tuple of Path
        The folders `class` and `answer-key`.

    Raises
    ------
    ValueError
        Where the folder holds something already: nothing is overwritten. And where no chapter is built yet.
    """
    import nbformat

    folder = Path(folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ValueError(f"folder: {str(folder)!r} is not empty; the copy needs a new one")
    built = [chapter for chapter in course.choose(list(numbers)) if chapter.notebook.is_file()]
    if not built:
        raise ValueError("there is no notebook yet: lstm-edu course build makes them")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}.") as scratch:
        part = Path(scratch, "copy")
        for name, form in (("class", without_solutions), ("answer-key", with_open_solutions)):
            figures = set()
            (part / name).mkdir(parents=True)
            for chapter in built:
                made = notebook.read(chapter.notebook)
                figures |= linked_figures(made)
                copied = form(made)
                copied.metadata["lstm_edu"] = {"version": __version__}  # for who grades it later
                text = nbformat.writes(_figures_beside(copied)) + "\n"
                (part / name / chapter.notebook.name).write_text(text, encoding="utf-8")
            build.copy_figures(course, figures, part / name / "figures")
            _copy_evidence(course, part / name)
            (part / name / "requirements.txt").write_text(REQUIREMENTS, encoding="utf-8")
        how = how_to_run([chapter.notebook.name for chapter in built])
        (part / "class" / "HOW-TO-RUN.md").write_text(how, encoding="utf-8")
        if folder.exists():
            folder.rmdir()
        part.rename(folder)
    return folder / "class", folder / "answer-key"


REQUIREMENTS = f"lstm_edu[course]>={__version__}\n"


def how_to_run(names: Sequence[str]) -> str:
    """The page for a class.

    Parameters
    ----------
    names : sequence of str
        The notebooks.

    Returns
    -------
    str
        Markdown.
    """
    return f"""# How to run these notebooks

Each begins with a question. Where a cell asks you to predict, write what you expect before you go on: what comes out
is folded until then. An exercise is checked by the cell itself, which says in words what is not right yet.

## On your own computer

Python 3.11 or newer. In a terminal, in this folder:

    python -m venv .venv
    .venv/bin/python -m pip install -r requirements.txt        # Windows: .venv\\Scripts\\python
    .venv/bin/python -m jupyterlab {names[0]}

If the package is not to be had from the package index, install it from a clone of its repository:
`python -m pip install "PATH/TO/CLONE[course]"`. The first cell that trains compiles the kernels, some seconds, once.

## On Binder or a JupyterHub

Put this folder into a repository: Binder reads `requirements.txt` and opens any notebook at
`https://mybinder.org/v2/gh/OWNER/REPOSITORY/HEAD`. On a JupyterHub install `requirements.txt` once into the image, and
hand the folder out with nbgitpuller. A core and 1 GB of memory for each learner are enough.

## What is here

{chr(10).join(f"- `{name}`" for name in names)}
- `figures/`, `evidence/`: what the chapters show and read
"""


def linked_figures(made: NotebookNode) -> set[str]:
    """The files in ../figures that a notebook's text links to."""
    return {name for cell in made.cells if cell.cell_type == "markdown" for name in _FIGURE.findall(cell.source)}


def _copy_evidence(course: library.Course, folder: Path) -> None:
    """Copy the tables that `course.evidence` and `course.reproduced` read into a folder beside the chapters."""
    tables = [*sorted(course.evidence.glob("ch[0-9][0-9].csv")), *sorted(course.reproduced.glob("reproduce-*.csv"))]
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
        for cell in notebook.code_cells(made):
            if "solution" in notebook.tags(cell):  # its "right." would stand under a learner's "not yet"
                cell.outputs = []
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
