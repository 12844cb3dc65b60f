"""Chapter 21: later papers, run again."""

from collections.abc import Callable

import numpy as np

from lstm_edu.core.statistics import welch as welch_test
from lstm_edu.course.checker import Wrong, call, exercise, same_array

_BIASES = (1.0, 0.0, 2.0, 5.0, -1.5)  # not 0 first: there a gate of -bias gives the same


@exercise("21.1", hint="Begin with f = sigmoid(bias): after n steps f^n of the state is left.")
def half_life(answer: Callable) -> str:
    """After how many steps half of a state is left."""
    for bias in _BIASES:
        f, wanted = 1 / (1 + np.exp(-bias)), np.log(2) / np.log1p(np.exp(-bias))
        suspects = {
            "ln 2 / (1 - f), a first guess that holds for f close to 1; f^n = 1/2 is asked": np.log(2) / (1 - f),
            "1 in place of ln 2; that is the time constant, after which 1/e is left": wanted / np.log(2),
            "the wrong sign; ln f is below zero, and so is ln(1/2)": -wanted,
            "the gate at sigmoid(-bias)": np.log(2) / np.log1p(np.exp(bias)),
            "two kinds of logarithm, ln 2 above and log2 below; both must be of one base": wanted * np.log(2),
        }
        same_array(f"the half-life at a bias of {bias:g}", call(answer, bias), wanted, suspects=suspects)
    return "From a bias of 2 on each unit more makes it about e times as long: 1000 steps take a bias of 7.3."


@exercise("21.2", hint="Begin with one step that asks: what does an even guess among `alphabet` symbols cost?")
def baseline(answer: Callable) -> str:
    """What the best guess without memory costs in copy memory."""
    for T, items, alphabet in ((500, 10, 8), (30, 4, 5), (1, 7, 2)):
        steps = T + 2 * items
        whole = items * np.log(alphabet)
        suspects = {
            "a mean over the recall steps alone; the known ones cost nothing, but they count": np.log(alphabet),
            "alphabet + 1 symbols; a blank is never asked for there, so no guess is spent on it": items
            * np.log(alphabet + 1)
            / steps,
            "log2; nats are asked, not bits": items * np.log2(alphabet) / steps,
            "T steps; the items are shown and asked for as well, T + 2 items": whole / T,
            "T + items steps; the items are shown and then asked for, T + 2 items": whole / (T + items),
            "the sum over the sequence; the mean of a step is asked": whole,
        }
        name = f"the baseline for T = {T}, {items} items of {alphabet}"
        same_array(name, call(answer, T, items, alphabet), whole / steps, suspects=suspects)
    return "A loss that rests at this number says: it has learned when to answer, and nothing of what."


def _student(a: np.ndarray, b: np.ndarray) -> float:
    """Student's t, with one variance for both samples."""
    degrees = len(a) + len(b) - 2
    variance = (((a - a.mean()) ** 2).sum() + ((b - b.mean()) ** 2).sum()) / degrees
    return (a.mean() - b.mean()) / np.sqrt(variance * (1 / len(a) + 1 / len(b)))


def _freedom(errors: np.ndarray, below: np.ndarray) -> float:
    return errors.sum() ** 2 / (errors**2 / below).sum()


