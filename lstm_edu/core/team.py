"""Threads that wait for a part of a product, so close that a microsecond of work is worth handing over.

A slot is a row of words in memory that both sides look at again and again. Its first word says whose turn it is:

    ABSENT -> IDLE -> POSTED -> TAKEN -> DONE -> IDLE     who waits: enter, take, done, leave; who asks: the others
              IDLE <- POSTED                              nobody took it: who posted it takes it back and does it

So nobody ever waits for a thread that has not begun: on a machine that is busy with other things all goes on as on one
thread. A thread that has waited in vain for a while leaves. Row 0 of the slots belongs to who asks: one thread at a
time, and how many slots it may use. The other words of a slot are what `columns` in `core/product.py` is called with.
"""

import os
import time

import llvmlite.binding as llvm
import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, register_jitable

from .by_name import define
from .kernel import kernel
from .tile import at

SLOTS, _WORDS = 15, 16  # a row fills two lines of the cache: nobody else's words are on them
_PAUSES = llvm.get_process_triple().startswith("x86_64")
PATIENCE = 2e-3  # seconds that somebody looks before it leaves: less, and the system leaves two threads on one core
_ABSENT, _IDLE, _POSTED, _TAKEN, _DONE = range(5)

_memory = {number: np.zeros((SLOTS + 1, _WORDS), np.int64) for number in ("float32", "float64")}
_OWNER, _SIZE, _SHARE = range(3)  # words of row 0; the last: the address of `share`


def forget() -> None:
    """A child process has none of its parent's threads."""
    for words in _memory.values():
        words[:] = 0


if hasattr(os, "register_at_fork"):  # pragma: no branch
    os.register_at_fork(after_in_child=forget)


def use(count: int, number: str, share: int) -> int:
    """Say how many slots those who ask may use for a type of numbers; the number before comes back.

    share: the address of the function of `core/shared.py`."""
    words = _memory[number][0]
    before = int(words[_SIZE])
    words[_SHARE] = share
    words[_SIZE] = count
    return before


def absent(count: int, number: str) -> list[int]:
    """Which of the first slots nobody waits in."""
    return [p for p in range(1, count + 1) if _memory[number][p, 0] == _ABSENT]


slots = define("slots", types.CPointer(types.int64), lambda number: _memory[number].ctypes.data)


# What both sides do to a word, so that the other side sees all that was written before.


@intrinsic
def _look(typing_context, words, place):
    def build(context, builder, signature, arguments):
        return builder.load_atomic(builder.gep(arguments[0], [arguments[1]]), "acquire", 8)

    return types.int64(words, types.intp), build


@intrinsic
def _say(typing_context, words, place, value):
    def build(context, builder, signature, arguments):
        builder.store_atomic(arguments[2], builder.gep(arguments[0], [arguments[1]]), "release", 8)
        return context.get_dummy_value()

    return types.void(words, types.intp, types.int64), build


@intrinsic
def _change(typing_context, words, place, old, new):
    """Whether the word was `old`, and is `new` now; of two that try, one succeeds."""

    def build(context, builder, signature, arguments):
        words, place, old, new = arguments
        both = builder.cmpxchg(builder.gep(words, [place]), old, new, "seq_cst", "seq_cst")
        return builder.extract_value(both, 1)

    return types.boolean(words, types.intp, types.int64, types.int64), build


@intrinsic
def _number_of(typing_context, pointer):
    def build(context, builder, signature, arguments):
        return builder.ptrtoint(arguments[0], context.get_value_type(types.int64))

    return types.int64(pointer), build


@intrinsic
def _pointer_like(typing_context, pointer, number):
    def build(context, builder, signature, arguments):
        return builder.inttoptr(arguments[1], arguments[0].type)

    return pointer(pointer, types.int64), build


@intrinsic
def pause(typing_context):
    """Let the other thread of this core go ahead, where the processor has a word for that."""

    def build(context, builder, signature, arguments):
        if _PAUSES:
            form = ir.FunctionType(ir.VoidType(), [])
            builder.call(builder.module.declare_intrinsic("llvm.x86.sse2.pause", (), form), [])
        return context.get_dummy_value()

    return types.void(), build


