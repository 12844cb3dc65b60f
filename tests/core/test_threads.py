"""The package's own threads: how many there are, and what they do."""

import functools
import os
import signal
import threading
import time

import numba
import numpy as np
import pytest

from lstm_edu.cells import GRU, LSTM, RNN
from lstm_edu.core import get_num_threads, helpers, set_num_threads, team, threads

pytestmark = pytest.mark.kernels


@pytest.fixture(autouse=True)
def as_before(monkeypatch):
    monkeypatch.delenv("LSTM_EDU_NUM_THREADS", raising=False)
    yield
    set_num_threads(None)


def test_the_default_is_the_cores_that_this_process_may_use(monkeypatch):
    assert get_num_threads() == threads.available_cores() >= 1
    if hasattr(os, "sched_getaffinity"):
        monkeypatch.delattr(os, "sched_getaffinity")
    assert threads.available_cores() == os.cpu_count()


def test_the_environment_variable_bounds_them_and_a_call_decides(monkeypatch):
    monkeypatch.setenv("LSTM_EDU_NUM_THREADS", "3")
    assert get_num_threads() == 3
    set_num_threads(5)
    assert get_num_threads() == 5
    set_num_threads(None)
    assert get_num_threads() == 3
    monkeypatch.setenv("LSTM_EDU_NUM_THREADS", "0")
    with pytest.raises(ValueError, match="LSTM_EDU_NUM_THREADS must be a whole number of at least 1, got '0'"):
        get_num_threads()


@pytest.mark.parametrize("batch", [1, 3, 4, 5, 23, 64])
@pytest.mark.parametrize("number", [1, 2, 3, 8])
def test_the_slices_cover_the_batch_once_and_begin_at_multiples_of_four(batch, number):
    seen = []
    set_num_threads(number)
    threads.run(lambda *slice_: seen.append(slice_), batch, threads._WORK)
    seen.sort()
    assert len(seen) <= number
    assert [start for start, _ in seen] == [0] + [stop for _, stop in seen[:-1]]
    assert seen[-1][1] == batch
    assert all(start % 4 == 0 for start, _ in seen)


def test_one_thread_or_little_work_starts_no_thread():
    helpers.forget()
    names = set()
    for number, work in ((1, threads._WORK), (8, threads._WORK - 1)):
        set_num_threads(number)
        threads.run(lambda *_: names.add(threading.current_thread().name), 64, work)
    assert names == {threading.current_thread().name}
    assert not helpers._free


def test_an_error_in_a_slice_reaches_the_caller():
    def fail(start, stop):
        if start:
            raise RuntimeError("in a slice")

    set_num_threads(2)
    with pytest.raises(RuntimeError, match="in a slice"):
        threads.run(fail, 64, threads._WORK)


@pytest.mark.parametrize("failing", ["first", "last"])
def test_an_error_in_one_slice_waits_for_the_others(failing):
    ended = []

    def part(start, stop):
        if (start == 0) == (failing == "first"):
            raise RuntimeError("in a slice")
        time.sleep(0.2)
        ended.append(start)

    set_num_threads(3)
    with pytest.raises(RuntimeError, match="in a slice"):
        threads.run(part, 64, threads._WORK)
    assert len(ended) == (2 if failing == "first" else 1)


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no interval timer on this system")
def test_a_ctrl_c_waits_for_the_slices_that_run():
    ended = []

    def part(start, stop):
        if start:
            time.sleep(0.3)
            ended.append(start)

    def interrupt(number, frame):
        raise KeyboardInterrupt

    set_num_threads(2)
    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        with pytest.raises(KeyboardInterrupt):
            threads.run(part, 64, threads._WORK)
        signal.setitimer(signal.ITIMER_REAL, 0)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert ended == [32]


def test_a_forked_child_starts_threads_of_its_own():
    set_num_threads(2)
    threads.run(lambda *_: None, 64, threads._WORK)
    assert helpers._free
    helpers.forget()  # what a child process does first
    seen = []
    threads.run(lambda *slice_: seen.append(slice_), 64, threads._WORK)
    assert len(seen) == 2


def test_threads_can_share_a_layer():
    layer = LSTM(3, 7, dtype=np.float64, rng=0)
    rng = np.random.default_rng(0)
    inputs = [rng.standard_normal((5 + k, 2 + k, 3)) for k in range(6)]
    expected = [layer(x) for x in inputs]
    results = [None] * len(inputs)

    def work(k):
        for _ in range(20):
            results[k] = layer(inputs[k])

    workers = [threading.Thread(target=work, args=(k,)) for k in range(len(inputs))]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    for got, want in zip(results, expected, strict=True):
        assert np.array_equal(got, want)


def test_an_interpreter_that_shuts_down_starts_no_threads(monkeypatch):
    def refuse(self):
        raise RuntimeError("can't start new thread")

    helpers.forget()
    monkeypatch.setattr(threading.Thread, "start", refuse)
    set_num_threads(2)
    seen = []
    threads.run(lambda *slice_: seen.append(slice_), 64, threads._WORK)
    assert seen == [(0, 64)]


def test_a_limit_for_some_time_gives_back_the_setting_before():
    with threads.limited_to(3):
        assert get_num_threads() == 3
        with threads.limited_to(1):
            assert get_num_threads() == 1
        assert get_num_threads() == 3
    assert threads._threads is None


def test_threads_are_used_again_and_never_more_than_are_allowed():
    helpers.forget()
    set_num_threads(3)
    seen = set()
    for _ in range(20):
        threads.run(lambda *_: seen.add(threading.get_ident()), 64, threads._WORK)
    assert len(seen) <= 3
    assert helpers._count <= 2


