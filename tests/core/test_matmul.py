"""The products: against NumPy, for every way in which sizes can fill or not fill a tile."""

import itertools
import os
import subprocess
import sys

import numba
import numpy as np
import pytest

from lstm_edu.cells import LSTM
from lstm_edu.core import matmul
from lstm_edu.core.gradients import DEPTH
from lstm_edu.core.kernel import kernel
from lstm_edu.core.matmul import add_product, pack, pack_transposed, set_product

pytestmark = pytest.mark.kernels
TOLERANCE = {np.float64: 1e-13, np.float32: 1e-5}


@kernel
def add(out, h, U, b0, b1, first, last, out_at, h_at):
    add_product(out, h, pack(U, b1 - b0, first, last), b0, b1, out_at, h_at)


@kernel
def add_transposed(out, h, U, b0, b1, first, last, out_at, h_at):
    add_product(out, h, pack_transposed(U, first, last), b0, b1, out_at, h_at)


@kernel
def assign(out, bias, h, U, b0, b1):
    set_product(out, bias, h, pack(U, b1 - b0), b0, b1)


def numbers(rng, dtype, *shape):
    return rng.standard_normal(shape).astype(dtype)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("N", [1, 3, 16, 17, 64, 130])
@pytest.mark.parametrize("K", [1, 2, 5])
@pytest.mark.parametrize("B", [1, 3, 4, 9])
def test_add_product_adds_h_times_u_to_its_rows_and_columns_alone(B, K, N, dtype):
    rng = np.random.default_rng(0)
    for name, product in (("U", add), ("U^T", add_transposed)):
        U = numbers(rng, dtype, K, N + 3) if name == "U" else numbers(rng, dtype, N, K + 3)
        h, out = numbers(rng, dtype, B + 2, K + 1), numbers(rng, dtype, B + 2, N + 3)
        part = U[:, 2 : 2 + N] if name == "U" else U[:, 2 : 2 + K].T
        expected = out.copy()
        expected[1 : B + 1, 1 : 1 + N] += h[1 : B + 1, 1 : 1 + K] @ part
        product(out, h, U, 1, B + 1, 2, 2 + (N if name == "U" else K), 1, 1)
        np.testing.assert_allclose(out, expected, rtol=0, atol=TOLERANCE[dtype])
        untouched = np.ones(out.shape, bool)
        untouched[1 : B + 1, 1 : 1 + N] = False
        assert np.array_equal(out[untouched], expected[untouched])


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("size", [(1, 3, 5), (7, 2, 16), (9, 4, 70)])
def test_set_product_is_bias_plus_product(size, dtype):
    B, K, N = size
    rng = np.random.default_rng(0)
    h, U, bias, out = (numbers(rng, dtype, *s) for s in ((B, K), (K, N), (N,), (B, N)))
    assign(out, bias, h, U, 0, B)
    np.testing.assert_allclose(out, bias + h @ U, rtol=0, atol=TOLERANCE[dtype])


def test_nan_in_one_row_stays_in_that_row():
    rng = np.random.default_rng(0)
    h, U, out = numbers(rng, np.float64, 9, 5), numbers(rng, np.float64, 5, 21), np.zeros((9, 21))
    h[2, 3] = np.nan
    add(out, h, U, 0, 9, 0, -1, 0, 0)
    assert np.isnan(out[2]).all()
    assert np.isfinite(np.delete(out, 2, axis=0)).all()


