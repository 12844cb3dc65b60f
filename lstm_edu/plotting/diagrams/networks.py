"""Networks from further away: unrolled in time, and layers on top of each other."""

import re
from collections.abc import Iterable
from fractions import Fraction
from typing import TYPE_CHECKING

from lstm_edu.cells import CELLS, CLASSIC, Recurrent
from lstm_edu.core import Layer, checks
from lstm_edu.plotting import style

from . import carousel, drawing
from .drawing import ACCENT, FILLS, INK, QUIET

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_WIDTH, _MARGIN = 10.1, 0.5
_MOST_STEPS = 8  # beyond, the labels would be smaller than 8 points
_LONGEST = 30  # characters in a line
_EXTRA = 0.3
_INCH = 7.5 / _WIDTH  # one unit
_RECURRENT = re.compile("|".join(CELLS[name].__name__ for name in CLASSIC))  # in a list of names
_BACK = 1.3  # how high the gradient runs


@style.in_style
def unrolled(steps: int = 4, backward: bool = False, cell: str = "rnn") -> "Figure":
    """A recurrent network unrolled in time, one copy of its cell per step.

    Parameters
    ----------
    steps : int, default 4
        1 .. 8, for the LSTM 1 .. 4.
    backward : bool, default False
        Whether to add the gradient's way back from a loss after the last step, in dashed lines. A step of the plain
        network multiplies the row vector dh by diag(1 - h²) Uᵀ, the derivative of h = tanh(x W + h' U + b) by h'; one
        of the LSTM multiplies dc by 1, and dh goes through the gates' sums.
    cell : {"rnn", "lstm97"}
        The plain network, or the LSTM of 1997 with its two lines.

    Returns
    -------
    matplotlib.figure.Figure
        The figure, with `alt_text`.

    Raises
    ------
    ValueError
        If `steps`, `backward` or `cell` is anything else.

    Examples
    --------
    >>> unrolled(steps=3).alt_text
    'A recurrent network unrolled over 3 steps of time, ...'
    """
    most = _MOST_STEPS if checks.one_of("cell", cell, ("rnn", "lstm97")) == "rnn" else carousel.MOST_STEPS
    if checks.whole("steps", steps) > most:
        raise ValueError(f"steps must be a whole number in 1 .. {most}, got {steps!r}")
    if not isinstance(backward, bool):
        raise ValueError(f"backward must be True or False, got {backward!r}")
    if cell == "lstm97":
        return carousel.unrolled_lstm97(steps, backward)
    figure, axes = drawing.paper((0, _WIDTH), (-2.75 if backward else -2.4, 2.75 if backward else 0.85))
    pitch = min(2.1, (_WIDTH - 2 * _MARGIN - 2 * _EXTRA) / steps)
    left = (_WIDTH - steps * pitch) / 2  # few steps stand in the middle
    cells = [left + pitch * (t + 0.5) for t in range(steps)]
    # where h_0 .. h_T stand: between the cells, the first and the last with room for a whole arrow
    states = [left - _EXTRA, *(left + pitch * t for t in range(1, steps)), left + steps * pitch + _EXTRA]
    box = min(1.0, 0.52 * pitch)
    edges = [states[0] + 0.22, *(x + box / 2 for x in cells)]  # where the arrows with h_0 .. h_T begin
    for t, x in enumerate(cells, start=1):
        _cell(axes, t, x, box)
        _arrow(axes, t - 1, edges[t - 1], x - box / 2)
    drawing.wire(axes, [(edges[-1], 0), (states[-1] - 0.22, 0)], about=f"h {steps}")
    for t, x in enumerate(states):
        inside = 0 < t < steps  # above its arrow, else at the end of one
        drawing.write(axes, x, 0.24 * inside, f"$h_{{{t}}}$", about=f"state {t}", size=12)
    if backward:
        _way_back(axes, states)
    drawing.wire(axes, [(8.6, -2.1), (9.7, -2.1)], about="time", colour=QUIET, line=1.0)
    drawing.write(axes, 8.45, -2.1, "time", about="time", size=9, colour=QUIET, ha="right")
    text = "$h_t = \\mathrm{tanh}(x_t W + h_{t-1} U + b)$     the same $W$, $U$ and $b$ at every step"
    drawing.write(axes, 0.35, -2.1, text, about="equation", ha="left")
    if backward:
        text = "$dh_{t-1} = dh_t\\;\\mathrm{diag}(1 - h_t^2)\\;U^\\top$     one factor for every step on the way back"
        drawing.write(axes, 0.35, -2.45, text, about="equation back", colour=ACCENT, ha="left")
    back = (
        f" Dashed arrows go back from a loss after step {steps}: from the gradient dh_t to dh_(t-1), each with the "
        "factor diag(1 - h_t squared) times U transposed."
    )
    figure.alt_text = (
        f"A recurrent network unrolled over {steps} step{'s' if steps > 1 else ''} of time, from left to right: each "
        "step is a tanh box that takes x_t from below through W and the state h_(t-1) from the left through U, and "
        f"passes h_t on to the right. W, U and b are the same at every step.{back if backward else ''}"
    )
    return figure


