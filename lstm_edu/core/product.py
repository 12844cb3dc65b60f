"""The matrix product under every kernel: out = begin + h @ weights, cut into tiles.

It is compiled once for a type of numbers and called by name (`core/by_name.py`): compiled into each kernel anew, it
would take most of the time that a kernel needs on its first call.

Where a batch is too small to be cut, other threads may make a part of the columns (`core/shared.py`).
"""

from . import team
from .by_name import by_name
from .tile import VECTORS, at, lanes, tiles

_WORTH = 32768  # multiply-adds of a product below which asking a thread that waits (about a microsecond) does not pay

# Rows of a tile by its number of vectors: as many sums as the registers hold beside the weights, because with fewer the
# processor waits for a sum before it can go on with it.
_HEIGHTS = {4: (4,), 2: (8, 4), 1: (16, 4)} if VECTORS == 4 else {2: (4,), 1: (8, 4)}
_LOWEST = 4
_DEPTH = 128  # steps of k that are taken together: a panel of so many rows stays in the nearest cache for all of h
_LONG = 8  # vectors of a tile of one row

_whole = tiles(VECTORS, _HEIGHTS[VECTORS])
_half = tiles(2, _HEIGHTS[2])  # of a panel of four vectors
_single = tiles(1, _HEIGHTS[1])
_few = tiles(1, (4,), partial=True)
_long_row, _whole_row, _single_row = tiles(_LONG, (1,)), tiles(VECTORS, (1,)), tiles(1, (1,))
_few_row = tiles(1, (1,), partial=True)


@by_name("out", "begin", "h", "weights")
def product(out, out_row, begin, begin_row, h, h_row, weights, panel, u_row, rows, K, N, alone):
    """out[b, n] = begin[b, n] + the sum over k < K of h[b, k] weights[k, n], for b < rows and n < N.

    Pointers lead to the first element; `<name>_row` is how many numbers further the next row stands, and `panel` the
    next panel of weights, whose rows are as long as VECTORS vectors. `begin_row` below 0: sums begin at 0.
    `alone` = 0: other threads may make a part of it, if some wait for one.
    """
    if alone == 0 and rows * K * N >= _WORTH and team.size(team.slots(out)) > 0:
        whole = out, out_row, begin, begin_row, h, h_row, weights, panel, u_row, rows, K, N, alone
        team.ask(team.slots(out), whole)
        return
    lane, many, n = lanes(out), rows - rows % _LOWEST, 0
    width = VECTORS * lane
    while n < N and many > 0:
        o, s, u, left = at(out, n), at(begin, n), at(weights, n // width * panel + n % width), N - n
        if left >= width:
            _whole(o, out_row, s, begin_row, h, h_row, u, panel, u_row, many, K if K < _DEPTH else _DEPTH, 0)
            for k in range(_DEPTH, K, _DEPTH):
                x, v = at(h, k), at(u, k * u_row)
                _whole(o, out_row, o, out_row, x, h_row, v, panel, u_row, many, K - k if K - k < _DEPTH else _DEPTH, 0)
            n += width
        elif left >= 2 * lane:
            _half(o, out_row, s, begin_row, h, h_row, u, panel, u_row, many, K, 0)
            n += 2 * lane
        elif left >= lane:
            _single(o, out_row, s, begin_row, h, h_row, u, panel, u_row, many, K, 0)
            n += lane
        else:
            _few(o, out_row, s, begin_row, h, h_row, u, panel, u_row, many, K, left)
            n = N
    out, begin, h, rows, n = at(out, many * out_row), at(begin, many * begin_row), at(h, many * h_row), rows - many, 0
    while n < N and rows > 0:
        o, s, u, left = at(out, n), at(begin, n), at(weights, n // width * panel + n % width), N - n
        if left >= _LONG * lane:
            _long_row(o, out_row, s, begin_row, h, h_row, u, panel, u_row, rows, K, 0)
            n += _LONG * lane
        elif left >= width:
            _whole_row(o, out_row, s, begin_row, h, h_row, u, panel, u_row, rows, K, 0)
            n += width
        elif left >= lane:
            _single_row(o, out_row, s, begin_row, h, h_row, u, panel, u_row, rows, K, 0)
            n += lane
        else:
            _few_row(o, out_row, s, begin_row, h, h_row, u, panel, u_row, rows, K, left)
            n = N
