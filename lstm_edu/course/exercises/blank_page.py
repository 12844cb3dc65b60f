"""A cell from a blank page: forward, backward and all gradients over T steps, judged by the complex step.

What an exercise asks for, for one sequence of T steps with D inputs and H units; `kept` is whatever the learner likes::

    def forward(x, h0, W, U, b):    # x (T, D), h0 (H,), and the weights
        return h, kept              # h (T, H): the output of each step
    def backward(dy, kept):         # dy (T, H): what comes from above at each step
        return dx, dh0, dW, dU, db  # one gradient for each argument of forward, in the same order

Its checker, and its cell in the chapter::

    @exercise("01.5", hint="Begin with ...")
    def whole_cell(answer):
        "One line: what is asked."
        return judge(*pair(answer), cell="rnn")

    course.check("01.5", (forward, backward))

A cell with a state c has c0 after h0, and dc0 after dh0. Peepholes come last, as p and dp (3, H), rows i, f, o; a GRU
with its reset after the product has bn and dbn (H,) last. `CELLS` says which arguments and gates a cell has.

The derivatives are those of a twin in plain NumPy that takes complex numbers: Im loss(w + i e) / e is the derivative
with respect to w, to the last digit or two (Squire & Trapp 1998). What comes out with a usual mistake is found in the
same way: where a value is cut down to its real part, no error comes back through it.
"""

import contextlib
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from lstm_edu.course.checker import Untouched, Wrong, call, same_array
from lstm_edu.course.exercises.activations import sigmoid

Arrays = dict[str, np.ndarray]
_TINY = 1e-30
_T, _D, _H = 5, 3, 4


@dataclass(frozen=True)
class Cell:
    """A cell that can be asked for.

    Parameters
    ----------
    gates : str
        The blocks of W, U and b, in their order.
    states : str
        The letters of the states.
    step : callable
        ``step(x, state, weights, cut, bug)`` gives the new states; a value named in `cut` lets no error back, and `bug`
        is one of `bugs`.
    cuts : dict of str to str
        What can be cut, and what a learner then forgot.
    bugs : dict of str to str
        Usual mistakes in the forward pass, in words.
    more : dict of str to tuple
        The shapes of further weights.
    """

    gates: str
    states: str
    step: Callable
    cuts: dict[str, str]
    bugs: dict[str, str]
    more: dict[str, tuple]

    @property
    def weights(self) -> dict[str, tuple]:
        """The shapes of the weights."""
        columns = len(self.gates) * _H
        return {"W": (_D, columns), "U": (_H, columns), "b": (columns,)} | self.more

    @property
    def arguments(self) -> list[str]:
        """What forward gets."""
        return ["x", *(f"{letter}0" for letter in self.states), *self.weights]


def _squashed(kind: str, a: Any, cut: Any) -> Any:
    """tanh or sigmoid of a; with "slopes" or "other slopes" cut, its derivative is none or that of the other one."""
    y = np.tanh(a) if kind == "tanh" else sigmoid(a)
    if "slopes" in cut:
        return y.real + 1j * a.imag
    if "other slopes" in cut:
        return y.real + 1j * a.imag * (y.real * (1 - y.real) if kind == "tanh" else 1 - y.real**2)
    return y


def _rnn(x: Any, state: Any, w: Any, cut: Any, bug: str) -> tuple:
    (h,) = state
    a = x @ w["W"] + h @ w["U"] + w["b"]
    return (a if bug == "no tanh" else _squashed("sigmoid" if bug == "sigmoid" else "tanh", a, cut),)


