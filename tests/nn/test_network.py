"""Sequential: one buffer, one interface, gradients through layers of different kinds."""

import copy
import pickle

import numpy as np
import pytest
from cases import CELLS as ALL_CELLS
from cases import random_state
from reference import complex_step

from lstm_edu import (
    GRU,
    LSTM,
    RNN,
    Conv1D,
    Dense,
    Dropout,
    Embedding,
    MaxPool1D,
    PeepholeLSTM,
    Sequential,
)
from lstm_edu.core import Parameters

UNITS = [5, 4, 6, 2, 5, 3, 4, 6]
CELLS = [*ALL_CELLS[:7], ALL_CELLS[-1]]  # the classic ones, and one's own


def stack(dtype=np.float64):
    """A network of different cells, with a Dense layer on top."""
    layers, width = [], 3
    for cell, units in zip(CELLS, UNITS, strict=True):
        layers.append(cell.make(width, units, dtype=dtype))
        width = layers[-1].outputs
    return Sequential([*layers, Dense(width, 2, dtype=dtype, rng=9)])


def test_a_stack_of_all_cells_equals_its_twins_and_every_gradient_the_complex_step():
    rng = np.random.default_rng(0)
    T, B = 4, 2
    net = stack()
    x, dy = rng.standard_normal((T, B, 3)), rng.standard_normal((T, B, 2))
    state = (*(random_state(layer, B, rng) for layer in net.layers[:-1]), ())
    flat_states = {f"state {k}.{j}": s for k, states in enumerate(state) for j, s in enumerate(states)}

    def twin(arrays):
        y = arrays["x"]
        for k, (cell, layer) in enumerate(zip(CELLS, net.layers, strict=False)):
            params = {name: arrays[f"{k}.{name}"] for name in layer.params}
            y = cell.run_twin(y, params, [arrays[f"state {k}.{j}"] for j in range(len(layer.state_names))])["h"]
        last = len(CELLS)
        return y @ arrays[f"{last}.W"] + arrays[f"{last}.b"]

    arrays = dict(net.params) | {"x": x} | flat_states
    y, tape = net.forward(x, state)
    np.testing.assert_allclose(y, twin(arrays), rtol=0, atol=1e-12)
    dx, grads, dstate = net.backward(dy, tape)
    got = dict(grads) | {"x": dx}
    got |= {f"state {k}.{j}": d for k, states in enumerate(dstate) for j, d in enumerate(states)}
    for name, expected in complex_step(lambda a: np.sum(twin(a) * dy), arrays).items():
        np.testing.assert_allclose(got[name], expected, rtol=0, atol=1e-10 * max(1, np.abs(expected).max()))


def test_all_parameters_are_views_into_one_buffer():
    net = stack(np.float32)
    assert net.params.flat.size == sum(layer.params.flat.size for layer in net.layers) == net.count_parameters()
    net.params.flat[:] = np.arange(net.params.flat.size)
    joined = np.concatenate([array.ravel() for layer in net.layers for array in layer.params.values()])
    assert np.array_equal(joined, net.params.flat)
    net.layers[3].params["b"] = np.full_like(net.layers[3].params["b"], -1)
    assert np.array_equal(net.params["3.b"], net.layers[3].params["b"])
    y, tape = net.forward(np.zeros((2, 1, 3)))
    grads = net.backward(np.ones_like(y), tape)[1]
    assert np.array_equal(np.concatenate([g.ravel() for g in grads.values()]), grads.flat)


def test_a_network_inside_a_network_is_the_same_as_one_row():
    def parts():
        return LSTM(3, 4, rng=1), GRU(4, 5, rng=2), RNN(5, 2, rng=3)

    a, b, c = parts()
    nested = Sequential([Sequential([a, b]), c])
    row = Sequential(parts())
    x = np.random.default_rng(0).standard_normal((4, 2, 3))
    (y1, t1), (y2, t2) = nested.forward(x), row.forward(x)
    assert np.array_equal(y1, y2)
    assert list(nested.params) == ["0.0.W", "0.0.U", "0.0.b", "0.1.W", "0.1.U", "0.1.b", "1.W", "1.U", "1.b"]
    assert np.array_equal(nested.backward(y1, t1)[1].flat, row.backward(y2, t2)[1].flat)
    nested.params.flat[:] = 0
    assert not a.params["W"].any()


def test_a_long_sequence_can_be_processed_in_pieces():
    net = stack()
    x = np.random.default_rng(0).standard_normal((9, 2, 3))
    whole, tape = net.forward(x)
    first, tape1 = net.forward(x[:4])
    second, tape2 = net.forward(x[4:], tape1.state)
    np.testing.assert_allclose(np.concatenate([first, second]), whole, rtol=0, atol=1e-13)
    np.testing.assert_allclose(tape2.state[2][1], tape.state[2][1], rtol=0, atol=1e-13)


