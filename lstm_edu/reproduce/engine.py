"""All trials of an experiment, side by side, into one file; what is there already is not run again."""

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from lstm_edu.core import checks
from lstm_edu.experiments import cluster
from lstm_edu.experiments.workers import side_by_side
from lstm_edu.nn import progress

from . import results
from .outcome import Outcome
from .paper import Experiment, Paper, Row
from .papers import experiment_of, paper_of
from .summary import Reproduction

BUDGETS = ("quick", "paper")


class Trial(NamedTuple):
    """One trial, by names: a worker process knows what they stand for."""

    paper: str
    experiment: str
    row: str
    seed: int
    data: str | None = None


def execute(trial: Trial, tick: Callable[[int], None] = lambda learnt: None) -> tuple[Trial, Outcome, float]:
    """Make one trial.

    Parameters
    ----------
    trial : Trial
        Which.
    tick : callable
        Is told now and then how many sequences were learnt.

    Returns
    -------
    trial : Trial
        The same.
    outcome : Outcome
        What came of it.
    seconds : float
        How long it took.
    """
    experiment = experiment_of(paper_of(trial.paper), trial.experiment)
    began = time.perf_counter()
    more = () if trial.data is None else (trial.data,)
    outcome = experiment.run(experiment.row(trial.row).setting, trial.seed, tick, *more)
    return trial, outcome, time.perf_counter() - began


def reproduce(
    paper: str,
    experiment: str,
    *,
    budget: str = "quick",
    rows: str | Iterable[str] | None = None,
    trials: int | None = None,
    seed: int = 0,
    data: str | Path | None = None,
    jobs: int | None = None,
    dask: str | None = None,
    out: str | Path | None = None,
    resume: bool = False,
    progress_bar: bool | None = None,
    say: Callable[[str], None] = print,
) -> Reproduction:
    """Run a paper's experiment again, under its own stopping rule.

    Parameters
    ----------
    paper : str
        A name of `PAPERS`.
    experiment : str
        One of its experiments.
    budget : {"quick", "paper"}
        Some trials of the short rows, in less than two minutes on one core; or all rows with the paper's number of
        trials.
    rows : str or iterable of str, optional
        Which rows of the table; None: those of the budget.
    trials : int, optional
        How many of each row; None: what the budget says.
    seed : int, default 0
        Of the first trial; the others have those after it.
    data : path, optional
        The file that an experiment needs which has a `data`; None for all others.
    jobs : int, optional
        How many trials at a time, each on one core; None: the cores this process may use. No result depends on it.
    dask : str, optional
        The address of a Dask cluster that makes the trials, or "local": as for `sweep`.
    out : path, optional
        The CSV file that gets a line as soon as a trial has ended; None: nothing is written.
    resume : bool
        Go on with what is in `out`, and do not begin anew.
    progress_bar : bool or None
        None: in a notebook and at a terminal.
    say : callable
        Gets every notice.

    Returns
    -------
    Reproduction
        One line for each trial, and what was published beside it.

    Raises
    ------
    ImportError
        For `dask` without Dask.
    ValueError
        For unknown names, with the nearest ones, for numbers out of range, for a file that can't be gone on with, and
        for an address at which no cluster answers.
    MemoryError
        For a worker process that was ended from outside.
    KeyboardInterrupt
        With Ctrl-C. Its attribute `finished` holds the trials that had ended, `asked` how many there were to be.

    Examples
    --------
    >>> found = reproduce("hochreiter1997", "order", rows="6a", trials=1, jobs=1)
    >>> found.table[["row", "seed", "success", "tested"]]
      row  seed  success  tested
    0  6a     0     True    2560
    """
    chosen = paper_of(paper)
    asked = experiment_of(chosen, experiment)
    checks.one_of("budget", budget, BUDGETS)
    file = _data(asked, data)
    wanted = _trials(chosen, asked, budget, rows, trials, checks.whole("seed", seed, least=0), file)
    jobs = jobs if jobs is None else checks.whole("jobs", jobs)
    if resume and out is None:
        raise ValueError("resume must be False where there is no file to go on with: out is None")
    path = None if out is None else Path(out)
    lines, notices = results.read(path, chosen, asked, data=file) if resume and path is not None else ([], [])
    for words in notices:
        say(words)
    there = {results.key(line) for line in lines}
    missing = [trial for trial in wanted if (trial.row, trial.seed) not in there]
    if len(missing) < len(wanted):
        say(f"{len(wanted) - len(missing)} of {len(wanted)} trials are there already")
    command = f"lstm-edu reproduce {chosen.name} {asked.name}"
    if path is not None:
        results.write(path, command, asked, lines)
    try:
        for trial, outcome, seconds in _outcomes(missing, jobs, dask, progress_bar):
            line = results.line_of(chosen, asked, trial.row, trial.seed, outcome, seconds, file)
            lines.append(line)
            if path is not None:
                results.append(path, line)
    except (KeyboardInterrupt, SystemExit) as stop:
        stop.finished = Reproduction(chosen, asked, _sorted(lines, asked)) if lines else None  # type: ignore[union-attr]
        stop.asked = len(wanted)  # type: ignore[union-attr]
        raise
    lines = _sorted(lines, asked)
    if path is not None:
        results.write(path, command, asked, lines)
    return Reproduction(chosen, asked, lines)


