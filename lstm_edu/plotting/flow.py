"""How much of an error reaches each step and unit: a heat map on a logarithmic colour scale, the norms above it."""

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np

from . import style
from .gates import check_sequence

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_LINES = {"h": "-", "c": "--"}
_MARKERS = (None, "o", "s", "^", "D")
_ZERO, _OVERFLOW = "#d9d9d9", "#D55E00"
_BELOW = 0.02  # this share of the numbers may lie below the colour scale: single units near zero would stretch it


@style.in_style
def gradient_flow(flow: Any, sequence: int = 0, *, title: str | None = None) -> "Figure":
    """|dL/dh[t]| and |dL/dc[t]|, steps along x and units along y, and their norms over the units.

    Step 0 is the initial state. The colours are powers of ten. What is exactly zero is grey: no way for the error, a
    unit whose tanh is flat, or a number too small for the layer's float type. What is infinite or not a number is
    orange; both are in the legend when they occur. An arrow on the colour bar says that single numbers lie below it.

    Parameters
    ----------
    flow : GradientFlow or mapping
        What `lstm_edu.gradient_flow` returned, of one layer or of a network, whose layers then stand one above the
        other as the error meets them, all on one scale.
    sequence : int, default 0
        Which one of the batch.
    title : str, optional
        Above the figure.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.

    Raises
    ------
    ValueError
        If `flow` is something else, has layers of different numbers of steps, or there is no such sequence.

    Examples
    --------
    >>> import lstm_edu as le
    >>> layer = le.RNN(2, 8, rng=0)
    >>> x, dy = np.ones((30, 1, 2)), np.zeros((30, 1, 8))
    >>> dy[-1] = 1
    >>> figure = le.plotting.gradient_flow(le.gradient_flow(layer, x, dy))
    >>> [axis.get_ylabel() for axis in figure.axes]     # the norms, the heat map, its colour scale
    ['norm over\\nthe units', 'dL/dh\\nunit', 'size of the gradient']
    """
    maps = _maps(flow, sequence)
    norms = {name: np.hypot.reduce(values, axis=0, initial=0.0) for name, values in maps.items()}
    figure, axes = style.new_figure(
        1 + len(maps),
        size=(7.5, 1.9 + max(1.8, 1.35 * len(maps))),
        sharex=True,
        height_ratios=[1.3] + [1.0] * len(maps),
    )
    _draw_norms(axes[0], norms)
    image = _draw_maps(axes[1:], maps)
    low = min((v[v > 0].min() for v in maps.values() if (v > 0).any()), default=1.0)
    arrow = "min" if low < image.norm.vmin else "neither"
    figure.colorbar(image, ax=list(axes[1:]), label="size of the gradient", aspect=18, pad=0.02, extend=arrow)
    _draw_legend(axes[0], maps)
    axes[-1].set_xlabel("after step t  (0: the initial state; the error flows from right to left)")
    if title:
        figure.suptitle(title, x=0.01, ha="left", fontsize=11)
    return figure


def _maps(flow, sequence) -> dict:
    """Label -> |gradient| (H, T + 1) of one sequence as float64, the layer nearest to the loss first."""
    maps = {}
    for place, own in reversed(list(_layers(flow))):
        for state, values in (("h", own.dh), ("c", own.dc)):
            if values is not None:
                check_sequence(sequence, values.shape[1])
                label = f"{place}.{state}" if place else state
                maps[label] = np.abs(values[:, sequence].T.astype(np.float64))
    steps = {values.shape[1] for values in maps.values()}
    if len(steps) > 1:
        raise ValueError(f"flow must be of one layer where layers have different numbers of steps, got {sorted(steps)}")
    return maps


def _layers(flow, place=""):
    if isinstance(flow, dict) and flow:
        for k, own in flow.items():
            yield from _layers(own, f"{place}.{k}" if place else f"{k}")
    elif hasattr(flow, "dh") and hasattr(flow, "dc"):
        yield place, flow
    else:
        raise ValueError(f"flow must be what gradient_flow returned, got {type(flow).__name__}")


def _draw_norms(axis, norms):
    places = list(dict.fromkeys(label.rpartition(".")[0] for label in norms))
    for (label, norm), colour in zip(norms.items(), itertools.cycle(style.COLOURS)):
        place, _, state = label.rpartition(".")
        shown = np.where((norm > 0) & np.isfinite(norm), norm, np.nan)
        axis.plot(
            shown,
            color=colour,
            linestyle=_LINES[state],
            marker=_MARKERS[places.index(place) % len(_MARKERS)],  # the layer, for those who see no colours
            markevery=max(1, len(norm) // 10),
            markersize=4,
            label=_gradient_name(label),
        )
    everywhere = np.array(list(norms.values()))
    wrong = {_ZERO: (everywhere == 0).all(axis=0), _OVERFLOW: ~np.isfinite(everywhere).all(axis=0)}
    for colour, steps in wrong.items():
        for t in np.flatnonzero(steps):
            axis.axvspan(t - 0.5, t + 0.5, color=colour, linewidth=0)
    axis.set_yscale("log")
    axis.set_ylabel("norm over\nthe units")


def _gradient_name(label) -> str:
    place, _, state = label.rpartition(".")
    return f"dL/d{state}" + (f", layer {place}" if place else "")


def _draw_maps(axes, maps):
    from matplotlib import colormaps
    from matplotlib.colors import ListedColormap, LogNorm
    from matplotlib.ticker import MaxNLocator

    numbers = np.concatenate([v.ravel() for v in maps.values()])
    numbers = numbers[(numbers > 0) & np.isfinite(numbers)]
    low, high = np.quantile(numbers, (_BELOW, 1)) if numbers.size else (0.1, 1.0)
    high = max(high, 1e-280)  # matplotlib takes a scale that ends below 1e-287 for an empty one
    low = max(1e-290, min(low, high / 10))
    colours = colormaps["viridis"].with_extremes(bad=_ZERO)
    for axis, (label, values) in zip(axes, maps.items(), strict=True):
        shown = np.ma.masked_where((values == 0) | ~np.isfinite(values), values)
        units, steps = values.shape
        where = {"aspect": "auto", "interpolation": "nearest", "extent": (-0.5, steps - 0.5, units - 0.5, -0.5)}
        image = axis.imshow(shown, cmap=colours, norm=LogNorm(low, high), **where)
        beyond = ~np.isfinite(values)
        if beyond.any():
            axis.imshow(np.ma.masked_where(~beyond, beyond), cmap=ListedColormap([_OVERFLOW]), **where)
        axis.set_ylabel(f"{_gradient_name(label)}\nunit")
        for ticks, most in ((axis.xaxis, 9), (axis.yaxis, 4)):
            ticks.set_major_locator(MaxNLocator(most, integer=True, steps=[1, 2, 5, 10]))
        axis.grid(visible=False)
    return image


def _draw_legend(axis, maps):
    from matplotlib.patches import Patch

    handles, labels = axis.get_legend_handles_labels()
    if any((v == 0).any() for v in maps.values()):
        handles.append(Patch(color=_ZERO))
        labels.append("exactly zero")
    if any(not np.isfinite(v).all() for v in maps.values()):
        handles.append(Patch(color=_OVERFLOW))
        labels.append("infinite or no number")
    axis.legend(
        handles, labels, loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=min(4, len(labels)), borderaxespad=0.2
    )
