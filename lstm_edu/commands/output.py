"""What a command that works for long does with its results: on the screen and the disk, whatever fails of the two."""

import contextlib
import os
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any


def printed(text: str) -> bool:
    """Print a text.

    Parameters
    ----------
    text : str
        What to print.

    Returns
    -------
    bool
        Whether it could be printed; if not, that is said where errors go, and what follows still runs.
    """
    try:
        print(text, flush=True)
    except OSError as error:  # a closed terminal or pipe, a full disk behind `>`
        complain(f"can't print: {reason(error)}")
        with contextlib.suppress(OSError):  # what is still in the buffer would fail once more at the very end
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return False
    return True


def written(path: Path, write: Callable[[], Any]) -> bool:
    """Write a file; whatever goes wrong is said, and what follows still runs.

    Parameters
    ----------
    path : pathlib.Path
        Its name, for the words.
    write : callable
        Writes it.

    Returns
    -------
    bool
        Whether it is there.
    """
    try:
        write()
    except Exception as error:  # whatever it is, the other files are still to be written
        complain(f"can't write {path}: {reason(error)}")
        return False
    return True


def reason(error: BaseException) -> str:
    """What went wrong, in words.

    Parameters
    ----------
    error : BaseException
        What was raised.

    Returns
    -------
    str
        One line.
    """
    return getattr(error, "strerror", None) or " ".join(str(error).split()) or type(error).__name__


def complain(text: str) -> None:
    """Say something where errors go, if there is anybody left to tell.

    Parameters
    ----------
    text : str
        One line.
    """
    with contextlib.suppress(OSError):  # the terminal is closed: nobody is left to tell
        print(f"lstm-edu: {text}", file=sys.stderr, flush=True)


def check_out(folder: Path, names: Iterable[str], option: str = "out") -> None:
    """Refuse, before the work begins, a folder that can't be written to or made, and one where something else than a
    file has the name of a file to be written."""
    existing = next(parent for parent in [folder, *folder.absolute().parents] if _is_there(parent))
    if not existing.exists():
        raise ValueError(f"{option}: can't write to {str(folder)!r} ({str(existing)!r} is a link to nothing)")
    if not existing.is_dir():
        raise ValueError(f"{option}: can't write to {str(folder)!r} ({str(existing)!r} is no folder)")
    for path in (folder / name for name in names):
        if path.is_dir():
            raise ValueError(f"{option}: can't write {str(path)!r} (a folder is there)")
    try:
        with tempfile.TemporaryFile(dir=existing):
            pass
    except OSError as error:
        raise ValueError(f"{option}: can't write to {str(folder)!r} ({error.strerror})") from None


def keep_what_is_read(files: Iterable[Path], read: Iterable[Path]) -> None:
    """Look whether a file that would be written is one that is read.

    Parameters
    ----------
    files : iterable of Path
        All files that the command writes.
    read : iterable of Path
        The user's own, which are there.

    Raises
    ------
    ValueError
        If one is; it names the file.
    """
    for path in files:
        if path.exists() and any(path.samefile(own) for own in read):
            raise ValueError(f"out: {str(path)!r} is what is read, and would be written over: name another file")


def _is_there(path: Path) -> bool:
    """Whether something has this name, a link to nothing included."""
    return path.is_symlink() or path.exists()
