"""A paper whose experiments can be run again: what it printed, and what runs them here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lstm_edu.core import checks

from .outcome import Outcome

if TYPE_CHECKING:
    import pandas as pd

    from .summary import Reproduction


@dataclass(frozen=True)
class Measure:
    """A number that every trial of an experiment yields, beside or in place of the sequences until success.

    Parameters
    ----------
    name : str
        Of its column in the file, short.
    words : str
        What it is, with its unit: the label of an axis.
    log : bool, default False
        Whether it is drawn on a logarithmic axis.
    digits : str, default ".3g"
        How it is printed.
    drawn : bool, default False
        Whether it is a hyperparameter that the trial drew, and nothing that it found.
    """

    name: str
    words: str
    log: bool = False
    digits: str = ".3g"
    drawn: bool = False


@dataclass(frozen=True)
class Published:
    """What a paper printed of one row of a table. What was not found in the paper itself is left out.

    Parameters
    ----------
    where : str
        The table or section.
    sequences : int, optional
        The mean number of training sequences until success.
    success : float, optional
        The share of trials that succeeded, 0 .. 1.
    trials : int
        How many there were; where that is not printed, or no trials were made, how many the paper's budget makes here.
    wrong : float, optional
        The share of the final test set that was wrong.
    first : int, optional
        The mean number of sequences until a weaker rule was met.
    values : mapping of str to float
        The means of the experiment's measures, by name.
    """

    where: str
    sequences: int | None
    success: float | None
    trials: int
    wrong: float | None = None
    first: int | None = None
    values: Mapping[str, float] = field(default_factory=dict)


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
        ``run(setting, seed, tick)`` makes one trial and returns an Outcome. Where `data` is not empty,
        ``run(setting, seed, tick, data)`` gets the path of a file too.
    measures : tuple of Measure
        What a trial yields beside sequences and success. The first is the one that is drawn, unless sequences are.
    counts : str, default "sequences"
        What is counted until success, in the plural; "": the paper does not ask how long it takes.
    data : str
        What file the user has to give, one line; "": none.
    read : callable, optional
        ``read(path)`` raises a ValueError if that file is not as it has to be: asked before anything is written.
    table : callable, optional
        ``table(reproduction)``, a pandas.DataFrame of texts in place of the common summary.
    picture : str, default "reproduced"
        The function of `lstm_edu.plotting` that draws it.
    """

    name: str
    number: str
    title: str
    rows: tuple[Row, ...]
    run: Callable[..., Outcome]
    measures: tuple[Measure, ...] = ()
    counts: str = "sequences"
    data: str = ""
    read: Callable[[str], Any] | None = None
    table: "Callable[[Reproduction], pd.DataFrame] | None" = None
    picture: str = "reproduced"

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
