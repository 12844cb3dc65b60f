"""The three networks of the paper's music, on a user's file and on chords that are drawn."""

from typing import TYPE_CHECKING

import pandas as pd

from lstm_edu.reproduce.paper import Experiment, Measure, Paper, Published, Row

from . import rolls, trial
from .trial import Setting

if TYPE_CHECKING:
    from lstm_edu.reproduce.summary import Reproduction

UNITS = {"tanh": 100, "gru": 46, "lstm": 36}
UNKNOWN = (
    "Read second-hand: 100, 46 and 36 units, RMSProp, a gradient of norm 1 at most. Recalled, not read: ten rates, "
    "log-uniform in e^-12 .. e^-6, of which the best by validation counts, and a noise on the weights, which is left "
    "out here. The peepholes of the LSTM follow from its count of weights; with 88 keys in place of 93 to 108 inputs "
    "there are a little fewer. A trial draws one rate, the same for every cell; the table shows the trial with the "
    "best validation. Not known, and chosen here: batches of 16 pieces, drawn with replacement, a look at the "
    "validation pieces after every 50 steps, an end after 10 looks without a better one or 6000 steps, RMSProp's "
    "decay 0.9, initial weights, a forget gate that begins at 1. The first step of a piece is given, not predicted."
)
CHORALES = (
    "For the chorales of Bach notes on the paper have, test and (train): tanh 9.19 (8.82), GRU 8.54 (6.94), LSTM "
    "8.67 (8.15). They were read second-hand, and only its own split of the pieces compares with them."
)
MEASURES = (
    Measure("test", "negative log-likelihood of a test step (nats)", digits=".4g"),
    Measure("valid", "the same of validation pieces", digits=".4g"),
    Measure("train", "the same of training pieces", digits=".4g"),
    Measure("memoryless", "the same of test pieces, guessed from how often each key is down in training", digits=".4g"),
    Measure("rate", "learning rate", log=True, drawn=True),
)


def best_by_validation(reproduction: "Reproduction") -> pd.DataFrame:
    """Of each row the trial that predicts the validation pieces best.

    Parameters
    ----------
    reproduction : Reproduction
        With the measures of this paper.

    Returns
    -------
    pandas.DataFrame
        Texts, one row for each row that has trials.
    """
    found = []
    for row, trials in reproduction.rows():
        line = {"row": row.name, "units": str(row.setting.units), "weights": f"{row.setting.weights():,}"}
        best = reproduction.best(trials, "valid")
        for measure in reproduction.experiment.measures:
            line[measure.name] = f"{best[measure.name].iloc[0]:{measure.digits}}" if len(best) else "-"
        found.append(line | {"trials": f"{row.published.trials} | {len(trials)}"})
    return pd.DataFrame(found)


def _rows(seconds: float, quick: int, *notes: str) -> tuple[Row, ...]:
    published = Published("table 2", None, None, 10)
    return tuple(
        Row(cell, Setting(cell, units), published, seconds, quick, " ".join(notes)) for cell, units in UNITS.items()
    )


PAPER = Paper(
    "chung2014",
    "J. Chung, C. Gulcehre, K. Cho, Y. Bengio: Empirical evaluation of gated recurrent neural networks on sequence "
    "modeling. arXiv:1412.3555, 2014",
    (
        Experiment(
            "piano", "1", "Predict the keys of the next step, units of three kinds with about as many weights.",
            _rows(20, 1, UNKNOWN, CHORALES), trial.piano, MEASURES, counts="", table=best_by_validation,
            data="JSON with train, valid, test: lists of pieces, each a list of steps, each a list of MIDI notes",
            read=rolls.read,
        ),
        Experiment(
            "synthetic", "1b", "The same on progressions of chords that are drawn at random.",
            _rows(10, 3, UNKNOWN, "The chords are this package's, not the paper's music."), trial.synthetic, MEASURES,
            counts="", table=best_by_validation,
        ),
    ),
)  # fmt: skip
