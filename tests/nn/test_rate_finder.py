"""The search for a learning rate: it follows its rule, stops where training breaks, and touches nothing."""

import numpy as np
import pytest

import lstm_edu as le

TASK = le.tasks.Adding(length=8)


def network():
    return le.Sequential([le.LSTM(2, 6, rng=0), le.Dropout(0.2, rng=1), le.Dense(6, 1, steps="last", rng=2)])


def test_the_rate_grows_by_one_factor_and_the_losses_are_those_of_a_training_at_these_rates():
    found = le.find_rate(network(), TASK, steps=12, low=1e-4, high=1e-1, batch=4, seed=3, progress_bar=False)
    np.testing.assert_allclose(found["rate"], np.geomspace(1e-4, 1e-1, 12))
    training = le.Training(network(), TASK, steps=13, every=13, batch=4, seed=3, validation=1)
    for rate, loss in zip(found["rate"], found["loss"], strict=True):
        training.optimizer.rate = rate
        training.step()
        assert training.latest_loss == loss
    mean = 0.0
    for k, loss in enumerate(found["loss"], 1):
        mean = 0.9 * mean + 0.1 * loss
        assert found["smoothed"].iloc[k - 1] == pytest.approx(mean / (1 - 0.9**k))
    assert found.lowest == found["rate"][found["smoothed"].idxmin()]
    assert found.suggestion == pytest.approx(found.lowest / 10, rel=0.05)


def test_network_optimizer_and_generators_stay_as_they_were():
    net, optimizer, twin = network(), le.SGD(0.25, momentum=0.9), network()
    le.find_rate(net, TASK, steps=10, optimizer=optimizer, progress_bar=False)
    assert np.array_equal(net.params.flat, twin.params.flat)
    assert net.about is None
    assert (optimizer.rate, optimizer.steps_done) == (0.25, 0)
    x = TASK.sample(3, 0).x
    assert np.array_equal(net.forward(x)[0], twin.forward(x)[0])  # with dropout: its generator did not move


@pytest.mark.parametrize("clip", [None, 1.0])
def test_a_training_that_diverges_ends_the_search(clip):
    found = le.find_rate(
        network(), TASK, optimizer=le.SGD(0.1), low=1e-3, high=1e8, steps=60, clip=clip, progress_bar=False
    )
    assert found.diverged
    assert len(found) < 60
    assert np.isfinite(found.table).all().all()
    assert 1e-4 < found.suggestion < found["rate"].iloc[-1]


def test_its_figure_shows_the_running_mean_and_the_suggestion():
    found = le.find_rate(network(), TASK, steps=10, batch=4, progress_bar=False)
    axes = le.plotting.rate_finder(found, title="rates").axes[0]
    lines = {line.get_label(): line for line in axes.lines}
    np.testing.assert_array_equal(lines["running mean"].get_ydata(), found["smoothed"])
    assert lines[f"suggestion: {found.suggestion:.2g}"].get_xdata()[0] == found.suggestion
    with pytest.raises(ValueError, match=r"found must be what lstm_edu\.find_rate returned, got History"):
        le.plotting.rate_finder(le.History())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"low": 1.0, "high": 0.1}, "low must be below high, got 1 and 0.1"),
        ({"low": 0}, "low must be above 0"),
        ({"steps": 9}, "steps must be a whole number of at least 10, got 9"),
        ({"patience": 3}, "find_rate has no 'patience'; of fit's it takes batch, clip, seed"),
        ({"optimizer": "adam"}, "optimizer must be an optimizer"),
    ],
)
def test_what_it_can_not_do_is_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        le.find_rate(network(), TASK, **arguments)