def test_a_picture_is_read_column_by_column_through_convolution_and_pooling():
    """Convolution and pooling below an LSTM, a softmax's inputs on top; lengths shrink with the pooling."""
    net = Sequential(
        [
            Conv1D(6, 5, 3, activation="relu", dtype=np.float64, rng=0),
            MaxPool1D(2),
            LSTM(5, 4, dtype=np.float64, rng=1),
            Dropout(0.5, rng=2),
            Dense(4, 3, steps="last", dtype=np.float64, rng=3),
        ]
    )
    rng = np.random.default_rng(0)
    x, lengths = rng.standard_normal((8, 2, 6)), np.array([8, 4])
    assert net.out_steps(8) == 4
    y = net(x, lengths=lengths)
    assert y.shape == (2, 3)
    padded = x.copy()
    padded[6:, 1] = 7.0  # beyond the step that the convolution of the last real one still sees
    np.testing.assert_array_equal(net(padded, lengths=lengths)[1], y[1])
    weights = rng.standard_normal((2, 3))
    _, tape = net.forward(x, lengths=lengths, training=False)
    dx, grads, _ = net.backward(weights, tape)
    for array, gradient in ((net.params["0.W"], grads["0.W"]), (x, dx)):
        for index in [tuple(rng.integers(0, array.shape)) for _ in range(20)]:
            old, step = array[index], 1e-6
            losses = []
            for value in (old + step, old - step):
                array[index] = value
                losses.append(np.sum(net(x, lengths=lengths) * weights))
            array[index] = old
            assert gradient[index] == pytest.approx((losses[0] - losses[1]) / (2 * step), abs=1e-8)


def test_symbols_go_through_an_embedding():
    net = Sequential([Embedding(7, 5, rng=0), GRU(5, 4, rng=1), Dense(4, 7, rng=2)])
    x = np.random.default_rng(0).integers(0, 7, (6, 3))
    y, tape = net.forward(x)
    dx, grads, _ = net.backward(y, tape)
    assert y.shape == (6, 3, 7)
    assert dx is None
    assert np.isfinite(grads.flat).all()


def test_gates_are_named_after_the_layer():
    net = Sequential([LSTM(2, 3, rng=0), Dense(3, 3, rng=1), GRU(3, 4, rng=2)])
    gates = net.gates(net.forward(np.zeros((5, 2, 2)))[1])
    assert list(gates) == ["0.i", "0.f", "0.g", "0.o", "0.h", "0.c", "2.r", "2.z", "2.n", "2.h"]
    assert gates["2.z"].shape == (5, 2, 4)


def test_copies_and_pickles_keep_one_buffer_of_their_own():
    net = Sequential([LSTM(2, 3, rng=0), Sequential([GRU(3, 3, rng=1), Dense(3, 1, rng=2)])])
    x = np.random.default_rng(0).standard_normal((4, 2, 2))
    for other in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        assert np.array_equal(net(x), other(x))
        other.params.flat[:] = 0
        assert not other.layers[1].layers[0].params["U"].any()
        assert net.params.flat.any()


def test_the_order_of_layers_is_printed():
    text = repr(Sequential([LSTM(2, 3, rng=0), Dense(3, 1, rng=1)]))
    assert text.index("LSTM(inputs=2, units=3") < text.index("Dense(inputs=3, units=1")


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ([], "layers must hold at least one layer, got none"),
        (LSTM(2, 3), "layers must be a list of layers, got one LSTM"),
        ([LSTM(2, 3), "dense"], r"layers\[1\] must be a layer, got str"),
        ([LSTM(2, 3), Dense(4, 1)], r"layers\[1\] \(Dense\) takes 4 inputs, but layers\[0\] \(LSTM\) gives 3"),
        (
            [LSTM(2, 3), Dropout(0.1), GRU(4, 1)],
            r"layers\[2\] \(GRU\) takes 4 inputs, but layers\[0\] \(LSTM\) gives 3",
        ),
        (
            [LSTM(2, 3), RNN(3, 3, dtype=np.float64)],
            r"layers\[1\] \(RNN\) is float64, the layers before it are float32",
        ),
    ],
)
def test_layers_that_do_not_fit(layers, message):
    with pytest.raises(ValueError, match=message):
        Sequential(layers)


def test_a_layer_belongs_to_one_network():
    layer = PeepholeLSTM(3, 3)
    with pytest.raises(ValueError, match=r"layers\[1\] \(PeepholeLSTM\) belongs to a network already"):
        Sequential([layer, layer])
    Sequential([layer])
    with pytest.raises(ValueError, match=r"belongs to a network already; copy\.deepcopy"):
        Sequential([layer])


