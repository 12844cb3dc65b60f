"""The picture below a player, for where scripts are off: the same panels, as they stand before anything is moved."""

from typing import Any

import numpy as np

from lstm_edu.plotting import style
from lstm_edu.plotting.gates import GATES, NAMES

_LINES = ("-", "--", ":", "-.")


@style.in_style
def picture(gates: dict[str, np.ndarray], x: np.ndarray, names: tuple[str, ...]) -> Any:
    """Inputs as bars, then each gate and state, one line for each unit; gates and x are (T, 1, width)."""
    rows = len(names) + len(gates)
    figure, axes = style.new_figure(rows, size=(7.0, 0.3 + 0.55 * rows), sharex=True)
    steps = np.arange(len(x))
    for axis, name, values in zip(axes, names, x[:, 0].T, strict=False):
        axis.bar(steps, values, color="#444444")
        _label(axis, name)
    for axis, (letter, values) in zip(axes[len(names) :], gates.items(), strict=True):
        for unit, line, colour in zip(values[:, 0].T, _LINES, style.COLOURS, strict=False):
            axis.plot(steps, unit, linestyle=line, color=colour)
        largest = max(1, np.abs(values).max())
        low = 0 if letter in GATES else -largest
        axis.set_ylim(low - 0.05 * largest, 1.05 * largest)
        _label(axis, NAMES[letter])
    axes[-1].set_xlabel("time step")
    axes[-1].xaxis.get_major_locator().set_params(integer=True)
    return figure


def _label(axis: Any, name: str) -> None:
    axis.set_ylabel(name, rotation=0, ha="right", va="center")
    axis.tick_params(labelsize=7)
    axis.locator_params(axis="y", nbins=2)
