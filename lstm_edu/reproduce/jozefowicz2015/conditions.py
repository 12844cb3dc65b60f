"""Forget biases of 0, 1 and 2 on the adding problem, at three rates."""

from lstm_edu.reproduce.paper import Experiment, Measure, Paper, Published, Row
from lstm_edu.tasks import Adding

from . import trial
from .trial import Setting

NOTE = (
    "The abstract says that a bias of 1 at the forget gate closes the gap between the LSTM and the GRU. The paper's "
    "tasks (arithmetic, XML, words, music) are not run, and its tables were not read: this is the sentence alone, on "
    "the adding problem of this package, 32 units, Adam, batches of 32, a norm of 1, 500 validation sequences after "
    "every 3200. With a gate that begins at sigmoid(b), half of a state is left after ln 2 / ln(1 + exp(-b)) steps: 1 "
    "at 0, 2.2 at 1, 5.5 at 2."
)
RATES = (0.003, 0.01, 0.03)


def _rows(length: int, most: int, seconds: float, quick: bool) -> tuple[Row, ...]:
    return tuple(
        Row(
            f"T{length}-b{bias}-{rate}",
            Setting(Adding(length, "sum"), "lstm", 32, rate, most, 32, 3200, 500, 1.0, float(bias)),
            Published("abstract", None, None, 5),
            seconds,
            int(quick and rate == 0.01),
            NOTE,
        )
        for bias in (0, 1, 2)
        for rate in RATES
    )


PAPER = Paper(
    "jozefowicz2015",
    "R. Jozefowicz, W. Zaremba, I. Sutskever: An empirical exploration of recurrent network architectures. ICML 2015",
    (
        Experiment(
            "forget-bias", "1", "The bias with which the forget gate begins, on the adding problem.",
            (*_rows(50, 64_000, 2.5, True), *_rows(150, 96_000, 7, False)),
            trial.run,
            (
                Measure("before", "steps after which half of a state is left, before training"),
                Measure("after", "the same after training"),
            ),
        ),
    ),
)  # fmt: skip
