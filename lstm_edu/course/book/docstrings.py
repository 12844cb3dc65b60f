"""Docstrings for Sphinx: sections in the NumPy convention, which napoleon reads after this, and plain text in them.

What stands indented, such as equations, keeps its shape; tables become tables; `names` become code, and links where
they are public names of the package.
"""

import ast
import inspect
import re
import textwrap

import lstm_edu

_ITEM = re.compile(r"([-*]|\d+\.) ")
_CODE = re.compile(r"(`+)(.+?)\1", re.DOTALL)
_ENTRIES = ("Parameters", "Other Parameters", "Attributes", "Returns", "Yields", "Raises", "Warns")
_SPECIAL = re.compile(r"[\\*_|]")


def rooms() -> list[str]:
    """The names of the package's modules that are public, top to bottom: cells, nn, tasks ...

    >>> rooms()[:3]
    ['cells', 'nn', 'tasks']
    """
    return [name for name in lstm_edu.__all__ if inspect.ismodule(getattr(lstm_edu, name))]


def public_names() -> dict[str, str]:
    """Every public name with the full name under which the book has it: that of the package, or else of its room.

    >>> public_names()["LSTM"], public_names()["Adding"]
    ('lstm_edu.LSTM', 'lstm_edu.tasks.Adding')
    """
    names = {name: f"lstm_edu.{name}" for name in lstm_edu.__all__}
    for room in rooms():
        for name in getattr(getattr(lstm_edu, room), "__all__", ()):
            names.setdefault(name, f"lstm_edu.{room}.{name}")
    return names


def process(app, what, name, thing, options, lines) -> None:
    """Sphinx's event: the lines of a docstring, changed in place."""
    lines[:] = to_rst(lines, own=name.rpartition(".")[2])


def to_rst(lines, own: str = "") -> list[str]:
    """Lines of a docstring as lines of reStructuredText; `own`: the name that they describe, which needs no link.

    >>> print("\\n".join(to_rst(["A `T` of", "", "    c = f * c'  + i", "", "- one", "- two"])))
    A ``T`` of
    <BLANKLINE>
    .. code-block:: text
    <BLANKLINE>
        c = f * c'  + i
    <BLANKLINE>
    - one
    - two
    <BLANKLINE>
    """
    sections = _sections(lines)
    out = _prose(sections[0][1], own)
    for title, body in sections[1:]:
        out += [title, "-" * len(title), *(_entries(body, own) if title in _ENTRIES else _prose(body, own)), ""]
    return out


def _sections(lines) -> list:
    """(title, lines) of each section; what comes before the first one has the title ""."""
    found = [("", [])]
    under = False
    for line, after in zip(lines, [*lines[1:], ""], strict=True):
        if under:
            under = False
        elif line and len(after) == len(line) and set(after) == {"-"}:
            found.append((line, []))
            under = True
        else:
            found[-1][1].append(line)
    return found


def _entries(lines, own: str) -> list[str]:
    """Names with their types as they are, and the text that stands indented below each of them."""
    out, text = [], []
    for line in [*lines, "end"]:
        if line.startswith("    ") or not line:
            text.append(line[4:])
            continue
        out += textwrap.indent("\n".join(_prose(text, own)).rstrip("\n"), "    ").split("\n") if text else []
        out, text = [*out, line], []
    return out[:-1]


def _prose(lines, own: str) -> list[str]:
    out = []
    for kind, block in _blocks(lines):
        if kind == "table":
            out += _table(block, own)
        elif kind in ("doctest", "grid"):
            out += block
        elif kind == "indented":
            out += _code(textwrap.dedent("\n".join(block)).strip("\n"))
        elif kind == "fence":
            out += _code("\n".join(block[1:-1]))
        else:
            text = re.sub(r"\s+::$|(?<=:):$", "", "\n".join(block))  # "::" announces what stands indented below
            out += _inline(text, own).split("\n")
        out.append("")
    return out


def _blocks(lines):
    """(kind, lines) of each block; blank lines stay inside code and lists where more of the same follows."""
    kind, block = None, []
    for line in [*lines, None]:
        if kind == "fence" and line is not None:
            block.append(line)
            if line.startswith("```"):
                yield kind, block
                kind, block = None, []
            continue
        new = _kind(line, kind)
        if new == "blank":
            if kind in ("indented", "list"):
                block.append("")
            elif kind:
                yield kind, block
                kind, block = None, []
        elif new == kind:
            block.append(line)
        else:
            if kind:
                yield kind, _without_last_blanks(block)
            kind, block = new, [line]


def _kind(line, before):
    if line is None:
        return None
    if not line.strip():
        return "blank"
    if before in ("doctest", "grid"):
        return before
    if before == "list" and (line.startswith("  ") or _ITEM.match(line)):
        return "list"
    if before == "paragraph" and not line.startswith(("    ", "|", "```")) and not _ITEM.match(line):
        return "paragraph"
    if line.startswith("```"):
        return "fence"
    if line.startswith("==="):
        return "grid"
    if line.startswith("|"):
        return "table"
    if line.startswith(">>>"):
        return "doctest"
    if _ITEM.match(line):
        return "list"
    return "indented" if line.startswith("  ") else "paragraph"


def _without_last_blanks(block):
    while block and not block[-1]:
        block = block[:-1]
    return block


def _code(text: str) -> list[str]:
    try:
        ast.parse(text)
        language = "python"
    except SyntaxError:
        language = "text"
    return [f".. code-block:: {language}", "", *textwrap.indent(text, "    ").split("\n")]


def _table(block, own) -> list[str]:
    rows = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))] for line in block]
    rows = [row for row in rows if not all(set(cell) <= set("-: ") for cell in row)]
    out = [".. list-table::", "    :header-rows: 1", "    :class: longtable", ""]
    for row in rows:
        for place, cell in enumerate(row):
            out.append(f"    {'* - ' if place == 0 else '  - '}{_inline(cell, own)}")
    return out


def _inline(text: str, own: str) -> str:
    out, place = [], 0
    for match in _CODE.finditer(text):
        out.append(_escaped(text[place : match.start()]))
        place = match.end()
        words = " ".join(match.group(2).split())
        known = _public(words)
        shown = f":py:obj:`{words} <{known}>`" if known and words != own else f"``{words}``"
        # markup needs a break on either side: `T`s
        left = "\\ " if match.start() and text[match.start() - 1].isalnum() else ""
        right = "\\ " if place < len(text) and text[place].isalnum() else ""
        out.append(left + shown + right)
    return "".join([*out, _escaped(text[place:])])


def _escaped(text: str) -> str:
    return _SPECIAL.sub(lambda found: "\\" + found.group(), text)


def _public(words: str) -> str | None:
    """The full name behind `LSTM`, `le.LSTM` or `tasks.Adding`."""
    parts = words.split(".")
    if len(parts) > 1 and parts[0] not in ("le", "lstm_edu", *rooms()):
        return None
    return public_names().get(parts[-1]) if len(parts) < 4 else None
