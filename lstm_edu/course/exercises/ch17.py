"""Chapter 17: from a CSV to a forecast."""

from collections.abc import Callable
from typing import Any

import numpy as np

from lstm_edu.course.checker import Wrong, call, exercise, same_array


@exercise("17.1", hint="Begin with the last place at which a window can start.")
def windows_ahead(answer: Callable) -> str:
    """Windows of a series, and the number some steps behind each of them."""
    series, seen = np.random.default_rng(171).normal(size=17), 5
    for ahead in (1, 4):
        got = call(answer, series, seen, ahead)
        if not isinstance(got, tuple | list) or len(got) != 2:
            raise Wrong("Return two arrays: x and target.")
        count = len(series) - seen - ahead + 1
        x = np.stack([series[k : k + seen] for k in range(count)], axis=1)[:, :, None]
        target = series[seen + ahead - 1 :]
        place = f"with ahead={ahead}"
        if np.shape(got[0]) == x.transpose(1, 0, 2).shape:
            raise Wrong(f"x {place} has the windows first. Time comes first here: (seen, N, 1).")
        if np.ndim(got[0]) == 3 and np.shape(got[0])[1] == count - 1:
            raise Wrong(f"{place} there are {count} windows, you have one fewer: the last number is a target, too.")
        same_array(f"x {place}", got[0], x, shape="(seen, N, 1)")
        suspects = {
            "the last number of the window itself; the target lies behind it": series[seen - 1 :][:count],
            "the number right behind the window, whatever `ahead` says": series[seen:][:count],
            "one step too near: ahead=1 is the number right behind the window": series[seen + ahead - 2 :][:count],
        }
        if ahead == 1:
            suspects.pop("the number right behind the window, whatever `ahead` says")
        same_array(f"target {place}", got[1], target, shape="(N,)", suspects=suspects)
    return "With ahead = 11 a model learns the far year at once, and nothing has to be fed back."


@exercise("17.2", hint="Begin with model(x): what is the next window, once you have it?")
def fed_back(answer: Callable) -> str:
    """Forecasts that are read as if they had come true."""
    x, ahead = np.random.default_rng(172).normal(size=(4, 3, 1)), 5
    weights = np.array([0.1, -0.4, 0.3, 0.8])

    def model(window: np.ndarray) -> np.ndarray:
        if np.shape(window) != x.shape:
            raise Wrong(f"The model was handed a window of shape {np.shape(window)}; each one must have {x.shape}.")
        return np.einsum("t,tbd->bd", weights, window)

    def loop(move: Callable) -> np.ndarray:
        window, path = x, []
        for _ in range(ahead):
            y = model(window)
            path.append(y[:, 0])
            window = move(window, y[None])
        return np.array(path)

    right = loop(lambda w, y: np.concatenate([w[1:], y]))
    suspects = {
        "the same window read again and again: put each forecast into the next one": loop(lambda w, y: w),
        "the forecast put in front; it is the newest year and belongs at the end": loop(
            lambda w, y: np.concatenate([y, w[:-1]])
        ),
        "the newest year of the window dropped; the oldest must go": loop(lambda w, y: np.concatenate([w[:-1], y])),
        "the last forecast alone": right[-1],
    }
    try:
        got = answer(model, x.copy(), ahead)
    except Wrong:
        raise
    except Exception as error:
        raise Wrong(f"Your function stops with {type(error).__name__}: {error}") from None
    if got is None or got is ...:
        raise Wrong("Your function returns nothing yet.")
    same_array("the path", got, right, shape="(ahead, B)", suspects=suspects)
    return "After T steps the model reads nothing but what it has said itself."


@exercise("17.3", hint="Begin with which elements of truth are known.")
def covered(answer: Callable) -> str:
    """The share of what is known that lies in the interval, for each distance."""
    rng = np.random.default_rng(173)
    truth = rng.integers(-3, 4, (3, 8)).astype(float)
    low, high = np.full((3, 8), -2.0), np.full((3, 8), 1.0)
    high[2] = 2.0
    truth[1, 7:] = truth[2, 5:] = np.nan
    known, inside = ~np.isnan(truth), (low <= truth) & (truth <= high)
    got: Any = call(answer, low, high, truth)
    suspects = {
        "the unknown years counted as misses; divide by the number of known ones": inside.mean(axis=1),
        "the ends of the interval left out; they belong to it": ((low < truth) & (truth < high)).sum(axis=1)
        / known.sum(axis=1),
        "one number for all distances": inside.sum() / known.sum(),
        "the share outside": 1 - inside.sum(axis=1) / known.sum(axis=1),
        "the unknown years counted as hits": (inside | ~known).mean(axis=1),
    }
    same_array("the coverage", got, inside.sum(axis=1) / known.sum(axis=1), shape="(ahead,)", suspects=suspects)
    return "A coverage of 1 is no success: an interval from zero to infinity has it, too."


@exercise("17.4")
def interval(answer: Callable) -> str:
    """A 90 % interval around a forecast, from errors."""
    rng = np.random.default_rng(174)
    forecast, training, validation = rng.normal(size=6), rng.normal(size=200), rng.normal(0.3, 2, size=50)

    def around(errors: np.ndarray, share: float) -> np.ndarray:
        return forecast + np.quantile(errors, [share, 1 - share])[:, None]

    got = call(answer, forecast, training, validation)
    if not isinstance(got, tuple | list | np.ndarray) or len(got) != 2:
        raise Wrong("Return two arrays as the function did before: the lower and the upper end.")
    suspects = {
        "both mistakes still there": around(training, 0.1),
        "errors on what was learnt: a network is better there than on any other year": around(training, 0.05),
        "from 10 % to 90 %, which holds 80 % and not 90": around(validation, 0.1),
    }
    for k, name in enumerate(("the lower end", "the upper end")):
        one = {words: value[k] for words, value in suspects.items()}
        same_array(name, got[k], around(validation, 0.05)[k], shape="(N,)", suspects=one)
    return "Neither mistake shows in the forecast itself. Only counting on held-out years finds them."
