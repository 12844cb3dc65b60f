"""Trials of a reproduced experiment beside the number that was published."""

from typing import TYPE_CHECKING, Any

from . import style

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@style.in_style
def reproduced(reproduction: Any, *, title: str | None = None) -> "Figure":
    """The sequences until success of every trial, one line of points for each row of the paper's table.

    A filled point is a trial that succeeded, a cross one that was given up; the bar is the mean over those that
    succeeded, the diamond the mean that was published.

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
    rows = reproduction.rows()
    figure, axes = style.new_figure(size=(7.5, 1.6 + 0.5 * len(rows)))
    for place, (row, trials) in enumerate(rows):
        for success, mark in ((True, "o"), (False, "x")):
            some = trials[trials["success"] == success]["sequences"]
            axes.plot(some, [place] * len(some), mark, color=style.COLOURS[0], alpha=0.5, markersize=5)
        solved = trials[trials["success"]]["sequences"]
        if len(solved):
            axes.plot([solved.mean()], [place], "|", color=style.COLOURS[0], markersize=22, markeredgewidth=2)
        if row.published.sequences is not None:
            axes.plot([row.published.sequences], [place], "D", color=style.COLOURS[1], markersize=7)
    for mark, colour, words in (
        ("o", style.COLOURS[0], "a trial"),
        ("x", style.COLOURS[0], "given up"),
        ("|", style.COLOURS[0], "mean of the successes"),
        ("D", style.COLOURS[1], "published mean"),
    ):
        axes.plot([], [], mark, color=colour, label=words)
    axes.set_xscale("log")
    axes.set_yticks(range(len(rows)), [row.name for row, _ in rows])
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_xlabel("training sequences")
    words = f"{reproduction.paper.name}, experiment {reproduction.experiment.number}: {reproduction.experiment.name}"
    figure.suptitle(title or words, x=0.01, ha="left", fontsize=11)
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    return figure
