"""`lstm-edu sample`: a network that was trained on a text writes."""

import itertools
import sys
from pathlib import Path
from typing import Annotated

import typer


def sample(
    model: Annotated[Path, typer.Argument(help="What `lstm-edu train text` wrote.")],
    prompt: Annotated[
        str | None, typer.Option(help="What it reads first.  [default: a line's end, or its first character]")
    ] = None,
    temperature: Annotated[
        float, typer.Option(help="1: as it believes; less: bolder in what it believes most; 0: always the likeliest.")
    ] = 0.8,
    length: Annotated[int, typer.Option(help="Characters to write; 0: until Ctrl-C.", min=0)] = 500,
    seed: Annotated[int | None, typer.Option(help="The same seed, the same text.  [default: a new one]")] = None,
) -> None:
    """Let a network write, one character after the other, in memory that does not grow.

    lstm-edu sample model.safetensors --prompt "The " --temperature 0.5 --length 1000"""
    from lstm_edu import load
    from lstm_edu.nn.sampling import write_text

    net = load(model)
    symbols = None if net.about is None else net.about.symbols
    if symbols is None:
        raise ValueError(f"model: {str(model)!r} was not trained on a text: lstm-edu inspect says on what")
    start = prompt
    if prompt is None:
        start = "\n" if "\n" in symbols else symbols[0]
    letters = write_text(net, start or "", temperature=temperature, rng=seed)
    if prompt is not None:
        sys.stdout.write(prompt)
    try:
        for part in _parts(letters, length):
            sys.stdout.write(part)
            sys.stdout.flush()
        sys.stdout.write("\n")
    except KeyboardInterrupt:
        sys.stdout.write("\n")
        raise typer.Exit(130) from None
    except BrokenPipeError:  # whoever read has enough
        sys.stderr.close()


def _parts(letters, length):
    """Pieces of some characters, as a terminal shows them."""
    left = itertools.count() if length == 0 else range(length)
    some = []
    for _, letter in zip(left, letters):  # noqa: B905 - the letters have no end
        some.append(letter)
        if len(some) == 64:
            yield "".join(some)
            some = []
    yield "".join(some)
