"""Learning curves: the median over seeds as a line, all seeds between as a band, and the baseline."""

from collections.abc import Mapping
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
    comparison : Comparison, History, DataFrame, or list or dict of histories
        What `compare` or `fit` returned, or any table with the columns `step` and `valid_loss` (and perhaps `cell`, and
        one row for each seed), such as the curves of a Comparison. Then what is not known of it, the baseline for one,
        is not drawn. Several histories have a line each, named by the keys of a dict, numbered from 1 on in a list; a
        key that is the name of a cell has the cell's colour.
    title : str, optional
        In place of the comparison's own.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.

    Examples
    --------
    >>> import lstm_edu as le
    >>> history = le.History([(10, 0.5, 0.3, 0, False, 1.0, 0.1, 1.0), (20, 0.2, 0.1, 1, True, 1.0, 0.1, 2.0)])
    >>> learning_curves(history).axes[0].lines[0].get_ydata().tolist()
    [0.3, 0.1]
    >>> [line.get_label() for line in learning_curves({"small": history, "large": history}).axes[0].lines]
    ['small', 'large']
    """
    if isinstance(comparison, Mapping | list | tuple) and comparison:
        return _several(comparison, title)
    curves, about = _curves(comparison), getattr(comparison, "about", {})
    figure, axes = style.new_figure(size=(7.5, 4.2))
    groups = curves.groupby("cell", sort=False) if "cell" in curves else [(None, curves)]
    for cell, group in groups:
        colour, line = (style.COLOURS[0], "-") if cell is None else (style.colour(cell), style.line(cell))
        by_step = group.groupby("step")["valid_loss"]
        median = by_step.median()
        axes.fill_between(median.index, by_step.min(), by_step.max(), color=colour, alpha=0.15, linewidth=0)
        axes.plot(median.index, median, color=colour, linestyle=line, label=_label(cell, comparison))
    reference = {"color": style.REFERENCE, "linewidth": 1.2}
    if "baseline" in about:
        axes.axhline(about["baseline"], linestyle="--", label="baseline: best guess\nwithout memory", **reference)
    if about.get("floor"):
        axes.axhline(about["floor"], linestyle=":", label="floor: best possible", **reference)
    if about.get("floor") == 0:
        axes.set_yscale("log")
    axes.set_xlim(0, about["steps"] if "steps" in about else curves["step"].max())
    axes.set_xlabel("optimizer steps")
    loss = f"\n({about['loss'].replace('_', ' ')})" if "loss" in about else ""
    axes.set_ylabel(f"validation loss{loss}")
    figure.suptitle(title or about.get("title", ""), x=0.01, ha="left", fontsize=11)
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    return figure


def _several(histories: Any, title: str | None) -> "Figure":
    """Histories that are no comparison, such as several calls of fit: a line each, no band, nothing known beside."""
    known = histories if isinstance(histories, Mapping) else {f"{n}": each for n, each in enumerate(histories, 1)}
    tables = {str(name): _curves(each) for name, each in known.items()}
    figure, axes = style.new_figure(size=(7.5, 4.2))
    lines = ("-", *style.FURTHER_LINES)
    for n, (name, table) in enumerate(tables.items()):
        colour, line = style.COLOURS[n % len(style.COLOURS)], lines[n % len(lines)]
        if name in style.CELL_STYLES:
            (colour, line), name = style.CELL_STYLES[name], style.CELL_TITLES[name]
        axes.plot(table["step"], table["valid_loss"], color=colour, linestyle=line, label=name)
    axes.set_xlim(0, max(table["step"].max() for table in tables.values()))
    axes.set_xlabel("optimizer steps")
    axes.set_ylabel("validation loss")
    figure.suptitle(title or "", x=0.01, ha="left", fontsize=11)
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    return figure


def _curves(comparison):
    """The table with the curves: of a Comparison, of a History, or the table itself."""
    curves = getattr(comparison, "curves", None)
    if curves is None:
        curves = getattr(comparison, "table", comparison)
    columns = list(getattr(curves, "columns", ()))
    if not {"step", "valid_loss"} <= set(columns):
        got = f"the columns {', '.join(map(str, columns))}" if columns else type(comparison).__name__
        raise ValueError(
            "comparison must be what compare or fit returned, or a table with the columns step and valid_loss, "
            f"got {got}"
        )
    if not len(curves):
        raise ValueError("comparison must hold at least one evaluation, got none")
    return curves


def _label(cell, comparison) -> str:
    if cell is None:
        return "validation loss"
    title = style.cell_title(cell)
    if getattr(comparison, "curves", None) is None or not comparison.about.get("solvable", True):
        return title
    rows = comparison[comparison["cell"] == cell]
    return f"{title}, {int(rows['solved'].sum())} of {len(rows)} solved"
