"""`lstm-edu reproduce`."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .output import check_out, complain, printed, written
from .signals import ending_in_order
from .tables import columns, fitted, wrapped

if TYPE_CHECKING:
    from lstm_edu.reproduce import Experiment, Paper, Reproduction

UNNEEDED = ("where", "trials", "range", "wrong", "first rule")  # the first that goes where a terminal is narrow


def reproduce(
    paper: Annotated[str | None, typer.Argument(help="Which paper.  [default: list all]")] = None,
    experiment: Annotated[str | None, typer.Argument(help="Which of its experiments.  [default: list all]")] = None,
    budget: Annotated[
        str, typer.Option(help="quick: some trials of short rows, below two minutes; paper: all as in the paper.")
    ] = "quick",
    rows: Annotated[str | None, typer.Option(help="Rows with commas between.  [default: the budget's]")] = None,
    trials: Annotated[int | None, typer.Option(help="Trials of each row.  [default: the budget's]")] = None,
    jobs: Annotated[int | None, typer.Option(help="Trials at a time.  [default: one per core]")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the results that are there.")] = False,
    seed: Annotated[int, typer.Option(help="Of the first trial.")] = 0,
    out: Annotated[Path, typer.Option(help="Folder for the figure and the table.")] = Path("results"),
) -> None:
    """Run a paper's experiment again: published and measured numbers, a figure (PNG), every trial (CSV).

    lstm-edu reproduce

    lstm-edu reproduce hochreiter1997 adding --budget paper --rows 100"""
    from lstm_edu import reproduce as room
    from lstm_edu.reproduce.papers import experiment_of, paper_of

    if paper is None or experiment is None:
        for each in room.PAPERS.values() if paper is None else [paper_of(paper)]:
            _list(each)
        return
    asked = experiment_of(paper_of(paper), experiment)
    name = f"reproduce-{paper}-{asked.name}"
    check_out(out, [f"{name}{ending}" for ending in (".csv", ".png")])
    with ending_in_order():
        try:
            found = room.reproduce(
                paper,
                experiment,
                budget=budget,
                rows=None if rows is None else [row.strip() for row in rows.split(",") if row.strip()],
                trials=trials,
                seed=seed,
                jobs=jobs,
                out=out / f"{name}.csv",
                resume=resume,
                say=lambda words: print(words, file=sys.stderr),
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
    if not _report(found, out, name):
        raise typer.Exit(1)


def _list(paper: "Paper") -> None:
    width = columns()
    print(wrapped(f"{paper.name}: {paper.citation}", width))
    for experiment in paper.experiments:
        print(wrapped(f"  {experiment.name:15} {experiment.number:3} {experiment.title} {_cost(experiment)}", width))


def _cost(experiment: "Experiment") -> str:
    quick = sum(row.quick * row.seconds for row in experiment.rows)
    whole = sum(row.published.trials * row.seconds for row in experiment.rows)
    return f"(quick {_duration(quick)}, paper {_duration(whole)})"


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"


def _report(found: "Reproduction", out: Path, name: str) -> bool:
    """Print what was found, then draw it. Returns whether all of it is where it was to be."""
    from lstm_edu import plotting

    width, experiment = columns(), found.experiment
    lines = [wrapped(f"{found.paper.name}, experiment {experiment.number}: {experiment.title}", width), ""]
    lines += [fitted(found.summary(), width, UNNEEDED), ""]
    lines += [wrapped("Sequences until success, published and measured; a | b: published | measured.", width)]
    notes = dict.fromkeys(row.note for row, _ in found.rows() if row.note)
    lines += [wrapped(note, width) for note in notes]
    shown = printed("\n".join(lines))
    figure = out / f"{name}.png"
    drawn = written(figure, lambda: plotting.save(plotting.reproduced(found), figure))
    places = f"trials: {out / f'{name}.csv'}" + (f"\nfigure: {figure}" if drawn else "")
    return printed(places) and shown and drawn
