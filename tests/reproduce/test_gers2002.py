"""Precise timing, after Gers, Schraudolph & Schmidhuber: streams, networks, the rule of success."""

from dataclasses import replace

import numpy as np
import pytest

from lstm_edu import course
from lstm_edu.core.generator import generator_state
from lstm_edu.reproduce import PAPERS
from lstm_edu.reproduce.forgetting import Limits, Network
from lstm_edu.reproduce.gers2002 import streams
from lstm_edu.reproduce.gers2002.trial import Setting, run
from lstm_edu.tasks import PeriodicFunction, SpikeDelay, TimedSpikes

SMALL = Setting("GTS", 3, True, 0.99, most=40, learnt=10, tested=30, tests=2)


def walk(source, delays):
    """A stream whose next train is chosen by `delays`, one after the other."""
    delays, place, places = list(delays), 0, []
    while True:
        places.append(place)
        ways = source.after[place]
        if len(set(ways)) > 1:
            if not delays:
                return np.array(places)
            place = ways[delays.pop(0)]
        else:
            place = ways[0]


def test_measured_delays_are_those_of_the_task():
    source = streams.delays(4, longest=2)
    places = walk(source, [0, 2, 1, 1])
    x = [1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]  # after 4, 6, 5 and 5 steps
    assert source.x[places, 0].tolist() == x
    assert source.target[places][source.counted[places], 0].tolist() == [0, 2, 1, 1]
    example = SpikeDelay(interval=3, spikes=4).sample(1, rng=1)
    source = streams.delays(3)
    places = walk(source, example.target[example.mask][:, 0].astype(int))
    np.testing.assert_array_equal(source.x[places], example.x[:, 0])
    np.testing.assert_array_equal(source.counted[places], example.mask[:, 0])


def test_with_resets_each_delay_is_a_sequence_of_its_own():
    source = streams.delays(4, reset=True)
    place, seen = 0, []
    rng = np.random.default_rng(0)
    for _ in range(200):
        seen.append(place)
        place = source.after[place, rng.integers(2)]
    seen = np.array(seen)
    begins = np.flatnonzero(source.reset[seen])
    assert set(np.diff(begins)) == {5, 6}  # a first spike, and F or F + 1 steps
    assert (source.x[seen[begins]] == 1).all()
    assert not source.counted[seen[begins]].any()


def test_timed_spikes_are_those_of_the_task_with_a_first_delay_of_none():
    example = TimedSpikes(interval=3, spikes=4).sample(1, rng=1)
    delays = [example.x[t, 0, 0] for t in np.flatnonzero(example.target[:, 0, 0])]
    assert delays[0] == 0
    source = streams.timed(3)
    places = walk(source, np.array([*delays[1:], 0], int))[: len(example.x)]
    np.testing.assert_array_equal(source.x[places], example.x[:, 0])
    np.testing.assert_array_equal(source.target[places], example.target[:, 0])
    assert source.counted.all()


@pytest.mark.parametrize("shape", ["cosine", "triangle", "rectangle"])
def test_functions_are_those_of_the_task(shape):
    source = streams.periodic(shape, 7)
    wanted = PeriodicFunction(shape, period=7, length=20).sample(1).target[:, 0]
    np.testing.assert_allclose(source.target[np.arange(20) % 7], wanted, rtol=1e-6)
    assert source.after[:, 0].tolist() == [1, 2, 3, 4, 5, 6, 0]


def test_the_network_has_the_paper_s_17_weights_14_without_peepholes():
    for experiment in PAPERS["gers2002"].experiments:
        for row in experiment.rows:
            assert row.setting.design.count() == (17 if row.setting.peepholes else 14)
    biases = Network(SMALL.design, rng=0).net.W[:3, 2]
    assert biases.tolist() == [0, 2, -2]


def test_with_and_without_peepholes_the_other_weights_begin_alike():
    one, other = (Network(replace(SMALL, peepholes=p).design, np.random.default_rng(1)).net for p in (True, False))
    np.testing.assert_array_equal(one.W, other.W)
    np.testing.assert_array_equal(one.Wo, other.Wo)
    assert one.V.all()
    assert not other.V.any()


def test_a_trial_is_the_same_again_and_stops_where_it_is_given_up():
    one, other = run(SMALL, 3), run(SMALL, 3)
    assert one == other
    assert (one.sequences, one.success) == (40, False)
    assert 0 <= one.values[0] < 30


def test_a_short_task_is_learnt_and_what_is_learnt_passes_new_streams():
    setting = Setting("NMSD", 4, True, 0.9999, most=100_000, tested=200)
    outcome = run(setting, 0)
    assert outcome.success
    assert outcome.sequences < 100_000
    assert outcome.values[0] >= 200


def test_an_output_that_is_off_by_the_tolerance_is_wrong():
    network = Network(SMALL.design, rng=0)
    network.net.all[:] = 0  # every output is 0.5
    limits, random = Limits(50, 10), generator_state(np.random.SeedSequence(0))
    assert network.examine(streams.timed(3), random, 0.5, limits, 2).tolist() == [0, 0]
    assert network.examine(streams.timed(3), random, 0.51, limits, 2).tolist() == [10, 10]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"kind": "GST"}, "did you mean 'GTS'"),
        ({"interval": 1}, "interval must be a whole number of at least 2, got 1"),
        ({"kind": "cosine", "interval": 1}, "period must be a whole number of at least 2, got 1"),
        ({"longest": 0}, "longest must be a whole number of at least 1, got 0"),
        ({"momentum": 1.0}, "momentum must be at least 0 and below 1, got 1.0"),
        ({"rate": -1.0}, "rate must be"),
        ({"tested": 0}, "tested must be a whole number of at least 1"),
    ],
)
def test_an_impossible_setting_is_refused(changed, words):
    with pytest.raises(ValueError, match=words):
        replace(SMALL, **changed)


def test_what_chapter_05_says_of_the_kept_trials_holds():
    found = {
        row.name: trials for each in course.reproduced("gers2002") for row, trials in each.rows() if len(trials) > 2
    }
    for shape in ("cosine", "triangle", "rectangle"):
        assert found[f"{shape}-10-peepholes"]["success"].mean() > 0.5
        assert not found[f"{shape}-10-plain"]["success"].any()
    for interval in (10, 20):
        one, other = (found[f"NMSD-{interval}-{name}"]["success"].mean() for name in ("peepholes", "plain"))
        assert other == 1 >= one > 0.5
    for rate in ("", "-3e-06", "-3e-05"):
        timed, measured = (
            {name: found[f"{kind}-10-{name}{rate}"]["success"].mean() for name in ("peepholes", "plain")}
            for kind in ("GTS", "MSD")
        )
        assert 1 > timed["peepholes"] > timed["plain"]
        assert measured["peepholes"] <= measured["plain"]
    for interval in (20, 30):
        for rate, ahead in (("-3e-06", "peepholes"), ("", "plain"), ("-3e-05", "plain")):
            share = {name: found[f"GTS-{interval}-{name}{rate}"]["success"].mean() for name in ("peepholes", "plain")}
            assert max(share, key=share.get) == ahead
            assert share["plain"] != share["peepholes"]
    assert found["GTS-10-plain"]["success"].any()
    assert not found["GTS-10-peepholes-noted"]["success"].any()
