"""The pen: boxes, nodes, wires with arrow heads, arcs and taps, on one empty axes in the drawing's own units."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from lstm_edu.plotting import style

INK, QUIET, ACCENT = "#222222", "#5f5f5f", style.COLOURS[1]
FILLS = {"sigma": "#d9e9f5", "tanh": "#fbe8c5", "plain": "#ededed", "frame": "#f8f8f6", "node": "#ffffff"}
HEAD, HOP, BEND, DOT = 0.17, 0.12, 0.12, 0.065
THIN, THICK = 1.3, 3.0


def paper(x: tuple[float, float], y: tuple[float, float], width: float = 7.5) -> tuple[Any, Any]:
    """A figure `width` inches wide whose one axes spans `x` and `y` in units of the same length both ways."""
    from matplotlib.figure import Figure

    height = width * (y[1] - y[0]) / (x[1] - x[0])
    figure = Figure(figsize=(width, height))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set(xlim=x, ylim=y)
    return figure, axes


def wide(text: str, size: float) -> float:
    """How many inches wide the text is at that font size."""
    from matplotlib.textpath import TextPath

    return float(TextPath((0, 0), text, size=size).get_extents().width) / 72 if text.strip() else 0.0


def write(
    axes: Any,
    x: float,
    y: float,
    text: str,
    *,
    about: str,
    size: float = 10,
    colour: str = INK,
    ha: str = "center",
    va: str = "center",
    **more: Any,
) -> Any:
    """Text with its maths in the textbook's letters; `about` says which part it belongs to."""
    return axes.text(
        x, y, text, fontsize=size, color=colour, ha=ha, va=va, gid=about, math_fontfamily="cm", zorder=6, **more
    )


def rectangle(
    axes: Any,
    x: float,
    y: float,
    width: float,
    height: float,
    *,
    about: str,
    fill: str,
    edge: str = INK,
    line: float = 1.2,
    round: float = 0.08,
    zorder: float = 4,
) -> Any:
    """A box with rounded corners around (x, y)."""
    from matplotlib.patches import FancyBboxPatch

    shape = f"round,pad=0,rounding_size={round}"
    corner = (x - width / 2, y - height / 2)
    patch = FancyBboxPatch(corner, width, height, boxstyle=shape, fc=fill, ec=edge, lw=line, zorder=zorder, gid=about)
    return axes.add_patch(patch)


def circle(
    axes: Any,
    x: float,
    y: float,
    radius: float,
    *,
    about: str,
    fill: str,
    edge: str = INK,
    line: float = 1.2,
    zorder: float = 4,
) -> Any:
    """A round node, or a tap when filled and small."""
    from matplotlib.patches import Circle

    return axes.add_patch(Circle((x, y), radius, fc=fill, ec=edge, lw=line, zorder=zorder, gid=about))


def wire(
    axes: Any,
    points: Iterable,
    *,
    about: str,
    colour: str = INK,
    line: float = THIN,
    head: bool = True,
    hops: Iterable = (),
    sharp: Iterable = (),
    dashed: bool = False,
    zorder: float = 3,
) -> Any:
    """A line through `points` with round bends, an arc over each of `hops`, and an arrow head at its end.

    The bends at `sharp` keep their corner.
    """
    sharp = [np.asarray(p, float) for p in sharp]
    points = [np.asarray(p, float) for p in points]
    scale = 1.25 if line > 2 else 1.0
    if head:
        tip, back = points[-1], points[-2]
        along = (tip - back) / np.linalg.norm(tip - back)
        across = np.array([-along[1], along[0]])
        base = tip - HEAD * scale * along
        side = 0.4 * HEAD * scale * across
        axes.fill(*zip(tip, base + side, base - side, strict=True), color=colour, lw=0, zorder=zorder, gid=about)
        points[-1] = tip - 0.7 * HEAD * scale * along
    style_of_line = {"linestyle": (0, (3, 1.6)), "dash_capstyle": "butt"} if dashed else {"solid_capstyle": "round"}
    path = np.concatenate(list(_pieces(points, hops, sharp)))
    return axes.plot(*path.T, color=colour, linewidth=line, zorder=zorder, gid=about, **style_of_line)[0]


def _pieces(points, hops, sharp):
    """The points of the path, piece by piece: straight, an arc over each wire that is crossed, a round bend."""
    yield points[:1]
    for k in range(1, len(points)):
        start, end = points[k - 1], points[k]
        along = (end - start) / np.linalg.norm(end - start)
        on_the_way = [h for h in map(np.asarray, hops) if on_piece(h, start, end)]
        for hop in sorted(on_the_way, key=lambda h: float((h - start) @ along)):
            angle = np.linspace(np.pi, 0, 15)[:, None]
            yield hop + HOP * (np.cos(angle) * along + np.sin(angle) * np.array([0.0, 1.0]))
        if k == len(points) - 1:
            yield [end]
            return
        if any(np.allclose(end, p) for p in sharp):
            yield [end]
            continue
        onward = (points[k + 1] - end) / np.linalg.norm(points[k + 1] - end)
        s = np.linspace(0, 1, 8)[:, None]
        yield (1 - s) ** 2 * (end - BEND * along) + 2 * s * (1 - s) * end + s**2 * (end + BEND * onward)


def on_piece(point: ArrayLike, start: ArrayLike, end: ArrayLike) -> bool:
    """Is the point on the piece from start to end, which runs along an axis?"""
    point, start, end = np.asarray(point), np.asarray(start), np.asarray(end)
    low, high = np.minimum(start, end), np.maximum(start, end)
    return bool(np.all(point >= low - 1e-9) and np.all(point <= high + 1e-9))
