"""`lstm-edu compare`."""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lstm_edu.cells import CLASSIC

from . import options
from .output import check_out, complain, printed, reason, written
from .own import load
from .signals import ending_in_order
from .tables import columns, fitted, wrapped

# of the table: the first that goes where a terminal is narrow, then the next
UNNEEDED = ("steps_to_solve", "seconds", "parameters", "units", "bits/char", "lowest", "highest")

if TYPE_CHECKING:  # both load much, and a command loads what it needs
    from lstm_edu.experiments import Comparison
    from lstm_edu.tasks import Task


def compare(
    task: Annotated[str, typer.Argument(help="What to learn: see `lstm-edu tasks`.")],
    cells: Annotated[str, typer.Option(help="Names with commas between.")] = ",".join(CLASSIC),
    own: Annotated[
        Path | None, typer.Option("--with", help="A Python file that registers cells of your own, for --cells.")
    ] = None,
    units: Annotated[int | None, typer.Option(help="Units of each layer.  [default: as suits the task]")] = None,
    parameters: Annotated[
        int | None, typer.Option(help="Instead of --units: about so many parameters for every cell.")
    ] = None,
    layers: Annotated[int, typer.Option(help="Layers of the cell, one above the other.")] = 1,
    length: Annotated[int | None, typer.Option(help="Length of the sequences.  [default: the task's]")] = None,
    file: Annotated[Path | None, typer.Option(help="The text to learn, UTF-8; for the task text.")] = None,
    steps: Annotated[int | None, typer.Option(help="Training steps.  [default: as suits the task]")] = None,
    batch: Annotated[int | None, typer.Option(help="Sequences per step.  [default: as suits the task]")] = None,
    rate: Annotated[float | None, typer.Option(help="Learning rate of Adam.  [default: as suits the task]")] = None,
    memory: Annotated[
        int | None, typer.Option(help="Steps the gates remember at the start; 0: usual biases.  [default: the task's]")
    ] = None,
    seeds: Annotated[str, typer.Option(help="How many, or a list with commas: 3 or 0,1,2.")] = "3",
    jobs: options.Jobs = None,
    resume: options.Resume = False,
    dask: options.Dask = None,
    out: Annotated[Path, typer.Option(help="Folder for the figure and the tables.")] = Path("results"),
    save: Annotated[
        Path | None, typer.Option(help="Folder for the trained networks, one file for each cell and seed.")
    ] = None,
) -> None:
    """Train every cell on one task, side by side: a table, a figure (PNG) and the numbers (CSV).

    lstm-edu compare adding --cells lstm,gru --seeds 5

    lstm-edu compare text --file my.txt --save networks"""
    import lstm_edu
    from lstm_edu import tasks

    if own is not None:
        load(own)
    settings = {"length": length, "file": file}
    made = tasks.make(task, **{name: value for name, value in settings.items() if value is not None})
    name = f"compare-{task}"
    check_out(out, [f"{name}{ending}" for ending in (".csv", "-curves.csv", ".json", ".png", ".runs")])
    if save is not None:
        check_out(save, [], "save")
        if resume:
            raise ValueError("resume: what an earlier start left are numbers and no networks; leave out --save")
    journal = None if save is not None else out / f"{name}.runs"
    with ending_in_order():
        try:
            found = lstm_edu.compare(
                made,
                cells=[name.strip() for name in cells.split(",") if name.strip()],
                units=units,
                parameters=parameters,
                layers=layers,
                steps=steps,
                batch=batch,
                rate=rate,
                memory=memory,
                seeds=options.seeds(seeds),
                jobs=jobs,
                dask=dask,
                keep_networks=save is not None or (hasattr(made, "decode") and not resume),
                journal=journal,
                resume=resume,
            )
        except (KeyboardInterrupt, SystemExit) as stop:
            finished, asked = getattr(stop, "finished", None), getattr(stop, "asked", None)
            done = (
                "" if asked is None else f": {0 if finished is None else len(finished.table)} of {asked} runs are done"
            )
            if finished is not None:
                more = "" if journal is None else "; --resume makes the others"
                _report(finished, made, out, name, save, f"\nended early{done}{more}")
            else:
                complain(f"ended early{done or ' before a run was done'}; nothing is written")
            if isinstance(stop, SystemExit):
                raise
            raise typer.Exit(130) from None
        if not _report(found, made, out, name, save, journal=journal):
            raise typer.Exit(1)


