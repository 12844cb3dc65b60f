"""Chapter 01: the plain recurrent network, forward and backward."""

from collections.abc import Callable
from typing import Any

import numpy as np

from lstm_edu.course.checker import Wrong, call, exercise, same_array
from lstm_edu.course.exercises.blank_page import judge, pair


def _example(T: int = 5, D: int = 3, H: int = 4) -> Any:
    """x (T, D), dy (T, H), W (D, H), U (H, H), b (H,): all sizes differ, and nothing is zero."""
    rng = np.random.default_rng(101)
    return (rng.normal(size=shape) for shape in ((T, D), (T, H), (D, H), (H, H), (H,)))


def _parts(got: Any, names: tuple[str, ...]) -> Any:
    """The answer's parts; Wrong unless there are as many as names."""
    if not isinstance(got, tuple | list) or len(got) != len(names):
        raise Wrong(f"Return {len(names)} arrays, {', '.join(names)}; this returns {type(got).__name__}.")
    return got


@exercise("01.1", hint="Begin with one number: copy the array, add step to that number, and ask for the loss.")
def numerical_gradient(answer: Callable) -> str:
    """The gradient of any loss by central differences, of the array's shape."""
    rng = np.random.default_rng(101)
    A, w = rng.normal(size=(2, 3)), rng.normal(size=(2, 3))

    def loss(w: np.ndarray) -> float:
        return float(np.sum(A * w + np.exp(w) + w[0, 0] * w[1, 2]))

    def differences(up: float, down: float, divided: float) -> np.ndarray:
        found = np.empty(w.shape)
        for index in np.ndindex(w.shape):
            ends = []
            for side in (up, down):
                moved = w.copy()
                moved[index] += side
                ends.append(loss(moved))
            found[index] = (ends[0] - ends[1]) / divided
        return found

    step = 0.1  # so long that one side alone can be told from both
    given = w.copy()
    if not callable(answer):
        call(answer)  # says what is wrong
    got = call(lambda w: answer(loss, w, step), given)
    suspects = {
        "one side alone: move it by step up and by step down, and divide by 2 * step": differences(step, 0, step),
        "a division by step: the two ends are 2 * step apart": differences(step, -step, step),
        "all numbers moved at once: only one at a time": np.full(w.shape, (loss(w + step) - loss(w - step)) / 0.2),
        "the difference alone: divide it by 2 * step": differences(step, -step, 1),
        "numbers that stay moved: put each one back before the next": _left_moved(loss, w, step),
    }
    same_array("The gradient", got, differences(step, -step, 2 * step), shape="(2, 3)", suspects=suspects)
    return "It needs two losses for each number, and no thought: it judges, and the backward pass trains."


def _left_moved(loss: Callable, w: np.ndarray, step: float) -> np.ndarray:
    found, moved = np.empty(w.shape), w.copy()
    for index in np.ndindex(w.shape):
        moved[index] += step
        up = loss(moved)
        moved[index] -= 2 * step
        found[index] = (up - loss(moved)) / (2 * step)
    return found


@exercise("01.2", hint="Begin with delta: dh times the slope of the tanh, which is 1 - h_new**2.")
def one_step_back(answer: Callable) -> str:
    """One step back: dh_old (H,) and this step's part of dU (H, H)."""
    _, hs, _, U, _ = _example()
    h_old, h_new, dh = np.tanh(hs[0]), np.tanh(hs[1]), hs[2]
    dh_old, dU = _parts(call(answer, dh, h_old, h_new, U), ("dh_old", "dU"))
    delta = dh * (1 - h_new**2)
    slopes = {
        "the derivative of the tanh left out": dh,
        "1 - tanh(h_new)**2: h_new is a tanh already, so its slope is 1 - h_new**2": dh * (1 - np.tanh(h_new) ** 2),
        "the slope at h_old: the tanh made h_new, so its slope is 1 - h_new**2": dh * (1 - h_old**2),
        "1 - h_new for the slope: there is a square in it": dh * (1 - h_new),
        "the derivative of a sigmoid": dh * h_new * (1 - h_new),
    }
    back = {words: d @ U.T for words, d in slopes.items()}
    back["U not transposed: the message goes back from unit k to unit j"] = delta @ U
    back["the slope taken after U: first through the tanh, then through the weight"] = dh @ U.T * (1 - h_new**2)
    back["delta alone: it still has to go back through U"] = delta
    same_array("dh_old", dh_old, delta @ U.T, shape="(H,)", suspects=back)
    blame = {words: np.outer(h_old, d) for words, d in slopes.items()}
    blame["rows and columns swapped: row j is the unit that the weight comes from"] = np.outer(delta, h_old)
    blame["h_new: U was multiplied by the state before the step, h_old"] = np.outer(h_new, delta)
    same_array("dU", dU, np.outer(h_old, delta), shape="(H, H)", suspects=blame)
    return "The transpose sends the message home; the outer product says which weight is to blame."


