"""LSTM and GRU on two languages, as far as the paper trained, and on short words for the quick budget."""

from lstm_edu.reproduce.paper import Experiment, Measure, Paper, Published, Row

from . import trial
from .trial import Setting
from .words import Words

NOTE = (
    "From the authors' published code: words of the language alone, n up to 99 (49 with c), one at a time, the next "
    "symbol learnt by Adam at 0.001; a symbol may follow where its probability is above 0.01; between 1000 and 2000 "
    "times as many words as there are in the language up to there, an end once all are right, looked at after every "
    "100 times. Its demonstration accepts a word of n = 1000 with an LSTM. The paper's tables were not read; that 10 "
    "units were used was read second-hand, and one layer of them is our choice (the code's default is two of 5). Other "
    "than there: n begins at 1; a symbol S begins each word; words are drawn, not passed through in turn; right is a "
    "word only if no other symbol is taken for possible at any step, so that a network that accepts everything fails."
)
SHORT = "A shorter language and another rate, for the quick budget and for the claim at three rates. "


def _row(
    cell: str, longest: int, language: str, seconds: float, rate: float = 1e-3, quick: int = 0, times: int = 2000
) -> Row:
    setting = Setting(
        Words(longest, language), cell, 10, rate, times * longest, 1, 100 * longest, longest, None,
        least=times // 2 * longest, limit=1000 if language == "anbn" else 300,
    )  # fmt: skip
    published = Published("section 5", None, None, 5)
    name = (
        f"{cell}-{longest}" + ("" if rate == 1e-3 else f"-{rate:g}") + ("" if times == 2000 else f"-x{times // 2000}")
    )
    return Row(name, setting, published, seconds, quick, (SHORT if longest < 49 else "") + NOTE)


MEASURES = (
    Measure("reach", "largest n up to which each word is right", digits=".0f"),
    Measure("beyond", "the same over the largest n of training"),
    Measure("words", "words learnt", digits=".0f"),
)
PAPER = Paper(
    "weiss2018",
    "G. Weiss, Y. Goldberg, E. Yahav: On the practical computational power of finite precision RNNs for language "
    "recognition. ACL 2018",
    (
        Experiment(
            "anbn", "5a", "As many b as a: up to which n does a network count that was trained on shorter words?",
            (
                *(_row(cell, 99, "anbn", 60) for cell in ("lstm", "gru")),
                *(
                    _row(cell, 20, "anbn", 16 * times / 2000, rate, int(rate == 3e-3 and times == 2000), times)
                    for cell in ("lstm", "gru")
                    for rate, times in ((1e-3, 2000), (3e-3, 2000), (1e-2, 2000), (3e-3, 6000))
                ),
            ),
            trial.run, MEASURES, counts="",
        ),
        Experiment(
            "anbncn", "5b", "As many b and c as a.",
            (
                *(_row(cell, 49, "anbncn", 25) for cell in ("lstm", "gru")),
                *(
                    _row(cell, 20, "anbncn", 20, rate, int(rate == 3e-3))
                    for cell in ("lstm", "gru")
                    for rate in (1e-3, 3e-3, 1e-2)
                ),
            ),
            trial.run, MEASURES, counts="",
        ),
    ),
)  # fmt: skip
