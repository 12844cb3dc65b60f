"""The file of an experiment's results, one line for each trial: nothing is lost when its writer is killed."""

import hashlib
import io
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from lstm_edu.core.version import __version__
from lstm_edu.experiments.lines import append as append_rows
from lstm_edu.experiments.lines import read_table, text, versions, write_table

from .outcome import Outcome
from .paper import Experiment, Paper

_FOUND = ("paper", "experiment", "row", "seed", "success", "sequences", "first", "steps", "wrong", "tested", "error")
_ABOUT = ("seconds", "lstm_edu", "numba", "numpy", "python", "settings")
Line = tuple[str, ...]  # as in the file, in the order of its columns
Key = tuple[str, int]  # row, seed: a trial


def columns(experiment: Experiment) -> tuple[str, ...]:
    """The names of the columns of an experiment's file.

    Parameters
    ----------
    experiment : Experiment
        Its measures have a column each.

    Returns
    -------
    tuple of str
        From left to right.
    """
    return (*_FOUND, *(measure.name for measure in experiment.measures), *_ABOUT)


def settings_of(experiment: Experiment, row: str, data: str | None = None) -> str:
    """What a trial depends on, beside its seed.

    Parameters
    ----------
    experiment : Experiment
        What is run.
    row : str
        One of its rows.
    data : str, optional
        The file that it learns.

    Returns
    -------
    str
        The setting, and the sum of the file: a name can be given to another file.
    """
    setting = repr(experiment.row(row).setting)
    return setting if data is None else f"{setting} of {hashlib.sha256(Path(data).read_bytes()).hexdigest()[:16]}"


def line_of(
    paper: Paper,
    experiment: Experiment,
    row: str,
    seed: int,
    outcome: Outcome,
    seconds: float,
    data: str | None = None,
) -> Line:
    """The line of one trial.

    Parameters
    ----------
    paper, experiment : Paper, Experiment
        What was run.
    row : str
        Its row.
    seed : int
        The trial's.
    outcome : Outcome
        What came of it.
    seconds : float
        How long it took.
    data : str, optional
        The file that was learnt.

    Returns
    -------
    tuple of str
        In the order of `columns`.
    """
    counts = (outcome.sequences, "" if outcome.first is None else outcome.first, outcome.steps)
    test = (outcome.wrong, outcome.tested, f"{outcome.error:.6g}") if outcome.tested else ("", 0, "")
    if len(outcome.values) != len(experiment.measures):
        raise ValueError(f"outcome.values must be {len(experiment.measures)} numbers, got {len(outcome.values)}")
    values = tuple(f"{value:.8g}" for value in outcome.values)
    about = (f"{seconds:.3f}", *versions(), settings_of(experiment, row, data))
    found = (paper.name, experiment.name, row, seed, int(outcome.success), *counts, *test, *values, *about)
    return tuple(map(str, found))


def key(line: Line) -> Key:
    """Which trial a line belongs to.

    Parameters
    ----------
    line : tuple of str
        From `line_of`.

    Returns
    -------
    tuple
        Row and seed.
    """
    return line[2], int(line[3])


def append(path: Path, line: Line) -> None:
    """Add a line at the end; it is on the disk when this returns.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    line : tuple of str
        From `line_of`.
    """
    append_rows(path, [line])


def write(path: Path, command: str, experiment: Experiment, lines: Iterable[Line]) -> None:
    """Write the whole file anew.

    Parameters
    ----------
    path : pathlib.Path
        The file; its folder is made.
    command : str
        Its first line says so what made it.
    experiment : Experiment
        Says which columns there are.
    lines : iterable of tuple of str
        From `line_of`.
    """
    write_table(path, [columns(experiment), *lines], command)


def read(
    path: Path, paper: Paper, experiment: Experiment, *, any_version: bool = False, data: str | None = None
) -> tuple[list[Line], list[str]]:
    """The lines that an earlier process left.

    Parameters
    ----------
    path : pathlib.Path
        The file; it need not exist.
    paper, experiment : Paper, Experiment
        What it must belong to.
    any_version : bool, default False
        Whether results of another version of this package, and of any data, are welcome: to look at, not to go on with.
    data : str, optional
        The file that must have been learnt.

    Returns
    -------
    lines : list of tuple of str
        Whole ones.
    notices : list of str
        What was dropped: half a line at the end.

    Raises
    ------
    ValueError
        For another file, and for results of another version or of other settings.
    """
    if not path.is_file():
        return [], []
    content, notices = read_table(path)
    if not content or content[0] != columns(experiment):
        raise ValueError(f"{path} is no file of results, or of another form: move it away, or run without --resume")
    lines = content[1:]
    for number, line in enumerate(lines, start=1):
        _check(path, number, line, paper, experiment, any_version, data)
    return lines, notices


def _check(
    path: Path, number: int, line: Line, paper: Paper, experiment: Experiment, any_version: bool, data: str | None
) -> None:
    without, names = "move it away, or run without --resume", columns(experiment)
    if len(line) != len(names):
        raise ValueError(f"{path}, trial {number}: {len(line)} columns, {len(names)} are needed: {without}")
    fields = dict(zip(names, line, strict=True))
    if (fields["paper"], fields["experiment"]) != (paper.name, experiment.name):
        raise ValueError(f"{path} holds {fields['paper']} {fields['experiment']}, not {paper.name} {experiment.name}")
    if fields["lstm_edu"] != __version__ and not any_version:
        raise ValueError(
            f"{path} was made by version {fields['lstm_edu']}, this is {__version__}: trials of both are not to be "
            f"mixed; {without}"
        )
    found = fields["settings"]
    if experiment.data and any_version:
        found = found.rpartition(" of ")[0]
    rows = [row.name for row in experiment.rows]
    if fields["row"] not in rows or found != settings_of(experiment, fields["row"], data):
        raise ValueError(f"{path}, trial {number}: row {fields['row']!r} was run with other settings: {without}")


def table(experiment: Experiment, lines: Iterable[Line]) -> pd.DataFrame:
    """The lines as a table.

    Parameters
    ----------
    experiment : Experiment
        Whose they are.
    lines : iterable of tuple of str
        From `line_of` or `read`.

    Returns
    -------
    pandas.DataFrame
        One row for each trial, in columns of their kind.
    """
    found = pd.read_csv(
        io.StringIO(text([columns(experiment), *lines])), dtype={"row": str, "python": str, "lstm_edu": str}
    )
    return found.astype({"success": bool})
