"""The states of the cells of several networks along the same stream."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from lstm_edu.core import checks

from . import style

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@style.in_style
def cell_states(
    states: Mapping[str, ArrayLike], starts: ArrayLike | None = None, *, title: str | None = None
) -> "Figure":
    """The state of every cell over time, one panel for each network, each with its own scale.

    Parameters
    ----------
    states : mapping of str to array_like
        (T, C) floats for each network, by what stands above its panel; T is the same for all.
    starts : array_like, optional
        Steps that are marked by a thin line, in 0 .. T - 1: where a string begins.
    title : str, optional
        Above the figure.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.

    Raises
    ------
    ValueError
        If there is no network, and for arrays of other shapes or types.

    Examples
    --------
    >>> t = np.arange(100.0)[:, None]
    >>> figure = cell_states({"without forget gates": t * [0.1, -0.2], "with forget gates": np.sin(t * [0.3, 0.5])})
    >>> [axes.get_title(loc="left") for axes in figure.axes]
    ['without forget gates', 'with forget gates']
    """
    if not isinstance(states, Mapping) or not states:
        raise ValueError(f"states must be a mapping of at least one network's states, got {states!r}")
    steps = len(np.asarray(next(iter(states.values()))))
    arrays = {
        name: checks.floats(f"states[{name!r}]", values, (steps, "C"), np.dtype(np.float64))
        for name, values in states.items()
    }
    marked: Any = [] if starts is None else checks.integers("starts", starts, ("N",), steps)
    figure, grid = style.new_figure(len(arrays), size=(7.5, 0.6 + 1.9 * len(arrays)), sharex=True, squeeze=False)
    for axes, (name, values) in zip(grid[:, 0], arrays.items(), strict=True):
        for step in marked:
            axes.axvline(step, color="0.9", linewidth=0.5, zorder=0)
        axes.plot(values, linewidth=1)
        axes.axhline(0, color="0.5", linewidth=0.5)
        axes.set_title(name, loc="left", fontsize=10)
        axes.set_ylabel("state s")
        axes.grid(visible=False)
    axes.set_xlabel("symbol of the stream")
    axes.set_xlim(0, steps - 1)
    if title:
        figure.suptitle(title, x=0.01, ha="left", fontsize=11)
    return figure
