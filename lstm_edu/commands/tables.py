"""Tables and sentences as wide as the terminal, and no row in two lines."""

import os
import shutil
import sys
import textwrap
from collections.abc import Sequence

import pandas as pd


def columns() -> int | None:
    """How many characters a line has room for.

    Returns
    -------
    int or None
        COLUMNS of the environment, else the terminal's; None where the output goes to a file: as many as it takes.
    """
    if os.environ.get("COLUMNS", "").isdigit():
        return int(os.environ["COLUMNS"])
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def fitted(table: pd.DataFrame, width: int | None, unneeded: Sequence[str]) -> str:
    """A table whose rows are lines, with a last line that names the columns for which there was no room.

    Parameters
    ----------
    table : pandas.DataFrame
        Of texts.
    width : int or None
        Characters of a line; None: as many as it takes.
    unneeded : sequence of str
        The columns that may be left out, the first of them first.

    Returns
    -------
    str
        Lines.

    Examples
    --------
    >>> table = pd.DataFrame({"cell": ["rnn", "gru"], "loss": ["0.5", "0.1"], "seconds": ["1.0", "2.0"]})
    >>> print(fitted(table, 16, ["seconds"]))
    cell loss
     rnn  0.5
     gru  0.1
    (no room for:
    seconds)
    """
    left: list[str] = []
    text, names = table.to_string(index=False), [name for name in unneeded if name in table]
    while width is not None and names and max(map(len, text.splitlines())) > width:
        left.append(names.pop(0))
        text = table.drop(columns=left).to_string(index=False)
    if not left:
        return text
    return f"{text}\n" + wrapped(f"(no room for: {', '.join(left)})", width)


def wrapped(text: str, width: int | None) -> str:
    """A sentence in lines.

    Parameters
    ----------
    text : str
        One paragraph.
    width : int or None
        Characters of a line; None: one line.

    Returns
    -------
    str
        Lines.
    """
    return (
        text if width is None else textwrap.fill(text, max(20, width), break_long_words=False, break_on_hyphens=False)
    )
