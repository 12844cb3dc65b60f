"""The plain network of table 2: RTRL as written, BPTT beside the complex step, and what a trial is."""

import re
from dataclasses import replace

import numpy as np
import pytest

from lstm_edu.reproduce import PAPERS
from lstm_edu.reproduce.hochreiter1997 import plain
from lstm_edu.reproduce.hochreiter1997.plain import Setting
from lstm_edu.reproduce.hochreiter1997.problems import NoiseFree
from lstm_edu.reproduce.papers import experiment_of

p = 5
LINES = NoiseFree(p).both().lines[1, :, 0]
DELAYED = pytest.mark.parametrize("delayed", [False, True])


def network(rng=0):
    net = Setting(p, "rtrl", 1.0).weights()
    net.all[:] = np.random.default_rng(rng).uniform(-1.5, 1.5, len(net.all))
    return net


def outputs(hidden, to_outputs, delayed):
    """The outputs at every step, and the hidden unit, as lists; works for complex weights."""
    h, steps = 0.0, []
    for line in LINES[:-1]:
        before, h = h, 1 / (1 + np.exp(-(hidden[line] + hidden[-1] * h)))
        seen = before if delayed else h
        steps.append((before, h, seen, 1 / (1 + np.exp(-(to_outputs[line] + seen * to_outputs[-1])))))
    return steps


def half_squares(whole, delayed):
    I = p + 1
    steps = outputs(whole[: I + 1], whole[I + 1 :].reshape(I + 1, I), delayed)
    return sum(((np.eye(I)[LINES[t + 1]] - step[-1]) ** 2).sum() for t, step in enumerate(steps)) / 2


def contributions(method, net, delayed):
    d = Setting(p, method, 1.0).weights()
    if method == "rtrl":
        plain.rtrl(net, d, LINES, np.ones(p + 2), np.zeros(p + 1), delayed)
    else:
        plain.bptt(net, d, LINES, np.ones((2, p)), np.zeros(p + 1), delayed)
    return d


@DELAYED
@pytest.mark.kernels
def test_rtrl_is_the_rule_as_written(delayed):
    """dh/dw(t) = h (1 - h) (source(t) + u dh/dw(t-1)), then each weight gets error times dh/dw."""
    net, I = network(), p + 1
    P, earlier, expected = np.zeros(I + 1), np.zeros(I + 1), np.zeros(I + 1)
    for t, (before, h, _, y) in enumerate(outputs(net.hidden, net.outputs, delayed)):
        source = np.append(np.eye(I)[LINES[t]], before)
        earlier, P = P, h * (1 - h) * (source + net.hidden[-1] * P)
        error = net.outputs[-1] @ ((np.eye(I)[LINES[t + 1]] - y) * y * (1 - y))
        expected += error * (earlier if delayed else P)
    np.testing.assert_allclose(contributions("rtrl", net, delayed).hidden, expected, rtol=1e-12, atol=1e-15)


@DELAYED
@pytest.mark.kernels
@pytest.mark.parametrize("method", plain.METHODS)
def test_both_rules_give_the_gradient_of_the_complex_step_over_a_whole_sequence(method, delayed):
    net, expected = network(), []
    for k in range(len(net.all)):
        moved = net.all.astype(complex)
        moved[k] += 1e-30j
        expected.append(-half_squares(moved, delayed).imag / 1e-30)
    found = contributions(method, net, delayed).all
    np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-14)
    reached = p + 1 - delayed  # the unit itself and each line that was 1 before the last time the unit is seen
    assert (np.abs(found[: p + 2]) > 1e-7).sum() == reached
    assert np.abs(found).max() > 1e-2


@DELAYED
@pytest.mark.kernels
def test_rtrl_and_bptt_learn_the_same(delayed):
    trained = []
    for method in plain.METHODS:
        net, d = network(), Setting(p, method, 1.0).weights()
        rest = np.zeros(p + 2), np.zeros((2, p)), np.zeros(p + 1)
        plain.learn(net, d, LINES[None], np.zeros(50, np.int64), 0.5, method == "bptt", delayed, *rest)
        assert not d.all.any()
        trained.append(net.all)
    np.testing.assert_allclose(*trained, rtol=1e-9)
    assert np.abs(trained[0] - network().all).max() > 0.1


@pytest.mark.kernels
def test_the_largest_error_is_that_of_any_output_at_any_step():
    net = network()
    before = net.all.copy()
    steps = outputs(net.hidden, net.outputs, False)
    expected = max(np.abs(np.eye(p + 1)[LINES[t + 1]] - y).max() for t, (*_, y) in enumerate(steps))
    found = plain.worst(net, Setting(p, "rtrl", 1.0).weights(), LINES[None], np.zeros(p + 1), False)
    assert found == pytest.approx(expected, rel=1e-13)
    assert (net.all == before).all()


def test_the_rows_have_as_many_weights_as_table_2_counts():
    rows = experiment_of(PAPERS["hochreiter1997"], "plain").rows
    assert {row.setting.symbols: row.setting.count() for row in rows} == {4: 36, 10: 144, 100: 10404}


def test_a_trial_is_reproducible_ends_where_the_rule_is_met_and_not_before():
    setting = Setting(3, "rtrl", 4.0, most=200_000, delayed=True)
    first, again = plain.run(setting, 1), plain.run(setting, 1)
    assert first == again
    assert first.success
    assert first.steps == 3 * first.sequences
    shorter = plain.run(replace(setting, most=first.sequences - setting.every), 1)
    assert (shorter.success, shorter.sequences) == (False, first.sequences - 100)
    assert plain.run(setting, 2).sequences != first.sequences


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"symbols": 1}, "symbols must be a whole number of at least 2, got 1"),
        ({"method": "bppt"}, "did you mean 'bptt'"),
        ({"rate": 0}, "rate must be above 0"),
        ({"every": 0}, "every must be a whole number of at least 1, got 0"),
    ],
)
def test_an_impossible_setting_is_refused(change, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        Setting(**{"symbols": 4, "method": "rtrl", "rate": 1.0} | change)
