"""The checks of exercises: right answers pass, wrong ones are refused in words, nothing raises."""

import re

import numpy as np
import pytest

import lstm_edu as le
from lstm_edu import course
from lstm_edu.course import checker
from lstm_edu.course.checker import Wrong, call, exercise, same_array

T, H = 5, 3
RNG = np.random.default_rng(0)
X = RNG.standard_normal((T, H))
RIGHT = np.tanh(X)


@pytest.fixture
def carousel(monkeypatch):
    """An exercise 97.2 that exists for the time of one test."""
    monkeypatch.setattr(checker, "_EXERCISES", {})

    @exercise("97.2", hint="Begin with np.tanh.")
    def squash(answer):
        """The squashed input."""
        same_array("y", call(answer, X), RIGHT, shape="(T, H)", suspects={"a sigmoid": 1 / (1 + np.exp(-X))})
        return "It lies between -1 and 1."


def said(capsys, answer):
    """What the check of 97.2 prints."""
    result = bool(course.check("97.2", answer))
    printed = capsys.readouterr()
    assert printed.err == ""
    assert printed.out.count("\n") == 1
    return result, printed.out.strip()


@pytest.mark.usefixtures("carousel")
def test_a_right_answer_is_praised(capsys):
    assert said(capsys, np.tanh) == (True, "97.2: right. It lies between -1 and 1.")


def skeleton(x): ...


def not_implemented(x):
    raise NotImplementedError


@pytest.mark.usefixtures("carousel")
@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (None, "Begin with np.tanh."),
        (..., "Begin with np.tanh."),
        (skeleton, "Your function returns nothing yet. Begin with np.tanh."),
        (lambda x: ..., "Your function returns nothing yet. Begin with np.tanh."),
        (lambda x: (None, ...), "Your function returns nothing yet. Begin with np.tanh."),
        (not_implemented, "Begin with np.tanh."),
    ],
)
def test_an_untouched_skeleton_gets_the_hint(capsys, answer, words):
    assert said(capsys, answer) == (False, f"97.2: not yet. {words}")


@pytest.mark.usefixtures("carousel")
@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (RIGHT, "A function is asked for, this is an array of shape (5, 3)."),
        ("tanh", "A function is asked for, this is 'tanh'."),
        (lambda: 0, "Your function takes (), but it gets 1 argument"),
        (lambda x: x[9], "Your function stops with place 9 of an axis that has 5 (they count from 0)"),
        (lambda x: 1 / (1 + np.exp(-x)), "y is what comes out with a sigmoid."),
        (lambda x: np.tanh(x).T, "y has shape (3, 5), but needs (T, H) = (5, 3). It is the transpose of that."),
        (lambda x: np.tanh(x)[:-1], "y has shape (4, 3), but needs (T, H) = (5, 3)."),
        (lambda x: -np.tanh(x), "y has the wrong sign everywhere."),
        (lambda x: 2 * np.tanh(x), "y is 2 times what it should be, in every element."),
        (lambda x: np.tanh(x) * [[1], [1], [np.nan], [1], [1]], "y holds NaN, first at y[2, 0]."),
        (lambda x: np.tanh(x).astype(int), "y holds whole numbers"),
        (lambda x: np.tanh(x) + 1j, "y must hold numbers, this holds complex numbers."),
        (lambda x: [[1.0], [1.0, 2.0]], "y must be an array of shape (5, 3), this is of type list."),
        (lambda x: "tanh", "y must hold numbers"),
        (lambda x: {"y": 1}, "y must hold numbers"),
    ],
)
def test_a_wrong_answer_is_told_what_is_wrong(capsys, answer, words):
    result, text = said(capsys, answer)
    assert result is False
    assert text.startswith(f"97.2: not yet. {words}")


def test_the_first_wrong_element_is_named_with_enough_digits():
    got = RIGHT.copy()
    got[1, 2] += 1e-4
    got[3, 0] += 1
    with pytest.raises(Wrong, match=r"^y\[1, 2\] is .* is right \(2 of 15 elements differ\)\.$") as caught:
        same_array("y", got, RIGHT)
    a, b = re.search(r" is (\S+), but (\S+) is right", str(caught.value)).groups()
    assert a != b
    assert float(a) - float(b) == pytest.approx(1e-4, rel=0.5)


def test_a_number_is_compared_like_an_array_without_axes():
    same_array("half-life", 2.2, np.float64(2.2))
    with pytest.raises(Wrong, match=r"^half-life is 3, but 2.2 is right\.$"):
        same_array("half-life", 3, 2.2)
    with pytest.raises(Wrong, match=r"has shape \(2,\), but needs \(\)"):
        same_array("half-life", [2.2, 2.2], 2.2)


def test_a_missing_part_of_several_is_named():
    with pytest.raises(Wrong, match=r"^dU is still missing\.$"):
        same_array("dU", None, RIGHT)


