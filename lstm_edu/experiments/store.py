"""A table that grows run by run: whole lines, on the disk when a run has ended, and one writer at a time."""

import contextlib
import csv
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from . import lines

Line = dict[str, str]


def in_one_line(value: Any) -> str:
    """A value as it stands in a line.

    Parameters
    ----------
    value : object
        None is nothing; a float has all of its digits.

    Returns
    -------
    str
        Without the end of a line.
    """
    if value is None:
        return ""
    return float.__repr__(value) if isinstance(value, float) else " ".join(str(value).splitlines())


@contextlib.contextmanager
def alone(path: Path) -> Iterator[None]:
    """While inside, no other process that asks the same is. It ends with its process, however that ends.

    Parameters
    ----------
    path : pathlib.Path
        The file that is to have one writer; beside it lies an empty one for that time.

    Raises
    ------
    ValueError
        If another process is inside.
    """
    lock = path.with_name(f".{path.name}.lock")
    while True:
        file = open(lock, "ab")  # noqa: SIM115 - closed below, or by the end of this process
        if not _locked(file):
            file.close()
            raise ValueError(f"{path} is being written by another process: one at a time")
        with contextlib.suppress(OSError):
            if os.path.samestat(os.fstat(file.fileno()), os.stat(lock)):
                break
        file.close()  # who was inside before us has just removed it
    try:
        yield
    finally:
        with contextlib.suppress(OSError):  # on Windows not while it is open; an empty file is left then
            lock.unlink()
        file.close()


def _locked(file: Any) -> bool:
    try:
        from fcntl import LOCK_EX, LOCK_NB, flock
    except ImportError:  # Windows
        import msvcrt

        lock: Any = msvcrt
        try:
            file.seek(0)
            lock.locking(file.fileno(), lock.LK_NBLCK, 1)
        except OSError:
            return False
        return True
    try:
        flock(file, LOCK_EX | LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks has nothing better to offer
        pass
    return True


class Store:
    """A CSV file of runs, one line each.

    Parameters
    ----------
    path : pathlib.Path
        The file; the folder is made.
    settings : sequence of str
        The columns that say which run it is. Further ones of a task are added as they come.
    results : sequence of str
        The columns behind them.
    version : tuple of str
        The name of a column in which every line must have the same text, and that text.
    """

    def __init__(self, path: Path, settings: Sequence[str], results: Sequence[str], version: tuple[str, str]) -> None:
        self.path = path
        self.settings = list(settings)
        self.results = list(results)
        self.version = version
        self.lines: list[Line] = []

    def key(self, line: Mapping[str, str]) -> tuple[str, ...]:
        """What tells a run from others: all of its settings.

        Parameters
        ----------
        line : mapping
            Its texts by column.

        Returns
        -------
        tuple of str
            Columns that it lacks count as empty.
        """
        return tuple(line.get(name, "") for name in self.settings)

    def begin(self, resume: bool, again: Callable[[Line], bool], say: Callable[[str], None]) -> None:
        """Read what is there, drop what is no whole line and what is to be made again, and make the file ready.

        Parameters
        ----------
        resume : bool
            Whether a file may be there.
        again : callable
            Whether a line's run is to be made again.
        say : callable
            Gets every notice.

        Raises
        ------
        ValueError
            For a file that is there without `resume`, and for one of another layout or version.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        whole, half = lines.whole_lines(self.path) if self.path.exists() else ("", "")
        header = self._read(whole, half) if whole or half else None
        if self.lines and not resume:
            raise ValueError(f"{self.path} is there already: --resume (resume=True) goes on with it")
        failed = [line for line in self.lines if again(line)]
        if half and header:
            say(lines.dropped(self.path, half))
        if failed:
            say(f"{len(failed)} runs that failed are made again")
            self.lines = [line for line in self.lines if not again(line)]
        if header != self.columns or half or failed:
            rows = [[line.get(name, "") for name in self.columns] for line in self.lines]
            lines.write_table(self.path, [self.columns, *rows])

    @property
    def columns(self) -> list[str]:
        """Of the file, in their order."""
        return self.settings + self.results

    def _read(self, whole: str, half: str) -> list[str]:
        rows = list(csv.reader(whole.splitlines()))
        header = rows[0] if rows else half.split(",")
        count = len(self.results)
        own = [name for name in self.settings if not name.startswith("task.")]
        there = [name for name in header[:-count] if not name.startswith("task.")]
        if not rows or there != own or header[-count:] != self.results:
            raise ValueError(f"{self.path} is no table of a sweep, or one of another layout: name another file")
        for number, row in enumerate(rows[1:], start=2):
            if len(row) != len(header):
                raise ValueError(f"{self.path}, line {number}: {len(row)} columns, the first line has {len(header)}")
        self.lines = [dict(zip(header, row, strict=True)) for row in rows[1:]]
        name, version = self.version
        other = {line[name] for line in self.lines} - {version}
        if other:
            made = ", ".join(sorted(other))
            raise ValueError(f"{self.path} was made by {name} {made}, this is {version}: name another file")
        new = [column for column in header if column.startswith("task.") and column not in self.settings]
        self.settings[1:1] = new  # behind the task's name
        return header

    def add(self, values: Mapping[str, Any]) -> None:
        """Add the line of a run that has ended; it is on the disk when this returns.

        Parameters
        ----------
        values : mapping
            By column.
        """
        line = {name: in_one_line(values.get(name)) for name in self.columns}
        lines.append(self.path, [line.values()])
        self.lines.append(line)
