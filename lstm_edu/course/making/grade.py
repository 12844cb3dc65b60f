"""Which exercises of a class's notebooks are right: each notebook in a process of its own, with a time limit.

The notebooks' code runs, as it does when their authors run it.
"""

import csv
import io
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from lstm_edu.core.files import replace_file
from lstm_edu.course import checker

from . import notebook

_LEFT_OUT = (".ipynb_checkpoints", "answer-key")
_LONGEST = 300  # characters of a message


@dataclass(frozen=True)
class Mark:
    """What became of one exercise, or of a notebook that could not be run.

    Parameters
    ----------
    file : str
        The notebook, below the folder.
    chapter : int or None
        Its number; None: it is none of the course.
    exercise : str
        Such as "03.2"; "" for what concerns the whole notebook.
    passed : bool
        Whether its check said "right" the last time that it ran.
    message : str
        What the check said, or why there is nothing.
    seconds : float
        How long the notebook ran.
    """

    file: str
    chapter: int | None
    exercise: str
    passed: bool
    message: str
    seconds: float


COLUMNS = tuple(field.name for field in fields(Mark))


def notebooks_in(folder: str | Path) -> list[Path]:
    """The notebooks below a folder, without answer keys and hidden folders.

    Parameters
    ----------
    folder : path
        Of a class.

    Returns
    -------
    list of Path
        Sorted.

    Raises
    ------
    ValueError
        Where there is no folder, or no notebook in it.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise ValueError(f"folder: there is no folder {str(folder)!r}")
    found = [
        path
        for path in sorted(folder.rglob("*.ipynb"))
        if not any(part in _LEFT_OUT or part.startswith(".") for part in path.relative_to(folder).parts)
    ]
    if not found:
        raise ValueError(f"folder: there is no notebook in {str(folder)!r}")
    return found


def grade(
    folder: str | Path, *, timeout: float = 300.0, jobs: int = 1, done: Callable[[], object] = lambda: None
) -> list[Mark]:
    """Run every notebook below a folder and look which checks pass.

    A check counts that the shipped exercise makes, as it was when it last ran; what a notebook prints counts nothing.

    Parameters
    ----------
    folder : path
        Of a class: the notebooks lie in it or in folders of their own.
    timeout : float, default 300.0
        Seconds for each.
    jobs : int, default 1
        Notebooks at a time.
    done : callable
        Called as each notebook ends, for a progress bar.

    Returns
    -------
    list of Mark
        One for each exercise of each notebook, and one for a notebook that is none.
    """
    folder = Path(folder)
    paths = notebooks_in(folder)

    def one(path: Path) -> list[Mark]:
        marks = list(_of_notebook(path, path.relative_to(folder).as_posix(), timeout))
        done()
        return marks

    with ThreadPoolExecutor(jobs) as pool:
        return [mark for marks in pool.map(one, paths) for mark in marks]


def _of_notebook(path: Path, name: str, timeout: float) -> Iterator[Mark]:
    try:
        chapter = notebook.number(notebook.peek(path))
    except (ValueError, OSError) as error:
        yield Mark(name, None, "", False, f"it can't be read: {_short(error)}", 0.0)
        return
    numbers = [] if chapter is None else checker.numbers(chapter)
    if not numbers:
        yield Mark(name, chapter, "", False, "it is no chapter of the course with exercises", 0.0)
        return
    began = time.monotonic()
    found, trouble = _run(path, timeout)
    seconds = round(time.monotonic() - began, 1)
    for number in numbers:
        passed, message = found.get(number, (False, trouble or "its check never ran"))
        yield Mark(name, chapter, number, passed, _short(message), seconds)


def _run(path: Path, timeout: float) -> tuple[dict[str, tuple[bool, str]], str]:
    """The last verdict of each check, and why there may be none."""
    with tempfile.TemporaryDirectory() as scratch:
        record = Path(scratch, "verdicts.json")
        command = [sys.executable, "-m", __name__, str(path.resolve()), str(record)]
        environment = os.environ | {"TQDM_DISABLE": "1", "MPLBACKEND": "agg", "IPYTHONDIR": scratch}
        package = str(Path(__file__).resolve().parents[3])
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, [package, environment.get("PYTHONPATH")]))
        trouble = ""
        try:
            ended = subprocess.run(
                command,
                cwd=scratch,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=timeout,
                check=False,
            )
            if ended.returncode:
                trouble = f"the notebook's process ended with exit code {ended.returncode}"
        except subprocess.TimeoutExpired:
            trouble = f"the notebook ran longer than {timeout:g} s"
        try:
            lines = record.read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return {}, trouble or "the notebook's process left no record"
        found = {}
        for line in lines:
            number, passed, message = json.loads(line)
            found[number] = bool(passed), str(message)
        return found, trouble


def written(marks: list[Mark], path: str | Path) -> None:
    """Write the marks as a CSV file.

    Parameters
    ----------
    marks : list of Mark
        From `grade`.
    path : path
        The file.
    """
    text = io.StringIO()
    table = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    table.writeheader()
    table.writerows(asdict(mark) for mark in marks)
    replace_file(path, text.getvalue().encode("utf-8-sig"))  # spreadsheets know by the mark that it is UTF-8


def _short(text: Any) -> str:
    text = " ".join(str(text).split())
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} ..."


def _main(path: str, record: str) -> None:
    """Run a notebook's cells one after the other, whatever they raise, and write each verdict as it comes."""
    from IPython.core.interactiveshell import InteractiveShell

    with open(record, "a", encoding="utf-8", buffering=1) as file:
        checker.listen(lambda *verdict: file.write(json.dumps(verdict) + "\n"))
        shell = InteractiveShell.instance()
        for cell in notebook.peek(path).cells:
            if cell.cell_type == "code":
                shell.run_cell(cell.source, silent=True)


if __name__ == "__main__":
    _main(*sys.argv[1:])
