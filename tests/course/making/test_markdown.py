"""Docstrings on their way into the book: shapes are kept, tables are tables, sections are left to napoleon."""

from lstm_edu.course.making.book.markdown import to_rst

SECTIONS = """One line.

Parameters
----------
x : (T, B, D) floats
    The input.

    It may be long.
y : float, optional
    The output.

- an item
  that goes on

    and has a paragraph

.. math::

    a = b

as in::

    c

>>> 1
1"""


def test_sections_lists_directives_and_examples_stay_as_they_are():
    assert to_rst(SECTIONS.split("\n")) == [*SECTIONS.split("\n"), ""]


def test_what_stands_indented_below_a_paragraph_is_a_literal_block_also_with_an_empty_line_in_it():
    assert to_rst(["Words.", "", "    a = b * c'", "", "    d", "", "More."]) == [
        *("Words.", "", "::", "", "    a = b * c'", "", "    d", "", "More.", "")
    ]


def test_aligned_text_keeps_its_shape():
    assert to_rst(["Words.", "", "steps   how many", "        there are"]) == [
        *("Words.", "", "::", "", "    steps   how many", "            there are", "")
    ]


def test_two_tables_in_a_row_are_two_tables():
    out = to_rst(["| a | b |", "| --- | --: |", "| `1` | 2 |", "", "| c |", "| - |", "| 3 \\| 4 |"])
    assert out.count(".. list-table::") == 2
    assert [line.strip() for line in out if "- " in line] == ["* - a", "- b", "* - `1`", "- 2", "* - c", "* - 3 \\| 4"]
