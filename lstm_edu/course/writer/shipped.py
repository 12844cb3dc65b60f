"""What ships with the course: the trained network, the log of its training, and what it was trained on."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from lstm_edu.core import Layer
from lstm_edu.nn import load

from .corpus import PythonSource
from .training import NAME

DATA = Path(__file__).parents[1] / "data"


@dataclass(frozen=True)
class Shipped:
    """A trained network with its papers.

    Parameters
    ----------
    net : Layer
        Embedding, LSTM, Dense.
    log : pandas.DataFrame
        One row for each evaluation: step, characters read so far, rate, train_bits, valid_bits, core_seconds (of the
        training alone), seconds.
    facts : dict
        Command, versions, files, vocabulary, settings, and the scores of network, tables and packers.
    """

    net: Layer
    log: pd.DataFrame
    facts: dict[str, Any]

    def task(self, length: int = 128) -> PythonSource:
        """The standard library of this Python in the characters that the network knows.

        Parameters
        ----------
        length : int, default 128
            As for `PythonSource`.

        Returns
        -------
        PythonSource
            Its `version` is `facts["corpus"]` where the files are those of the training.
        """
        return PythonSource(length, vocabulary=self.facts["vocabulary"])


def shipped(folder: str | Path = DATA) -> Shipped:
    """Read the three files that `python -m lstm_edu.course.making.python_writer` wrote.

    Parameters
    ----------
    folder : path
        Where they lie; by default those of the course.

    Returns
    -------
    Shipped
        Network, log and facts.

    Raises
    ------
    FileNotFoundError
        Where one of them is missing.

    Examples
    --------
    >>> writer = shipped()
    >>> writer.net.outputs == len(writer.facts["vocabulary"])
    True
    """
    folder = Path(folder)
    facts = json.loads((folder / f"{NAME}.json").read_text(encoding="utf-8"))
    return Shipped(load(folder / f"{NAME}.safetensors"), pd.read_csv(folder / f"{NAME}.csv"), facts)
