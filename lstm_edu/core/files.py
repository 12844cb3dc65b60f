"""Files written in one go: whoever looks sees the old file or the new one, whole, whatever happens in between."""

import hashlib
import os
import re
import secrets
import stat
import sys
import time
from contextlib import suppress
from os import PathLike
from pathlib import Path

_OLD = 86400  # seconds after which a temporary file of another machine is taken for left behind
_WINDOWS = os.name == "nt"
_PATIENCE = (0.01, 0.03, 0.1, 0.3)  # seconds between attempts to rename, where a reader can be in the way
_PART = re.compile(r"\.lstm_edu-([0-9a-f]{8})-(\d{1,10})-[0-9a-f]{8}\.part")


def replace_file(path: str | PathLike, data: bytes, *, durable: bool = False) -> None:
    """Make the data the content of a file.

    It is written beside the file under a short name and renamed, so that an interrupted write leaves the old file
    whole and a full disk leaves nothing behind. A link stays a link: the file that it leads to is written. A file that
    exists keeps its mode, and its owner where that is allowed; a new one gets the mode that the umask gives.
    Temporary files of processes that were killed are removed.

    Parameters
    ----------
    path : str or path
        The file, in a folder that exists.
    data : bytes
        All that it is to hold.
    durable : bool, default False
        After the call the data outlives a loss of power.

    Raises
    ------
    ValueError
        If it can't be written, and for anything but a regular file (a folder, a device, a pipe).
    FileNotFoundError
        Without the folder.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     replace_file(folder + "/a.txt", b"new")
    ...     Path(folder, "a.txt").read_bytes()
    b'new'
    """
    path = as_path(path)
    try:
        target, old = _target(path)
        if not target.parent.is_dir():
            raise FileNotFoundError(f"path: there is no folder {str(target.parent)!r} to save {path.name!r} in")
        _remove_left_behind(target.parent)
        part = target.with_name(f".lstm_edu-{_here()}-{os.getpid()}-{secrets.token_hex(4)}.part")
        _write_and_rename(part, target, data, old, durable)
    except OSError as error:
        if error.strerror is None:  # ours, from above
            raise
        hint = "; is it open in another program?" if _WINDOWS and isinstance(error, PermissionError) else ""
        raise ValueError(f"path: {str(path)!r} can't be written ({error.strerror}{hint})") from error


def as_path(path: str | PathLike) -> Path:
    """The name of a file as a Path.

    Parameters
    ----------
    path : str or path
        The name.

    Returns
    -------
    pathlib.Path
        The same.

    Raises
    ------
    ValueError
        For what can't be the name of a file.
    """
    try:
        path = Path(path)
    except TypeError:
        raise ValueError(f"path must be the name of a file, got {path!r}") from None
    if "\0" in str(path):
        raise ValueError(f"path must be the name of a file, got {str(path)!r} with a zero byte")
    return path


def _target(path: Path) -> tuple[Path, os.stat_result | None]:
    """Where the data goes, behind all links, and the `stat` of the file that stands there or None."""
    try:
        old = os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        old = None
    if old is not None and not stat.S_ISREG(old.st_mode):
        kinds = {stat.S_ISDIR: "a folder", stat.S_ISFIFO: "a pipe", stat.S_ISSOCK: "a socket"}
        kind = next((words for is_kind, words in kinds.items() if is_kind(old.st_mode)), "a device")
        raise ValueError(f"path: {str(path)!r} is {kind}, the name of a file is needed")
    return (Path(os.path.realpath(path)) if path.is_symlink() else path), old


def _write_and_rename(part: Path, target: Path, data: bytes, old: os.stat_result | None, durable: bool) -> None:
    mode = (
        0o666 if old is None else 0o600
    )  # less the umask; the new content of a private file is private from the start
    try:
        with open(part, "xb", opener=lambda name, flags: os.open(name, flags, mode)) as file:
            file.write(data)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        if old is not None:
            with suppress(OSError, AttributeError):  # only root may give files away; Windows has no owners
                os.chown(part, old.st_uid, old.st_gid)
            os.chmod(part, stat.S_IMODE(old.st_mode))
        _rename(part, target)
    except BaseException as error:
        if not isinstance(error, FileExistsError):  # pragma: no branch - another's file of that very name
            with suppress(OSError):
                os.unlink(part)
        raise
    if durable and os.name == "posix":
        with suppress(OSError):  # a file system that can't do it has nothing better to offer
            folder = os.open(target.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)


def _rename(part: Path, target: Path) -> None:
    """On Windows a file that somebody reads, if only a virus scanner that is done in a moment, can't be replaced."""
    for seconds in _PATIENCE if _WINDOWS else ():
        with suppress(PermissionError):
            os.replace(part, target)
            return
        time.sleep(seconds)
    os.replace(part, target)


def _here() -> str:
    """A short mark of the machine, and of the container: only there does a process's number mean something."""
    try:
        space = os.readlink("/proc/self/ns/pid")
    except OSError:  # pragma: no cover - not on Linux
        space = sys.platform
    name = os.uname().nodename if hasattr(os, "uname") else os.environ.get("COMPUTERNAME", "")
    return hashlib.sha256(f"{name} {space}".encode()).hexdigest()[:8]


def _remove_left_behind(folder: Path) -> None:
    """Remove temporary files of this user whose process is gone; those of other machines once they are a day old."""
    here = _here()
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            found = _PART.fullmatch(entry.name)
            if found is None:
                continue
            with suppress(OSError):
                info = entry.stat(follow_symlinks=False)
                mine = stat.S_ISREG(info.st_mode) and (not hasattr(os, "getuid") or info.st_uid == os.getuid())
                if found[1] == here and os.name == "posix":
                    gone = not _is_alive(int(found[2]))
                else:
                    gone = time.time() - info.st_mtime > _OLD
                if mine and gone:
                    os.unlink(entry.path)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)  # asks, and sends nothing; on Windows it would end the process
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:  # pragma: no cover - another user's
        pass
    return True
