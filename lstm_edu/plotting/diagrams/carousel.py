"""The LSTM of 1997 unrolled in time: two lines there, and two lines back."""

from typing import TYPE_CHECKING, Any

from . import drawing
from .drawing import ACCENT, FILLS, QUIET

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_WIDTH = 10.1
_H, _C = 0.0, 0.95  # how high h and c run
_DH, _DC = 2.35, 3.45  # and their gradients
_BOX = 0.95
_LOSS = 1.05  # how far right of the last state the loss is
MOST_STEPS = 4


def unrolled_lstm97(steps: int, backward: bool) -> "Figure":
    """The picture; `unrolled` has checked the arguments."""
    top = _DC + 0.6 if backward else _C + 0.75
    figure, axes = drawing.paper((0, _WIDTH), (-3.1 if backward else -2.4, top))
    right = _LOSS + 0.5 if backward else 0.5
    pitch = min(2.4, (_WIDTH - 0.7 - right) / steps)
    left = (_WIDTH - pitch * steps - right + 0.7) / 2
    states = [left + pitch * t for t in range(steps + 1)]
    for t in range(1, steps + 1):
        _cell(axes, t, (states[t - 1] + states[t]) / 2)
    for letter, height in (("h", _H), ("c", _C)):
        for t, x in enumerate(states):
            drawing.write(axes, x, height, f"${letter}_{{{t}}}$", about=f"state {letter} {t}", size=12)
            half = (pitch - _BOX) / 2
            if t < steps:
                drawing.wire(axes, [(x + 0.22, height), (x + half, height)], about=f"{letter} {t} on")
            if t:
                drawing.wire(axes, [(x - half, height), (x - 0.22, height)], about=f"{letter} {t}")
    if backward:
        _way_back(axes, states)
    drawing.wire(axes, [(8.6, -2.1), (9.7, -2.1)], about="time", colour=QUIET, line=1.0)
    drawing.write(axes, 8.45, -2.1, "time", about="time", size=9, colour=QUIET, ha="right")
    text = "$c_t = c_{t-1} + i_t\\,g_t$     $h_t = o_t\\,\\mathrm{tanh}(c_t)$     the gates see $x_t$ and $h_{t-1}$"
    drawing.write(axes, 0.35, -2.1, text, about="equation", ha="left")
    if backward:
        text = (
            "$dh_t = dy_t + \\delta_{t+1}\\,U^\\top$     "
            "$dc_t = dc_{t+1} \\cdot 1 + dh_t\\,o_t\\,(1 - \\mathrm{tanh}^2 c_t)$     $\\delta_t$: the gates' sums"
        )
        drawing.write(axes, 0.35, -2.6, text, about="equation back", colour=ACCENT, ha="left")
    figure.alt_text = _alt_text(steps, backward)
    return figure


def _cell(axes: Any, t: int, x: float) -> None:
    middle, height = (_H + _C) / 2, _C - _H + 0.75
    drawing.rectangle(axes, x, middle, _BOX, height, about=f"box {t}", fill=FILLS["sigma"])
    drawing.write(axes, x, middle, "$i\\ g\\ o$", about=f"box {t}", size=12)
    low = middle - height / 2
    drawing.wire(axes, [(x, -1.35), (x, low)], about=f"x {t}")
    drawing.write(axes, x, -1.53, f"$x_{{{t}}}$", about=f"input {t}", size=12)


def _way_back(axes: Any, states: list[float]) -> None:
    """The gradients: dc from step to step, and dh through delta and U."""
    last = len(states) - 1
    look: dict[str, Any] = {"colour": ACCENT, "line": 1.6, "dashed": True}
    end = states[-1] + _LOSS
    drawing.rectangle(axes, end, _DH, 0.8, 0.5, about="box loss", fill=FILLS["plain"])
    drawing.write(axes, end, _DH, "loss", about="box loss", size=10)
    drawing.wire(axes, [(end - 0.4, _DH), (states[-1] + 0.3, _DH)], about="dh loss", **look)
    for t, x in enumerate(states):
        for letter, height in (("h", _DH), ("c", _DC)):
            about = f"gradient {letter} {t}"
            drawing.write(axes, x, height, f"$d{letter}_{{{t}}}$", about=about, size=11, colour=ACCENT)
        if t:
            drawing.wire(axes, [(x, _DH + 0.2), (x, _DC - 0.22)], about=f"dh {t} to dc", **look)
    for t in range(last, 0, -1):
        right, left = states[t] - 0.3, states[t - 1] + 0.3
        x = (states[t] + states[t - 1]) / 2
        drawing.wire(axes, [(right, _DC), (left, _DC)], about=f"dc {t}", **look)
        place = (states[t - 1] + x) / 2 + 0.12
        drawing.write(axes, place, _DC + 0.24, "$\\cdot\\,1$", about=f"factor c {t}", size=11, colour=ACCENT)
        drawing.circle(axes, x, _DC, drawing.DOT, about="tap", fill=ACCENT, edge=ACCENT, line=0, zorder=5)
        drawing.wire(axes, [(x, _DC), (x, _DH + 0.25)], about=f"dc {t} to delta", **look)
        drawing.rectangle(axes, x, _DH, 0.5, 0.5, about=f"box delta {t}", fill=FILLS["node"], edge=ACCENT)
        drawing.write(axes, x, _DH, f"$\\delta_{{{t}}}$", about=f"box delta {t}", size=11, colour=ACCENT)
        drawing.wire(axes, [(right, _DH), (x + 0.25, _DH)], about=f"dh {t} to delta", **look)
        drawing.wire(axes, [(x - 0.25, _DH), (left, _DH)], about=f"dh {t}", **look)
        drawing.write(
            axes, (left + x - 0.25) / 2, _DH - 0.4, "$U^\\top$", about=f"factor h {t}", size=10, colour=ACCENT
        )


def _alt_text(steps: int, backward: bool) -> str:
    said = (
        f"The LSTM of 1997 unrolled over {steps} step{'s' if steps > 1 else ''} of time, from left to right: each step "
        "is a box with the gates i and o and the candidate g, which takes x_t from below and the state (h, c) from the "
        "left and passes the new one on to the right, on two lines."
    )
    back = (
        " Dashed arrows go back from a loss at the last output. On the upper line dc goes from each step to the one "
        "before with the factor 1. On the lower one dh_t becomes delta_t, and delta_t times U transposed is dh_(t-1). "
        "Upright arrows: dh_t adds to dc_t, and dc_t goes into delta_t."
    )
    return said + (back if backward else "")