@pytest.mark.parametrize("size", [(3, 2, 5), (1, 70, 3), (70, 3, 2)])
def test_the_input_product_gives_every_step_though_it_works_ahead(size):
    T, B, D = size
    N = 7
    rng = np.random.default_rng(0)
    x, W, bias = (numbers(rng, np.float64, *s) for s in ((T, B, D), (D, N), (N,)))
    for kept in {T, 1, min(T, 4)}:
        for cuts in ((0, B), (0, B // 2, B)):
            a = np.full((kept, B, N), np.nan)
            for t in range(T):
                for b0, b1 in itertools.pairwise(cuts):
                    if b1 > b0:
                        run_input_product(a, x, W, bias, t, b0, b1)
                np.testing.assert_allclose(a[t % kept], x[t] @ W + bias, rtol=0, atol=1e-13)


@kernel
def run_input_product(a, x, W, bias, t, b0, b1):
    matmul.input_product(a, x, pack(W, 1), bias, t, b0, b1)


@pytest.mark.parametrize("rows", [0, 1, 5, DEPTH, 2 * DEPTH + 3])
@pytest.mark.parametrize("columns", [(0, 21), (5, 17)])
def test_parameter_gradients_are_sums_over_all_rows(rows, columns):
    rng = np.random.default_rng(0)
    D, H, N, at = 3, 18, 21, 2
    x, h, delta = (numbers(rng, np.float64, rows, n) for n in (D, H, N))
    dW, dU, db = np.full((D, N + at), 9.0), np.full((H, N + at), 9.0), np.full(N, 9.0)
    c0, c1 = columns
    matmul.parameter_gradients(x, h, delta, at, dW, dU, db, c0, c1)
    for got, expected in ((dW, x.T @ delta), (dU, h.T @ delta)):
        np.testing.assert_allclose(got[:, at + c0 : at + c1], expected[:, c0:c1], rtol=0, atol=1e-11)
        assert (np.delete(got, np.s_[at + c0 : at + c1], axis=1) == 9).all()
    np.testing.assert_allclose(db[c0:c1], delta.sum(0)[c0:c1], rtol=0, atol=1e-11)
    assert (np.delete(db, np.s_[c0:c1]) == 9).all()


def test_an_array_of_another_type_is_refused_when_the_kernel_is_compiled():
    if numba.config.DISABLE_JIT:
        pytest.skip("nothing is compiled with the JIT switched off")
    h, U, out = np.ones((2, 3)), np.ones((3, 4), np.float32), np.ones((2, 4))
    with pytest.raises(numba.TypingError, match="a product of one type of numbers"):
        add(out, h, U, 0, 2, 0, -1, 0, 0)


OTHER_PROCESSORS = {
    "AVX2": ("haswell", "+avx2,+avx,+fma,+bmi2,+sse4.2"),
    "AVX": ("sandybridge", "+avx,+sse4.2"),
    "SSE2": ("generic", "+sse2"),
}


@pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="nothing is compiled with the JIT switched off")
@pytest.mark.skipif(
    bool(numba.config.CPU_NAME or numba.config.BOUNDSCHECK), reason="the kernels of this run are already others"
)
@pytest.mark.parametrize("name", OTHER_PROCESSORS)
def test_vectors_of_other_widths_give_the_same_numbers(name, tmp_path):
    """What this machine's processor can also run: the same layer, compiled for narrower registers."""
    import platform

    if platform.machine() not in ("x86_64", "AMD64"):
        pytest.skip("processors of another kind")
    code = """
import numpy as np
from lstm_edu.cells import LSTM
from lstm_edu.core.tile import VECTOR_BYTES
layer = LSTM(5, 19, rng=0)
x = np.random.default_rng(1).standard_normal((6, 9, 5)).astype(np.float32)
y, tape = layer.forward(x)
dx, grads, _ = layer.backward(y, tape)
print(VECTOR_BYTES, *np.concatenate([y.ravel(), dx.ravel(), grads.flat]))
"""
    cpu, features = OTHER_PROCESSORS[name]
    environment = {"NUMBA_CPU_NAME": cpu, "NUMBA_CPU_FEATURES": features, "NUMBA_CACHE_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    width, *values = done.stdout.split()
    assert int(width) == {"AVX2": 32, "AVX": 16, "SSE2": 16}[name]
    layer = LSTM(5, 19, rng=0)
    y, tape = layer.forward(np.random.default_rng(1).standard_normal((6, 9, 5)).astype(np.float32))
    dx, grads, _ = layer.backward(y, tape)
    expected = np.concatenate([y.ravel(), dx.ravel(), grads.flat])
    np.testing.assert_allclose(np.array(values, np.float64), expected, rtol=0, atol=2e-5)
