"""minGRU, minLSTM and sLSTM: what is claimed of them beside their twins."""

import numpy as np
import pytest
import reference
from cases import random_state

import lstm_edu as le

pytestmark = pytest.mark.kernels
T, B, D, H = 700, 3, 4, 5


@pytest.mark.parametrize("candidate", ["positive", "linear"])
@pytest.mark.parametrize("cell", [le.MinGRU, le.MinLSTM])
def test_the_scan_is_the_sequential_form(cell, candidate):
    layer = cell(D, H, candidate=candidate, keeping_bias=2, dtype=np.float64, rng=0)
    rng = np.random.default_rng(1)
    x, state = rng.normal(size=(T, B, D)), (rng.normal(size=(B, H)),)
    for pieces in (None, 1, 2, 5):
        np.testing.assert_allclose(layer.scan(x, state, pieces), layer(x, state), atol=1e-12)


def test_the_scan_in_logarithms_of_the_paper_is_the_same_function():
    layer = le.MinGRU(D, H, dtype=np.float64, rng=0)
    x = np.random.default_rng(1).normal(size=(60, B, D))
    pre = x @ layer.params["W"] + layer.params["b"]
    z, n = pre[..., :H], pre[..., H:]
    soft = np.logaddexp(0, z)
    log_keep, log_enter = -soft, -np.logaddexp(0, -z)
    log_n = np.log(np.where(n >= 0, n + 0.5, reference.sigmoid(n)))
    total = np.cumsum(log_keep, axis=0)
    log_h = total + np.logaddexp.accumulate(log_enter + log_n - total, axis=0)
    np.testing.assert_allclose(layer(x), np.exp(log_h), rtol=1e-10)


def test_what_a_step_of_mingru_does_does_not_depend_on_the_state():
    layer = le.MinGRU(D, H, rng=0)
    x = np.random.default_rng(1).normal(size=(9, B, D)).astype(np.float32)
    rng = np.random.default_rng(2)
    gates = [layer.gates(layer.forward(x, random_state(layer, B, rng))[1])["z"].copy() for _ in range(2)]
    np.testing.assert_array_equal(*gates)


def test_the_stabiliser_changes_no_output():
    layer = le.SLSTM(D, H, dtype=np.float64, rng=0)
    x, (h, c, n, m) = np.random.default_rng(1).normal(size=(9, B, D)), random_state(layer, B, np.random.default_rng(2))
    moved = (h, c * np.exp(3), n * np.exp(3), m - 3)  # the same weights, written with another m
    np.testing.assert_allclose(layer(x, moved), layer(x, (h, c, n, m)), rtol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_gates_of_any_size_overflow_nowhere(dtype):
    layer = le.SLSTM(1, 2, dtype=dtype, rng=0)
    x = np.array([-3e3, 3e3, -3e3, 0, 1e4, -1e4, 5], dtype)[:, None, None]
    layer.params["W"] = np.ones_like(layer.params["W"])
    y, tape = layer.forward(x)
    assert np.isfinite(y).all()
    dx, grads, dstate = layer.backward(np.ones_like(y), tape)
    for array in (dx, grads.flat, *dstate):
        assert np.isfinite(array).all()


def test_one_input_gate_can_outweigh_all_that_came_before():
    """With sigmoid gates c is at most a sum of as many candidates as there were steps; here one counts as e^20."""
    layer = le.SLSTM(1, 1, dtype=np.float64)
    layer.params.flat[:] = 0
    layer.params["W"] = [[20.0, 0, 1, 0]]
    layer.params["b"] = [0, 50, 0, 50]  # the forget gate open, the output gate too
    x = np.full((50, 1, 1), -0.2)
    x[30] = 2.0
    y = layer(x)[:, 0, 0]
    np.testing.assert_allclose(y[:30], np.tanh(-0.2), rtol=1e-6)
    np.testing.assert_allclose(y[30:], np.tanh(2.0), rtol=1e-6)
