"""Checks of exercises that say in words what is wrong.

@exercise("03.2")
def carousel(answer):
    "One line: what is asked."
    got = call(answer, x, W)
    same_array("y", got, expected, shape="(T, H)", suspects={"the gates in the order i o g": other})
    return "Notice that ..."                     # or nothing
"""

import importlib
import importlib.util
import inspect
import re
import traceback
from collections.abc import Callable
from typing import Any

import numpy as np

from lstm_edu.core import checks

# What NumPy says of a slip that every learner makes, in words that need no knowledge of its signatures.
_PLAIN = (
    (
        "a product of matrices whose inner sizes differ, {1} columns times {0} rows",
        r"matmul: Input operand 1 has a mismatch in its core dimension 0.*\(size (\d+) is different from (\d+)\)",
    ),
    (
        "a product of matrices whose inner sizes differ, shapes ({0}) and ({1})",
        r"shapes \(([\d,]+)\) and \(([\d,]+)\) not aligned",
    ),
    (
        "two arrays that don't fit element by element, shapes ({0}) and ({1})",
        r"operands could not be broadcast together with shapes \(([\d,]+)\) \(([\d,]+)\)",
    ),
    (
        "place {0} of an axis that has {2} (they count from 0)",
        r"index (-?\d+) is out of bounds for axis (\d+) with size (\d+)",
    ),
    ("the name {0} is not defined yet", r"name '(\w+)' is not defined"),
)
_NAN = {"from": ""}  # where the NaN comes from that the last function gave
_LISTENERS: list[Callable[[str, bool, str], object]] = []
_EXERCISES: dict[str, tuple[Callable, str]] = {}  # "03.2" -> (checker, hint)


class Wrong(Exception):
    """An answer that is not right yet; its text says why."""


class Untouched(Wrong):
    """The skeleton of an exercise as it was given: the exercise's hint follows."""


def exercise(number: str, *, hint: str = "") -> Callable:
    """Decorate the checker of an exercise.

    The checker gets the learner's answer, raises `Wrong` with words, and returns None or a sentence on what to notice.
    Its docstring says in one line what is asked.

    Parameters
    ----------
    number : str
        Chapter and exercise, such as "03.2".
    hint : str
        Where to begin, for those who have not yet; else the first line of the checker's docstring.

    Returns
    -------
    function
        The decorator.

    Raises
    ------
    ValueError
        For another kind of number, for one that the course has, and for a checker without a docstring.

    Examples
    --------
    >>> @exercise("98.1", hint="Which number is half of 14?")
    ... def seven(answer):
    ...     "The number seven."
    ...     if answer != 7:
    ...         raise Wrong(f"{answer} is not 7.")
    >>> check("98.1", ...)
    98.1: not yet. Which number is half of 14?
    not yet
    >>> check("98.1", 8)
    98.1: not yet. 8 is not 7.
    not yet
    >>> check("98.1", 7)
    98.1: right.
    right
    """
    if not isinstance(number, str) or not re.fullmatch(r"\d\d\.\d+", number):
        raise ValueError(f"number must be chapter and exercise such as '03.2', got {number!r}")

    def register(checker: Callable) -> Callable:
        if not (checker.__doc__ or "").strip():
            raise ValueError(f"exercise {number}: {checker.__name__} needs a docstring that says what is asked")
        known = _EXERCISES.get(number, (checker, ""))[0].__module__
        if known.startswith(f"{__package__}.exercises") and checker.__module__ != known:
            raise ValueError(f"exercise {number} has a check in the course already: choose another number")
        _EXERCISES[number] = (checker, hint or (checker.__doc__ or "").strip().splitlines()[0])
        return checker

    return register


class Verdict:
    """True or False, without a line of its own below what `check` prints in a notebook."""

    def __init__(self, right: bool) -> None:
        self.right = right

    def __bool__(self) -> bool:
        return self.right

    def __repr__(self) -> str:
        return "right" if self.right else "not yet"

    def _ipython_display_(self) -> None:
        """Nothing: the words are printed already."""


def check(number: str, answer: Any) -> Verdict:
    """Look at the answer to an exercise, and print "right" or in words what is wrong.

    Parameters
    ----------
    number : str
        Chapter and exercise, such as "03.2".
    answer : function
        The learner's; what it raises is printed as what is wrong with it.

    Returns
    -------
    Verdict
        True where the answer is right.

    Raises
    ------
    ValueError
        Where there is no such exercise.

    Examples
    --------
    >>> check("00.2", lambda D, H: H * (D + H + 1))
    00.2: not yet. the number for D = 3, H = 5 is what comes out with one gate alone: there are three gates and ...
    not yet
    """
    checker, hint = _find(number)
    right = False
    try:
        if _empty(answer):
            raise Untouched
        words = f"right. {checker(answer) or ''}".rstrip()
        right = True
    except Untouched as untouched:
        words = f"not yet. {untouched} {hint}".replace("  ", " ")
    except Wrong as wrong:
        words = f"not yet. {wrong}"
    except Exception as error:  # an answer of a kind that the checker did not expect
        words = f"not yet. Your answer can't be checked as it is: {_words(error)}"
    print(f"{number}: {words}")
    for listener in _LISTENERS:
        listener(number, right, words)
    return Verdict(right)


