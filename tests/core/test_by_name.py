"""Functions that kernels call by name: compiled once, there before a kernel from the disk is loaded."""

import ctypes
import os
import subprocess
import sys

import numba
import numpy as np
import pytest
from numba import types

from lstm_edu.core import by_name, cache, packing, product, shared  # noqa: F401  functions make themselves known
from lstm_edu.core.kernel import OPTIONS, kernel
from lstm_edu.core.tile import VECTOR_BYTES, VECTORS, at

pytestmark = pytest.mark.kernels
compiled = pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="kernels are plain Python with the JIT off")


@kernel
def turned(x, out):
    packing.transpose(at(out, 0), out.shape[1], at(x, 0), x.shape[1], x.shape[0], x.shape[1])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(1, 1), (3, 7), (8, 8), (16, 16), (17, 33), (40, 19)])
def test_a_transpose_is_that_of_numpy_and_touches_nothing_else(shape, dtype):
    x = np.random.default_rng(0).standard_normal(shape).astype(dtype)
    out = np.full((shape[1] + 1, shape[0] + 3), 9, dtype)
    transpose = by_name.from_python("transpose", x.dtype.name)
    transpose(address(out), out.shape[1], address(x), x.shape[1], *shape)
    assert np.array_equal(out[:-1, : shape[0]], x.T)
    assert (out[-1] == 9).all()
    assert (out[:, shape[0] :] == 9).all()


def address(array):
    """What a function for C takes."""
    return array.ctypes.data_as(ctypes.POINTER(ctypes.c_float if array.dtype == np.float32 else ctypes.c_double))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(1, 1), (5, 16), (7, 64), (19, 130), (64, 7)])
def test_panels_hold_every_column_and_zeros_beyond_the_last(shape, dtype):
    U = np.random.default_rng(0).standard_normal(shape).astype(dtype)
    width = VECTORS * VECTOR_BYTES // U.itemsize
    for name, matrix in (("pack_columns", U), ("pack_rows", U.T)):
        K, N = matrix.shape
        panels = np.full((-(-N // width), K, width), 9, dtype)
        by_name.from_python(name, U.dtype.name)(address(panels), address(U), shape[1], K, N)
        side_by_side = panels.transpose(1, 0, 2).reshape(K, -1)
        assert np.array_equal(side_by_side[:, :N], matrix)
        assert (side_by_side[:, N:] == 0).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("B", [1, 3, 4, 7, 8, 21, 35])
@pytest.mark.parametrize("N", [1, 15, 16, 33, 48, 63, 130, 300])
def test_a_product_is_that_of_numpy_however_its_tiles_fall(B, N, dtype):
    rng, K = np.random.default_rng(0), 5
    h, begin = rng.standard_normal((B, K + 2)).astype(dtype), rng.standard_normal((B, N)).astype(dtype)
    width = VECTORS * VECTOR_BYTES // h.itemsize
    panels = rng.standard_normal((-(-N // width), K, width)).astype(dtype)
    out = np.full((B + 1, N + 3), 9, dtype)
    by_name.from_python("product", h.dtype.name)(
        address(out), N + 3, address(begin), N, address(h), K + 2, address(panels), K * width, width, B, K, N, 1
    )
    expected = begin + h[:, :K] @ panels.transpose(1, 0, 2).reshape(K, -1)[:, :N]
    np.testing.assert_allclose(out[:B, :N], expected, rtol=0, atol=1e-5 if dtype == np.float32 else 1e-13)
    assert (out[B] == 9).all()
    assert (out[:, N:] == 9).all()


def test_a_function_is_compiled_once_for_a_type_and_known_by_its_symbol():
    assert by_name.ensure("product", "float32") == "lstm_edu_product_float32"
    made = by_name._known["lstm_edu_product_float32"]
    by_name.ensure("product", "float32")
    assert by_name._known["lstm_edu_product_float32"] is made


def test_where_nothing_can_be_written_a_function_is_compiled_all_the_same():
    x = np.array([1.5, 2.0])
    cache.compiled_for_c(doubled, DOUBLED, OPTIONS, None).ctypes(address(x))
    assert x[0] == 3.0


def test_a_numba_whose_cache_works_otherwise_compiles_and_says_so(monkeypatch, tmp_path):
    def changed(*_):
        raise AttributeError("no such thing any more")

    monkeypatch.setattr(cache, "_Cache", changed)
    monkeypatch.setattr(cache, "_said", [])
    with pytest.warns(RuntimeWarning, match="no such thing any more"):
        made = cache.compiled_for_c(doubled, DOUBLED, OPTIONS, tmp_path)
    x = np.array([1.5, 2.0])
    made.ctypes(address(x))
    assert x[0] == 3.0


DOUBLED = types.void(types.CPointer(types.float64))


def doubled(x):
    x[0] = 2 * x[0]


def test_code_that_names_a_function_of_another_version_asks_for_nothing_that_is_not_there():
    before = dict(by_name._known)
    by_name._ensure_all_in(b"... lstm_edu_multiplied_float32 ...")
    assert by_name._known == before


def test_code_that_names_functions_asks_for_each_once_by_its_numbers(monkeypatch):
    asked = []
    monkeypatch.setattr(by_name, "ensure", lambda *which: asked.append(which))
    by_name._ensure_all_in(b". lstm_edu_product_float32 lstm_edu_product_float64 lstm_edu_product_float32 .")
    assert sorted(asked) == [("product", "float32"), ("product", "float64")]


@compiled
def test_what_shares_products_has_an_address():
    assert by_name.address("share", "float64") == by_name._known["lstm_edu_share_float64"].address > 0


@compiled
def test_an_array_whose_rows_do_not_lie_one_behind_the_other_is_refused():
    with pytest.raises(numba.TypingError, match="a contiguous array"):
        turned(np.ones((4, 6))[:, ::2], np.ones((3, 4)))


@compiled
def test_a_kernel_from_the_disk_finds_what_it_calls(tmp_path):
    """The first process compiles, the second loads; in each a symbol that is missing would end the process."""
    code = """
import numpy as np
from lstm_edu.cells import lstm
layer = lstm.LSTM(3, 5, rng=0)
y, tape = layer.forward(np.ones((7, 2, 3), np.float32))
layer.backward(y, tape)
print(sum(lstm.forward.stats.cache_hits.values()), float(y.sum()))
"""
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}
    runs = [
        subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
        for _ in range(2)
    ]
    assert [run.returncode for run in runs] == [0, 0], [run.stderr for run in runs]
    (first, a), (second, b) = (run.stdout.split() for run in runs)
    assert (first, second) == ("0", "1")
    assert a == b
