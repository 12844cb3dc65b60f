"""The LSTM with parts taken away, gates that see each other, and memory blocks: what they have in common."""

import numpy as np
import pytest
import reference
from cases import assert_same, given, one_pass, random_state

import lstm_edu as le
from lstm_edu.cells import LSTM97, SEARCH_SPACE, BlockLSTM97, CoupledLSTM, FullGateLSTM, PeepholeLSTM, VariantLSTM

pytestmark = pytest.mark.kernels

T, B, D, H = 6, 3, 4, 7
SURE = 40.0  # sigmoid(40) is 1 in float64 but for the last bits
VALUES = ("y", "dx", "state 0", "state 1", "state 2", "state 3")


def random(layer, seed=5):
    layer.params.flat[:] = np.random.default_rng(seed).normal(size=layer.params.flat.size) / 2
    return layer


def as_vanilla(layer, gate):
    """A peephole LSTM with the weights of a variant, and the missing gate held open."""
    vanilla = PeepholeLSTM(layer.inputs, layer.units, dtype=np.float64)
    vanilla.params.flat[:] = 0
    for name in "WUb":
        for there in layer.gate_names:
            vanilla.params[name][..., vanilla._block(there)] = layer.params[name][..., layer._block(there)]
    vanilla.params["b"][vanilla._block(gate)] = SURE
    for row, there in zip(layer.params["p"], (k for k in layer.gate_names if k != "g"), strict=True):
        vanilla.params["p"]["ifo".index(there)] = row
    return vanilla


@pytest.mark.parametrize(("variant", "gate"), [("NIG", "i"), ("NFG", "f"), ("NOG", "o")])
def test_a_gate_that_is_not_there_is_one_that_is_held_open(variant, gate):
    layer = random(VariantLSTM(D, H, variant=variant, dtype=np.float64))
    arguments = given(layer)
    one, other = one_pass(layer, *arguments), one_pass(as_vanilla(layer, gate), *arguments)
    assert_same(one, other, VALUES, atol=1e-12)
    assert one["W"].shape == (D, 3 * H)
    assert one["p"].shape == (2, H)


def test_coupled_without_peepholes_is_the_coupled_lstm():
    layer, coupled = (
        random(VariantLSTM(D, H, variant="CIFG", dtype=np.float64)),
        CoupledLSTM(D, H, gate="i", dtype="f8"),
    )
    layer.params["p"][:] = 0
    for name in "WUb":
        coupled.params[name] = layer.params[name]
    arguments = given(layer)
    assert_same(one_pass(coupled, *arguments), one_pass(layer, *arguments))


@pytest.mark.parametrize("variant", ["NIAF", "NOAF"])
def test_near_zero_a_missing_tanh_is_not_missed_and_far_from_it_it_is(variant):
    layer = random(VariantLSTM(D, H, variant=variant, dtype=np.float64))
    vanilla = PeepholeLSTM(D, H, dtype=np.float64)
    for name in vanilla.params:
        vanilla.params[name] = layer.params[name]
    block, x = layer._block("g"), given(layer)[0]
    for net in (layer, vanilla):
        for name in "WUb":
            net.params[name][..., block] *= 1e-3
    np.testing.assert_allclose(layer(x), vanilla(x), atol=1e-6)
    for net in (layer, vanilla):
        for name in "WUb":
            net.params[name][..., block] *= 1e4
    assert np.abs(layer(x) - vanilla(x)).max() > 0.1


def test_without_weights_between_the_gates_full_gate_recurrence_is_the_peephole_lstm():
    full, plain = random(FullGateLSTM(D, H, dtype=np.float64)), PeepholeLSTM(D, H, dtype=np.float64)
    full.params["V"][:] = 0
    plain.params["p"] = full.params["p"]
    for name in "WUb":
        for gate in "ifgo":
            plain.params[name][..., plain._block(gate)] = full.params[name][..., full._block(gate)]
    x, state, dy, (dh, dc, ds) = given(full)
    one = one_pass(full, x, state, dy, (dh, dc, 0 * ds))
    other = one_pass(plain, x, state[:2], dy, (dh, dc))
    assert_same({k: one[k] for k in ("y", "dx", "state 0", "state 1")}, other)
    np.testing.assert_allclose(one["state 3"], other["state 2"], atol=1e-13)  # dh, after y's three states
    np.testing.assert_allclose(one["state 4"], other["state 3"], atol=1e-13)
    assert np.abs(one["V"]).max() > 0.01  # and yet they learn


def test_the_gates_go_on_in_the_state_of_full_gate_recurrence():
    layer = random(FullGateLSTM(D, H, dtype=np.float64))
    x, state, *_ = given(layer)
    y, tape = layer.forward(x, state)
    first, middle = layer.forward(x[:2], state)
    second, end = layer.forward(x[2:], middle.state)
    np.testing.assert_array_equal(np.concatenate([first, second]), y)
    gates = layer.gates(tape)
    np.testing.assert_array_equal(np.concatenate([gates[k] for k in "ifo"], axis=-1), gates["s"])
    assert [s.shape for s in end.state] == [(B, H), (B, H), (B, 3 * H)]


@pytest.mark.parametrize("squashing", ["tanh", "1997"])
def test_blocks_of_one_cell_are_the_lstm_of_1997(squashing):
    blocks = random(BlockLSTM97(D, H, block_size=1, squashing=squashing, dtype=np.float64))
    plain = LSTM97(D, H, squashing=squashing, dtype=np.float64)
    for name in plain.params:
        plain.params[name] = blocks.params[name]
    arguments = given(plain)
    assert_same(one_pass(plain, *arguments), one_pass(blocks, *arguments))


