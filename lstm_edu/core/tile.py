"""The tiles of a matrix product, written in LLVM's language, because no loop in Python leads Numba there.

A few rows by a few vectors of the output stay in registers while k runs; at each k the vectors of weights are loaded
once and used for all rows. In Python a tile would be

    for k: u[v] = weights[k, v] for all v;   for r: x = h[r, k];   for v: sum[r, v] += x * u[v]

Each element is summed over k from first to last, whatever tile it falls into: its bits depend neither on the other rows
nor on how a batch or the columns are cut.
"""

from collections.abc import Callable
from typing import Any

import llvmlite.binding as llvm
import numba
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic


def _processor_has(feature: str) -> bool:
    """Whether the processor that Numba compiles for has a feature.

    NUMBA_CPU_FEATURES decides, if it is set; without it NUMBA_CPU_NAME=generic has none."""
    asked = numba.config.CPU_FEATURES
    return f"+{feature}" in asked.split(",") if asked is not None else llvm.get_host_cpu_features().get(feature, False)


# A vector is as wide as a register; a tile is as large as the registers allow: 32 of them with AVX-512 (and on ARM,
# where they are narrow), else 16.
VECTOR_BYTES = 64 if _processor_has("avx512f") else 32 if _processor_has("avx2") else 16
VECTORS = 2 if VECTOR_BYTES == 32 else 4  # of a panel of packed weights


