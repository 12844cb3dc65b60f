"""A paper whose experiments can be run again: what it printed, and what runs them here."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lstm_edu.core import checks

from .outcome import Outcome


@dataclass(frozen=True)
class Published:
    """What a paper printed of one row of a table.

    Parameters
    ----------
    where : str
        The table or section.
    sequences : int, optional
        The mean number of training sequences until success.
    success : float, optional
        The share of trials that succeeded, 0 .. 1.
    trials : int
        How many there were.
    wrong : float, optional
        The share of the final test set that was wrong.
    first : int, optional
        The mean number of sequences until a weaker rule was met.
    """

    where: str
    sequences: int | None
    success: float | None
    trials: int
    wrong: float | None = None
    first: int | None = None


@dataclass(frozen=True)
class Row:
    """One row of a table: the same setting, from several seeds.

    Parameters
    ----------
    name : str
        Short, as on the command line.
    setting : object
        What the paper's own code takes; its `repr` is kept with every result.
    published : Published
        To set beside what is measured.
    seconds : float
        About what a trial takes on one core.
    quick : int
        Trials of the quick budget; 0: the row is not part of it.
    note : str
        In what it goes beyond what is printed, and what is not known.
    """

    name: str
    setting: Any
    published: Published
    seconds: float
    quick: int = 0
    note: str = ""


@dataclass(frozen=True)
class Experiment:
    """One experiment of a paper.

    Parameters
    ----------
    name : str
        Short, as on the command line.
    number : str
        The paper's own.
    title : str
        What it asks, one line.
    rows : tuple of Row
        Its table.
    run : callable
        ``run(setting, seed, tick)`` makes one trial and returns an Outcome.
    """

    name: str
    number: str
    title: str
    rows: tuple[Row, ...]
    run: Callable[[Any, int, Callable[[int], None]], Outcome]

    def row(self, name: str) -> Row:
        """The row of a name.

        Parameters
        ----------
        name : str
            One of the rows'.

        Returns
        -------
        Row
            It.

        Raises
        ------
        ValueError
            For an unknown one, with the nearest names.
        """
        names = [row.name for row in self.rows]
        return self.rows[names.index(checks.one_of("row", name, names))]


@dataclass(frozen=True)
class Paper:
    """A paper.

    Parameters
    ----------
    name : str
        Short, as on the command line.
    citation : str
        Authors, title, where, when.
    experiments : tuple of Experiment
        Those that can be run.
    """

    name: str
    citation: str
    experiments: tuple[Experiment, ...]
