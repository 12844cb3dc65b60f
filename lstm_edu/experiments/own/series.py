"""A series of one's own: a network that forecasts it, beside the last and the seasonal value, with an interval."""

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from lstm_edu.core import Layer, checks
from lstm_edu.core.version import __version__
from lstm_edu.nn import Adam, Training, make_network
from lstm_edu.nn.forecasting import forecast_from, half_widths, naive_forecasts, what_came, widened
from lstm_edu.tasks import Series
from lstm_edu.tasks.series import differences

LEVELS = (0.8, 0.95)  # of the intervals
_FURTHEST = 200  # steps ahead for which errors are measured


@dataclass(frozen=True)
class SeriesSettings:
    """How a network for a series is made and trained.

    Parameters
    ----------
    horizon : int
        How many numbers it gives at once.
    window : int or None
        How far it looks back; None: as `season` and `horizon` suggest.
    season : int or None
        After how many numbers the series is most like itself; None: found in the training part.
    difference : int
        0: it learns the numbers; else how each differs from that so many before.
    cell : str
        A name of `lstm_edu.CELLS`.
    units, layers : int
        Of the network.
    batch : int
        Windows in each step.
    steps : int
        Updates.
    rate : float
        Learning rate of Adam at the start; it falls as a cosine.
    seed : int
        Of the first weights and of the draws.
    """

    horizon: int = 12
    window: int | None = None
    season: int | None = None
    difference: int = 0
    cell: str = "gru"
    units: int = 32
    layers: int = 1
    batch: int = 32
    steps: int = 1000
    rate: float = 5e-3
    seed: int = 0


def series_training(values: np.ndarray, settings: SeriesSettings) -> tuple[Training, SeriesSettings]:
    """A training that has not begun.

    Parameters
    ----------
    values : numpy.ndarray
        (N,) the series, the oldest number first.
    settings : SeriesSettings
        How.

    Returns
    -------
    training : Training
        Of a new network.
    settings : SeriesSettings
        With nothing left open but a season that is not there.

    Raises
    ------
    ValueError
        For a series that is too short, and for settings out of range.
    """
    task = Series(
        values,
        horizon=settings.horizon,
        window=settings.window,
        season=settings.season,
        difference=settings.difference,
    )
    settings = replace(settings, window=task.window, season=task.season)
    seed = checks.whole("seed", settings.seed, least=0)
    net = make_network(task, settings.cell, settings.units, settings.layers, rng=seed)
    training = Training(
        net,
        task,
        steps=settings.steps,
        batch=settings.batch,
        optimizer=Adam(settings.rate),
        schedule="cosine",
        seed=seed,
        validation=1000,
        patience=checks.whole("steps", settings.steps),  # never reached: the best weights of all are kept
    )
    return training, settings


def scores(net: Layer, task: Series) -> pd.DataFrame:
    """Errors on the test part, over all distances up to the horizon, in the units of the series.

    Parameters
    ----------
    net : Layer
        The trained network.
    task : Series
        What it learnt.

    Returns
    -------
    pandas.DataFrame
        A row for the network and for each forecast that needs none; columns RMSE and MAE.
    """
    origins, end = task.ordered("test")[0], task.part("test")[1]
    came = what_came(task.values, origins, task.horizon, end)
    paths = {"network": forecast_from(net, task.values, origins, task.horizon)}
    paths |= naive_forecasts(task.values, origins, task.horizon, task.season)
    errors = {name: path - came for name, path in paths.items()}
    rows = {n: {"RMSE": float(np.sqrt(np.mean(e**2))), "MAE": float(np.abs(e).mean())} for n, e in errors.items()}
    return pd.DataFrame.from_dict(rows, orient="index")


def intervals(net: Layer, task: Series) -> tuple[list[list[float]], list[float]]:
    """Half widths from the errors on the validation part, and how much of the test part lies inside.

    Parameters
    ----------
    net : Layer
        The trained network.
    task : Series
        What it learnt.

    Returns
    -------
    widths : list of list of float
        For each of `LEVELS` one number for each distance that could be measured.
    coverage : list of float
        For each level the share of the test part's numbers, up to the horizon, that the interval held.
    """
    first, end = task.part("valid")
    origins = np.arange(max(first, task.needed), end)
    steps = max(task.horizon, min(_FURTHEST, len(origins) // 2))
    errors = forecast_from(net, task.values, origins, steps) - what_came(task.values, origins, steps, end)
    widths = [half_widths(errors, level).tolist() for level in LEVELS]
    test = task.ordered("test")[0]
    off = forecast_from(net, task.values, test, task.horizon)
    off = np.abs(off - what_came(task.values, test, task.horizon, task.part("test")[1]))
    coverage = [float((off <= widened(width, task.horizon)[:, None]).mean()) for width in widths]
    return widths, coverage


def told(
    net: Any, task: Series, file: str | Path, column: str, settings: SeriesSettings, found: pd.DataFrame
) -> list[float]:
    """Let the network keep what it was trained on, how well it learnt it, and how sure it can be.

    Parameters
    ----------
    net : Layer
        The trained network.
    task : Series
        What it learnt.
    file : str or path
        Of which only the name is kept.
    column : str
        Whose numbers they are.
    settings : SeriesSettings
        How it was trained.
    found : pandas.DataFrame
        From `scores`.

    Returns
    -------
    list of float
        For each of `LEVELS`, how much of the test part lies inside.
    """
    widths, coverage = intervals(net, task)
    about = task.about()
    trained = about.trained | {
        "file": Path(file).name,
        "column": column,
        "rows": len(task.values),
        "last": task.values[-task.needed :].tolist(),
        "settings": asdict(settings),
        "test": {name: row.to_dict() for name, row in found.iterrows()},
        "levels": list(LEVELS),
        "widths": widths,
        "coverage": coverage,
        "version": __version__,
    }
    net.about = replace(about, trained=trained)
    return coverage


def beyond_training(task: Series) -> float:
    """Which share of the later parts lies outside of what the training part reached.

    Parameters
    ----------
    task : Series
        The series.

    Returns
    -------
    float
        From 0 to 1; of the differences, where it learns those.
    """
    learnt, end = differences(task.values, task.difference), task.part("train")[1] - task.difference
    low, high = learnt[:end].min(), learnt[:end].max()
    return float(((learnt[end:] < low) | (learnt[end:] > high)).mean())


def kept_widths(net: Any) -> tuple[list[float], list[np.ndarray]]:
    """The intervals that a network keeps, looked at as something that comes from anywhere.

    Parameters
    ----------
    net : Layer
        From a file.

    Returns
    -------
    levels : list of float
        Such as 0.8.
    widths : list of numpy.ndarray
        For each level a half width for each distance.

    Raises
    ------
    ValueError
        Where they are none.
    """
    trained = {} if net.about is None else net.about.trained
    levels, widths = trained.get("levels"), trained.get("widths")
    if not isinstance(levels, list) or not isinstance(widths, list) or len(levels) != len(widths) or not levels:
        raise ValueError("model: it keeps no intervals: was it made by `lstm-edu train series`?")
    arrays = []
    for level, width in zip(levels, widths, strict=True):
        checks.number("model: levels", level, least=0, below=1)
        array = checks.floats("model: widths", width, ("steps",), np.dtype(np.float64))
        if not len(array) or not np.isfinite(array).all() or array.min() < 0:
            raise ValueError("model: widths must be at least 0 and finite")
        arrays.append(array)
    return levels, arrays
