"""Checks at the door of every public function: an error names the argument, what it got and what it needs."""

import difflib
import math
import numbers

import numpy as np

# What every public function takes where it draws at random: None is a new seed from the system.
Rng = int | np.random.Generator | None

AXES = {"T": "time steps", "B": "sequences", "D": "inputs", "H": "units"}

_LONGEST = 100  # characters of a wrong value in the error of `one_of`


def one_of(name: str, value, choices):
    """`value` if it is among `choices`, else a ValueError with the nearest ones."""
    choices = list(choices)
    if (value is None or isinstance(value, str)) and value in choices:
        return value
    names = {str(c).lower(): c for c in choices if c is not None}
    if isinstance(value, str) and len(value) > _LONGEST:  # from a file, it seems: comparing takes much memory
        value = f"{value[:_LONGEST]}..."
    near = [names[n] for n in difflib.get_close_matches(str(value)[:_LONGEST].lower(), names, n=3)]
    hint = f"did you mean {' or '.join(map(repr, near))}? " if near else ""
    raise ValueError(f"unknown {name} {value!r}: {hint}there are {', '.join(map(str, choices))}")


def whole(name: str, value, least: int = 1) -> int:
    """`value` as an int of at least `least`."""
    if isinstance(value, bool) or not isinstance(value, numbers.Integral) or value < least:
        raise ValueError(f"{name} must be a whole number of at least {least}, got {value!r}")
    return int(value)


def number(name: str, value, least: float = -np.inf, below: float = np.inf) -> float:
    """`value` as a finite float with least <= value < below."""
    try:
        finite = isinstance(value, numbers.Real) and not isinstance(value, bool) and math.isfinite(float(value))
    except OverflowError:
        finite = False
    if not finite:
        raise ValueError(f"{name} must be a finite number, got {value!r}")
    if not least <= value < below:
        limits = f"at least {least:g}" + (f" and below {below:g}" if np.isfinite(below) else "")
        raise ValueError(f"{name} must be {limits}, got {value!r}")
    return float(value)


def positive(name: str, value) -> float:
    """`value` as a finite float above 0."""
    above = number(name, value)
    if above <= 0:
        raise ValueError(f"{name} must be above 0, got {value!r}")
    return above


def float_type(dtype) -> np.dtype:
    """float32 or float64 as a NumPy dtype."""
    try:
        found = None if dtype is None else np.dtype(dtype)
    except (TypeError, ValueError, SyntaxError):
        found = None
    if found not in (np.float32, np.float64):
        raise ValueError(f"dtype must be float32 or float64, got {dtype!r}")
    return found


def generator(rng) -> np.random.Generator:
    """A Generator from None (a new seed from the system), a whole number or a Generator."""
    if rng is None or isinstance(rng, np.random.Generator):
        return np.random.default_rng(rng)
    return np.random.default_rng(whole("rng", rng, least=0))


def _describe(shape) -> str:
    letters = [str(s) for s in shape]
    words = [f"{s} {AXES[s]}" for s in shape if s in AXES]
    return f"({', '.join(letters)}{',' if len(letters) == 1 else ''})" + (f" with {', '.join(words)}" if words else "")


def floats(name: str, value, shape: tuple, dtype) -> np.ndarray:
    """`value` as a C-contiguous array of `dtype`, checked against `shape`.

    `shape` holds numbers (which must match) and letters (any size of at least 1). Arrays of another float type are
    converted, arrays of anything but floats are refused: integers where floats belong are most often a mistake.
    """
    if type(value) is np.ndarray and value.dtype == dtype and _fits(value.shape, shape) and value.flags.carray:
        return value  # C-contiguous, writeable and aligned, as most are: the rest would cost as much as a small kernel
    value = _array(name, value, shape)
    if not np.issubdtype(value.dtype, np.floating):
        hint = f"; .astype({dtype.name!r}) converts it" if value.dtype.kind in "iub" else ""
        raise ValueError(f"{name} must be an array of floats, got {value.dtype}{hint}")
    value = np.ascontiguousarray(_shaped(name, value, shape), dtype)
    return value if value.flags.writeable else value.copy()  # a kernel would be compiled anew for a read-only array


def integers(name: str, value, shape: tuple, below: int) -> np.ndarray:
    """`value` as an array of int64 in 0 .. below - 1, checked against `shape` as in `floats`."""
    value = _array(name, value, shape)
    if not np.issubdtype(value.dtype, np.integer):
        raise ValueError(f"{name} must be an array of whole numbers, got {value.dtype}")
    value = _shaped(name, value, shape)
    if value.size and (value.min() < 0 or value.max() >= below):
        raise ValueError(f"{name} must lie in 0 .. {below - 1}, got values from {value.min()} to {value.max()}")
    return np.ascontiguousarray(value, np.int64)


def overlap(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether one may hold numbers of the other, told from where they begin and end."""
    if a.base is None and b.base is None:  # each has memory of its own: most often, and a third of the time
        return a is b
    return np.may_share_memory(a, b)


def lengths(value, T, B: int):
    """`value` as an array (B,) of int64 with values in 1 .. T (None: no upper limit), or None where none are given.

    >>> lengths([3, 1], T=3, B=2)
    array([3, 1])
    """
    if value is None:
        return None
    value = _array("lengths", value, (B,))
    if value.shape != (B,):
        raise ValueError(f"lengths must have shape ({B},), one for each sequence, got {value.shape}")
    if not np.issubdtype(value.dtype, np.integer):
        raise ValueError(f"lengths must be whole numbers, got {value.dtype}")
    if value.min() < 1 or (T is not None and value.max() > T):
        needed = "at least 1" if T is None else f"in 1 .. {T}"
        raise ValueError(f"lengths must be {needed}, got values from {value.min()} to {value.max()}")
    return value.astype(np.int64)


def unmasked(name: str, value):
    """`value`, unless it is one of NumPy's masked arrays: every function here would overlook the mask."""
    masked = np.ma.MaskedArray
    if isinstance(value, masked) or (isinstance(value, list | tuple) and any(isinstance(v, masked) for v in value)):
        raise ValueError(
            f"{name} must be an array without a mask, got a masked array, whose mask would be ignored: pass "
            "value.filled(0), and say with lengths, or with the mask of a loss, which steps count"
        )
    return value


def _array(name, value, shape) -> np.ndarray:
    unmasked(name, value)
    try:
        return np.asarray(value)
    except (ValueError, TypeError, RuntimeError) as error:  # the last two from arrays of other libraries
        raise ValueError(f"{name} must be an array of shape {_describe(shape)}: {error}") from None


def _fits(got: tuple, needed: tuple) -> bool:
    if len(got) != len(needed):
        return False
    for g, n in zip(got, needed, strict=True):  # noqa: SIM110 - half the time of all() with a generator
        if g != n and (g == 0 or type(n) is not str):
            return False
    return True


def _shaped(name, value, shape):
    if _fits(value.shape, shape):
        return value
    needed = _describe(shape)
    if value.ndim != len(shape):
        raise ValueError(f"{name} must have {len(shape)} axes {needed}, got shape {value.shape}")
    others = any(not isinstance(need, str) and got != need for got, need in zip(value.shape, shape, strict=True))
    raise ValueError(f"{name} must have shape {needed}{'' if others else ', none of them 0'}, got {value.shape}")
