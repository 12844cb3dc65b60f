"""The record that `fit` returns."""

from collections.abc import Sequence
from os import PathLike
from typing import Any

import pandas as pd

from .measures import MEASURES
from .record import Record


class History(Record):
    """What `fit` recorded: a table of one row per evaluation.

    A History answers as its table would: `history["valid_loss"].iloc[-1]`. The columns of the table:

    - step: how many optimizer steps were made.
    - train_loss: mean loss of the training batches since the row before.
    - valid_loss: loss on the validation sequences.
    - correct: share of the validation sequences that count as right, after the task's criterion.
    - solved: whether the task counts as solved on the validation sequences.
    - grad_norm: mean norm of the gradient since the row before, before clipping.
    - rate: the learning rate.
    - seconds: training time so far, evaluations included.
    - then the measures that `fit` was asked for, by their names.

    Parameters
    ----------
    rows : sequence or pandas.DataFrame
        What a DataFrame of these columns can be made from.
    columns : sequence of str
        The names above.
    interrupted : bool, default False
        Whether Ctrl-C ended the training.

    Attributes
    ----------
    table : pandas.DataFrame
        The rows.
    interrupted : bool
        As given.

    Examples
    --------
    >>> history = History([(10, 0.5, 0.25, 0.5, False, 1.0, 0.01, 0.1), (20, 0.2, 0.125, 1.0, True, 1.0, 0.01, 0.2)])
    >>> history[["step", "valid_loss"]]
       step  valid_loss
    0    10       0.250
    1    20       0.125
    >>> history.steps_to_solve
    20
    """

    columns_recorded = ("step", "train_loss", "valid_loss", "correct", "solved", "grad_norm", "rate", "seconds")

    def __init__(self, rows: Any = (), columns: Sequence[str] = columns_recorded, *, interrupted: bool = False) -> None:
        super().__init__(pd.DataFrame(rows, columns=list(columns)))
        self.interrupted = interrupted

    @property
    def steps_to_solve(self) -> int | None:
        """The first recorded step at which the task was solved, or None."""
        solved = self.table["step"][self.table["solved"].eq(True)]
        return int(solved.iloc[0]) if len(solved) else None

    @classmethod
    def read(cls, path: str | PathLike) -> "History":
        """The History that `to_csv` wrote; the file does not say whether it was interrupted.

        Parameters
        ----------
        path : str or os.PathLike
            The file.

        Returns
        -------
        History
            With every float as it was written.

        Raises
        ------
        OSError
            For a file that can't be read.
        ValueError
            For a file that holds something else.
        """
        table = cls.read_table(path, cls.columns_recorded)
        known = {name for names in MEASURES.values() for name in names}
        return cls(table, columns=[*cls.columns_recorded, *(name for name in table if name in known)])
