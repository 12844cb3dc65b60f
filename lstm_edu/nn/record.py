"""What was recorded, as a table: a class that holds a DataFrame and answers for it."""

import copy
from collections.abc import Iterator, Sequence
from os import PathLike
from typing import Any, Self

import pandas as pd

# Every float as it was written: newer versions of pandas read so anyway, and want to hear nothing of it.
_NEWER = tuple(map(int, pd.__version__.split(".")[:2])) >= (3, 1)
_EXACT: dict[str, Any] = {} if _NEWER else {"float_precision": "round_trip"}


class Record:
    """Numbers in a DataFrame, with more beside them.

    Whatever is not found here is asked of the table, so `record["loss"].iloc[-1]`, `record.groupby(...)` and
    `len(record)` are what they are for a DataFrame; what comes back are ordinary DataFrames and Series. A loop goes
    over the rows.

    Parameters
    ----------
    table : pandas.DataFrame
        The numbers.

    Attributes
    ----------
    table : pandas.DataFrame
        As given.
    """

    def __init__(self, table: pd.DataFrame) -> None:
        self.table = table

    def __getattr__(self, name: str) -> Any:
        # Only what was not found. The table itself is not there yet while a copy or a pickle is being made.
        if name == "table" or name.startswith("_"):
            raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")
        try:
            return getattr(self.table, name)
        except AttributeError:
            raise AttributeError(f"{type(self).__name__} has no attribute {name!r}, nor has its table") from None

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *(name for name in dir(self.table) if not name.startswith("_"))})

    def __getitem__(self, key: Any) -> Any:
        return self.table[key]

    def __len__(self) -> int:
        return len(self.table)

    def __iter__(self) -> Iterator:
        """The rows, each with its columns as attributes.

        From them `pandas.DataFrame(record)` makes the table, with its names. From an object that is an array or a list
        of names it would make something else.
        """
        return self.table.itertuples(index=False)

    def __contains__(self, name: Any) -> bool:
        return name in self.table

    def __repr__(self) -> str:
        return repr(self.table)

    def _repr_html_(self) -> str:
        return self.table._repr_html_()

    def copy(self) -> Self:
        """A copy that shares nothing with this one.

        Returns
        -------
        Record
            Of the same class.
        """
        return copy.deepcopy(self)

    def to_csv(self, path: Any = None, *, index: bool = False, **options: Any) -> Any:
        """Write the table as CSV.

        Parameters
        ----------
        path : str, os.PathLike or file, optional
            None: return it as text.
        index : bool, default False
            Whether the numbers of the rows are written too.
        **options : object
            As in pandas.

        Returns
        -------
        str or None
            The text, where no path is given.
        """
        return self.table.to_csv(path, index=index, **options)

    @staticmethod
    def read_table(path: str | PathLike, columns: Sequence[str], dtype: Any = None) -> pd.DataFrame:
        """The table in a CSV file, every float as it was written.

        Parameters
        ----------
        path : str or os.PathLike
            The file.
        columns : sequence of str
            Those that it must have.
        dtype : dict, optional
            The types of some columns.

        Returns
        -------
        pandas.DataFrame
            All that is in the file.

        Raises
        ------
        ValueError
            For something else than CSV, and where a column is missing, with its name.
        """
        try:
            table = pd.read_csv(path, dtype=dtype, **_EXACT)
        except ValueError as error:  # pandas' own errors are of this kind
            raise ValueError(f"path must be a table in CSV, got {str(path)!r}: {error}") from None
        missing = [name for name in columns if name not in table]
        if missing:
            raise ValueError(
                f"path must be a table with the columns {', '.join(columns)}; {str(path)!r} lacks {missing}"
            )
        return table
