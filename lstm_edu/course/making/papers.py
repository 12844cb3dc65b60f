"""The page of the papers that were run again, made from the trials that are kept.

python -m lstm_edu.course.making.papers          writes figures/reproduced/README.md anew
"""

from pathlib import Path
from typing import TYPE_CHECKING

from lstm_edu.core.files import replace_file
from lstm_edu.course import library
from lstm_edu.course.reproduced import kept
from lstm_edu.reproduce import PAPERS

if TYPE_CHECKING:
    import pandas as pd

    from lstm_edu.reproduce import Experiment, Paper, Reproduction, Row

PAGE = "README.md"
TOP = """\
# Papers that were run again

Published numbers, ours beside them, and what each experiment cost. `a | b`: published | measured; `-`: not printed in
the paper, not found in the paper itself, or nothing to take a mean of. Trials are those of seeds 0, 1, 2 and so on,
none left out; they are kept beside this page, each with its setting, versions and seconds. Times are of one
core of a machine that was busy with other work: an idle one takes less. A row counts with all of its steps at the time
of a step in its median trial, or with its seconds if these are fewer, since single trials were held up by that work.

```sh
lstm-edu reproduce                                                       # this list
lstm-edu reproduce hochreiter1997 adding                                 # one experiment, in less than two minutes
lstm-edu reproduce hochreiter1997 adding --budget paper --resume         # all of its trials
lstm-edu reproduce hochreiter1997 --budget quick                         # all experiments of a paper
lstm-edu reproduce --budget quick                                        # of all papers: ten minutes on two cores
```

The same seeds give the same trials, bit for bit, for any number of jobs and workers on processors of one kind. On those
whose vectors are narrower or wider, sums are rounded otherwise: trials of 1997, of gers2002 and of a^n b^n came out the
same with AVX2 as with AVX-512, with which they are kept; others can end elsewhere.

This page is made from the trials: `python -m lstm_edu.course.making.papers`.
"""


def page(folder: Path) -> str:
    """The page, in Markdown.

    Parameters
    ----------
    folder : pathlib.Path
        Of the trials.

    Returns
    -------
    str
        A table of costs, then a part for each paper.
    """
    found = {(p.name, e.name): kept(p, e, [folder]) for p in PAPERS.values() for e in p.experiments}
    costs = ["## What each took", "", *_header("paper", "experiment", "trials", "time of the paper's budget")]
    parts = []
    for paper in PAPERS.values():
        for experiment in paper.experiments:
            trials = found[paper.name, experiment.name]
            costs.append(_line(paper.name, f"{experiment.number} {experiment.name}", *_cost(experiment, trials)))
        parts += [f"## {paper.name}", "", paper.citation, ""]
        for experiment in paper.experiments:
            parts += _part(paper, experiment, found[paper.name, experiment.name])
    return "\n".join([TOP, *costs, "", *parts]).rstrip() + "\n"


def _part(paper: "Paper", experiment: "Experiment", found: "Reproduction | None") -> list[str]:
    parts = [f"### {paper.name} {experiment.number}: {experiment.name}", "", experiment.title, ""]
    there = set() if found is None else {row.name for row, _ in found.rows()}
    if found is not None:
        parts += [*_table(found.summary()), ""]
        parts += [line for measure in experiment.measures for line in (f"*{measure.name}*: {measure.words}.", "")]
    without = [f"{row.name} ({_duration(row.seconds)} a trial)" for row in experiment.rows if row.name not in there]
    if without:
        parts += [f"No trials are kept of: {', '.join(without)}.", ""]
    if experiment.data:
        parts += [f"It needs `--data`: {experiment.data}.", ""]
    notes: dict[str, list[str]] = {}
    for row in experiment.rows:
        if row.note:
            notes.setdefault(row.note, []).append(row.name)
    return parts + [line for note, names in notes.items() for line in (f"- {', '.join(names)}: {note}", "")]


def _cost(experiment: "Experiment", found: "Reproduction | None") -> tuple[str, str]:
    """How many of the paper's trials are there, and how long all of them take."""
    trials = {} if found is None else {row.name: some for row, some in found.rows()}
    whole = sum(row.published.trials for row in experiment.rows)
    done = sum(min(len(some), _asked(experiment, name)) for name, some in trials.items())
    seconds = sum(row.published.trials * _seconds(row, trials.get(row.name)) for row in experiment.rows)
    return f"{done} of {whole}", _duration(seconds) if done == whole else f"about {_duration(seconds)}, not run whole"


def _asked(experiment: "Experiment", row: str) -> int:
    return experiment.row(row).published.trials


def _seconds(row: "Row", trials: "pd.DataFrame | None") -> float:
    """What a trial takes on average: long ones count in full, those that were held up do not."""
    if trials is None:
        return row.seconds
    a_step = (trials["seconds"] / trials["steps"]).median()
    return min(float(trials["seconds"].mean()), float(a_step * trials["steps"].mean()))


def _duration(seconds: float) -> str:
    for unit, size in (("h", 3600), ("min", 60)):
        if seconds >= 1.5 * size:
            return f"{seconds / size:.2g} {unit}" if seconds < 10 * size else f"{seconds / size:.0f} {unit}"
    return f"{seconds:.2g} s" if seconds < 10 else f"{seconds:.0f} s"


def _header(*names: str) -> list[str]:
    return [_line(*names), _line(*["---"] * len(names))]


def _line(*fields: str) -> str:
    return f"| {' | '.join(field.replace('|', chr(92) + '|') for field in fields)} |"


def _table(table: "pd.DataFrame") -> list[str]:
    rows = table.astype(str).to_numpy().tolist()
    return [*_header(*map(str, table.columns)), *(_line(*row) for row in rows)]


def write(course: library.Course) -> Path:
    """Write the page anew.

    Parameters
    ----------
    course : Course
        Whose trials it lies beside.

    Returns
    -------
    pathlib.Path
        The page.
    """
    path = course.reproduced / PAGE
    replace_file(path, page(course.reproduced).encode())
    return path


if __name__ == "__main__":
    print(write(library.find()))
