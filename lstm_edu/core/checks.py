"""Checks at the door of every public function: an error names the argument, what it got and what it needs."""

import difflib
import math
import numbers
import re
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

# What every public function takes where it draws at random: None is a new seed from the system.
Rng = int | np.random.Generator | None

AXES = {"T": "time steps", "B": "sequences", "D": "inputs", "H": "units"}

_LONGEST = 100  # characters of a wrong value in the error of `one_of`

# What other libraries call it, in small letters and digits alone, and the word here; named where that is a choice.
_ELSEWHERE = {
    "mean_squared_error": ("mse", "mseloss", "l2", "l2loss", "regression", "squarederror", "rmse"),
    "softmax_cross_entropy": (
        "ce", "crossentropy", "crossentropyloss", "categoricalcrossentropy", "sparsecategoricalcrossentropy",
        "nll", "nllloss", "logloss", "softmax", "classification", "multiclass",
    ),
    "sigmoid_cross_entropy": (
        "bce", "bceloss", "bcewithlogits", "bcewithlogitsloss", "binarycrossentropy", "sigmoid", "logistic", "binary",
        "multilabel",
    ),
    "valid": ("val", "validation", "dev"),
    "train": ("training", "fit"),
    "test": ("testing", "eval", "evaluation", "holdout"),
    "cosine": ("cosineannealing", "cosineannealinglr", "cosinedecay"),
    "linear": ("lineardecay", "linearlr", "polynomial"),
    "constant": ("constantlr", "none", "fixed"),
    "rnn": ("simplernn", "elman", "vanilla", "vanillarnn", "rnncell"),
    "lstm": ("lstmcell", "cudnnlstm", "bilstm"),
    "gru": ("grucell", "cudnngru", "bigru"),
    "macro_f1": ("f1", "f1score", "f1macro", "fscore"),
    "mae": ("meanabsoluteerror", "l1", "l1loss"),
    "r2": ("r2score", "rsquared", "determination"),
    "step_accuracy": ("stepaccuracy", "tokenaccuracy", "accuracyperstep"),
    "accuracy": ("acc", "categoricalaccuracy", "binaryaccuracy", "sparsecategoricalaccuracy"),
    "probabilities": ("proba", "prob", "predictproba", "softmax"),
    "raw": ("logits", "logit", "scores"),
    "classes": ("class", "labels", "label", "argmax"),
}  # fmt: skip
# Losses that are not there, and what comes nearest.
_INSTEAD = ("mae", "l1", "l1loss", "meanabsoluteerror", "huber", "huberloss", "smoothl1", "smoothl1loss", "logcosh")


def one_of(name: str, value: Any, choices: Iterable) -> Any:
    """The value, if it is among the choices.

    Parameters
    ----------
    name : str
        What the error calls the argument, here and below.
    value : str or None
        What the caller gave.
    choices : iterable of str or None
        What it may be.

    Returns
    -------
    str or None
        `value`.

    Raises
    ------
    ValueError
        For anything else, with the nearest choices.

    Examples
    --------
    >>> one_of("loss", "mse", ["mae", "mse"])
    'mse'
    """
    choices = list(choices)
    if (value is None or isinstance(value, str)) and value in choices:
        return value
    names = {str(c).lower(): c for c in choices if c is not None}
    if isinstance(value, str) and len(value) > _LONGEST:  # from a file, it seems: comparing takes much memory
        value = f"{value[:_LONGEST]}..."
    word = re.sub("[^a-z0-9]", "", str(value)[:_LONGEST].lower())
    if word in _INSTEAD and "mean_squared_error" in names:
        there = ", ".join(map(str, choices))
        raise ValueError(
            f"unknown {name} {value!r}: there is no loss of absolute errors; for numbers there is "
            f"'mean_squared_error', and measures=['mae'] reports the absolute error; there are {there}"
        )
    near = [here for here, words in _ELSEWHERE.items() if word in words and here in choices]
    if not near:
        near = [names[n] for n in difflib.get_close_matches(str(value)[:_LONGEST].lower(), names, n=3)]
    hint = f"did you mean {' or '.join(map(repr, near))}? " if near else ""
    raise ValueError(f"unknown {name} {value!r}: {hint}there are {', '.join(map(str, choices))}")


