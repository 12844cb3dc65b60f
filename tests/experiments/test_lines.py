"""Lines of results are on the disk when they are said to be, and come back whole."""

import os

import pytest

from lstm_edu.course.claims import COLUMNS
from lstm_edu.course.making.stress import evidence
from lstm_edu.experiments.lines import append, append_text, read_table, versions, whole_lines, write_table
from lstm_edu.experiments.sweep import RESULTS
from lstm_edu.reproduce import experiment_of, paper_of, results

ADDING = experiment_of(paper_of("hochreiter1997"), "adding")


@pytest.fixture
def synced(monkeypatch):
    """The sizes of the files that were asked to the disk, as they were then, by their number there."""
    found, real = {}, os.fsync

    def fsync(file):
        about = os.fstat(file)
        found[about.st_ino] = about.st_size
        real(file)

    monkeypatch.setattr("os.fsync", fsync)
    return found


def on_the_disk(path, synced):
    about = path.stat()
    return synced.get(about.st_ino) == about.st_size


def test_every_line_and_every_table_is_on_the_disk_whole(tmp_path, synced):
    path = tmp_path / "new" / "a.csv"
    write_table(path, [["a", "b"]], "made by hand")
    assert on_the_disk(path, synced)
    append(path, [["1", "x, y"], ["2", ""]])
    assert on_the_disk(path, synced)
    append_text(path, "3,z\n")
    assert on_the_disk(path, synced)
    assert path.read_bytes() == b'# made by hand\na,b\n1,"x, y"\n2,\n3,z\n'
    assert read_table(path) == ([("a", "b"), ("1", "x, y"), ("2", ""), ("3", "z")], [])


@pytest.mark.parametrize(
    "write",
    [lambda path: evidence.write(path, "by hand", []), lambda path: results.write(path, "by hand", ADDING, [])],
    ids=["evidence", "reproduced"],
)
def test_a_table_written_anew_does_not_take_lines_off_the_disk(tmp_path, synced, write):
    write(tmp_path / "a.csv")
    assert on_the_disk(tmp_path / "a.csv", synced)


@pytest.mark.parametrize("half", [b"2,ha", b"2,\xc3"], ids=["half a row", "half a letter"])
def test_half_a_line_is_dropped_with_a_notice_that_says_where_and_what(tmp_path, half):
    path = tmp_path / "a.csv"
    path.write_bytes(b"a,b\n1,x\n" + half)
    text = half.decode(errors="replace")
    assert whole_lines(path) == ("a,b\n1,x\n", text)
    assert read_table(path) == (
        [("a", "b"), ("1", "x")],
        [f"half a line at the end of {path} is dropped: {text}"],
    )
    path.write_bytes(b"a,b")
    assert read_table(path)[0] == []
    path.write_bytes(b"")
    assert read_table(path) == ([], [])


def test_the_versions_stand_in_the_columns_of_their_names():
    found = versions()
    assert len(found) == 4
    assert all(version[:1].isdigit() for version in found)
    for columns in (COLUMNS, RESULTS, results.columns(ADDING)):
        first = columns.index("lstm_edu")
        assert tuple(columns[first : first + 4]) == ("lstm_edu", "numba", "numpy", "python")
