"""Languages that are counted: strings, networks, which range is accepted, the rule of success."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from lstm_edu import course
from lstm_edu.reproduce import PAPERS
from lstm_edu.reproduce.forgetting import Network
from lstm_edu.reproduce.gers2001.streams import LANGUAGES, in_a_row, strings
from lstm_edu.reproduce.gers2001.trial import BLOCK, Setting, accepted, run

SMALL = Setting("anbn", 3, True, most=20_000, further=200, cells=1, rate=3e-3, looks=2, limit=40)

# Biases of the forget gate, and how far that counts: within the first block of strings, at its end, beyond it.
LEAKS = [(0.0, 1), (4.0, 5), (7.58, BLOCK - 1), (7.635, BLOCK), (7.7, BLOCK + 1), (8.0, 38)]


def walk(source, steps, seed=0):
    """Places of a stream, at random."""
    rng, place, places = np.random.default_rng(seed), 0, []
    for _ in range(steps):
        places.append(place)
        place = source.after[place, rng.integers(source.after.shape[1])]
    return np.array(places)


def counter(setting, step):
    """A network that counts in its own way: the cell goes up by `step` at each a, down at each b, and shows its state.

    S and a say themselves what may follow; at a b the state says whether more b are to come. With a step of 1 it is
    right for ever; with 0.002 the outputs can't tell its states from 0, and each b seems to be the last.
    """
    network = Network(setting.design, rng=0)
    net, gates = network.net, 30.0
    net.all[:] = 0
    net.W[:3, 4] = gates  # all gates open: s = s + g
    net.W[3, 1:3] = step, -step  # a, b
    for k, (of_s, of_a, of_b, of_state, bias) in enumerate(
        [(20, 20, -20, 0, 0), (-20, 40, 0, 20, -10), (-40, -80, 0, -20, 10)]
    ):
        net.Wo[k] = 0
        net.Wo[k, :5] = of_s, of_a, of_b, of_state, bias
    return network


@pytest.mark.parametrize("language", LANGUAGES)
def test_strings_follow_each_other_at_random_and_are_those_of_the_task(language):
    source, task = strings(language, [1, 2, 4]), LANGUAGES[language]
    places = walk(source, 1000)
    begins = np.flatnonzero(source.reset[places])
    assert (source.x[places[begins], 0] == 1).all()
    sizes = set()
    for begin, end in pairwise(begins):
        n, rest = divmod(end - begin - 1, task.inputs - 1)
        assert rest == 0
        wanted = task.strings([n])
        np.testing.assert_array_equal(source.x[places[begin:end]], wanted.x[:, 0])
        np.testing.assert_array_equal(source.target[places[begin:end]], wanted.target[:, 0])
        sizes.add(n)
    assert sizes == {1, 2, 4}
    assert source.counted.all()


@pytest.mark.parametrize("language", LANGUAGES)
def test_strings_in_a_row_draw_nothing(language):
    source, task = in_a_row(language, [3, 1]), LANGUAGES[language]
    places = walk(source, 2 * len(source.x))
    whole = np.concatenate([task.strings([n]).x[:, 0] for n in (3, 1, 3, 1)])
    np.testing.assert_array_equal(source.x[places], whole)
    assert np.flatnonzero(source.reset).tolist() == [0, 3 * (task.inputs - 1) + 1]


def test_every_network_of_the_rows_differs_from_its_pair_by_three_weights_a_cell():
    for experiment in PAPERS["gers2001"].experiments:
        for one, other in zip(experiment.rows[::2], experiment.rows[1::2], strict=True):
            assert replace(one.setting, peepholes=False) == other.setting
            assert one.setting.design.count() - other.setting.design.count() == 3 * one.setting.cells
    assert SMALL.design.count() == 4 * (3 + 1 + 1) + 3 + 3 * (3 + 1 + 1)
    one, other = (Network(replace(SMALL, peepholes=p).design, np.random.default_rng(1)).net for p in (True, False))
    np.testing.assert_array_equal(one.W, other.W)
    np.testing.assert_array_equal(one.Wo, other.Wo)
    assert one.V.all()
    assert not other.V.any()


def test_a_counter_accepts_every_string_up_to_the_limit_and_a_slow_one_the_first_alone():
    assert accepted(counter(SMALL, 1.0), SMALL) == SMALL.limit > BLOCK
    assert accepted(counter(SMALL, 0.002), SMALL) == 1  # its one b is read at a state of 0


@pytest.mark.parametrize(("bias", "reach"), LEAKS)
def test_the_range_ends_before_the_first_string_with_an_error(bias, reach):
    network = counter(SMALL, 1.0)
    # The gates for what is kept are open by a hair less: the state loses a little of itself at each step, and the
    # count is off by more the longer the string is.
    network.net.W[1, 4] = bias
    found, expected = accepted(network, SMALL), 0
    for size in range(1, SMALL.limit + 1):
        wanted = LANGUAGES["anbn"].strings([size])
        network.start()
        y, _ = network.read(wanted.x[:, 0].astype(float))
        if not (np.abs(y - wanted.target[:, 0]) < SMALL.tolerance).all():
            break
        expected = size
    assert found == expected == reach


def test_a_network_that_calls_everything_possible_accepts_nothing():
    network = counter(SMALL, 1.0)
    network.net.Wo[:] = 0
    network.net.Wo[:, 4] = 30.0
    assert accepted(network, SMALL) == 0


def test_an_output_that_is_off_by_the_tolerance_is_wrong():
    network = Network(SMALL.design, rng=0)
    network.net.all[:] = 0  # every output is 0.5
    assert accepted(network, replace(SMALL, tolerance=0.5)) == 0
    assert accepted(network, replace(SMALL, tolerance=0.51)) == SMALL.limit


def test_a_success_is_a_network_that_accepts_all_of_training():
    outcome = run(SMALL, 0)
    assert outcome.success
    assert outcome.sequences < SMALL.most
    first, median, best = outcome.values
    assert first >= SMALL.longest
    assert best >= median


def test_a_trial_is_the_same_again_and_stops_where_it_is_given_up():
    few = replace(SMALL, most=15)
    one, other = run(few, 3), run(few, 3)
    assert one == other
    assert (one.sequences, one.success) == (15, False)
    assert len(set(one.values)) == 1


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"language": "anbncm"}, "did you mean 'anbncn'"),
        ({"longest": 0}, "longest must be a whole number of at least 1, got 0"),
        ({"momentum": 1.0}, "momentum must be at least 0 and below 1, got 1.0"),
        ({"rate": -1.0}, "rate must be"),
        ({"further": 1}, "further must be a whole number of at least 2, got 1"),
        ({"limit": 2}, "limit must be a whole number of at least 3, got 2"),
    ],
)
def test_an_impossible_setting_is_refused(changed, words):
    with pytest.raises(ValueError, match=words):
        replace(SMALL, **changed)


def test_sizes_that_make_no_string_are_refused():
    with pytest.raises(ValueError, match="sizes must hold at least one n"):
        strings("anbn", [])
    with pytest.raises(ValueError, match="n must be at least 1, got 0"):
        in_a_row("anbn", [0])


def test_what_chapter_05_says_of_the_kept_trials_holds():
    [found] = [each for each in course.reproduced("gers2001") if each.experiment.name == "anbncn"]
    learnt = {row.name: trials["success"].mean() for row, trials in found.rows()}
    for rate in ("3e-05", "0.0001", "0.0003"):
        assert 1 > learnt[f"peepholes-10-{rate}"] > 2 * learnt[f"plain-10-{rate}"] > 0
    slow = {name: learnt[f"{name}-10-1e-05-10M"] for name in ("peepholes", "plain")}
    assert max(slow.values()) < 0.5  # the fourth rate, at which neither is ahead by much
    assert slow["peepholes"] <= 2 * slow["plain"]
