"""`lstm-edu course` where little is installed, and in any order of words."""

import sys

import pytest

from lstm_edu import cli
from lstm_edu.commands import lab
from lstm_edu.commands.course import _number_and_options
from lstm_edu.course import library


def run(*args):
    """Run a command in this process; returns its exit code."""
    with pytest.raises(SystemExit) as stop:
        cli.main(list(args))
    return stop.value.code


def test_the_list_of_chapters_needs_nothing_but_the_package(monkeypatch, capsys):
    for name in ("nbformat", "jupytext", "nbclient", "jupyterlab"):
        monkeypatch.setitem(sys.modules, name, None)
    assert run("course", "list") == 0
    printed = capsys.readouterr().out
    assert "03  The constant error carousel" in printed
    assert "13  " in printed


@pytest.mark.parametrize(
    ("words", "number", "options"),
    [
        ([], "00", []),
        (["03", "--no-browser"], "03", ["--no-browser"]),
        (["--no-browser", "03"], "03", ["--no-browser"]),
        (["--port", "8899", "3"], "3", ["--port", "8899"]),
        (["--port=8899", "03", "--no-browser"], "03", ["--port=8899", "--no-browser"]),
        (["--no-browser", "--port", "8899"], "00", ["--no-browser", "--port", "8899"]),
    ],
)
def test_the_number_of_a_chapter_stands_anywhere_among_options(words, number, options):
    assert _number_and_options(words) == (number, options)


def test_the_address_that_is_printed_is_that_of_the_chapter(monkeypatch, capsys):
    servers = pytest.importorskip("jupyter_server.serverapp")

    class Process:
        pid = 7

        def poll(self):
            return None

    found = [{"pid": 1, "url": "http://a/"}, {"pid": 7, "url": "http://localhost:8890/", "token": "t"}]
    monkeypatch.setattr(servers, "list_running_servers", lambda: found)
    monkeypatch.setattr(lab.time, "sleep", lambda _: None)
    lab._announce(Process(), "03_lstm_1997.ipynb")
    address = "http://localhost:8890/lab/tree/03_lstm_1997.ipynb?token=t"
    assert capsys.readouterr().out == f"\nthe chapter: {address}\n\n"


def test_check_says_that_it_needs_a_clone(tmp_path, monkeypatch, capsys):
    whole = library.find()
    (tmp_path / "notebooks").mkdir()
    for chapter in whole.chapters[:2]:
        (tmp_path / "notebooks" / chapter.notebook.name).write_bytes(chapter.notebook.read_bytes())
    monkeypatch.setattr(library, "find", lambda: library.Course(tmp_path / "notebooks"))
    assert run("course", "check") == 2
    assert "only a clone of the repository has them" in capsys.readouterr().err
