"""Matrix products: the recurrent one, made step by step inside the kernels, and those over all steps at once.

    weights = pack(U, ...)                       once a sequence: columns side by side as the processor reads them
    add_product(out, h, weights, b0, b1)         out[b0:b1] += h[b0:b1] @ U
    set_product(out, bias, h, weights, b0, b1)   out[b0:b1] = bias + h[b0:b1] @ U

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

BLOCK = 64  # rows of a product over many steps that are taken together, so that the cache has room for them
DEPTH = 256  # steps of k of a product over many rows that are packed together, for the same reason
FEW, SMALL = 8, 65536  # rows and bytes of weights below which packing costs more than it saves

# Rows of an array as the tiles read and write them: element (b, n) is the number start + b * row + n of the array.
Place = namedtuple("Place", ["array", "row", "start"])

# Weights ready for use: element (k, n) of panel q is data[start + q * panel + k * row + n], 0 <= n < width.
Packed = namedtuple("Packed", ["data", "K", "N", "start", "panel", "row"])


# What the four functions mean; with the JIT on, the overloads below take their place.


def pack(U, rows, first=0, last=-1):
    """U, or its columns first:last (-1: to the end), ready for products with `rows` rows."""
    return U[:, first : U.shape[1] if last == -1 else last]


def pack_transposed(U, first=0, last=-1):
    """The transpose of U, or of its columns first:last, ready for products."""
    return U[:, first : U.shape[1] if last == -1 else last].T


def add_product(out, h, weights, b0, b1, out_at=0, h_at=0):
    """out[b0:b1, out_at:][:, :N] += h[b0:b1, h_at:][:, :K] @ weights (K, N)."""
    K, N = weights.shape
    out[b0:b1, out_at : out_at + N] += h[b0:b1, h_at : h_at + K] @ weights


def set_product(out, bias, h, weights, b0, b1):
    """out[b0:b1] = bias + h[b0:b1] @ weights."""
    out[b0:b1] = bias + h[b0:b1] @ weights


# The same for the machine.


@register_jitable
def _lanes(array):
    """How many numbers of the array's type a vector holds."""
    return VECTOR_BYTES // array.itemsize


@overload(pack)
def _pack(U, rows, first=0, last=-1):
    def impl(U, rows, first=0, last=-1):
        last = U.shape[1] if last == -1 else last
        K, N, lanes = U.shape[0], last - first, _lanes(U)
        width = lanes * VECTORS
        if rows < FEW and K * N * U.itemsize <= SMALL and N % lanes == 0:  # as it lies: no vector crosses a row's end
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
def _pack_transposed(U, first=0, last=-1):
    def impl(U, first=0, last=-1):
        last = U.shape[1] if last == -1 else last
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
        sums = Place(out, out.shape[1], out_at)
        _product(sums, sums, Place(h, h.shape[1], h_at), weights, b0, b1)

    return impl


@overload(set_product)
def _set_product(out, bias, h, weights, b0, b1):
    def impl(out, bias, h, weights, b0, b1):
        in_every_row = Place(bias, 0, 0)
        _product(Place(out, out.shape[1], 0), in_every_row, Place(h, h.shape[1], 0), weights, b0, b1)

    return impl


@register_jitable
def _product(out, begin, h, weights, b0, b1):
    """out[b, n] = begin[b, n] + sum over k of h[b, k] weights[k, n] for b0 <= b < b1 and all n, tile by tile.

    out, begin and h: Places.
    """
    N, lanes = weights.N, _lanes(out.array)
    width = lanes * VECTORS
    for n in range(0, N, width):
        b = b0
        while b < b1:
            whole = b + ROWS <= b1
            if n + width <= N:
                if whole:
                    _tile_wide(out, begin, h, weights, b, n, lanes)
                else:
                    _tile_wide_row(out, begin, h, weights, b, n, lanes)
            else:
                for m in range(n, N, lanes):
                    if whole:
                        _tile_narrow(out, begin, h, weights, b, m, min(lanes, N - m))
                    else:
                        _tile_narrow_row(out, begin, h, weights, b, m, min(lanes, N - m))
            b += ROWS if whole else 1