@intrinsic
def lanes(typing_context, of):
    """How many numbers of a pointer's or an array's type a vector holds."""

    def build(context, builder, signature, arguments):
        return context.get_constant(types.intp, 8 * VECTOR_BYTES // of.dtype.bitwidth)

    return types.intp(of), build


@intrinsic
def at(typing_context, of, n):
    """The address n numbers after that of a pointer, or of the first element of a contiguous array."""
    if isinstance(of, types.Array) and of.layout != "C":
        raise numba.TypingError(f"a contiguous array (layout C), got {of}")

    def build(context, builder, signature, arguments):
        first, n = arguments
        if isinstance(of, types.Array):
            first = context.make_array(of)(context, builder, value=first).data
        return builder.gep(first, [n])

    return types.CPointer(of.dtype)(of, types.intp), build


@intrinsic
def aligned(typing_context, array):
    """The first address in a contiguous array that is a multiple of a vector's size: a load there is one cache line."""

    def build(context, builder, signature, arguments):
        first = context.make_array(array)(context, builder, value=arguments[0]).data
        index = context.get_value_type(types.intp)
        up = builder.add(builder.ptrtoint(first, index), ir.Constant(index, VECTOR_BYTES - 1))
        return builder.inttoptr(builder.and_(up, ir.Constant(index, -VECTOR_BYTES)), first.type)

    return types.CPointer(array.dtype)(array), build


@intrinsic
def copy_row(typing_context, out, x):
    """out[j] = x[j] for one row of a panel."""

    def build(context, builder, signature, arguments):
        number = arguments[0].type.pointee
        row = ir.VectorType(number, VECTORS * 8 * VECTOR_BYTES // signature.args[0].dtype.bitwidth).as_pointer()
        to, from_ = (builder.bitcast(pointer, row) for pointer in arguments)
        builder.store(builder.load(from_, align=1), to, align=1)
        return context.get_dummy_value()

    return types.void(out, x), build


@intrinsic
def transpose_square(typing_context, out, out_row, x, x_row):
    """out[c, r] = x[r, c] for as many rows and columns as a vector has numbers, all of them in registers."""

    def build(context, builder, signature, arguments):
        out, out_row, x, x_row = arguments
        lanes = 8 * VECTOR_BYTES // signature.args[0].dtype.bitwidth
        vector = ir.VectorType(out.type.pointee, lanes)

        def row_of(start, stride, r):
            place = builder.gep(start, [builder.mul(ir.Constant(stride.type, r), stride)])
            return builder.bitcast(place, vector.as_pointer())

        def interleave(a, b, first):
            """a[first], b[first], a[first + 1], b[first + 1], ... for half of the numbers of a and b."""
            chosen = [place for n in range(first, first + lanes // 2) for place in (n, lanes + n)]
            return builder.shuffle_vector(a, b, ir.Constant(ir.VectorType(ir.IntType(32), lanes), chosen))

        rows = [builder.load(row_of(x, x_row, r), align=1) for r in range(lanes)]
        for _ in range(lanes.bit_length() - 1):  # row r and row r + lanes / 2 together: as cards are shuffled
            pairs = zip(rows[: lanes // 2], rows[lanes // 2 :], strict=True)
            rows = [interleave(a, b, first) for a, b in pairs for first in (0, lanes // 2)]
        for r in range(lanes):
            builder.store(rows[r], row_of(out, out_row, r), align=1)
        return context.get_dummy_value()

    return types.void(out, types.intp, x, types.intp), build


def tiles(vectors: int, heights: tuple[int, ...], *, partial: bool = False) -> Callable[..., Any]:
    """Make the part of a product that is a few vectors wide, whatever its number of rows.

    Parameters
    ----------
    vectors : int
        Of columns of the output. Where there are more than a panel has, the next ones come from the next panel.
    heights : tuple of int
        Rows of a tile: as many tiles of the first kind as there is room for, then of the next.
    partial : bool, default False
        Of the one vector only the first `few` columns belong to the output.

    Returns
    -------
    numba intrinsic
        Of (out, out_row, begin, begin_row, h, h_row, u, panel, u_row, rows, K, few), which sets out[b, n] to
        begin[b, n] + the sum over k < K of h[b, k] u[k, n] for all b < rows, a multiple of the last height. Pointers
        lead to the first element; `<name>_row` is how many numbers further the next row stands, `panel` the next panel
        of weights. `begin_row` below 0: the sums begin at 0.
    """

    @intrinsic
    def product(typing_context, out, out_row, begin, begin_row, h, h_row, u, panel, u_row, rows, K, few):
        bits = out.dtype.bitwidth
        lanes = 8 * VECTOR_BYTES // bits

        def build(context, builder, signature, arguments):
            out, out_row, begin, begin_row, h, h_row, u, panel, u_row, rows, K, few = arguments
            number, index = out.type.pointee, K.type
            vector = ir.VectorType(number, lanes)
            multiply_add = cgutils.get_or_insert_function(
                builder.module, ir.FunctionType(vector, [vector] * 3), f"llvm.fmuladd.v{lanes}f{bits}"
            )

            def constant(value):
                return ir.Constant(index, value)

            def address(start, steps, stride, further=0):
                """The address `steps` times `stride` and `further` numbers on."""
                far = builder.mul(constant(steps) if isinstance(steps, int) else steps, stride)
                return builder.gep(start, [builder.add(far, constant(further)) if further else far])

            def load(pointer):
                value = builder.load(builder.bitcast(pointer, vector.as_pointer()))
                value.align = bits // 8
                return value

            def store(value, pointer):
                builder.store(value, builder.bitcast(pointer, vector.as_pointer())).align = bits // 8

            def copy_few(source, target):
                with cgutils.for_range(builder, few, intp=index) as loop:
                    builder.store(builder.load(builder.gep(source, [loop.index])), builder.gep(target, [loop.index]))

            def in_every_lane(value):
                first = ir.Constant(ir.IntType(32), 0)
                one = builder.insert_element(ir.Constant(vector, ir.Undefined), value, first)
                return builder.shuffle_vector(one, one, ir.Constant(ir.VectorType(ir.IntType(32), lanes), [0] * lanes))

            columns = [address(u, v // VECTORS, panel, v % VECTORS * lanes) for v in range(vectors)]

            def tile(b, height):
                """The rows b : b + height."""
                sums = {(r, v): cgutils.alloca_once(builder, vector) for r in range(height) for v in range(vectors)}
                begin_b, h_b, out_b = address(begin, b, begin_row), address(h, b, h_row), address(out, b, out_row)
                for sum_ in sums.values():
                    builder.store(ir.Constant(vector, None), sum_)
                with builder.if_then(builder.icmp_signed(">=", begin_row, constant(0))):
                    for (r, v), sum_ in sums.items():
                        source = address(begin_b, r, begin_row, v * lanes)
                        if partial:
                            copy_few(source, builder.bitcast(sum_, number.as_pointer()))
                        else:
                            builder.store(load(source), sum_)
                with cgutils.for_range(builder, K, intp=index) as loop:
                    k = loop.index
                    weights = [load(address(column, k, u_row)) for column in columns]
                    h_k = builder.gep(h_b, [k])
                    for r in range(height):
                        x = in_every_lane(builder.load(address(h_k, r, h_row)))
                        for v in range(vectors):
                            sum_ = sums[r, v]
                            builder.store(builder.call(multiply_add, [x, weights[v], builder.load(sum_)]), sum_)
                for (r, v), sum_ in sums.items():
                    target = address(out_b, r, out_row, v * lanes)
                    if partial:
                        copy_few(builder.bitcast(sum_, number.as_pointer()), target)
                    else:
                        store(builder.load(sum_), target)

            first = constant(0)
            for height in heights:
                last = builder.sub(rows, builder.srem(builder.sub(rows, first), constant(height)))
                with cgutils.for_range_slice(builder, first, last, constant(height), intp=index) as (b, _):
                    tile(b, height)
                first = last
            return context.get_dummy_value()

        integers = types.intp
        form = (out, integers, begin, integers, h, integers, u, *[integers] * 5)
        return types.void(*form), build

    return product