def test_float32_is_as_good_as_float64_and_a_suspect_of_another_shape_is_recognised():
    same_array("y", RIGHT.astype(np.float32), RIGHT)
    with pytest.raises(Wrong, match=r"needs \(T, H\) = \(5, 3\). This is what comes out with the first step left out"):
        same_array("y", RIGHT[1:], RIGHT, shape="(T, H)", suspects={"the first step left out": RIGHT[1:]})


def test_the_learners_function_cannot_change_the_checkers_arrays():
    x = np.ones(3)

    def write(x):
        x[:] = 7
        return x

    assert call(write, x).sum() == 21
    assert call(lambda *, state: write(state[0]), state=(x, None)).sum() == 21
    assert call(lambda params: write(params["b"]), {"b": x}).sum() == 21
    assert x.sum() == 3


def test_a_layer_reaches_the_learners_function_whole():
    layer = le.LSTM(2, 3, rng=0)
    assert call(lambda layer: layer, layer) is layer


def test_true_and_false_are_compared_as_well():
    with pytest.raises(Wrong, match=r"^open\[1\] is 0, but 1 is right \(1 of 2 elements differ\)\.$"):
        same_array("open", [True, False], np.array([True, True]))


@pytest.mark.usefixtures("carousel")
def test_a_checker_that_meets_the_unexpected_still_does_not_raise(capsys):
    @exercise("97.3")
    def length(answer):
        """How many."""
        if len(answer) != 3:
            raise Wrong("Not three.")

    assert not course.check("97.3", 5)
    assert "97.3: not yet. Your answer can't be checked as it is: TypeError" in capsys.readouterr().out
    assert checker.numbers(97) == ["97.2", "97.3"]


def test_an_unknown_exercise_and_a_bad_number_are_errors():
    with pytest.raises(ValueError, match=r"unknown exercise '96\.1'"):
        course.check("96.1", 3)
    for number in ("3.2", 3.2, "03-2", "03."):
        with pytest.raises(ValueError, match="number must be chapter and exercise"):
            exercise(number)
    checker.numbers(0)
    with pytest.raises(ValueError, match=r"exercise 00\.2 has a check in the course already"):
        exercise("00.2")(said)
    with pytest.raises(ValueError, match="needs a docstring"):
        exercise("97.9")(lambda answer: None)


def test_the_verdict_shows_nothing_of_its_own_in_a_notebook():
    from IPython.core.formatters import DisplayFormatter

    assert DisplayFormatter().format(course.check("01.1", None)) == ({}, {})


@pytest.mark.usefixtures("carousel")
@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda x: x @ x, "a product of matrices whose inner sizes differ, 3 columns times 5 rows"),
        (lambda x: np.dot(x, x), "a product of matrices whose inner sizes differ, shapes (5,3) and (5,3)"),
        (
            lambda x: x + x.T,
            "two arrays that don't fit element by element, shapes (5,3) (3,5)".replace(") (", ") and ("),
        ),
        (lambda x: no_such_name, "the name no_such_name is not defined yet"),  # noqa: F821
        (lambda x: np.array([["a"] * H] * T), "y must hold numbers, this holds text."),
    ],
)
def test_what_numpy_says_of_a_slip_is_said_in_a_learners_words(capsys, answer, words):
    right, printed = said(capsys, answer)
    assert not right
    assert words in printed
    for jargon in ("gufunc", "<U", "operands", "ValueError", "NameError"):
        assert jargon not in printed


@pytest.mark.usefixtures("carousel")
def test_the_line_of_the_learners_code_is_named(capsys):
    source = "def answer(x):\n    y = x + 1\n    return y @ x\n"
    names = {"np": np}
    exec(compile(source, "<cell>", "exec"), names)
    import linecache

    linecache.cache["<cell>"] = (len(source), None, source.splitlines(keepends=True), "<cell>")
    _, printed = said(capsys, names["answer"])
    assert printed.endswith("(line 3: `return y @ x`).")


@pytest.mark.usefixtures("carousel")
def test_where_nan_comes_from_is_named_with_its_line(capsys):
    source = "def answer(x):\n    y = x - x\n    return y / y\n"
    names = {}
    exec(compile(source, "<nan>", "exec"), names)
    import linecache

    linecache.cache["<nan>"] = (len(source), None, source.splitlines(keepends=True), "<nan>")
    with np.errstate(all="ignore"):
        _, printed = said(capsys, names["answer"])
    assert "y holds NaN, first at y[0, 0]. It comes from" in printed
    assert printed.endswith("(line 3: `return y / y`).")


@pytest.mark.usefixtures("carousel")
@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda: 1, "Your function takes (), but it gets 1 argument."),
        (lambda x, h: x, "Your function takes (x, h), but it gets 1 argument."),
    ],
)
def test_a_function_of_other_arguments_is_told_both_numbers(capsys, answer, words):
    assert words in said(capsys, answer)[1]