@kernel
def wait(words, word, before, looks, more):  # pragma: no cover - machine code only
    """Whether a word has changed, looking so many times; if so, go on waiting for as long as `more` looks take."""
    first = at(words, 0)
    for _ in range(looks):
        if _look(first, word) != before:
            for _ in range(more):
                pause()
            return True
        pause()
    return False


_per_second = 0.0


def looks(seconds: float) -> int:
    """How many looks take that long: one takes 5 to 50 ns, measured once a process."""
    global _per_second
    if numba.config.DISABLE_JIT:  # as plain Python one would look with the GIL in one's hands
        return 0
    if not _per_second:  # pragma: no cover - machine code only
        words = np.zeros(_WORDS, np.int64)
        wait(words, 0, 0, 1, 0)  # compiled or loaded
        begin = time.perf_counter()
        wait(words, 0, 0, 2000, 0)
        _per_second = 2000 / (time.perf_counter() - begin)
    return int(seconds * _per_second) + 1  # pragma: no cover


# Who asks.


@intrinsic
def size(typing_context, slots):
    """How many slots may be used."""

    def build(context, builder, signature, arguments):
        return builder.load(builder.gep(arguments[0], [ir.Constant(ir.IntType(64), _SIZE)]))

    return types.int64(slots), build


@intrinsic
def ask(typing_context, slots, arguments):
    """Call `share` with a tuple of arguments."""

    def build(context, builder, signature, given):
        slots, values = given[0], cgutils.unpack_tuple(builder, given[1])
        address = builder.load(builder.gep(slots, [ir.Constant(ir.IntType(64), _SHARE)]))
        form = ir.FunctionType(ir.VoidType(), [value.type for value in values])
        builder.call(builder.inttoptr(address, form.as_pointer()), values)
        return context.get_dummy_value()

    return types.void(slots, arguments), build


@register_jitable
def claim(slots):
    return _change(slots, _OWNER, 0, 1)


@register_jitable
def release(slots):
    _say(slots, _OWNER, 0)


@register_jitable
def post(slots, p, out, out_row, begin, begin_row, h, h_row, u, panel, u_row, rows, K, N):
    """Whether somebody waits in slot p, who has it now."""
    first = p * _WORDS
    if _look(slots, first) != _IDLE:
        return False
    slots[first + 1], slots[first + 2], slots[first + 3] = _number_of(out), out_row, _number_of(begin)
    slots[first + 4], slots[first + 5], slots[first + 6] = begin_row, _number_of(h), h_row
    slots[first + 7], slots[first + 8], slots[first + 9] = _number_of(u), panel, u_row
    slots[first + 10], slots[first + 11], slots[first + 12] = rows, K, N
    _say(slots, first, _POSTED)
    return True


@register_jitable
def taken_back(slots, p):
    """Whether what was posted in slot p was not begun; else it is done now."""
    first = p * _WORDS
    if _change(slots, first, _POSTED, _IDLE):
        return True
    if _look(slots, first) != _TAKEN and _look(slots, first) != _DONE:
        return False  # nothing was posted there
    while _look(slots, first) != _DONE:
        pause()
    _say(slots, first, _IDLE)
    return False


# Who waits.


@register_jitable
def enter(slots, p):
    return _change(slots, p * _WORDS, _ABSENT, _IDLE)


@register_jitable
def leave(slots, p):
    return _change(slots, p * _WORDS, _IDLE, _ABSENT)


@register_jitable
def take(slots, p):
    return _look(slots, p * _WORDS) == _POSTED and _change(slots, p * _WORDS, _POSTED, _TAKEN)


@register_jitable
def order(slots, p, like):
    first = p * _WORDS
    out, out_row = _pointer_like(like, slots[first + 1]), slots[first + 2]
    begin, begin_row = _pointer_like(like, slots[first + 3]), slots[first + 4]
    h, h_row = _pointer_like(like, slots[first + 5]), slots[first + 6]
    u, panel, u_row = _pointer_like(like, slots[first + 7]), slots[first + 8], slots[first + 9]
    rows, K, N = slots[first + 10], slots[first + 11], slots[first + 12]
    return out, out_row, begin, begin_row, h, h_row, u, panel, u_row, rows, K, N


@register_jitable
def done(slots, p):
    _say(slots, p * _WORDS, _DONE)
