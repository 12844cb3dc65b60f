"""Matrix products: the recurrent one, made step by step inside the kernels, and those over all steps at once.

    weights = pack(U, ...)                       once a sequence: columns side by side as the processor reads them
    add_product(out, h, weights, b0, b1)         out[b0:b1] += h[b0:b1] @ U
    set_product(out, bias, h, weights, b0, b1)   out[b0:b1] = bias + h[b0:b1] @ U

All of them end in `core/product.py`. Each element is summed over k from first to last: its bits depend neither on the
other rows nor on how the batch is cut.
"""

from collections import namedtuple

import numpy as np
from numba.extending import overload, register_jitable

from .kernel import kernel
from .packing import pack_columns, pack_rows, transpose
from .product import product
from .tile import VECTOR_BYTES, VECTORS, aligned, at

BLOCK = 64  # rows of a product over many steps that are taken together, so that the cache has room for them
DEPTH = 192  # steps of k of a product over many rows that are packed together, for the same reason
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


def set_product(out, bias, h, weights, b0, b1, out_at=0):
    """out[b0:b1, out_at:][:, :N] = bias[:N] + h[b0:b1][:, :K] @ weights (K, N). Rows of all dimensions but the last."""
    K, N = weights.shape
    out, h = out.reshape(-1, out.shape[-1]), h.reshape(-1, h.shape[-1])
    out[b0:b1, out_at : out_at + N] = bias[:N] + h[b0:b1, :K] @ weights


def _turn(x, k0, k1, x_T):
    """x_T[:, :k1 - k0] = x[k0:k1].T"""
    x_T[:, : k1 - k0] = x[k0:k1].T


# The same for the machine.


@register_jitable
def _width(array):
    """Columns of a panel."""
    return VECTORS * (VECTOR_BYTES // array.itemsize)


@register_jitable
def _room(K, N, width):
    """Numbers of all panels; and one vector more, so that they can begin where a vector does."""
    return -(-N // width) * K * width + width


@overload(pack)
def _pack(U, rows, first=0, last=-1):
    def impl(U, rows, first=0, last=-1):
        columns = U.shape[1]
        K, N, width = U.shape[0], (columns if last == -1 else last) - first, _width(U)
        whole_vectors = N % (width // VECTORS) == 0  # none crosses a row's end
        lie = rows < MANY and K * N * U.itemsize <= SMALL and whole_vectors
        data = np.empty(0 if lie else _room(K, N, width), U.dtype)
        if lie:
            return Packed(at(U, first), K, N, width, columns, data)
        pack_columns(aligned(data), at(U, first), columns, K, N)
        return Packed(aligned(data), K, N, K * width, width, data)

    return impl


@overload(pack_transposed)
def _pack_transposed(U, first=0, last=-1):
    def impl(U, first=0, last=-1):
        columns = U.shape[1]
        K, N, width = (columns if last == -1 else last) - first, U.shape[0], _width(U)
        data = np.empty(_room(K, N, width), U.dtype)
        pack_rows(aligned(data), at(U, first), columns, K, N)
        return Packed(aligned(data), K, N, K * width, width, data)

    return impl


@overload(add_product)
def _add_product(out, h, weights, b0, b1, out_at=0, h_at=0):
    def impl(out, h, weights, b0, b1, out_at=0, h_at=0):
        to, width, w = out.shape[-1], h.shape[-1], weights
        sums = at(out, b0 * to + out_at)
        product(sums, to, sums, to, at(h, b0 * width + h_at), width, w.data, w.panel, w.row, b1 - b0, w.K, w.N)

    return impl


@overload(set_product)
def _set_product(out, bias, h, weights, b0, b1, out_at=0):
    def impl(out, bias, h, weights, b0, b1, out_at=0):
        to, width, w = out.shape[-1], h.shape[-1], weights
        sums, x = at(out, b0 * to + out_at), at(h, b0 * width)
        product(sums, to, at(bias, 0), 0, x, width, w.data, w.panel, w.row, b1 - b0, w.K, w.N)

    return impl


@overload(_turn)
def _turned(x, k0, k1, x_T):
    def impl(x, k0, k1, x_T):
        D = x.shape[1]
        transpose(at(x_T, 0), x_T.shape[1], at(x, k0 * D), D, k1 - k0, D)

    return impl


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
    T, B = x.shape[:2]
    ahead = len(a) if len(a) < T else steps_ahead(b1 - b0)
    if t % ahead > 0:
        return
    steps, at = min(ahead, T - t), t % len(a)
    if b1 - b0 == B:  # the rows of all steps lie one behind the other
        set_product(a[at:], bias, x[t:], weights, 0, steps * B)
    else:
        for s in range(steps):
            set_product(a[at + s], bias, x[t + s], weights, b0, b1)


@kernel
def input_gradient(delta, W, dx, b0, b1):
    """dx = delta W^T, for the sequences b0:b1."""
    T, B, D = dx.shape
    weights, zero = pack_transposed(W), np.zeros(D, dx.dtype)
    if b1 - b0 == B:
        T, B, b1 = 1, T * B, T * B
    for t in range(T):
        for first in range(t * B + b0, t * B + b1, BLOCK):
            set_product(dx, zero, delta, weights, first, min(first + BLOCK, t * B + b1))


@register_jitable
def _sum(first, out, zero, left, weights, out_at):
    if first:
        set_product(out, zero, left, weights, 0, len(left), out_at)
    else:
        add_product(out, left, weights, 0, len(left), out_at)


@kernel
def parameter_gradients(x, h, delta, at, dW, dU, db, c0, c1):
    """dW = x^T delta, dU = h^T delta and db = the sum of delta, for the columns c0:c1 of delta.

    x (rows, D), h (rows, H), delta (rows, N): one row for each step and sequence. The column c of delta belongs to the
    element c of db and to the column at + c of dW and dU. D or H may be 0.
    """
    panel, D, H = _width(dW), x.shape[1], h.shape[1]
    room = min(len(delta), DEPTH)
    # 16 more: rows that lie a power of two apart would share few lines of the cache
    x_T, h_T = np.empty((D, room + 16), x.dtype), np.empty((H, room + 16), x.dtype)
    ones, zero = np.ones((1, room), x.dtype), np.zeros(panel, x.dtype)
    for k0 in range(0, max(1, len(delta)), DEPTH):
        k1 = min(k0 + DEPTH, len(delta))
        _turn(x, k0, k1, x_T)
        _turn(h, k0, k1, h_T)
        for c in range(c0, c1, panel):  # panel by panel: what is packed stays in the cache for all of x and h
            weights = pack(delta[k0:k1], MANY, c, min(c + panel, c1))
            _sum(k0 == 0, dW, zero, x_T, weights, at + c)
            _sum(k0 == 0, dU, zero, h_T, weights, at + c)
            _sum(k0 == 0, db.reshape(1, -1), zero, ones, weights, c)