@exercise("21.3", hint="Begin with e of each sample: its variance, over n - 1, divided by n.")
def welch(answer: Callable) -> str:
    """Welch's t and its degrees of freedom."""
    rng = np.random.default_rng(213)
    a, b = rng.normal(0.9, 0.4, 5), rng.normal(0.3, 1.7, 12)  # the smaller sample spreads less: pooling shows
    for some in ((a, b), (b.tolist(), a.tolist())):
        x, y = map(np.array, some)
        got = call(answer, *some)
        if not isinstance(got, tuple | list) or len(got) != 2:
            raise Wrong("Return two numbers: t, and the degrees of freedom.")
        wanted, difference = welch_test(x, y), x.mean() - y.mean()
        n = np.array([len(x), len(y)])
        s2 = np.array([x.var(ddof=1), y.var(ddof=1)])
        e, e_n = s2 / n, s2 * (n - 1) / n**2
        pooled = "one pooled variance, as in Student's test; Welch leaves each sample its own"
        over_n = "a variance over n; over n - 1 is asked, since the mean is taken from the same numbers"
        spread = "standard deviations where standard errors belong; each s² is divided by its n"
        suspects = {
            "b minus a; t has the sign of mean a - mean b": -wanted.t,
            pooled: _student(x, y),
            over_n: difference / np.sqrt(e_n.sum()),
            spread: difference / np.sqrt(s2.sum()),
            "no root below; e is a squared error": difference / e.sum(),
            "a sum of two roots; errors add as squares, with the root taken last": difference / np.sqrt(e).sum(),
        }
        same_array("t", got[0], wanted.t, suspects=suspects)
        suspects = {
            "n_a + n_b - 2, Student's; that is for one variance in both": n.sum() - 2,
            over_n: _freedom(e_n, n - 1),
            spread: _freedom(s2, n - 1),
            "n in place of n - 1 below": _freedom(e, n),
        }
        same_array("the degrees of freedom", got[1], wanted.freedom, suspects=suspects)
    return "They lie between the smaller n - 1 and n_a + n_b - 2: the sample that is less certain decides."


_STREAMS = (  # lengths, longest
    ((9000, 9000, 9000, 9000, 9000), 9000),
    ((3000, 12, 80, 40, 300), 3000),  # one of them came to its end
    ((8000, 200, 400, 90, 7000), 9000),  # a mean above 1000, and a median below
    ((1100, 5, 1200, 1050, 30), 9000),  # the other way round
    ((9000, 8000, 9000, 9000, 9000), 9000),
    ((800, 800, 800), 800),  # perfect, with a mean that is not above 1000
    ((1500, 500, 1000), 9000),  # 1000 is not above 1000
    ((20, 700, 3), 9000),
)


def _grades(every: bool = True, mean: bool = True, first: bool = True, at_least: bool = False) -> list[str]:
    grades = []
    for lengths, longest in _STREAMS:
        middle = np.mean(lengths) if mean else np.median(lengths)
        perfect = (min(lengths) if every else max(lengths)) == longest
        good = middle > 1000 or (at_least and middle == 1000)
        both = (("perfect", perfect), ("good", good))
        grades.append(next((grade for grade, met in (both if first else both[::-1]) if met), "rest"))
    return grades


@exercise("21.4", hint="Begin with streams of which one alone was right to its end: is that a perfect network?")
def grade(answer: Callable) -> str:
    """The grade of a network by how far it came in each test stream."""
    got = [call(answer, np.array(lengths), longest) for lengths, longest in _STREAMS]
    if strange := [one for one in got if not isinstance(one, str) or one not in ("perfect", "good", "rest")]:
        raise Wrong(f'Return "perfect", "good" or "rest", not {strange[0]!r}.')
    one = "one stream that was right to its end is enough for it; every stream must be"
    median = "the median, which does not see how far the best streams came, where the mean is asked"
    mistakes = {
        f"both mistakes are still there. Perfect: {one}. Good: {median}": _grades(every=False, mean=False),
        f'"perfect" is wrong: {one}': _grades(every=False),
        f'"good" is wrong: it takes {median}': _grades(mean=False),
        '"perfect" has to be looked at first, else a network that makes no error is "good"': _grades(first=False),
        '"good" is wrong: a mean of 1000 is not above 1000': _grades(at_least=True),
    }
    wanted = _grades()
    for mistake, grades in mistakes.items():
        if got == grades:
            raise Wrong(f"{mistake[0].upper()}{mistake[1:]}.")
    for (lengths, longest), said, right in zip(_STREAMS, got, wanted, strict=True):
        if said != right:
            raise Wrong(f'For lengths {list(lengths)} of {longest} you say "{said}", and "{right}" is right.')
    return "A table of grades is worth what its rule says: with the buggy one, more networks would be perfect."
