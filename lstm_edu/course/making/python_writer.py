"""The weights of the network that writes Python, as the course ships them.

python -m lstm_edu.course.making.python_writer           about an hour on one core; Ctrl-C, and again: it goes on
"""

import argparse
from pathlib import Path

from lstm_edu.course import writer

STEPS = 9_000


def main(arguments: list[str] | None = None) -> None:
    """Train and write the three files.

    Parameters
    ----------
    arguments : list of str, optional
        Of the command line; None: this process's.
    """
    parser = argparse.ArgumentParser(prog="python -m lstm_edu.course.making.python_writer", description=__doc__)
    parser.add_argument("--steps", type=int, default=STEPS, help=f"of the optimizer (default: {STEPS})")
    parser.add_argument("--out", type=Path, default=writer.DATA, help="the folder for weights, log and facts")
    chosen = parser.parse_args(arguments)
    log = writer.train(chosen.out, steps=chosen.steps)
    print(log.tail(3).to_string(index=False))


if __name__ == "__main__":
    main()