def chosen_rows(experiment: Experiment, budget: str, rows: str | Iterable[str] | None = None) -> tuple[Row, ...]:
    """The rows that a budget runs.

    Parameters
    ----------
    experiment : Experiment
        What is asked for.
    budget : {"quick", "paper"}
        As in `reproduce`.
    rows : str or iterable of str, optional
        Names, in place of the budget's.

    Returns
    -------
    tuple of Row
        In the order of the table.

    Raises
    ------
    ValueError
        For an unknown name, and for none at all.
    """
    if rows is None:
        return tuple(row for row in experiment.rows if budget == "paper" or row.quick)
    names = [rows] if isinstance(rows, str) else list(rows)
    if not names:
        raise ValueError("rows must be names of rows, got none")
    wanted = {experiment.row(name).name for name in names}
    return tuple(row for row in experiment.rows if row.name in wanted)


def _trials(
    paper: Paper,
    experiment: Experiment,
    budget: str,
    rows: str | Iterable[str] | None,
    trials: int | None,
    seed: int,
    data: str | None,
) -> list[Trial]:
    """Seed by seed: whoever looks early, or has to stop, has a little of everything."""
    each = [
        (seed + n, row.name)
        for row in chosen_rows(experiment, budget, rows)
        for n in range(_how_many(row, budget) if trials is None else checks.whole("trials", trials))
    ]
    places = [row.name for row in experiment.rows]
    ordered = sorted(each, key=lambda pair: (pair[0], places.index(pair[1])))
    return [Trial(paper.name, experiment.name, row, number, data) for number, row in ordered]


def _data(experiment: Experiment, data: str | Path | None) -> str | None:
    if data is None:
        if experiment.data:
            raise ValueError(f"data must be {experiment.data}, got none: {experiment.name} does not run without it")
        return None
    if not experiment.data:
        raise ValueError(f"data must be None, got {str(data)!r}: {experiment.name} draws what it learns itself")
    if not Path(data).is_file():
        raise ValueError(f"data must be {experiment.data}, got {str(data)!r}, which is no file")
    path = str(Path(data).resolve())  # a worker process may have another current folder
    if experiment.read is not None:
        experiment.read(path)
    return path


def _how_many(row: Row, budget: str) -> int:
    return row.published.trials if budget == "paper" else max(1, row.quick)


def _outcomes(
    trials: list[Trial], jobs: int | None, dask: str | None, progress_bar: bool | None
) -> Iterator[tuple[Trial, Outcome, float]]:
    if not trials:
        return
    what = f"reproduce {trials[0].experiment}"
    with cluster.connected(dask, jobs, len(trials)) as client:
        running = side_by_side(execute, trials, cluster.at_a_time(jobs, len(trials)), client=client)
        with (
            progress.bar(len(trials), what, progress_bar) as bar,
            progress.ticking(bar),
            contextlib.closing(running) as outcomes,
        ):
            for trial, outcome, seconds in outcomes:
                yield trial, outcome, seconds
                done = _words(trials[0], outcome)
                progress.say(bar, f"{trial.row}, seed {trial.seed}: {done}", done)
                bar.update()


def _words(trial: Trial, outcome: Outcome) -> str:
    experiment = experiment_of(paper_of(trial.paper), trial.experiment)
    if experiment.counts:
        return f"{outcome.sequences} {experiment.counts}" if outcome.success else "no success"
    measures = zip(experiment.measures, outcome.values, strict=True)
    return ", ".join(f"{measure.name} {value:{measure.digits}}" for measure, value in measures)


def _sorted(lines: list[results.Line], experiment: Experiment) -> list[results.Line]:
    places = [row.name for row in experiment.rows]
    return sorted(lines, key=lambda line: (places.index(line[2]), int(line[3])))