def test_nobody_comes_when_all_are_busy():
    helpers.forget()
    busy = helpers.call(1)
    assert helpers.call(1) is None
    busy.begin(lambda: None)
    assert busy.end() is None
    assert helpers.call(1) is busy


def test_a_thread_that_nobody_waits_for_is_free_when_it_has_ended():
    helpers.forget()
    helper = helpers.call(1)
    seen = []
    helper.begin(lambda: seen.append(1), awaited=False)
    deadline = time.monotonic() + 60
    while not helpers._free and time.monotonic() < deadline:
        time.sleep(0.001)
    assert seen == [1]
    assert helpers.call(1) is helper


def test_what_was_never_begun_has_ended():
    """After a Ctrl-C between the call of a thread and its job."""
    helpers.forget()
    helper = helpers.call(1)
    assert helper.end() is None
    helper.begin(lambda: None)
    assert helper.end() is None


@pytest.fixture
def over():
    """Set when the test has ended, however it ended: who looks for a job until then leaves."""
    event = threading.Event()
    yield event
    event.set()
    helpers.forget()


def test_who_looks_for_a_job_is_not_woken(monkeypatch, over):
    """The same as on machine code, where looking is quicker than to fall asleep."""

    def look(self, word, before, more):
        while self._words[word] == before and not over.is_set():
            time.sleep(0.001)
        return self._words[word] != before

    monkeypatch.setattr(helpers.Helper, "_changed", look)
    helpers.forget()
    set_num_threads(2)
    for _ in range(5):
        seen = []
        threads.run(lambda *slice_, seen=seen: seen.append(slice_), 64, threads._WORK)
        assert sorted(seen) == [(0, 32), (32, 64)]


def test_a_look_that_saw_a_job_where_there_is_none_lets_nothing_be_done(monkeypatch, over):
    looks = []

    def look(self, word, before, more):
        time.sleep(0.001)
        looks.append(word)
        return not over.is_set()

    monkeypatch.setattr(helpers.Helper, "_changed", look)
    helpers.forget()
    helper, done = helpers.call(1), []
    deadline = time.monotonic() + 10
    while len(looks) < 5 and time.monotonic() < deadline:
        time.sleep(0.001)
    assert len(looks) >= 5
    for job in range(3):
        helper.begin(functools.partial(done.append, job))
        assert helper.end() is None
    assert done == [0, 1, 2]


def test_the_slots_say_how_many_may_be_used_and_who_is_there():
    team.forget()
    assert team.use(3, "float64", 0) == 0
    assert team.use(0, "float64", 0) == 3
    team._memory["float64"][2, 0] = team._IDLE
    assert team.absent(3, "float64") == [1, 3]
    assert team.absent(3, "float32") == [1, 2, 3]
    team.forget()
    assert team.absent(2, "float64") == [1, 2]


def test_a_slice_that_ends_long_after_the_others_is_waited_for():
    ended = []

    def part(start, stop):
        if start:
            time.sleep(0.05)
            ended.append(start)

    set_num_threads(2)
    for _ in range(3):
        threads.run(part, 64, threads._WORK)
    assert ended == [32] * 3


@pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="products are shared in machine code only")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("cell", [RNN, LSTM, GRU])
def test_threads_that_share_each_product_give_the_same_bits(cell, dtype, monkeypatch):
    monkeypatch.setattr(threads, "_WORK", 0)
    layer = cell(70, 203, dtype=dtype, rng=0)
    rng = np.random.default_rng(0)
    x, dy = rng.standard_normal((40, 3, 70)).astype(dtype), rng.standard_normal((40, 3, 203)).astype(dtype)
    results = []
    for number in (1, 2, 4):
        set_num_threads(number)
        for _ in range(5):
            y, tape = layer.forward(x)
            dx, grads, dstate = layer.backward(dy, tape)
            results.append([y, dx, grads.flat, *dstate])
    for result in results[1:]:
        assert all(np.array_equal(a, b) for a, b in zip(result, results[0], strict=True))


@pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="products are shared in machine code only")
def test_a_thread_that_waits_takes_a_part_and_leaves_when_none_comes(monkeypatch):
    monkeypatch.setattr(threads, "_WORK", 0)
    monkeypatch.setattr(team, "absent", lambda count, number: [1])
    helpers.forget()
    set_num_threads(2)
    layer = LSTM(64, 256, rng=0)
    slot = team._memory["float32"][1]
    slot[1:] = 0
    deadline = time.monotonic() + 60
    while not slot[1] and time.monotonic() < deadline:  # who comes late finds nothing to do: some run it meets
        layer(np.ones((200, 1, 64), np.float32))
    assert slot[1], "nothing was ever posted"
    while slot[0] and time.monotonic() < deadline:
        time.sleep(0.01)
    assert slot[0] == 0


@pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="products are shared in machine code only")
def test_a_slot_that_nobody_serves_any_more_stops_nobody(monkeypatch):
    """As in the child of a process whose thread waited at the moment of the fork."""
    monkeypatch.setattr(threads, "_WORK", 0)
    layer = LSTM(64, 256, rng=0)
    x = np.ones((9, 1, 64), np.float32)
    set_num_threads(1)
    expected = layer(x)
    set_num_threads(2)
    monkeypatch.setattr(helpers, "call", lambda most: None)
    slot = team._memory["float32"][1]
    slot[0] = team._IDLE
    try:
        assert np.array_equal(layer(x), expected)
        assert slot[0] == team._IDLE
        assert slot[1] != 0  # it was posted, and taken back
    finally:
        team.forget()
