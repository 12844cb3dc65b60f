"""What `compare` found: a table, the curves of every run, and what was compared. It can be written and read."""

import json
from collections.abc import Callable
from os import PathLike
from pathlib import Path
from typing import Any

import pandas as pd

from lstm_edu.core.files import replace_file
from lstm_edu.nn.record import Record


class Comparison(Record):
    """What `compare` found; what is known of a DataFrame is asked of `table`, such as `["test_loss"]`.

    The columns of the table, which has one row per cell and seed:

    - cell, seed: which run.
    - units: units of each recurrent layer.
    - parameters: how many numbers the network learns.
    - train_loss: mean loss of the last training batches.
    - test_loss: loss on test sequences that no training saw; NaN for a run that diverged.
    - solved: whether the task counts as solved on the test sequences.
    - steps_to_solve: first evaluation at which it counted as solved on the validation sequences.
    - seconds: training time of the run.

    Parameters
    ----------
    table : pandas.DataFrame
        The rows.
    curves : pandas.DataFrame or None
        One row per cell, seed and evaluation, with the columns of a History.
    about : dict or None
        The task and the settings.
    networks : dict, optional
        (cell, seed) -> trained network, if they were to be kept.

    Attributes
    ----------
    table : pandas.DataFrame
        As given.
    curves : pandas.DataFrame or None
        As given.
    about : dict
        As given; empty for None.
    networks : dict
        As given; empty for None. They are not written to the files.
    """

    def __init__(self, table: Any, curves: Any = None, about: dict | None = None, networks: dict | None = None) -> None:
        super().__init__(pd.DataFrame(table))
        self.curves = None if curves is None else pd.DataFrame(curves)
        self.about = dict(about or {})
        self.networks: dict[tuple[str, int], Any] = dict(networks or {})

    def summary(self) -> pd.DataFrame:
        """What the seeds of each cell gave together.

        Returns
        -------
        pandas.DataFrame
            One row per cell: units, parameters, median and range of the test loss, solved and median steps to solve
            (where the task can be), and median seconds.
        """
        rows = []
        for cell, runs in self.table.groupby("cell", sort=False):
            steps = runs["steps_to_solve"].dropna()
            loss = runs["test_loss"]
            rows.append(
                {
                    "cell": cell,
                    "units": int(runs["units"].iloc[0]),
                    "parameters": int(runs["parameters"].iloc[0]),
                    "test_loss": loss.median(),
                    "lowest": loss.min(),
                    "highest": loss.max(),
                    "solved": f"{int(runs['solved'].sum())} of {len(runs)}",
                    "steps_to_solve": f"{steps.median():.0f}" if len(steps) else "-",
                    "seconds": runs["seconds"].median(),
                }
            )
        summary = pd.DataFrame(rows)
        return summary if self.about.get("solvable", True) else summary.drop(columns=["solved", "steps_to_solve"])

    def writers(self, folder: str | PathLike, name: str) -> dict[Path, Callable[[], None]]:
        """The files that `save` makes.

        Parameters
        ----------
        folder : str or os.PathLike
            Where they are to be.
        name : str
            What their names begin with.

        Returns
        -------
        dict
            Path -> a function that writes the file.
        """
        table, curves, about = _paths(Path(folder, f"{name}.csv"))
        found: dict[Path, Callable[[], None]] = {table: lambda: _write(self.to_csv(), table)}
        if (rows := self.curves) is not None:
            found[curves] = lambda: _write(rows.to_csv(index=False), curves)
        return found | {about: lambda: _write(json.dumps(self.about, indent=1) + "\n", about)}

    def save(self, folder: str | PathLike, name: str) -> Path:
        """Write the table, the curves and what was compared; each file is there wholly or not at all.

        Parameters
        ----------
        folder : str or os.PathLike
            It is made where there is none.
        name : str
            For the files NAME.csv, NAME-curves.csv and NAME.json.

        Returns
        -------
        pathlib.Path
            The first of them, which `read` takes.

        Raises
        ------
        OSError
            For a folder that can't be written to.
        """
        files = self.writers(folder, name)
        for write in files.values():
            write()
        return next(iter(files))

    @classmethod
    def read(cls, path: str | PathLike) -> "Comparison":
        """The Comparison that `save` wrote.

        Parameters
        ----------
        path : str or os.PathLike
            That of its table; the other files lie beside it.

        Returns
        -------
        Comparison
            With table, curves and what was compared.

        Raises
        ------
        OSError
            Where one of the files can't be read.
        ValueError
            Where one holds something else.
        """
        table, curves, about = _paths(Path(path))
        try:
            settings = json.loads(about.read_text(encoding="utf-8"))
        except ValueError as error:
            raise ValueError(f"path: {str(about)!r} is no JSON: {error}") from None
        if not isinstance(settings, dict):
            raise ValueError(f"path: {str(about)!r} must hold what was compared, got {type(settings).__name__}")
        rows = cls.read_table(table, ("cell", "seed", "test_loss", "solved"), {"steps_to_solve": "Int64"})
        return cls(rows, cls.read_table(curves, ("cell", "seed", "step", "valid_loss")), settings)


def _paths(table: Path) -> tuple[Path, Path, Path]:
    """The files of a Comparison: its table, its curves, and what was compared."""
    return table, table.with_name(f"{table.stem}-curves.csv"), table.with_name(f"{table.stem}.json")


def _write(text: str, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, text.encode(), durable=True)  # what else held the results may be removed now
