"""One look for every figure: colours that colour-blind readers can tell apart, and a line style as a second mark."""

import functools
import io
from pathlib import Path

from lstm_edu.cells.files import replace_file

# Okabe & Ito's palette; the order and the line style of a cell are the same in every figure.
CELL_STYLES = {
    "rnn": ("#000000", "-"),
    "lstm97": ("#E69F00", "--"),
    "lstm": ("#0072B2", "-"),
    "peephole": ("#CC79A7", "-."),
    "gru": ("#009E73", (0, (4, 1, 1, 1, 1, 1))),
}
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
REFERENCE = "#777777"  # baselines and floors

CELL_TITLES = {
    "rnn": "RNN",
    "lstm97": "LSTM 1997",
    "lstm": "LSTM",
    "peephole": "Peephole LSTM",
    "gru": "GRU",
}

SETTINGS = {
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


def in_style(draw):
    """Decorate a function that draws: it runs in this package's look, and the reader's own settings stay untouched."""

    @functools.wraps(draw)
    def wrapper(*args, **kwargs):
        import matplotlib

        with matplotlib.rc_context(SETTINGS):
            return draw(*args, **kwargs)

    return wrapper


def new_figure(rows: int = 1, columns: int = 1, size=(7.0, 4.0), **kwargs):
    """A matplotlib Figure and its axes; it belongs to no window and needs no closing."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, layout="constrained")
    return figure, figure.subplots(rows, columns, **kwargs)


def save(figure, path) -> Path:
    """Write a figure to `path`, PNG, SVG or PDF by its ending (else PNG); makes the folder."""
    path = Path(path)
    path = path if path.suffix else path.with_suffix(".png")
    path.parent.mkdir(parents=True, exist_ok=True)
    drawn = io.BytesIO()
    figure.savefig(drawn, dpi=150, format=path.suffix[1:])
    replace_file(path, drawn.getvalue())
    return path
