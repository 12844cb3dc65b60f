"""The commands: `lstm-edu`, which is the same as `python -m lstm_edu`."""

import contextlib
import sys
from collections.abc import Iterator, Sequence
from typing import Annotated

import typer

from lstm_edu import __version__
from lstm_edu.commands import compare, course, forecast, info, inspect, reproduce, sample, sweep, tasks, train

START = """
Start here:
  lstm-edu compare adding     five cells on one task, about a minute
  lstm-edu course open        the course in JupyterLab
  lstm-edu COMMAND --help     what a command takes
"""

app = typer.Typer(
    name="lstm-edu",
    help="Recurrent networks to learn from and to try fast.",
    add_completion=False,
    invoke_without_command=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
# a list of commands shows one line of each, which it would cut
app.command("compare", short_help="Train every cell on one task, side by side.")(compare.compare)
app.command("sweep", short_help="Make the runs that a file describes, into one table.")(sweep.sweep)
app.command("reproduce", short_help="Run a paper's experiments again, under its own rules.")(reproduce.reproduce)
app.command("tasks", short_help="What there is to learn.")(tasks.list_tasks)
app.add_typer(train.app, short_help="Train a network on a text or a series of your own.")
app.command("sample", short_help="Let a network write that was trained on a text.")(sample.sample)
app.command("forecast", short_help="Forecast the rows behind the end of a CSV file.")(forecast.forecast)
app.command("inspect", short_help="What a network is, knows, and does with its gates.")(inspect.inspect)
app.add_typer(course.app, short_help="The course: list, open, check, copies, the book.")
app.command("info", short_help="Versions, processor, cache and threads.")(info.info)
app.command("warmup", short_help="Compile every kernel now.")(info.warmup)


def main(args: Sequence[str] | None = None) -> None:
    """Run a command; what the user got wrong becomes one line and exit code 2.

    Parameters
    ----------
    args : sequence of str, optional
        The words after `lstm-edu`; None: those of this process.

    Raises
    ------
    SystemExit
        At the end of every command, with its exit code.
    """
    try:
        with _printable():
            app(args=args, prog_name="lstm-edu")
    except (ValueError, OSError, ImportError, ArithmeticError, MemoryError) as error:
        text = " ".join(str(error).split()) or type(error).__name__
        print(f"lstm-edu: {'not enough memory: ' if isinstance(error, MemoryError) else ''}{text}", file=sys.stderr)
        raise SystemExit(2) from None


@contextlib.contextmanager
def _printable() -> Iterator[None]:
    """While inside, a character that the terminal's encoding lacks is printed as a question mark."""
    before = sys.stdout
    errors = getattr(before, "errors", None)
    if errors not in ("strict", "surrogateescape") or not hasattr(before, "reconfigure"):
        yield
        return
    before.reconfigure(errors="replace")
    try:
        yield
    finally:
        with contextlib.suppress(OSError, ValueError):  # it was closed meanwhile
            before.reconfigure(errors=errors)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(__version__)
        raise typer.Exit


@app.callback()
def _main(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="and exit")
    ] = False,
) -> None:
    if context.invoked_subcommand is None:
        print(context.get_help())
        print(START)


if __name__ == "__main__":
    main()
