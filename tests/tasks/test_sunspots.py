import re
import sys

import numpy as np
import pytest
from statsmodels.datasets import sunspots

import lstm_edu.tasks.sunspots as module
from lstm_edu.tasks import Sunspots

NUMBERS = dict(zip(*sunspots.load_pandas().data.to_numpy().T, strict=True))  # year -> sunspots
TASK = Sunspots(length=13, horizon=2)
SPLITS = [("train", 1714, 1920), ("valid", 1921, 1964), ("test", 1965, 2008)]


@pytest.mark.parametrize(("split", "first", "last"), SPLITS)
def test_a_sequence_is_the_years_up_to_the_horizon_before_the_one_to_forecast(split, first, last):
    years, batch = TASK.ordered(split)
    assert years.tolist() == list(range(first, last + 1))
    assert batch.x.shape == (13, len(years), 1)
    for b, year in enumerate(years):
        assert TASK.sunspots(batch.target[b, 0]) == pytest.approx(NUMBERS[year], abs=1e-4)
        seen = [NUMBERS[year - 14 + t] for t in range(13)]
        assert TASK.sunspots(batch.x[:, b, 0]) == pytest.approx(seen, abs=1e-4)


def test_only_the_training_years_decide_on_mean_and_deviation():
    known = np.array([number for year, number in NUMBERS.items() if year <= 1920])
    assert len(known) == 221
    assert TASK.sunspots(0.0) == pytest.approx(known.mean(), rel=1e-12)
    assert TASK.sunspots(1.0) - TASK.sunspots(0.0) == pytest.approx(known.std(), rel=1e-12)


@pytest.mark.parametrize(("split", "first", "last"), SPLITS)
def test_a_batch_is_drawn_from_its_split_alone(split, first, last):
    everything = TASK.ordered(split)[1]
    known = {x.tobytes() + y.tobytes() for x, y in zip(everything.x.transpose(1, 0, 2), everything.target, strict=True)}
    batch = TASK.sample(3000, 1, split)
    found = [x.tobytes() + y.tobytes() for x, y in zip(batch.x.transpose(1, 0, 2), batch.target, strict=True)]
    assert set(found) == known
    assert len(found) == (3000 if split == "train" else 44)


@pytest.mark.parametrize("horizon", [1, 4, 11])
def test_the_simple_forecasts_are_mean_last_year_and_a_cycle_ago(horizon):
    task = Sunspots(length=11, horizon=horizon)
    years, batch = task.ordered("test")
    forecasts = {name: task.sunspots(y)[:, 0] for name, y in task.forecasts(batch).items()}
    known = np.mean([number for year, number in NUMBERS.items() if year <= 1920])
    expected = {
        "constant": [known for _ in years],
        "naive": [NUMBERS[year - horizon] for year in years],
        "seasonal": [NUMBERS[year - 11] for year in years],
    }
    truth, scale = np.array([NUMBERS[year] for year in years]), task.sunspots(1.0) - task.sunspots(0.0)
    assert list(forecasts) == list(expected)
    for name, values in expected.items():
        assert forecasts[name] == pytest.approx(values, abs=1e-4)
        assert task.baselines[name] == pytest.approx(np.square((values - truth) / scale).mean(), rel=1e-5)
    assert task.baseline == task.baselines["constant"]


def test_the_errors_have_the_values_in_the_docstring():
    errors = Sunspots().baselines
    rows = re.findall(r'^ +"(\w+)" .* {2,}([\d.]+)', Sunspots.__doc__, re.MULTILINE)
    table = {name: float(value) for name, value in rows}
    assert table == {name: round(error, 2) for name, error in errors.items()}


def test_the_constant_is_the_best_of_the_training_years():
    target = Sunspots(length=11).ordered("train")[1].target
    assert abs(target.mean()) < 0.1  # all but the first eleven of these years made the mean


def test_measures_gives_the_error_in_sunspots():
    years, batch = TASK.ordered("test")
    off = TASK.sunspots(batch.target.astype(np.float64)) - [[NUMBERS[year - 2]] for year in years]
    loss = TASK.baselines["naive"]
    assert TASK.measures(loss) == {"RMSE in sunspots": pytest.approx(np.sqrt(np.square(off).mean()), rel=1e-5)}


@pytest.mark.parametrize(("off", "right"), [(19.9, True), (-19.9, True), (20.1, False), (-20.1, False)])
def test_right_means_less_than_20_sunspots_off(off, right):
    batch = TASK.sample(5, 3, "test")
    scale = TASK.sunspots(1.0) - TASK.sunspots(0.0)
    assert TASK.correct(batch.target + off / scale, batch).tolist() == [right] * 5


def test_solved_means_better_than_every_simple_forecast():
    _, batch = TASK.ordered("test")
    for forecast in TASK.forecasts(batch).values():
        assert not TASK.solved(forecast, batch)
    best = min(TASK.forecasts(batch).values(), key=lambda y: np.square(y - batch.target).mean())
    assert TASK.solved(0.99 * best + 0.01 * batch.target, batch)
    assert not TASK.solved(1.01 * best - 0.01 * batch.target, batch)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"length": 10}, "length must be a whole number of at least 11, got 10"),
        ({"length": 221}, "length must be at most 220 at horizon 1, got 221"),
        ({"horizon": 0}, "horizon must be a whole number of at least 1, got 0"),
        ({"horizon": 12}, "horizon must be at most 11 years, got 12"),
        ({"tolerance": 0}, "tolerance must be above 0, got 0"),
    ],
)
def test_wrong_settings_are_named(arguments, message):
    with pytest.raises(ValueError, match="^" + re.escape(message)):
        Sunspots(**arguments)


def test_the_longest_length_leaves_one_sequence_for_training():
    assert Sunspots(length=220).sample(4, 0).x.shape == (220, 4, 1)
    assert Sunspots(length=220).ordered("train")[0].tolist() == [1920]


def test_without_statsmodels_the_command_that_installs_it_is_named(monkeypatch):
    module._load.cache_clear()
    monkeypatch.setitem(sys.modules, "statsmodels.datasets", None)
    with pytest.raises(ImportError) as error:
        Sunspots()
    assert str(error.value) == 'Sunspots needs statsmodels: python -m pip install "lstm_edu[sunspots]"'
