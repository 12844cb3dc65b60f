"""The paper's two languages, with and without peepholes, at several rates."""

from lstm_edu.reproduce.forgetting import ROUNDED
from lstm_edu.reproduce.paper import Experiment, Measure, Paper, Published, Row

from .trial import Setting, run

NOTE = (
    "Known are the task, the learning rule and that n is 1 .. 10 in training at first; the paper's numbers were not "
    "found in a source. Chosen here: one block of one cell for two letters and two for three, g and h left out, inputs "
    "that lead to the outputs too, biases of 0, 2 and -2 for input, forget and output gates, other weights in "
    "-0.1 .. 0.1, momentum 0.99, the rates. Wanted are all symbols that may follow, right is less than 0.49 away; "
    "states are reset before each string; a training stream ends at its first error, which is learnt, or after 100 "
    "right symbols in a row. A success is every string of training right at every step, looked at after each stream "
    "without an error. 100 000 further streams follow, with ten looks at the range: the best of them is chosen by "
    "what it is to show, the median is not."
)
TWO_COUNTS = (
    f" {ROUNDED}at rates of 3e-05, 0.0001 and 0.0003 3, 8 and 5 of 10 succeed with peepholes (kept: 6, 6, 5), and 2, 3 "
    "and 2 without (kept: 2, 1, 1)."
)
MEASURES = (
    Measure("reach", "largest n up to which each string is right, at success", digits=".1f"),
    Measure("range", "the same, median of ten looks along 100 000 further streams", digits=".1f"),
    Measure("best", "the same, best of these looks", digits=".1f"),
)
_CELLS = {"anbn": 1, "anbncn": 2}


def _pair(language: str, rate: float, seconds: tuple, quick: int = 0, longest: int = 10, most: int = 1_000_000) -> list:
    """With peepholes and without."""
    rows, note = [], NOTE + (TWO_COUNTS if language == "anbncn" else "")
    for name, peepholes, cost in zip(("peepholes", "plain"), (True, False), seconds, strict=True):
        setting = Setting(language, longest, peepholes, most, 100_000, _CELLS[language], rate)
        more = "" if most == 1_000_000 else f"-{most // 1_000_000}M"
        published = Published("not read", None, None, 10)
        rows.append(Row(f"{name}-{longest}-{rate:g}{more}", setting, published, cost, quick, note))
    return rows


def _experiment(name: str, number: str, title: str, *rows: Row) -> Experiment:
    return Experiment(name, number, title, rows, run, MEASURES, "streams")


PAPER = Paper(
    "gers2001",
    "F. A. Gers and J. Schmidhuber: LSTM recurrent networks learn simple context-free and context-sensitive languages, "
    "IEEE Transactions on Neural Networks 12(6), 2001",
    (
        _experiment(
            "anbn", "CFL", "As many b as a: up to which n, learnt from 1 .. 10?",
            *_pair("anbn", 1e-4, (8, 4), quick=3),
            *_pair("anbn", 3e-5, (8, 4)),
            *_pair("anbn", 3e-4, (8, 4)),
            *_pair("anbn", 1e-5, (8, 5), most=10_000_000),
        ),
        _experiment(
            "anbncn", "CSL", "As many b and c as a: up to which n, learnt from 1 .. 10 (or 20)?",
            *_pair("anbncn", 1e-4, (14, 14), quick=2),
            *_pair("anbncn", 3e-5, (14, 14)),
            *_pair("anbncn", 3e-4, (14, 14)),
            *_pair("anbncn", 1e-4, (40, 40), most=3_000_000),
            *_pair("anbncn", 1e-4, (20, 20), longest=20),
            *_pair("anbncn", 1e-5, (120, 120), most=10_000_000),
        ),
    ),
)  # fmt: skip
