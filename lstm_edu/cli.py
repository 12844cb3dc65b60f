"""The commands: `lstm-edu`, which is the same as `python -m lstm_edu`."""

import os
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from lstm_edu import CELLS, __version__
from lstm_edu.cells import checks, files
from lstm_edu.course import commands

app = typer.Typer(
    name="lstm-edu",
    help="Recurrent networks to learn from and to try fast.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(commands.app)


def main(args=None) -> None:
    """Run a command; what the user got wrong becomes one line and exit code 2."""
    try:
        app(args=args, prog_name="lstm-edu")
    except (ValueError, OSError, ImportError, ArithmeticError, MemoryError) as error:
        text = " ".join(str(error).split()) or type(error).__name__
        print(f"lstm-edu: {'not enough memory: ' if isinstance(error, MemoryError) else ''}{text}", file=sys.stderr)
        raise SystemExit(2) from None


def _print_version(wanted: bool) -> None:
    if wanted:
        print(__version__)
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="and exit")
    ] = False,
) -> None: ...


@app.command()
def compare(
    task: Annotated[str, typer.Argument(help="What to learn: see `lstm-edu tasks`.")],
    cells: Annotated[str, typer.Option(help="Names with commas between.")] = ",".join(CELLS),
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
    from lstm_edu import plotting, tasks

    settings = {"length": length, "file": file}
    made = tasks.make(task, **{name: value for name, value in settings.items() if value is not None})
    _check_folder(out)
    table = lstm_edu.compare(
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
    # First what can't be had again, then what can: a closed terminal costs nothing but the print.
    figure = plotting.save(plotting.learning_curves(table), out / f"compare-{task}.png")
    _write(table, out / f"compare-{task}.csv")
    _write(table.curves, out / f"compare-{task}-curves.csv")
    print(f"\n{table.about['title']}, {table.about['steps']} steps. {made.question}\n")
    summary = table.summary()
    for place, name in enumerate(made.measures(1.0), start=6):
        summary.insert(place, name, [made.measures(loss)[name] for loss in summary["test_loss"]])
    print(_format(summary))
    measures = "".join(f", {name} {value:.4g}" for name, value in made.measures(made.baseline).items())
    print(f"\nbaseline, the best guess without memory: {made.baseline:.4g}{measures}")
    for _, run in table[table["test_loss"].isna()].iterrows():
        print(f"{run['cell']}, seed {run['seed']}: diverged; a smaller --rate than {table.about['rate']:g} may help")
    print(f"figure: {figure}\ntables: {out / f'compare-{task}.csv'}, {out / f'compare-{task}-curves.csv'}")


def _seeds(text: str):
    try:
        numbers = [int(part) for part in text.split(",")]
    except ValueError:
        raise ValueError(f"seeds must be a whole number or a list such as 0,1,2, got {text!r}") from None
    return numbers if "," in text else numbers[0]


def _check_folder(folder: Path) -> None:
    """Refuse a folder that can't be written to, or made, before the work begins."""
    existing = next(parent for parent in [folder, *folder.absolute().parents] if parent.exists())
    try:
        with tempfile.TemporaryFile(dir=existing):
            pass
    except OSError as error:
        raise ValueError(f"out: can't write to {str(folder)!r} ({error.strerror})") from None


def _write(table, path: Path) -> None:
    files.replace_file(path, table.to_csv(index=False).encode())


def _format(table) -> str:
    numbers = dict.fromkeys(table.select_dtypes("float"), "{:.4g}".format)
    return table.to_string(index=False, formatters=numbers | {"seconds": "{:.1f}".format})


@app.command("tasks")
def list_tasks() -> None:
    """What there is to learn, with the loss of the best guess without memory."""
    from lstm_edu import tasks

    for name, cls in tasks.TASKS.items():
        try:
            task = cls()
        except ImportError as error:
            print(f"{name:15} ({error})")
            continue
        print(f"{name:15} {task.question}")
        print(f"{'':15} baseline {task.baseline:.4g} ({task.loss.replace('_', ' ')}); {task!r}")


@app.command()
def info() -> None:
    """Versions, processor, cache folder and threads: what to put into a report of a fault."""
    import platform
    from importlib.metadata import PackageNotFoundError, version

    import llvmlite.binding as llvm

    from lstm_edu.cells import get_num_threads
    from lstm_edu.cells.kernel import CACHE_FOLDER
    from lstm_edu.cells.threads import available_cores

    print(f"lstm_edu {__version__}, Python {platform.python_version()}, {platform.platform()}")
    for name in ("numba", "llvmlite", "numpy", "scipy", "pandas", "matplotlib", "joblib", "safetensors"):
        try:
            print(f"{name:12} {version(name)}")
        except PackageNotFoundError:
            print(f"{name:12} not installed")
    features = llvm.get_host_cpu_features()
    simd = [name for name in ("avx512f", "avx2", "fma", "avx", "sse4.2", "neon", "sve") if features.get(name)]
    print(f"{'processor':12} {platform.machine()}, {llvm.get_host_cpu_name()} ({', '.join(simd) or 'no SIMD known'})")
    print(f"{'cores':12} {available_cores()} of {os.cpu_count()} may be used")
    print(f"{'threads':12} {get_num_threads()} (LSTM_EDU_NUM_THREADS={os.environ.get('LSTM_EDU_NUM_THREADS', '')})")
    print(f"{'cache':12} {CACHE_FOLDER or 'none: no folder can be written to, kernels compile in every process'}")


@app.command()
def warmup(
    dtype: Annotated[str, typer.Option(help="float32, float64 or both.")] = "float32",
) -> None:
    """Compile every kernel now, with a progress bar; later runs find the machine code on disk."""
    from lstm_edu.experiments.warmup import warm

    names = ("float32", "float64") if dtype == "both" else (checks.float_type(dtype).name,)
    seconds = warm(names)
    print(f"all kernels for {' and '.join(names)} are ready ({seconds:.1f} s)")


if __name__ == "__main__":
    main()
