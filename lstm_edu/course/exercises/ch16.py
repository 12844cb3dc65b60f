"""Chapter 16: a network that writes Python."""

from collections.abc import Callable

import numpy as np

from lstm_edu.course.checker import Wrong, call, exercise, same_array


@exercise("16.1", hint="Begin with the last row that is at the level or above.")
def stays_below(answer: Callable) -> str:
    """The time from which on a curve stays below a level."""
    seconds, bits = np.array([1.0, 4.0, 10.0, 30.0, 100.0]), np.array([4.0, 2.5, 3.0, 2.0, 1.5])
    suspects = {
        "the first row below the level; the curve comes back once more": 4.0,
        "the last row that is not below; the row after it is the first that is": 10.0,
        "the number of the row; the seconds are asked for": 3,
    }
    same_array("the time for level 2.8", call(answer, seconds, bits, 2.8), 30.0, suspects=suspects)
    at_the_level = {"a row that is just at the level counted as below it": 30.0}
    same_array("the time for level 2.0", call(answer, seconds, bits, 2.0), 100.0, suspects=at_the_level)
    same_array("the time for level 1.0, never reached", call(answer, seconds, bits, 1.0), np.inf)
    same_array("the time for level 5.0, below it from the start", call(answer, seconds, bits, 5.0), 1.0)
    return "The first time below a level is often luck; a claim needs the time from which it holds."


@exercise("16.2", hint="Begin with +1 for each opening bracket and -1 for each closing one.")
def open_brackets(answer: Callable) -> str:
    """How many brackets are open after each character."""
    text = "f(a[1], {b: (c)}) + [d]"
    change = np.array([(c in "([{") - (c in ")]}") for c in text])
    right = np.cumsum(change)
    round_ones = np.cumsum([(c == "(") - (c == ")") for c in text])
    suspects = {
        "round brackets alone; [ and { count too": round_ones,
        "the brackets open before each character; after it is asked for": right - change,
        "the change at each character; the sum of all changes so far is asked for": change,
        "closing brackets forgotten": np.cumsum([c in "([{" for c in text]),
    }
    same_array("the numbers", call(answer, text), right, shape="(characters,)", suspects=suspects)
    return "A count that goes up and down: what the cell of chapter 05 was made for."


@exercise("16.3", hint="Begin with the states of the yes as a column and those of the no as a row.")
def auc(answer: Callable) -> str:
    """The share of pairs in the right order."""
    state = np.array([0.9, 0.4, 0.1, 0.4, 0.6, 0.4, 0.8])
    label = np.array([True, True, False, False, True, False, False])
    yes, no = state[label][:, None], state[~label]
    wins, even = (yes > no).mean(), (yes == no).mean()
    suspects = {
        "even pairs count nothing; they count half": wins,
        "even pairs count whole; they count half": wins + even,
        "the pairs the wrong way round: the yes is to be the higher one": 1 - wins - even / 2,
        "the number of pairs; divide by how many there are": (wins + even / 2) * yes.size * no.size,
        "the accuracy at a threshold of 0.5; the AUC needs no threshold": ((state > 0.5) == label).mean(),
    }
    same_array("the AUC", call(answer, state, label), wins + even / 2, suspects=suspects)
    return "No threshold was needed, and it does not matter how rare the yes is."


@exercise("16.4")
def probe(answer: Callable) -> str:
    """The best unit chosen on one half, by the strength of its correlation, and scored on the other."""
    rng = np.random.default_rng(164)
    first, second = ((rng.standard_normal((60, 5)), rng.integers(0, 4, 60)) for _ in range(2))
    for (states, label), weight in ((first, 2.0), (second, 0.8)):
        states[:, 3] -= weight * label
        states[:, 1] += weight * label / 3
    scores = [np.array([np.corrcoef(s[:, k], label)[0, 1] for k in range(5)]) for s, label in (first, second)]
    got = call(answer, first, second)
    if not isinstance(got, tuple | list) or len(got) != 2:
        raise Wrong("Return two things as the function did before: the unit and its score.")
    unit = int(np.abs(scores[0]).argmax())
    by_sign = int(scores[0].argmax())
    same_array(
        *("the unit", got[0], unit),
        suspects={
            "the largest correlation; a unit with a strong negative one tells as much": by_sign,
            "the unit chosen on the second half": int(scores[1].argmax()),
        },
    )
    if np.ndim(got[1]) == 0 and np.isclose(got[1], -scores[1][unit]):
        return "The sign is turned round: that is how the chapter reports it."
    same_array(
        *("the score", got[1], scores[1][unit]),
        suspects={
            "the score on the half that it was chosen on, where the best of many is always too good": scores[0][unit],
            "the same with its sign turned": abs(scores[0][unit]),
        },
    )
    return "Without a second half, the best of 320 units of pure noise looks like a find, too."
