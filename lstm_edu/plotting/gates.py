"""What the gates and states do over time, for one sequence, with its input above."""

import numbers
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from lstm_edu.core import checks

from . import style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAMES = {
    "i": "input gate i",
    "f": "forget gate f",
    "g": "candidate g",
    "o": "output gate o",
    "r": "reset gate r",
    "z": "update gate z",
    "n": "candidate n",
    "c": "cell state c",
    "h": "output h",
}
GATES = ("i", "f", "o", "r", "z")  # these lie in 0 .. 1
SQUASHED = ("g", "n", "h")  # these lie around zero, and are small beside a cell state that counts


@style.in_style
def gates_over_time(
    gates: Mapping[str, np.ndarray],
    x: ArrayLike | None = None,
    *,
    sequence: int = 0,
    names: Sequence[str] | None = None,
    title: str | None = None,
) -> "Figure":
    """Heat maps of every gate and state, steps along x and units along y.

    Parameters
    ----------
    gates : mapping of str to numpy.ndarray
        What `layer.gates(tape)` or `net.gates(tape)` returned, each (T, B, H).
    x : array_like, optional
        (T, B, D) floats, the input, drawn on top.
    sequence : int, default 0
        Which one of the batch.
    names : sequence of str, optional
        Which gates, in which order; None: all.
    title : str, optional
        Above the figure.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.

    Raises
    ------
    ValueError
        If there is no such sequence or gate, or `x` has another shape.

    Examples
    --------
    >>> import lstm_edu as le
    >>> layer = le.LSTM(2, 8, rng=0)
    >>> x = np.random.default_rng(0).standard_normal((30, 1, 2))
    >>> figure = le.plotting.gates_over_time(layer.gates(layer.forward(x)[1]), x)
    >>> len(figure.axes)     # the input, six heat maps; colour scales for the gates, for g and h, and for c
    10
    """
    if not isinstance(gates, dict):
        raise ValueError(f"gates must be a dict, as layer.gates(tape) gives it, got {type(gates).__name__}")
    names = list(gates) if names is None else [_known(name, gates) for name in names]
    if not names:
        raise ValueError("names must hold at least one of the gates, got none")
    steps, batch, _ = gates[names[0]].shape
    check_sequence(sequence, batch)
    if x is not None:
        x = checks.floats("x", x, (steps, batch, "D"), np.dtype(np.float64))
    rows = len(names) + (x is not None)
    figure, axes = style.new_figure(rows, size=(7.5, 0.5 + 0.9 * rows), sharex=True, squeeze=False)
    axes = list(axes[:, 0])
    if x is not None:
        top = axes.pop(0)
        top.set_prop_cycle(color=style.COLOURS)
        top.plot(x[:, sequence], linewidth=1)
        top.set_ylabel("input x", rotation=0, ha="right", va="center")
        top.grid(visible=False)
    groups: dict[str, list[Any]] = {}
    for axis, name in zip(axes, names, strict=True):
        values = np.asarray(gates[name])[:, sequence].T
        letter = name.rpartition(".")[2]
        gate = letter in GATES
        low, high = (0, 1) if gate else (-max(1, np.abs(values).max()), max(1, np.abs(values).max()))
        image = axis.imshow(
            values,
            aspect="auto",
            interpolation="nearest",
            cmap="viridis" if gate else "PuOr",
            vmin=low,
            vmax=high,
            extent=(-0.5, steps - 0.5, len(values) - 0.5, -0.5),
        )
        axis.set_ylabel(name.removesuffix(letter) + NAMES.get(letter, letter), rotation=0, ha="right", va="center")
        axis.set_yticks([])
        axis.grid(visible=False)
        scale = "gates" if gate else "candidate, output" if letter in SQUASHED else "cell state"
        groups.setdefault(scale, []).append(image)
    for label, images in groups.items():
        bound = max(image.get_clim()[1] for image in images)  # one scale for all that share a colour bar
        for image in images:
            image.set_clim(image.get_clim()[0] and -bound, bound)
        figure.colorbar(images[0], ax=axes, label=label, aspect=40, pad=0.02)
    axes[-1].set_xlabel("time step t")
    axes[-1].xaxis.get_major_locator().set_params(integer=True)
    if title:
        figure.suptitle(title, x=0.01, ha="left", fontsize=11)
    return figure


def _known(name, gates):
    if name not in gates:
        raise ValueError(f"names: there is no {name!r}; there are {', '.join(gates)}")
    return name


def check_sequence(sequence: Any, batch: int) -> None:
    """ValueError unless `sequence` is the number of one of the batch."""
    if isinstance(sequence, bool) or not isinstance(sequence, numbers.Integral) or not 0 <= int(sequence) < batch:
        raise ValueError(f"sequence must be a whole number in 0 .. {batch - 1}, got {sequence!r}")
