"""What a new layer looks like: initial values, names, descriptions."""

import copy
import pickle

import numpy as np
import pytest
from cases import CELLS, case_id

from lstm_edu.cells import GRU, LSTM, LSTM97, PeepholeLSTM
from lstm_edu.core import Container, Layer

pytestmark = pytest.mark.kernels
every_cell = pytest.mark.parametrize("cell", CELLS, ids=case_id)


def new(cell, D=7, H=5, **arguments):
    return cell.layer(D, H, rng=0, dtype=np.float64, **(cell.arguments | arguments))


@every_cell
def test_w_is_glorot_uniform(cell):
    D, H = 60, 40
    W = new(cell, D, H).params["W"]
    limit = np.sqrt(6 / (D + H))
    assert np.abs(W).max() <= limit
    assert np.abs(W).max() > 0.99 * limit
    assert abs(W.std() - limit / np.sqrt(3)) < 0.02 * limit


@every_cell
def test_every_block_of_u_is_orthogonal(cell):
    layer = new(cell)
    if "U" not in layer.params:
        assert layer.title in ("minGRU", "minLSTM")  # whose gates see the input alone
        return
    for U in np.split(layer.params["U"], len(layer.gate_names), axis=1):
        np.testing.assert_allclose(U @ U.T, np.eye(layer.outputs), atol=1e-14)  # its rows, where it is not square


def test_biases_are_zero_but_for_those_that_an_argument_sets():
    assert LSTM(2, 3).params["b"].tolist() == [0] * 3 + [1] * 3 + [0] * 6
    assert LSTM(2, 3, forget_bias=[1, 2, 3]).params["b"].tolist() == [0] * 3 + [1, 2, 3] + [0] * 6
    assert PeepholeLSTM(2, 3, forget_bias=-2).params["b"].tolist() == [0] * 3 + [-2] * 3 + [0] * 6
    assert LSTM97(2, 2, input_bias=-1, output_bias=[-2, -4]).params["b"].tolist() == [-1, -1, 0, 0, -2, -4]
    assert LSTM(2, 2, input_bias=[-1, -2]).params["b"].tolist() == [-1, -2, 1, 1, 0, 0, 0, 0]
    assert GRU(2, 2, update_bias=[3, 4]).params["b"].tolist() == [0, 0, 3, 4, 0, 0]
    assert not GRU(2, 3, reset_after=True).params["b"].any()
    assert not GRU(2, 3, reset_after=True).params["bn"].any()


@every_cell
def test_the_seed_decides_the_initial_values(cell):
    def flat(rng):
        return cell.layer(3, 4, rng=rng, **cell.arguments).params.flat

    assert np.array_equal(flat(5), flat(5))
    assert np.array_equal(flat(5), flat(np.random.default_rng(5)))
    assert not np.array_equal(flat(5), flat(6))
    assert not np.array_equal(flat(None), flat(None))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("rnn", 5 * (7 + 5 + 1)),
        ("lstm97", 3 * 5 * (7 + 5 + 1)),
        ("lstm", 4 * 5 * (7 + 5 + 1)),
        ("peephole", 4 * 5 * (7 + 5 + 1) + 3 * 5),
        ("gru-before", 3 * 5 * (7 + 5 + 1)),
        ("gru-after", 3 * 5 * (7 + 5 + 1) + 5),
    ],
)
def test_the_number_of_parameters(name, expected):
    cell = next(c for c in CELLS if c.name == name)
    assert new(cell).count_parameters() == expected


@every_cell
def test_a_layer_can_be_made_again_from_its_config(cell):
    layer = new(cell)
    again = cell.layer(**layer.config())
    assert again.config() == layer.config()
    assert again.params.shapes == layer.params.shapes
    assert repr(layer) == repr(again)
    assert type(layer).__name__ in repr(layer)


@every_cell
def test_copies_and_pickles_are_equal_and_independent(cell):
    layer = new(cell)
    x = np.random.default_rng(0).standard_normal((4, 2, 7))
    for other in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        assert np.array_equal(layer(x), other(x))
        other.params.flat[:] = 0
        assert np.array_equal(other.params["W"], np.zeros_like(layer.params["W"]))
        assert layer.params.flat.any()


@every_cell
def test_gates_are_views_into_the_tape(cell):
    layer = new(cell)
    _, tape = layer.forward(np.zeros((4, 2, 7)))
    widths = layer.state_widths(**layer.config())
    for name, value in layer.gates(tape).items():
        assert value.shape == (4, 2, widths.get(name, 5))
        assert value.base is not None, name


def test_a_layer_can_move_into_a_part_of_a_larger_buffer():
    layer = LSTM(2, 3, rng=0)
    values, buffer = layer.params.flat.copy(), np.zeros(200, np.float32)
    part = buffer[10 : 10 + values.size]
    layer._place(part)
    assert np.array_equal(part, values)
    buffer[:] = 0
    assert not layer.params["U"].any()


@every_cell
def test_what_decides_the_sizes_is_set_once(cell):
    layer, x = new(cell), np.random.default_rng(0).standard_normal((4, 2, 7))
    y = layer(x)
    for name, value in (
        ("units", 1),
        ("inputs", 70),
        ("dtype", np.dtype(np.float32)),
        ("params", new(cell, D=8).params),
        ("params", new(cell).params),
        ("params", dict(layer.params)),
    ):
        with pytest.raises(
            AttributeError, match=f"^{name} of a {cell.layer.__name__} can't be set anew: .*another layer"
        ):
            setattr(layer, name, value)
    for name in cell.arguments:
        with pytest.raises(AttributeError, match=f"{name} of a .* can't be set anew: make another layer"):
            setattr(layer, name, "after")
    for twin in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        with pytest.raises(AttributeError, match=f"units of a {cell.layer.__name__} can't be set anew"):
            twin.units = 1
    with pytest.raises(AttributeError, match=f"units of a {cell.layer.__name__} can't be deleted"):
        del layer.units
    assert np.array_equal(layer(x), y)
    layer.params.flat[:] = 0
    zero = layer(x)
    assert not np.array_equal(zero, y)
    np.testing.assert_array_equal(zero, layer(0 * x))  # the kernel reads these numbers


def test_a_class_of_ones_own_sets_what_it_likes_in_its_init_and_other_names_later():
    class Residual(Container):
        fixed = Layer.fixed | {"depth"}

        def __init__(self, inner):
            super().__init__({"inner": inner})
            self.inner, self.depth, self.calls = inner, 2, 0
            self.inputs, self.units = inner.inputs, inner.units

        def forward(self, x, state=None, *, lengths=None, training=True):
            self.calls += 1
            y, tape = self.inner.forward(x, state, lengths=lengths, training=training)
            return x + y, tape

    class Leaky(LSTM):
        def __init__(self, units):
            self.depth = 1
            super().__init__(units, units, dtype=np.float64, rng=0)
            self.depth = 2

    leaky = Leaky(3)
    residual = Residual(leaky)
    assert residual(np.zeros((4, 2, 3))).shape == (4, 2, 3)
    assert (residual.calls, leaky.depth) == (1, 2)
    with pytest.raises(AttributeError, match="depth of a Residual can't be set anew"):
        residual.depth = 3
    copied = copy.deepcopy(residual)
    assert np.shares_memory(copied.params.flat, copied.inner.params.flat)
    assert not np.shares_memory(copied.params.flat, residual.params.flat)
