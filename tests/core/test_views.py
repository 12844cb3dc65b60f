"""Nobody's array is written to behind their back: views that other libraries hold keep large memory from being used."""

import ctypes
import gc

import numpy as np
import pytest

from lstm_edu.cells import LSTM
from lstm_edu.core import memory

pytestmark = pytest.mark.kernels
SHAPE = (7, 50, 101)  # 141,400 bytes of float32: large enough to be used again


def torch_view(array):
    return pytest.importorskip("torch").from_numpy(array)


VIEWS = {
    "dlpack": np.from_dlpack,
    "memoryview": memoryview,
    "a part of a memoryview": lambda array: memoryview(array)[2:],
    "ctypes": lambda array: array.ctypes.data_as(ctypes.POINTER(ctypes.c_float)),
    "ctypes buffer": lambda array: (ctypes.c_float * array.size).from_buffer(array),
    "ctypeslib": np.ctypeslib.as_ctypes,
    "torch": torch_view,
    "torch by dlpack": lambda array: pytest.importorskip("torch").from_dlpack(array),
    "a part of a torch tensor": lambda array: torch_view(array)[1:].numpy(),
}


@pytest.mark.parametrize("name", VIEWS)
def test_memory_that_another_library_looks_at_is_not_used_again(name):
    array = memory.empty(SHAPE, np.float32)
    array[...] = 7
    address, size = array.ctypes.data, array.nbytes
    view = VIEWS[name](array)
    del array
    gc.collect()
    others = [memory.empty(SHAPE, np.float32) for _ in range(4)]
    for other in others:
        other[...] = 0
        assert not address - size < other.ctypes.data < address + size
    seen = (ctypes.c_float * (size // 4)).from_address(address)
    assert set(seen) == {7.0}
    del view


@pytest.mark.parametrize("name", VIEWS)
def test_outputs_and_gates_that_another_library_looks_at_stay(name):
    layer, rng = LSTM(3, 40, rng=0), np.random.default_rng(0)
    x, other = rng.standard_normal((2, 17, 31, 3)).astype(np.float32)
    y, tape = layer.forward(x)
    results = [np.ascontiguousarray(y), *(r[0:] for r in (y, tape.a, tape.h, layer.backward(y, tape)[0]))]
    before = [(r.ctypes.data, r.copy()) for r in results]
    views = [VIEWS[name](r) for r in results]
    del y, tape, results
    gc.collect()
    for _ in range(3):
        layer.backward(*layer.forward(other))
    for address, then in before:
        seen = np.array((ctypes.c_float * then.size).from_address(address), np.float32)
        np.testing.assert_array_equal(seen, then.ravel())
    del views
