"""Matrix products: the recurrent one, made step by step inside the kernels, and those over all steps at once.

    weights = pack(U)                      once a sequence: columns side by side as the processor reads them
    add_product(out, h, weights, b0, b1)   out[b0:b1] += h[b0:b1] @ U

All of them end in one register tile (`_tile`): four rows by a few vectors of the output stay in registers while k runs;
at each k a few vectors of weights are loaded once and used for all rows. Each element is summed over k from first to
last, whatever tile it falls into: its bits depend neither on the other rows nor on how the batch is cut.
"""

from collections import namedtuple

import llvmlite.binding as llvm
import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, overload, register_jitable

from .kernel import kernel


def _processor_has(feature: str) -> bool:
    """Whether the processor that Numba compiles for has a feature (NUMBA_CPU_FEATURES decides, if it is set)."""
    asked = numba.config.CPU_FEATURES
    return f"+{feature}" in asked.split(",") if asked is not None else llvm.get_host_cpu_features().get(feature, False)


# A vector is as wide as a register; a tile is as large as the registers allow: 32 of them with AVX-512 (and on ARM,
# where they are narrow), else 16.
VECTOR_BYTES = 64 if _processor_has("avx512f") else 32 if _processor_has("avx2") else 16
VECTORS = 2 if VECTOR_BYTES == 32 else 4
ROWS = 4

BLOCK = 64  # rows of a long product that are taken together, so that they stay in the cache
DEPTH = 256  # steps of k of a long product that are packed together, for the same reason
FEW = 8  # rows below which packing the weights costs more than it saves

# Weights ready for use: element (k, n) of panel q is data[start + q * panel + k * row + n], 0 <= n < width.
Packed = namedtuple("Packed", ["data", "K", "N", "start", "panel", "row"])


# What the four functions mean; with the JIT on, the overloads below take their place.


def pack(U, rows, first, last):
    """The columns first:last of U, ready for products with `rows` rows."""
    return U[:, first:last]


def pack_transposed(U, first, last):
    """The transpose of the columns first:last of U, ready for products."""
    return U[:, first:last].T


def add_product(out, h, weights, b0, b1, out_at=0, h_at=0):
    """out[b0:b1, out_at:][:, :N] += h[b0:b1, h_at:][:, :K] @ weights (K, N)."""
    K, N = weights.shape
    out[b0:b1, out_at : out_at + N] += h[b0:b1, h_at : h_at + K] @ weights


def add_transposed_product(out, x, weights, k0, out_at):
    """out[:, out_at:][:, :N] += x[k0:][:K].T @ weights (K, N)."""
    K, N = weights.shape
    out[:, out_at : out_at + N] += x[k0 : k0 + K].T @ weights


# The same for the machine.


@register_jitable
def _lanes(array):
    """How many numbers of the array's type a vector holds."""
    return VECTOR_BYTES // array.itemsize


