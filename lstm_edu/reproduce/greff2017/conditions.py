"""The eight variants and the LSTM that they change, each at hyperparameters that are drawn."""

from typing import TYPE_CHECKING

import pandas as pd

from lstm_edu.cells import SEARCH_SPACE
from lstm_edu.core.statistics import welch
from lstm_edu.reproduce.paper import Experiment, Measure, Paper, Published, Row

from . import trial
from .trial import Setting

if TYPE_CHECKING:
    from lstm_edu.reproduce.summary import Reproduction

VANILLA = "V"
SHARE = 0.1  # of the trials of a variant that are compared
SCALED = (
    "Read second-hand: a random search of 200 trials a variant, blocks log-uniform in 20 .. 200, rate in 1e-6 .. "
    "1e-2, 1 - momentum in 0.01 .. 1, noise of the inputs uniform in 0 .. 1, Nesterov's momentum, no clipping, "
    "Welch's test against V. Scaled to a small task here: units 10 .. 64, rates 1e-3 .. 10 of a loss per step. All "
    "variants share the draws of a seed. Not known, and chosen here: the best tenth of the trials by validation are "
    "compared by their test loss; 16 sequences a step, a look every 50 steps, an end after 6 looks without a better "
    "one or 1000 steps; the keeping bias begins at 1. The paper's measure of importance is a functional analysis of "
    "variance over random forests; here: trials in five groups by a hyperparameter, and the share of the variance of "
    "ranks that lies between groups."
)
MEASURES = (
    Measure("test", "test loss (nats per step)", digits=".4g"),
    Measure("valid", "the same of validation sequences", digits=".4g"),
    Measure("rate", "learning rate", log=True, drawn=True),
    Measure("units", "units", log=True, drawn=True),
    Measure("momentum", "momentum", drawn=True),
    Measure("noise", "standard deviation of the noise on the inputs", drawn=True),
)


def against_vanilla(reproduction: "Reproduction") -> pd.DataFrame:
    """The best trials of each variant beside those of V, then what each hyperparameter explains.

    Parameters
    ----------
    reproduction : Reproduction
        With the measures of this paper.

    Returns
    -------
    pandas.DataFrame
        Texts: of each variant with trials the median test loss of all trials, mean and standard deviation of the best
        tenth, their difference from V with its p of Welch's test; of each hyperparameter what it explains, and what
        chance does.
    """
    best = {row.name: reproduction.best(trials, "valid", SHARE)["test"] for row, trials in reproduction.rows()}
    found = []
    for row, trials in reproduction.rows():
        some, vanilla = best[row.name], best.get(VANILLA)
        line = {
            "row": row.name,
            "all": f"{trials['test'].median():.4g}",
            "failed": f"{(~trials['success']).sum()} of {len(trials)}",
            "best tenth": _mean(some),
        }
        if row.name != VANILLA and vanilla is not None and min(len(some), len(vanilla)) > 1:
            line["less V"] = f"{some.mean() - vanilla.mean():+.2g}"
            line["p"] = f"{welch(some, vanilla).p:.2g}"
        found.append(line)
    for name, share in reproduction.explained().items():
        words = f"{100 * share.share:.0f} % (chance: up to {100 * share.chance:.0f} %)"
        found.append({"row": name, "explains": words})
    return pd.DataFrame(found).fillna("-")


def _mean(some: pd.Series) -> str:
    spread = f" ± {some.std():.2g}" if len(some) > 1 else ""
    return f"{some.mean():.4g}{spread}" if len(some) else "-"


def _experiment(task: str, number: str, title: str, seconds: float, quick: int, **scaled: int) -> Experiment:
    rows = tuple(
        Row(name, Setting(task, name, **scaled), Published("section 4", None, None, 200), seconds, quick, SCALED)
        for name in SEARCH_SPACE
    )
    return Experiment(
        task, number, title, rows, trial.run, MEASURES, "", table=against_vanilla, picture="random_search"
    )


PAPER = Paper(
    "greff2017",
    "K. Greff, R. K. Srivastava, J. Koutnik, B. R. Steunebrink, J. Schmidhuber: LSTM: a search space odyssey. IEEE "
    "Transactions on Neural Networks and Learning Systems 28(10), 2017",
    (
        _experiment("reber", "a", "Which part does the LSTM need to predict an embedded Reber string?", 1, 10),
        _experiment("chords", "b", "Which does it need to predict chords that are drawn at random?", 2, 5, most=600),
    ),
)
