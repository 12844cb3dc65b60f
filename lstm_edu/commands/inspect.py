"""`lstm-edu inspect`: what is in a file of weights."""

from pathlib import Path
from typing import Annotated

import typer


def inspect(
    model: Annotated[Path, typer.Argument(help="Any network that lstm_edu.save or lstm-edu train wrote.")],
) -> None:
    """Say what a network is, what it was trained on, and what its gates do."""
    from lstm_edu import load
    from lstm_edu.experiments.own.look import gates, known

    net = load(model)
    print(f"{model}: {model.stat().st_size:,} bytes\n")
    print(net.summary())
    print(f"\n{known(net)}")
    if words := gates(net):
        print(f"\n{words}")
