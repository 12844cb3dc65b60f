"""Who leads, as a function of training: the evidence of a comparison over rates, budgets and seeds."""

from typing import TYPE_CHECKING, Any

import numpy as np

from . import style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_LINES: tuple[style.LineStyle, ...] = ("-", "--", "-.", ":", *style.FURTHER_LINES[1:])


@style.in_style
def evidence(
    frame: Any,
    measure: str,
    *,
    label: str | None = None,
    names: dict[str, str] | None = None,
    reference: float | None = None,
    log: bool | None = None,
    band: str = "all",
    size: tuple[float, float] | None = None,
) -> "Figure":
    """A measure against the steps of training: a panel a rate, a line a variant.

    The line is the median over the seeds; a run that failed is missing from the band, and where so many failed that
    there is no median, the line has a gap. All panels share their scales.

    Parameters
    ----------
    frame : pandas.DataFrame
        One experiment of `lstm_edu.course.evidence`, or a part of it, and what `at_best_rates` makes of one.
    measure : str
        What is drawn.
    label : str, optional
        For the vertical axis, in place of the measure's name.
    names : dict, optional
        Variant -> its name in the legend. Names of cells have a title of their own.
    reference : float, optional
        Where a dashed line is drawn, such as at the baseline.
    log : bool, optional
        Whether the vertical axis is logarithmic; None: where all values are above zero and span a factor of ten.
    band : {"all", "quartiles"}
        What the band holds.
    size : tuple of float, optional
        Width and height in inches; None: as suits the number of panels.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.

    Raises
    ------
    ValueError
        Where the table has no such measure or more than one experiment.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"experiment": "x", "variant": ["a", "a", "b", "b"], "rate": 0.1, "steps": [10, 30] * 2,
    ...                       "seed": 1000, "measure": "loss", "value": [1.0, 0.5, 2.0, 0.1]})
    >>> [line.get_ydata().tolist() for line in evidence(frame, "loss").axes[0].lines]
    [[1.0, 0.5], [2.0, 0.1]]
    """
    rows = _rows(frame, measure)
    if band not in ("all", "quartiles"):
        raise ValueError(f"band must be 'all' or 'quartiles', got {band!r}")
    rates, variants = sorted(rows["rate"].unique(), key=_numbers_first), list(rows["variant"].unique())
    values = rows["value"].dropna()
    if log is None:
        log = bool(len(values) and values.min() > 0 and values.max() > 10 * values.min())
    low, high = (0.0, 1.0) if band == "all" else (0.25, 0.75)
    size = size or (min(9.5, 1.9 + 1.9 * len(rates)), 3.1)
    figure, grid = style.new_figure(1, len(rates), size=size, sharex=True, sharey=True, squeeze=False)
    for axes, rate in zip(grid[0], rates, strict=True):
        for place, variant in enumerate(variants):
            runs = rows[(rows["rate"] == rate) & (rows["variant"] == variant)].groupby("steps")["value"]
            colour, line = _look(variant, place)
            median = runs.agg(_median)
            axes.fill_between(
                median.index, runs.quantile(low), runs.quantile(high), color=colour, alpha=0.13, linewidth=0
            )
            name = (names or {}).get(variant, _title(variant))
            axes.plot(median.index, median, color=colour, linestyle=line, marker="o", markersize=3.5, label=name)
        if reference is not None:
            axes.axhline(reference, color=style.REFERENCE, linestyle="--", linewidth=1.2)
        axes.set_title(f"{rate} rate" if isinstance(rate, str) else f"rate {rate:g}")
        _steps(axes, sorted(rows["steps"].unique()))
        if log:
            axes.set_yscale("log")
    grid[0, 0].set_ylabel(label or measure)
    figure.supxlabel("steps of training", fontsize=10)
    figure.legend(*grid[0, 0].get_legend_handles_labels(), loc="outside right center")
    return figure


def _numbers_first(rate: Any) -> tuple:
    return (1, 0.0, rate) if isinstance(rate, str) else (0, rate, "")


def _steps(axes: Any, steps: list) -> None:
    """A logarithmic axis with a tick at each budget that was measured."""
    if len(steps) < 2:
        axes.set_xticks(steps)
        return
    axes.set_xscale("log")
    axes.set_xticks(steps, [f"{n:d}" for n in map(int, steps)])
    axes.set_xticks([], minor=True)
    axes.margins(x=0.15)  # so that the last number of a panel and the first of the next one stay apart


def _median(values: Any) -> float:
    """Of all runs: one that failed counts as worse than any other, so that it is not that of the survivors alone."""
    failed = int(values.isna().sum())
    return float(values.median()) if 2 * failed < len(values) else np.nan


def _look(variant: str, place: int) -> tuple[str, style.LineStyle]:
    if variant in style.CELL_STYLES:
        return style.CELL_STYLES[variant]
    return style.COLOURS[place % len(style.COLOURS)], _LINES[place % len(_LINES)]


def _title(variant: str) -> str:
    return style.CELL_TITLES.get(variant, variant)


def _rows(frame: Any, measure: str) -> Any:
    measures, names = sorted(set(frame["measure"])), sorted(set(frame["experiment"]))
    if measure not in measures:
        raise ValueError(f"measure must be one of {', '.join(measures)}, got {measure!r}")
    if len(names) != 1:
        raise ValueError(f"frame must hold one experiment, got {', '.join(names)}")
    return frame[frame["measure"] == measure]