def _lstm(x: Any, state: Any, w: Any, cut: Any, bug: str) -> tuple:
    """With as many gates as there are blocks: i g o, or i f g o; with peepholes if there is a p."""
    h, c = state
    a = x @ w["W"] + h @ w["U"] + w["b"]
    blocks = np.split(a, a.shape[-1] // _H, axis=-1)
    i, g, o = blocks[0], blocks[-2], blocks[-1]
    p = w.get("p", np.zeros((3, _H)))
    seen = _passed("peep", c, cut)
    i = _squashed("sigmoid", i + p[0] * seen, cut)
    f: Any = _squashed("sigmoid", blocks[1] + p[1] * seen, cut) if len(blocks) == 4 else 1
    g = _squashed("sigmoid" if bug == "sigmoid g" else "tanh", g, cut)
    new = (1 - i if bug == "1 - i" else f) * _passed("carousel", c, cut) + i * g
    o = _squashed("sigmoid", o + p[2] * _passed("peep o", c if bug == "o sees old c" else new, cut), cut)
    shown = _passed("shown", c if bug == "old c" else new, cut)
    return o * (shown if bug == "no tanh" else np.tanh(shown)), new


def _gru(x: Any, state: Any, w: Any, cut: Any, bug: str) -> tuple:
    """With its reset after the product if there is a bn."""
    (h,) = state
    (Wr, Wz, Wn), (Ur, Uz, Un), (br, bz, bn) = (np.split(w[name], 3, axis=-1) for name in "WUb")
    r = _squashed("sigmoid", x @ Wr + h @ Ur + br, cut)
    z = _squashed("sigmoid", x @ Wz + h @ Uz + bz, cut)
    seen, more = _passed("reset", h, cut), w.get("bn", 0)
    if bug == "no reset":
        from_h = seen @ Un + more
    elif ("bn" in w) != (bug == "other reset"):
        from_h = r * (seen @ Un + more)
    else:
        from_h = (r * seen) @ Un + more
    n = _squashed("tanh", x @ Wn + bn + from_h, cut)
    if bug == "1 - z":
        z = 1 - z
    return (z * _passed("keep", h, cut) + (1 - z) * n,)


def _passed(name: str, value: Any, cut: Any) -> Any:
    return value.real if name in cut else value


_CUT_H = {
    "h": "dh not carried from the later steps to the earlier ones: dh = delta U^T goes to the step before",
    "slopes": "the slope left out: a tanh has 1 - y**2, a sigmoid y * (1 - y), with y its own value",
    "other slopes": "the slope of the other function: a tanh has 1 - y**2, a sigmoid y * (1 - y), with y its own value",
}
_CUT_C = _CUT_H | {
    "carousel": "dc not carried from a step to the one before it",
    "shown": "the part that comes from h left out of dc: dh * o * (1 - tanh(c)**2)",
}
_CUT_PEEP = _CUT_C | {
    "peep": "what the input and forget gates send back to the c before the step through their peepholes left out of dc",
    "peep o": "what the output gate sends back to the new c through its peephole left out of dc",
}
_CUT_GRU = _CUT_H | {
    "keep": "z * dh left out: what the gate z keeps goes straight to the state before",
    "reset": "what comes back through the candidate n and its reset left out of the gradient of the state before",
}
_LSTM_BUGS = {
    "old c": "the c before the step in h: h shows the new one",
    "no tanh": "no tanh around c in h",
    "sigmoid g": "a sigmoid for the candidate g, which is a tanh",
}
_GRU_BUGS = {
    "1 - z": "z and 1 - z swapped: here z keeps the old state",
    "no reset": "no reset gate before the candidate",
    "other reset": "the reset on the other side of the product with U",
}

CELLS = {
    "rnn": Cell("h", "h", _rnn, _CUT_H, {"no tanh": "no tanh", "sigmoid": "a sigmoid in place of the tanh"}, {}),
    "lstm97": Cell(
        "igo", "hc", _lstm, _CUT_C, _LSTM_BUGS | {"1 - i": "the old c times 1 - i: in 1997 its factor is 1"}, {}
    ),
    "lstm": Cell("ifgo", "hc", _lstm, _CUT_C, _LSTM_BUGS, {}),
    "peephole": Cell(
        "ifgo",
        "hc",
        _lstm,
        _CUT_PEEP,
        _LSTM_BUGS | {"o sees old c": "an output gate that sees the old c: its peephole sees the new one"},
        {"p": (3, _H)},
    ),
    "gru": Cell("rzn", "h", _gru, _CUT_GRU, _GRU_BUGS, {}),
    "gru-after": Cell("rzn", "h", _gru, _CUT_GRU, _GRU_BUGS, {"bn": (_H,)}),
}


def pair(answer: Any) -> tuple[Any, Any]:
    """The two functions of an answer.

    Parameters
    ----------
    answer : (function, function)
        The learner's forward and backward.

    Returns
    -------
    forward, backward : function
        The same two.

    Raises
    ------
    Wrong
        For anything else.

    Examples
    --------
    >>> pair(max)
    Traceback (most recent call last):
    ...
    lstm_edu.course.checker.Wrong: Two functions are asked for, (forward, backward).
    """
    if callable(answer):
        try:
            call(answer)  # a skeleton that is no pair yet
        except Untouched:
            raise
        except Wrong:
            pass
    if not isinstance(answer, tuple | list) or len(answer) != 2:
        raise Wrong("Two functions are asked for, (forward, backward).")
    return answer[0], answer[1]


def judge(forward: Callable, backward: Callable, *, cell: str) -> str:
    """Look at a whole cell: the outputs first, then each gradient over one, two and five steps.

    Parameters
    ----------
    forward : function
        ``forward(x, h0, ..., W, U, b, ...)`` gives h (T, H) and what backward is to get.
    backward : function
        ``backward(dy, kept)`` gives one gradient for each argument of forward, as a tuple in that order.
    cell : str
        One of `CELLS`.

    Returns
    -------
    str
        Praise.

    Raises
    ------
    Wrong
        With the first wrong array: h, then the gradients in the order in which they depend on each other, db before
        dW and dU, these before dx and the states', and fewer steps before more.

    Examples
    --------
    >>> judge(lambda x, h0, W, U, b: (x @ W + b, None), max, cell="rnn")
    Traceback (most recent call last):
    ...
    lstm_edu.course.checker.Wrong: Forward: h is wrong from step 1 on. h[0, 0] is ...
    """
    asked = CELLS[cell]
    _judge_forward(asked, forward)
    for T in (1, 2, _T):
        _judge_backward(asked, forward, backward, T)
    count = sum(array.size for array in _example(asked, _T)[0].values())
    return f"All {count} derivatives agree with the complex step. This cell is yours now."


def _example(cell: Cell, T: int) -> tuple[Arrays, np.ndarray]:
    """What forward gets, and dy: all sizes differ, and nothing is zero."""
    rng = np.random.default_rng(97)
    shapes: dict[str, tuple] = {"x": (T, _D)} | {f"{letter}0": (_H,) for letter in cell.states} | cell.weights
    # weights of moderate size: where a gate is at its end, its slope is next to nothing, and so is what is looked for
    given: Arrays = {name: rng.uniform(-1, 1, size=shape) for name, shape in shapes.items()}
    return given, rng.normal(size=(T, _H))


def outputs(cell: Cell, given: Any, cut: tuple = (), bug: str = "", at: Any = None) -> np.ndarray:
    """h (T, H) of the twin; `at` = (t, weights) has other weights at step t."""
    state: Any = tuple(given[f"{letter}0"] for letter in cell.states)
    h = []
    for t, x in enumerate(given["x"]):
        weights = at[1] if at and at[0] == t else given
        if t:
            state = tuple(_passed(letter, s, cut) for letter, s in zip(cell.states, state, strict=True))
        state = cell.step(x, state, weights, cut, bug)
        h.append(state[0])
    return np.array(h)


def gradient(cell: Cell, given: Arrays, dy: np.ndarray, name: str, cut: tuple = (), at: int | None = None) -> Any:
    """The gradient of sum(dy * h) with respect to given[name], by the complex step; `at`: its part of one step."""
    found = np.empty(given[name].shape)
    for index in np.ndindex(found.shape):
        moved = given[name].astype(complex)
        moved[index] += 1j * _TINY
        changed = given | {name: moved}
        h = outputs(cell, changed, cut) if at is None else outputs(cell, given, cut, at=(at, changed))
        found[index] = (dy * h).sum().imag / _TINY
    return found


@contextlib.contextmanager
def _about(words: str) -> Iterator[None]:
    """Say first what it is about."""
    try:
        yield
    except Untouched as nothing:
        raise Untouched(f"{words}: {nothing}") from None
    except Wrong as wrong:
        raise Wrong(f"{words}. {wrong}") from None


def _called(forward: Callable, given: Arrays) -> Any:
    with _about("In forward"):
        got = call(forward, *given.values())
        if not isinstance(got, tuple | list) or len(got) != 2:
            raise Wrong("Return two things: h (T, H), and what backward needs.")
    return got


def _judge_forward(cell: Cell, forward: Callable) -> None:
    given, _ = _example(cell, _T)
    h, right = _called(forward, given)[0], outputs(cell, given)
    if _same(h, right):
        return
    if np.shape(h) == (_T + 1, _H) and _same(np.asarray(h)[1:], right):
        raise Wrong("h has T + 1 rows: return those after the steps, without the initial state.")
    about = "Of what forward returns"
    if np.shape(h) == right.shape:
        first = next(t for t in range(_T) if not _same(np.asarray(h)[t], right[t]))
        about = f"Forward: h is right for {first} steps, then wrong" if first else "Forward: h is wrong from step 1 on"
    with _about(about):
        same_array("h", h, right, shape="(T, H)", suspects=_forward_suspects(cell, given))


def _same(got: Any, right: np.ndarray) -> bool:
    if np.shape(got) != right.shape or np.asarray(got).dtype.kind not in "fiu":
        return False
    return np.allclose(got, right, rtol=1e-5, atol=1e-7)


def _forward_suspects(cell: Cell, given: Arrays) -> Arrays:
    found = {words: outputs(cell, given, bug=bug) for bug, words in cell.bugs.items()}
    for name in given:
        if name != "x":
            left_out = given | {name: 0 * given[name]}
            words = f"zeros for {name}: it is an argument" if name.endswith("0") else f"{name} left out"
            found[words] = outputs(cell, left_out)
    for order in itertools.permutations(range(len(cell.gates))):
        letters = " ".join(cell.gates[k] for k in order)
        turned = {name: _turned(given[name], order) for name in "WUb"}
        found[f"the gates in the order {letters}; here it is {' '.join(cell.gates)}"] = outputs(cell, given | turned)
    return found


def _turned(array: np.ndarray, order: tuple) -> np.ndarray:
    """The blocks as somebody reads them who thinks that they lie in that order."""
    blocks = np.split(array, len(order), axis=-1)
    return np.concatenate([blocks[order.index(k)] for k in range(len(order))], axis=-1)


def _judge_backward(cell: Cell, forward: Callable, backward: Callable, T: int) -> None:
    given, dy = _example(cell, T)
    _, kept = _called(forward, given)
    names = [f"d{name}" for name in given]
    about = f"In backward over {T} step{'s' if T > 1 else ''}"
    with _about(about):
        got = call(backward, dy, kept)
        got = list(got.values()) if isinstance(got, dict) and list(got) == names else got
        if not isinstance(got, tuple | list) or len(got) != len(names):
            raise Wrong(f"Return {len(names)} arrays, {', '.join(names)}; this returns {_returned(got)}.")
        by_name = dict(zip(given, got, strict=True))
        for name in _in_order(cell):
            _judge_array(cell, given, dy, name, by_name[name])


def _returned(got: Any) -> str:
    return f"{len(got)} of them" if isinstance(got, tuple | list) else f"one {type(got).__name__}"


def _in_order(cell: Cell) -> list[str]:
    """b first: db is the sum of the deltas, which all others are made of."""
    early, late = [name for name in cell.more if name == "bn"], [name for name in cell.more if name == "p"]
    return ["b", *early, "W", "U", *late, "x", *(f"{letter}0" for letter in reversed(cell.states))]


def _judge_array(cell: Cell, given: Arrays, dy: np.ndarray, name: str, got: Any) -> None:
    right = gradient(cell, given, dy, name)
    if _same(got, right):
        return
    suspects = _backward_suspects(cell, given, dy, name)
    if name not in "WUb" or len(cell.gates) == 1 or np.shape(got) != right.shape:
        same_array(f"d{name}", got, right, suspects=suspects)
    count = len(cell.gates)
    for k, letter in enumerate(cell.gates):  # the first wrong block, so that the gate is known
        mine, true, *others = (np.split(np.asarray(array), count, -1)[k] for array in (got, right, *suspects.values()))
        same_array(f"The block {letter} of d{name}", mine, true, suspects=dict(zip(suspects, others, strict=True)))


def _backward_suspects(cell: Cell, given: Arrays, dy: np.ndarray, name: str) -> Arrays:
    """What comes out with the usual mistakes in the way back."""
    T = len(dy)
    found = {words: gradient(cell, given, dy, name, (cut,)) for cut, words in cell.cuts.items()}
    if T > 1:
        nothing = gradient(cell, given, dy, name, tuple(cell.states))
        found["nothing carried from the later steps to the earlier ones"] = nothing
        if name in cell.weights:
            words = "the part of the {} step alone: the parts of all steps must be added"
            found[words.format("first")] = gradient(cell, given, dy, name, at=0)
            found[words.format("last")] = gradient(cell, given, dy, name, at=T - 1)
    delta = np.array([gradient(cell, given, dy, "b", at=t) for t in range(T)])
    if name == "U":
        h = outputs(cell, given)
        before = np.concatenate([given["h0"][None], h[:-1]])
        found["the state after each step: U was multiplied by the one before it"] = h.T @ delta
        found["zeros for the state before the first step, which is h0"] = before[1:].T @ delta[1:]
        found["h itself where the candidate saw r * h"] = before.T @ delta
    if name == "h0" and T == 1 and len(cell.gates) == 1:
        found["U not transposed on the way back"] = delta[0] @ given["U"]
    return found