def listen(listener: Callable[[str, bool, str], object]) -> None:
    """Have every verdict of `check` told to a function too, from now on.

    Parameters
    ----------
    listener : callable
        It gets the exercise's number, whether it is right, and the words.
    """
    _LISTENERS.append(listener)


def numbers(chapter: int) -> list[str]:
    """The exercises of a chapter that have a check, such as ["03.1", "03.2"]."""
    _load(f"{chapter:02d}")
    return sorted(n for n in _EXERCISES if n.startswith(f"{chapter:02d}."))


def _find(number: Any) -> tuple[Callable, str]:
    if number not in _EXERCISES and isinstance(number, str):
        _load(number[:2])
    return _EXERCISES[checks.one_of("exercise", number, sorted(_EXERCISES))]


def _load(chapter: str) -> None:
    module = f"lstm_edu.course.exercises.ch{chapter}"
    if chapter.isdigit() and importlib.util.find_spec(module):
        importlib.import_module(module)


def call(answer: Any, *args: Any, **kwargs: Any) -> Any:
    """What the learner's function returns.

    Parameters
    ----------
    answer : function
        The learner's.
    *args, **kwargs
        What it gets. Arrays among them are copied: a function which writes into them can't change what comes next.

    Returns
    -------
    object
        Whatever the function gives, but nothing empty.

    Raises
    ------
    Wrong
        For something else than a function, and with the words of what it raises.
    Untouched
        Where it returns nothing yet.

    Examples
    --------
    >>> call(max, 1, 3)
    3
    >>> call(max, [])
    Traceback (most recent call last):
    ...
    lstm_edu.course.checker.Wrong: Your function stops with ValueError: max() ...
    """
    if not callable(answer):
        raise Wrong(f"A function is asked for, this is {_kind(answer)}.")
    _check_arguments(answer, args, kwargs)
    try:
        got = answer(*_copied(args), **_copied(kwargs))
    except NotImplementedError:
        raise Untouched from None
    except Exception as error:
        raise Wrong(f"Your function stops with {_words(error)}") from None
    if _empty(got):
        raise Untouched("Your function returns nothing yet.")
    _NAN["from"] = _origin_of_nan(answer, args, kwargs) if _holds_nan(got) else ""
    return got


def _origin_of_nan(answer: Callable, args: tuple, kwargs: dict) -> str:
    """Where a number stops being one, in words for `same_array`: the function runs once more, and is stopped there."""
    try:
        with np.errstate(invalid="raise", divide="raise", over="raise"):
            answer(*_copied(args), **_copied(kwargs))
    except FloatingPointError as error:
        return f" It comes from {_words(error)}"
    except Exception:  # another one the second time
        return ""
    return ""


def _check_arguments(answer: Callable, args: tuple, kwargs: dict) -> None:
    """Wrong, with both numbers, where the function can't be called with what it is to get."""
    try:
        signature = inspect.signature(answer)
    except (TypeError, ValueError):  # a function of NumPy
        return
    try:
        signature.bind(*args, **kwargs)
    except TypeError:
        given = len(args) + len(kwargs)
        raise Wrong(f"Your function takes {signature}, but it gets {given} argument{'s' * (given != 1)}.") from None


def _holds_nan(value: Any) -> bool:
    if isinstance(value, tuple | list):
        return any(map(_holds_nan, value))
    if isinstance(value, dict):
        return any(map(_holds_nan, value.values()))
    return isinstance(value, np.ndarray | float) and np.asarray(value).dtype.kind == "f" and bool(np.isnan(value).any())


def _copied(value: Any) -> Any:
    """Arrays as copies, also inside lists, tuples and dicts. Not a deepcopy: a layer's parameters are views into one
    buffer, and would not be any more."""
    if type(value) in (list, tuple):
        return type(value)(_copied(one) for one in value)
    if type(value) is dict:
        return {name: _copied(one) for name, one in value.items()}
    return value.copy() if isinstance(value, np.ndarray) else value


def _empty(value: Any) -> bool:
    """None, ..., or a tuple of nothing else: what a skeleton returns."""
    if isinstance(value, tuple) and value:
        return all(_empty(one) for one in value)
    return value is None or value is ...


def _words(error: BaseException) -> str:
    """An exception as a sentence, with the learner's own line if it is known."""
    text = " ".join(str(error).split()).rstrip(".")
    name = type(error).__name__
    said = f"{name}: {text}" if text else name
    for words, mistake in _PLAIN:
        if found := re.search(mistake, text):
            said = words.format(*found.groups())
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if ("ipykernel_" in frame.filename or frame.filename.startswith("<")) and frame.line:
            return f"{said} (line {frame.lineno}: `{frame.line.strip()}`)."
    return f"{said}."


