"""Chapter 03: the LSTM of 1997, forward and backward."""

from collections.abc import Callable
from typing import Any

import numpy as np

from lstm_edu.course.checker import Wrong, call, exercise, same_array
from lstm_edu.course.exercises.activations import sigmoid
from lstm_edu.course.exercises.blank_page import judge, pair


def _parts(got: Any, names: tuple[str, ...]) -> Any:
    """The answer's parts; Wrong unless there are as many as names."""
    if (not isinstance(got, tuple | list) and np.ndim(got) < 1) or len(got) != len(names):
        raise Wrong(f"Return {len(names)} arrays, {', '.join(names)}; this returns {type(got).__name__}.")
    return got


def _step(x: np.ndarray, h: np.ndarray, c: np.ndarray, W: np.ndarray, U: np.ndarray, b: np.ndarray) -> Any:
    i, g, o = np.split(x @ W + h @ U + b, 3)
    c = c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


def _step_back(dh: np.ndarray, dc: np.ndarray, i: Any, g: Any, o: Any, c: np.ndarray, bug: str | None = None) -> Any:
    shown = np.tanh(c)
    through: Any = dh * o * (1 if bug == "no slope of h" else 1 - shown**2)
    if bug == "not added":
        through = 0
    dc = through if bug == "not carried" else dc + through
    slope_i, slope_g, slope_o = i * (1 - i), 1 - g**2, o * (1 - o)
    if bug == "slope i":
        slope_i = o * (1 - o)
    elif bug == "slope o":
        slope_o = i * (1 - i)
    elif bug == "tanh as sigmoid":
        slope_g = g * (1 - g)
    elif bug == "sigmoid as tanh":
        slope_i, slope_o = 1 - i**2, 1 - o**2
    elif bug == "no slopes":
        slope_i = slope_g = slope_o = 1
    other_i, other_g, other_o = g, i, c if bug == "c for tanh c" else shown
    if bug == "own factor":
        other_i, other_g = i, g
    parts = dc * other_i * slope_i, dc * other_g * slope_g, dh * other_o * slope_o
    order = (0, 2, 1) if bug == "order" else (0, 1, 2)
    before = dc * i if bug == "times i" else dc * o if bug == "times o" else dc
    return np.concatenate([parts[k] for k in order]), before


_BACK_BUGS = {
    "not carried": "dc of the step after not carried on",
    "not added": "the part that comes from h left out of dc: dh * o * (1 - tanh(c)**2)",
    "no slope of h": "the slope of tanh(c) left out of dc",
    "slope i": "the slope of the output gate at the input gate: each gate has its own",
    "slope o": "the slope of the input gate at the output gate: each gate has its own",
    "tanh as sigmoid": "g * (1 - g) as the slope of g: g is a tanh, so it is 1 - g**2",
    "sigmoid as tanh": "1 - i**2 as the slope of a gate: a gate is a sigmoid, so it is i * (1 - i)",
    "no slopes": "the slopes of the gates left out",
    "own factor": "each factor times itself: in the product i * g, i gets g, and g gets i",
    "c for tanh c": "c where h shows tanh(c)",
    "order": "the gates in the order i o g; here it is i g o",
    "times i": "the carousel's gradient times i: its factor is exactly 1",
    "times o": "the carousel's gradient times o: its factor is exactly 1",
}


@exercise("03.1", hint="Begin with the gradient of c: dc, plus dh times what h = o * tanh(c) says.")
def one_step_back(answer: Callable) -> str:
    """One step back: delta (3H,) in the order i g o, and dc_before (H,)."""
    rng = np.random.default_rng(302)
    dh, dc, c = rng.normal(size=(3, 4))
    i, g, o = rng.uniform(0.1, 0.9, 4), rng.uniform(-0.9, 0.9, 4), rng.uniform(0.1, 0.9, 4)
    delta, before = _parts(call(answer, dh, dc, i, g, o, c), ("delta", "dc_before"))
    right_delta, right_before = _step_back(dh, dc, i, g, o, c)
    wrong = {words: _step_back(dh, dc, i, g, o, c, bug) for bug, words in _BACK_BUGS.items()}
    suspects = {words: there for words, (_, there) in wrong.items()}
    suspects["the gradient from the step after alone: that of h has to be added"] = dc
    same_array("dc_before", before, right_before, shape="(H,)", suspects=suspects)
    suspects = {words: there for words, (there, _) in wrong.items()}
    same_array("delta", delta, right_delta, shape="(3H,)", suspects=suspects)
    return "dc_before is dc itself: nothing is multiplied on the way from step to step."


