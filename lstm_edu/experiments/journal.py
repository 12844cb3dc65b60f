"""Results on the disk while a comparison is not done: a line of JSON for each run, from which it goes on later."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from lstm_edu import nn
from lstm_edu.core.files import replace_file
from lstm_edu.core.version import __version__

from .lines import append_text, dropped, whole_lines
from .runs import Result, Run

_NUMBERS = ("parameters", "train_loss", "test_loss", "solved", "steps_to_solve", "seconds", "failure")


def keep(path: Path, result: Result) -> None:
    """Add a result; it is on the disk when this returns.

    Parameters
    ----------
    path : pathlib.Path
        The journal, in a folder that exists.
    result : Result
        Of a run whose task and cell have names. Its network is not kept.
    """
    curve = result.curve.table
    values = {
        "lstm_edu": __version__,
        "run": result.run.to_dict(),
        "result": {name: getattr(result, name) for name in _NUMBERS},
        "curve": {name: curve[name].tolist() for name in curve},
        "kinds": {name: str(curve[name].dtype) for name in curve},
    }
    append_text(path, json.dumps(values, default=_plain) + "\n")


def _plain(value: Any) -> Any:
    """A number of NumPy's as Python's own; JSON has all of its digits."""
    return value.item()


def begin(path: Path, runs: Iterable[Run], resume: bool, say: Callable[[str], None]) -> dict[Run, Result]:
    """The results of these runs that a journal has; one that is not gone on with begins empty.

    Parameters
    ----------
    path : pathlib.Path
        The journal; the folder is made.
    runs : iterable of Run
        What is asked for.
    resume : bool
        Whether to go on with what is there.
    say : callable
        Gets every notice.

    Returns
    -------
    dict of Run to Result
        To the last bit what `keep` got.

    Raises
    ------
    ValueError
        For a file that is no journal, or one of another version.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        return {}
    if not resume:
        path.unlink()
        return {}
    whole, half = whole_lines(path)
    if half:
        say(dropped(path, half))
    found = [_read(path, number, line) for number, line in enumerate(whole.splitlines(), start=1)]
    if half:
        replace_file(path, whole.encode(), durable=True)
    wanted = set(runs)
    there = {result.run: result for result in found if result.run in wanted}
    if there:
        say(f"{len(there)} of {len(wanted)} runs are there already")
    return there


def _read(path: Path, number: int, line: str) -> Result:
    try:
        values = json.loads(line)
        version, curve = values["lstm_edu"], pd.DataFrame(values["curve"])
        if version == __version__:
            history = nn.History(curve.astype(values["kinds"]))
            return Result(run=Run.from_dict(values["run"]), curve=history, **values["result"])
    except (ValueError, TypeError, KeyError) as error:
        raise ValueError(f"{path}, line {number} is of no journal of a comparison: {error}") from None
    raise ValueError(f"{path} was made by lstm_edu {version}, this is {__version__}: begin anew without --resume")
