"""A series, what was forecast of it, and how sure that is."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from . import style

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@style.in_style
def forecast(
    values: ArrayLike,
    paths: Sequence[tuple[int, ArrayLike]],
    widths: Mapping[str, ArrayLike] | None = None,
    *,
    times: Sequence[Any] | None = None,
    first: int = 0,
    title: str = "",
    name: str = "value",
) -> "Figure":
    """Draw a series and forecasts of it, each with its intervals.

    Parameters
    ----------
    values : array_like
        (N,) the series as far as it is known.
    paths : sequence of (int, array_like)
        The place of each forecast's first number, and the numbers.
    widths : dict of str to array_like, optional
        By a name such as "80 %": how far the interval reaches to both sides at each distance; the narrowest first.
    times : sequence, optional
        What stands below each place, those beyond the series too: numbers or dates. None: the places.
    first : int, default 0
        The place at which the picture begins.
    title : str, default ""
        Above it.
    name : str, default "value"
        What is measured.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.

    Examples
    --------
    >>> figure = forecast([1.0, 2, 3], [(3, [4.0, 5.0])], {"80 %": [0.5, 1.0]})
    >>> [line.get_xdata().tolist() for line in figure.axes[0].lines]
    [[0, 1, 2], [3, 4]]
    """
    values = np.asarray(values, float)
    places = np.arange(max([len(values), *(start + len(np.asarray(path)) for start, path in paths)]))
    along = places if times is None or len(times) < len(places) else np.asarray(times)
    figure, axes = style.new_figure(size=(9, 3.6))
    axes.plot(along[first : len(values)], values[first:], color="#333333", linewidth=1.3, label="what came")
    for number, (start, path) in enumerate(paths):
        path = np.asarray(path, float)
        here = along[start : start + len(path)]
        for k, (words, width) in enumerate((widths or {}).items()):
            reach = np.asarray(width, float)[: len(path)]
            label = f"{words} interval" if number == 0 else None
            shade = 0.28 / (k + 1)
            axes.fill_between(
                here, path - reach, path + reach, color=style.COLOURS[0], alpha=shade, linewidth=0, label=label
            )
        label = "forecast" if number == 0 else None
        mark = "." if len(path) == 1 else None
        axes.plot(here, path, color=style.COLOURS[0], marker=mark, linewidth=1.5, label=label)
    axes.set_ylabel(name)
    axes.set_xlabel("" if along is not places else "row")
    if len(along) and not np.issubdtype(np.asarray(along).dtype, np.number):
        figure.autofmt_xdate()
    axes.set_title(title)
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    return figure