def _backward(
    dy: np.ndarray, x: np.ndarray, h: np.ndarray, c: np.ndarray, gates: Any, U: np.ndarray, bug: str | None = None
) -> Any:
    delta, dh, dc = np.zeros((len(x), U.shape[1])), np.zeros(len(U)), np.zeros(len(U))
    for t in reversed(range(len(x))):
        i, g, o = gates[t]
        dh = dy[t] if bug == "dh" else dy[t] + dh
        delta[t], dc = _step_back(dh, dc, i, g, o, c[t if bug == "old c" else t + 1], bug)
        dh = delta[t] @ U.T
    return x.T @ delta, h[:-1].T @ delta, delta.sum(axis=0)


@exercise("03.2", hint="Begin with the table of the backward pass by hand: where does dc_2 come from?")
def carried(answer: Callable) -> str:
    """A backward pass without its bug: dW (D, 3H), dU (H, 3H), db (3H,)."""
    rng = np.random.default_rng(303)
    x, dy = rng.normal(size=(6, 3)), rng.normal(size=(6, 4))
    W, U, b = rng.normal(size=(3, 12)), rng.normal(size=(4, 12)), rng.normal(size=12)
    h, c, gates = np.zeros((7, 4)), np.zeros((7, 4)), []
    for t in range(6):
        i, g, o = np.split(x[t] @ W + h[t] @ U + b, 3)
        gates.append((sigmoid(i), np.tanh(g), sigmoid(o)))
        h[t + 1], c[t + 1] = _step(x[t], h[t], c[t], W, U, b)
    got = _parts(call(answer, dy, x, h, c, gates, U), ("dW", "dU", "db"))
    right = _backward(dy, x, h, c, gates, U)
    words = _BACK_BUGS | {"dh": "dh not carried from the step after", "old c": "the c before the step"}
    wrong = {text: _backward(dy, x, h, c, gates, U, bug) for bug, text in words.items()}
    for k, (name, shape) in enumerate((("dW", "(D, 3H)"), ("dU", "(H, 3H)"), ("db", "(3H,)"))):
        suspects = {text: parts[k] for text, parts in wrong.items()}
        same_array(name, got[k], right[k], shape=shape, suspects=suspects)
    return "Without that sum the error had to take the way through h and the gates at every step, as in an RNN."


@exercise("03.3", hint="Begin with the table: at which bias does a gate let through less than a thousandth?")
def gates_by_hand(answer: Callable) -> str:
    """W (3, 3) and b (3,) of a unit that keeps one marked value over 40 steps and tells it when asked."""
    W, b = (np.asarray(a, float) for a in _parts(call(answer), ("W", "b")))
    for name, array, shape in (("W", W, (3, 3)), ("b", b, (3,))):
        if array.shape != shape:
            raise Wrong(f"{name} must have the shape {shape}, this has {array.shape}.")
        if not np.isfinite(array).all():
            raise Wrong(f"{name} must hold finite numbers: 0 times infinity is not a number.")
    rng = np.random.default_rng(304)
    for keep in (0, 5, 20):
        x = np.zeros((40, 3))
        x[:, 0] = rng.uniform(-1, 1, 40)
        x[keep, 0], x[keep, 1], x[-1, 2] = 0.9 if keep else -0.9, 1, 1
        h, c = np.zeros((40, 1)), np.zeros(1)
        for t in range(40):
            h[t], c = _step(x[t], np.zeros(1), c, W, np.zeros((1, 3)), b)
        told, right = h[-1, 0], np.tanh(np.tanh(x[keep, 0]))
        if np.abs(h[:-1]).max() >= 0.01:
            raise Wrong(f"Before it is asked the unit shows {np.abs(h[:-1]).max():.3f}: close the output gate further.")
        if abs(told) < 0.05:
            raise Wrong(f"The answer is {told:.3f}: nothing was kept, or the output gate stays closed when asked.")
        if abs(told - right) >= 0.05:
            raise Wrong(
                f"The answer is {told:.3f}, {right:.3f} was kept: noise gets in, or a gate is not wide enough open."
            )
    return "Three numbers in W and two in b: write, hold and read. Training has to find just that."


@exercise("03.4", hint="Begin with forward, and let it keep x, all h and c, the gates of each step, W and U.")
def blank_page(answer: Callable) -> str:
    """The LSTM of 1997 over T steps: h (T, H), and backward with dx, dh0, dc0, dW, dU, db."""
    return judge(*pair(answer), cell="lstm97")
