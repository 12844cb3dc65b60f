"""Chapter 11: counting work, the order of loops, the gradient of a cell of one's own, a stable sigmoid."""

import itertools
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from lstm_edu.course.checker import Untouched, Wrong, call, exercise, same_array


@exercise("11.1", hint="Begin with one step of one sequence: how many columns have W and U of a GRU?")
def gru_multiplications(answer: Callable) -> str:
    """The multiplications in the matrix products of a GRU."""
    T, B, D, H = 7, 5, 3, 4
    suspects = {
        "four blocks: a GRU has three": T * B * 4 * H * (D + H),
        "two blocks: the candidate has weights as well": T * B * 2 * H * (D + H),
        "one block: two gates and a candidate make three": T * B * H * (D + H),
        "the biases: they are added, not multiplied": T * B * 3 * H * (D + H + 1),
        "additions counted as well": T * B * 6 * H * (D + H),
        "one step of one sequence": 3 * H * (D + H),
        "the input left out": T * B * 3 * H * H,
        "the state left out": T * B * 3 * H * D,
    }
    right = T * B * 3 * H * (D + H)
    same_array("the number", call(answer, T, B, D, H), right, suspects=suspects)
    return "Three quarters of the LSTM's work at equal units: that is all the GRU saves."


class _Read(np.ndarray):
    """An array that writes down which of its elements are read, as U[k, j] or as U[k][j]."""

    place = ()

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, int | np.integer) and self.ndim == 2:
            row = np.ndarray.__getitem__(self, key)
            row.place = (int(key),)
            return row
        if isinstance(key, int | np.integer):
            key = (key,)
        if isinstance(key, tuple) and all(isinstance(k, int | np.integer) for k in key):
            _READS.append((*self.place, *(int(k) for k in key)))
            return float(np.asarray(self)[key])
        return np.asarray(self)[key]


_READS: list[Any] = []


@exercise("11.2", hint="Begin with the outer loop over the sequences n; which of k and j must be the inner one?")
def add_rows(answer: Callable) -> str:
    """A matrix product as three loops, the inner one along the rows."""
    rng = np.random.default_rng(112)
    h, U, out = rng.normal(size=(3, 4)), rng.normal(size=(4, 5)), rng.normal(size=(3, 5))
    if not callable(answer):
        raise Wrong("A function is asked for.")
    _READS.clear()
    mine = out.copy()
    try:
        returned = answer(mine, h.copy(), U.copy().view(_Read))
    except Exception as error:
        raise Wrong(f"Your function stops with {type(error).__name__}: {error}.") from None
    if np.array_equal(mine, out):
        if returned is None or returned is ...:
            raise Untouched("Nothing was added to out.")
        raise Wrong("out is unchanged: add to it in place.")
    suspects = {"out overwritten: add to what it holds": h @ U}
    same_array("out", mine, out + h @ U, shape="(B, 4H)", suspects=suspects)
    if not _READS:
        raise Wrong("The result is right; now as three loops over numbers, U[k, j] one after the other.")
    steps = [(b[0] - a[0], b[1] - a[1]) for a, b in itertools.pairwise(_READS)]
    if steps.count((0, 1)) < len(steps) / 2:
        raise Wrong("The result is right, but U is read down its columns: exchange the two inner loops.")
    return "Same sums, another order: in a kernel it was several times faster."


def _back(
    dh: np.ndarray,
    h_old: np.ndarray,
    f: np.ndarray,
    n: np.ndarray,
    U: np.ndarray,
    sign: int = 1,
    own_way: bool = True,
    slope_f: Any = None,
    slope_n: Any = None,
) -> Any:
    df = dh * sign * (h_old - n) * (f * (1 - f) if slope_f is None else slope_f)
    dn = dh * (1 - f) * (1 - n**2 if slope_n is None else slope_n)
    return df, dn, (dh * f if own_way else 0) + np.concatenate([df, dn], axis=-1) @ U.T


@exercise("11.3", hint="Begin with h = f h' + (1 - f) n: how does it change with f, and how with h' directly?")
def one_gate_back(answer: Callable) -> str:
    """One step back of a cell with one gate: df, dn, dh_old, each (B, H)."""
    rng = np.random.default_rng(113)
    dh, h_old, n = rng.uniform(-1, 1, (3, 2, 4))
    f, U = rng.uniform(0.1, 0.9, (2, 4)), rng.normal(size=(4, 8))
    got = call(answer, dh, h_old, f, n, U)
    if not isinstance(got, tuple | list) or len(got) != 3:
        raise Wrong("Return three arrays, df, dn and dh_old.")
    wrong = {
        "the sign of h' - n turned round: more f means more of h' and less of n": _back(dh, h_old, f, n, U, sign=-1),
        "the slope of the sigmoid left out": _back(dh, h_old, f, n, U, slope_f=1),
        "the slope of the tanh left out": _back(dh, h_old, f, n, U, slope_n=1),
        "the memory's own way left out: h' also goes into h directly, times f": _back(
            dh, h_old, f, n, U, own_way=False
        ),
    }
    right = _back(dh, h_old, f, n, U)
    for k, name in enumerate(("df", "dn", "dh_old")):
        suspects = {words: parts[k] for words, parts in wrong.items() if not np.allclose(parts[k], right[k])}
        same_array(name, got[k], right[k], shape="(B, H)", suspects=suspects)
    return "The way times f is the carousel of chapter 03 again, with a gate in it."


@exercise("11.4", hint="Begin with e = np.exp(-np.abs(a)), which is never above 1; then look at a >= 0 and a < 0.")
def stable_sigmoid(answer: Callable) -> str:
    """A sigmoid without an overflow."""
    a = np.array([-1000.0, -30.0, -1.0, 0.0, 0.5, 40.0, 1000.0])
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        got = call(answer, a)
    e = np.exp(-np.abs(a))
    right = np.where(a >= 0, 1, e) / (1 + e)
    suspects = {
        "1 / (1 + e) for all signs: for a < 0 the numerator is e": 1 / (1 + e),
        "a tanh": np.tanh(a),
        "the sigmoid of -a": np.where(a >= 0, e, 1) / (1 + e),
    }
    same_array("the sigmoid", got, right, suspects=suspects, atol=1e-12)  # a clamped argument will do
    if heard:
        raise Wrong(f"The values are right, but NumPy warns: {heard[0].message}.")
    return "The package's kernels clamp the argument instead: no branch, and the loop vectorises."
