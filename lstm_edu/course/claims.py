"""What a chapter claims from evidence: the table that `lstm-edu course stress` wrote, and who leads in it."""

from pathlib import Path

import numpy as np
import pandas as pd

from lstm_edu.core import checks

from . import library

# A row for each run, mark and measure. `seconds`: processor time until the mark; `failure`: empty where all went well.
KEYS = ("experiment", "variant", "rate", "steps", "seed", "measure")
COLUMNS = (*KEYS, "value", "seconds", "lstm_edu", "numba", "numpy", "python", "failure")

_TEXTS = ("experiment", "variant", "measure", "lstm_edu", "numba", "numpy", "python", "failure")


def evidence(number: int, experiment: str | None = None) -> pd.DataFrame:
    """What `lstm-edu course stress` measured for a chapter.

    The table is looked for in the folder `evidence` beside a copy of the chapters, then in the course itself.

    Parameters
    ----------
    number : int
        The chapter.
    experiment : str, optional
        One of its experiments; None: all of them.

    Returns
    -------
    pandas.DataFrame
        One row for each run, budget and measure: experiment, variant, rate, steps, seed, measure, value (NaN for a run
        that failed), seconds (of a processor, until then), the versions, and failure (empty, or what went wrong).

    Raises
    ------
    ValueError
        Where there is no such table, no such experiment in it, or something else in the file.

    Examples
    --------
    >>> table = evidence(10, "adding")
    >>> sorted(set(table["variant"]))
    ['gru', 'lstm', 'lstm97', 'rnn']
    """
    number = checks.whole("number", number, least=0)
    places = _places(f"ch{number:02d}.csv")
    path = next((place for place in places if place.is_file()), None)
    if path is None:
        raise ValueError(
            f"there is no evidence for chapter {number:02d} in {places[-1]}: "
            f"`lstm-edu course stress {number:02d}` makes it"
        )
    table = read(path)
    if experiment is None:
        return table
    checks.one_of("experiment", experiment, sorted(set(table["experiment"])))
    return table[table["experiment"] == experiment].reset_index(drop=True)


def _places(name: str) -> list[Path]:
    """Where a table may be: in a copy of the chapters around the present folder, then in the course."""
    here = Path.cwd()
    copies = [folder / "evidence" / name for folder in (here, *here.parents)]
    return [*copies, library.find().evidence / name]


def read(path: Path) -> pd.DataFrame:
    """A table of evidence from its file.

    Parameters
    ----------
    path : pathlib.Path
        The file.

    Returns
    -------
    pandas.DataFrame
        With the columns COLUMNS.

    Raises
    ------
    ValueError
        For any other table.
    """
    try:
        table = pd.read_csv(path, comment="#", dtype=dict.fromkeys(_TEXTS, str), keep_default_na=False, na_values="nan")
        if list(table.columns) != list(COLUMNS):
            raise ValueError(f"it must have the columns {', '.join(COLUMNS)}, got {', '.join(table.columns)}")
        return table.astype({"rate": float, "steps": int, "seed": int, "value": float, "seconds": float})
    except ValueError as error:
        raise ValueError(f"{path} is no table of evidence: {error}") from None


def leads(frame: pd.DataFrame, measure: str, better: str = "low") -> pd.DataFrame:
    """Which variant leads, at every rate and after every budget.

    Parameters
    ----------
    frame : pandas.DataFrame
        One experiment of `evidence`, or a part of it.
    measure : str
        What is compared.
    better : {"low", "high"}
        Which values are better; a run that failed is worse than any other.

    Returns
    -------
    pandas.DataFrame
        One row for each rate and number of steps: the variant with the best median over the seeds, its median, the
        second one, its median, in how many pairs (the same seed) the leader is better than the second, and how many
        pairs there are.

    Raises
    ------
    ValueError
        For a measure that the table has not, more than one experiment, or fewer than two variants.

    Examples
    --------
    >>> frame = pd.DataFrame({"variant": ["a", "a", "b", "b"], "seed": [0, 1, 0, 1], "value": [3, 1, 1, 2]})
    >>> frame = frame.assign(experiment="x", measure="loss", rate=0.1, steps=9)
    >>> print(leads(frame, "loss")[["leader", "its median", "second", "wins", "pairs"]].to_string(index=False))
    leader  its median second  wins  pairs
         b         1.5      a     1      2
    """
    pivot, sign = _pivot(frame, measure), _sign(better)
    if pivot.shape[1] < 2:
        raise ValueError(f"frame must have at least two variants, got {', '.join(pivot.columns)}")
    rows = []
    for (rate, steps), group in pivot.groupby(level=["rate", "steps"]):
        score = (sign * group).fillna(np.inf)
        first, second = score.median().sort_values(kind="stable").index[:2]
        medians = sign * score.median()
        wins = int((score[first] < score[second]).sum())
        rows.append((rate, steps, first, medians[first], second, medians[second], wins, len(group)))
    names = ["rate", "steps", "leader", "its median", "second", "second's median", "wins", "pairs"]
    return pd.DataFrame(rows, columns=names).set_index(["rate", "steps"])