def _backward(
    dy: np.ndarray, x: np.ndarray, h: np.ndarray, W: np.ndarray, U: np.ndarray, bug: str | None = None
) -> Any:
    """The backward pass, right or with one of the usual bugs."""
    dW, dU, db, dh = np.zeros_like(W), np.zeros_like(U), np.zeros(len(U)), np.zeros(len(U))
    for t in reversed(range(len(x))):
        delta = (dy[t] if bug == "future" else dy[t] + dh) * (1 if bug == "slope" else 1 - h[t + 1] ** 2)
        if bug == "overwritten":
            dW, dU, db = 0 * dW, 0 * dU, 0 * db
        dW += np.outer(x[t], delta)
        dU += np.outer(h[t + 1 if bug == "new state" else t], delta)
        db += delta
        dh = delta @ (U if bug == "not transposed" else U.T)
    return dW, dU, db


_BUGS = {
    "overwritten": "each step's part written over the one before: the parts of all steps must be added",
    "new state": "h[t + 1]: U was multiplied by the state before the step, which is h[t]",
    "future": "dh not carried from the later steps to this one",
    "slope": "the derivative of the tanh left out",
    "not transposed": "U not transposed on the way back",
}


@exercise("01.3", hint="Begin with finite differences: which of dW, dU and db are wrong?")
def two_bugs(answer: Callable) -> str:
    """A backward pass without its two bugs: dW (D, H), dU (H, H), db (H,)."""
    x, dy, W, U, b = _example()
    h = np.zeros((len(x) + 1, len(b)))
    for t in range(len(x)):
        h[t + 1] = np.tanh(x[t] @ W + h[t] @ U + b)
    got = _parts(call(answer, dy, x, h, W, U), ("dW", "dU", "db"))
    right, wrong = _backward(dy, x, h, W, U), {bug: _backward(dy, x, h, W, U, bug) for bug in _BUGS}
    for k, (name, shape) in enumerate((("dW", "(D, H)"), ("dU", "(H, H)"), ("db", "(H,)"))):
        suspects = {_BUGS[bug]: parts[k] for bug, parts in wrong.items() if bug != "new state" or name == "dU"}
        same_array(name, got[k], right[k], shape=shape, suspects=suspects)
    return "With either bug the loss may still fall for a while: only finite differences tell."


@exercise("01.4", hint="Begin with the first unit: it looks at the input. Which weight leads from it to the second?")
def delay_line(answer: Callable) -> str:
    """W (1, 4), U (4, 4) and b (4,) with which the last unit has the sign of the input three steps before."""
    arrays = _parts(call(answer), ("W", "U", "b"))
    W, U, b = (np.asarray(a, float) for a in arrays)
    for name, array, shape in (("W", W, (1, 4)), ("U", U, (4, 4)), ("b", b, (4,))):
        if array.shape != shape:
            raise Wrong(f"{name} must have the shape {shape}, this has {array.shape}.")
    x = np.random.default_rng(104).choice([-1.0, 1.0], 60)
    h = np.zeros((len(x) + 1, 4))
    for t in range(len(x)):
        h[t + 1] = np.tanh(x[t] * W[0] + h[t] @ U + b)
    if not h[:, 3].any():
        raise Wrong("The last unit is always 0: nothing leads to it. U[j, k] is the weight from unit j to unit k.")
    follows = [lag for lag in range(6) if np.array_equal(np.sign(h[6:, 3]), x[5 - lag : len(x) - lag])]
    if not follows:
        raise Wrong("The last unit does not have the sign of the input with any delay from 0 to 5 steps.")
    if follows != [3]:
        raise Wrong(f"The last unit has the sign of the input {follows[0]} steps before; 3 are asked for.")
    return "A shift register: the memory is in the wiring, and each tanh on the way wears the value down."


@exercise("01.5", hint="Begin with forward, and let it keep x, all states (h0 too), W and U for backward.")
def blank_page(answer: Callable) -> str:
    """The RNN over T steps: h (T, H), and backward with dx, dh0, dW, dU, db."""
    return judge(*pair(answer), cell="rnn")
