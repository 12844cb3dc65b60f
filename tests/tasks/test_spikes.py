import re

import numpy as np
import pytest

from lstm_edu.tasks import SpikeDelay, TimedSpikes

SETTINGS = pytest.mark.parametrize(("interval", "delays", "spikes"), [(10, 1, 10), (2, 1, 5), (4, 6, 3), (50, 2, 1)])


def gaps(batch, b, train):
    """The steps between one spike and the next, the first counted from the start at step 0."""
    times = [t for t in range(len(batch.x)) if train[t, b, 0] == 1]
    return np.diff(times)


@SETTINGS
def test_each_spike_comes_after_the_interval_and_the_delay_asked_for(interval, delays, spikes):
    batch = SpikeDelay(interval, delays, spikes).sample(50, 1)
    assert batch.x[0].all()
    for b, n in enumerate(batch.lengths):
        found = gaps(batch, b, batch.x)
        assert len(found) == spikes
        assert batch.target[batch.mask[:, b], b, 0].tolist() == (found - interval).tolist()
        assert 0 <= found.min() - interval <= found.max() - interval <= delays
        assert n == 1 + found.sum()
        assert batch.x[n - 1, b, 0] == 1


def test_what_is_asked_for_is_the_delay_at_every_spike_but_the_first():
    batch = SpikeDelay(spikes=4).sample(30, 2)
    expected = batch.x[..., 0] == 1
    expected[0] = False
    assert np.array_equal(batch.mask, expected)
    assert not batch.target[~batch.mask].any()


@SETTINGS
def test_the_spikes_to_be_made_keep_the_distance_that_the_input_names(interval, delays, spikes):
    batch = TimedSpikes(interval, delays, spikes).sample(50, 3)
    for b, n in enumerate(batch.lengths):
        waited, done = 0, 0
        for t in range(n):
            waited += 1
            due = waited == interval + batch.x[t, b, 0]
            assert batch.target[t, b, 0] == due
            if due:
                waited, done = 0, done + 1
            elif waited > 1:
                assert batch.x[t, b, 0] == batch.x[t - 1, b, 0]
        assert done == spikes
        assert waited == 0


def test_both_tasks_draw_the_same_spike_train():
    settings = {"interval": 5, "delays": 3, "spikes": 6}
    measured, made = SpikeDelay(**settings).sample(20, 4), TimedSpikes(**settings).sample(20, 4)
    assert np.array_equal(measured.x[1:], made.target)


@pytest.mark.parametrize("cls", [SpikeDelay, TimedSpikes])
def test_every_delay_is_equally_likely(cls):
    batch = cls(interval=2, delays=3, spikes=1).sample(8000, 5)
    delay = batch.lengths - (3 if cls is SpikeDelay else 2)
    counts = np.bincount(delay)
    assert len(counts) == 4
    assert np.abs(counts - 2000).max() < 4 * np.sqrt(8000 * 3 / 16)


@pytest.mark.parametrize("cls", [SpikeDelay, TimedSpikes])
def test_test_sequences_have_more_spikes(cls):
    task = cls(3, spikes=4, spikes_test=25)
    for split, spikes in (("train", 4), ("valid", 4), ("test", 25)):
        batch = task.sample(6, 6, split)
        train = batch.target if cls is TimedSpikes else batch.x[1:]
        assert (train.sum(axis=0) == spikes).all()


@pytest.mark.parametrize("delays", [1, 2, 5])
def test_the_mean_delay_scores_the_baseline(delays):
    task = SpikeDelay(4, delays)
    batch = task.sample(2000, 7)
    errors = np.square(batch.target[batch.mask] - delays / 2, dtype=np.float64)
    assert abs(errors.mean() - task.baseline) <= 3 * errors.std() / np.sqrt(errors.size)


@pytest.mark.parametrize(("interval", "delays"), [(10, 1), (2, 1), (5, 4)])
def test_the_best_guess_from_the_current_input_scores_the_baseline(interval, delays):
    task = TimedSpikes(interval, delays, spikes=8)
    batch = task.sample(4000, 8)
    p = 1 / (interval + batch.x[..., 0].astype(float))
    losses = np.where(batch.target[..., 0] > 0, -np.log(p), -np.log1p(-p)) * batch.counted
    per_sequence, n = losses.sum(axis=0), batch.lengths
    error = (per_sequence - task.baseline * n).std() / n.mean() / np.sqrt(len(n))
    assert abs(per_sequence.sum() / n.sum() - task.baseline) < 3 * error + 1e-12
    assert error < 0.01


def test_the_baseline_has_the_value_in_the_docstring():
    assert f"{TimedSpikes().baseline:.3f} at F = 10" in TimedSpikes.__doc__


@pytest.mark.parametrize(("error", "right"), [(0.48, True), (-0.48, True), (0.5, False), (-0.5, False)])
def test_a_delay_is_right_within_49_hundredths_of_a_step(error, right):
    task = SpikeDelay(3, spikes=2)
    batch = task.sample(5, 9)
    y = batch.target + error * batch.mask[..., None]
    assert task.correct(y, batch).tolist() == [right] * 5


def test_what_comes_between_the_spikes_does_not_matter_to_the_measured_delay():
    task = SpikeDelay(3, spikes=2)
    batch = task.sample(5, 10)
    assert task.correct(np.where(batch.mask[..., None], batch.target, 7.0), batch).all()


def test_a_spike_too_many_or_missing_is_wrong_but_not_after_the_end():
    task = TimedSpikes(3, spikes=2)
    batch = task.sample(200, 11)
    y = np.where(batch.target > 0, 0.1, -0.1)  # probabilities 0.525 and 0.475
    assert task.correct(y, batch).all()
    short = int(batch.lengths.argmin())
    y[batch.lengths[short] :, short] = 5
    y[2, 3] = 5 * (1 - 2 * batch.target[2, 3])
    y[batch.lengths[4] - 1, 4] = -5
    assert np.flatnonzero(~task.correct(y, batch)).tolist() == [3, 4]
    assert len(batch.x) > batch.lengths[short]


@pytest.mark.parametrize("cls", [SpikeDelay, TimedSpikes])
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"interval": 1}, "interval must be a whole number of at least 2, got 1"),
        ({"delays": 0}, "delays must be a whole number of at least 1, got 0"),
        ({"spikes": 2.0}, "spikes must be a whole number of at least 1, got 2.0"),
        ({"spikes_test": 0}, "spikes_test must be a whole number of at least 1, got 0"),
    ],
)
def test_wrong_settings_are_named(cls, arguments, message):
    with pytest.raises(ValueError, match="^" + re.escape(message)):
        cls(**arguments)
