"""The learning rule of 1997: the kernel against the printed equations, and the truncation against the full gradient."""

import re

import numpy as np
import printed_1997 as printed
import pytest

from lstm_edu.reproduce.hochreiter1997 import PAPER, Design, Network, blocks, truncation
from lstm_edu.reproduce.hochreiter1997.network import Closed
from lstm_edu.reproduce.hochreiter1997.problems import Enclosed, Marked, Ordered, Reber
from lstm_edu.reproduce.hochreiter1997.trial import generator_state

CASES = {  # I, H, O, T all different, and weights large enough that every squashing bends
    "blocks of three": (Design(2, 1, 2, 3, biased="hidden", output_bias=True, init=0.7), Marked(20)),
    "linear outputs": (Design(2, 1, 2, 2, biased="hidden", output_bias=True, linear_outputs=True, init=0.7), Marked(9)),
    "classes": (Design(8, 4, 3, 1, biased="hidden", output_bias=True, init=0.7), Ordered(20, (2, 10))),
    "every step": (Design(7, 7, 3, 2, biased="gates", every_step=True, init=0.7), Reber(20)),
    "chain": (Design(6, 6, 1, 1, chain=True, every_step=True, init=0.7), Enclosed(5)),
}


def case(name, without_recurrence=False):
    design, problem = CASES[name]
    network = Network(design, rng=3)
    if without_recurrence:
        network.net.U[:] = 0
        network.free.U[:] = 0
    if isinstance(problem, Reber):
        return network, problem.sets(0)[0]
    sequences = problem.room(3)
    problem.draw(generator_state(np.random.SeedSequence(5)), sequences)
    return network, sequences


def complex_step(network, sequences, q):
    """Minus the gradient of the literal twin's loss, each free weight moved along the imaginary axis."""
    design, tiny = network.design, 1e-30
    lines, x, T, target = (each[q] for each in sequences)
    found = np.zeros(len(network.net.all))
    for k in np.flatnonzero(network.free.all):
        moved = _complex_weights(design, network.net.all)
        moved.all[k] += tiny * 1j
        found[k] = -printed.loss(design, moved, lines, x, T, target).imag / tiny
    return found


def _complex_weights(design, values):
    like, whole = design.weights(), values.astype(complex)
    ends = np.cumsum([part.size for part in like[1:]])
    parts = np.split(whole, ends[:-1])
    return blocks.Weights(whole, *(part.reshape(a.shape) for part, a in zip(parts, like[1:], strict=True)))


@pytest.mark.kernels
@pytest.mark.parametrize("name", CASES)
def test_the_kernel_adds_up_what_the_printed_equations_say(name):
    network, sequences = case(name)
    for q in range(3):
        lines, x, T, target = (each[q] for each in sequences)
        expected = printed.contributions(network.design, network.net, lines, x, T, target)
        found = truncation.truncated_gradient(network, sequences, q)
        parts = np.split(found, np.cumsum([part.size for part in network.net[1:]])[:-1])
        for part, field in zip(parts, blocks.Weights._fields[1:], strict=True):
            free = getattr(network.free, field)
            np.testing.assert_allclose(part.reshape(free.shape), expected[field] * free, rtol=1e-11, atol=1e-13)
        assert np.abs(found).max() > 1e-4


@pytest.mark.kernels
@pytest.mark.parametrize("name", CASES)
def test_the_outputs_are_those_of_the_printed_equations(name):
    network, sequences = case(name)
    y = network.answers(sequences)
    for q in range(3):
        lines, x, T, _ = (each[q] for each in sequences)
        expected = [step[-1] for step in printed.forward(network.design, network.net, lines, x, T)]
        counted = slice(T) if network.design.every_step else slice(T - 1, T)
        np.testing.assert_allclose(y[q, :T][counted], np.array(expected)[counted], rtol=1e-12)
        assert not y[q, T:].any()


@pytest.mark.parametrize("name", CASES)
def test_the_full_gradient_is_that_of_the_complex_step(name):
    network, sequences = case(name)
    full = truncation.full_gradient(network, sequences, 1)
    np.testing.assert_allclose(full, complex_step(network, sequences, 1), rtol=1e-10, atol=1e-13)


@pytest.mark.kernels
@pytest.mark.parametrize("name", CASES)
def test_without_weights_between_hidden_units_nothing_is_truncated(name):
    network, sequences = case(name, without_recurrence=True)
    short = truncation.truncated_gradient(network, sequences, 1)
    np.testing.assert_allclose(short, complex_step(network, sequences, 1), rtol=1e-10, atol=1e-13)
    measured = truncation.truncation(network, sequences, 1)
    assert measured.cosine == pytest.approx(1, abs=1e-12)
    assert measured.ratio == pytest.approx(1, abs=1e-12)


def test_at_a_single_step_nothing_is_truncated():
    network, sequences = case("classes")
    sequences.lengths[:] = 1
    short = truncation.truncated_gradient(network, sequences, 2)
    np.testing.assert_allclose(short, complex_step(network, sequences, 2), rtol=1e-10, atol=1e-13)


