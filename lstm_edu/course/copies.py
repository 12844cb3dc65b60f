"""Copies of the notebooks: for a class, without solutions; for a learner, who may change them."""

import copy
import hashlib
import json
import re
import tempfile
from pathlib import Path

from lstm_edu.cells.files import replace_file

from . import build, notebook

_RECORD = ".lstm_edu-copied.json"  # what a learner's folder was given, to tell what was changed since
_FIGURE = re.compile(r"\]\(\.\./figures/([\w.-]+)\)")


def without_solutions(made):
    """A copy of a notebook without solutions and without outputs."""
    made = copy.deepcopy(made)
    made.cells = [cell for cell in made.cells if "solution" not in notebook.tags(cell)]
    for cell in notebook.code_cells(made):
        cell.outputs, cell.execution_count = [], None
    return made


def with_open_solutions(made):
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


def student(course, folder) -> Path:
    """Write into a new folder every chapter without solutions and outputs, the figures that they link to, and
    `answer-key`: the same chapters with their outputs and the solutions open. Returns the folder.

    A ValueError where the folder holds something already: nothing is overwritten.
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
        if folder.exists():
            folder.rmdir()
        part.rename(folder)
    return folder


def linked_figures(made) -> set:
    """The files in ../figures that a notebook's text links to."""
    return {name for cell in made.cells if cell.cell_type == "markdown" for name in _FIGURE.findall(cell.source)}


def _figures_beside(made):
    """The same notebook with the figures in a folder beside it, no longer in one above."""
    for cell in made.cells:
        if cell.cell_type == "markdown":
            cell.source = _FIGURE.sub(r"](figures/\1)", cell.source)
    return made


def working_copy(course, folder) -> tuple:
    """Give a learner a folder with the chapters to work in: (files written, changed files for which there are
    newer ones, kept all the same).

    A chapter that is there already is replaced by a newer one only if nobody has changed or run it since it was
    copied; what somebody has worked on is never touched.
    """
    import nbformat

    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    record = folder / _RECORD
    given = json.loads(record.read_text(encoding="utf-8")) if record.is_file() else {}
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
    replace_file(record, json.dumps(given, indent=1).encode())
    return written, kept


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
