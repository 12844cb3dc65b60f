"""Functions that kernels call by name: compiled once, there before a kernel from the disk is loaded."""

import os
import subprocess
import sys

import numba
import numpy as np
import pytest

from lstm_edu.core import by_name, packing, product  # noqa: F401  the functions make themselves known
from lstm_edu.core.kernel import kernel
from lstm_edu.core.tile import VECTORS, at, lanes

pytestmark = [
    pytest.mark.kernels,
    pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="machine code is called, and nothing is compiled"),
]


@kernel
def turned(x, out):
    packing.transpose(at(out, 0), out.shape[1], at(x, 0), x.shape[1], x.shape[0], x.shape[1])


@kernel
def panels(U, columns, rows):
    K, N = U.shape
    packing.pack_columns(at(columns, 0), at(U, 0), N, K, N)
    packing.pack_rows(at(rows, 0), at(U, 0), N, N, K)


@kernel
def vector(x):
    return lanes(at(x, 0))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(1, 1), (3, 7), (8, 8), (16, 16), (17, 33), (40, 19)])
def test_a_transpose_is_that_of_numpy_and_touches_nothing_else(shape, dtype):
    x = np.random.default_rng(0).standard_normal(shape).astype(dtype)
    out = np.full((shape[1] + 1, shape[0] + 3), 9, dtype)
    turned(x, out)
    assert np.array_equal(out[:-1, : shape[0]], x.T)
    assert (out[-1] == 9).all()
    assert (out[:, shape[0] :] == 9).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(1, 1), (5, 16), (7, 64), (19, 130), (64, 7)])
def test_panels_hold_every_column_and_zeros_beyond_the_last(shape, dtype):
    U = np.random.default_rng(0).standard_normal(shape).astype(dtype)
    width = VECTORS * vector(U)
    laid = [np.full((-(-n // width), k, width), 9, dtype) for k, n in (shape, shape[::-1])]
    panels(U, *laid)
    for got, matrix in zip(laid, (U, U.T), strict=True):
        K, N = matrix.shape
        side_by_side = got.transpose(1, 0, 2).reshape(K, -1)
        assert np.array_equal(side_by_side[:, :N], matrix)
        assert (side_by_side[:, N:] == 0).all()


def test_a_function_is_compiled_once_for_a_type_and_known_by_its_symbol():
    assert by_name.ensure("product", "float32") == "lstm_edu_product_float32"
    made = by_name._known["lstm_edu_product_float32"]
    by_name.ensure("product", "float32")
    assert by_name._known["lstm_edu_product_float32"] is made


def test_an_array_whose_rows_do_not_lie_one_behind_the_other_is_refused():
    with pytest.raises(numba.TypingError, match="a contiguous array"):
        turned(np.ones((4, 6))[:, ::2], np.ones((3, 4)))


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
