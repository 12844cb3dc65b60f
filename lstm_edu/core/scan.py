"""A linear recurrence h[t] = a[t] h[t-1] + b[t] over all steps: one after the other, or in pieces side by side.

Such a recurrence is associative: two steps are one step with a = a2 a1 and b = a2 b1 + b2. So a piece can be made from
zero before anybody knows where it begins, and mended once that is known: twice the work, but on every core.
"""

import numpy as np

from . import threads
from .kernel import kernel

_PIECE = 256  # steps from which on a piece of its own pays
_MUCH = 2**62  # what `threads` is told of the work: whoever asks for pieces wants them side by side


@kernel
def _run(a, b, h, first, last):
    """h[first:last] from h[first - 1]; for first = 0 from h[-1], where the initial state lies."""
    B, H = h.shape[1:]
    for t in range(first, last):
        for j in range(B):
            a_t, b_t, old, new = a[t, j], b[t, j], h[t - 1, j], h[t, j]
            for k in range(H):
                new[k] = a_t[k] * old[k] + b_t[k]


@kernel
def _run_from_zero(a, b, h, kept, first, last):
    """As `_run`, from zero; kept[t] is the share of the true beginning that is left after step t."""
    B, H = h.shape[1:]
    for j in range(B):
        for k in range(H):
            h[first, j, k] = b[first, j, k]
            kept[first, j, k] = a[first, j, k]
    for t in range(first + 1, last):
        for j in range(B):
            a_t, b_t, old, new = a[t, j], b[t, j], h[t - 1, j], h[t, j]
            before, now = kept[t - 1, j], kept[t, j]
            for k in range(H):
                new[k] = a_t[k] * old[k] + b_t[k]
                now[k] = a_t[k] * before[k]


@kernel
def _mend(h, kept, begin, first, last):
    """Add to h[first:last] what is left of the state (B, H) before the piece."""
    B, H = h.shape[1:]
    for t in range(first, last):
        for j in range(B):
            new, share, begins = h[t, j], kept[t, j], begin[j]
            for k in range(H):
                new[k] += share[k] * begins[k]


def scan(a: np.ndarray, b: np.ndarray, initial: np.ndarray, pieces: int | None = None) -> np.ndarray:
    """h[t] = a[t] h[t-1] + b[t], for all steps.

    Parameters
    ----------
    a, b : numpy.ndarray
        (T, B, H) of one float type.
    initial : numpy.ndarray
        (B, H), h before the first step.
    pieces : int, optional
        How many pieces of the steps are made side by side; 1: one step after the other. None: as many as there are
        threads and room for.

    Returns
    -------
    numpy.ndarray
        h (T, B, H). The pieces change it by rounding alone.

    Examples
    --------
    >>> a, b = np.full((5, 1, 1), 0.5), np.ones((5, 1, 1))
    >>> scan(a, b, np.zeros((1, 1)))[:, 0, 0]
    array([1.    , 1.5   , 1.75  , 1.875 , 1.9375])
    """
    T = len(a)
    wanted = min(threads.get_num_threads(), T // _PIECE) if pieces is None else min(pieces, T)
    h = np.empty((T + 1, *a.shape[1:]), a.dtype)  # the last row is h[-1]: where step 0 looks for what was before
    h[-1] = initial
    if wanted < 2:
        _run(a, b, h, 0, T)
        return h[:T]
    cuts = [T * k // wanted for k in range(wanted + 1)]
    kept = np.empty_like(a)

    def made(first: int, last: int) -> None:
        for k in range(first, last):
            if k == 0:
                _run(a, b, h, 0, cuts[1])
            else:
                _run_from_zero(a, b, h, kept, cuts[k], cuts[k + 1])

    def mended(first: int, last: int) -> None:
        for k in range(first, last):
            _mend(h, kept, ends[k], cuts[k + 1], cuts[k + 2])

    threads.run(made, wanted, _MUCH, block=1)
    ends = [h[cuts[1] - 1].copy()]  # the true state at the end of each piece but the last
    for k in range(1, wanted - 1):
        last = cuts[k + 1] - 1
        ends.append(h[last] + kept[last] * ends[-1])
    threads.run(mended, wanted - 1, _MUCH, block=1)
    return h[:T]
