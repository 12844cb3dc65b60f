"""`lstm-edu reproduce`."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from . import options
from .output import check_out, complain, printed, written
from .signals import ending_in_order
from .tables import columns, fitted, wrapped

if TYPE_CHECKING:
    from lstm_edu.reproduce import Experiment, Paper, Reproduction

UNNEEDED = ("where", "trials", "range", "wrong", "first rule")  # the first that goes where a terminal is narrow


def reproduce(
    paper: Annotated[str | None, typer.Argument(help="Which paper.  [default: all]")] = None,
    experiment: Annotated[str | None, typer.Argument(help="Which of its experiments.  [default: all]")] = None,
    budget: Annotated[
        str | None,
        typer.Option(
            help="quick: some trials of short rows, below two minutes an experiment; paper: all as in the paper.  "
            "[default: quick for one experiment; several are listed, not run]"
        ),
    ] = None,
    rows: Annotated[str | None, typer.Option(help="Rows with commas between.  [default: the budget's]")] = None,
    trials: Annotated[int | None, typer.Option(help="Trials of each row.  [default: the budget's]")] = None,
    jobs: options.Jobs = None,
    resume: options.Resume = False,
    dask: options.Dask = None,
    seed: Annotated[int, typer.Option(help="Of the first trial.")] = 0,
    data: Annotated[Path | None, typer.Option(help="The file that some experiments need; the list says which.")] = None,
    out: Annotated[Path, typer.Option(help="Folder for the figure and the table.")] = Path("results"),
) -> None:
    """Run a paper's experiment again: published and measured numbers, a figure (PNG), every trial (CSV).

    lstm-edu reproduce

    lstm-edu reproduce hochreiter1997 adding --budget paper --rows 100

    lstm-edu reproduce hochreiter1997 --budget quick"""
    from lstm_edu import reproduce as room
    from lstm_edu.reproduce.papers import experiment_of, paper_of

    papers = list(room.PAPERS.values()) if paper is None else [paper_of(paper)]
    if experiment is None and budget is None:
        for each in papers:
            _list(each, out)
        print("One experiment runs by its name, and all of those above with --budget quick.")
        return
    if experiment is None and rows is not None:
        raise ValueError(f"rows must be left out where no experiment is named, got {rows!r}")
    if experiment is None:
        chosen = [(each, one) for each in papers for one in each.experiments]
    else:
        chosen = [(papers[0], experiment_of(papers[0], experiment))]
    skipped = [one.name for _, one in chosen if experiment is None and one.data and data is None]
    chosen = [(each, one) for each, one in chosen if one.name not in skipped]
    check_out(out, [f"{_name(*pair)}{ending}" for pair in chosen for ending in (".csv", ".png")])
    if skipped:
        complain(f"left out, for want of --data: {', '.join(skipped)}")
    whole = True
    for each, one in chosen:
        options: dict[str, Any] = {
            "budget": budget or "quick",
            "rows": rows,
            "trials": trials,
            "jobs": jobs,
            "resume": resume,
        }
        given = data if experiment is not None or one.data else None
        whole &= _run(each, one, out, dask=dask, seed=seed, data=given, **options)
    if not whole:
        raise typer.Exit(1)


def _run(paper: "Paper", experiment: "Experiment", out: Path, *, rows: str | None, **options: Any) -> bool:
    """Run an experiment and report on it. Returns whether everything is where it was to be."""
    from lstm_edu import reproduce as room

    name = _name(paper, experiment)
    with ending_in_order():
        try:
            found = room.reproduce(
                paper.name,
                experiment.name,
                rows=None if rows is None else [row.strip() for row in rows.split(",") if row.strip()],
                out=out / f"{name}.csv",
                say=lambda words: print(words, file=sys.stderr),
                **options,
            )
        except (KeyboardInterrupt, SystemExit) as stop:
            finished = getattr(stop, "finished", None)
            done = 0 if finished is None else len(finished.table)
            complain(f"ended early: {done} trials are done; --resume goes on with them")
            if finished is not None:
                _report(finished, out, name)
            if isinstance(stop, SystemExit):
                raise
            raise typer.Exit(130) from None
    return _report(found, out, name)


def _list(paper: "Paper", out: Path) -> None:
    width = columns()
    print(wrapped(f"{paper.name}: {paper.citation}", width))
    for experiment in paper.experiments:
        print(wrapped(f"  {experiment.name:15} {experiment.number:3} {experiment.title}", width))
        print(f"{'':22}{_cost(experiment)} {_status(paper, experiment, out)}")
        if experiment.data:
            print(wrapped(f"{'':22}needs --data: {experiment.data}", width))


def _status(paper: "Paper", experiment: "Experiment", out: Path) -> str:
    """How many trials of the whole experiment stand in this folder."""
    from lstm_edu.reproduce import results

    path = out / f"{_name(paper, experiment)}.csv"
    try:
        lines, _ = results.read(path, paper, experiment, any_version=True)
    except (OSError, ValueError) as error:
        return f"{path} can't be used: {error}"
    whole = sum(row.published.trials for row in experiment.rows)
    return f"{len(lines)} of {whole} trials in {out}" if lines else "not run yet"


def _name(paper: "Paper", experiment: "Experiment") -> str:
    return f"reproduce-{paper.name}-{experiment.name}"


def _cost(experiment: "Experiment") -> str:
    quick = sum(row.quick * row.seconds for row in experiment.rows)
    whole = sum(row.published.trials * row.seconds for row in experiment.rows)
    return f"(quick {_duration(quick)}, paper {_duration(whole)})"


def _duration(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.0f} h"


def _report(found: "Reproduction", out: Path, name: str) -> bool:
    """Print what was found, then draw it. Returns whether all of it is where it was to be."""
    from lstm_edu import plotting

    width, experiment = columns(), found.experiment
    lines = [wrapped(f"{found.paper.name}, experiment {experiment.number}: {experiment.title}", width), ""]
    lines += [fitted(found.summary(), width, UNNEEDED), ""]
    until = f"{experiment.counts.capitalize()} until success, published and measured; " if experiment.counts else ""
    lines += [wrapped(f"{until}a | b: published | measured.", width)]
    lines += [wrapped(f"{measure.name}: {measure.words}.", width) for measure in experiment.measures]
    notes = dict.fromkeys(row.note for row, _ in found.rows() if row.note)
    lines += [wrapped(note, width) for note in notes]
    shown = printed("\n".join(lines))
    figure = out / f"{name}.png"
    drawn = written(figure, lambda: plotting.save(getattr(plotting, experiment.picture)(found), figure))
    places = f"trials: {out / f'{name}.csv'}" + (f"\nfigure: {figure}" if drawn else "")
    return printed(places) and shown and drawn
