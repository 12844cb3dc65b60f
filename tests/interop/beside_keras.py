"""Whole networks from and to Keras; `test_keras.py` runs it in a process of its own.

TensorFlow brings threads, warnings and half a gigabyte with it: python -m pytest tests/interop/beside_keras.py
"""

import copy
import re

import keras
import numpy as np
import pytest
from cases import CELLS, case_id, random_state

import lstm_edu as le
from lstm_edu.interop import from_keras, to_keras
from lstm_edu.interop.keras import class_name
from lstm_edu.nn.losses import named

L = keras.layers
T, B, D, H = 7, 3, 4, 6
every_type = pytest.mark.parametrize("dtype", ["float32", "float64"])
CELLS_THERE = [cell for cell in CELLS if cell.name in ("rnn", "lstm", "gru-before", "gru-after")]
ATOL = {"float32": 2e-6, "float64": 1e-13}


def drawn(net, seed=9):
    """The network with no parameter at zero."""
    net.params.flat[:] = 0.4 * np.random.default_rng(seed).standard_normal(net.params.flat.size)
    return net


def row(*layers):
    return drawn(le.Sequential(layers))


NETS = {
    "dense": lambda k: row(le.Dense(D, 5, activation="relu", **k), le.Dense(5, 2, activation="sigmoid", **k)),
    "conv-same": lambda k: drawn(le.Conv1D(D, 5, 4, activation="tanh", **k)),
    "conv-causal": lambda k: drawn(le.Conv1D(D, 5, 3, stride=2, padding="causal", **k)),
    "conv-valid": lambda k: row(le.Conv1D(D, 5, 2, padding="valid", **k), le.MaxPool1D(3, 2)),
    "stack": lambda k: row(le.GRU(D, H, **k), le.Dropout(0.3), le.LSTM(H, 2, **k), le.GRU(2, 3, reset_after=True, **k)),
    "last": lambda k: row(le.LSTM(D, H, **k), le.Dropout(0.3), le.Dense(H, 5, **k), le.Dense(5, 2, steps="last", **k)),
    "both": lambda k: drawn(le.Bidirectional(le.LSTM(D, H, **k))),
    "both-two": lambda k: drawn(le.Bidirectional(le.LSTM(D, H, **k), le.RNN(D, H, **k), merge="sum")),
    "both-last": lambda k: row(
        le.Bidirectional(le.GRU(D, H, **k)), le.Bidirectional(le.RNN(2 * H, 3, **k), steps="last"), le.Dense(6, 2, **k)
    ),
}
every_net = pytest.mark.parametrize("name", NETS)


def array(tensor):
    return keras.ops.convert_to_numpy(tensor)


def there(model, x):
    """What the model gives for x (T, B, ...), with time first again."""
    y = array(model(x.swapaxes(0, 1)))
    return y.swapaxes(0, 1) if y.ndim == 3 else y


def squared_error():
    return keras.losses.MeanSquaredError(dtype="float64")  # by itself a loss is float32, whatever the model is


def assert_same_net(one, other):
    assert type(one) is type(other)
    assert one.params.shapes == other.params.shapes
    assert one.params.flat.dtype == other.params.flat.dtype
    assert one.params.flat.tobytes() == other.params.flat.tobytes()
    assert not np.shares_memory(one.params.flat, other.params.flat)


@every_type
@pytest.mark.parametrize("cell", CELLS_THERE, ids=case_id)
def test_a_cell_gives_the_same_from_a_state_in_both_libraries_and_comes_back_the_same(cell, dtype):
    layer, rng = cell.make(D, H, dtype), np.random.default_rng(3)
    layer.params["b"][0] = -0.0
    made = to_keras(layer)
    assert type(made) is getattr(L, class_name(layer))
    x, state = rng.standard_normal((T, B, D)).astype(dtype), random_state(layer, B, rng)
    y = array(made(x.swapaxes(0, 1), initial_state=[*map(keras.ops.convert_to_tensor, state)])).swapaxes(0, 1)
    assert y.dtype == dtype
    np.testing.assert_allclose(y, layer(x, state), rtol=0, atol=ATOL[dtype])
    again = from_keras(made)
    assert_same_net(layer, again)
    assert [w.tobytes() for w in to_keras(again).get_weights()] == [w.tobytes() for w in made.get_weights()]


