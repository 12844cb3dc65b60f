"""`lstm-edu compare`."""

import contextlib
import os
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lstm_edu.cells import CLASSIC

from .own import load
from .signals import ending_in_order

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
    jobs: Annotated[int | None, typer.Option(help="Runs at a time.  [default: one per core]")] = None,
    out: Annotated[Path, typer.Option(help="Folder for the figure and the tables.")] = Path("figures"),
) -> None:
    """Train every cell on one task, side by side: a table, a figure (PNG) and the numbers (CSV)."""
    import lstm_edu
    from lstm_edu import tasks

    if own is not None:
        load(own)
    settings = {"length": length, "file": file}
    made = tasks.make(task, **{name: value for name, value in settings.items() if value is not None})
    name = f"compare-{task}"
    _check_out(out, [f"{name}{ending}" for ending in (".csv", "-curves.csv", ".json", ".png")])
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
                seeds=_seeds(seeds),
                jobs=jobs,
            )
        except (KeyboardInterrupt, SystemExit) as stop:
            if (finished := getattr(stop, "finished", None)) is not None:
                _report(finished, made, out, name, "\nended early: these runs were finished")
            raise
        if not _report(found, made, out, name):
            raise typer.Exit(1)


def _report(found: "Comparison", task: "Task", out: Path, name: str, first: str = "") -> bool:
    """Print what was found, then write it: what took so long to compute is on the screen whatever happens to the disk,
    and on the disk whatever happened to the terminal. Returns whether all of it is where it was to be."""
    text = f"{first}\n{_in_words(found, task)}"
    printed = _printed(text)
    complete, places = _write_all(found, out, name)
    if places and printed:
        printed = _printed(places)
    elif places:
        _complain(places)
    return complete and printed


def _printed(text: str) -> bool:
    try:
        print(text, flush=True)
    except OSError as error:  # a closed terminal or pipe, a full disk behind `>`
        _complain(f"can't print: {_reason(error)}")
        with contextlib.suppress(OSError):  # what is still in the buffer would fail once more at the very end
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return False
    return True


def _in_words(found: "Comparison", task: "Task") -> str:
    summary = found.summary()
    for place, name in enumerate(task.measures(1.0), start=6):
        summary.insert(place, name, [task.measures(loss)[name] for loss in summary["test_loss"]])
    measures = "".join(f", {name} {value:.4g}" for name, value in task.measures(task.baseline).items())
    lines = [
        f"{found.about['title']}, {found.about['steps']} steps. {task.question}\n",
        f"{_format(summary)}\n",
        f"baseline, the best guess without memory: {task.baseline:.4g}{measures}",
    ]
    for _, run in found[found["test_loss"].isna()].iterrows():
        advice = f"a smaller --rate than {found.about['rate']:g} may help"
        lines.append(f"{run['cell']}, seed {run['seed']}: diverged; {advice}")
    return "\n".join(lines)


def _write_all(found: "Comparison", out: Path, name: str) -> tuple[bool, str]:
    """Every file that can be written; the tables that can't go to a temporary folder. (whether all are in `out`, words
    that say where which file is)"""
    from lstm_edu import plotting

    figure = out / f"{name}.png"
    tables = found.writers(out, name)
    failed = [path for path, write in tables.items() if not _written(path, write)]
    drawn = _written(figure, lambda: plotting.save(plotting.learning_curves(found), figure))
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
        _complain(f"nor is there a temporary folder: {_reason(error)}")
        return []
    files = {path: write for path, write in found.writers(folder, name).items() if path.name in wanted}
    return [path for path, write in files.items() if _written(path, write)]


def _written(path: Path, write: Callable[[], Any]) -> bool:
    try:
        write()
    except Exception as error:  # whatever it is, the other files are still to be written
        _complain(f"can't write {path}: {_reason(error)}")
        return False
    return True


def _reason(error: BaseException) -> str:
    return getattr(error, "strerror", None) or " ".join(str(error).split()) or type(error).__name__


def _complain(text: str) -> None:
    with contextlib.suppress(OSError):  # the terminal is closed: nobody is left to tell
        print(f"lstm-edu: {text}", file=sys.stderr, flush=True)


def _seeds(text: str) -> int | list[int]:
    try:
        numbers = [int(part) for part in text.split(",")]
    except ValueError:
        raise ValueError(f"seeds must be a whole number or a list such as 0,1,2, got {text!r}") from None
    return numbers if "," in text else numbers[0]


def _check_out(folder: Path, names: Iterable[str]) -> None:
    """Refuse, before the work begins, a folder that can't be written to or made, and one where something else than a
    file has the name of a file to be written."""
    existing = next(parent for parent in [folder, *folder.absolute().parents] if _is_there(parent))
    if not existing.exists():
        raise ValueError(f"out: can't write to {str(folder)!r} ({str(existing)!r} is a link to nothing)")
    if not existing.is_dir():
        raise ValueError(f"out: can't write to {str(folder)!r} ({str(existing)!r} is no folder)")
    for path in (folder / name for name in names):
        if path.is_dir():
            raise ValueError(f"out: can't write {str(path)!r} (a folder is there)")
    try:
        with tempfile.TemporaryFile(dir=existing):
            pass
    except OSError as error:
        raise ValueError(f"out: can't write to {str(folder)!r} ({error.strerror})") from None


def _is_there(path: Path) -> bool:
    """Whether something has this name, a link to nothing included."""
    return path.is_symlink() or path.exists()


def _format(table: Any) -> str:
    numbers = dict.fromkeys(table.select_dtypes("float"), "{:.4g}".format)
    return table.to_string(index=False, formatters=numbers | {"seconds": "{:.1f}".format})