def _report(
    found: "Comparison",
    task: "Task",
    out: Path,
    name: str,
    save: Path | None = None,
    first: str = "",
    journal: Path | None = None,
) -> bool:
    """Print what was found, then write it: what took so long to compute is on the screen whatever happens to the disk,
    and on the disk whatever happened to the terminal. The journal of what has ended goes once the files say all of it.
    Returns whether all of it is where it was to be."""
    text = f"{first}\n{_in_words(found, task)}{_samples(found, task)}"
    shown = printed(text)
    complete, places = _write_all(found, out, name)
    if save is not None:
        kept = _kept(found, save)
        complete, places = complete and len(kept) == len(found.networks), f"{places}\nnetworks: {', '.join(kept)}"
    if journal is not None and complete:
        journal.unlink(missing_ok=True)
    elif journal is not None and journal.exists():
        places = f"{places}\nruns: {journal}; --resume goes on with them".strip()
    if places and shown:
        shown = printed(places)
    elif places:
        complain(places)
    return complete and shown


def _in_words(found: "Comparison", task: "Task") -> str:
    width, summary = columns(), found.summary()
    for place, name in enumerate(task.measures(1.0), start=6):
        summary.insert(place, name, [task.measures(loss)[name] for loss in summary["test_loss"]])
    measures = "".join(f", {name} {value:.4g}" for name, value in task.measures(task.baseline).items())
    lines = [
        wrapped(f"{found.about['title']}, {found.about['steps']} steps. {task.question}", width) + "\n",
        f"{fitted(_texts(summary), width, UNNEEDED)}\n",
        wrapped(f"baseline, the best guess without memory: {task.baseline:.4g}{measures}", width),
    ]
    for _, run in found[found["test_loss"].isna()].iterrows():
        advice = f"a smaller --rate than {found.about['rate']:g} may help"
        lines.append(wrapped(f"{run['cell']}, seed {run['seed']}: diverged; {advice}", width))
    return "\n".join(lines)


def _samples(found: "Comparison", task: "Task") -> str:
    """What the best network of each cell writes, for a text."""
    if not hasattr(task, "decode") or not found.networks:
        return ""
    from lstm_edu.nn.sampling import sample_text

    rows = found.table.dropna(subset="test_loss").sort_values("test_loss").drop_duplicates("cell")
    best = rows.set_index("cell")["seed"].to_dict()
    prompt = task.decode(task.sample(1, 0, "test").x[:20, 0])
    lines = [f"after {prompt!r} the best network of each cell writes:"]
    for cell in dict.fromkeys(found.table["cell"]):
        if cell in best:
            written = sample_text(found.networks[cell, best[cell]], task, prompt, 120, 0.8)
            lines.append(f"{cell}: {written!r}")
    return "\n\n" + "\n".join(wrapped(line, columns()) for line in lines)


def _kept(found: "Comparison", folder: Path) -> list[str]:
    """The files of the networks that could be written."""
    from lstm_edu import save

    kept = []
    for (cell, seed), net in found.networks.items():
        path = folder / f"{cell}-{seed}.safetensors"

        def write(net: Any = net, path: Path = path) -> None:
            folder.mkdir(parents=True, exist_ok=True)
            save(net, path)

        kept += [str(path)] if written(path, write) else []
    return kept


def _write_all(found: "Comparison", out: Path, name: str) -> tuple[bool, str]:
    """Every file that can be written; the tables that can't go to a temporary folder. (whether all are in `out`, words
    that say where which file is)"""
    from lstm_edu import plotting

    figure = out / f"{name}.png"
    tables = found.writers(out, name)
    failed = [path for path, write in tables.items() if not written(path, write)]
    drawn = written(figure, lambda: plotting.save(plotting.learning_curves(found), figure))
    rescued = _rescued(found, name, {path.name for path in failed}) if failed else []
    places = {
        "figure": [figure] if drawn else [],
        "tables": [path for path in tables if path not in failed],
        "instead, in a temporary folder": rescued,
    }
    lines = [f"{what}: {', '.join(map(str, paths))}" for what, paths in places.items() if paths]
    return drawn and not failed, "\n".join(lines)


def _rescued(found: "Comparison", name: str, wanted: set[str]) -> list[Path]:
    try:
        folder = Path(tempfile.mkdtemp(prefix="lstm_edu-"))
    except OSError as error:
        complain(f"nor is there a temporary folder: {reason(error)}")
        return []
    files = {path: write for path, write in found.writers(folder, name).items() if path.name in wanted}
    return [path for path, write in files.items() if written(path, write)]


def _texts(table: Any) -> Any:
    """The table with every number as it is shown."""
    table = table.copy()
    for name in table.select_dtypes("float"):
        table[name] = table[name].map(("{:.1f}" if name == "seconds" else "{:.4g}").format)
    return table.astype(str)