def beats(frame: pd.DataFrame, measure: str, a: str, b: str, better: str = "low") -> pd.DataFrame:
    """How often one variant is better than another from the same seed, at every rate and after every budget.

    Parameters
    ----------
    frame : pandas.DataFrame
        One experiment of `evidence`, or a part of it.
    measure : str
        What is compared.
    a, b : str
        Two variants.
    better : {"low", "high"}
        Which values are better; a run that failed is worse than any other.

    Returns
    -------
    pandas.DataFrame
        One row for each rate and number of steps: median of a, median of b, wins of a, its losses, and pairs; what is
        neither won nor lost is a draw.

    Raises
    ------
    ValueError
        For a measure or a variant that the table has not, and for more than one experiment.
    """
    pivot, sign = _pivot(frame, measure), _sign(better)
    for name in (a, b):
        checks.one_of("variant", name, list(pivot.columns))
    rows = []
    for (rate, steps), group in pivot.groupby(level=["rate", "steps"]):
        score = (sign * group[[a, b]]).fillna(np.inf)
        won, lost = int((score[a] < score[b]).sum()), int((score[a] > score[b]).sum())
        rows.append((rate, steps, sign * score[a].median(), sign * score[b].median(), won, lost, len(group)))
    names = ["rate", "steps", f"median of {a}", f"median of {b}", "wins", "losses", "pairs"]
    return pd.DataFrame(rows, columns=names).set_index(["rate", "steps"])


def best_rates(frame: pd.DataFrame, measure: str, better: str = "low") -> pd.DataFrame:
    """The rate with the best median over the seeds, for every variant and budget.

    Whoever reports a test result at such a rate chooses it by a measure of validation sequences.

    Parameters
    ----------
    frame : pandas.DataFrame
        One experiment of `evidence`, or a part of it.
    measure : str
        What decides.
    better : {"low", "high"}
        Which values are better; a run that failed is worse than any other.

    Returns
    -------
    pandas.DataFrame
        A row a variant, a column a number of steps.

    Raises
    ------
    ValueError
        For a measure that the table has not, and for more than one experiment.
    """
    score = (_sign(better) * _pivot(frame, measure)).fillna(np.inf)
    medians = score.groupby(level=["rate", "steps"]).median().stack()
    return medians.unstack("rate").idxmin(axis=1).unstack("steps")


def at_best_rates(frame: pd.DataFrame, measure: str, better: str = "low") -> pd.DataFrame:
    """The rows of every variant at its own best rate for each budget, as `best_rates` chooses it.

    Parameters
    ----------
    frame : pandas.DataFrame
        One experiment of `evidence`, or a part of it.
    measure : str
        What decides, most often a loss on validation sequences.
    better : {"low", "high"}
        Which values are better; a run that failed is worse than any other.

    Returns
    -------
    pandas.DataFrame
        With all measures, and "own best" in place of the rate: `leads`, `beats` and `plotting.evidence` take it.

    Raises
    ------
    ValueError
        For a measure that the table has not, and for more than one experiment.
    """
    chosen = best_rates(frame, measure, better)
    rows = [r == chosen.loc[v, n] for v, n, r in zip(frame["variant"], frame["steps"], frame["rate"], strict=True)]
    return frame[rows].assign(rate="own best").reset_index(drop=True)


def _sign(better: str) -> int:
    return {"low": 1, "high": -1}[checks.one_of("better", better, ("low", "high"))]


def _pivot(frame: pd.DataFrame, measure: str) -> pd.DataFrame:
    """Rows: rate, steps, seed. Columns: the variants, in the order of the table."""
    checks.one_of("measure", measure, sorted(set(frame["measure"])))
    names = frame["experiment"].unique()
    if len(names) != 1:
        raise ValueError(f"frame must hold one experiment, got {', '.join(names)}")
    rows = frame[frame["measure"] == measure]
    pivot = rows.pivot(index=["rate", "steps", "seed"], columns="variant", values="value")
    return pivot[list(rows["variant"].unique())]
