"""The commands `lstm-edu course ...`."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from lstm_edu.course import library

from . import options
from .signals import ending_in_order

app = typer.Typer(
    name="course",
    help="The course: chapters as Jupyter notebooks.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

NO_SOURCES = "there are no sources notebooks/src/NN_name.py here: only a clone of the repository has them"
# options of JupyterLab that take no value
SWITCHES = ("--no-browser", "--debug", "--allow-root", "--core-mode", "--dev-mode", "--collaborative")
_Numbers = Annotated[list[str] | None, typer.Argument(metavar="[NN]...", help="Chapters.  [default: all]")]


def _plain(words: str) -> str:
    """A chapter's words for the terminal: simple formulas without the marks of TeX."""
    return words.replace("$", "").replace("\\dots", "…")


@app.command("list")
def list_chapters() -> None:
    """Every chapter: its question, its minutes."""
    from lstm_edu.course.making import build, notebook

    for chapter in library.find().chapters:
        made = notebook.peek(chapter.notebook) if chapter.notebook.is_file() else build.make(chapter)
        kind = f"{notebook.minutes(made)} min" if notebook.code_cells(made) else "appendix"
        print(f"{chapter.number:02d}  {notebook.title(made)} ({kind})")
        print(f"    {_plain(notebook.question(made))}")


@app.command("build")
def build_chapters(numbers: _Numbers = None) -> None:
    """Run chapters, write notebooks and figures.

    Each in a fresh kernel, by a temporary name and a rename; then a table of the limits that chapters keep to."""
    from lstm_edu.course.making import build, limits, maps, notebook

    library.need("jupytext", "nbformat", "nbclient", "ipykernel")
    chapters = [chapter for chapter in library.find().choose(numbers or []) if chapter.source.is_file()]
    if not chapters:
        raise ValueError(NO_SOURCES)
    failed, found = [], {}
    print(_row("chapter", "seconds", "cells", "median", "words", "exercises", "MB", "problems"))
    for chapter in chapters:
        try:
            made, seconds = build.build(chapter)
        except build.ChapterFailed as error:
            failed.append(chapter.name)
            print(f"{chapter.name}: {error}", flush=True)
            continue
        found[chapter.name] = limits.problems(chapter.notebook)
        size = chapter.notebook.stat().st_size
        print(
            _row(
                chapter.name,
                f"{seconds:.0f}",
                len(notebook.lesson_cells(made)),
                f"{notebook.median_lines(made):g}",
                notebook.words(made),
                len(notebook.exercises(made)),
                f"{size / 1e6:.2f}",
                len(found[chapter.name]) + (seconds > limits.SECONDS),
            ),
            flush=True,
        )
        if seconds > limits.SECONDS:
            found[chapter.name].append(f"{seconds:.0f} s, at most {limits.SECONDS} are asked for")
    asked = ("limits", limits.SECONDS, _span(limits.CODE_CELLS), limits.MEDIAN_LINES, _span(limits.WORDS))
    print(_row(*asked, _span(limits.EXERCISES), limits.BYTES / 1e6, 0))
    _print_problems(found)
    for path in maps.write(library.find()):
        print(f"{path.name}: the table of chapters is written anew")
    if failed:
        raise typer.Exit(1)


def _span(pair: tuple) -> str:
    return f"{pair[0]}-{pair[1]}"


def _row(name: str, *values: Any) -> str:
    return f"{name:24}" + "".join(f"{value!s:>11}" for value in values)


def _print_problems(found: dict[str, list[str]]) -> bool:
    for name, problems in found.items():
        for problem in problems:
            print(f"{name}: {problem}")
    return any(found.values())


@app.command("check")
def check_chapters(numbers: _Numbers = None) -> None:
    """Hold notebooks to their sources and limits."""
    from lstm_edu.course.making import build, limits

    library.need("jupytext", "nbformat")
    chapters = library.find().choose(numbers or [])
    if not any(chapter.source.is_file() for chapter in chapters):
        raise ValueError(NO_SOURCES)
    found = {}
    for chapter in chapters:
        found[chapter.name] = build.drift(chapter)
        if chapter.notebook.is_file():
            found[chapter.name] += limits.problems(chapter.notebook)
    if _print_problems(found):
        raise typer.Exit(1)
    print(f"{len(chapters)} chapters agree with their sources and keep to the limits")


@app.command("stress")
def stress_chapter(
    number: Annotated[str, typer.Argument(metavar="NN", help="The chapter.")],
    experiment: Annotated[str | None, typer.Option(help="One of its experiments.  [default: all]")] = None,
    seeds: Annotated[int | None, typer.Option(help="How many.  [default: as the experiment says]")] = None,
    jobs: options.Jobs = None,
    dask: options.Dask = None,
    resume: Annotated[bool, typer.Option("--resume/--fresh", help="Go on with what is there, or begin anew.")] = True,
    quick: Annotated[bool, typer.Option("--quick", help="Try everything in a few seconds; writes nothing.")] = False,
    out: Annotated[Path | None, typer.Option(help="The table.  [default: notebooks/evidence/chNN.csv]")] = None,
) -> None:
    """Re-run what a chapter compares at other rates, budgets and seeds.

    Every run goes into a table as it ends: after Ctrl-C the same command goes on. A run that diverges is a row that
    says so."""
    from lstm_edu.course.making.stress import engine
    from lstm_edu.course.making.stress.experiment import experiments

    found = experiments(number)
    if quick:
        failed = _print_outcomes(engine.quick(found, experiment))
        raise typer.Exit(int(failed))
    name = f"ch{number.zfill(2)}"
    path = out or library.find().evidence / f"{name}.csv"
    command = f"lstm-edu course stress {number.zfill(2)}" + (f" --seeds {seeds}" if seeds is not None else "")
    with ending_in_order():
        engine.stress(found, path, command, only=experiment, seeds=seeds, jobs=jobs, dask=dask, fresh=not resume)
    print(f"evidence: {path}")


