"""Forecasts: in the units of the series, fed back without a look ahead, with intervals that hold what they say."""

import numpy as np
import pytest

import lstm_edu as le
from lstm_edu.nn import forecasting


def trained(difference=0, horizon=3, window=5, values=None):
    """A network with random weights that believes to know the series."""
    values = np.random.default_rng(1).normal(50, 9, 120) if values is None else values
    task = le.tasks.Series(values, horizon=horizon, window=window, difference=difference, season=4)
    net = le.make_network(task, "lstm", units=6, rng=2)
    net.about = task.about()
    return net, task


@pytest.mark.parametrize("difference", [0, 1, 4])
def test_a_forecast_is_the_network_read_in_the_units_of_the_series_and_fed_back(difference):
    net, task = trained(difference)
    series = list(task.values)
    for _ in range(3):  # three times the horizon, by hand
        changes = [a - b for a, b in zip(series[difference:], series, strict=False)] if difference else series
        mean, scale = task.scaling.mean[0], task.scaling.scale[0]
        x = (np.array(changes[-5:]) - mean) / scale
        ahead = net(x[:, None, None].astype(np.float32))[0].astype(float) * scale + mean
        for change in ahead:
            series.append(change + series[-difference] if difference else change)
    found = le.forecast(net, task.values, 8)
    np.testing.assert_allclose(found, series[120:128], rtol=1e-5)


def test_forecasts_from_many_places_are_those_from_each_with_what_came_before_alone():
    net, task = trained(1)
    origins = np.array([9, 40, 77, 120])
    together = forecasting.forecast_from(net, task.values, origins, 7)
    for column, origin in zip(together.T, origins, strict=True):
        np.testing.assert_allclose(column, le.forecast(net, task.values[:origin], 7), rtol=1e-5)


def test_a_network_that_learnt_a_wave_forecasts_it_beyond_its_horizon():
    wave = 300 + 20 * np.sin(np.arange(400) * 2 * np.pi / 16)
    task = le.tasks.Series(wave[:368], horizon=8)
    net = le.make_network(task, "gru", units=12, rng=0)
    le.fit(net, task, steps=300, schedule="cosine", seed=0)
    assert np.abs(le.forecast(net, task.values, 32) - wave[368:]).max() < 4


def test_simple_forecasts_know_what_came_before_alone():
    values = np.arange(20.0)
    found = forecasting.naive_forecasts(values, np.array([7, 11]), 5, season=3)
    np.testing.assert_array_equal(found["last value"], [[6, 10]] * 5)
    np.testing.assert_array_equal(found["seasonal value"], [[4, 8], [5, 9], [6, 10], [4, 8], [5, 9]])
    assert list(forecasting.naive_forecasts(values, np.array([2]), 5, season=3)) == ["last value"]


def test_what_is_not_known_yet_is_nan():
    came = forecasting.what_came(np.arange(10.0), np.array([4, 7]), 4, end=9)
    np.testing.assert_array_equal(came, [[4, 7], [5, 8], [6, np.nan], [7, np.nan]])


@pytest.mark.parametrize("level", [0.8, 0.95])
def test_intervals_hold_new_errors_as_often_as_they_say(level):
    rng = np.random.default_rng(0)
    scale = np.array([[1.0], [3.0]])
    held = []
    for _ in range(300):
        widths = forecasting.half_widths(scale * rng.standard_t(3, (2, 40)), level)
        held.append(np.abs(scale * rng.standard_t(3, (2, 40))) <= widths[:, None])
    np.testing.assert_allclose(np.mean(held, axis=(0, 2)), level, atol=0.02)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda net, task: le.forecast(net, task.values[:5], 2), "at least 6 numbers before a forecast, got 5"),
        (lambda net, task: le.forecast(net, [np.nan] * 30, 2), "values must be finite"),
        (lambda net, task: le.forecast(net, task.values, 0), "steps must be a whole number of at least 1"),
        (lambda net, task: le.forecast(le.GRU(1, 3), task.values, 2), "was not trained on a series"),
        (lambda net, task: le.forecast("net", task.values, 2), "was not trained on a series"),
    ],
)
def test_what_no_forecast_can_be_made_of_is_refused_in_words(call, words):
    with pytest.raises(ValueError, match=words):
        call(*trained(difference=1))


def test_what_a_file_says_of_its_window_is_looked_at():
    net, task = trained()
    for wrong, words in (
        ({"window": "x"}, "window"),
        ({"window": -3}, "window"),
        ({"window": 4, "difference": 1.5}, "diff"),
    ):
        net.about = le.core.About(inputs=task.scaling, target=task.scaling, trained=wrong)
        with pytest.raises(ValueError, match=words):
            le.forecast(net, task.values, 2)
