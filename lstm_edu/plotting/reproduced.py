"""Trials of a reproduced experiment beside the number that was published."""

from typing import TYPE_CHECKING, Any

from . import style

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@style.in_style
def reproduced(reproduction: Any, *, title: str | None = None) -> "Figure":
    """The sequences until success of every trial, one line of points for each row of the paper's table.

    Where an experiment does not count them, its first measure is drawn in their place. A filled point is a trial that
    succeeded, a cross one that was given up; the bar is the mean over those that succeeded (of a measure: over all),
    the diamond the mean that was published.

    Parameters
    ----------
    reproduction : Reproduction
        From `lstm_edu.reproduce.reproduce`.
    title : str, optional
        In place of the experiment's own.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.

    Examples
    --------
    >>> import lstm_edu as le
    >>> found = le.reproduce.reproduce("hochreiter1997", "order", rows="6a", trials=1, jobs=1)
    >>> reproduced(found).axes[0].get_xlabel()
    'training sequences'
    """
    rows, experiment = reproduction.rows(), reproduction.experiment
    measure = None if experiment.counts else experiment.measures[0]
    name = "sequences" if measure is None else measure.name
    figure, axes = style.new_figure(size=(7.5, 1.6 + 0.5 * len(rows)))
    drawn = {"o", "|"}
    for place, (row, trials) in enumerate(rows):
        for success, mark in ((True, "o"), (False, "x")):
            some = trials[trials["success"] == success][name]
            drawn |= {mark} if len(some) else set()
            axes.plot(some, [place] * len(some), mark, color=style.COLOURS[0], alpha=0.5, markersize=5)
        solved = (trials if measure else trials[trials["success"]])[name]
        if len(solved):
            axes.plot([solved.mean()], [place], "|", color=style.COLOURS[0], markersize=22, markeredgewidth=2)
        published = row.published.values.get(measure.name) if measure else row.published.sequences
        if published is not None:
            drawn.add("D")
            axes.plot([published], [place], "D", color=style.COLOURS[1], markersize=7)
    for mark, colour, words in (
        ("o", style.COLOURS[0], "a trial"),
        ("x", style.COLOURS[0], "without success" if measure else "given up"),
        ("|", style.COLOURS[0], "mean" if measure else "mean of the successes"),
        ("D", style.COLOURS[1], "published mean"),
    ):
        if mark in drawn:
            axes.plot([], [], mark, color=colour, label=words)
    if measure is None or measure.log:
        axes.set_xscale("log")
    axes.set_yticks(range(len(rows)), [row.name for row, _ in rows])
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_xlabel(measure.words if measure else f"training {experiment.counts}")
    words = f"{reproduction.paper.name}, experiment {experiment.number}: {experiment.name}"
    figure.suptitle(title or words, x=0.01, ha="left", fontsize=11)
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    return figure
