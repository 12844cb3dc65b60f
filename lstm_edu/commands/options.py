"""Options that several commands take."""

from typing import Annotated

import typer

Jobs = Annotated[int | None, typer.Option(help="Runs at a time.  [default: one per core]")]
Resume = Annotated[bool, typer.Option("--resume", help="Go on with what an earlier start left.")]
Dask = Annotated[
    str | None,
    typer.Option(metavar="ADDRESS", help="Send the runs to this Dask scheduler; local: start one here."),
]


def seeds(text: str) -> int | list[int]:
    """The seeds that somebody typed.

    Parameters
    ----------
    text : str
        How many, or a list with commas.

    Returns
    -------
    int or list of int
        As functions take them.

    Raises
    ------
    ValueError
        For anything else.
    """
    try:
        numbers = [int(part) for part in text.split(",")]
    except ValueError:
        raise ValueError(f"seeds must be a whole number or a list such as 0,1,2, got {text!r}") from None
    return numbers if "," in text else numbers[0]
