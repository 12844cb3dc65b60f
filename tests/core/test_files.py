"""Files written in one go."""

import os
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lstm_edu.core import files
from lstm_edu.core.files import replace_file

pytestmark = pytest.mark.kernels
posix = pytest.mark.skipif(os.name != "posix", reason="modes, pipes and signals are POSIX's")

# A process of its own that has this one file alone, and no package of anybody's.
CHILD = f"""
import os, runpy, signal, sys
globals().update(runpy.run_path({files.__file__!r}))
"""


def child(code, *arguments, **kwargs):
    command = [sys.executable, "-I", "-S", "-c", CHILD + code, *map(str, arguments)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, **kwargs)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def mode(path):
    return stat.S_IMODE(os.stat(path).st_mode)


def test_it_needs_nothing_but_the_standard_library(tmp_path):
    with child("replace_file(sys.argv[1], b'new')", tmp_path / "a") as process:
        process.communicate()
    assert process.returncode == 0
    assert (tmp_path / "a").read_bytes() == b"new"


@pytest.mark.parametrize("readers", [0, 2, 9])
def test_on_windows_a_file_that_is_read_is_replaced_when_the_reader_is_done(tmp_path, monkeypatch, readers):
    (tmp_path / "a").write_bytes(b"old")
    replace, asked, slept = os.replace, [], []

    def refuse_at_first(part, target):
        asked.append(part)
        if len(asked) <= readers:
            raise PermissionError(13, "Permission denied")
        replace(part, target)

    monkeypatch.setattr(files, "_WINDOWS", True)
    monkeypatch.setattr(os, "replace", refuse_at_first)
    monkeypatch.setattr(time, "sleep", slept.append)
    if readers < 9:
        replace_file(tmp_path / "a", b"new")
    else:
        with pytest.raises(ValueError, match=r"can't be written \(Permission denied; is it open in another program"):
            replace_file(tmp_path / "a", b"new")
    assert (tmp_path / "a").read_bytes() == (b"new" if readers < 9 else b"old")
    assert len(slept) == min(readers, len(files._PATIENCE))
    assert names(tmp_path) == ["a"]


@pytest.mark.parametrize("durable", [False, True])
def test_new_content_takes_the_place_of_the_old(tmp_path, durable):
    for data in (b"old and longer", b"", b"new\r\n\n"):
        replace_file(tmp_path / "a", data, durable=durable)
        assert (tmp_path / "a").read_bytes() == data
    assert names(tmp_path) == ["a"]


@posix
def test_the_mode_of_a_file_is_kept_and_a_new_one_gets_the_umasks(tmp_path, monkeypatch):
    (tmp_path / "plain").write_bytes(b"")
    (tmp_path / "private").write_bytes(b"")
    (tmp_path / "private").chmod(0o600)
    (tmp_path / "script").write_bytes(b"")
    (tmp_path / "script").chmod(0o777)
    monkeypatch.setattr(os, "umask", lambda _: pytest.fail("the umask belongs to the whole process"))
    for name in ("private", "script", "new"):
        replace_file(tmp_path / name, b"x")
    assert mode(tmp_path / "private") == 0o600
    assert mode(tmp_path / "script") == 0o777
    assert mode(tmp_path / "new") == mode(tmp_path / "plain")


@posix
def test_what_is_private_is_so_while_it_is_written(tmp_path, monkeypatch):
    (tmp_path / "a").write_bytes(b"")
    (tmp_path / "a").chmod(0o600)
    seen = []
    chmod = os.chmod
    monkeypatch.setattr(os, "chmod", lambda path, *rest: seen.append(mode(path)) or chmod(path, *rest))
    replace_file(tmp_path / "a", b"x")
    assert seen == [0o600]


@posix
def test_a_link_stays_and_the_file_behind_it_is_written(tmp_path):
    (tmp_path / "far").mkdir()
    (tmp_path / "far" / "file").write_bytes(b"old")
    (tmp_path / "near").symlink_to("far/file")
    (tmp_path / "link").symlink_to("near")
    (tmp_path / "dangling").symlink_to("far/other")
    for link in ("link", "dangling"):
        replace_file(tmp_path / link, b"new")
        assert (tmp_path / link).is_symlink()
    assert (tmp_path / "far" / "file").read_bytes() == (tmp_path / "far" / "other").read_bytes() == b"new"
    assert (tmp_path / "near").is_symlink()
    assert names(tmp_path / "far") == ["file", "other"]


@posix
def test_a_link_that_leads_nowhere_is_an_error(tmp_path):
    (tmp_path / "link").symlink_to("nowhere/file")
    with pytest.raises(FileNotFoundError, match=r"^path: there is no folder '.*nowhere' to save 'link' in$"):
        replace_file(tmp_path / "link", b"x")
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(ValueError, match=r"^path: '.*loop' can't be written \("):
        replace_file(tmp_path / "loop", b"x")
    assert names(tmp_path) == ["link", "loop"]


