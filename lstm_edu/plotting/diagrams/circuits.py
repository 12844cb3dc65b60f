"""A cell as a circuit: one drawing for all cells, from the lists in parts.py."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lstm_edu.core import checks
from lstm_edu.plotting import style

from . import drawing
from .drawing import ACCENT, FILLS, INK, QUIET
from .parts import CIRCUITS, SIGMA, Box, Join, Node, Place, Port, Wire

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_BOX, _NODE, _JOIN = (1.0, 0.9), 0.24, (0.86, 0.42)
_GLYPHS = {
    "join": "Thick: x and h′ together.",
    "tap": "Dot: same value both ways.",
    "crossing": "Arc: no contact.",
    "node": "Circle: element by element.",
    "weight": "p: a weight per unit.",
}
_PLAIN = {r"\sigma": "sigmoid", r"\mathrm{tanh}": "tanh", r"\,": " ", r"\mathit{bn}": "bn", r"\cdot": "times"}


def diagram_stages(cell: str) -> list[str]:
    """What each stage of `diagram(cell, stage)` adds, from the first to the last.

    Parameters
    ----------
    cell : str
        As in `diagram`.

    Returns
    -------
    list of str
        One line about each stage.

    Raises
    ------
    ValueError
        If there is no such cell.

    Examples
    --------
    >>> diagram_stages("rnn")
    ["a layer of tanh units: it sees this step's input alone", "the way back in: it also sees its own last output h'"]
    """
    return [stage.title for stage in CIRCUITS[checks.one_of("cell", cell, CIRCUITS)].stages]


@style.in_style
def diagram(cell: str, stage: int | None = None) -> "Figure":
    """The circuit of a cell for one step of time, from left to right.

    The equations under the circuit are those of the cells' docstrings, with tanh for both squashings of the LSTM of
    1997.

    Parameters
    ----------
    cell : {"rnn", "lstm97", "lstm", "peephole", "gru", "gru-after"}
        The cell; "gru" has its reset before the product.
    stage : int, optional
        1 is the first box alone, each further stage has one part more, highlighted, at the same place; None is the
        whole cell. `diagram_stages(cell)` describes the stages.

    Returns
    -------
    matplotlib.figure.Figure
        The figure, with `alt_text`.

    Raises
    ------
    ValueError
        If there is no such cell or stage.

    Examples
    --------
    >>> figure = diagram("lstm", stage=6)
    >>> figure.alt_text[:70]
    'Circuit of the LSTM, one step of time from left to right, stage 6 of 6'
    """
    circuit = CIRCUITS[checks.one_of("cell", cell, CIRCUITS)]
    last = len(circuit.stages)
    if stage is not None and checks.whole("stage", stage) > last:
        raise ValueError(f"stage must be a whole number in 1 .. {last} for {cell!r}, got {stage!r}")
    shown = circuit.stages[: stage or last]
    new = set() if stage is None else set(shown[-1].parts)
    parts = [part for one in shown for part in one.parts]
    equations = {name: text for one in shown for name, text in one.equations.items()}
    changed = {} if stage is None else shown[-1].equations

    rows = max(map(len, circuit.rows))
    bottom = -0.75 - 0.34 * rows
    figure, axes = drawing.paper((0, 10.1), (bottom - 0.45, circuit.top + 0.55))
    _title(axes, circuit, stage, shown, circuit.top + 0.3)
    _surroundings(axes, circuit)
    glyphs = _draw(axes, circuit.places, parts, new)
    for x, column in zip((0.35, 6.3), circuit.rows, strict=True):
        for k, name in enumerate(column):
            if name in equations:
                colour = _colour(name in changed)
                text = f"${name} = {equations[name]}$"
                about = f"equation of {name}"
                drawing.write(axes, x, -0.9 - 0.34 * k, text, about=about, size=11, colour=colour, ha="left")
    legend = "   ".join(text for glyph, text in _GLYPHS.items() if glyph in glyphs)
    drawing.write(axes, 0.35, bottom - 0.2, legend, about="legend", size=8, colour=QUIET, ha="left")
    figure.alt_text = _alt_text(circuit, stage, shown, equations)
    return figure


def _title(axes, circuit, stage, shown, y):
    if stage is None:
        drawing.write(axes, 0.35, y, circuit.title, about="title", size=11, ha="left", weight="bold")
        return
    text = f"{circuit.short}, {stage} of {len(circuit.stages)}: "
    head = drawing.write(axes, 0.35, y, text, about="title", size=11, ha="left", weight="bold")
    look = {"fontsize": 10, "color": ACCENT, "ha": "left", "va": "center", "gid": "stage"}
    axes.annotate(shown[-1].title, (1, 0.5), xycoords=head, **look)


def _surroundings(axes, circuit):
    """The frame around what belongs to this step, and the direction of time."""
    low, high = 0.1, circuit.top
    look: dict[str, Any] = {"fill": FILLS["frame"], "edge": "#c9c9c4", "zorder": 0}
    drawing.rectangle(axes, 5.05, (low + high) / 2, 8.6, high - low, about="frame", **look)
    drawing.wire(axes, [(8.2, -0.3), (9.35, -0.3)], about="time", colour=QUIET, line=1.0)
    drawing.write(axes, 8.05, -0.3, "time", about="time", size=9, colour=QUIET, ha="right")


@dataclass(frozen=True)
class Route:
    """A wire, or a stretch of it between two shapes: its corners, cut off at the edges of the shapes at its ends."""

    wire: Wire
    points: tuple[Place, ...]
    start: Place  # the centre of the shape where it begins, or its first point
    end: Place

    def pieces(self) -> Iterator[tuple[Place, Place]]:
        """Each straight piece as (point, point)."""
        return zip(self.points, self.points[1:], strict=False)


def routes(wire: Wire, places: dict[str, Place], sizes: dict[Place, tuple]) -> list[Route]:
    """The stretches of a wire: it is interrupted at each place that it names where something stands."""
    first, *rest = re.split(r" (--|\|-|-\|) ", wire.route)
    stretches = [[point(first, places)]]
    for how, name in zip(rest[::2], rest[1::2], strict=True):
        (x, y), (u, v) = stretches[-1][-1], point(name, places)
        for corner in ({"|-": (x, v), "-|": (u, y), "--": (u, v)}[how], (u, v)):
            if corner != stretches[-1][-1]:
                stretches[-1].append(corner)
        if (u, v) in sizes:
            stretches.append([(u, v)])
    return [_cut(wire, points, sizes) for points in stretches if len(points) > 1]


def _cut(wire, points, sizes) -> Route:
    start, end = points[0], points[-1]
    first, last = _edge(start, points[1], sizes.get(start)), _edge(end, points[-2], sizes.get(end))
    return Route(wire, (first, *points[1:-1], last), start, end)


def point(name: str, places: dict[str, Place]) -> Place:
    """Where a name is; "a&b" has the x of a and the y of b."""
    if name in places:
        return places[name]
    along, across = name.split("&")
    return places[along][0], places[across][1]


def _edge(centre, towards, size):
    """Where a wire from `centre` leaves the shape of that size there."""
    if size is None:
        return centre
    step = np.sign(np.subtract(towards, centre))
    return tuple(float(v) for v in np.add(centre, step * np.asarray(size) / 2))


def _sizes(parts, places) -> dict:
    """The width and height of what stands at a place."""
    known = {Box: _BOX, Join: _JOIN, Node: (2 * _NODE, 2 * _NODE), Port: (0.36, 0.36)}
    return {places[part.place]: known[type(part)] for part in parts if type(part) in known}


def _draw(axes, places, parts, new) -> set:
    """Draw the parts, the `new` ones highlighted; which glyphs the reader has met."""
    glyphs = {type(part).__name__.lower() for part in parts}
    sizes = _sizes(parts, places)
    drawn = [route for part in parts if isinstance(part, Wire) for route in routes(part, places, sizes)]
    starts = [route.start for route in drawn if route.start not in sizes]
    for route in drawn:
        part, others = route.wire, [other for other in drawn if other is not route]
        colour = _colour(part in new)
        line = (drawing.THICK if part.thick else drawing.THIN) + 0.6 * (part in new)  # not by colour alone
        hops = crossings(route, others)
        drawing.wire(
            axes,
            route.points,
            about=f"wire {part.route}",
            colour=colour,
            line=line,
            head=route.end in sizes or not _touches(route.end, others),  # no head where another wire goes on
            hops=hops,
            sharp=starts,  # a bend that is a tap too keeps its corner, under the dot
        )
        glyphs |= {"crossing"} if hops else set()
        if route.start not in sizes and _touches(route.start, others):
            glyphs.add("tap")
            radius = drawing.DOT * (1.5 if part.thick else 1.0)
            drawing.circle(axes, *route.start, radius, about="tap", fill=colour, edge=colour, line=0, zorder=5)
    for part in parts:
        if isinstance(part, Wire) and part.text:
            glyphs.add("weight")
            about, (x, y) = f"wire {part.route}", part.at
            drawing.write(axes, x, y, part.text, about=about, size=11, colour=_colour(part in new))
    for part in parts:
        if not isinstance(part, Wire):
            _SHAPES[type(part)](axes, places, part, part in new)
    return glyphs


def crossings(route: Route, others: list[Route]) -> list[Place]:
    """Where a level piece of the route crosses an upright piece of another wire without touching it."""
    found = []
    for (x0, y0), (x1, y1) in route.pieces():
        for other in others:
            for (u0, v0), (u1, v1) in other.pieces():
                level, upright = y0 == y1 and x0 != x1, u0 == u1 and v0 != v1
                if level and upright and min(x0, x1) < u0 < max(x0, x1) and min(v0, v1) < y0 < max(v0, v1):
                    found.append((u0, y0))
    return found


def _touches(place, routes) -> bool:
    """Does one of the routes run through the place, or begin or end there?"""
    return any(drawing.on_piece(place, *piece) for route in routes for piece in route.pieces())


def _draw_box(axes, places, part, new):
    x, y = places[part.place]
    kind = {"tanh": "tanh", SIGMA: "sigma"}.get(part.text, "plain")
    about = f"box {part.place}"
    drawing.rectangle(axes, x, y, *_BOX, about=about, fill=FILLS[kind], **_outline(new))
    drawing.write(axes, x, y + 0.14 * bool(part.name), part.text, about=about, size=16 if kind == "sigma" else 12)
    if part.name:
        drawing.write(axes, x, y - 0.25, part.name, about=about, size=8)
    if part.gate:
        about = f"gate {part.gate}"
        drawing.write(axes, x + 0.2, y + 0.66, f"${part.gate}$", about=about, size=14, colour=_colour(new))


def _draw_node(axes, places, part, new):
    about, (x, y) = f"node {part.place}", places[part.place]
    drawing.circle(axes, x, y, _NODE, about=about, fill=FILLS["node"], **_outline(new))
    drawing.write(axes, x, y, part.text, about=about, size=14 if len(part.text) == 1 else 10)


def _draw_join(axes, places, part, new):
    about, (x, y) = f"join {part.place}", places[part.place]
    drawing.rectangle(axes, x, y, *_JOIN, about=about, fill=FILLS["node"], round=0.2, **_outline(new))
    drawing.write(axes, x, y, "$x,\\ h'$", about=about, size=11)


def _draw_port(axes, places, part, new):
    x, y = places[part.place]
    drawing.write(axes, x, y, part.text, about=f"port {part.place}", size=14, colour=_colour(new))


def _colour(new):
    return ACCENT if new else INK


def _outline(new) -> dict:
    return {"edge": _colour(new), "line": 2.2 if new else 1.2}


_SHAPES = {Box: _draw_box, Node: _draw_node, Join: _draw_join, Port: _draw_port}


def _alt_text(circuit, stage, shown, equations) -> str:
    """The picture in words, for those who do not see it."""
    head = f"Circuit of the {circuit.title}, one step of time from left to right"
    if stage is None:
        said = f", with {'; '.join(one.title for one in shown)}"
    else:
        said = f", stage {stage} of {len(circuit.stages)}; new and highlighted: {shown[-1].title}"
    rows = (name for column in circuit.rows for name in column if name in equations)
    return f"{head}{said}. Equations: {'; '.join(f'{name} = {_plain(equations[name])}' for name in rows)}."


def _plain(maths: str) -> str:
    """A formula as one would type it."""
    for tex, word in _PLAIN.items():
        maths = maths.replace(tex, word)
    return maths
