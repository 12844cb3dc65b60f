"""A text in which each character stands on the colour of a unit's state."""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from lstm_edu.core import checks

from . import style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LEVELS = 8  # shades on each side of zero: runs of characters share one, which keeps the page small
_SIZE, _ADVANCE, _LINE = (
    8.5,
    0.60205,
    1.35,
)  # points; a character's width and a line's height in them (DejaVu Sans Mono)
_FONT: dict[str, Any] = {"fontfamily": "DejaVu Sans Mono", "fontsize": _SIZE}
_LEGEND = ((-1.0, "−1"), (-0.5, ""), (0.0, "0"), (0.5, ""), (1.0, "+1"))


def text_states(
    text: str, values: ArrayLike | Mapping[str, ArrayLike], *, width: int = 88, title: str | None = None
) -> "TextStates":
    """A text coloured by what a unit holds after each of its characters: orange below zero, blue above.

    Parameters
    ----------
    text : str
        What was read.
    values : array_like or mapping of str to array_like
        (characters,) floats from -1 to 1, the state after each character, such as h or tanh(c) of one unit. Several
        units by name give one panel each.
    width : int, default 88
        Characters in a row; longer lines go on in the next.
    title : str, optional
        What the states are, above the text of a single unit.

    Returns
    -------
    TextStates
        Shown by a notebook as HTML; `html()`, `figure()` and `alt` by themselves.

    Raises
    ------
    ValueError
        For an empty text, and for values of another number or beyond -1 .. 1.

    See Also
    --------
    gates_over_time : All units of a layer as heat maps.

    References
    ----------
    Karpathy, Johnson and Fei-Fei, Visualizing and understanding recurrent networks, 2015 (figure 2).

    Examples
    --------
    >>> shown = text_states('x = "a"', [0, 0, 0, 0, 0.9, 0.9, 0], title="inside a string")
    >>> shown.alt
    'The text \\'x = "a"\\', each character on the colour of a state. inside a string: above 0.5 at \\'"a\\'.'
    >>> figure = shown.figure()
    """
    if not isinstance(text, str) or not text:
        raise ValueError(f"text must be a str of at least one character, got {text!r}")
    panels = dict(values) if isinstance(values, Mapping) else {title or "": values}
    if not panels:
        raise ValueError("values must hold at least one unit, got none")
    kept = {}
    for name, one in panels.items():
        array = checks.floats(f"values {name!r}" if name else "values", one, (len(text),), np.dtype(np.float64))
        if not (np.abs(array) <= 1).all():
            worst = array[np.nanargmax(np.where(np.isnan(array), np.inf, np.abs(array)))]
            raise ValueError(f"values must be from -1 to 1, such as h or tanh(c), got {worst}")
        kept[str(name)] = array.copy()
    return TextStates(text, kept, checks.whole("width", width))