def _cell(axes, t, x, box):
    """The box of step t, and its input."""
    drawing.rectangle(axes, x, 0, box, 0.9, about=f"box {t}", fill=FILLS["tanh"])
    drawing.write(axes, x, 0, "tanh", about=f"box {t}", size=10)
    drawing.wire(axes, [(x, -1.3), (x, -0.45)], about=f"x {t}")
    drawing.write(axes, x, -1.48, f"$x_{{{t}}}$", about=f"input {t}", size=12)
    drawing.write(axes, x + 0.2, -0.85, "$W$", about=f"W {t}", colour=QUIET)


def _arrow(axes, t, begin, end):
    """The state h_t on its way into the next cell."""
    drawing.wire(axes, [(begin, 0), (end, 0)], about=f"h {t}")
    drawing.write(axes, (begin + end) / 2, -0.24, "$U$", about=f"U {t}", colour=QUIET)


def _way_back(axes, states):
    """The gradient from the loss through every step, above the states that it belongs to."""
    last = len(states) - 1
    narrow = last > 4
    drawing.rectangle(axes, states[-1], 2.35, 0.8, 0.5, about="box loss", fill=FILLS["plain"])
    drawing.write(axes, states[-1], 2.35, "loss", about="box loss", size=10)
    end = [(states[-1], 2.1), (states[-1], _BACK + 0.2)]
    drawing.wire(axes, end, about="dh loss", colour=ACCENT, line=1.6, dashed=True)
    for t, x in enumerate(states):
        drawing.write(axes, x, _BACK, f"$dh_{{{t}}}$", about=f"gradient {t}", size=11, colour=ACCENT)
    for t in range(last, 0, -1):
        right, left = states[t] - 0.28, states[t - 1] + 0.28
        about = f"dh {t}"
        drawing.wire(axes, [(right, _BACK), (left, _BACK)], about=about, colour=ACCENT, line=1.6, dashed=True)
        slope, weights = rf"$\mathrm{{diag}}(1-h_{{{t}}}^2)$", r"$U^\top$"
        factor = f"{slope}\n{weights}" if narrow else f"{slope[:-1]}\\;{weights[1:]}"
        place = ((states[t] + states[t - 1]) / 2, _BACK + 0.16)
        drawing.write(axes, *place, factor, about=f"factor {t}", size=9 if narrow else 10, colour=ACCENT, va="bottom")


@style.in_style
def stack(layers: Layer | Iterable[tuple[str, str]]) -> "Figure":
    """Layers on top of each other, the input below.

    Recurrent layers are blue; those of a Sequential have a loop with the state that they pass on.

    Parameters
    ----------
    layers : Sequential or iterable of (str, str)
        A `Sequential`, with its shapes at the arrows, T steps (a fraction of T is rounded), B sequences, and the size
        of each; or pairs (name, text), from the first layer to the last: the name stands in the box, the text at the
        arrow that leaves it. A pair with an empty name is an arrow alone: begin with ("", "(T, B, 2)") to show the
        input.

    Returns
    -------
    matplotlib.figure.Figure
        The figure, with `alt_text`.

    Raises
    ------
    ValueError
        If `layers` is anything else, or has a line of more than 30 characters.

    Examples
    --------
    >>> stack([("", "(T, B, 2)"), ("LSTM", "(T, B, 32)"), ("Dense", "(T, B, 1)")]).alt_text
    'Layers from below to the top: input (T, B, 2); LSTM, then (T, B, 32); Dense, then (T, B, 1).'
    """
    rows = _rows(layers)
    head = rows.pop(0)[1] if rows and not rows[0][0] else None
    if not rows:
        raise ValueError("layers must hold at least one layer, got none")
    pitch, height = 1.55, 0.9
    box = max(2.2, 0.3 + max(drawing.wide(line, 11) for name, _, _ in rows for line in name.split("\n")))
    side = max(
        2.7, box / 2 + 0.9, 0.3 + max(drawing.wide(text, 10) for text in (head or "", *(row[1] for row in rows)))
    )
    width, x = box / _INCH, side / _INCH
    figure, axes = drawing.paper((0, 2 * x), (-1.0, pitch * len(rows) + 0.15), width=2 * side)
    if head is not None:
        drawing.write(axes, x + 0.2, -0.42, head, about="text input", size=10, ha="left")
    drawing.wire(axes, [(x, -0.75), (x, 0)], about="arrow input")
    for k, (name, text, states) in enumerate(rows):
        low = pitch * k
        fill = FILLS["sigma" if states or _RECURRENT.search(name) else "plain"]
        drawing.rectangle(axes, x, low + height / 2, width, height, about=f"box {k}", fill=fill)
        first, _, more = name.partition("\n")
        drawing.write(axes, x, low + height / 2 + (0.16 if more else 0), first, about=f"box {k}", size=11)
        if more:
            drawing.write(axes, x, low + height / 2 - 0.2, more, about=f"box {k}", size=9, colour=INK)
        drawing.wire(axes, [(x, low + height), (x, low + pitch)], about=f"arrow {k}")
        drawing.write(axes, x + 0.2, low + (height + pitch) / 2, text, about=f"text {k}", size=10, ha="left")
        if states:
            _loop(axes, x - width / 2, low, height, ", ".join(f"${name}$" for name in states), k)
    shapes = [f"{name.replace(chr(10), ', ')}, then {text}" if text else name for name, text, _ in rows]
    figure.alt_text = f"Layers from below to the top: {f'input {head}; ' if head else ''}{'; '.join(shapes)}."
    return figure