def _tile(rows, vectors, partial):
    """A function in LLVM's language: out = begin + h @ weights for a tile of `rows` rows and `vectors` vectors of
    columns, whose sums all stay in registers.

    The tile begins at row b and column n of `out`. `partial`: of the one vector of columns only the first `few` belong
    to the output. In Python it would be
        for k: u[v] = weights[k, v] for all v;   for r: x = h[r, k];   for v: sum[r, v] += x * u[v]

    All tiles of a product get the same tuples and differ in b and n alone: a tuple made anew for each tile would count
    a reference to its array each time. They are taken apart here, while the code is built, at no cost in the kernel.
    """

    @intrinsic
    def tile(typing_context, out, begin, h, weights, b, n, few):
        types_of_numbers = [tuple_[0].dtype for tuple_ in (out, begin, h, weights)]
        if len(set(types_of_numbers)) > 1:
            raise numba.TypingError(f"a product of one type of numbers, got {types_of_numbers}")
        bits = types_of_numbers[0].bitwidth
        lanes = 8 * VECTOR_BYTES // bits

        def build(context, builder, signature, arguments):
            number, index = context.get_value_type(types_of_numbers[0]), context.get_value_type(types.intp)
            vector = ir.VectorType(number, lanes)
            multiply_add = cgutils.get_or_insert_function(
                builder.module, ir.FunctionType(vector, [vector] * 3), f"llvm.fmuladd.v{lanes}f{bits}"
            )

            def taken_apart(kind, argument):
                """A Place or Packed of values in LLVM's language; instead of its array, the address of that."""
                array, *integers = cgutils.unpack_tuple(builder, arguments[argument])
                array = context.make_array(signature.args[argument][0])(context, builder, value=array).data
                return kind(array, *integers)

            out, begin, h = (taken_apart(Place, argument) for argument in range(3))
            weights = taken_apart(Packed, 3)
            b, n, few = arguments[4:]

            def constant(value):
                return ir.Constant(index, value)

            def address(array, start, *steps):
                """The address of the number start + the sum of all count * stride of the array."""
                for count, stride in steps:
                    start = builder.add(start, builder.mul(count, stride))
                return builder.gep(array, [start])

            def of_tile(place, r, v):
                """The address of vector v in row r of the tile."""
                column = builder.add(n, constant(v * lanes))
                return address(place.array, builder.add(place.start, column), (builder.add(b, constant(r)), place.row))

            def load(address):
                value = builder.load(builder.bitcast(address, vector.as_pointer()))
                value.align = bits // 8
                return value

            def store(value, address):
                builder.store(value, builder.bitcast(address, vector.as_pointer())).align = bits // 8

            def copy_few(source, target):
                with cgutils.for_range(builder, few, intp=index) as loop:
                    builder.store(builder.load(builder.gep(source, [loop.index])), builder.gep(target, [loop.index]))

            def in_every_lane(value):
                first = ir.Constant(ir.IntType(32), 0)
                one = builder.insert_element(ir.Constant(vector, ir.Undefined), value, first)
                return builder.shuffle_vector(one, one, ir.Constant(ir.VectorType(ir.IntType(32), lanes), [0] * lanes))

            sums = {(r, v): cgutils.alloca_once(builder, vector) for r in range(rows) for v in range(vectors)}
            for (r, v), sum_ in sums.items():
                source = of_tile(begin, r, v)
                if partial:
                    with builder.if_else(builder.icmp_signed("==", few, constant(lanes))) as (all_, some):
                        with all_:
                            builder.store(load(source), sum_)
                        with some:
                            builder.store(ir.Constant(vector, None), sum_)
                            copy_few(source, builder.bitcast(sum_, number.as_pointer()))
                else:
                    builder.store(load(source), sum_)
            width = constant(lanes * VECTORS)
            panel, column = builder.udiv(n, width), builder.urem(n, width)
            first = builder.add(builder.add(weights.start, column), builder.mul(panel, weights.panel))
            with cgutils.for_range(builder, weights.K, intp=index) as loop:
                k = loop.index
                u = [
                    load(address(weights.data, builder.add(first, constant(v * lanes)), (k, weights.row)))
                    for v in range(vectors)
                ]
                for r in range(rows):
                    row = builder.add(b, constant(r))
                    x = in_every_lane(builder.load(address(h.array, builder.add(h.start, k), (row, h.row))))
                    for v in range(vectors):
                        sum_ = sums[r, v]
                        builder.store(builder.call(multiply_add, [x, u[v], builder.load(sum_)]), sum_)
            for (r, v), sum_ in sums.items():
                target = of_tile(out, r, v)
                if partial:
                    with builder.if_else(builder.icmp_signed("==", few, constant(lanes))) as (all_, some):
                        with all_:
                            store(builder.load(sum_), target)
                        with some:
                            copy_few(builder.bitcast(sum_, number.as_pointer()), target)
                else:
                    store(builder.load(sum_), target)
            return context.get_dummy_value()

        return types.void(out, begin, h, weights, types.intp, types.intp, types.intp), build

    return tile


