"""`lstm-edu sweep`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from . import options
from .own import load
from .signals import ending_in_order
from .tables import columns, fitted, wrapped

if TYPE_CHECKING:  # it loads much, and a command loads what it needs
    import pandas as pd

_SHOWN = 5  # rows of a dry run, and of the best


def sweep(
    file: Annotated[Path, typer.Argument(metavar="FILE.toml", help="What to run.")],
    out: Annotated[Path | None, typer.Option(help="The table.  [default: results/FILE.csv]")] = None,
    seeds: Annotated[
        str | None, typer.Option(help="How many, or a list with commas, where the file says none.  [default: 3]")
    ] = None,
    own: Annotated[
        Path | None, typer.Option("--with", help="A Python file that registers cells of your own, for the file.")
    ] = None,
    jobs: options.Jobs = None,
    resume: options.Resume = False,
    dask: options.Dask = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say how many runs, and the first; run nothing.")] = False,
) -> None:
    """Make every run that a file describes, and write a table (CSV) with a row for each as it ends.

    A value is single or a list, of which every combination is run; what is in [random] is drawn:

    \b
        task = "adding"
        cell = ["lstm", "gru"]
        steps = 1000
        seeds = 3
        [random]
        count = 20
        rate = {log-uniform = [1e-4, 1e-1]}

    After a stop of any kind `--resume` makes the runs that are missing. With --dask the runs go to a cluster."""
    import lstm_edu
    from lstm_edu.experiments import read_plan

    if own is not None:
        load(own)
    runs = read_plan(file, None if seeds is None else options.seeds(seeds))
    path = Path("results", f"{file.stem}.csv") if out is None else out
    if dry_run:
        _print_plan(runs)
        return
    with ending_in_order():
        try:
            table = lstm_edu.sweep(runs, out=path, resume=resume, jobs=jobs, dask=dask)
        except (KeyboardInterrupt, SystemExit) as stop:
            finished = getattr(stop, "finished", None)
            count = 0 if finished is None else len(finished)
            print(f"\nended early: {count} of {len(runs)} runs are done; --resume makes the others")
            if isinstance(stop, SystemExit):
                raise
            raise typer.Exit(130) from None
    _print_report(table)
    print(f"table: {path}")
    if (table["status"] == "failed").any():
        raise typer.Exit(1)


def _print_plan(runs: list) -> None:
    import pandas as pd

    from lstm_edu.experiments.sweep import described_run

    table = pd.DataFrame([described_run(run) for run in runs])
    same, varied = _same_and_varied(table)
    seeds = table["seed"].nunique()
    print(f"{len(runs):,} runs: {len(runs) // seeds:,} settings from {seeds} seed{'s' if seeds > 1 else ''}")
    print(wrapped(f"in all: {same}", columns()))
    if varied:
        print(fitted(_texts(table[varied].head(_SHOWN)), columns(), ()))
    if len(runs) > _SHOWN:
        print("...")


def _print_report(table: "pd.DataFrame") -> None:
    """How many runs ended in which way, the best settings, and what went wrong."""
    counts = table["status"].value_counts()
    print(", ".join(f"{counts[name]:,} {name}" for name in ("done", "diverged", "failed") if name in counts))
    settings = table.loc[:, :"carry_state"]
    same, varied = _same_and_varied(settings)
    print(wrapped(f"in all: {same}", columns()))
    groups = table.groupby(list(settings), sort=False, dropna=False)
    best = groups["test_loss"].agg(["median", "min", "max"])
    best["solved"] = [f"{part['solved'].sum()} of {len(part)}" for _, part in groups]
    best = best.sort_values("median", kind="stable").head(_SHOWN).reset_index()
    best = best[[*varied, "median", "min", "max", "solved"]].rename(columns={"median": "test_loss"})
    print(fitted(_texts(best), columns(), ("max", "min")))
    for _, row in table[table["status"] == "failed"].head(_SHOWN).iterrows():
        print(wrapped(f"failed: {row['task']}, {row['cell']}, seed {row['seed']}: {row['error']}", columns()))


def _same_and_varied(table: "pd.DataFrame") -> tuple[str, list[str]]:
    """The settings that all runs share, in words, and the names of the others."""
    varied = [name for name in table if table[name].nunique(dropna=False) > 1]
    same = [f"{name} {table[name].iloc[0]}" for name in table if name not in varied and table[name].notna().all()]
    return ", ".join(same), varied


def _texts(table: Any) -> Any:
    """The table with every number as it is shown."""
    table = table.copy()
    for name in table.select_dtypes("float"):
        table[name] = table[name].map("{:.4g}".format)
    return table.astype(str)
