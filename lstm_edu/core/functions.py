"""The three functions that every cell is made of: `exp`, `sigmoid` and `tanh`, for use inside a kernel.

They are branch-free: a loop over them becomes SIMD code, which a loop over `np.tanh` does not (29 times slower in
float32).
"""

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic, overload, register_jitable


@intrinsic
def _multiply_add(typing_context, a, b, c):
    """a * b + c, one instruction where the processor has it. The compiler may not take it apart and regroup it, as it
    may a sum that is written out: FASTMATH allows that, and the two parts of ln 2 below would become one again."""

    def build(context, builder, signature, arguments):
        kind = arguments[0].type
        form = ir.FunctionType(kind, [kind] * 3)
        return builder.call(builder.module.declare_intrinsic("llvm.fmuladd", [kind], form), arguments)

    return a(a, a, a), build


# e^x = 2^n e^r with n = rint(x / ln 2), |r| <= ln(2)/2. Returned as s = 2^n and m = e^r - 1, so that the callers can
# form e^x - 1 without cancellation. ln 2 is subtracted in two parts; the first ends in zeros, so n * part is exact.


@register_jitable
def _split_exp32(x):
    f = np.float32
    n = np.rint(x * f(1.4426950408889634))
    r = _multiply_add(-n, f(-2.12194440e-4), _multiply_add(-n, f(0.693359375), x))
    m = f(1 / 720) + r * f(1 / 5040)
    m = f(1 / 24) + r * (f(1 / 120) + r * m)
    m = r + r * r * (f(1 / 2) + r * (f(1 / 6) + r * m))
    s = np.int32((np.int32(n) + np.int32(127)) << np.int32(23)).view(np.float32)
    return s, m


@register_jitable
def _split_exp64(x):
    n = np.rint(x * 1.4426950408889634)
    r = _multiply_add(-n, 1.90821492927058770002e-10, _multiply_add(-n, 6.93147180369123816490e-01, x))
    m = 1 / 6227020800 + r * (1 / 87178291200)
    m = 1 / 39916800 + r * (1 / 479001600 + r * m)
    m = 1 / 362880 + r * (1 / 3628800 + r * m)
    m = 1 / 5040 + r * (1 / 40320 + r * m)
    m = 1 / 120 + r * (1 / 720 + r * m)
    m = r + r * r * (0.5 + r * (1 / 6 + r * (1 / 24 + r * m)))
    s = np.int64((np.int64(n) + np.int64(1023)) << np.int64(52)).view(np.float64)
    return s, m


# With the JIT on, the overloads below take the place of these three.


def exp(x):
    """e^x of a float32 or float64 number, inside a kernel."""
    low, high = (-87, 88) if isinstance(x, np.float32) else (-708, 709)  # as below: nothing overflows
    return np.exp(min(max(x, type(x)(low)), type(x)(high)))


def sigmoid(x):
    """1 / (1 + e^-x) of a float32 or float64 number, inside a kernel; its slope is s (1 - s) for s = sigmoid(x)."""
    e = exp(-abs(x))  # never above 1, and never 0
    return (1 if x >= 0 else e) / (1 + e)


def tanh(x):
    """tanh(x) of a float32 or float64 number, inside a kernel; its slope is 1 - y^2 for y = tanh(x)."""
    return np.tanh(x)


@overload(exp)
def _exp(x):
    if x == types.float32:

        def impl(x):
            s, m = _split_exp32(min(max(x, np.float32(-87.0)), np.float32(88.0)))
            return s + s * m
    else:

        def impl(x):
            s, m = _split_exp64(min(max(x, -708.0), 709.0))
            return s + s * m

    return impl


@overload(sigmoid)
def _sigmoid(x):
    if x == types.float32:

        def impl(x):
            s, m = _split_exp32(min(max(-x, np.float32(-87.0)), np.float32(88.0)))
            return np.float32(1) / (np.float32(1) + (s + s * m))
    else:

        def impl(x):
            s, m = _split_exp64(min(max(-x, -708.0), 709.0))
            return 1 / (1 + (s + s * m))

    return impl


@overload(tanh)
def _tanh(x):
    # tanh x = (e^2x - 1) / (e^2x + 1); beyond +-20 (float64) the quotient is 1 to the last bit.
    if x == types.float32:

        def impl(x):
            s, m = _split_exp32(min(max(x + x, np.float32(-40.0)), np.float32(40.0)))
            e = s * m + (s - np.float32(1))
            return e / (e + np.float32(2))
    else:

        def impl(x):
            s, m = _split_exp64(min(max(x + x, -80.0), 80.0))
            e = s * m + (s - 1.0)
            return e / (e + 2.0)

    return impl
