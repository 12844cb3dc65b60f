"""A column out of somebody's CSV file: what is understood, and what is wrong with it in words."""

import numpy as np
import pandas as pd
import pytest

from lstm_edu.experiments.own.table import read_column, times_after


def written(folder, text, encoding="utf-8"):
    path = folder / "my.csv"
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize(
    "text",
    [
        "day,price\n1,2.5\n2,3.5\n3,-1e2\n",
        "day;price\n1;2,5\n2;3,5\n3;-100\n",
        "day\tprice\r\n1\t2.5\r\n2\t3.5\r\n3\t-100\r\n",
        "\ufeffday, price\n1, 2.5\n2, 3.5\n3, -100\n",
        'day,"price"\n"1","2.5"\n"2","3.5"\n"3","-100"\n',
        "day,what,price\n1,a,2.5\n2,b,3.5\n3,c,-100\n",
    ],
)
def test_what_people_export_is_understood(tmp_path, text):
    name, values, times = read_column(written(tmp_path, text), "price", "day")
    assert name == "price"
    np.testing.assert_array_equal(values, [2.5, 3.5, -100])
    assert times.tolist() == [1, 2, 3]


def test_the_only_column_of_numbers_needs_no_name(tmp_path):
    assert read_column(written(tmp_path, "what,n\na,1\nb,2\n")).name == "n"
    assert read_column(written(tmp_path, "day,n\n1,1\n2,2\n"), time="day").name == "n"


@pytest.mark.parametrize(
    ("text", "arguments", "words"),
    [
        ("", (), "its first line must name the columns"),
        ("\n\n", (), "its first line must name the columns"),
        ("a,b\n", (), "no numbers below it"),
        ("1,2\n3,4\n", (), "holds numbers where names of the columns are needed"),
        ("a,b\n1,2\n", (), "which one?"),
        ("a,b\nx,y\n", (), "numbers in none of a, b: name one"),
        ("price\n1\n2\n", ("pric",), "did you mean 'price'"),
        ("price\n1\n2\n", ("zzz",), "there are price"),
        ("t,p\n1,1\n2,2\n", ("p", "time"), "no column 'time'"),
        ("p\n1\nx\n3\ny\n", ("p",), r"got 'x' in line 3 \(and in 1 more lines\)"),
        ("a,p\n1,1\n2,\n3,3\n", ("p",), "got nothing in line 3"),
        ("p\n1\ninf\n", ("p",), "got 'inf' in line 3"),
        ("t,p\n1,1\n3,2\n2,3\n", ("p", "t"), "'t' must grow from row to row, it does not in line 4"),
        ("t,p\n2024-01-02,1\n2024-01-01,2\n", ("p", "t"), "it does not in line 3"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path, text, arguments, words):
    with pytest.raises(ValueError, match=words):
        read_column(written(tmp_path, text), *arguments)


def test_what_is_no_table_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no"):
        read_column(tmp_path / "none.csv")
    with pytest.raises(ValueError, match="is a folder"):
        read_column(tmp_path)
    with pytest.raises(ValueError, match="must be UTF-8 text, it has a wrong byte at"):
        read_column(written(tmp_path, "größe\n1\n", "latin-1"))
    with pytest.raises(ValueError, match="is no table"):
        read_column(written(tmp_path, "a,b\n1,2\n1,2,3\n"), "a")


@pytest.mark.parametrize(
    ("times", "later"),
    [
        ([1, 2, 3], [4, 5]),
        ([0.5, 1.0, 1.5], [2.0, 2.5]),
        (["2024-01-30", "2024-01-31", "2024-02-01"], ["2024-02-02", "2024-02-03"]),
        (["2023-11-01", "2023-12-01", "2024-01-01"], ["2024-02-01", "2024-03-01"]),
        (["2024-01-01T22:00", "2024-01-01T23:00", "2024-01-02T00:00"], ["2024-01-02T01:00:00", "2024-01-02T02:00:00"]),
        ([1, 2, 4], None),
        (["2024-01-01", "2024-01-02", "2024-01-09"], None),
        (["a", "b", "c"], None),
        ([1, 2], None),
    ],
)
def test_times_go_on_where_they_have_a_rule(times, later):
    dates = isinstance(times[0], str) and times[0][0] == "2"
    assert times_after(pd.Series(pd.to_datetime(times, format="ISO8601") if dates else times), 2) == later
    assert times_after(None, 2) is None
