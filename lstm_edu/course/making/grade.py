"""Which exercises of a class's notebooks are right: each notebook in a process of its own, with a time limit.

The notebooks' code runs, as it does when their authors run it.
"""

import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from lstm_edu.core.files import replace_file
from lstm_edu.core.version import __version__
from lstm_edu.course import checker, library

from . import notebook
from .needed import needed

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

    What counts is the verdict of the course's own check when it last ran, outside of the cells with the chapter's
    solutions, which are not run; what a notebook prints counts nothing. Cells of the chapter that nobody has changed
    and that no exercise needs are left out, so that a class takes minutes. Nothing keeps a learner who wants to from
    taking the grader itself apart: it is for exercises, not for an examination.

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
        One for each exercise of each notebook, and one for what concerns a notebook as a whole: it is none, or it was
        made for another version of the course.
    """
    folder = Path(folder)
    paths = notebooks_in(folder)

    run = _Processes(timeout, alone=jobs == 1)

    def one(path: Path) -> list[Mark]:
        marks = list(_of_notebook(path, path.relative_to(folder).as_posix(), run))
        done()
        return marks

    pool = ThreadPoolExecutor(jobs)
    try:
        return [mark for marks in pool.map(one, paths) for mark in marks]
    finally:  # after Ctrl-C nothing more begins, and what runs is ended
        pool.shutdown(wait=False, cancel_futures=True)
        run.end()
        pool.shutdown()


def _of_notebook(path: Path, name: str, run: "_Processes") -> Iterator[Mark]:
    try:
        made = notebook.peek(path)
        chapter = notebook.number(made)
    except (ValueError, OSError) as error:
        yield Mark(name, None, "", False, f"it can't be read: {_short(error)}", 0.0)
        return
    numbers = [] if chapter is None else checker.numbers(chapter)
    if not numbers:
        yield Mark(name, chapter, "", False, "it is no chapter of the course with exercises", 0.0)
        return
    began = time.monotonic()
    found, trouble = run(path, chapter)
    seconds = round(time.monotonic() - began, 1)
    for number in numbers:
        passed, message = found.get(number, (False, trouble or "its check never ran"))
        yield Mark(name, chapter, number, passed, _short(message), seconds)
    version = made.metadata.get("lstm_edu", {}).get("version", __version__)
    if version != __version__:
        words = f"made for lstm_edu {version}, checked by {__version__}: an exercise may have changed"
        yield Mark(name, chapter, "", False, words, seconds)


class _Processes:
    """Runs notebooks, each in a process of its own, which is ended with all that it started."""

    def __init__(self, timeout: float, *, alone: bool) -> None:
        self.timeout = timeout
        self.environment = os.environ | {"TQDM_DISABLE": "1", "MPLBACKEND": "agg"}
        package = str(Path(__file__).resolve().parents[3])
        paths = filter(None, [package, os.environ.get("PYTHONPATH")])
        self.environment["PYTHONPATH"] = os.pathsep.join(paths)
        if not alone:  # as many notebooks as cores: each on one
            self.environment.setdefault("LSTM_EDU_NUM_THREADS", "1")
        self.running: set[subprocess.Popen] = set()
        self.ended = False

    def __call__(self, path: Path, chapter: int | None) -> tuple[dict[str, tuple[bool, str]], str]:
        """The last verdict of each check, and why there may be none."""
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
            record = Path(scratch, "verdicts.json")
            command = [sys.executable, "-m", __name__, str(path.resolve()), str(record), _shipped(chapter)]
            trouble = self._wait(command, scratch)
            try:
                lines = record.read_text(encoding="utf-8").splitlines()
            except FileNotFoundError:
                return {}, trouble or "the notebook's process left no record"
        found = {}
        for line in lines:
            with suppress(ValueError, TypeError):  # a line that was cut off when the process was ended
                number, passed, message = json.loads(line)
                found[number] = passed is True, str(message)
        return found, trouble

    def _wait(self, command: list[str], folder: str) -> str:
        """Run a command to its end or to the end of its time; what went wrong."""
        if self.ended:
            return "grading was stopped"
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=self.environment | {"IPYTHONDIR": folder},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self.running.add(process)
        try:
            code = process.wait(self.timeout)
        except subprocess.TimeoutExpired:
            return f"the notebook ran longer than {self.timeout:g} s"
        finally:
            _kill(process)
            self.running.discard(process)
        if code < 0:
            return f"the notebook's process was ended by signal {-code}: out of memory, or a crash"
        return f"the notebook's process ended with exit code {code}" if code else ""

    def end(self) -> None:
        self.ended = True
        for process in list(self.running):
            _kill(process)


def _kill(process: subprocess.Popen) -> None:
    """End a process and, where there are groups of them, what it started."""
    with suppress(OSError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    process.wait()


def _shipped(chapter: int | None) -> str:
    """The chapter's notebook as it is handed out; "" where it is not to be had."""
    with suppress(ValueError):
        for found in library.find().chapters:
            if found.number == chapter and found.notebook.is_file():
                return str(found.notebook.resolve())
    return ""


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


def cells_to_run(made: Any, shipped: Any) -> list[str]:
    """The sources of a learner's notebook that are to be run, in order.

    Parameters
    ----------
    made, shipped : notebook
        The learner's, and the chapter as it is handed out; with `cells`.

    Returns
    -------
    list of str
        Without the chapter's solutions: these are known by their tag, and where a program has dropped it by their
        text, if the exercise stands above them.
    """
    solutions = {cell.source.strip() for cell in notebook.code_cells(shipped) if "solution" in notebook.tags(cell)}
    own: list[Any] = []
    checked: set[str] = set()
    for cell in notebook.code_cells(made):
        tags, numbers = notebook.tags(cell), set(re.findall(r"\.check\(\s*['\"]([\d.]+)", cell.source))
        again = not tags and cell.source.strip() in solutions and numbers <= checked
        if "solution" not in tags and not again:
            own.append(cell.source)
        checked |= numbers
    run = needed(own, {cell.source.strip() for cell in notebook.code_cells(shipped)})
    return [source for source, wanted in zip(own, run, strict=True) if wanted]


def _main(path: str, record: str, shipped: str) -> None:
    """Run a notebook's cells one after the other, whatever they raise, and write each verdict as it comes."""
    from IPython.core.interactiveshell import InteractiveShell

    made = notebook.peek(path)
    sources = cells_to_run(made, notebook.peek(shipped) if shipped else SimpleNamespace(cells=[]))
    checker.numbers(notebook.number(made) or 0)  # known from the start, so that no cell can put others in their place
    with open(record, "a", encoding="utf-8", buffering=1) as file:
        checker.listen(lambda *verdict: file.write(json.dumps(verdict) + "\n"))
        shell = InteractiveShell.instance()
        for source in sources:
            shell.run_cell(source, silent=True)


if __name__ == "__main__":
    _main(*sys.argv[1:])
