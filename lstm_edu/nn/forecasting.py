"""From a series to its next numbers, by a network that was trained on one: feeding back, intervals, simple rivals."""

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from lstm_edu.core import Layer, Scaling, checks

_AT_ONCE = 256  # sequences: so much memory, however many there are


def forecast(net: Layer, values: ArrayLike, steps: int) -> np.ndarray:
    """The next numbers of a series.

    The network gives as many numbers at once as it was trained for (its horizon). For more it reads its own forecast as
    if it had come true, and so on.

    Parameters
    ----------
    net : Layer
        A network that was trained on a `Series`.
    values : array_like
        (N,) finite numbers, the oldest first, in the units of the series that it learnt; at least as many as it looks
        back.
    steps : int
        How many.

    Returns
    -------
    numpy.ndarray
        (steps,) float64, in the same units.

    Raises
    ------
    ValueError
        For a network that was trained on something else, and for a series that is too short or not finite.

    Examples
    --------
    >>> import lstm_edu as le
    >>> task = le.tasks.Series(np.sin(np.arange(300) * 2 * np.pi / 20), horizon=5)
    >>> net = le.make_network(task, "gru", units=8, rng=0)
    >>> history = le.fit(net, task, steps=300, seed=0)
    >>> next_ones = le.forecast(net, task.values, 10)
    >>> bool(np.abs(next_ones - np.sin(np.arange(300, 310) * 2 * np.pi / 20)).max() < 0.2)
    True
    """
    values = checks.floats("values", values, ("N",), np.dtype(np.float64))
    return forecast_from(net, values, np.array([len(values)]), steps)[:, 0]


def forecast_from(net: Layer, values: np.ndarray, origins: np.ndarray, steps: int) -> np.ndarray:
    """As `forecast`, from many places of a series: each knows only what stands before it.

    Parameters
    ----------
    net : Layer
        As for `forecast`.
    values : numpy.ndarray
        (N,) finite numbers.
    origins : numpy.ndarray
        (B,) whole numbers: the place of the first number to be forecast.
    steps : int
        How many from each.

    Returns
    -------
    numpy.ndarray
        (steps, B) float64.

    Raises
    ------
    ValueError
        As `forecast` does.
    """
    window, lag, scaling = _look(net)
    steps = checks.whole("steps", steps)
    values = checks.floats("values", values, ("N",), np.dtype(np.float64))
    if not np.isfinite(values).all():
        raise ValueError("values must be finite, got nan or infinity")
    origins = checks.integers("origins", origins, ("B",), len(values) + 1)
    if origins.size and origins.min() < window + lag:
        raise ValueError(f"values must hold at least {window + lag} numbers before a forecast, got {origins.min()}")
    parts = [origins[k : k + _AT_ONCE] for k in range(0, len(origins), _AT_ONCE)]
    paths = [_paths(net, values[part + np.arange(-window - lag, 0)[:, None]], lag, scaling, steps) for part in parts]
    return np.concatenate(paths, axis=1) if paths else np.empty((steps, 0))


def _paths(net: Layer, seen: np.ndarray, lag: int, scaling: Scaling, steps: int) -> np.ndarray:
    """(steps, B) from what was seen, (window + lag, B)."""
    found: list[np.ndarray] = []
    while len(found) < steps:
        changes = seen if lag == 0 else seen[lag:] - seen[:-lag]
        x = scaling.apply(changes[:, :, None]).astype(net.dtype)
        ahead = scaling.undo(net(x).astype(np.float64)[:, :, None])[:, :, 0]
        for change in ahead.T:
            number = change + seen[-lag] if lag else change
            found.append(number)
            seen = np.concatenate([seen[1:], number[None]])
    return np.array(found[:steps])


