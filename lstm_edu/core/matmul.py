"""Matrix products: the recurrent one, made step by step inside the kernels, and those over all steps at once.

    weights = pack(U, ...)                       once a sequence: columns side by side as the processor reads them
    add_product(out, h, weights, b0, b1)         out[b0:b1] += h[b0:b1] @ U
    set_product(out, bias, h, weights, b0, b1)   out[b0:b1] = bias + h[b0:b1] @ U

All of them end in `core/product.py`. Each element is summed over k from first to last: its bits depend neither on the
other rows nor on how the batch is cut.
"""

from collections import namedtuple

import numpy as np
from numba import types
from numba.extending import overload, register_jitable

from .gradients import scratch_size, sum_over_rows
from .kernel import kernel
from .packing import pack_columns, pack_rows
from .product import product
from .tile import VECTORS, aligned, at, lanes

BLOCK = 64  # rows of a product over many steps that are taken together, so that the cache has room for them
MANY, SMALL = 8, 65536  # rows and bytes of weights from which on packing saves more than it costs

# Weights ready for use: element (k, n) of panel q is data[q * panel + k * row + n], 0 <= n < width. data is a pointer;
# `own` keeps alive what it leads to, if that is a copy.
Packed = namedtuple("Packed", ["data", "K", "N", "panel", "row", "own"])


# What the functions mean; with the JIT on, the overloads below take their place.


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
    """out[b0:b1] = bias + h[b0:b1] @ weights; the bias may be None. Rows of all dimensions but the last are counted."""
    out, h = out.reshape(-1, out.shape[-1]), h.reshape(-1, h.shape[-1])
    out[b0:b1] = (0 if bias is None else bias) + h[b0:b1] @ weights


def _sum_over_rows(x, h, delta, at_, dW, dU, db, c0, c1):
    dW[:, at_ + c0 : at_ + c1] = x.T @ delta[:, c0:c1]
    dU[:, at_ + c0 : at_ + c1] = h.T @ delta[:, c0:c1]
    db[c0:c1] = delta[:, c0:c1].sum(axis=0)


# The same for the machine.


@overload(pack)
def _pack(U, rows, first=0, last=-1):
    def impl(U, rows, first=0, last=-1):
        columns, lane = U.shape[1], lanes(U)
        K, N, width = U.shape[0], (columns if last == -1 else last) - first, VECTORS * lane
        whole_vectors = N % lane == 0  # none crosses a row's end
        lie = rows < MANY and K * N * U.itemsize <= SMALL and whole_vectors
        # a vector more, so that the panels can begin where one does
        data = np.empty(0 if lie else (N + width - 1) // width * K * width + lane, U.dtype)
        if lie:
            return Packed(at(U, first), K, N, width, columns, data)
        pack_columns(aligned(data), at(U, first), columns, K, N)
        return Packed(aligned(data), K, N, K * width, width, data)

    return impl


@overload(pack_transposed)
def _pack_transposed(U, first=0, last=-1):
    def impl(U, first=0, last=-1):
        columns, lane = U.shape[1], lanes(U)
        K, N, width = (columns if last == -1 else last) - first, U.shape[0], VECTORS * lane
        data = np.empty((N + width - 1) // width * K * width + lane, U.dtype)
        pack_rows(aligned(data), at(U, first), columns, K, N)
        return Packed(aligned(data), K, N, K * width, width, data)

    return impl


@overload(add_product)
def _add_product(out, h, weights, b0, b1, out_at=0, h_at=0):
    def impl(out, h, weights, b0, b1, out_at=0, h_at=0):
        to, width, w = out.shape[-1], h.shape[-1], weights
        sums = at(out, b0 * to + out_at)
        product(sums, to, sums, to, at(h, b0 * width + h_at), width, w.data, w.panel, w.row, b1 - b0, w.K, w.N, 0)

    return impl


@overload(set_product)
def _set_product(out, bias, h, weights, b0, b1):
    from_zero = isinstance(bias, types.NoneType)

    def impl(out, bias, h, weights, b0, b1):
        to, width, w = out.shape[-1], h.shape[-1], weights
        sums, x = at(out, b0 * to), at(h, b0 * width)
        product(sums, to, at(bias, 0), 0, x, width, w.data, w.panel, w.row, b1 - b0, w.K, w.N, 0)

    def impl_from_zero(out, bias, h, weights, b0, b1):
        to, width, w = out.shape[-1], h.shape[-1], weights
        sums, x = at(out, b0 * to), at(h, b0 * width)
        product(sums, to, sums, -1, x, width, w.data, w.panel, w.row, b1 - b0, w.K, w.N, 0)

    return impl_from_zero if from_zero else impl


@overload(_sum_over_rows)
def _summed_over_rows(x, h, delta, at_, dW, dU, db, c0, c1):
    def impl(x, h, delta, at_, dW, dU, db, c0, c1):
        D, H, N = x.shape[1], h.shape[1], delta.shape[1]
        scratch = np.empty(scratch_size(D, H, VECTORS * lanes(x)), x.dtype)
        starts = at(dW, at_), at(dU, at_), at(db, 0)
        of_rows = at(x, 0), at(h, 0), at(delta, 0)
        sum_over_rows(*of_rows, *starts, aligned(scratch), len(delta), D, H, N, dW.shape[1], c0, c1)
        return scratch.size  # a pointer keeps nothing alive: this line does

    return impl


# Products over many steps at once. x (T, B, D), delta and dx likewise, W (D, N).


@register_jitable
def steps_ahead(rows):
    """How many steps of `rows` sequences make a good product."""
    return BLOCK // rows if rows < BLOCK else 1


@kernel
def input_product(a, x, weights, bias, t, b0, b1):
    """a[t] = bias + x[t] W, for the sequences b0:b1; `weights`: W, packed. To be called for every t in turn.

    a (T, B, N); or with room for fewer steps, where step t stands in a[t % len(a)]. It works some steps ahead, so that
    there are rows enough for a good product, and few enough to be in the cache still when their step comes.
    """
    T, B = x.shape[:2]
    ahead = len(a) if len(a) < T else steps_ahead(b1 - b0)
    if t % ahead > 0:
        return
    steps, at = ahead if ahead < T - t else T - t, t % len(a)
    if b1 - b0 == B:  # the rows of all steps lie one behind the other
        set_product(a[at:], bias, x[t:], weights, 0, steps * B)
    else:
        for s in range(steps):
            set_product(a[at + s :], bias, x[t + s :], weights, b0, b1)


@kernel
def input_gradient(delta, W, dx, b0, b1):
    """dx = delta W^T, for the sequences b0:b1."""
    T, B = dx.shape[:2]
    weights = pack_transposed(W)
    if b1 - b0 == B:
        T, B, b1 = 1, T * B, T * B
    for t in range(T):
        last = t * B + b1
        for first in range(t * B + b0, last, BLOCK):
            set_product(dx, None, delta, weights, first, first + BLOCK if first + BLOCK < last else last)


@kernel
def parameter_gradients(x, h, delta, at, dW, dU, db, c0, c1):
    """dW = x^T delta, dU = h^T delta and db = the sum of delta, for the columns c0:c1 of delta.

    x (rows, D), h (rows, H), delta (rows, N): one row for each step and sequence. The column c of delta belongs to the
    element c of db and to the column at + c of dW and dU. D or H may be 0.
    """
    _sum_over_rows(x, h, delta, at, dW, dU, db, c0, c1)
