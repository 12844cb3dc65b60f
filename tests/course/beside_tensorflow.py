"""What chapter 12 says of Keras and TensorFlow, tried on them: python beside_tensorflow.py, which asserts.

In a process of its own, because TensorFlow brings threads, warnings and half a gigabyte with it. The orders of the
blocks come from the chapter's table, as JSON: {"Keras 3": [lstm, gru], "TensorFlow 1.x": [lstm]}.
"""

import json
import sys

import keras
import numpy as np
import tensorflow as tf

import lstm_edu as le

T, B, D, H = 7, 2, 3, 5
ORDERS = json.loads(sys.argv[1])
RNG = np.random.default_rng(0)
X = RNG.standard_normal((T, B, D)).astype(np.float32)


def reorder(a, order):
    blocks = np.split(a, len(order), axis=-1)
    return np.concatenate([blocks[k] for k in order], axis=-1)


def drawn(layer):
    """The layer with biases of every kind, so that none is forgotten unseen."""
    for name in ("b", "bn", "p"):
        if name in layer.params:
            layer.params[name] = RNG.standard_normal(layer.params[name].shape)
    return layer


def array(tensor):
    return keras.ops.convert_to_numpy(tensor)


def built(cls, units=H, **kwargs):
    layer = cls(units, return_sequences=True, **kwargs)
    layer.build((None, T, D))
    return layer


def keras_computes(theirs, ours, weights):
    theirs.set_weights(weights)
    np.testing.assert_allclose(array(theirs(X.swapaxes(0, 1))).swapaxes(0, 1), ours(X), rtol=0, atol=1e-5)


lstm, gru = ORDERS["Keras 3"]
ours = drawn(le.LSTM(D, H, rng=0))
W, U, b = (ours.params[name] for name in "WUb")
keras_computes(built(keras.layers.LSTM), ours, [reorder(a, lstm) for a in (W, U, b)])

ours = drawn(le.GRU(D, H, reset_after=True, rng=0))
W, U, b, bn = (ours.params[name] for name in ("W", "U", "b", "bn"))
bias = np.stack([reorder(b, gru), np.concatenate([np.zeros(2 * H), bn])])
keras_computes(built(keras.layers.GRU), ours, [reorder(W, gru), reorder(U, gru), bias])

ours = drawn(le.GRU(D, H, rng=0))
W, U, b = (ours.params[name] for name in "WUb")
keras_computes(built(keras.layers.GRU, reset_after=False), ours, [reorder(a, gru) for a in (W, U, b)])

# where Keras starts
kernel, recurrent, bias = (array(w) for w in built(keras.layers.LSTM, units=50).weights)
limit = np.sqrt(6 / (D + 4 * 50))
assert 0.95 * limit < np.abs(kernel).max() <= limit
np.testing.assert_allclose(recurrent @ recurrent.T, np.eye(50), atol=1e-5)
lengths = np.linalg.norm(np.split(recurrent, 4, axis=1), axis=2)  # (4, 50): each row of each block
assert 0.4 < lengths.mean() < 0.6
assert bias.tolist() == [0] * 50 + [1] * 50 + [0] * 100
assert not array(built(keras.layers.GRU).weights[2]).any()

# a mask made of zeros repeats the last real output, and return_sequences=False gives it
padded = X.swapaxes(0, 1).copy()
padded[1, 4:] = 0
layer = built(keras.layers.LSTM)
y = array(layer(keras.layers.Masking(0.0)(padded)))
assert (y[1, 4:] == y[1, 3]).all()
assert not np.allclose(array(layer(padded))[1, -1], y[1, 3])
layer.return_sequences = False
np.testing.assert_array_equal(array(layer(keras.layers.Masking(0.0)(padded)))[1], y[1, 3])

# the cells of TensorFlow 1.x, as the operators that they are still there
(lstm,) = ORDERS["TensorFlow 1.x"]
ours = drawn(le.PeepholeLSTM(D, H, rng=0))
W, U, b, (p_i, p_f, p_o) = (ours.params[name] for name in "WUbp")
bias = reorder(b, lstm)
bias[2 * H : 3 * H] -= 1.0
h, c = np.zeros((2, B, H), np.float32)
kernel = reorder(np.vstack([W, U]), lstm)
for x in X:
    _, c, _, _, _, _, h = tf.raw_ops.LSTMBlockCell(
        x=x, cs_prev=c, h_prev=h, w=kernel, wci=p_i, wcf=p_f, wco=p_o, b=bias,
        forget_bias=1.0, cell_clip=-1.0, use_peephole=True,
    )  # fmt: skip
np.testing.assert_allclose(h.numpy(), ours(X)[-1], rtol=0, atol=1e-5)

ours = drawn(le.GRU(D, H, rng=0))
W, U, b = (ours.params[name] for name in "WUb")
kernel, h = np.vstack([W, U]), np.zeros((B, H), np.float32)
for x in X:
    _, _, _, h = tf.raw_ops.GRUBlockCell(
        x=x, h_prev=h, w_ru=kernel[:, : 2 * H], w_c=kernel[:, 2 * H :], b_ru=b[: 2 * H], b_c=b[2 * H :]
    )
np.testing.assert_allclose(h.numpy(), ours(X)[-1], rtol=0, atol=1e-5)
assert "`glorot_uniform_initializer` will be used" in tf.compat.v1.get_variable.__doc__
print("all as chapter 12 says")