@pytest.mark.parametrize("size", [2, 3, 6])
def test_a_block_is_cells_with_tied_gates(size):
    """The gates' gradients are the sums of those of the cells that are tied."""
    layer = random(BlockLSTM97(D, 6, block_size=size, dtype=np.float64))
    plain = LSTM97(D, 6, dtype=np.float64)
    for name in plain.params:
        i, g, o = (layer.params[name][..., layer._block(k)] for k in "igo")
        plain.params[name] = np.concatenate([np.repeat(i, size, -1), g, np.repeat(o, size, -1)], axis=-1)
    arguments = given(layer)
    one, other = one_pass(layer, *arguments), one_pass(plain, *arguments)
    assert_same(one, other, VALUES)
    for name in plain.params:
        i, g, o = np.split(other[name], 3, axis=-1)
        i, o = (gate.reshape(*gate.shape[:-1], -1, size).sum(axis=-1) for gate in (i, o))
        np.testing.assert_allclose(one[name], np.concatenate([i, g, o], axis=-1), atol=1e-13)


@pytest.mark.parametrize(("size", "squashing"), [(2, "1997"), (3, "tanh"), (6, "tanh")])
def test_blocks_follow_their_twin_and_the_complex_step(size, squashing):
    layer = random(BlockLSTM97(D, 6, block_size=size, squashing=squashing, dtype=np.float64))
    rng = np.random.default_rng(3)
    x, dy, (h, c) = rng.normal(size=(T, B, D)), rng.normal(size=(T, B, 6)), random_state(layer, B, rng)
    _, tape = layer.forward(x, (h, c))
    twin = reference.block_lstm97(x, layer.params, (h, c), size, squashing)
    for name, value in layer.gates(tape).items():
        np.testing.assert_allclose(value, twin[name], atol=1e-13, err_msg=name)
    dx, grads, (dh, dc) = layer.backward(dy, tape)
    arrays = {**layer.params, "x": x, "h": h, "c": c}

    def loss(a):
        return (reference.block_lstm97(a["x"], a, (a["h"], a["c"]), size, squashing)["h"] * dy).sum()

    expected = reference.complex_step(loss, {k: np.array(v) for k, v in arrays.items()})
    for name, value in {**grads, "x": dx, "h": dh, "c": dc}.items():
        np.testing.assert_allclose(value, expected[name], atol=1e-12, err_msg=name)


def test_the_biases_begin_where_they_are_told():
    assert VariantLSTM(D, 2, variant="CIFG").params["b"].tolist() == [-1, -1, 0, 0, 0, 0]
    assert VariantLSTM(D, 2, variant="NIG", keeping_bias=[2, 3]).params["b"].tolist() == [2, 3, 0, 0, 0, 0]
    assert VariantLSTM(D, 2, variant="NFG").params["b"].tolist() == [0] * 6
    assert FullGateLSTM(D, 1, forget_bias=2, input_bias=-3).params["b"].tolist() == [-3, 2, 0, 0]
    blocks = BlockLSTM97(D, 4, block_size=2, input_bias=[-3, -5], output_bias=[-2, -4])
    assert blocks.params["b"].tolist() == [-3, -5, 0, 0, 0, 0, -2, -4]


def test_the_search_space_has_nine_names_and_each_can_be_made():
    assert list(SEARCH_SPACE) == ["V", "NIG", "NFG", "NOG", "NIAF", "NOAF", "CIFG", "NP", "FGR"]
    sizes = {name: cls(D, H, **arguments).count_parameters() for name, (cls, arguments) in SEARCH_SPACE.items()}
    gate, peephole = (D + H + 1) * H, H
    vanilla = 4 * gate + 3 * peephole
    assert sizes == {
        "V": vanilla,
        "NIG": vanilla - gate - peephole,
        "NFG": vanilla - gate - peephole,
        "NOG": vanilla - gate - peephole,
        "NIAF": vanilla,
        "NOAF": vanilla,
        "CIFG": vanilla - gate - peephole,
        "NP": vanilla - 3 * peephole,
        "FGR": vanilla + 9 * H * H,
    }


def test_units_that_share_a_gate_are_matched_in_whole_blocks():
    units = le.match_parameters(BlockLSTM97, D, budget=700, block_size=3)
    assert BlockLSTM97.units_per_gate(block_size=3) == 3
    assert units % 3 == 0
    one, more = (BlockLSTM97(D, n, block_size=3).count_parameters() for n in (units, units + 3))
    assert abs(one - 700) <= abs(more - 700)


def test_wrong_arguments_are_named():
    with pytest.raises(ValueError, match="unknown variant 'NIQ': did you mean 'NIG'"):
        VariantLSTM(D, H, variant="NIQ")
    with pytest.raises(ValueError, match="block_size must divide units, 7, got 2"):
        BlockLSTM97(D, H, block_size=2)
    with pytest.raises(ValueError, match="block_size"):
        BlockLSTM97(D, H, block_size=0)
    with pytest.raises(ValueError, match=r"input_bias must be one number or one per block \(3\), got 6"):
        BlockLSTM97(D, 6, block_size=2, input_bias=[1] * 6)
    with pytest.raises(ValueError, match="keeping_bias"):
        VariantLSTM(D, H, variant="NOG", keeping_bias=[1, 2])
