"""What a command writes, beside what it reads."""

from collections.abc import Iterable
from pathlib import Path


def keep_what_is_read(written: Iterable[Path], read: Iterable[Path]) -> None:
    """Look whether a file that would be written is one that is read.

    Parameters
    ----------
    written : iterable of Path
        All files that the command writes.
    read : iterable of Path
        The user's own, which are there.

    Raises
    ------
    ValueError
        If one is; it names the file.
    """
    for path in written:
        if path.exists() and any(path.samefile(own) for own in read):
            raise ValueError(f"out: {str(path)!r} is what is read, and would be written over: name another file")
