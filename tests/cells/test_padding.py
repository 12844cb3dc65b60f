"""What stands in x beyond the lengths, even NaN, changes neither outputs nor gradients."""

import numpy as np
import pytest
from cases import CELLS, case_id, random_state

from lstm_edu import Dense, Dropout, Sequential
from lstm_edu.nn import gradient_flow
from lstm_edu.nn.losses import MeanSquaredError

T, B, D, H = 7, 3, 4, 6
LENGTHS = np.array([7, 2, 5])
BEYOND = np.arange(T)[:, None] >= LENGTHS
every_cell = pytest.mark.parametrize("cell", CELLS, ids=case_id)
every_padding = pytest.mark.parametrize("padding", [np.nan, np.inf, -np.inf, 1e300, 3.0])


def padded(value):
    x = np.random.default_rng(0).standard_normal((T, B, D))
    x[BEYOND] = value
    return x


def forward_and_backward(layer, x, state, lengths=LENGTHS):
    dy = np.random.default_rng(1).standard_normal((T, B, layer.outputs))
    dy[BEYOND] = 0
    y, tape = layer.forward(x, state, lengths=lengths)
    dx, grads, dstate = layer.backward(dy, tape)
    return [y[~BEYOND], dx, grads.flat.copy(), *dstate]


@pytest.mark.kernels
@every_padding
@every_cell
def test_every_gradient_of_a_cell_is_that_of_a_padding_of_zeros(cell, padding):
    layer = cell.make(D, H)
    state = random_state(layer, B, np.random.default_rng(2))
    for got, expected in zip(
        forward_and_backward(layer, padded(padding), state),
        forward_and_backward(layer, padded(0), state, lengths=None),
        strict=True,
    ):
        np.testing.assert_array_equal(got, expected)
    y = layer(padded(padding), state, lengths=LENGTHS)
    np.testing.assert_array_equal(y, layer(padded(0), state))


@pytest.mark.kernels
@every_cell
def test_the_gradient_of_the_padding_is_zero_whatever_dy_is(cell):
    layer, x = cell.make(D, H), padded(3.0)
    y, tape = layer.forward(x, lengths=LENGTHS)
    dx, _, _ = layer.backward(np.ones_like(y), tape)
    assert not dx[BEYOND].any()
    assert dx[~BEYOND].all()


@pytest.mark.kernels
@every_cell
def test_the_callers_x_stays_and_is_not_copied_without_need(cell):
    layer, x = cell.make(D, H), padded(np.nan)
    before = x.copy()
    _, tape = layer.forward(x, lengths=LENGTHS)
    np.testing.assert_array_equal(x, before)
    assert tape.x is not x
    for x, lengths in ((padded(3.0), [T] * B), (padded(3.0), None), (padded(0), LENGTHS)):
        _, tape = layer.forward(x, lengths=lengths)
        assert tape.x is x


@every_padding
@pytest.mark.parametrize("activation", [None, "tanh", "sigmoid", "relu"])
def test_every_gradient_of_a_dense_layer_is_that_of_a_padding_of_zeros(activation, padding):
    layer = Dense(D, H, activation=activation, dtype=np.float64, rng=0)
    layer.params["b"] = np.linspace(-1, 1, H)
    for got, expected in zip(
        forward_and_backward(layer, padded(padding), None), forward_and_backward(layer, padded(0), None), strict=True
    ):
        np.testing.assert_array_equal(got, expected)
        assert np.isfinite(got).all()


@pytest.mark.parametrize("steps", ["all", "last"])
@every_cell
def test_a_network_trains_on_a_batch_with_nan_in_its_padding(cell, steps):
    def gradient(x):
        lower = cell.make(D, H)
        upper = cell.make(lower.outputs, 5)
        dense = Dense(upper.outputs, 2, steps=steps, dtype=np.float64, rng=3)
        net = Sequential([Dropout(0.2, rng=5), lower, upper, dense])
        y, tape = net.forward(x, lengths=LENGTHS)
        target = np.ones(y.shape if steps == "all" else (B, 2))
        value, dy = MeanSquaredError(steps)(y, target, lengths=LENGTHS)
        dx, grads, _ = net.backward(dy, tape)
        return value, dx, grads.flat

    for got, expected in zip(gradient(padded(np.nan)), gradient(padded(0)), strict=True):
        np.testing.assert_array_equal(got, expected)
        assert np.isfinite(got).all()


@every_cell
def test_the_gradient_flow_does_not_see_the_padding(cell):
    layer = cell.make(D, H)
    dy = np.where(BEYOND[..., None], 0, np.random.default_rng(3).standard_normal((T, B, layer.outputs)))
    flows = [gradient_flow(layer, padded(value), dy, lengths=LENGTHS) for value in (np.nan, 0)]
    for name in ("dh", "dc"):
        got, expected = (getattr(flow, name) for flow in flows)
        if expected is not None:
            assert np.isfinite(got).all()
            np.testing.assert_array_equal(got, expected)