def _contents(array: np.ndarray) -> str:
    kinds = {"U": "text", "S": "bytes", "c": "complex numbers", "O": "a mixture of things", "M": "dates", "m": "times"}
    return kinds.get(array.dtype.kind, str(array.dtype))


def _kind(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    return f"{value!r}" if isinstance(value, int | float | str) else f"of type {type(value).__name__}"


def same_array(
    name: str,
    got: Any,
    expected: Any,
    *,
    shape: str = "",
    suspects: dict[str, Any] | None = None,
    rtol: float = 1e-5,
    atol: float = 1e-7,
) -> None:
    """Raise `Wrong` with words unless `got` is `expected`, an array or a number.

    Looks at shape, kind and NaN, then at each typical mistake, then at mistakes that can be seen without knowing the
    exercise (sign, factor), and last names the first wrong element.

    Parameters
    ----------
    name : str
        What the words call it.
    got : array_like
        The learner's.
    expected : array_like
        The right one.
    shape : str
        The axes' letters, such as "(T, H)".
    suspects : dict, optional
        Typical mistakes: words -> what comes out with this mistake.
    rtol, atol : float
        As in `numpy.allclose`.

    Raises
    ------
    Wrong
        With what is wrong.

    Examples
    --------
    >>> same_array("c", np.array([0.5, 0.25]), np.array([0.5, 0.75]))
    Traceback (most recent call last):
    ...
    lstm_edu.course.checker.Wrong: c[1] is 0.25, but 0.75 is right (1 of 2 elements differ).
    >>> same_array("dh", np.array([0.5, 0.25]), np.array([-0.5, -0.25]))
    Traceback (most recent call last):
    ...
    lstm_edu.course.checker.Wrong: dh has the wrong sign everywhere.
    """
    expected = np.asarray(expected)
    if _empty(got):
        raise Wrong(f"{name} is still missing.")
    try:
        got = np.asarray(got)
    except ValueError:
        raise Wrong(f"{name} must be an array of shape {expected.shape}, this is {_kind(got)}.") from None
    if got.dtype.kind not in "biuf":
        raise Wrong(f"{name} must hold numbers, this holds {_contents(got)}.")

    def same(a: np.ndarray, b: np.ndarray) -> bool:
        return a.shape == b.shape and np.allclose(a, b, rtol=rtol, atol=atol, equal_nan=True)

    if same(got, expected):
        return
    mistake = next((words for words, other in (suspects or {}).items() if same(got, np.asarray(other))), None)
    if got.shape != expected.shape:
        needed = f"{shape} = {expected.shape}" if shape else f"{expected.shape}"
        hint = " It is the transpose of that." if got.ndim == 2 and got.T.shape == expected.shape else ""
        hint = f" This is what comes out with {mistake}." if mistake else hint
        raise Wrong(f"{name} has shape {got.shape}, but needs {needed}.{hint}")
    if np.isnan(got).any() and not np.isnan(expected).any():
        raise Wrong(f"{name} holds NaN, first at {_place(name, np.isnan(got))}.{_NAN['from']}")
    if mistake:
        raise Wrong(f"{name} is what comes out with {mistake}.")
    if got.ndim and expected.dtype.kind == "f" and got.dtype.kind in "biu":
        raise Wrong(f"{name} holds whole numbers ({got.dtype}): an array that takes results must be one of floats.")
    _say_difference(name, got, expected, same, rtol, atol)


def _say_difference(name: str, got: np.ndarray, expected: np.ndarray, same: Callable, rtol: float, atol: float) -> None:
    got, expected = got.astype(np.float64), expected.astype(np.float64)  # no sign of booleans, no digits of float32
    if same(-got, expected):
        raise Wrong(f"{name} has the wrong sign{' everywhere' if got.ndim else ''}.")
    clear = np.abs(expected) > 1e3 * atol
    if clear.sum() > 1:
        factor = np.median(got[clear] / expected[clear])
        if factor and same(got, factor * expected):
            raise Wrong(f"{name} is {factor:.4g} times what it should be, in every element.")
    bad = ~np.isclose(got, expected, rtol=rtol, atol=atol)
    place = tuple(np.argwhere(bad)[0])
    count = f" ({bad.sum()} of {bad.size} elements differ)" if got.ndim else ""
    raise Wrong(f"{_place(name, bad)} is {_digits(got[place], expected[place])} is right{count}.")


def _place(name: str, mask: np.ndarray) -> str:
    index = ", ".join(str(k) for k in np.argwhere(mask)[0])
    return f"{name}[{index}]" if index else name


def _digits(got: float, expected: float) -> str:
    """Both numbers with as many digits as it takes to see that they differ."""
    for digits in (4, 6, 9, 17):
        a, b = f"{got:.{digits}g}", f"{expected:.{digits}g}"
        if a != b:
            break
    return f"{a}, but {b}"
