"""A column of numbers out of a CSV file, and the times beside it."""

import difflib
import warnings
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from lstm_edu.core.files import as_path

_LARGEST = 2**30  # bytes


class Column(NamedTuple):
    """A series from a file.

    Parameters
    ----------
    name : str
        Of the column.
    values : numpy.ndarray
        (N,) float64.
    times : pandas.Series or None
        (N,) what stands in the column of times: dates, or whatever is there.
    """

    name: str
    values: np.ndarray
    times: Any


def read_column(file: str | Path, column: str | None = None, time: str | None = None) -> Column:
    """Read a series from a CSV file with a line of names.

    Commas, semicolons or tabs stand between the columns; with semicolons a decimal comma is understood.

    Parameters
    ----------
    file : str or path
        UTF-8.
    column : str, optional
        Its name. None: the only one with numbers (besides `time`).
    time : str, optional
        The column of times, which must grow from row to row. None: none is read.

    Returns
    -------
    Column
        The numbers and their times.

    Raises
    ------
    FileNotFoundError
        Without the file.
    ValueError
        For a file that is no such table, a column that is not there, and a value that is missing or no number: with its
        line.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     text = Path(folder, "a.csv").write_text("day;price\\n1;2,5\\n2;3,5\\n")
    ...     read_column(Path(folder, "a.csv"), time="day").values.tolist()
    [2.5, 3.5]
    """
    frame = _read(as_path(file))
    names = list(map(str, frame.columns))
    if time is not None and time not in names:
        raise ValueError(f"time: there is no column {time!r} in {str(file)!r}{_near(time, names)}")
    if column is None:
        numbers = [name for name in names if name != time and _numbers(frame[name]).notna().any()]
        if len(numbers) != 1:
            which = f"the columns {', '.join(numbers)}" if numbers else f"none of {', '.join(names)}"
            raise ValueError(f"column: which one? {str(file)!r} has numbers in {which}: name one")
        column = numbers[0]
    if column not in names:
        raise ValueError(f"column: there is no {column!r} in {str(file)!r}{_near(column, names)}")
    text, values = frame[column], _numbers(frame[column])
    bad = np.flatnonzero(~np.isfinite(values.to_numpy(float)))
    if len(bad):
        found = text.iloc[bad[0]]
        what = "nothing" if pd.isna(found) or not str(found).strip() else repr(str(found)[:40])
        more = f" (and in {len(bad) - 1} more lines)" if len(bad) > 1 else ""
        where = f"line {bad[0] + 2}{more} of {str(file)!r}"
        raise ValueError(f"column {column!r}: a number is needed, got {what} in {where}")
    return Column(column, values.to_numpy(float), None if time is None else _times(frame[time], time, file))


def _read(path: Path) -> pd.DataFrame:
    if path.is_dir():
        raise ValueError(f"file: {str(path)!r} is a folder, the name of a CSV file is needed")
    if not path.is_file():
        raise FileNotFoundError(f"file: there is no {str(path)!r}")
    if path.stat().st_size > _LARGEST:
        raise ValueError(f"file: {str(path)!r} has {path.stat().st_size:,} bytes, the limit is {_LARGEST:,}")
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            first = file.readline()
        if not first.strip():
            raise ValueError(f"file: {str(path)!r} holds no table: its first line must name the columns")
        separator = max(",;\t", key=first.count)
        frame = pd.read_csv(path, sep=separator, dtype=str, encoding="utf-8-sig", skipinitialspace=True)
    except UnicodeDecodeError as error:
        raise ValueError(f"file: {str(path)!r} must be UTF-8 text, it has a wrong byte at {error.start}") from None
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise ValueError(f"file: {str(path)!r} is no table ({error})") from None
    except OSError as error:
        raise ValueError(f"file: {str(path)!r} can't be read ({error.strerror or error})") from None
    if separator == ";":
        frame = frame.apply(lambda texts: texts.str.replace(",", ".", regex=False))
    if not len(frame):
        raise ValueError(f"file: {str(path)!r} has a line of names and no numbers below it")
    if all(_is_number(name) for name in frame.columns):
        raise ValueError(f"file: the first line of {str(path)!r} holds numbers where names of the columns are needed")
    return frame


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _numbers(texts: pd.Series) -> pd.Series:
    return pd.to_numeric(texts, errors="coerce")


def _times(texts: pd.Series, name: str, file: Any) -> pd.Series:
    """Dates where all are, else numbers where all are, else the texts; they must grow."""
    numbers = _numbers(texts)
    times = numbers if numbers.notna().all() else pd.to_datetime(texts, errors="coerce", format="ISO8601")
    if times.isna().any():
        return texts
    step = times.diff().iloc[1:]
    wrong: Any = np.flatnonzero(~(step > step.iloc[0] * 0).to_numpy()) if len(step) else []
    if len(wrong):
        where = f"line {wrong[0] + 3} of {str(file)!r}"
        raise ValueError(f"time: {name!r} must grow from row to row, it does not in {where}: sort the rows")
    return times


def times_after(times: Any, steps: int) -> Any:
    """How the times go on, where they have a rule: a fixed distance, or months, quarters, years.

    Parameters
    ----------
    times : pandas.Series or None
        From `read_column`.
    steps : int
        How many.

    Returns
    -------
    list or None
        Of numbers or of texts, as ISO 8601 has dates; None: no rule was found.

    Examples
    --------
    >>> times_after(pd.Series([1999, 2000, 2001]), 2)
    [2002, 2003]
    >>> times_after(pd.to_datetime(pd.Series(["2024-01-31", "2024-02-29", "2024-03-31"])), 2)
    ['2024-04-30', '2024-05-31']
    """
    if times is None or len(times) < 3:
        return None
    if pd.api.types.is_datetime64_any_dtype(times):
        with warnings.catch_warnings():  # that a later pandas gives its rule in another form, which serves as well
            warnings.simplefilter("ignore")
            rule = pd.infer_freq(pd.DatetimeIndex(times))
        if rule is None:
            return None
        ahead = pd.date_range(times.iloc[-1], periods=steps + 1, freq=rule)[1:]
        dates = (ahead == ahead.normalize()).all()
        return [str(time.date()) if dates else time.isoformat() for time in ahead]
    if not pd.api.types.is_numeric_dtype(times):
        return None
    step = times.diff().iloc[1:]
    if not np.allclose(step, step.iloc[0], rtol=1e-6):
        return None
    ahead = [float(times.iloc[-1] + step.iloc[0] * k) for k in range(1, steps + 1)]
    return [int(time) for time in ahead] if all(time.is_integer() for time in ahead) else ahead


def _near(name: str, names: list[str]) -> str:
    near = difflib.get_close_matches(name, names, n=3)
    return f": did you mean {' or '.join(map(repr, near))}?" if near else f": there are {', '.join(names)}"
