"""Chapter 02: products of Jacobians, and clipping."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from lstm_edu.course.checker import Wrong, call, exercise, same_array


@exercise("02.1", hint="Begin with factor**n = 0.01 and take the logarithm on both sides.")
def steps_until_one_percent(answer: Callable) -> str:
    """After how many steps back 1 % of a gradient is left."""
    for factor in (0.9, 0.5, 0.99):
        right = np.log(0.01) / np.log(factor)
        suspects = {
            "the two logarithms in the wrong places: it is log(0.01) / log(factor)": 1 / right,
            "the steps until half of it is left, and 1 % is asked for": np.log(0.5) / np.log(factor),
            "the steps until 1 % is lost; what is asked for is when 1 % is left": np.log(0.99) / np.log(factor),
            "factor**100: that is what is left after 100 steps": factor**100,
            "a whole number: keep the decimals": np.ceil(right),
        }
        suspects |= {words + " (cut off)": value for words, value in {"a whole number": np.floor(right)}.items()}
        name = f"The number of steps for the factor {factor}"
        same_array(name, call(answer, factor), right, suspects=suspects)
    return "At 0.9 a gradient lives for 44 steps, at 0.99 for 458: everything depends on how near the factor is to 1."


@exercise("02.2", hint="Begin with jacobian(U, h) above: only the slope is another one.")
def other_jacobian(answer: Callable) -> str:
    """The Jacobian (H, H) of a unit with another squashing."""
    rng = np.random.default_rng(202)
    U, h = rng.normal(size=(4, 4)), rng.uniform(-0.9, 0.9, 4)
    slope = (1 - h**2) ** 1.5
    suspects = {
        "the slope of the tanh, 1 - h**2": U * (1 - h**2),
        "the slope in the rows: it belongs to unit k, the column": U * slope[:, None],
        "U transposed: row j is the unit that the weight comes from": U.T * slope,
        "rows and columns swapped in the whole matrix": (U * slope).T,
        "no slope": U,
        "a matrix product where each column has to be multiplied by its slope": (U @ slope)[:, None] * np.ones(4),
    }
    same_array("The Jacobian", call(answer, U, h), U * slope, shape="(H, H)", suspects=suspects)
    return (
        "Where a unit is near its end any squashing is flat, and no factor on it, as in tanh(2a), makes that go away."
    )


@exercise("02.3", hint="Begin with the norm: the root of the sum of the squares of all numbers in all arrays.")
def clip(answer: Callable) -> str:
    """Clipping by the norm of all gradients together."""
    rng = np.random.default_rng(203)
    grads = [rng.normal(size=shape) for shape in ((2, 3), (3, 3), (3,))]
    norm = np.sqrt(sum(np.sum(g**2) for g in grads))
    small, large = _clipped(answer, grads, 10 * norm), _clipped(answer, grads, 1.5)
    for k, g in enumerate(grads):
        if np.allclose(small[k], g * 10) and not np.allclose(g, 0):
            raise Wrong("A gradient with a norm below the threshold must stay as it is; yours was made larger.")
        same_array(f"Array {k} of a gradient below the threshold", small[k], g)
    for k, g in enumerate(grads):
        suspects = {
            "every array clipped on its own: the direction of the whole gradient has changed": g
            * min(1.0, 1.5 / float(np.linalg.norm(g))),
            "every number clipped on its own: the direction has changed": np.clip(g, -1.5, 1.5),
            "the sum of the squares: the root is missing": g * 1.5 / norm**2,
            "the norm divided out but not multiplied by the threshold": g / norm,
            "nothing clipped": g,
        }
        same_array(f"Array {k} with the threshold 1.5", large[k], g * 1.5 / norm, suspects=suspects)
    return "One scale for all arrays: the step becomes shorter and keeps its direction."


def _clipped(answer: Callable, grads: list[np.ndarray], threshold: float) -> Any:
    if not callable(answer):
        call(answer)  # says what is wrong
    written: list[int] = []

    def watched(copies: list[np.ndarray], threshold: float) -> Any:
        got = answer(copies, threshold)
        written.extend(k for k, (now, g) in enumerate(zip(copies, grads, strict=False)) if not np.array_equal(now, g))
        return got

    got = call(watched, grads, threshold)
    if written:
        raise Wrong("Your function writes into the arrays that it got; return new ones.")
    if not isinstance(got, list | tuple) or len(got) != len(grads):
        raise Wrong(f"Return a list of {len(grads)} arrays, as many as came in; this returns {type(got).__name__}.")
    return got


@exercise("02.4", hint="Begin with T = 2, on paper: which step does the gradient meet first?")
def carry_back(answer: Callable) -> str:
    """The gradient carried from the last state to the initial one, (H,)."""
    rng = np.random.default_rng(204)
    U, h, dh = rng.normal(size=(3, 3)), rng.uniform(-0.9, 0.9, (6, 3)), rng.normal(size=3)

    def carried(steps: Iterable[int], slope: Callable = lambda t: 1 - h[t] ** 2, back: np.ndarray = U.T) -> Any:
        g = dh
        for t in steps:
            g = (g * slope(t)) @ back
        return g

    backward, forward = range(5, 0, -1), range(1, 6)
    suspects = {
        "the steps in forward order: the gradient meets the last step first": carried(forward),
        "U not transposed": carried(backward, back=U),
        "U not transposed, and the steps in forward order": carried(forward, back=U),
        "the state before each step: the slope belongs to h[t], the state after it": carried(
            backward, lambda t: 1 - h[t - 1] ** 2
        ),
        "the first or the last step left out": carried(range(4, 0, -1)),
        "one step too many or too few: T steps, from t = T down to t = 1": carried(range(5, -1, -1)),
        "step 1 left out: the gradient has to go through it too": carried(range(5, 1, -1)),
        "no slope": carried(backward, lambda t: 1),
    }
    same_array("The gradient of the initial state", call(answer, dh, h, U), carried(backward), suspects=suspects)
    return "Matrices do not commute: with one unit you would never have seen this bug."
