"""The continual grammar of Gers, Schmidhuber & Cummins: its streams, its networks, its grades."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from lstm_edu import course, plotting
from lstm_edu.core.generator import generator_state
from lstm_edu.reproduce import PAPERS, results
from lstm_edu.reproduce.forgetting import Design, Limits, Network
from lstm_edu.reproduce.gers2000 import streams, trial
from lstm_edu.reproduce.gers2000.conditions import FORGET, SETTINGS, STANDARD
from lstm_edu.reproduce.gers2000.states import cell_states
from lstm_edu.reproduce.outcome import Outcome
from lstm_edu.reproduce.summary import Reproduction
from lstm_edu.tasks import EmbeddedReber

PAPER = PAPERS["gers2000"]
SMALL = replace(SETTINGS["forget"], most=30, longest=500, tests=3, every=10)


def walk(source, steps, seed=0):
    rng, place, places = np.random.default_rng(seed), 0, []
    for _ in range(steps):
        places.append(place)
        place = source.after[place, rng.integers(0, source.after.shape[1])]
    return np.array(places)


def test_the_networks_have_the_paper_s_weights():
    assert FORGET.count() == 424
    assert STANDARD.count() == 424 - 4 * 16  # without forget gates: no weights from 15 sources and a bias to each
    biases = Network(FORGET, rng=0).net.W[:12, FORGET.sources - 1]
    assert biases.tolist() == [-0.5, -1, -1.5, -2, 0.5, 1, 1.5, 2, -0.5, -1, -1.5, -2]


def test_a_stream_is_one_of_the_task_s_grammar():
    places = walk(streams.reber(), 4000)
    x, wanted = streams.reber().x[places], streams.reber().target[places]
    starts = np.flatnonzero(places // 2 == 0)
    for first, end in pairwise(starts[:41]):
        string = np.ascontiguousarray(x[first:end, None].astype(np.float32))
        legal = EmbeddedReber.legal_next(string, np.array([end - first]))[:, 0]
        np.testing.assert_array_equal(wanted[first : end - 1], legal[:-1])
        assert wanted[end - 1].tolist() == [1, 0, 0, 0, 0, 0, 0]  # B, of the next string
    assert (wanted[np.arange(3999), x[1:].argmax(axis=1)] == 1).all()  # what comes next was legal
    strings = np.diff(starts)
    assert strings.min() == 9  # B T BTXSE T E or P; the shortest lag from the second symbol is 7
    assert 11 < strings.mean() < 12


def test_an_external_reset_comes_before_each_string_and_nowhere_else():
    assert not streams.reber().reset.any()
    places = walk(streams.reber(reset=True), 500)
    first = streams.reber(reset=True).reset[places]
    x = streams.reber().x[places].argmax(axis=1)
    assert (x[first] == 0).all()  # B
    assert first.sum() == (places // 2 == 0).sum() > 30


def test_a_trial_is_the_same_again_and_stops_where_it_is_given_up():
    one, other = (trial.run(SMALL, 4) for _ in range(2))
    assert one == other
    assert (one.sequences, one.success) == (30, False)
    good, best, last = one.values
    assert good == 0
    assert best >= last > 0
    assert trial.run(SMALL, 5) != one


def test_settings_of_a_size_begin_with_the_same_weights():
    forget, decay = (
        Network(design, np.random.default_rng(3)).net for design in (FORGET, replace(FORGET, shortcuts=False))
    )
    np.testing.assert_array_equal(forget.W, decay.W)
    standard = Network(STANDARD, np.random.default_rng(3)).net
    rows = np.r_[0:4, 8:20]  # all but the forget gates
    np.testing.assert_array_equal(forget.W[rows], standard.W[rows])


def test_a_perfect_network_is_right_to_the_end_and_one_wrong_symbol_ends_a_stream():
    network = Network(Design(7, 7, 4, 2, shortcuts=True), rng=0)
    lengths = network.examine(streams.reber(), generator_state(np.random.SeedSequence(0)), 1.1, Limits(800, 801), 3)
    assert lengths.tolist() == [800] * 3  # no error of a sigmoid reaches 1.1
    lengths = network.examine(streams.reber(), generator_state(np.random.SeedSequence(0)), 0.49, Limits(800, 801), 3)
    assert lengths.max() < 800


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"rate": 0}, "rate must be"),
        ({"decay": 1.5}, "decay must be above 0 and at most 1, got 1.5"),
        ({"tests": 0}, "tests must be a whole number of at least 1"),
        (
            {"design": Design(3, 7, 1, 1)},
            "design must have 7 inputs and 7 outputs, one for each symbol, got \\(3, 7\\)",
        ),
    ],
)
def test_an_impossible_setting_is_refused(changed, words):
    with pytest.raises(ValueError, match=words):
        replace(SMALL, **changed)


def test_the_table_tells_perfect_good_and_rest_apart():
    experiment = PAPER.experiments[0]
    found = [(900, True, 1.0, 1e5, 1e5), (500, True, 1.0, 1e5, 1e5), (30_000, False, 1.0, 4000.0, 30.0),
             (30_000, False, 0.0, 40.0, 20.0)]  # fmt: skip
    lines = [
        results.line_of(PAPER, experiment, "forget", seed, Outcome(count, done, 10 * count, values=tuple(values)), 1.0)
        for seed, (count, done, *values) in enumerate(found)
    ]
    [row] = Reproduction(PAPER, experiment, lines).summary().to_dict("records")
    assert row["perfect"] == "18 % | 2 of 4 (700)"
    assert row["good"] == "- | 1 of 4 <4 000>"
    assert row["rest"] == "- | 1 of 4 <40>"
    assert row["trials"] == "100 | 4"


def test_states_grow_without_forget_gates_along_a_stream_and_are_drawn():
    found = cell_states(streams=200, steps=600, seed=1)
    largest = {name: np.abs(s).max() for name, s in found.states.items()}
    assert largest["standard"] > 2 * largest["forget"]
    figure = plotting.cell_states(found.states, found.starts)
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["standard", "forget"]
    assert len(figure.axes[0].lines) == len(found.starts) + 8 + 1
    with pytest.raises(ValueError, match="states must be a mapping"):
        plotting.cell_states({})
    with pytest.raises(ValueError, match="starts"):
        plotting.cell_states(found.states, [600])


def test_what_chapter_04_says_of_the_kept_trials_holds():
    [found] = course.reproduced("gers2000")
    perfect = {row.name: trials["success"] for row, trials in found.rows()}
    assert all(len(each) == 100 for each in perfect.values())
    assert len(perfect) == 5
    assert not perfect["standard"].any()
    assert perfect["state-decay"].mean() > 0.5
    chance = {name: 3 * (2 * p * (1 - p) / 100) ** 0.5 for name, p in (("external-reset", 0.74), ("forget", 0.18))}
    assert abs(perfect["external-reset"].mean() - 0.74) < chance["external-reset"]  # three standard deviations
    assert perfect["forget"].mean() - 0.18 > chance["forget"]
    assert perfect["forget"].mean() >= perfect["forget-decay"].mean()