def test_a_state_that_does_not_fit():
    net = Sequential([LSTM(2, 3), Dense(3, 1)])
    with pytest.raises(ValueError, match=r"state must be a tuple with one entry per layer \(2\), got 1 entries"):
        net.forward(np.zeros((4, 2, 2)), (None,))
    with pytest.raises(ValueError, match="Dense has no state"):
        net.forward(np.zeros((4, 2, 2)), (None, (np.zeros((2, 1)),)))


def test_a_copy_of_a_layer_is_free_as_the_error_message_says():
    net = Sequential([LSTM(3, 3, rng=0), Sequential([RNN(3, 3, rng=1)])])
    for copied in (copy.deepcopy(net.layers[0]), pickle.loads(pickle.dumps(net.layers[0]))):
        Sequential([copied])
    for inner in copy.deepcopy(net).layers:
        with pytest.raises(ValueError, match="belongs to a network already"):
            Sequential([inner])


def test_a_tape_of_another_network_is_refused():
    net, longer = Sequential([LSTM(3, 4, rng=0)]), Sequential([LSTM(3, 4, rng=0), Dense(4, 4, rng=1)])
    wider = Sequential([LSTM(3, 256, rng=0)])
    x = np.zeros((5, 2, 3), np.float32)
    for other in (longer, wider):
        _, tape = other.forward(x)
        with pytest.raises(ValueError, match="tape must come from"):
            net.backward(np.zeros((5, 2, 4), np.float32), tape)
        with pytest.raises(ValueError, match="tape must come from"):
            net.gates(tape)
    with pytest.raises(ValueError, match=r"tape must come from this layer's forward, 1 tapes of .*, got NoneType"):
        net.backward(np.zeros((5, 2, 4), np.float32), None)


def test_grads_of_another_network_are_refused():
    net, other = Sequential([LSTM(3, 4, rng=0)]), Sequential([LSTM(3, 5, rng=0)])
    y, tape = net.forward(np.zeros((5, 2, 3), np.float32))
    reordered = Parameters(dict(reversed(net.params.shapes.items())), np.float32)
    for wrong in (other.params.empty_like(), net.params, dict(net.params), reordered):
        with pytest.raises(ValueError, match="grads must be"):
            net.backward(y, tape, grads=wrong)
    grads = net.params.empty_like()
    expected = net.backward(y, tape)[1].flat
    for _ in range(2):  # a buffer can be used again
        assert net.backward(y, tape, grads=grads)[1] is grads
        assert np.array_equal(grads.flat, expected)


def test_without_dx_the_gradients_are_the_same_bits():
    for cell in (LSTM, GRU, PeepholeLSTM):
        net = Sequential([cell(3, 4, rng=0), cell(4, 5, rng=1), Dense(5, 2, rng=2)])
        y, tape = net.forward(np.random.default_rng(0).standard_normal((6, 2, 3)).astype(np.float32))
        dx, grads, dstate = net.backward(y, tape)
        none, same, dstate_too = net.backward(y, tape, need_dx=False)
        assert dx is not None
        assert none is None
        assert np.array_equal(grads.flat, same.flat)
        assert np.array_equal(dstate[0][0], dstate_too[0][0])


@pytest.mark.parametrize("layer", [Dense(3, 2, rng=0), Dense(3, 2, steps="last", rng=0), Conv1D(3, 2, 5, rng=0)])
def test_a_first_layer_leaves_out_the_gradient_that_nobody_asks_for(layer):
    y, tape = layer.forward(np.random.default_rng(0).standard_normal((6, 4, 3)).astype(np.float32))
    _, grads, _ = layer.backward(y, tape)
    none, same, _ = layer.backward(y, tape, need_dx=False)
    assert none is None
    assert np.array_equal(grads.flat, same.flat)


def test_a_networks_layers_and_sizes_are_set_once():
    net = Sequential([LSTM(3, 5, rng=0), Dense(5, 2, rng=1)])
    with pytest.raises(TypeError, match="tuple"):
        net.layers[0] = LSTM(3, 9)
    for name, value in (("layers", [RNN(3, 4)]), ("inputs", 4), ("units", 3), ("dtype", None), ("params", {})):
        with pytest.raises(AttributeError, match=f"^{name} of a Sequential can't be set anew: .*another layer"):
            setattr(net, name, value)
    with pytest.raises(AttributeError, match="params of a LSTM can't be set anew: assign to params"):
        net.layers[0].params = LSTM(3, 5).params
    assert type(net.config()["layers"]) is list
