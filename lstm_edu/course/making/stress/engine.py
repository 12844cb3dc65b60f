"""All runs of a chapter's experiments, side by side, into its table; what is there already is not run again."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from lstm_edu.core import checks
from lstm_edu.experiments import cluster
from lstm_edu.experiments.lines import append
from lstm_edu.experiments.workers import side_by_side
from lstm_edu.nn import progress

from . import evidence
from .experiment import Experiment, Outcome, Trial, execute, not_reached

_QUICK = 50  # a trial of everything makes a fiftieth of the steps


def stress(
    experiments: Sequence[Experiment],
    path: Path,
    command: str,
    *,
    only: str | None = None,
    seeds: int | None = None,
    jobs: int | None = None,
    dask: str | None = None,
    fresh: bool = False,
    progress_bar: bool | None = None,
    say: Callable[[str], None] = print,
) -> list[Outcome]:
    """Run what is missing and add it to the table, run by run.

    Parameters
    ----------
    experiments : sequence of Experiment
        All of the chapter.
    path : pathlib.Path
        The table; the folder is made.
    command : str
        What its first line says.
    only : str, optional
        The name of the one to run.
    seeds : int, optional
        How many in place of the experiments' own number.
    jobs : int, optional
        How many runs at a time, each on one core; None: the cores this process may use.
    dask : str, optional
        The address of a Dask scheduler that the runs go to, or "local", as for `sweep`.
    fresh : bool
        Whether to begin anew, and not to go on with what is there.
    progress_bar : bool or None
        None: in a notebook and at a terminal.
    say : callable
        Gets every notice.

    Returns
    -------
    list of Outcome
        Those of the runs that were made now.

    Raises
    ------
    ValueError
        For an unknown experiment, a wrong number, and a file that holds something else.
    """
    names = [experiment.name for experiment in experiments]
    chosen = [e for e in experiments if only is None or e.name == checks.one_of("experiment", only, names)]
    jobs = jobs if jobs is None else checks.whole("jobs", jobs)
    # seed by seed: whoever looks early, or has to stop, has a little of everything
    wanted = sorted((t for experiment in chosen for t in experiment.trials(seeds)), key=lambda trial: trial.seed)
    rows, notices = _before(experiments, path, chosen, fresh)
    for words in notices:
        say(words)
    there = {evidence.key(row) for row in rows}
    missing = [trial for trial in wanted if trial.key not in there]
    if len(missing) < len(wanted):
        say(f"{len(wanted) - len(missing)} of {len(wanted)} runs are there already")
    evidence.write(path, command, rows)
    outcomes = []
    for outcome in _outcomes(missing, jobs, dask, progress_bar):
        new = evidence.rows_of(outcome)
        append(path, new)
        outcomes.append(outcome)
        rows += new
        if outcome.failure:
            trial = outcome.trial
            say(f"{trial.experiment.name}, {trial.variant}, rate {trial.rate:g}, seed {trial.seed}: {outcome.failure}")
    evidence.write(path, command, _sorted(rows, experiments))
    return outcomes


def quick(experiments: Sequence[Experiment], only: str | None = None) -> list[Outcome]:
    """A trial of everything, in a few seconds: every variant once, with a fiftieth of the steps, at the lowest rate.

    Parameters
    ----------
    experiments : sequence of Experiment
        All of the chapter.
    only : str, optional
        The name of the one to run.

    Returns
    -------
    list of Outcome
        One for each variant; nothing is written.
    """
    names = [experiment.name for experiment in experiments]
    found = []
    for experiment in experiments:
        if only is not None and experiment.name != checks.one_of("experiment", only, names):
            continue
        steps = tuple(sorted({max(1, n // _QUICK) for n in experiment.steps}))
        short = replace(experiment, steps=steps, rates=experiment.rates[:1], seeds=1)
        found += [execute(trial) for trial in short.trials()]
    return found


def _before(
    experiments: Sequence[Experiment], path: Path, chosen: list[Experiment], fresh: bool
) -> tuple[list[evidence.Row], list[str]]:
    """The rows that stay: with `fresh` those of the experiments that are not to be run."""
    if fresh and len(chosen) == len(experiments):
        return [], []
    rows, notices = evidence.kept(path, experiments)
    names = {experiment.name for experiment in chosen} if fresh else set()
    return [row for row in rows if row[0] not in names], notices


def _outcomes(trials: list[Trial], jobs: int | None, dask: str | None, progress_bar: bool | None) -> Iterator[Outcome]:
    if not trials:
        return
    with cluster.connected(dask, jobs, len(trials)) as client:
        at_a_time = cluster.at_a_time(jobs, len(trials))
        running = side_by_side(execute, trials, at_a_time, client=client, lost=not_reached)
        with progress.bar(len(trials), "stress", progress_bar) as bar, contextlib.closing(running) as outcomes:
            for outcome in outcomes:
                yield outcome
                trial = outcome.trial
                about = f"{trial.experiment.name}, {trial.variant}, rate {trial.rate:g}, seed {trial.seed}"
                bar.set_postfix_str(about)
                bar.update()


def _sorted(rows: list[evidence.Row], experiments: Sequence[Experiment]) -> list[evidence.Row]:
    """In the order of the experiments, whatever the order in which the runs ended."""
    places = {e.name: (k, e) for k, e in enumerate(experiments)}

    def place(row: evidence.Row) -> tuple:
        number, experiment = places[row[0]]
        variant, measure = experiment.variants.index(row[1]), experiment.measures.index(row[5])
        return number, variant, float(row[2]), int(row[4]), int(row[3]), measure

    return sorted(rows, key=place)
