"""The paper's table: the share of networks that are perfect, good or neither."""

from typing import TYPE_CHECKING

import pandas as pd

from lstm_edu.reproduce.paper import Row

if TYPE_CHECKING:
    from lstm_edu.reproduce.summary import Reproduction


def graded(reproduction: "Reproduction") -> pd.DataFrame:
    """Published and measured grades side by side, as texts.

    Parameters
    ----------
    reproduction : Reproduction
        Trials of the continual grammar.

    Returns
    -------
    pandas.DataFrame
        One row for each row of the paper's table: the share of perfect networks (in brackets the mean number of
        training streams), of good and of other ones (in angle brackets the mean symbols that the best
        test was right for).
    """
    return pd.DataFrame([_row(row, trials) for row, trials in reproduction.rows()])


def _row(row: Row, trials: pd.DataFrame) -> dict[str, str]:
    perfect, published = trials["success"], row.published
    good = (trials["good"] == 1) & ~perfect
    return {
        "row": row.name,
        "perfect": _side_by_side(published.success, f"({_mean(trials[perfect]['sequences'])})", perfect),
        "good": _side_by_side(None, f"<{_mean(trials[good]['length'])}>", good),
        "rest": _side_by_side(None, f"<{_mean(trials[~perfect & ~good]['length'])}>", ~perfect & ~good),
        "trials": f"{published.trials} | {len(trials)}",
        "where": published.where,
    }


def _side_by_side(published: float | None, detail: str, chosen: pd.Series) -> str:
    found = f"{chosen.sum()} of {len(chosen)}"
    return f"{'-' if published is None else f'{100 * published:.0f} %'} | {found}{f' {detail}' if chosen.any() else ''}"


def _mean(values: pd.Series) -> str:
    return "-" if not len(values) else f"{values.mean():,.0f}".replace(",", " ")
