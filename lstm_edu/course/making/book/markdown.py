"""What docstrings have of Markdown, for Sphinx: text that stands indented, and tables. napoleon reads the rest."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

_OTHER = re.compile(r"  |[-*] |\d+\. |\.\. |>>>")  # indented, items of a list, directives, doctests
_TABLE = [".. list-table::", "    :header-rows: 1", ""]


def process(app: Any, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    """Sphinx's event `autodoc-process-docstring`: the lines of a docstring, changed in place."""
    lines[:] = to_rst(lines)


def to_rst(lines: list[str]) -> list[str]:
    """The lines, in which equations below a paragraph and aligned text keep their shape and tables are list-tables.

    >>> print("\\n".join(to_rst(["One step:", "", "    c = f * c'  + i", "", "| a | b |", "| - | - |", "| 1 | 2 |"])))
    One step:
    <BLANKLINE>
    ::
    <BLANKLINE>
        c = f * c'  + i
    <BLANKLINE>
    .. list-table::
        :header-rows: 1
    <BLANKLINE>
        * - a
          - b
        * - 1
          - 2
    <BLANKLINE>
    """
    sections = any(len(line) > 2 and set(line) == {"-"} for line in lines)
    out, above = [], "  "
    for block in _blocks(lines):
        first, last = block[0], block[-1]
        if first.startswith("|"):
            out += [*_TABLE, *(line for row in block for line in _row(row))]
        elif first.startswith("  ") and not _OTHER.match(above) and not above.endswith("::"):
            out += ["::", "", *block]
        elif not sections and not _OTHER.match(first) and any(line.startswith("  ") for line in block):
            out += ["::", "", *(f"    {line}" for line in block)]
        else:
            out += block
        out.append("")
        above = last
    return out


def _blocks(lines: Iterable[str]) -> Iterator[list[str]]:
    """The lines between empty ones."""
    block = []
    for line in [*lines, ""]:
        if line.strip():
            block.append(line)
        elif block:
            yield block
            block = []


def _row(line: str) -> list[str]:
    cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))]
    if all(set(cell) <= set("-: ") for cell in cells):
        return []
    return [f"    {'  ' if place else '* '}- {cell}" for place, cell in enumerate(cells)]