@every_type
@every_net
def test_a_network_gives_the_same_in_both_libraries_and_comes_back_the_same(name, dtype):
    net, x = NETS[name]({"dtype": dtype}), np.random.default_rng(0).standard_normal((T, B, D)).astype(dtype)
    model = to_keras(net)
    y = there(model, x)
    assert y.dtype == dtype
    np.testing.assert_allclose(y, net(x), rtol=0, atol=ATOL[dtype])
    again = from_keras(model)
    assert_same_net(net, again)
    assert re.sub("steps='(all|last)'", "", repr(again)) == re.sub("steps='(all|last)'", "", repr(net))
    np.testing.assert_array_equal(again(x)[-1] if again(x).ndim > y.ndim else again(x), net(x))
    assert [w.tobytes() for w in to_keras(again).get_weights()] == [w.tobytes() for w in model.get_weights()]


def test_symbols_and_networks_within_networks_go_to_keras():
    inner = le.Sequential([le.LSTM(D, H), le.Dropout(0.5)])
    net, x = (
        row(le.Embedding(9, D), inner, le.Dense(H, 9, steps="last")),
        np.random.default_rng(0).integers(0, 9, (T, B)),
    )
    model = to_keras(net)
    np.testing.assert_allclose(there(model, x), net(x), rtol=0, atol=2e-6)
    again = from_keras(model)
    assert [type(layer) for layer in again.layers] == [le.Embedding, le.LSTM, le.Dropout, le.Dense]
    assert again.params.flat.tobytes() == net.params.flat.tobytes()


@pytest.mark.parametrize("per", ["step", "sequence"])
def test_a_mask_lasts_as_long_in_keras_as_here(per):
    """A mask for all steps that became one for each would train another network."""
    model = to_keras(row(le.LSTM(D, H), le.Dropout(0.5, per=per), le.GRU(H, H)))
    assert from_keras(model).layers[1].per == per
    y = array(model.layers[1](np.ones((B, T, 50), "f4"), training=True))
    assert set(np.unique(y)) == {0.0, 2.0}
    assert bool((y == y[:, :1]).all()) is (per == "sequence")
    assert not (y == y[:1]).all()
    assert to_keras(le.Dropout(0.5, per=per))(np.ones((B, T, D), "f4")).shape == (B, T, D)
    last = to_keras(
        row(le.LSTM(D, H), le.Dropout(0.5, per=per), le.Dense(H, 2, steps="last"), le.Dropout(0.2, per=per))
    )
    assert last(np.ones((B, T, D), "f4"), training=True).shape == (B, 2)  # one step is left: one mask in any case


@pytest.mark.parametrize("reset_after", [True, False])
@pytest.mark.parametrize("bias", [True, False])
def test_what_keras_made_becomes_a_network_that_computes_the_same(bias, reset_after):
    keras.utils.set_random_seed(0)
    options = {"use_bias": bias, "bias_initializer": "random_normal"}
    model = keras.Sequential(
        [
            keras.Input((None, D)),
            L.Conv1D(5, 3, padding="same", **options),
            L.Activation("relu"),
            L.MaxPooling1D(2),
            keras.Sequential([L.Bidirectional(L.GRU(H, return_sequences=True, reset_after=reset_after, **options))]),
            L.Dropout(0.2),
            L.SimpleRNN(5, return_sequences=True, **options),
            L.LSTM(H, **options),
            L.Dense(3, "tanh", **options),
            L.Dense(2, **options),
        ]
    )
    net, x = from_keras(model), np.random.default_rng(0).standard_normal((T, B, D)).astype("f4")
    np.testing.assert_allclose(net(x), there(model, x), rtol=0, atol=2e-6)
    assert net.layers[2].layer.reset_after is reset_after
    assert [layer.steps for layer in net.layers[-2:]] == ["last", "all"]


def test_a_cell_without_sequences_gives_all_steps_here_and_the_last_is_that_of_keras():
    model, x = L.LSTM(H), np.random.default_rng(0).standard_normal((T, B, D)).astype("f4")
    expected = array(model(x.swapaxes(0, 1)))
    np.testing.assert_allclose(from_keras(model)(x)[-1], expected, rtol=0, atol=2e-6)