@dataclass(frozen=True, repr=False)
class TextStates:
    """What `text_states` returns.

    Parameters
    ----------
    text : str
        As given.
    panels : dict of str to numpy.ndarray
        Title -> (characters,) floats.
    width : int
        As given.
    """

    text: str
    panels: dict[str, np.ndarray]
    width: int

    @property
    def alt(self) -> str:
        """Which pieces of the text have a state beyond ±0.5, in words; the longest ones of each unit."""
        shown = self.text if len(self.text) <= 60 else self.text[:57] + "..."
        words = [f"The text {' '.join(repr(shown).split())}, each character on the colour of a state."]
        for name, values in self.panels.items():
            found = []
            for sign, where in ((1, "above 0.5"), (-1, "below -0.5")):
                pieces = self._pieces(sign * values > 0.5)
                if pieces:
                    found.append(f"{where} at {', '.join(pieces)}")
            words.append(f"{name + ': ' if name else ''}{'; '.join(found) or 'nowhere beyond ±0.5'}.")
        return " ".join(words)

    def _pieces(self, chosen: np.ndarray, most: int = 3) -> list[str]:
        """The longest pieces of the text where `chosen` is true, in their order."""
        places, start = [], 0
        for on, run in groupby(chosen.tolist()):
            length = len(list(run))
            if on:
                places.append((start, start + length))
            start += length
        longest = sorted(sorted(places, key=lambda place: place[0] - place[1])[:most])
        pieces = [" ".join(self.text[a:b].split()) for a, b in longest]
        return [repr(piece if len(piece) <= 30 else piece[:27] + "...") for piece in pieces if piece]

    def html(self) -> str:
        """The text as HTML, to be put into a page.

        Returns
        -------
        str
            The text can be read aloud and copied as text; a state is told to who rests on its characters.
        """
        parts = [f'<figure style="margin:0" role="group" aria-label="{html.escape(self.alt)}">']
        for name, values in self.panels.items():
            parts.append(f"<figcaption><b>{html.escape(name)}</b> {_html_legend()}</figcaption>")
            parts.append(
                '<pre style="background:#ffffff;color:#000000;line-height:1.45;padding:0.5em;overflow-x:auto">'
                f"{''.join(self._spans(values))}</pre>"
            )
        return "".join([*parts, "</figure>"])

    _repr_html_ = html

    def __repr__(self) -> str:
        return self.alt  # where there is no page

    def _spans(self, values: np.ndarray) -> Any:
        for row in self._rows():
            levels = np.rint(values[row.start : row.stop] * LEVELS).astype(int).tolist()
            for level, run in groupby(zip(levels, range(row.start, row.stop), strict=True), key=lambda pair: pair[0]):
                places = [place for _, place in run]
                piece = "".join(_visible(self.text[place]) for place in places)
                mean = values[places].mean()
                if level:
                    piece = f'<span style="background:{_colour(level)}" title="{mean:+.2f}">{html.escape(piece)}</span>'
                else:
                    piece = html.escape(piece)
                yield piece
            yield "\n"

    def _rows(self) -> list[range]:
        """The places of the characters of each row: a line ends with its line break, or after `width` characters."""
        rows, start = [], 0
        for place, letter in enumerate(self.text):
            if letter == "\n" or place - start + 1 == self.width:
                # a line break that just fits stands at the end of its line
                if letter != "\n" and self.text[place + 1 : place + 2] == "\n":
                    continue
                rows.append(range(start, place + 1))
                start = place + 1
        return [*rows, range(start, len(self.text))] if start < len(self.text) else rows

    @style.in_style
    def figure(self) -> "Figure":
        """The text as a picture.

        Returns
        -------
        matplotlib.figure.Figure
            The panels one below the other; `alt` says what is to be seen.
        """
        from matplotlib.figure import Figure

        rows = self._rows()
        columns = max(max(map(len, rows)), 40)
        char, line = _SIZE * _ADVANCE / 72, _SIZE * _LINE / 72  # inches
        head = 1.8 * line
        panel = len(rows) * line + head
        width, height = columns * char + 0.2, panel * len(self.panels) + 0.1
        figure = Figure(figsize=(width, height))
        for k, (name, values) in enumerate(self.panels.items()):
            bottom = height - 0.05 - (k + 1) * panel
            place = (0.1 / width, bottom / height, columns * char / width, len(rows) * line / height)
            axes = figure.add_axes(place)
            axes.set(xlim=(0, columns), ylim=(len(rows), 0), xticks=[], yticks=[])
            axes.grid(visible=False)
            axes.set_frame_on(False)
            self._draw(axes, rows, values, columns)
            axes.text(0, -0.45, name, fontsize=10, fontweight="bold", parse_math=False)
            _draw_legend(axes, columns)
        return figure

    def _draw(self, axes: Any, rows: list[range], values: np.ndarray, columns: int) -> None:
        picture = np.ones((len(rows), columns, 3))
        for k, row in enumerate(rows):
            levels = np.rint(values[row.start : row.stop] * LEVELS).astype(int).tolist()
            picture[k, : len(row)] = [_rgb(_colour(level)) for level in levels]
            letters = "".join(_drawable(self.text[place]) for place in row)
            # Word by word: a renderer rounds the widths of letters, which adds up over a line.
            for word in re.finditer(r"\S{1,12}", letters):
                axes.text(word.start(), k + 0.5, word.group(), va="center_baseline", parse_math=False, **_FONT)
        axes.imshow(
            picture, extent=(0, columns, len(rows), 0), aspect="auto", interpolation="nearest", zorder=0, origin="upper"
        )


def _visible(letter: str) -> str:
    """A character as one cell of a row: what has no width is a blank."""
    return letter if letter.isprintable() else " "


def _drawable(letter: str) -> str:
    """The same, and U+FFFD for what the font lacks."""
    letter = _visible(letter)
    return letter if ord(letter) in _known_points() else "\ufffd"


@lru_cache(maxsize=1)
def _known_points() -> frozenset[int]:
    from matplotlib import font_manager

    font = font_manager.get_font(font_manager.findfont("DejaVu Sans Mono"))
    return frozenset(font.get_charmap())


@lru_cache(maxsize=2 * LEVELS + 1)
def _colour(level: int) -> str:
    """#rrggbb of a level: white at zero, orange below, blue above, never too dark for black letters."""
    end = np.array(_rgb("#56B4E9" if level > 0 else "#E69F00"))
    share = abs(level) / LEVELS
    return "#" + "".join(f"{round(255 * part):02x}" for part in 1 + share * (end - 1))


def _rgb(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5))
    return red, green, blue


def _html_legend() -> str:
    look = "color:#000000;padding:0 0.4em"
    return "".join(
        f'<span style="background:{_colour(round(value * LEVELS))};{look}">{label or "&nbsp;"}</span>'
        for value, label in _LEGEND
    )


def _draw_legend(axes: Any, columns: int) -> None:
    for k, (value, label) in enumerate(_LEGEND):
        left = columns - 3 * (len(_LEGEND) - k)
        colour = _colour(round(value * LEVELS))
        axes.add_patch(_rectangle(left, -1.35, 3, 1.0, colour))
        axes.text(left + 1.5, -0.85, label, ha="center", va="center", fontsize=7)


def _rectangle(left: float, top: float, width: float, height: float, colour: str) -> Any:
    from matplotlib.patches import Rectangle

    return Rectangle((left, top), width, height, facecolor=colour, edgecolor="#999999", linewidth=0.4, clip_on=False)
