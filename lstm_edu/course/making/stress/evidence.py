"""The table of a chapter's evidence: written so that nothing is lost when it is killed, and held to a form."""

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from lstm_edu.course.claims import COLUMNS, read
from lstm_edu.experiments.lines import VERSIONS, read_table, versions, write_table

from .experiment import FIRST_SEED, Experiment, Outcome

Row = tuple[str, ...]  # as in the file, in the order of COLUMNS
Key = tuple[str, str, float, int]  # experiment, variant, rate, seed: a run

_FEWEST_SEEDS = 5
_FACTOR = 2.9  # 0.01 and 0.03 are a factor 3 apart, and so are 0.03 and 0.1, as people choose rates


def rows_of(outcome: Outcome) -> list[Row]:
    """The lines of a run."""
    trial, about = outcome.trial, versions()
    first = (trial.experiment.name, trial.variant, repr(float(trial.rate)))
    return [
        (*first, str(steps), str(trial.seed), name, f"{value:.6g}", f"{seconds:.3f}", *about, outcome.failure)
        for steps, name, value, seconds in outcome.rows
    ]


def key(row: Row) -> Key:
    """Which run a line belongs to."""
    return row[0], row[1], float(row[2]), int(row[4])


def write(path: Path, command: str, rows: Iterable[Row]) -> None:
    """Write the whole table anew; its first line is the command that made it."""
    write_table(path, [COLUMNS, *rows], command)


def kept(path: Path, experiments: Iterable[Experiment]) -> tuple[list[Row], list[str]]:
    """What an earlier session left: the lines of whole runs, and what was dropped, in words.

    Dropped are half a line at the end, runs that lack a line, runs that are no longer asked for, and runs that failed
    for another reason than numbers without bounds: those are tried again.

    Parameters
    ----------
    path : pathlib.Path
        The table; it need not exist.
    experiments : iterable of Experiment
        What is asked for.

    Returns
    -------
    rows : list of tuple of str
        As in the file.
    notices : list of str
        One for each kind of loss.

    Raises
    ------
    ValueError
        For a file that holds something else.
    """
    if not path.is_file():
        return [], []
    lines, notices = read_table(path)
    if lines and lines[0] != COLUMNS:
        raise ValueError(f"{path} is no table of evidence, or of another form: --fresh begins anew")
    runs: dict[Key, list[Row]] = defaultdict(list)
    for line in lines[1:]:
        if len(line) != len(COLUMNS):
            raise ValueError(f"{path} has a line of {len(line)} columns, not {len(COLUMNS)}: --fresh begins anew")
        runs[key(line)].append(line)
    known = {experiment.name: experiment for experiment in experiments}
    rows, counts = [], {"incomplete": 0, "no longer asked for": 0, "failed, to be tried again": 0}
    for (name, variant, rate, _), found in runs.items():
        experiment = known.get(name)
        if experiment is None or variant not in experiment.variants or rate not in experiment.rates:
            counts["no longer asked for"] += 1
        elif sorted((int(r[3]), r[5]) for r in found) != _points(experiment):
            counts["incomplete"] += 1
        elif found[0][-1] and not found[0][-1].startswith("FloatingPointError"):
            counts["failed, to be tried again"] += 1
        else:
            rows += found
    return rows, notices + [f"runs dropped ({words}): {n}" for words, n in counts.items() if n]


def _points(experiment: Experiment) -> list[tuple[int, str]]:
    return sorted((steps, name) for steps in experiment.steps for name in experiment.measures)


def problems(path: Path, experiments: Iterable[Experiment], number: int) -> list[str]:
    """Everything in which a chapter's evidence falls short of the standard for claims.

    Parameters
    ----------
    path : pathlib.Path
        The table.
    experiments : iterable of Experiment
        What must be in it.
    number : int
        The chapter.

    Returns
    -------
    list of str
        One line of words each.
    """
    found, experiments = [], list(experiments)
    first = path.read_text(encoding="utf-8").partition("\n")[0]
    if not first.startswith(f"# lstm-edu course stress {number:02d}"):
        found.append(f"the first line does not name the command that made it: {first}")
    table = read(path)
    rows, notices = kept(path, experiments)
    found += notices
    if len(rows) != len(table) and not notices:  # pragma: no cover - two readers of one file agree
        found.append("some lines belong to no run")
    for column in VERSIONS:
        if not table[column].str.fullmatch(r"\d+\.\d+.*").all():
            found.append(f"a line without the version of {column}")
    if table["seed"].min() < FIRST_SEED:
        found.append(f"the seed {table['seed'].min()} is not a fresh one")
    for experiment in experiments:
        part = table[table["experiment"] == experiment.name]
        found += [f"{experiment.name}: {words}" for words in _short_of(part, experiment)]
    return found


def _short_of(part: pd.DataFrame, experiment: Experiment) -> list[str]:
    found = []
    middle = [r for r in experiment.rates if experiment.rates[0] * _FACTOR <= r <= experiment.rates[-1] / _FACTOR]
    if not middle:
        found.append(f"no rate has one a factor 3 below and one a factor 3 above it: {experiment.rates}")
    if experiment.steps[-1] < 3 * experiment.steps[0]:
        found.append(f"no budget is three times another: {experiment.steps}")
    seeds = part.groupby(["variant", "rate"])["seed"].agg(lambda column: tuple(sorted(set(column))))
    missing = {(v, r) for v in experiment.variants for r in experiment.rates} - set(seeds.index)
    found += [f"{v} at rate {r:g} is missing" for v, r in sorted(missing)]
    if seeds.nunique() > 1:
        found.append("not every variant and rate has the same seeds")
    if len(seeds) and min(map(len, seeds)) < max(_FEWEST_SEEDS, experiment.seeds):
        found.append(f"{min(map(len, seeds))} seeds, at least {max(_FEWEST_SEEDS, experiment.seeds)} are needed")
    return found