def _loop(axes, edge, low, height, names, k):
    """What a recurrent layer hands to its own next step."""
    high, out = low + height - 0.22, edge - 0.5
    drawing.wire(axes, [(edge, high), (out, high), (out, low + 0.22), (edge, low + 0.22)], about=f"loop {k}")
    drawing.write(axes, out - 0.12, low + height / 2, names, about=f"states {k}", size=11, ha="right")


def _rows(layers) -> list:
    """(name, text, names of states) of the input and of every layer."""
    inner = getattr(layers, "layers", None)  # a Sequential; plotting does not import nn
    if isinstance(layers, Layer) and inner:
        return _of_network(layers, inner)
    if isinstance(layers, Layer | str | dict):
        raise ValueError(f"layers must be a Sequential or a list of (name, text), got {type(layers).__name__}")
    try:
        pairs = list(layers)
    except TypeError:
        got = type(layers).__name__
        raise ValueError(f"layers must be a Sequential or a list of (name, text), got {got}") from None
    for k, pair in enumerate(pairs):
        if not isinstance(pair, tuple | list) or len(pair) != 2 or not all(isinstance(one, str) for one in pair):
            raise ValueError(f"layers[{k}] must be a pair of strings (name, text), got {pair!r}")
        if not pair[0] and k:
            raise ValueError(f"layers[{k}] must have a name: only the first pair, the input, may have an empty one")
        if max(map(len, (*pair[0].split("\n"), pair[1]))) > _LONGEST or pair[0].count("\n") > 1 or "\n" in pair[1]:
            raise ValueError(
                f"layers[{k}] must have a name of at most two lines and a text of one, each of at most {_LONGEST} "
                f"characters, got {pair!r}"
            )
    return [(name, text, ()) for name, text in pairs]


def _of_network(network, layers) -> list:
    size = network.inputs
    symbols = hasattr(layers[0], "symbols")  # an Embedding takes whole numbers, without an axis of features
    rows: list[tuple[str, str, tuple[str, ...]]]
    rows = [("", "x  (T, B)" if symbols else f"x  (T, B, {size or 'D'})", ())]
    steps = [_PROBE, 2 * _PROBE]
    over = False
    for layer in layers:
        steps = [layer.out_steps(n) for n in steps]
        over = over or _takes_the_last(layer)
        size = layer.outputs or size or "D"
        shape = f"(B, {size})" if over else f"({_time(steps)}, B, {size})"
        into = f"{layer.inputs} → {layer.outputs}, " if layer.inputs and layer.outputs else ""
        count = layer.count_parameters()
        name = f"{type(layer).__name__}\n{into}{count:,} parameters" if count else type(layer).__name__
        rows.append((name, shape, layer.state_names if isinstance(layer, Recurrent) else ()))
    return rows


def _takes_the_last(layer) -> bool:
    """Does the layer, or one inside it, hand on the last step alone?"""
    return getattr(layer, "steps", "all") == "last" or any(map(_takes_the_last, getattr(layer, "layers", ())))


_PROBE = 55440  # divisible by 1 .. 12: so many steps tell how the layers shorten a sequence


def _time(steps) -> str:
    """The number of steps as a formula in T: T, T - 4, T / 2."""
    slope = Fraction(steps[1] - steps[0], _PROBE)
    lost = slope * _PROBE - steps[0]
    scaled = "T" if slope == 1 else f"{slope.numerator if slope.numerator > 1 else ''}T/{slope.denominator}"
    if not lost:
        return scaled
    return f"{scaled} {'−' if lost > 0 else '+'} {abs(lost)}"
