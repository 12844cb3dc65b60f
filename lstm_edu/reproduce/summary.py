"""What was measured beside what was published."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from lstm_edu.core.statistics import Explained, explained

from . import results
from .paper import Experiment, Measure, Paper, Row


@dataclass
class Reproduction:
    """The trials of one experiment.

    Parameters
    ----------
    paper, experiment : Paper, Experiment
        What was run.
    lines : list of tuple of str
        One for each trial, as in its file.

    Attributes
    ----------
    table : pandas.DataFrame
        One row for each trial.
    """

    paper: Paper
    experiment: Experiment
    lines: list[results.Line]
    table: pd.DataFrame = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.table = results.table(self.experiment, self.lines)

    def rows(self) -> list[tuple[Row, pd.DataFrame]]:
        """Each row that has trials, with them.

        Returns
        -------
        list of (Row, pandas.DataFrame)
            In the order of the paper's table.
        """
        groups = [(row, self.table[self.table["row"] == row.name]) for row in self.experiment.rows]
        return [(row, trials) for row, trials in groups if len(trials)]

    @staticmethod
    def best(trials: pd.DataFrame, measure: str, share: float = 0.0) -> pd.DataFrame:
        """The best of some trials: those of the lowest value.

        Parameters
        ----------
        trials : pandas.DataFrame
            Of a row, from `rows`.
        measure : str
            What decides, most often a loss on validation data.
        share : float, default 0
            How large a part of all trials is wanted; one at least. Trials that failed count, but are never the best.

        Returns
        -------
        pandas.DataFrame
            The best first; none where all failed.
        """
        return trials[trials["success"]].nsmallest(max(1, round(share * len(trials))), measure)

    def explained(self) -> dict[str, Explained]:
        """How much each hyperparameter that trials drew explains of the first measure.

        Within each row trials are ranked, those that failed last; the share is that of the variance of ranks, a mean
        over the rows. Only seeds that every row has are looked at.

        Returns
        -------
        dict of str to Explained
            By the measure's name; empty where there are fewer than ten such seeds.
        """
        names = [measure.name for measure in self.experiment.measures]
        found, failed = self.table.set_index("seed"), ~self.table.set_index("seed")["success"]
        found[names[0]] = found[names[0]].mask(failed, np.inf)
        ranks = found.pivot(columns="row", values=names[0]).dropna().rank()
        if len(ranks) < 10:
            return {}
        first = found[~found.index.duplicated()].loc[ranks.index]
        drawn = [measure.name for measure in self.experiment.measures if measure.drawn]
        return {name: explained(first[name], ranks) for name in drawn}

    def summary(self) -> pd.DataFrame:
        """Published and measured numbers side by side, as texts.

        Sequences are the mean over the trials that succeeded; `range` is from the smallest to the largest. A measure
        is the mean over all trials and its standard deviation.

        Returns
        -------
        pandas.DataFrame
            One row for each row of the paper's table; "-": not printed there, or nothing to take a mean of.
        """
        if self.experiment.table is not None:
            return self.experiment.table(self)
        return pd.DataFrame([self._side_by_side(row, trials) for row, trials in self.rows()])

    def _side_by_side(self, row: Row, trials: pd.DataFrame) -> dict[str, str]:
        found = {"row": row.name}
        if self.experiment.counts:
            found |= _counted(row, trials)
        for measure in self.experiment.measures:
            published, values = row.published.values.get(measure.name), trials[measure.name]
            found[measure.name] = f"{_number(published, measure)} | {_number(values.mean(), measure)}"
            if len(values) > 1:
                found[measure.name] += f" ± {_number(values.std(), measure)}"
        return found | {"trials": f"{row.published.trials} | {len(trials)}", "where": row.published.where}


def _counted(row: Row, trials: pd.DataFrame) -> dict[str, str]:
    published, solved = row.published, trials[trials["success"]]
    sequences = solved["sequences"]
    found = {
        "published": _count(published.sequences),
        "measured": _count(sequences.mean()),
        "range": f"{_count(sequences.min())} .. {_count(sequences.max())}" if len(solved) else "-",
        "success": f"{_percent(published.success)} | {len(solved)} of {len(trials)}",
    }
    if published.first is not None:
        found["first rule"] = f"{_count(published.first)} | {_count(solved['first'].mean())}"
    if trials["tested"].max() > 0:
        wrong = solved["wrong"].sum() / solved["tested"].sum() if len(solved) else None
        found["wrong"] = f"{_percent(published.wrong)} | {_percent(wrong)}"
    return found


def _count(number: float | None) -> str:
    return "-" if number is None or pd.isna(number) else f"{number:,.0f}".replace(",", " ")


def _number(number: float | None, measure: Measure) -> str:
    return "-" if number is None or pd.isna(number) else f"{number:{measure.digits}}"


def _percent(share: float | None) -> str:
    return "-" if share is None or pd.isna(share) else f"{100 * share:.3g} %"
