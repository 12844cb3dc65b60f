"""One look for every figure: colours that colour-blind readers can tell apart, and a line style as a second mark."""

import functools
import io
import os
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeAlias, TypeVar

from lstm_edu.cells import CLASSIC
from lstm_edu.core.files import replace_file
from lstm_edu.core.registry import cell_title

if TYPE_CHECKING:
    from matplotlib.figure import Figure

P = ParamSpec("P")
R = TypeVar("R")
# A name, or an offset with the lengths of dashes and gaps, as matplotlib takes them.
LineStyle: TypeAlias = str | tuple[int, tuple[float, ...]]

# Okabe & Ito's palette; the order and the line style of a cell are the same in every figure.
CELL_STYLES: dict[str, tuple[str, LineStyle]] = {
    "rnn": ("#000000", "-"),
    "lstm97": ("#E69F00", "--"),
    "lstm": ("#0072B2", "-"),
    "peephole": ("#CC79A7", "-."),
    "gru": ("#009E73", (0, (4, 1, 1, 1, 1, 1))),
}
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
# For cells of one's own: what Okabe & Ito have left, then two of Tol's, each in dashes that no other cell has.
FURTHER_COLOURS = ("#D55E00", "#56B4E9", "#332288", "#882255")
FURTHER_LINES: tuple[LineStyle, ...] = (":", (0, (7, 2)), (0, (1, 1, 5, 1)), (0, (3, 1, 3, 1, 1, 1)), (0, (8, 2, 2, 2)))
REFERENCE = "#777777"  # baselines and floors

CELL_TITLES = {name: cell_title(name) for name in CLASSIC}  # of the package's own

SETTINGS: dict[Any, Any] = {
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 11,
    "axes.grid": True,
    "grid.color": "#e6e6e6",
    "axes.axisbelow": True,
    "font.size": 10,
    "legend.frameon": False,
    "svg.hashsalt": "lstm_edu",
}


def colour(cell: str) -> str:
    """The colour of a cell, the same in every figure.

    Parameters
    ----------
    cell : str
        A name of `lstm_edu.CELLS`, or any other: that one gets a further colour, which depends on the name alone.

    Returns
    -------
    str
        As matplotlib takes it.

    Examples
    --------
    >>> colour("lstm"), colour("mine") in FURTHER_COLOURS
    ('#0072B2', True)
    """
    return CELL_STYLES[cell][0] if cell in CELL_STYLES else FURTHER_COLOURS[_number(cell) % len(FURTHER_COLOURS)]


def line(cell: str) -> LineStyle:
    """The line style of a cell, the same in every figure.

    Parameters
    ----------
    cell : str
        As in `colour`.

    Returns
    -------
    str or tuple
        As matplotlib takes it.

    Examples
    --------
    >>> line("lstm97"), line("mine") in FURTHER_LINES
    ('--', True)
    """
    # Numbers of colours and lines have no common factor: names that share a colour most often differ in their line.
    return CELL_STYLES[cell][1] if cell in CELL_STYLES else FURTHER_LINES[_number(cell) % len(FURTHER_LINES)]


def _number(cell: str) -> int:
    return zlib.crc32(cell.encode())  # the same in every process, which hash() is not


def in_style(draw: Callable[P, R]) -> Callable[P, R]:
    """Decorate a function that draws: it runs in this package's look, and the reader's own settings stay untouched.

    Parameters
    ----------
    draw : callable
        Any function.

    Returns
    -------
    callable
        The same with matplotlib's settings exchanged for `SETTINGS` while it runs.
    """

    @functools.wraps(draw)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        import matplotlib

        with matplotlib.rc_context(SETTINGS):
            return draw(*args, **kwargs)

    return wrapper


def new_figure(
    rows: int = 1, columns: int = 1, size: tuple[float, float] = (7.0, 4.0), **kwargs: Any
) -> "tuple[Figure, Any]":
    """A figure and its axes; it belongs to no window and needs no closing.

    Parameters
    ----------
    rows, columns : int
        How many axes.
    size : tuple of float
        Width and height in inches.
    **kwargs
        For `Figure.subplots`.

    Returns
    -------
    figure : matplotlib.figure.Figure
        The figure.
    axes : Axes or numpy.ndarray of Axes
        As `Figure.subplots` returns them.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, layout="constrained")
    return figure, figure.subplots(rows, columns, **kwargs)


def save(figure: "Figure", path: str | os.PathLike[str]) -> Path:
    """Write a figure to a file; makes its folder.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        What to write.
    path : str or os.PathLike
        Where to. The ending says whether PNG, SVG or PDF; without one it is PNG.

    Returns
    -------
    pathlib.Path
        The file.
    """
    path = Path(path)
    path = path if path.suffix else path.with_suffix(".png")
    path.parent.mkdir(parents=True, exist_ok=True)
    drawn = io.BytesIO()
    figure.savefig(drawn, dpi=150, format=path.suffix[1:])
    replace_file(path, drawn.getvalue())
    return path