def test_the_layers_of_a_functional_model_are_a_network_in_a_row():
    first, second = L.GRU(H, return_sequences=True), L.Dense(2)
    inputs = keras.Input((None, D))
    model = keras.Model(inputs, second(first(inputs)))
    x = np.random.default_rng(0).standard_normal((T, B, D)).astype("f4")
    np.testing.assert_allclose(from_keras([first, second])(x), there(model, x), rtol=0, atol=2e-6)
    with pytest.raises(ValueError, match=r"^model: from_keras reads .*, got Functional; of a functional model pass"):
        from_keras(model)


@pytest.mark.parametrize("name", ["momentum", "adam"])
def test_training_goes_on_in_the_other_library(name):
    """From new optimizers: what they remember stays in each library."""
    net = row(le.LSTM(D, H, dtype="float64"), le.GRU(H, H, dtype="float64"), le.Dense(H, 2, dtype="float64"))
    rng = np.random.default_rng(1)
    data = [(x, np.cumsum(x[..., :2], axis=0) / 4) for x in rng.standard_normal((20, T, B, D))]
    loss = named("mean_squared_error")

    def optimizers():
        if name == "adam":
            # Keras adds epsilon to another root, and reads numbers as float32: these mean the same in both
            same = {"epsilon": 1e-14}
            ours = le.Adam(1 / 64, beta1=0.875, beta2=0.96875, **same)
            return ours, keras.optimizers.Adam(1 / 64, beta_1=0.875, beta_2=0.96875, **same)
        return le.SGD(1 / 8, momentum=0.875), keras.optimizers.SGD(1 / 8, momentum=0.875)

    def here(net, optimizer):
        losses = []
        for x, target in data:
            y, tape = net.forward(x)
            value, dy = loss(y, target)
            optimizer.step(net.params, net.backward(dy, tape)[1])
            losses.append(value)
        return losses

    def in_keras(model, optimizer):
        model.compile(optimizer, squared_error())
        pairs = [(x.swapaxes(0, 1), target.swapaxes(0, 1)) for x, target in data]
        return [float(model.train_on_batch(x, target)) for x, target in pairs]

    here(net, optimizers()[0])
    model = to_keras(net)  # begun here, gone on with there
    expected = here(net, optimizers()[0])
    # Keras reports a loss as float32
    np.testing.assert_allclose(in_keras(model, optimizers()[1]), expected, rtol=1e-6)
    again = from_keras(model)  # and on with here once more
    np.testing.assert_allclose(here(again, optimizers()[0]), here(net, optimizers()[0]), rtol=1e-9)


def test_two_rows_of_biases_move_their_sum_twice_as_far_and_all_else_as_here():
    net, rng = drawn(le.GRU(D, H, reset_after=True, dtype="float64")), np.random.default_rng(1)
    x, target = rng.standard_normal((T, B, D)), rng.standard_normal((T, B, H))
    model, start = to_keras(le.Sequential([copy.deepcopy(net)])), net.params.flat.copy()
    model.compile(keras.optimizers.SGD(0.125), squared_error())
    model.train_on_batch(x.swapaxes(0, 1), target.swapaxes(0, 1))
    y, tape = net.forward(x)
    _, dy = named("mean_squared_error")(y, target)
    le.SGD(0.125).step(net.params, net.backward(dy, tape)[1])
    here, there = net.params, from_keras(model).layers[0].params
    here.flat[:] -= start
    there.flat[:] -= start
    here["b"][: 2 * H] *= 2
    for name in here:
        np.testing.assert_allclose(there[name], here[name], rtol=1e-9, atol=1e-12, err_msg=name)