def _print_outcomes(outcomes: list) -> bool:
    """A line a run; whether one failed."""
    for outcome in outcomes:
        last = outcome.rows[-len(outcome.trial.experiment.measures) :]
        words = outcome.failure or ", ".join(f"{name} {value:.4g}" for _, name, value, _ in last)
        print(f"{outcome.trial.experiment.name:20} {outcome.trial.variant:20} {last[-1][-1]:6.2f} s  {words}")
    return any(outcome.failure for outcome in outcomes)


@app.command("student")
def student_copy(
    folder: Annotated[Path, typer.Argument(help="A new folder.")],
    numbers: _Numbers = None,
) -> None:
    """Copies for a class, and an answer key beside them.

    DIR/class has neither solutions nor outputs, and what answers a prediction is folded; DIR/answer-key has all of it.
    """
    from lstm_edu.course.making import copies

    library.need("nbformat")
    course = library.find()
    for_class, key = copies.student(course, folder, numbers or ())
    print(f"for the class: {for_class}\nwith solutions: {key}")


@app.command("grade")
def grade_class(
    folder: Annotated[Path, typer.Argument(help="The learners' notebooks, in it or in folders of their own.")],
    out: Annotated[Path, typer.Option(help="The table, one row for each exercise.")] = Path("grades.csv"),
    timeout: Annotated[float, typer.Option(help="Seconds for each notebook.", min=1)] = 300.0,
    jobs: Annotated[int | None, typer.Option(help="Notebooks at a time.  [default: one per core]", min=1)] = None,
) -> None:
    """Which exercises of a class are right, as a CSV.

    It runs the code in the notebooks, each in a process of its own and in an empty folder: grade on a machine where
    that may be. The checks that come with the course decide, not what a notebook prints."""
    from lstm_edu.core.threads import available_cores
    from lstm_edu.course.making import grade
    from lstm_edu.nn import progress

    library.need("IPython")
    if not out.parent.is_dir():
        raise ValueError(f"out: there is no folder {str(out.parent)!r}")
    paths = grade.notebooks_in(folder)
    with ending_in_order(), progress.bar(len(paths), "grade") as bar, progress.ticking(bar):
        marks = grade.grade(folder, timeout=timeout, jobs=jobs or available_cores(), done=bar.update)
    grade.written(marks, out)
    for name in dict.fromkeys(mark.file for mark in marks):
        own = [mark for mark in marks if mark.file == name]
        asked = [mark for mark in own if mark.exercise]
        words = [f"{sum(mark.passed for mark in asked)} of {len(asked)} right"] if asked else []
        words += [mark.message for mark in own if not mark.exercise]
        missing = ", ".join(mark.exercise for mark in asked if not mark.passed)
        print(f"{name:40} {'; '.join(words)}" + (f"; not yet: {missing}" if missing else ""))
    for number in sorted({mark.exercise for mark in marks if mark.exercise}):
        passed = [mark.passed for mark in marks if mark.exercise == number]
        print(f"exercise {number:31} {sum(passed)} of {len(passed)} learners")
    print(f"table: {out}")


@app.command("open", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def open_chapter(
    context: typer.Context,
    folder: Annotated[Path, typer.Option(help="Where your copy of the chapters is, or is to be.")] = Path(
        "lstm_edu-course"
    ),
) -> None:
    """Open a chapter in JupyterLab.

    It opens in a copy of your own: what you have changed there is never overwritten. Name a chapter by its number; all
    other options go to JupyterLab, in any order:

    lstm-edu course open 03 --no-browser --port=8899"""
    from lstm_edu.commands import lab
    from lstm_edu.course.making import copies

    library.need("jupyterlab", "ipykernel", "ipywidgets", "nbformat")
    course = library.find()
    number, options = _number_and_options(context.args)
    (chapter,) = course.choose([number])
    if not chapter.notebook.is_file():
        raise ValueError(f"chapter {chapter.name} has no notebook yet: lstm-edu course build {chapter.number:02d}")
    written, kept = copies.working_copy(course, folder)
    print(f"your copy of the course: {folder.resolve()} ({len(written)} chapters new)")
    if kept:
        print(f"kept as you left them, although there are newer ones: {', '.join(kept)}")
    raise typer.Exit(lab.run(folder, chapter.notebook.name, options))


def _number_and_options(words: list[str]) -> tuple[str, list[str]]:
    """The chapter's number, wherever it stands, and what is JupyterLab's: a number behind an option belongs to that."""
    number, options = "00", []
    for place, word in enumerate(words):
        after_an_option = place > 0 and words[place - 1].startswith("--") and "=" not in words[place - 1]
        if word.startswith("-") or (after_an_option and words[place - 1] not in SWITCHES):
            options.append(word)
        else:
            number = word
    return number, options


@app.command("book")
def build_book(
    out: Annotated[Path, typer.Option(help="A new or empty folder, or the book of before.")] = Path("build/book"),
) -> None:
    """Build the book, to be read in a browser without the network: every chapter, and the reference.

    It shows the notebooks as they are; `lstm-edu course build` runs them."""
    from lstm_edu.course.making.book import build_book

    try:
        page = build_book(library.find().folder, out)
    except RuntimeError as error:  # Sphinx's words are many lines
        print(f"lstm-edu: {error}", file=sys.stderr)
        raise typer.Exit(2) from None
    print(f"book: {page}")
