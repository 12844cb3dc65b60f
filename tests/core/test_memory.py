"""Large arrays use memory again, and never while anybody still looks at it."""

import gc
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from lstm_edu.cells import LSTM
from lstm_edu.core import memory

pytestmark = pytest.mark.kernels
SHAPE = (7, 50, 101)  # 141,400 bytes of float32


@pytest.fixture(autouse=True)
def nothing_waits():
    memory._piles.clear()
    yield
    memory._piles.clear()


def waiting():
    """The sizes of the buffers that wait."""
    return [pile.size for pile in memory._piles.values() for _ in pile]


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
    assert not waiting()
    other = memory.empty(SHAPE, np.float32)
    assert address(other) != first
    del kept
    gc.collect()
    assert len(waiting()) == 1


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
    gone = memory.empty((2, 1 << 20), np.float32)  # a new buffer is made: the time to look at what waits
    assert 0 < sum(waiting()) <= memory.MOST
    del gone


def test_no_more_of_one_size_waits_than_the_limit():
    arrays = [memory.empty((5, 1 << 20), np.float32) for _ in range(5)]  # 20 MiB each
    arrays.clear()
    assert 0 < sum(waiting()) <= memory.MOST


def test_an_array_above_the_limit_is_numpys_own():
    assert memory.empty((memory.MOST // 4 + 1,), np.float32).flags.owndata


ODD_SIZES = [20_000, 20_500, 33_000, 70_000, 300_000, 1_400_000, 5_000_000, 14_000_000]  # of float32


def ask_and_drop(seed, rounds, wrong, keep=0.3):
    """Ask for arrays of mixed sizes, hold each in a reference cycle, drop and collect them in any order.

    Each array carries its number at both ends, where the buffer of a neighbour or one that is too small would show.
    """
    rng, held = np.random.default_rng(seed), []
    for number in range(rounds):
        size = ODD_SIZES[rng.integers(len(ODD_SIZES))] + int(rng.integers(200))
        array = memory.empty((size,), np.float32)
        room = len(array.base._return.buffer) - array.ctypes.data + array.base._return.buffer.ctypes.data
        if room < array.nbytes:
            wrong.append(f"{array.nbytes} bytes wanted, room for {room}")
            return
        array[:8] = array[-8:] = seed * rounds + number
        cycle = [array, seed * rounds + number]
        cycle.append(cycle)
        held.append(cycle)
        while len(held) > 12:
            array, mark, _ = held.pop(int(rng.integers(len(held))))
            if not ((array[:8] == mark).all() and (array[-8:] == mark).all()):
                wrong.append(f"array {mark} was written to by somebody else")
                return
            if rng.random() < keep:
                held.insert(0, [array, mark, None])
                break
        del array, cycle


@pytest.fixture
def eager_collector():
    before = gc.get_threshold()
    gc.set_threshold(1)
    yield
    gc.set_threshold(*before)


@pytest.mark.parametrize("threshold", [1, 90])  # how much may pile up until a collection comes
def test_a_collection_at_any_line_leaves_every_buffer_its_size(threshold, eager_collector):
    gc.set_threshold(threshold)
    events, wrong = [], []

    def tracer(frame, event, argument):
        if frame.f_code.co_filename == memory.__file__:
            events.append((event, []))  # a tracked object: a collection may start here
            return tracer
        return None

    before = sys.gettrace()
    sys.settrace(tracer)
    try:
        ask_and_drop(threshold, 1500, wrong)
    finally:
        sys.settrace(before)
    assert len(events) > 10_000
    assert not wrong


def test_nothing_of_ours_runs_when_an_array_dies():
    array, lines = memory.empty(SHAPE, np.float32), []

    def tracer(frame, event, argument):
        lines.append((frame.f_code.co_name, frame.f_lineno, frame.f_code.co_filename))
        return tracer

    before = sys.gettrace()
    sys.settrace(tracer)
    del array
    sys.settrace(before)
    assert not [line for line in lines if line[2] == memory.__file__]
    assert len(waiting()) == 1


def test_four_threads_with_collections_at_any_time_share_no_buffer(eager_collector):
    wrong = []
    threads = [threading.Thread(target=ask_and_drop, args=(seed, 800, wrong)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def fork_while_threads_ask():
    wrong, codes = [], []
    threads = [threading.Thread(target=ask_and_drop, args=(seed, 2000, wrong)) for seed in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(5):
        child = os.fork()
        if child == 0:
            try:
                ask_and_drop(9, 200, wrong)
            finally:
                os._exit(len(wrong))
        codes.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    for thread in threads:
        thread.join()
    print(codes, wrong)


def alone(script):
    """What a script prints in a process without a tracer: that of coverage may hold a lock when an interrupt comes, or
    in another thread when a process is forked."""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=100, check=False)
    return done.stdout.strip() or done.stderr


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_child_that_is_forked_while_threads_ask_goes_on_asking():
    here = Path(__file__)
    script = (
        f"import sys; sys.path.insert(0, {str(here.parent)!r}); import {here.stem} as m; m.fork_while_threads_ask()"
    )
    assert alone(script) == "[0, 0, 0, 0, 0] []"


INTERRUPTED = """
import signal, sys
import numpy as np
from lstm_edu.core import memory

sent, caught, lost = 0, 0, []
sys.unraisablehook = lost.append

def interrupt(number, frame):
    global sent
    sent += 1
    raise KeyboardInterrupt

signal.signal(signal.SIGALRM, interrupt)
for _ in range(400):
    try:
        signal.setitimer(signal.ITIMER_REAL, 2e-4)
        for _ in range(20_000):
            memory.empty((7, 50, 101), np.float32)
    except KeyboardInterrupt:
        caught += 1
signal.setitimer(signal.ITIMER_REAL, 0)
print(sent, caught, len(lost), memory.empty((7, 50, 101), np.float32).shape)
"""


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no interval timer on this system")
def test_no_ctrl_c_is_lost_while_arrays_die():
    assert alone(INTERRUPTED) == "400 400 0 (7, 50, 101)"


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
    x, other = rng.standard_normal((2, 17, 31, 3)).astype(np.float32)
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
