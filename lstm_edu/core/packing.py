"""Weights laid out as the tiles read them: in panels a few vectors wide, whose rows lie one behind the other."""

from .by_name import by_name
from .tile import VECTORS, at, copy_row, lanes, transpose_square


@by_name("panels", "U")
def pack_columns(panels, U, U_row, K, N):
    """panels[q, k, j] = U[k, q * width + j] for k < K, and 0 beyond column N."""
    width = VECTORS * lanes(U)
    for q in range(-(-N // width)):
        columns = N - q * width if N - q * width < width else width
        for k in range(K):
            to, from_ = at(panels, (q * K + k) * width), at(U, k * U_row + q * width)
            if columns == width:
                copy_row(to, from_)
            else:
                for j in range(width):
                    to[j] = from_[j] if j < columns else 0


@by_name("out", "x")
def transpose(out, out_row, x, x_row, rows, columns):
    """out[c, r] = x[r, c]."""
    side = lanes(x)
    for r0 in range(0, rows, side):
        for c0 in range(0, columns, side):
            to, from_ = at(out, c0 * out_row + r0), at(x, r0 * x_row + c0)
            if r0 + side <= rows and c0 + side <= columns:
                transpose_square(to, out_row, from_, x_row)
            else:
                for c in range(side if columns - c0 > side else columns - c0):
                    for r in range(side if rows - r0 > side else rows - r0):
                        to[c * out_row + r] = from_[r * x_row + c]


@by_name("panels", "U")
def pack_rows(panels, U, U_row, K, N):
    """panels[q, k, j] = U[q * width + j, k] for k < K, and 0 beyond row N: the columns of U transposed."""
    width = VECTORS * lanes(U)
    for q in range(-(-N // width)):
        rows, panel = N - q * width if N - q * width < width else width, at(panels, q * K * width)
        transpose(panel, width, at(U, q * width * U_row), U_row, rows, K)
        for k in range(K):
            for j in range(rows, width):
                panel[k * width + j] = 0