@pytest.mark.parametrize(
    ("layer", "why"),
    [
        (le.PeepholeLSTM(2, 3), "net: Keras has no PeepholeLSTM: the LSTM of Keras has no peepholes"),
        (le.LSTM97(2, 3), "net: Keras has no LSTM97: .* always has a forget gate"),
        (le.ProjectedLSTM(2, 3, 2), "net: Keras has no ProjectedLSTM: .* no projection"),
        (le.MinLSTM(2, 3), "net: Keras has no MinLSTM"),
        (le.LSTM(2, 3, cell_clip=1.0), "net: the LSTM of Keras has no cell_clip"),
        (le.Attention(2, 3), "net: Keras has no Attention: the Attention of Keras has no weights"),
        (le.Residual(le.RNN(3, 3)), "net: Keras has no Residual"),
        (
            le.Bidirectional(le.Sequential([le.RNN(2, 3)])),
            "net.layer: the Bidirectional of Keras takes a cell, got Seq",
        ),
        (le.Sequential([le.RNN(2, 3), le.Conv1D(3, 3, 2, stride=2)]), r"net\[1\]: the padding 'same' of Keras depends"),
        (le.Sequential([le.Conv1D(2, 3, 2), le.Dense(3, 1, steps="last")]), r"net\[1\]: Keras takes the last step in"),
        (le.Sequential([le.Sequential([le.SLSTM(2, 3)])]), r"net\[0\]\[0\]: Keras has no SLSTM"),
        (3, "net must be a layer or a network, got int"),
    ],
)
def test_what_keras_has_not_is_refused_with_place_and_reason(layer, why):
    with pytest.raises(ValueError, match=f"^{why}"):
        to_keras(layer)


def built(layer, *shape):
    layer.build((None, *(shape or (None, D))))
    return layer


SHARED = built(L.Dense(D))


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (lambda: L.LSTM(3), "model: it has no weights yet"),
        (lambda: built(L.LSTM(3, activation="relu")), "model: here activation must be 'tanh', got 'relu'"),
        (lambda: built(L.GRU(3, recurrent_activation="relu")), "model: here recurrent_activation must be 'sigmoid'"),
        (lambda: built(L.LSTM(3, dropout=0.1)), r"model: here dropout must be 0, got 0\.1"),
        (lambda: built(L.LSTM(3, go_backwards=True)), "model: here go_backwards must be False"),
        (
            lambda: built(L.SimpleRNN(3, dtype="mixed_float16")),
            "model: here all numbers are of one type, got .*float16",
        ),
        (lambda: built(L.SimpleRNN(3, dtype="float16")), "model: kernel must be float32 or float64"),
        (lambda: built(L.Bidirectional(L.LSTM(3), merge_mode="mul")), "model: Bidirectional has the merges"),
        (lambda: built(L.Conv1D(3, 2, dilation_rate=2)), "model: here dilation_rate must be 1"),
        (lambda: built(L.Conv1D(3, 2, strides=2, padding="same")), "model: the padding 'same' of Keras depends on T"),
        (lambda: L.MaxPooling1D(2, padding="same"), "model: here padding must be 'valid', got 'same'"),
        (lambda: built(L.Embedding(9, 3, mask_zero=True), None), "model: here no symbol is a mask"),
        (lambda: built(L.Dense(3, "softmax")), "model: here a softmax is part of the loss"),
        (lambda: built(L.Dense(3, "gelu")), "model: here an activation is None, tanh, sigmoid or relu, got gelu"),
        (lambda: L.Dropout(0.5, noise_shape=(None, 1, None)), "model: here noise_shape must be None, got"),
        (lambda: L.LayerNormalization(), "model: from_keras reads .*, got LayerNormalization"),
        (lambda: [built(L.LSTM(4)), built(L.LSTM(4))], r"model\[1\]: LSTM has no sequence to read"),
        (lambda: [L.Activation("tanh")], r"model\[0\]: Activation must stand right after"),
        (lambda: [SHARED, SHARED], r"model\[1\]: it is there twice"),
        (lambda: [SHARED, 3], r"model\[1\]: from_keras reads .*, got int"),
        (list, "model: layers must hold at least one layer"),
        (lambda: 3, "model: from_keras takes a keras.Layer or a list of them, got int"),
    ],
)
def test_a_layer_that_is_not_here_is_refused_with_place_and_reason(model, message):
    model = model()
    with pytest.raises(ValueError, match=f"^{message}") as caught:
        from_keras(model)
    assert "\n" not in str(caught.value)