@posix
def test_nothing_but_a_file_is_replaced(tmp_path, monkeypatch):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("pipe")
    (tmp_path / "folder").mkdir()
    monkeypatch.chdir(tmp_path)  # the name of a socket must be short
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket")
    before = {name: os.lstat(name).st_ino for name in names(tmp_path)}
    ends = os.openpty()
    terminal = os.ttyname(ends[1])  # a device in whose folder no file can be made, should this ever fail as root
    kinds = {"pipe": "a pipe", "link": "a pipe", "folder": "a folder", "socket": "a socket", terminal: "a device"}
    for name, kind in kinds.items():
        with pytest.raises(ValueError, match=rf"^path: '{name}' is {kind}, the name of a file is needed$"):
            replace_file(name, b"x")
    assert {name: os.lstat(name).st_ino for name in names(tmp_path)} == before
    assert stat.S_ISCHR(os.stat(terminal).st_mode)
    for end in ends:
        os.close(end)


@pytest.mark.parametrize("length", [243, 255])
def test_the_longest_name_that_the_system_allows_can_be_written(tmp_path, length):
    name = "a" * length
    for data in (b"old", b"new"):
        replace_file(tmp_path / name, data)
    assert (tmp_path / name).read_bytes() == b"new"
    with pytest.raises(ValueError, match=r"^path: '.*a' can't be written \(.*[Nn]ame too long"):
        replace_file(tmp_path / ("a" * 256), b"x")


def test_what_is_no_path_is_named(tmp_path):
    with pytest.raises(ValueError, match="path must be the name of a file, got 3"):
        replace_file(3, b"x")
    with pytest.raises(ValueError, match=r"path must be the name of a file, got .* with a zero byte"):
        replace_file(str(tmp_path / "a\0b"), b"x")
    (tmp_path / "file").write_bytes(b"")
    for folder in ("nowhere", "file"):
        with pytest.raises(FileNotFoundError, match=rf"^path: there is no folder '.*{folder}' to save 'a' in$"):
            replace_file(tmp_path / folder / "a", b"x")


@posix
def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path):
    (tmp_path / "a").write_bytes(b"old")
    code = """
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    replace_file(sys.argv[1], bytes(100_000))
except ValueError as error:
    print(error)
"""
    with child(code, tmp_path / "a") as process:
        said, _ = process.communicate()
    assert said == f"path: {str(tmp_path / 'a')!r} can't be written (File too large)\n"
    assert (tmp_path / "a").read_bytes() == b"old"
    assert names(tmp_path) == ["a"]


def test_an_interrupt_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    (tmp_path / "a").write_bytes(b"old")

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        replace_file(tmp_path / "a", b"new")
    assert (tmp_path / "a").read_bytes() == b"old"
    assert names(tmp_path) == ["a"]


@posix
def test_what_a_killed_process_left_is_removed(tmp_path):
    code = """
os.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
replace_file(sys.argv[1], b"never")
"""
    with child(code, tmp_path / "a") as process:
        process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert len(names(tmp_path)) == 1  # the temporary file
    replace_file(tmp_path / "b", b"x")
    assert names(tmp_path) == ["b"]


@posix
def test_what_a_running_process_is_writing_stays(tmp_path):
    code = """
replace = os.replace
def wait(*names):
    print("ready", flush=True)
    sys.stdin.readline()
    replace(*names)
os.replace = wait
replace_file(sys.argv[1], b"in the end")
"""
    with child(code, tmp_path / "a") as process:
        assert process.stdout.readline() == "ready\n"
        (part,) = tmp_path.iterdir()
        os.utime(part, (0, 0))  # however old
        replace_file(tmp_path / "b", b"x")
        process.communicate("go on\n")
    assert process.returncode == 0
    assert (tmp_path / "a").read_bytes() == b"in the end"
    assert names(tmp_path) == ["a", "b"]


def test_temporary_files_of_other_machines_and_other_programs_stay(tmp_path):
    other = ".lstm_edu-00000000-1-0123abcd.part"
    kept = [".a.123.part", "net.part", f"{other}.txt", f"x{other}", ".lstm_edu-00000000-1-0123abcdef.part"]
    for name in [other, *kept]:
        (tmp_path / name).write_bytes(b"x")
    replace_file(tmp_path / "a", b"x")
    assert names(tmp_path) == sorted([other, "a", *kept])
    for name in [other, *kept]:  # once it is older than a day, nobody writes any more
        os.utime(tmp_path / name, (time.time() - 2 * 86400,) * 2)
    replace_file(tmp_path / "a", b"x")
    assert names(tmp_path) == sorted(["a", *kept])


@posix
def test_only_files_are_taken_for_left_behind(tmp_path):
    folder, link = (tmp_path / f".lstm_edu-00000000-1-{number}.part" for number in ("00000000", "00000001"))
    folder.mkdir()
    link.symlink_to(tmp_path / "b")
    for path in (folder, link):
        os.utime(path, (0, 0), follow_symlinks=False)
    replace_file(tmp_path / "a", b"x")
    assert len(names(tmp_path)) == 3


def test_a_file_that_another_program_holds_open_is_named(tmp_path, monkeypatch):
    def locked(*_):
        raise PermissionError(13, "Access is denied", "a.part")

    monkeypatch.setattr(os, "replace", locked)
    with pytest.raises(ValueError, match=r"^path: '.*a' can't be written \(Access is denied.*\)$"):
        replace_file(tmp_path / "a", b"x")
    assert names(tmp_path) == []


def test_files_are_written_in_one_place():
    package = Path(files.__file__).parents[1]
    others = [path for path in package.rglob("*.py") if path != Path(files.__file__)]
    assert not [path for path in others if "os.replace" in path.read_text(encoding="utf-8")]
