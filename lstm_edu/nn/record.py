"""What was recorded, as a table: a class that holds a DataFrame and answers for it."""

import copy

import pandas as pd

# Every float as it was written: newer versions of pandas read so anyway, and want to hear nothing of it.
_EXACT = {} if tuple(map(int, pd.__version__.split(".")[:2])) >= (3, 1) else {"float_precision": "round_trip"}


class Record:
    """Numbers in a DataFrame, `table`, with more beside them. Whatever is not found here is asked of the table, so
    `record["loss"].iloc[-1]`, `record.groupby(...)` and `len(record)` are what they are for a DataFrame; what comes
    back are ordinary DataFrames and Series. A loop goes over the rows.
    """

    def __init__(self, table: pd.DataFrame):
        self.table = table

    def __getattr__(self, name):
        # Only what was not found. The table itself is not there yet while a copy or a pickle is being made.
        if name == "table" or name.startswith("_"):
            raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")
        try:
            return getattr(self.table, name)
        except AttributeError:
            raise AttributeError(f"{type(self).__name__} has no attribute {name!r}, nor has its table") from None

    def __dir__(self):
        return sorted({*super().__dir__(), *(name for name in dir(self.table) if not name.startswith("_"))})

    def __getitem__(self, key):
        return self.table[key]

    def __len__(self):
        return len(self.table)

    def __iter__(self):
        """The rows, each with its columns as attributes: from them `pandas.DataFrame(record)` makes the table, with its
        names. From an object that is an array or a list of names it would make something else.
        """
        return self.table.itertuples(index=False)

    def __contains__(self, name):
        return name in self.table

    def __repr__(self):
        return repr(self.table)

    def _repr_html_(self):
        return self.table._repr_html_()

    def copy(self):
        """A copy that shares nothing with this one."""
        return copy.deepcopy(self)

    def to_csv(self, path=None, *, index: bool = False, **options):
        """Write the table as CSV, without the numbers of its rows; None: return it as text. Options: as in pandas."""
        return self.table.to_csv(path, index=index, **options)

    @staticmethod
    def read_table(path, columns, dtype=None) -> pd.DataFrame:
        """The table in a CSV file, every float as it was written; a ValueError names a column that is missing."""
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
