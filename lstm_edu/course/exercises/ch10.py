"""Chapter 10: a test over seeds, how many of them it takes, honest reports, equal parameters."""

from collections.abc import Callable
from typing import Any

import numpy as np

from lstm_edu.course.checker import Wrong, call, exercise, same_array


def _means(d: np.ndarray) -> Any:
    signs = 1 - 2 * ((np.arange(2 ** len(d))[:, None] >> np.arange(len(d))) & 1)
    return (signs * d).mean(axis=1)


@exercise("10.1", hint="Begin with all 2**n ways to choose n signs: the function flips(n) of the chapter has them.")
def sign_flip(answer: Callable) -> str:
    """The two-sided p-value of the sign-flip test."""
    for d in (np.array([-1.0, -2.0, -3.0]), np.array([0.3, -0.1, 0.5, 0.2, 0.4, -0.05, 0.6])):
        means, seen = _means(d), abs(np.mean(d))
        extreme = np.abs(means) >= seen - 1e-12
        right = np.mean(extreme)
        suspects = {
            "one side only: a mean as far on the other side counts as well": np.mean(
                means * np.sign(d.mean()) >= seen - 1e-12
            ),
            "> in place of >=: the observed signs are one of the choices": np.mean(np.abs(means) > seen + 1e-12),
            "the share of the less extreme": 1 - right,
            "the number of the choices: divide by all of them": extreme.sum(),
        }
        same_array(f"p for {len(d)} pairs", call(answer, d), right, suspects=suspects)
    return "No normal distribution, no table: the test counts."


@exercise("10.2", hint="Begin with the smallest p-value that n seeds can give, 2 / 2**n, and what Holm makes of it.")
def seeds_needed(answer: Callable) -> str:
    """The smallest number of seeds with which m comparisons can reach 0.05."""

    for m in (1, 3, 10):
        right = next(n for n in range(1, 60) if m * 2 / 2**n <= 0.05)
        suspects = {
            "a one-sided test: two of the choices are as extreme": next(n for n in range(1, 60) if m / 2**n <= 0.05)
        }
        if m > 1:
            suspects = {"one comparison: the smallest p is multiplied by m": 6, **suspects}
        suspects = {words: value for words, value in suspects.items() if value != right}
        same_array(f"the number of seeds for m = {m}", call(answer, m), right, suspects=suspects)
    return "Every doubling of the comparisons costs one seed more: that is cheap, if it is planned."


@exercise("10.3", hint="Begin with the question: which of the two arrays may decide about the rate?")
def report(answer: Callable) -> str:
    """The honest test result of one cell, a number."""
    rng = np.random.default_rng(103)
    valid, test = rng.uniform(0.1, 1, (2, 4, 7))
    rate, seen = np.argmin(np.median(valid, axis=1)), np.argmin(np.median(test, axis=1))
    if rate == seen:  # pragma: no cover - the numbers above do not agree
        raise Wrong("This check is broken: the numbers do not tell the two rates apart.")
    suspects = {
        "the rate chosen on the test, and the luckiest seed": test[seen].min(),
        "the rate chosen on the test: whoever chooses on it has seen it": np.median(test[seen]),
        "the luckiest seed: report the median": test[rate].min(),
        "means: one bad seed moves a mean far, so take medians": test[np.argmin(valid.mean(axis=1))].mean(),
        "the validation loss, which has chosen the rate and so looks too good": np.median(valid[rate]),
        "the best single run of the validation deciding about the rate": np.median(test[np.argmin(valid.min(axis=1))]),
        "the rows and columns exchanged: the rates are the rows": np.median(
            test[:, np.argmin(np.median(valid, axis=0))]
        ),
    }
    same_array("the result", call(answer, valid, test), np.median(test[rate]), suspects=suspects)
    return "Choose on validation, report on test, and report the middle."


@exercise("10.4", hint="Begin with the number of parameters of an LSTM, 4 H (D + H + 1), for H = 1, 2, 3, ...")
def lstm_units(answer: Callable) -> str:
    """The units with which an LSTM comes nearest to a budget of parameters."""
    H = np.arange(1, 2000)

    def nearest(count: np.ndarray, budget: int) -> int:
        return H[np.argmin(np.abs(count - budget))]

    for D, budget in ((2, 4480), (7, 1050), (10, 20_000), (2, 28)):  # at 28, 1 unit and 2 are equally near
        count = 4 * H * (D + H + 1)
        suspects = {
            "the largest number that stays below the budget: the next one is nearer": H[count <= budget][-1],
            "the larger one of two that are equally near": H[::-1][np.argmin(np.abs(count - budget)[::-1])],
            "a formula without biases": nearest(4 * H * (D + H), budget),
            "a formula without the four blocks": nearest(H * (D + H + 1), budget),
            "the formula of the GRU, three blocks": nearest(3 * H * (D + H + 1), budget),
            "two biases": nearest(4 * H * (D + H + 2), budget),
        }
        right = nearest(count, budget)
        suspects = {words: value for words, value in suspects.items() if value != right}
        same_array(f"the units for D = {D}, budget = {budget}", call(answer, D, budget), right, suspects=suspects)
    return "le.match_parameters does this for every cell and any number of layers."
