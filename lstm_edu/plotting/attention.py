"""Which step looks at which: the weights of an attention layer as a square of shades."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from lstm_edu.core import checks

from . import style
from .gates import check_sequence

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@style.in_style
def attention_weights(
    weights: ArrayLike,
    sequence: int = 0,
    *,
    steps: Sequence[str] | None = None,
    title: str | None = None,
) -> "Figure":
    """What each step takes from which, the steps that look along y, those that are looked at along x.

    Parameters
    ----------
    weights : array_like
        (T, B, T) floats from 0 to 1, what `Attention.weights` returned.
    sequence : int, default 0
        Which one of the batch.
    steps : sequence of str, optional
        T short names of the steps, such as the symbols that were read.
    title : str, optional
        Above the figure.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.

    Raises
    ------
    ValueError
        For weights of another shape or beyond 0 .. 1, if there is no such sequence, and for another number of names.

    Examples
    --------
    >>> import lstm_edu as le
    >>> layer, x = le.Attention(2, 4, rng=0), np.random.default_rng(0).standard_normal((8, 3, 2))
    >>> weights = layer.weights(layer.forward(x)[1])
    >>> figure = le.plotting.attention_weights(weights, sequence=2, steps=list("abcdefgh"))
    >>> [axes.get_ylabel() for axes in figure.axes]
    ['step that looks', 'weight']
    """
    array = checks.floats("weights", weights, ("T", "B", "T'"), np.dtype(np.float64))
    if array.shape[0] != array.shape[2]:
        raise ValueError(f"weights must be as many steps by sequences by as many steps, got {array.shape}")
    if not ((array >= 0) & (array <= 1 + 1e-5)).all():  # rounding of float32
        raise ValueError("weights must be from 0 to 1, as Attention.weights gives them")
    check_sequence(sequence, array.shape[1])
    shares, T = array[:, sequence], len(array)
    if steps is not None and len(steps) != T:
        raise ValueError(f"steps must be {T} names, one for each step, got {len(steps)}")
    side = min(6.5, 2.2 + 0.12 * T)
    figure, axes = style.new_figure(size=(side + 0.8, side))
    image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1, interpolation="nearest")
    axes.set(xlabel="step that is looked at", ylabel="step that looks")
    axes.grid(visible=False)
    if steps is None:
        for axis in (axes.xaxis, axes.yaxis):
            axis.get_major_locator().set_params(integer=True)
    else:
        names = [str(name) for name in steps]
        size = 8 if T <= 40 else 5
        axes.set_xticks(range(T), names, fontsize=size, parse_math=False)
        axes.set_yticks(range(T), names, fontsize=size, parse_math=False)
    figure.colorbar(image, ax=axes, label="weight", aspect=30, pad=0.02)
    if title:
        figure.suptitle(title, x=0.01, ha="left", fontsize=11)
    return figure