def test_with_weights_between_hidden_units_the_truncated_gradient_is_another_one():
    measured = truncation.truncation(*case("every step"), 1)
    assert 0 < measured.cosine < 0.9999


@pytest.mark.kernels
@pytest.mark.parametrize("step_updates", [False, True])
def test_learning_changes_weights_after_each_sequence_or_after_each_step(step_updates):
    design = Design(7, 7, 2, 2, biased="gates", every_step=True, init=0.7, step_updates=step_updates)
    network, sequences = Network(design, rng=3), Reber(20).sets(0)[0]
    lines, x, T, target = (each[4] for each in sequences)
    twin = Network(design, rng=3)
    if step_updates:  # the first step's change alone: later ones see other weights
        T = 1
    expected = printed.contributions(design, twin.net, lines, x, T, target)
    sequences.lengths[4] = T
    none = np.zeros((0, 2)), np.zeros(2, np.int64), np.zeros(3)
    blocks.learn(*network.kernel_arguments, *sequences, np.array([4]), 0.3, *none, np.zeros(1))
    np.testing.assert_allclose(network.net.U, twin.net.U + 0.3 * expected["U"], rtol=1e-11, atol=1e-13)
    np.testing.assert_allclose(network.net.Uo, twin.net.Uo + 0.3 * expected["Uo"], rtol=1e-11, atol=1e-13)
    assert not network.net.bo.any()  # no output bias in this design
    assert not network.d.all.any()


@pytest.mark.kernels
def test_with_changes_after_each_step_later_steps_see_other_weights():
    results = []
    for step_updates in (False, True):
        design = Design(7, 7, 2, 2, biased="gates", every_step=True, init=0.7, step_updates=step_updates)
        network = Network(design, rng=3)
        none = np.zeros((0, 2)), np.zeros(2, np.int64), np.zeros(3)
        blocks.learn(*network.kernel_arguments, *Reber(20).sets(0)[0], np.array([4]), 0.3, *none, np.zeros(1))
        results.append(network.net.all)
    assert np.abs(results[0] - results[1]).max() > 1e-3


WEIGHTS = {  # tables 1, 3, 10 of the paper
    ("reber", "4x1-0.1"): 264,
    ("reber", "3x2-0.5"): 276,
    ("noise-free", "100"): 10504,
    ("noise-free", "100-closed"): 10504,
    ("local", "100"): 10504,
    ("local", "100-end"): 10504,
    ("long-lags", "q50-p50"): 364,
    ("long-lags", "q100-p100"): 664,
    ("long-lags", "q200-p200"): 1264,
    ("long-lags", "q500-p500"): 3064,
    ("long-lags", "q1000-p1000"): 6064,
    ("two-sequences", "T100-N3"): 102,
    ("noisy-inputs", "T1000-N1"): 102,
    ("noisy-targets", "N1"): 102,
    ("adding", "1000"): 93,
    ("multiplication", "n13"): 93,
    ("order", "6a"): 156,
    ("order", "6b"): 308,
}


@pytest.mark.parametrize(("experiment", "row"), WEIGHTS)
def test_a_network_has_as_many_weights_as_the_paper_counts(experiment, row):
    [found] = [e for e in PAPER.experiments if e.name == experiment]
    assert found.row(row).setting.design.count() == WEIGHTS[experiment, row]


def test_biases_of_gates_begin_where_the_table_says_and_all_else_is_drawn():
    design = Design(2, 1, 2, 2, biased="hidden", output_bias=True, input_gates=(-3.0, -6.0))
    net = design.draw(0)
    assert net.b[:2].tolist() == [-3, -6]
    rest = np.delete(net.all, np.flatnonzero((net.all == -3) | (net.all == -6)))
    assert len(rest) == 91
    assert 0.09 < np.abs(rest).max() <= 0.1


def test_input_gates_that_begin_closed_have_the_same_draws_and_no_bias():
    size = {"inputs": 6, "outputs": 6, "blocks": 1, "size": 1, "init": 0.2, "chain": True}
    closed, plain = Closed(**size, gate=-3.0), Design(**size)
    moved = closed.draw(0).all - plain.draw(0).all
    assert np.flatnonzero(moved).tolist() == [0, 3, 6, 9, 12, 15]  # W is (6, 3), its first column the gate's
    np.testing.assert_allclose(moved[moved != 0], -3)
    assert closed.count() == plain.count()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"biased": "gate"}, "did you mean 'gates'"),
        ({"blocks": 0}, "blocks must be a whole number of at least 1, got 0"),
        ({"biased": "gates", "input_gates": (-1.0,)}, "input_gates must have a bias for each of 2 blocks"),
        ({"output_gates": (-1.0, -2.0)}, "output_gates must be () where no unit has a bias"),
        ({"init": 0}, "init must be above 0"),
    ],
)
def test_an_impossible_design_is_refused(arguments, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        Design(**{"inputs": 2, "outputs": 1, "blocks": 2, "size": 2} | arguments)