def _look(net: Any) -> tuple[int, int, Scaling]:
    """How far back the network looks, the lag of its differences, and its scaling."""
    about = getattr(net, "about", None)
    if about is None or about.inputs is None or about.inputs != about.target or "window" not in about.trained:
        raise ValueError("net was not trained on a series: net.about does not say how far it looks back")
    window = checks.whole("net.about.trained['window']", about.trained["window"])
    lag = checks.whole("net.about.trained['difference']", about.trained.get("difference", 0), least=0)
    if len(about.inputs.mean) != 1 or net.inputs != 1:
        raise ValueError("net must read one number at a time, as one that was trained on a Series does")
    return window, lag, about.inputs


def naive_forecasts(values: np.ndarray, origins: np.ndarray, steps: int, season: int | None) -> dict[str, np.ndarray]:
    """What needs no network.

    Parameters
    ----------
    values : numpy.ndarray
        (N,).
    origins : numpy.ndarray
        (B,) the place of the first number to be forecast.
    steps : int
        How many from each.
    season : int or None
        After how many numbers the series is most like itself.

    Returns
    -------
    dict of str to numpy.ndarray
        (steps, B) each: "last value", the last number for ever; with a season "seasonal value", what stood one season
        (or as many as are needed) before.

    Examples
    --------
    >>> values = np.array([1.0, 2, 3, 1, 2, 3])
    >>> {name: y[:, 0].tolist() for name, y in naive_forecasts(values, np.array([6]), 4, 3).items()}
    {'last value': [3.0, 3.0, 3.0, 3.0], 'seasonal value': [1.0, 2.0, 3.0, 1.0]}
    """
    found = {"last value": np.broadcast_to(values[origins - 1], (steps, len(origins)))}
    if season is not None and len(origins) and origins.min() >= season:
        ahead = np.arange(steps)
        found["seasonal value"] = values[origins + (ahead % season - season)[:, None]]
    return found


def what_came(values: np.ndarray, origins: np.ndarray, steps: int, end: int) -> np.ndarray:
    """What stands where forecasts were made.

    Parameters
    ----------
    values : numpy.ndarray
        (N,).
    origins : numpy.ndarray
        (B,) the place of the first number.
    steps : int
        How many from each.
    end : int
        Numbers from this place on count as unknown.

    Returns
    -------
    numpy.ndarray
        (steps, B), nan for what is unknown.
    """
    place = origins + np.arange(steps)[:, None]
    return np.where(place < end, values[np.minimum(place, len(values) - 1)], np.nan)


def half_widths(errors: np.ndarray, level: float) -> np.ndarray:
    """How far from a forecast an interval must reach, for each distance, so that what comes lies in it.

    The error of which so many held-out ones are smaller (split conformal prediction): of n errors the
    ceil((n + 1) level)-th, or the largest where there are too few.

    Parameters
    ----------
    errors : numpy.ndarray
        (steps, B) forecast minus truth, nan where the truth is unknown.
    level : float
        Which share is to lie inside, such as 0.8.

    Returns
    -------
    numpy.ndarray
        (steps,), up to the last distance at which there is an error at all.

    References
    ----------
    Vovk, Gammerman and Shafer, Algorithmic learning in a random world, 2005.

    Examples
    --------
    >>> half_widths(np.array([[1.0, -2, 3, -4, 5, -6, 7, -8, 9]]), 0.8)
    array([8.])
    """
    widths = []
    for row in np.abs(errors):
        known = np.sort(row[~np.isnan(row)])
        if not len(known):
            break
        place = min(len(known), math.ceil((len(known) + 1) * level - 1e-9))
        widths.append(known[place - 1])
    return np.array(widths)


def widened(widths: ArrayLike, steps: int) -> np.ndarray:
    """Half widths for so many steps: beyond the last distance that was measured the widest of all.

    Parameters
    ----------
    widths : array_like
        (known,) from `half_widths`.
    steps : int
        How many are needed.

    Returns
    -------
    numpy.ndarray
        (steps,).

    Examples
    --------
    >>> widened([1.0, 3.0, 2.0], 5)
    array([1., 3., 2., 3., 3.])
    """
    known = np.asarray(widths, float)[:steps]
    return np.concatenate([known, np.full(steps - len(known), np.max(widths))])
