"""Chapter 21: later papers, run again."""

from collections.abc import Callable
from typing import Any

import numpy as np

from lstm_edu.core.statistics import welch
from lstm_edu.course.checker import Wrong, call, exercise, same_array

_BIASES = (0.0, 1.0, 2.0, 5.0, -1.0)


def _numbers(answer: Callable, cases: tuple, wanted: Callable, mistakes: dict[str, Callable], what: str) -> None:
    """One number for each case; a mistake is named where all cases show it."""
    got = [call(answer, *case) for case in cases]
    if not all(np.ndim(number) == 0 and isinstance(number, int | float | np.floating) for number in got):
        raise Wrong(f"Return one number, {what}.")
    right = np.array([wanted(*case) for case in cases])
    suspects = {words: np.array([wrong(*case) for case in cases]) for words, wrong in mistakes.items()}
    same_array(what, np.array(got, float), right, shape=f"({len(cases)},)", suspects=suspects)


@exercise("21.1", hint="Begin with what is left after n steps: f to the power of n.")
def half_life(answer: Callable) -> str:
    """The half-life of a state behind a forget gate."""
    _numbers(
        answer,
        tuple((bias,) for bias in _BIASES),
        lambda bias: np.log(2) / np.log1p(np.exp(-bias)),
        {
            "1 - f in place of -ln f; that is right for a gate near 1 alone": lambda b: np.log(2) * (1 + np.exp(b)),
            "the steps until 1/e is left; asked is one half": lambda b: 1 / np.log1p(np.exp(-b)),
            "the gate at σ(-b)": lambda b: np.log(2) / np.log1p(np.exp(b)),
            "a negative number of steps; ln f is below 0": lambda b: -np.log(2) / np.log1p(np.exp(-b)),
        },
        "half-lives",
    )
    return "A bias of 0 halves the state at each step, 1 in 2.2 steps, 5 in 103: what chapter 04 measures."


@exercise("21.2", hint="Begin with one of the steps at which a symbol is asked for: what does a guess cost there?")
def baseline(answer: Callable) -> str:
    """What the best guess without memory costs in copy memory."""
    _numbers(
        answer,
        ((100, 10, 8), (7, 3, 4), (500, 10, 8)),
        lambda T, n, A: n * np.log(A) / (T + 2 * n),
        {
            "the mean over the steps that ask for a symbol; all steps count": lambda T, n, A: np.log(A),
            "the blank among the guesses; at these steps it is never wanted": lambda T, n, A: (
                n * np.log(A + 1) / (T + 2 * n)
            ),
            "bits; asked are nats": lambda T, n, A: n * np.log2(A) / (T + 2 * n),
            "T steps; there are T + 2 items": lambda T, n, A: n * np.log(A) / T,
            "T + items steps; the symbols are read and put out": lambda T, n, A: n * np.log(A) / (T + n),
        },
        "costs in nats a step",
    )
    return "0.1733 at T = 100 with ten of eight symbols: a network above it has learnt nothing that lasts."


def _student(a: np.ndarray, b: np.ndarray) -> tuple[float, float]:
    n, m = len(a), len(b)
    pooled = ((n - 1) * a.var(ddof=1) + (m - 1) * b.var(ddof=1)) / (n + m - 2)
    return (a.mean() - b.mean()) / np.sqrt(pooled * (1 / n + 1 / m)), n + m - 2


def _with(a: np.ndarray, b: np.ndarray, error: Callable) -> tuple[float, float]:
    e, d = error(a), error(b)
    freedom = (e + d) ** 2 / (e**2 / (len(a) - 1) + d**2 / (len(b) - 1))
    return (a.mean() - b.mean()) / np.sqrt(e + d), freedom


@exercise("21.3", hint="Begin with e: np.var(a, ddof=1) over the number of its values.")
def significance(answer: Callable) -> str:
    """Welch's t and its degrees of freedom."""
    rng = np.random.default_rng(213)
    a, b = rng.normal(2, 1, 5), rng.normal(1, 3, 9)
    got: Any = call(answer, a.copy(), b.copy())
    if not isinstance(got, tuple | list) or len(got) != 2:
        raise Wrong("Return two numbers: t and the degrees of freedom.")
    right = _with(a, b, lambda x: x.var(ddof=1) / len(x))
    suspects = {
        "one variance for both samples; that is Student's test": _student(a, b),
        "variances over n; they are over n - 1": _with(a, b, lambda x: x.var() / len(x)),
        "variances in place of the squared errors of the means, s²/n": _with(a, b, lambda x: x.var(ddof=1)),
        "the sign of t the other way round": (-right[0], right[1]),
    }
    same_array(
        "t and ν", np.array(got, float), np.array(welch(a, b)[:2]), shape="(2,)",
        suspects={words: np.array(pair) for words, pair in suspects.items()},
    )  # fmt: skip
    return "The degrees of freedom need not be whole, and lie between the smaller n - 1 and n + m - 2."


_STREAMS = (
    (([900, 900, 900], 900), "perfect"),
    (([90, 900, 900], 900), "rest"),
    (([200, 100, 9000, 40], 100_000), "good"),
    (([1100, 1200, 3, 1300, 4], 100_000), "rest"),
    (([5, 7, 1100], 100_000), "rest"),
)


@exercise("21.4")
def grade(answer: Callable) -> str:
    """The grade of a network, from its test streams."""
    got = [call(answer, np.array(lengths), longest) for (lengths, longest), _ in _STREAMS]
    one_is_enough, half_is_enough = got[1] == "perfect", got[3] == "good" or got[2] == "rest"
    if one_is_enough and half_is_enough:
        raise Wrong("Both mistakes still there: look at what one stream decides, and at what the middle one does.")
    if one_is_enough:
        raise Wrong("One stream that is right to its end makes a network perfect: every stream has to be.")
    if half_is_enough:
        raise Wrong("The middle stream decides whether a network is good: asked is the mean.")
    for ((lengths, longest), word), said in zip(_STREAMS, got, strict=True):
        if said != word:
            raise Wrong(f"Streams of {lengths} symbols of {longest} are {word!r}, and you say {said!r}.")
    return "A mean is moved by one stream, a median is not: which is fairer is a decision, and a paper has to print it."