_tile_wide = _tile(ROWS, VECTORS, partial=False)
_tile_wide_row = _tile(1, VECTORS, partial=False)
_tile_narrow = _tile(ROWS, 1, partial=True)
_tile_narrow_row = _tile(1, 1, partial=True)


# Products over many steps at once. x (T, B, D), delta and dx likewise, W (D, N).


@register_jitable
def steps_ahead(rows):
    """How many steps of `rows` sequences make a good product."""
    return max(1, BLOCK // rows)


@kernel
def input_product(a, x, weights, bias, t, b0, b1):
    """a[t] = bias + x[t] W, for the sequences b0:b1; `weights`: W, packed. To be called for every t in turn.

    a (T, B, N); or with room for fewer steps, where step t stands in a[t % len(a)]. It works some steps ahead, so that
    there are rows enough for a good product, and few enough to be in the cache still when their step comes.
    """
    T, B, D = x.shape
    ahead = len(a) if len(a) < T else steps_ahead(b1 - b0)
    if t % ahead > 0:
        return
    steps, at = min(ahead, T - t), t % len(a)
    if b1 - b0 == B:  # the rows of all steps lie one behind the other
        rows = steps * B
        set_product(a[at : at + steps].reshape(rows, -1), bias, x[t : t + steps].reshape(rows, D), weights, 0, rows)
    else:
        for s in range(steps):
            set_product(a[at + s], bias, x[t + s], weights, b0, b1)


@kernel
def input_gradient(delta, W, dx, b0, b1):
    """dx = delta W^T, for the sequences b0:b1."""
    T, B, D = dx.shape
    dx, delta = dx.reshape(T * B, D), delta.reshape(T * B, -1)
    weights, zero = pack_transposed(W), np.zeros(D, dx.dtype)
    if b1 - b0 == B:
        T, B, b1 = 1, T * B, T * B
    for t in range(T):
        for first in range(t * B + b0, t * B + b1, BLOCK):
            set_product(dx, zero, delta, weights, first, min(first + BLOCK, t * B + b1))


@register_jitable
def _transpose_rows(x, k0, k1, x_T):
    """x_T[:, :k1 - k0] = x[k0:k1].T, sixteen columns at a time: a cache line is written to while it is there."""
    D = x.shape[1]
    for d0 in range(0, D, 16):
        for k in range(k0, k1):
            for d in range(d0, min(d0 + 16, D)):
                x_T[d, k - k0] = x[k, d]


@kernel
def parameter_gradients(x, h, delta, at, dW, dU, db, c0, c1):
    """dW = x^T delta, dU = h^T delta and db = the sum of delta, for the columns c0:c1 of delta.

    x (rows, D), h (rows, H), delta (rows, N): one row for each step and sequence. The column c of delta belongs to the
    element c of db and to the column at + c of dW and dU. D or H may be 0.
    """
    width = VECTORS * (VECTOR_BYTES // dW.itemsize)
    dW[:, at + c0 : at + c1] = 0
    dU[:, at + c0 : at + c1] = 0
    db[c0:c1] = 0
    room = min(len(delta), DEPTH) + 16  # 16 more: rows that lie a power of two apart would share few cache lines
    x_T, h_T = np.empty((x.shape[1], room), x.dtype), np.empty((h.shape[1], room), x.dtype)
    for k0 in range(0, len(delta), DEPTH):
        k1 = min(k0 + DEPTH, len(delta))
        _transpose_rows(x, k0, k1, x_T)
        _transpose_rows(h, k0, k1, h_T)
        for k in range(k0, k1):
            row, sums = delta[k, c0:c1], db[c0:c1]
            for j in range(sums.size):
                sums[j] += row[j]
        for c in range(c0, c1, width):  # panel by panel: what is packed stays in the cache for all of x and h
            weights = pack(delta[k0:k1], FEW, c, min(c + width, c1))
            add_product(dW, x_T, weights, 0, len(x_T), at + c)
            add_product(dU, h_T, weights, 0, len(h_T), at + c)