def whole(name: str, value: Any, least: int = 1) -> int:
    """The value as an int.

    Parameters
    ----------
    name : str
        The argument's.
    value : int
        A whole number of any type but bool.
    least : int, default 1
        The smallest one that is allowed.

    Returns
    -------
    int
        `value`.

    Raises
    ------
    ValueError
        For anything else, and below `least`.
    """
    if isinstance(value, bool) or not isinstance(value, numbers.Integral) or value < least:
        raise ValueError(f"{name} must be a whole number of at least {least}, got {value!r}")
    return int(value)


def number(name: str, value: Any, least: float = -np.inf, below: float = np.inf) -> float:
    """The value as a finite float with least <= value < below.

    Parameters
    ----------
    name : str
        The argument's.
    value : float
        A real number of any type but bool.
    least, below : float
        The limits; default: none.

    Returns
    -------
    float
        `value`.

    Raises
    ------
    ValueError
        For anything else, infinity, NaN and beyond the limits.
    """
    if type(value) is float and math.isfinite(value) and least <= value < below:
        return value  # as most often
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


def positive(name: str, value: Any) -> float:
    """The value as a finite float above 0.

    Parameters
    ----------
    name : str
        The argument's.
    value : float
        As for `number`.

    Returns
    -------
    float
        `value`.

    Raises
    ------
    ValueError
        As `number`, and for 0 and below.
    """
    above = number(name, value)
    if above <= 0:
        raise ValueError(f"{name} must be above 0, got {value!r}")
    return above


def float_type(dtype: DTypeLike) -> np.dtype:
    """The type of floats of a layer.

    Parameters
    ----------
    dtype : dtype
        float32 or float64, in any form that NumPy takes.

    Returns
    -------
    numpy.dtype
        The same as a dtype.

    Raises
    ------
    ValueError
        For any other type.
    """
    try:
        found = None if dtype is None else np.dtype(dtype)
    except (TypeError, ValueError, SyntaxError):
        found = None
    if found not in (np.float32, np.float64):
        raise ValueError(f"dtype must be float32 or float64, got {dtype!r}")
    return found


def generator(rng: Rng) -> np.random.Generator:
    """The generator that an argument `rng` stands for.

    Parameters
    ----------
    rng : int, numpy.random.Generator or None
        A seed, a generator to draw on from, or None for a new seed from the system.

    Returns
    -------
    numpy.random.Generator
        A new one, or the one that was given.

    Raises
    ------
    ValueError
        For anything else and for a seed below 0.
    """
    if rng is None or isinstance(rng, np.random.Generator):
        return np.random.default_rng(rng)
    return np.random.default_rng(whole("rng", rng, least=0))


def _describe(shape: tuple) -> str:
    letters = [str(s) for s in shape]
    words = [f"{s} {AXES[s]}" for s in shape if s in AXES]
    return f"({', '.join(letters)}{',' if len(letters) == 1 else ''})" + (f" with {', '.join(words)}" if words else "")


def floats(name: str, value: Any, shape: tuple, dtype: np.dtype) -> np.ndarray:
    """The value as an array that a kernel can read.

    Arrays of another float type are converted, arrays of anything but floats are refused: integers where floats belong
    are most often a mistake.

    Parameters
    ----------
    name : str
        The argument's.
    value : array_like
        Floats.
    shape : tuple of int or str
        What the shape must be: numbers must match, a letter is any size of at least 1.
    dtype : numpy.dtype
        The layer's.

    Returns
    -------
    numpy.ndarray
        C-contiguous, aligned, writeable, of `dtype`; the very array that was given, if it is all that.

    Raises
    ------
    ValueError
        For another shape or type, and for a masked array.

    Examples
    --------
    >>> floats("x", [[1.0, 2.0]], ("B", 2), np.dtype(np.float32))
    array([[1., 2.]], dtype=float32)
    """
    if type(value) is np.ndarray and value.dtype == dtype and _fits(value.shape, shape) and value.flags.carray:
        return value  # C-contiguous, writeable and aligned, as most are: the rest would cost as much as a small kernel
    value = _array(name, value, shape)
    if not np.issubdtype(value.dtype, np.floating):
        hint = f"; .astype({dtype.name!r}) converts it" if value.dtype.kind in "iub" else ""
        raise ValueError(f"{name} must be an array of floats, got {value.dtype}{hint}")
    value = np.ascontiguousarray(_shaped(name, value, shape), dtype)
    return value if value.flags.writeable else value.copy()  # a kernel would be compiled anew for a read-only array


