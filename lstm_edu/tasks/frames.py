"""A table in long form, one row for each step, as sequences."""

from typing import Any

import numpy as np

from lstm_edu.core import checks

from .ragged import lengths_of, padded


def sequences_of(
    frame: Any, group: Any, time: Any, inputs: Any, target: Any, steps: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray, list]:
    """x, target, lengths and the names of the inputs, as `Arrays` takes them; see `Arrays.from_frame`."""
    import pandas as pd

    checks.one_of("steps", steps, ("last", "all"))
    if not isinstance(frame, pd.DataFrame):
        raise ValueError(f"frame must be a pandas.DataFrame, got {type(frame).__name__}")
    if not len(frame):
        raise ValueError("frame must have at least one row")
    (group,), times = _columns(frame, "group", group, 1), [] if time is None else _columns(frame, "time", time, 1)
    inputs = _columns(frame, "inputs", inputs)
    apart = isinstance(target, pd.Series)  # one for each group, in a table of its own
    targets = [] if apart else _columns(frame, "target", target)
    for name in (group, *times, *inputs, *targets):
        _whole(frame, name)
    x = _numbers(frame, inputs)
    order = np.arange(len(frame))
    if times:
        try:
            order = frame[times[0]].argsort(kind="stable").to_numpy()  # the earliest group comes first
        except TypeError as error:
            raise ValueError(f"time: column {times[0]!r} can't be sorted: {error}") from None
    try:
        codes, names = pd.factorize(frame[group].iloc[order])
    except TypeError as error:
        raise ValueError(f"group: column {group!r} must hold labels: {error}") from None
    rows = np.split(order[np.argsort(codes, kind="stable")], np.cumsum(np.bincount(codes))[:-1])
    if times:
        _check_times(frame, times[0], group, rows)
    if apart:
        if steps == "all":
            raise ValueError("target: a Series has one for each group, steps='all' needs the name of a column")
        y = _of_groups(target, names)
    else:
        table = frame[targets[0] if len(targets) == 1 else targets].to_numpy()  # of one column (rows,)
        if steps == "all":
            y = padded([table[each] for each in rows])
        else:
            y = np.stack([_same(table[each], targets, name) for each, name in zip(rows, names, strict=True)])
    found = [x[each] for each in rows]
    return padded(found), y, lengths_of(found), inputs


def _columns(frame: Any, argument: str, names: Any, most: int | None = None) -> list:
    """The names of columns as a list; each must be there once."""
    wanted = list(names) if isinstance(names, list | np.ndarray) or hasattr(names, "tolist") else [names]
    if not wanted or (most and len(wanted) > most):
        raise ValueError(f"{argument} must be {'one column' if most else 'at least one column'}, got {names!r}")
    for name in wanted:
        try:
            found = name in frame.columns
        except TypeError:
            found = False
        if not found:
            checks.one_of(argument, name, [str(column) for column in frame.columns])
            raise ValueError(f"{argument}: there is no column {name!r}")
        if (frame.columns == name).sum() > 1:
            raise ValueError(f"{argument}: there are several columns {name!r}")
    if len(set(wanted)) < len(wanted):
        raise ValueError(f"{argument} must name each column once, got {wanted}")
    return wanted


def _whole(frame: Any, name: Any) -> None:
    missing = frame[name].isna().to_numpy()
    if missing.any():
        row = int(np.flatnonzero(missing)[0])
        raise ValueError(
            f"frame: column {name!r} has {missing.sum()} missing values, the first one in row {frame.index[row]!r}: "
            "fill or drop them"
        )


def _numbers(frame: Any, names: list) -> np.ndarray:
    import pandas as pd

    for name in names:
        kind = frame[name].dtype
        if not pd.api.types.is_numeric_dtype(kind) or pd.api.types.is_complex_dtype(kind):
            raise ValueError(
                f"frame: column {name!r} must hold numbers, got {kind}: pandas.to_numeric reads numbers from text, "
                "pandas.get_dummies makes a column of each word"
            )
    return frame[names].to_numpy(np.float64)


def _check_times(frame: Any, time: Any, group: Any, rows: list[np.ndarray]) -> None:
    times = frame[time].to_numpy()
    for each in rows:
        twice = np.flatnonzero(times[each[1:]] == times[each[:-1]])
        if twice.size:
            row = each[twice[0]]
            raise ValueError(
                f"frame: time {frame[time].iloc[row]} occurs twice in group {frame[group].iloc[row]!r}: "
                "which row comes first can't be known"
            )


def _same(values: np.ndarray, columns: list, group: Any) -> np.ndarray:
    """The target of a group whose rows all say the same."""
    if (values != values[:1]).any():
        raise ValueError(
            f"target: {', '.join(map(repr, columns))} changes within group {group!r}: "
            "steps='all' takes one for each row, a Series by group one for each group"
        )
    return values[0]


def _of_groups(target: Any, names: Any) -> np.ndarray:
    if not target.index.is_unique:
        twice = target.index[target.index.duplicated()][0]
        raise ValueError(f"target must have each group once in its index, got {twice!r} twice")
    absent = [name for name in names if name not in target.index]
    if absent:
        raise ValueError(f"target must have each group in its index, got none for {absent[0]!r}")
    found = target.loc[list(names)]
    if found.isna().any():
        raise ValueError(f"target: it is missing for group {found.index[found.isna()][0]!r}")
    return found.to_numpy()
