"""Large arrays use memory again, and never while anybody still looks at it."""

import gc
import threading

import numpy as np
import pytest

from lstm_edu.cells import LSTM, memory

pytestmark = pytest.mark.kernels
SHAPE = (7, 50, 101)  # 141,400 bytes of float32


@pytest.fixture(autouse=True)
def nothing_waits():
    memory._waiting.clear()
    yield
    memory._waiting.clear()


def address(array):
    return array.ctypes.data


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_arrays_have_the_shape_and_type_asked_for_and_begin_at_a_cache_line(dtype):
    array = memory.empty(SHAPE, dtype)
    assert array.shape == SHAPE
    assert array.dtype == dtype
    assert array.flags.c_contiguous
    assert array.flags.writeable
    assert array.flags.aligned
    assert address(array) % 64 == 0
    array[...] = 3
    assert array.sum() == 3 * array.size


def test_memory_comes_back_when_the_array_is_gone():
    array = memory.empty(SHAPE, np.float32)
    first = address(array)
    del array
    assert address(memory.empty(SHAPE, np.float32)) == first


def test_two_arrays_never_share_memory():
    one, two = memory.empty(SHAPE, np.float32), memory.empty(SHAPE, np.float32)
    assert not np.shares_memory(one, two)


@pytest.mark.parametrize(
    "view",
    [
        lambda a: a[1:],
        lambda a: a[1:][:, 3][..., ::2],
        lambda a: a.reshape(-1),
        lambda a: a.T,
        lambda a: a.view(np.int32),
        lambda a: memoryview(a),
        lambda a: np.frombuffer(a, np.uint8),
        lambda a: a[2].__array_interface__ and iter(a),
    ],
)
def test_a_view_keeps_the_memory(view):
    array = memory.empty(SHAPE, np.float32)
    first = address(array)
    kept = view(array)
    del array
    gc.collect()
    assert not memory._waiting
    other = memory.empty(SHAPE, np.float32)
    assert address(other) != first
    del kept
    gc.collect()
    assert len(memory._waiting) == 1


def test_sizes_that_differ_little_share_memory_and_others_do_not():
    first = address(memory.empty((800, 101), np.float32))
    assert address(memory.empty((799, 101), np.float32)) == first
    other = memory.empty((400, 101), np.float32)
    assert address(other) != first


@pytest.mark.parametrize("size", [65536, 65537, 100_000, 131_071, 131_072, 10**7 + 1])
def test_a_size_class_wastes_at_most_an_eighth(size):
    assert size <= memory._size_class(size) <= size + size // 8 + 1
    assert memory._size_class(memory._size_class(size)) == memory._size_class(size)


def test_small_arrays_are_numpys_own():
    assert memory.empty((16, 1023), np.float32).flags.owndata
    assert memory.empty((0, 3), np.float32).shape == (0, 3)


def test_no_more_waits_than_the_limit():
    arrays = [memory.empty((k, 1 << 20), np.float32) for k in (3, 5, 7, 9)]  # 12 to 36 MiB
    arrays.clear()
    assert 0 < sum(map(len, memory._waiting)) <= memory.MOST


def test_threads_can_ask_at_once():
    wrong = []

    def work(number):
        for _ in range(300):
            array = memory.empty((200, 101), np.float32)
            array[...] = number
            if not (array == number).all():
                wrong.append(number)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_what_a_layer_gave_away_is_never_written_to_again():
    layer, rng = LSTM(3, 40, rng=0), np.random.default_rng(0)
    x, other = rng.standard_normal((2, 70, 31, 3)).astype(np.float32)
    y, tape = layer.forward(x)
    dx, grads, dstate = layer.backward(y, tape)
    alone, state, gate = layer(x), tape.state, layer.gates(tape)["f"]
    results = y, alone, dx, grads.flat, *dstate, *state, gate
    before = [np.copy(result) for result in results]
    del tape
    for _ in range(3):
        y_other, tape_other = layer.forward(other)
        layer.backward(y_other, tape_other)
        layer(other)
        del tape_other
    for now, then in zip(results, before, strict=True):
        np.testing.assert_array_equal(now, then)
