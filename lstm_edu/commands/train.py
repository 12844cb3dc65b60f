"""`lstm-edu train text` and `lstm-edu train series`: a network for a file of one's own."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .output import keep_what_is_read
from .signals import ending_between_steps

if TYPE_CHECKING:
    from lstm_edu.nn import Training

app = typer.Typer(
    name="train",
    help="Train a network on a text or a series of your own.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Out = Annotated[Path, typer.Option(help="The file for the network; beside it a figure and the curve of the loss.")]
Cell = Annotated[str, typer.Option(help="rnn, lstm97, lstm, peephole, gru, or another name of lstm_edu.CELLS.")]
Units = Annotated[int, typer.Option(help="Units of each layer.")]
Layers = Annotated[int, typer.Option(help="Layers of the cell, one above the other.")]
Steps = Annotated[int, typer.Option(help="Training steps.")]
Rate = Annotated[float, typer.Option(help="Learning rate of Adam at the start; it falls as a cosine.")]
Seed = Annotated[int, typer.Option(help="Of the first weights and of the draws.")]
Resume = Annotated[bool, typer.Option("--resume", help="Go on with a run that was stopped or killed.")]
Force = Annotated[bool, typer.Option("--force", help="Replace what is there.")]
Every = Annotated[float, typer.Option(help="Seconds between two checkpoints.", min=0)]


@app.command()
def text(
    file: Annotated[Path, typer.Argument(help="The text, UTF-8.")],
    out: Out = Path("model.safetensors"),
    cell: Cell = "gru",
    units: Units = 128,
    layers: Layers = 1,
    length: Annotated[
        int | None,
        typer.Option(help="Characters that gradients flow back over.  [default: up to 64]"),
    ] = None,
    batch: Annotated[
        int | None, typer.Option(help="Places of the text read side by side.  [default: up to 32]")
    ] = None,
    steps: Steps = 3000,
    rate: Rate = 3e-3,
    seed: Seed = 0,
    resume: Resume = False,
    force: Force = False,
    checkpoint_every: Every = 60.0,
) -> None:
    """Train a network to write like a text.

    The first 80 % of the text are learnt, the next 10 % choose the best weights on the way, the last 10 % are the test:
    its score stands beside what counting characters reaches. `lstm-edu sample` lets the network write."""
    from lstm_edu import plotting
    from lstm_edu.experiments.own import text as own

    checkpoint = _checked_out(out, file, resume, force)
    if checkpoint is None:
        return
    settings = own.TextSettings(cell, units, layers, length, batch, steps, rate, seed)
    training, settings = own.text_training(file, settings)
    net, task = training.net, training.task
    print(f"{file.name}: {len(task.codes()):,} characters, {task.inputs} different ones")
    print(_made(training), flush=True)
    history = _run(training, checkpoint, checkpoint_every, out)
    found = own.scores(net, task)
    own.told(net, task, file, settings, found)
    _keep(net, out, checkpoint, history, lambda: _curve(plotting, history, task, found))
    print(f"\nbits for each character of the last {len(task.codes('test')):,}, which were kept for this test:")
    print("\n".join(f"  {name:22} {bits:6.3f}" for name, bits in found.items()))
    print(f"\n{_sample(net, task)}\n")
    print(f"It writes on: lstm-edu sample {out}")


@app.command()
def series(
    file: Annotated[Path, typer.Argument(help="A CSV file, UTF-8, with a line of names; the oldest row first.")],
    out: Out = Path("model.safetensors"),
    column: Annotated[
        str | None, typer.Option(help="The column to forecast.  [default: the only one with numbers]")
    ] = None,
    time: Annotated[str | None, typer.Option(help="The column of times, for the figures.")] = None,
    horizon: Annotated[int, typer.Option(help="How many rows ahead the network sees at once.")] = 12,
    window: Annotated[
        int | None, typer.Option(help="How many rows back it looks.  [default: two seasons, or two horizons]")
    ] = None,
    season: Annotated[
        int | None, typer.Option(help="After how many rows the series repeats itself.  [default: found]")
    ] = None,
    difference: Annotated[
        int, typer.Option(help="Learn how a row differs from the one so many before it: 1 for a trend.")
    ] = 0,
    cell: Cell = "gru",
    units: Units = 32,
    layers: Layers = 1,
    batch: Annotated[int, typer.Option(help="Windows in each step.")] = 32,
    steps: Steps = 1000,
    rate: Rate = 5e-3,
    seed: Seed = 0,
    resume: Resume = False,
    force: Force = False,
    checkpoint_every: Every = 60.0,
) -> None:
    """Train a network to forecast a column of a CSV file.

    The first 70 % of the rows are learnt, the next 15 % choose the best weights and give the intervals, the last 15 %
    are the test: its errors stand beside those of the last and of the seasonal value. `lstm-edu forecast` looks ahead.
    """
    from lstm_edu import plotting
    from lstm_edu.experiments.own import series as own
    from lstm_edu.experiments.own.table import read_column

    checkpoint = _checked_out(out, file, resume, force)
    if checkpoint is None:
        return
    name, values, times = read_column(file, column, time)
    settings = own.SeriesSettings(horizon, window, season, difference, cell, units, layers, batch, steps, rate, seed)
    training, settings = own.series_training(values, settings)
    net, task = training.net, training.task
    repeats = f"repeats itself after {task.season} rows" if task.season else "no season was found"
    print(f"{file.name}, {name}: {len(values):,} rows, {repeats}; {task.window} rows are seen, {horizon} forecast")
    print(_made(training), flush=True)
    history = _run(training, checkpoint, checkpoint_every, out)
    found = own.scores(net, task)
    coverage = own.told(net, task, file, name, settings, found)
    _keep(net, out, checkpoint, history, lambda: _test_part(plotting, net, task, name, times))
    first, end = task.part("test")
    print(f"\nerrors on the last {end - first} rows, which were kept for this test, up to {horizon} rows ahead:")
    print(found.to_string(float_format="{:.4g}".format))
    inside = ", ".join(f"{c:.0%} in the {level:.0%} one" for level, c in zip(own.LEVELS, coverage, strict=True))
    print(f"of these rows lie in the intervals: {inside}")
    if found["RMSE"].idxmin() != "network":
        print(f"The {found['RMSE'].idxmin()} is better here: this network is of no use yet.")
    if (outside := own.beyond_training(task)) > 0.1:
        print(f"{outside:.0%} of the later rows lie outside of all that was learnt: try --difference 1 or a season.")
    print(f"Look ahead: lstm-edu forecast {out} {file} --steps {2 * horizon}")


def _beside(out: Path) -> tuple[Path, Path]:
    """The figure and the table."""
    return out.with_suffix(".png"), out.with_suffix(".csv")


def _checked_out(out: Path, file: Path, resume: bool, force: bool) -> Path | None:
    """Where checkpoints go; None: there is nothing left to do. Nothing is replaced that nobody allowed to."""
    checkpoint = out.with_name(f"{out.name}.checkpoint")
    if not out.parent.is_dir():
        raise ValueError(f"out: there is no folder {str(out.parent)!r}")
    if out.is_dir():
        raise ValueError(f"out: {str(out)!r} is a folder, the name of a file is needed")
    if not os.access(out.parent, os.W_OK):
        raise ValueError(f"out: can't write to {str(out.parent)!r}")
    if out in _beside(out):
        raise ValueError(f"out must not end in {out.suffix}, as the file beside the network does, got {str(out)!r}")
    keep_what_is_read((out, checkpoint, *_beside(out)), [file])
    if resume and force:
        raise ValueError("resume and force: one of them, go on or begin anew")
    if force:
        checkpoint.unlink(missing_ok=True)
    elif checkpoint.exists() and not resume:
        raise ValueError(
            f"out: a run that was stopped is in {str(checkpoint)!r}: --resume goes on, --force begins anew"
        )
    elif out.exists() and resume and not checkpoint.exists():
        print(f"{out}: this run has ended, there is nothing left to do")
        return None
    elif not resume:
        for path in (out, *_beside(out)):
            if path.exists():
                raise ValueError(f"out: {str(path)!r} is there already: name another file, or --force")
    return checkpoint


def _made(training: "Training") -> str:
    settings, net = training.settings, training.net
    layers = ", ".join(f"{type(layer).__name__} {layer.outputs}" for layer in net.layers)  # type: ignore[attr-defined]
    return f"{layers}: {net.count_parameters():,} parameters, {settings['steps']:,} steps of batch {settings['batch']}"


def _run(training: "Training", checkpoint: Path, every: float, out: Path) -> Any:
    from lstm_edu.experiments.resumable import train_resumably

    with ending_between_steps() as wish:
        history = train_resumably(training, checkpoint, every=every, stop=wish, say=_say)
    if history is None:
        where = f"in {checkpoint}: --resume goes on" if checkpoint.exists() else "lost, for no checkpoint was written"
        _say(f"\nstopped at step {training.done} of {training.settings['steps']}; what was learnt is {where}")
        raise typer.Exit(128 + (wish.number or 2))
    return history


def _say(words: str) -> None:
    from tqdm import tqdm

    tqdm.write(words)


def _keep(net: Any, out: Path, checkpoint: Path, history: Any, draw: Any) -> None:
    """The network first; the checkpoint goes when it is safe."""
    from lstm_edu import plotting, save
    from lstm_edu.core.files import replace_file

    save(net, out)
    figure, table = _beside(out)
    for path, write in (
        (table, lambda: replace_file(table, history.table.to_csv(index=False).encode())),
        (figure, lambda: plotting.save(draw(), figure)),
    ):
        try:
            write()
        except (OSError, ValueError) as error:  # the network is what took so long
            _say(f"{path} can't be written: {error}")
    checkpoint.unlink(missing_ok=True)
    print(f"network: {out}; figure: {figure}; curve of the loss: {table}")


def _curve(plotting: Any, history: Any, task: Any, found: dict[str, float]) -> Any:
    table = history.table.copy()
    table["valid_loss"] = task.bits_per_character(table["valid_loss"])
    figure = plotting.learning_curves(table)
    axes = figure.axes[0]
    for (name, bits), line in zip(list(found.items())[1:], ("--", ":"), strict=True):
        axes.axhline(bits, color="#777777", linestyle=line, linewidth=1.2, label=f"{name}, test")
    axes.set_ylabel("validation loss (bits per character)")
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False)
    return figure


def _test_part(plotting: Any, net: Any, task: Any, name: str, times: Any) -> Any:
    """Forecasts side by side over the test part."""
    from lstm_edu.experiments.own.series import LEVELS, kept_widths
    from lstm_edu.nn.forecasting import forecast_from, widened

    origins = task.ordered("test")[0][:: task.horizon]
    paths = forecast_from(net, task.values, origins, task.horizon)
    widths = {f"{level:.0%}": widened(w, task.horizon) for level, w in zip(LEVELS, kept_widths(net)[1], strict=True)}
    first = max(0, task.part("test")[0] - task.window)
    known = list(zip(origins.tolist(), paths.T, strict=True))
    title = f"Test part: each forecast knows what came before it, {task.horizon} rows ahead"
    return plotting.forecast(task.values, known, widths, times=times, first=first, title=title, name=name)


def _sample(net: Any, task: Any) -> str:
    import itertools

    from lstm_edu.nn.sampling import write_text

    prompt = task.decode(task.codes("test")[:20])
    letters = write_text(net, prompt, temperature=0.8, rng=0)
    return f"after {prompt!r} it writes (temperature 0.8):\n{''.join(itertools.islice(letters, 300))}"
