"""Answers to the exercises of chapter 17: from a CSV to a forecast."""

from functools import partial

import numpy as np

from answers import Answers


def windows_ahead(series, seen, ahead, shift=0, near=False, first=False, fewer=0):
    count = len(series) - seen - ahead + 1 - fewer
    x = np.lib.stride_tricks.sliding_window_view(series, seen)[:count]
    begin = seen if near else seen + ahead - 1 + shift
    return (x if first else x.T)[:, :, None], series[begin : begin + count]


def fed_back(model, x, ahead, move=lambda x, y: np.concatenate([x[1:], y]), last=False):
    path = np.zeros((ahead, x.shape[1]))
    for k in range(ahead):
        y = model(x)
        path[k] = y[:, 0]
        x = move(x, y[None])
    return path[-1] if last else path


def covered(low, high, truth):
    rows = []
    for below, above, came in zip(low, high, truth, strict=True):
        known = [k for k in range(len(came)) if not np.isnan(came[k])]
        rows.append(np.mean([below[k] <= came[k] <= above[k] for k in known]))
    return np.array(rows)


def interval(forecast, training, validation, share=5, learnt=False):
    errors = training if learnt else validation
    return forecast + np.percentile(errors, share), forecast + np.percentile(errors, 100 - share)


EXERCISES = {
    "17.1": Answers(
        right=[windows_ahead],
        wrong=[
            ("windows first", partial(windows_ahead, first=True)),
            ("one fewer", partial(windows_ahead, fewer=1)),
            ("the window itself", partial(windows_ahead, shift=-1)),
            ("whatever `ahead` says", partial(windows_ahead, near=True)),
            ("one step too near", lambda s, n, ahead: windows_ahead(s, n, ahead, shift=-1 if ahead > 1 else 0)),
            ("Return two arrays", lambda series, seen, ahead: series),
        ],
    ),
    "17.2": Answers(
        right=[fed_back],
        wrong=[
            ("again and again", partial(fed_back, move=lambda x, y: x)),
            ("put in front", partial(fed_back, move=lambda x, y: np.concatenate([y, x[:-1]]))),
            ("the oldest must go", partial(fed_back, move=lambda x, y: np.concatenate([x[:-1], y]))),
            ("each one must have", partial(fed_back, move=lambda x, y: np.concatenate([x, y]))),
            ("the last forecast alone", partial(fed_back, last=True)),
            ("ZeroDivisionError", lambda model, x, ahead: 1 / 0),
        ],
        hint="Your function returns nothing yet.",
    ),
    "17.3": Answers(
        right=[covered],
        wrong=[
            ("counted as misses", lambda a, b, t: ((a <= t) & (t <= b)).mean(axis=1)),
            ("ends of the interval", lambda a, b, t: ((a < t) & (t < b)).sum(1) / np.isfinite(t).sum(1)),
            ("one number", lambda a, b, t: ((a <= t) & (t <= b)).sum() / np.isfinite(t).sum()),
            ("outside", lambda a, b, t: 1 - covered(a, b, t)),
            ("counted as hits", lambda a, b, t: 1 - ((t < a) | (t > b)).mean(axis=1)),
        ],
    ),
    "17.4": Answers(
        right=[interval],
        wrong=[
            ("both mistakes", partial(interval, share=10, learnt=True)),
            ("what was learnt", partial(interval, learnt=True)),
            ("holds 80 %", partial(interval, share=10)),
            ("two arrays", lambda forecast, training, validation: 0.0),
        ],
        hint="A 90 % interval around a forecast, from errors.",
    ),
}
