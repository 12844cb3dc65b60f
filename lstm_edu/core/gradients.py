"""What the parameters get: sums over all steps and sequences, in machine code. `core/matmul.py` says it in NumPy."""

from numba.extending import register_jitable

from .by_name import by_name
from .packing import pack_columns, transpose
from .product import product
from .tile import VECTORS, at, lanes

DEPTH = 192  # rows that are taken together: what is packed and turned of them stays in the caches
_APART = 16  # numbers between rows that lie a power of two apart and would share few lines of the cache


@register_jitable
def scratch_size(D, H, width):
    """How many numbers of scratch memory `sum_over_rows` needs, with a vector more to begin where one does."""
    return DEPTH * (width + 1) + (D + H) * (DEPTH + _APART) + width


@by_name("x", "h", "delta", "dW", "dU", "db", "scratch")
def sum_over_rows(x, h, delta, dW, dU, db, scratch, rows, D, H, N, G, c0, c1):
    """dW = x^T delta, dU = h^T delta, db = 1^T delta, for the columns c0:c1 of delta (rows, N) and of dW and dU, whose
    rows are G numbers apart. x (rows, D), h (rows, H)."""
    width, row = VECTORS * lanes(x), DEPTH + _APART
    weights, ones, x_T = scratch, at(scratch, DEPTH * width), at(scratch, DEPTH * (width + 1))
    h_T = at(x_T, D * row)
    for k in range(DEPTH):
        ones[k] = 1
    k0 = 0
    while k0 < rows or k0 == 0:
        K = rows - k0 if rows - k0 < DEPTH else DEPTH
        transpose(x_T, row, at(x, k0 * D), D, K, D)
        transpose(h_T, row, at(h, k0 * H), H, K, H)
        for c in range(c0, c1, width):  # panel by panel: what is packed stays in the cache for all of x and h
            n = c1 - c if c1 - c < width else width
            pack_columns(weights, at(delta, k0 * N + c), N, K, n)
            for out, left, many in ((dW, x_T, D), (dU, h_T, H), (db, ones, 1)):
                sums = at(out, c)
                product(sums, G, sums, G if k0 > 0 else -1, left, row, weights, 0, width, many, K, n, 1)
        k0 += DEPTH