@overload(pack)
def _pack(U, rows, first, last):
    def impl(U, rows, first, last):
        K, N, lanes = U.shape[0], last - first, _lanes(U)
        width = lanes * VECTORS
        if rows < FEW and N % lanes == 0:  # as it lies there: a vector never reaches beyond a row
            return Packed(U.ravel(), K, N, first, width, U.shape[1])
        data = np.empty((-(-N // width), K, width), U.dtype)
        for q in range(len(data)):
            columns = min(width, N - q * width)
            for k in range(K):
                source, target = U[k, first + q * width : last], data[q, k]
                for j in range(columns):
                    target[j] = source[j]
                for j in range(columns, width):
                    target[j] = 0
        return Packed(data.ravel(), K, N, 0, K * width, width)

    return impl


@overload(pack_transposed)
def _pack_transposed(U, first, last):
    def impl(U, first, last):
        K, N, width = last - first, U.shape[0], _lanes(U) * VECTORS
        data = np.zeros((-(-N // width), K, width), U.dtype)
        for n in range(N):
            panel, j = data[n // width], n % width
            for k in range(K):
                panel[k, j] = U[n, first + k]
        return Packed(data.ravel(), K, N, 0, K * width, width)

    return impl


@overload(add_product)
def _add_product(out, h, weights, b0, b1, out_at=0, h_at=0):
    def impl(out, h, weights, b0, b1, out_at=0, h_at=0):
        _product(out, out.shape[1], out_at, h, h.shape[1], 1, h_at, weights, b0, b1)

    return impl


@overload(add_transposed_product)
def _add_transposed_product(out, x, weights, k0, out_at):
    def impl(out, x, weights, k0, out_at):
        _product(out, out.shape[1], out_at, x, 1, x.shape[1], k0 * x.shape[1], weights, 0, x.shape[1])

    return impl


@register_jitable
def _product(out, out_row, out_at, h, h_row, h_step, h_at, weights, b0, b1):
    """out[b * out_row + out_at + n] += sum over k of h[b * h_row + k * h_step + h_at] * weights[k, n], flat indices."""
    data, K, N, start, panel, row = weights
    lanes = _lanes(out)
    for n in range(0, N, lanes * VECTORS):
        b = b0
        while b < b1:
            many = b + ROWS <= b1
            to, of, w = b * out_row + out_at + n, b * h_row + h_at, start + n // (lanes * VECTORS) * panel
            if n + lanes * VECTORS <= N:
                if many:
                    _tile_wide(out, to, out_row, h, of, h_row, h_step, data, w, row, K, lanes)
                else:
                    _tile_wide_row(out, to, out_row, h, of, h_row, h_step, data, w, row, K, lanes)
            else:
                for v in range(0, N - n, lanes):
                    columns = min(lanes, N - n - v)
                    if many:
                        _tile_narrow(out, to + v, out_row, h, of, h_row, h_step, data, w + v, row, K, columns)
                    else:
                        _tile_narrow_row(out, to + v, out_row, h, of, h_row, h_step, data, w + v, row, K, columns)
            b += ROWS if many else 1


def _tile(rows, vectors, partial):
    """An LLVM function: out += h @ weights for `rows` rows and `vectors` vectors of columns, all held in registers.

    All arrays are read from flat indices (`to`, `of`, `w`) with strides. `partial`: of the one vector only `columns`
    numbers belong to the output. The loop over k is
        for v: u[v] = weights[k, v]              for r: x = h[r, k] in every lane; for v: sum[r, v] += x * u[v]
    """

    @intrinsic
    def tile(typing_context, out, to, out_row, h, of, h_row, h_step, data, w, row, K, columns):
        if not out.dtype == h.dtype == data.dtype:
            raise numba.TypingError(f"a product of one type of numbers, got {out.dtype}, {h.dtype}, {data.dtype}")
        bits = out.dtype.bitwidth
        lanes = 8 * VECTOR_BYTES // bits

        def build(context, builder, signature, arguments):
            out, to, out_row, h, of, h_row, h_step, data, w, row, K, columns = arguments

            def numbers(place, array):
                return context.make_array(signature.args[place])(context, builder, value=array).data

            out, h, data = numbers(0, out), numbers(3, h), numbers(7, data)
            number = context.get_value_type(signature.args[0].dtype)
            vector = ir.VectorType(number, lanes)
            index = to.type
            multiply_add = cgutils.get_or_insert_function(
                builder.module, ir.FunctionType(vector, [vector] * 3), f"llvm.fmuladd.v{lanes}f{bits}"
            )

            def place(array, base, *steps):
                """The address array + base + the sum of count * stride."""
                for count, stride in steps:
                    count = count if isinstance(count, ir.Value) else ir.Constant(index, count)
                    stride = stride if isinstance(stride, ir.Value) else ir.Constant(index, stride)
                    base = builder.add(base, builder.mul(count, stride))
                return builder.gep(array, [base])

            def load(address):
                value = builder.load(builder.bitcast(address, vector.as_pointer()))
                value.align = bits // 8
                return value

            def copy(source, target):
                with cgutils.for_range(builder, columns, intp=index) as loop:
                    builder.store(builder.load(builder.gep(source, [loop.index])), builder.gep(target, [loop.index]))

            def in_every_lane(value):
                first = ir.Constant(ir.IntType(32), 0)
                one = builder.insert_element(ir.Constant(vector, ir.Undefined), value, first)
                return builder.shuffle_vector(one, one, ir.Constant(ir.VectorType(ir.IntType(32), lanes), [0] * lanes))

            places = {(r, v): place(out, to, (r, out_row), (v, lanes)) for r in range(rows) for v in range(vectors)}
            sums = {key: cgutils.alloca_once(builder, vector) for key in places}
            for key, sum_ in sums.items():
                if partial:
                    builder.store(ir.Constant(vector, None), sum_)
                    copy(places[key], builder.bitcast(sum_, number.as_pointer()))
                else:
                    builder.store(load(places[key]), sum_)
            with cgutils.for_range(builder, K, intp=index) as loop:
                k = loop.index
                u = [load(place(data, w, (k, row), (v, lanes))) for v in range(vectors)]
                for r in range(rows):
                    x = in_every_lane(builder.load(place(h, of, (r, h_row), (k, h_step))))
                    for v in range(vectors):
                        sum_ = sums[r, v]
                        builder.store(builder.call(multiply_add, [x, u[v], builder.load(sum_)]), sum_)
            for key, sum_ in sums.items():
                if partial:
                    copy(builder.bitcast(sum_, number.as_pointer()), places[key])
                else:
                    value = builder.load(sum_)
                    builder.store(value, builder.bitcast(places[key], vector.as_pointer())).align = bits // 8
            return context.get_dummy_value()

        size = types.intp
        return types.void(out, size, size, h, size, size, size, data, size, size, size, size), build

    return tile


_tile_wide = _tile(ROWS, VECTORS, partial=False)
_tile_wide_row = _tile(1, VECTORS, partial=False)
_tile_narrow = _tile(ROWS, 1, partial=True)
_tile_narrow_row = _tile(1, 1, partial=True)


# Products over all steps at once. x (T, B, D), a, delta and dx likewise, W (D, N).


@kernel
def input_product(x, W, bias, a, b0, b1):
    """a = x W + bias, for the sequences b0:b1."""
    T, B, D = x.shape
    N = W.shape[1]
    x, a = x.reshape(T * B, D), a.reshape(T * B, N)
    weights = pack(W, T * (b1 - b0), 0, N)
    if b1 - b0 == B:  # then all rows of all steps lie one behind the other
        T, B, b1 = 1, T * B, T * B
    for t in range(T):
        for first in range(t * B + b0, t * B + b1, BLOCK):
            last = min(first + BLOCK, t * B + b1)
            for n in range(first, last):
                a[n] = bias
            add_product(a, x, weights, first, last)


@kernel
def input_gradient(delta, W, dx, b0, b1):
    """dx = delta W^T, for the sequences b0:b1."""
    T, B, D = dx.shape
    N = W.shape[1]
    dx, delta = dx.reshape(T * B, D), delta.reshape(T * B, N)
    weights = pack_transposed(W, 0, N)
    if b1 - b0 == B:
        T, B, b1 = 1, T * B, T * B
    for t in range(T):
        for first in range(t * B + b0, t * B + b1, BLOCK):
            last = min(first + BLOCK, t * B + b1)
            for n in range(first, last):
                dx[n] = 0
            add_product(dx, delta, weights, first, last)


@kernel
def weight_gradient(x, delta, delta_at, dW, dW_at, c0, c1):
    """dW[:, dW_at + c] = sum over all rows n of x[n] delta[n, delta_at + c], for c0 <= c < c1.

    x (rows, D), delta (rows, >= delta_at + c1), dW (D, >= dW_at + c1).
    """
    rows, D = x.shape
    width = VECTORS * (VECTOR_BYTES // dW.itemsize)
    for d in range(D):
        dW[d, dW_at + c0 : dW_at + c1] = 0
    for k0 in range(0, rows, DEPTH):
        k1 = min(k0 + DEPTH, rows)
        for c in range(c0, c1, width):  # panel by panel: what is packed stays in the cache until all of x has met it
            weights = pack(delta[k0:k1], D, delta_at + c, delta_at + min(c + width, c1))
            add_transposed_product(dW, x, weights, k0, dW_at + c)


@kernel
def bias_gradient(delta, db, c0, c1):
    """db[c] = sum over all rows of delta[n, c], for c0 <= c < c1."""
    db[c0:c1] = 0
    for n in range(delta.shape[0]):
        row, sums = delta[n, c0:c1], db[c0:c1]
        for j in range(sums.size):
            sums[j] += row[j]


@kernel
def parameter_gradients(x, h, delta, dW, dU, db, c0, c1):
    """dW = x^T delta, dU = h^T delta, db = sum of delta, in the columns c0:c1; one row for each step and sequence."""
    weight_gradient(x, delta, 0, dW, 0, c0, c1)
    weight_gradient(h, delta, 0, dU, 0, c0, c1)
    bias_gradient(delta, db, c0, c1)
