"""A text coloured by a unit's state: as a page that reads as the text, and as a picture."""

import re
from html.parser import HTMLParser

import numpy as np
import pytest

import lstm_edu as le
from lstm_edu.plotting import text as module

TEXT = 'def f(a, b="<i>&$x$"):\n\treturn a\n\n\n    # 漢 é\x1c end'


class Page(HTMLParser):
    """Every character inside <pre> with the colour that it stands on."""

    def __init__(self, page):
        super().__init__()
        self.colours, self.letters, self.labels, self.stack = [], [], [], []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.stack.append((tag, dict(attributes)))
        self.labels += [dict(attributes)["aria-label"]] if "aria-label" in dict(attributes) else []

    def handle_endtag(self, tag):
        assert self.stack.pop()[0] == tag

    def handle_data(self, data):
        if "pre" in [tag for tag, _ in self.stack]:
            style = self.stack[-1][1].get("style", "") if self.stack[-1][0] == "span" else ""
            colour = re.search(r"background:(#\w{6})", style)
            self.letters += data
            self.colours += [colour.group(1) if colour else "#ffffff"] * len(data)


def luminance(colour):
    parts = np.array([int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)])
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4) @ (0.2126, 0.7152, 0.0722)


def test_the_page_reads_as_the_text_whatever_stands_in_it():
    values = np.linspace(-1, 1, len(TEXT))
    page = Page(le.plotting.text_states(TEXT, values).html())
    assert not page.stack  # every tag is closed
    shown = TEXT.replace("\t", " ").replace("\x1c", " ")
    assert "".join(page.letters) == shown.replace("\n", " \n") + "\n"  # a line break has a cell of its own
    assert page.labels == [le.plotting.text_states(TEXT, values).alt]


def test_colours_follow_the_states_in_order_and_zero_is_white():
    values = np.linspace(-1, 1, 2 * module.LEVELS + 1)
    colours = Page(le.plotting.text_states("a" * len(values), values).html()).colours[:-1]
    assert colours[module.LEVELS] == "#ffffff"
    assert len(set(colours)) == len(values)
    bright = [luminance(colour) for colour in colours]
    assert (np.diff(bright[: module.LEVELS + 1]) > 0).all()
    assert (np.diff(bright[module.LEVELS :]) < 0).all()


def test_black_letters_can_be_read_on_every_colour():
    for level in range(-module.LEVELS, module.LEVELS + 1):
        assert (luminance(module._colour(level)) + 0.05) / 0.05 > 7  # the strictest of the usual bounds for contrast


def test_long_lines_go_on_in_the_next_row_and_a_line_break_that_just_fits_makes_no_empty_one():
    shown = le.plotting.text_states("abcde\nabc\nabcdefgh", np.zeros(18), width=5)
    assert "".join(Page(shown.html()).letters) == "abcde \nabc \nabcde\nfgh\n"


def test_several_units_give_a_panel_each():
    shown = le.plotting.text_states("ab", {"one <1>": [0.5, 0.5], "two": [-1.0, 1.0]})
    page = shown.html()
    assert page.count("<pre") == 2
    assert "one &lt;1&gt;" in page
    axes = shown.figure().axes
    assert len(axes) == 2
    assert axes[1].images[0].get_array()[0, 0].tolist() == pytest.approx(module._rgb("#E69F00"), abs=1e-6)
    assert axes[1].images[0].get_array()[0, 1].tolist() == pytest.approx(module._rgb("#56B4E9"), abs=1e-6)


def test_the_picture_has_each_letter_in_its_cell_and_draws_without_a_warning(tmp_path):
    values = np.linspace(-1, 1, len(TEXT))
    shown = le.plotting.text_states(TEXT, values, title="a $ unit")
    figure = shown.figure()
    (axes,) = figure.axes
    words = {text.get_text(): text.get_position() for text in axes.texts}
    assert words["return"] == (1, 1.5)
    assert words['b="<i>&$x$"):'[:12]] == (9, 0.5)
    assert words["\ufffd"] == (6, 4.5)  # the font has no such letter
    path = le.plotting.save(figure, tmp_path / "text")
    assert path.read_bytes().startswith(b"\x89PNG")


def test_the_words_for_who_cannot_see_it_name_the_longest_pieces():
    text = "aaa (bb) ccccc dd"
    values = np.zeros(len(text))
    values[4:8], values[9:14], values[15] = 0.9, -0.8, 0.5
    shown = le.plotting.text_states(text, values, title="brackets")
    assert shown.alt.endswith("brackets: above 0.5 at '(bb)'; below -0.5 at 'ccccc'.")
    assert le.plotting.text_states("ab", [0, 0.5]).alt.endswith("nowhere beyond ±0.5.")
    assert len(le.plotting.text_states("ab " * 500, np.tile([0.9, 0.9, -0.9], 500)).alt) < 300


def test_what_a_unit_holds_is_copied():
    values = np.zeros(2)
    shown = le.plotting.text_states("ab", values)
    values[:] = 1
    assert not shown.panels[""].any()


@pytest.mark.parametrize(
    ("text", "values", "width", "words"),
    [
        ("", [], 9, "text must be a str of at least one character, got ''"),
        (5, [0.0], 9, "text must be a str of at least one character, got 5"),
        ("ab", [0.0], 9, r"values must .*2"),
        ("ab", [[0.0, 0.0]], 9, r"values must .*2"),
        ("ab", [0.0, 1.5], 9, r"values must be from -1 to 1, such as h or tanh\(c\), got 1.5"),
        ("ab", [0.0, np.nan], 9, "values"),
        ("ab", {}, 9, "values must hold at least one unit"),
        ("ab", {"mine": [0.0]}, 9, "values 'mine' must"),
        ("ab", [0.0, 0.0], 0, "width must be"),
    ],
    ids=["empty", "no text", "too few", "shape", "too large", "not a number", "no unit", "named", "width"],
)
def test_what_does_not_fit_is_refused(text, values, width, words):
    with pytest.raises(ValueError, match=words):
        le.plotting.text_states(text, values, width=width)
