"""Learning curves: the median over seeds as a line, all seeds between as a band, and the baseline."""

from typing import TYPE_CHECKING, Any

from . import style

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@style.in_style
def learning_curves(comparison: Any, *, title: str | None = None) -> "Figure":
    """The validation loss of every cell against the steps.

    The line is the median over the seeds, the band reaches from the best to the worst; the dashed line is the
    baseline, the best loss without any memory, and the dotted one the best loss that any network can reach, where it
    is known and above zero. A cell of one's own gets a colour and a line style from its name.

    Parameters
    ----------
    comparison : Comparison
        What `compare` returned.
    title : str, optional
        In place of the comparison's own.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    curves = comparison.curves
    figure, axes = style.new_figure(size=(7.5, 4.2))
    for cell, group in curves.groupby("cell", sort=False):
        colour, line = style.colour(cell), style.line(cell)
        by_step = group.groupby("step")["valid_loss"]
        median = by_step.median()
        axes.fill_between(median.index, by_step.min(), by_step.max(), color=colour, alpha=0.15, linewidth=0)
        rows = comparison[comparison["cell"] == cell]
        solved = f"{int(rows['solved'].sum())} of {len(rows)} solved"
        axes.plot(median.index, median, color=colour, linestyle=line, label=f"{style.cell_title(cell)}, {solved}")
    about = comparison.about
    reference = {"color": style.REFERENCE, "linewidth": 1.2}
    axes.axhline(about["baseline"], linestyle="--", label="baseline: best guess\nwithout memory", **reference)
    if about["floor"]:
        axes.axhline(about["floor"], linestyle=":", label="floor: best possible", **reference)
    if about["floor"] == 0:
        axes.set_yscale("log")
    axes.set_xlim(0, about["steps"])
    axes.set_xlabel("optimizer steps")
    axes.set_ylabel(f"validation loss\n({about['loss'].replace('_', ' ')})")
    figure.suptitle(title or about["title"], x=0.01, ha="left", fontsize=11)
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    return figure
