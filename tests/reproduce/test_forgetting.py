"""Memory blocks with forget gates: the kernel against the papers' equations, truncation against gradient."""

import numpy as np
import printed_2000 as printed
import pytest

from lstm_edu.reproduce.forgetting import Design, Limits, Network, Rule, blocks, sequence

T = 13
CASES = {  # I, O, C all different, and weights large enough that every squashing bends
    "forget gates": Design(3, 5, 2, 2, shortcuts=True, init=0.9),
    "standard": Design(3, 5, 2, 2, forget=False, shortcuts=True, init=0.9),
    "decay": Design(3, 5, 2, 1, forget=False, keep=0.9, init=0.9),
    "peepholes": Design(2, 3, 2, 3, peepholes=True, cell_bias=True, squash_g=False, squash_h=False, init=0.9),
    "peepholes squashed": Design(2, 1, 3, 2, peepholes=True, linear_outputs=True, output_bias=False, init=0.9),
    "peepholes without forget gates": Design(2, 1, 1, 2, peepholes=True, forget=False, squash_h=False, init=0.9),
    "one cell": Design(1, 1, 1, 1, peepholes=True, cell_bias=True, squash_g=False, linear_outputs=True, init=0.9),
}
NOTHING = np.zeros((0, 1))


def case(name):
    design, rng = CASES[name], np.random.default_rng(5)
    x, target = rng.standard_normal((T, design.inputs)), rng.random((T, design.outputs))
    return Network(design, rng=3), x, target, rng.random(T) < 0.7


def learn(network, given, rule, steps, place=None, random=None, limits=None, to_end=True, y=NOTHING, s=NOTHING):
    place = np.zeros(1, np.int64) if place is None else place
    random = np.ones(1, np.uint64) if random is None else random
    limits = Limits(steps, steps + 1) if limits is None else limits
    return blocks.stream(*network.kernel_arguments, given, place, random, rule, limits, True, to_end, y, s)


def summed(network, given, counted):
    """What the rule contributes over a stream while weights stay: the rate is too small, momentum is 1."""
    rate = 1e-25
    learn(network, given, Rule(rate, 1.0, 1.0, False, 0.49), len(counted))
    return blocks.Weights(*(part / rate for part in network.velocity))


def complex_step(network, x, target, counted, frozen=None):
    """Minus the gradient of the literal twin's loss, each free weight moved along the imaginary axis."""
    design, tiny, like = network.design, 1e-30, network.design.weights()
    found = np.zeros(len(like.all))
    ends = np.cumsum([part.size for part in like[1:]])
    for k in np.flatnonzero(network.free.all):
        moved = network.net.all.astype(complex)
        moved[k] += tiny * 1j
        parts = [part.reshape(a.shape) for part, a in zip(np.split(moved, ends[:-1]), like[1:], strict=True)]
        found[k] = -printed.loss(design, blocks.Weights(moved, *parts), x, target, counted, frozen).imag / tiny
    return found


@pytest.mark.kernels
@pytest.mark.parametrize("coast", [False, True])
@pytest.mark.parametrize("name", CASES)
def test_the_kernel_learns_as_the_printed_equations_say(name, coast):
    network, x, target, counted = case(name)
    twin = Network(network.design, rng=3)
    learner = printed.Learner(network.design, twin.net, twin.free, momentum=0.6)
    rule, outputs = Rule(0.3, 0.95, 0.6, coast, 0.49), np.zeros((2 * T, network.design.outputs))
    learn(network, sequence(x, target, counted), rule, 2 * T, y=outputs)
    expected = [learner.step(x[t % T], target[t % T], counted[t % T], 0.3 * 0.95**t, coast) for t in range(2 * T)]
    np.testing.assert_allclose(outputs, expected, rtol=1e-10, atol=1e-13)
    assert np.abs(network.net.all - Network(network.design, rng=3).net.all).max() > 1e-2
    for part in ("W", "V", "Wo"):
        np.testing.assert_allclose(getattr(network.net, part), getattr(twin.net, part), rtol=1e-10, atol=1e-13)
    assert not (network.net.all * (1 - network.free.all)).any()


@pytest.mark.kernels
@pytest.mark.parametrize("name", CASES)
def test_the_rule_is_the_gradient_with_every_source_of_the_step_before_held_still(name):
    network, x, target, counted = case(name)
    frozen = [step["seen"] for step in printed.forward(network.design, network.net, x)]
    expected = complex_step(network, x, target, counted, frozen)
    found = summed(network, sequence(x, target, counted), counted)
    np.testing.assert_allclose(found.all, expected, rtol=1e-9, atol=1e-12)
    assert np.abs(found.all).max() > 1e-2


@pytest.mark.kernels
@pytest.mark.parametrize("name", CASES)
def test_without_recurrent_weights_nothing_is_truncated(name):
    network, x, target, counted = case(name)
    cells = slice(network.design.inputs, network.design.sources - 1)
    network.net.W[:, cells] = 0
    network.net.V[:] = 0
    found = summed(network, sequence(x, target, counted), counted)
    np.testing.assert_allclose(found.all, complex_step(network, x, target, counted), rtol=1e-9, atol=1e-12)
    assert np.abs(found.W[:, cells]).max() > 1e-4  # the weights that are zero have gradients


def test_with_recurrent_weights_the_rule_is_not_the_whole_gradient():
    network, x, target, counted = case("forget gates")
    found = summed(network, sequence(x, target, counted), counted).W.ravel()
    whole = complex_step(network, x, target, counted)[: len(found)]
    cosine = found @ whole / np.linalg.norm(found) / np.linalg.norm(whole)
    assert 0.5 < cosine < 0.999


@pytest.mark.kernels
@pytest.mark.parametrize("name", CASES)
def test_outputs_and_states_are_those_of_the_printed_equations_from_piece_to_piece(name):
    network, x, _, _ = case(name)
    expected = printed.forward(network.design, network.net, x)
    first, second = network.read(x[:4]), network.read(x[4:])
    for found, key in zip((0, 1), ("out", "s"), strict=True):
        whole = np.concatenate([first[found], second[found]])
        np.testing.assert_allclose(whole, [step[key] for step in expected], rtol=1e-11, atol=1e-13)
    network.start()
    np.testing.assert_array_equal(network.read(x[:4])[0], first[0])


def test_the_networks_have_as_many_weights_as_the_papers_count():
    assert Design(7, 7, 4, 2, shortcuts=True).count() == 424  # continual embedded Reber grammar
    assert Design(1, 1, 1, 1, peepholes=True, cell_bias=True).count() == 17  # every task of 2002
    assert Design(7, 7, 4, 2, shortcuts=True, forget=False).count() == 424 - 4 * (7 + 8 + 1)
