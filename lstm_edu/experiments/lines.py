"""Results as lines of a file that grows: on the disk once they are written, and read again as far as they are whole."""

import csv
import io
import os
import platform
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

from lstm_edu.core.files import replace_file
from lstm_edu.core.version import __version__

VERSIONS = ("lstm_edu", "numba", "numpy", "python")  # the columns that `versions` fills


def versions() -> tuple[str, str, str, str]:
    """What a result was made with.

    Returns
    -------
    tuple of str
        The versions of lstm_edu, numba, numpy and Python, as VERSIONS names them.
    """
    return __version__, metadata.version("numba"), metadata.version("numpy"), platform.python_version()


def text(rows: Iterable[Iterable[str]]) -> str:
    """Rows as lines of a CSV file.

    Parameters
    ----------
    rows : iterable of iterable of str
        What stands in them.

    Returns
    -------
    str
        A line each.

    Examples
    --------
    >>> text([["a", "b"], ["1", "2, 3"]])
    'a,b\\n1,"2, 3"\\n'
    """
    file = io.StringIO()
    csv.writer(file, lineterminator="\n").writerows(rows)
    return file.getvalue()


def append(path: Path, rows: Iterable[Iterable[str]]) -> None:
    """Add rows at the end of a CSV file, in one go and on the disk when this returns.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    rows : iterable of iterable of str
        What stands in them.
    """
    append_text(path, text(rows))


def append_text(path: Path, lines: str) -> None:
    """Add whole lines at the end of a file, in one go and on the disk when this returns.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    lines : str
        With their ends.
    """
    with open(path, "ab") as file:
        file.write(lines.encode())
        file.flush()
        os.fsync(file.fileno())


def write_table(path: Path, rows: Iterable[Iterable[str]], command: str | None = None) -> None:
    """Write a whole CSV file anew; it is on the disk when this returns, and until then the old one is.

    Parameters
    ----------
    path : pathlib.Path
        The file; its folder is made.
    rows : iterable of iterable of str
        The names of the columns first.
    command : str, optional
        What made it, as a remark in the first line.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    remark = "" if command is None else f"# {command}\n"
    replace_file(path, f"{remark}{text(rows)}".encode(), durable=True)


def whole_lines(path: Path) -> tuple[str, str]:
    """What was written wholly, and the half line behind it that a killed process left.

    Parameters
    ----------
    path : pathlib.Path
        A file that is there.

    Returns
    -------
    whole, half : str
        The second is empty, most often.
    """
    whole, newline, half = path.read_bytes().decode(errors="replace").rpartition("\n")
    return whole + newline, half


def dropped(path: Path, half: str) -> str:
    """The notice of a half line.

    Parameters
    ----------
    path : pathlib.Path
        Whose end it is.
    half : str
        From `whole_lines`, not empty.

    Returns
    -------
    str
        One line.

    Examples
    --------
    >>> dropped(Path("a.csv"), "adding,ls")
    'half a line at the end of a.csv is dropped: adding,ls'
    """
    return f"half a line at the end of {path} is dropped: {half[:60]}"


def read_table(path: Path) -> tuple[list[tuple[str, ...]], list[str]]:
    """The whole rows of a CSV file, without remarks.

    Parameters
    ----------
    path : pathlib.Path
        A file that `write_table` began and `append` went on with.

    Returns
    -------
    rows : list of tuple of str
        The names of the columns first.
    notices : list of str
        What was dropped: half a line at the end.
    """
    whole, half = whole_lines(path)
    rows = csv.reader(line for line in whole.splitlines() if not line.startswith("#"))
    return [tuple(row) for row in rows], [dropped(path, half)] if half else []