def integers(name: str, value: Any, shape: tuple, below: int) -> np.ndarray:
    """The value as an array of symbols.

    Parameters
    ----------
    name : str
        The argument's.
    value : array_like
        Whole numbers in 0 .. below - 1.
    shape : tuple of int or str
        As in `floats`.
    below : int
        How many symbols there are.

    Returns
    -------
    numpy.ndarray
        C-contiguous, int64.

    Raises
    ------
    ValueError
        For another shape or type, and for numbers beyond the limits.
    """
    value = _array(name, value, shape)
    if not np.issubdtype(value.dtype, np.integer):
        raise ValueError(f"{name} must be an array of whole numbers, got {value.dtype}")
    value = _shaped(name, value, shape)
    if value.size and (value.min() < 0 or value.max() >= below):
        raise ValueError(f"{name} must lie in 0 .. {below - 1}, got values from {value.min()} to {value.max()}")
    return np.ascontiguousarray(value, np.int64)


def overlap(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether one array may hold numbers of the other, told from where they begin and end.

    Parameters
    ----------
    a, b : numpy.ndarray
        Two arrays.

    Returns
    -------
    bool
        False if they surely share no memory.
    """
    if a.base is None and b.base is None:  # each has memory of its own: most often, and a third of the time
        return a is b
    return np.may_share_memory(a, b)


def lengths(value: Any, T: int | None, B: int) -> np.ndarray | None:
    """The lengths of the sequences of a batch.

    Parameters
    ----------
    value : array_like or None
        (B,) whole numbers in 1 .. T; None where all sequences are whole.
    T : int or None
        Steps of the longest; None: no upper limit.
    B : int
        Sequences.

    Returns
    -------
    numpy.ndarray or None
        (B,) int64, a copy; None for None.

    Raises
    ------
    ValueError
        For another shape or type, and for numbers beyond the limits.

    Examples
    --------
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


def unmasked(name: str, value: Any) -> Any:
    """The value, unless it is one of NumPy's masked arrays: every function here would overlook the mask.

    Parameters
    ----------
    name : str
        The argument's.
    value : object
        Anything; a list or tuple is looked into, one level deep.

    Returns
    -------
    object
        `value`.

    Raises
    ------
    ValueError
        For a masked array.
    """
    masked = np.ma.MaskedArray
    if isinstance(value, masked) or (isinstance(value, list | tuple) and any(isinstance(v, masked) for v in value)):
        raise ValueError(
            f"{name} must be an array without a mask, got a masked array, whose mask would be ignored: pass "
            "value.filled(0), and say with lengths, or with the mask of a loss, which steps count"
        )
    return value


def _array(name: str, value: Any, shape: tuple) -> np.ndarray:
    unmasked(name, value)
    try:
        return np.asarray(value)
    except (ValueError, TypeError, RuntimeError) as error:  # the last two from arrays of other libraries
        raise ValueError(f"{name} must be an array of shape {_describe(shape)}: {error}") from None


def _fits(got: tuple, needed: tuple) -> bool:
    if got == needed:
        return True
    if len(got) != len(needed):
        return False
    for g, n in zip(got, needed, strict=True):  # noqa: SIM110 - half the time of all() with a generator
        if g != n and (g == 0 or type(n) is not str):
            return False
    return True


def _shaped(name: str, value: np.ndarray, shape: tuple) -> np.ndarray:
    if _fits(value.shape, shape):
        return value
    needed = _describe(shape)
    if value.ndim != len(shape):
        raise ValueError(f"{name} must have {len(shape)} axes {needed}, got shape {value.shape}")
    others = any(not isinstance(need, str) and got != need for got, need in zip(value.shape, shape, strict=True))
    raise ValueError(f"{name} must have shape {needed}{'' if others else ', none of them 0'}, got {value.shape}")
