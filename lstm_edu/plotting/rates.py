"""What a search for a learning rate saw: the loss against the rate, and the rate that it suggests."""

from typing import TYPE_CHECKING, Any

import numpy as np

from . import style

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@style.in_style
def rate_finder(found: Any, *, title: str | None = None) -> "Figure":
    """The loss of each step against the learning rate, which grows from step to step.

    Points are the losses of single batches, the line is their running mean; vertical lines stand where it is lowest,
    and at the suggestion.

    Parameters
    ----------
    found : RateSearch
        What `lstm_edu.find_rate` returned.
    title : str, optional
        Above the figure.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.

    Raises
    ------
    ValueError
        For anything else.

    Examples
    --------
    >>> import lstm_edu as le
    >>> task = le.tasks.Adding(length=10)
    >>> found = le.find_rate(le.make_network(task, "gru", units=4, rng=0), task, steps=30)
    >>> rate_finder(found).axes[0].get_xscale()
    'log'
    """
    if not all(hasattr(found, name) for name in ("suggestion", "lowest")):
        raise ValueError(f"found must be what lstm_edu.find_rate returned, got {type(found).__name__}")
    rate, loss, smoothed = (found.table[name].to_numpy() for name in ("rate", "loss", "smoothed"))
    figure, axes = style.new_figure(size=(7.5, 4.2))
    colour, mark = style.COLOURS[:2]
    axes.plot(rate, loss, ".", color=style.REFERENCE, markersize=3, label="loss of one batch")
    axes.plot(rate, smoothed, color=colour, label="running mean")
    axes.axvline(found.lowest, color=style.REFERENCE, linestyle=":", label=f"lowest: {found.lowest:.2g}")
    axes.axvline(found.suggestion, color=mark, linestyle="--", label=f"suggestion: {found.suggestion:.2g}")
    axes.set_xscale("log")
    low, high = smoothed.min(), smoothed.max()
    room = 0.3 * max(high - low, 1e-12)
    if np.isfinite(room):  # single batches of a training that diverges would leave no room for the line
        axes.set_ylim(max(low - room, min(0.0, low)), high + room)
    axes.set_xlabel("learning rate")
    axes.set_ylabel("training loss")
    figure.suptitle(title or "", x=0.01, ha="left", fontsize=11)
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    return figure
