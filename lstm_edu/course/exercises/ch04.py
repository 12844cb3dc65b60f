"""Exercises of chapter 04: the forget gate."""

from collections.abc import Callable
from typing import Any

import numpy as np

from lstm_edu.cells import LSTM
from lstm_edu.course.checker import Wrong, call, exercise, same_array
from lstm_edu.course.exercises.blank_page import judge, pair


@exercise("04.1", hint="Which f gives f ** steps = 1/2? And which bias gives this f = sigmoid(bias)?")
def bias_for(answer: Callable) -> str:
    """The bias of a forget gate whose memory halves in so many steps."""
    for steps in (1.0, 2.2, 10.0, 100.0):
        f = 0.5 ** (1 / steps)
        right = np.log(f / (1 - f))
        suspects = {
            "f itself; the bias is the number whose sigmoid is f": f,
            "the time until 1/e is left instead of 1/2": -np.log(np.expm1(1 / steps)),
            "the half-life of a bias, instead of the bias for a half-life": np.log(2) / np.log1p(np.exp(-steps)),
            "1 - f in the place of f: this gate forgets almost all": -right,
        }
        if abs(right) < 1e-9:
            del suspects["1 - f in the place of f: this gate forgets almost all"]
        same_array(f"The bias for {steps:g} steps", call(answer, steps), right, suspects=suspects)
    return "From 10 to 100 steps the bias rises by ln 10 only, as for long memories it is about ln(steps / ln 2)."


@exercise("04.2", hint="In each step back: first all of dc, what the next step sends and what comes through h.")
def whole_cell(answer: Callable) -> str:
    """Forward, backward and all gradients of the LSTM over T steps."""
    return judge(*pair(answer), cell="lstm")


@exercise("04.3", hint="How many layers does it change? And which block comes second in i f g o?")
def set_forget_bias(answer: Callable) -> str:
    """A function that sets the forget bias of every layer, and nothing else."""
    rng = np.random.default_rng(44)
    layers = [{"b": rng.standard_normal(4 * H)} for H in (3, 5)]
    got = call(answer, layers, 1.5)
    if not isinstance(got, list | tuple) or len(got) != 2:
        raise Wrong("The function should return the list of layers that it got, with other biases in it.")
    for k, (layer, before) in enumerate(zip(got, layers, strict=True)):
        H, b = len(before["b"]) // 4, before["b"]
        right, all_of_them, none = b.copy(), np.full(4 * H, 1.5), b
        right[H : 2 * H] = 1.5
        others = {}
        for block, gate in ((0, "input gate"), (2, "candidate"), (3, "output gate")):
            others[f"the bias set for the {gate}, block {block}"] = _with(b, block, H)
        same_array(
            f"b of layers[{k}]",
            layer["b"],
            right,
            shape="(4H,)",
            suspects=others
            | {
                "one bias for all gates": all_of_them,
                "nothing changed in this layer": none,
                "the bias added to what was there, instead of set": b + 1.5 * (right != b),
            },
        )
    return "A bias in the wrong block is easily missed: the net still learns, and forgets as fast as before."


def _with(b: np.ndarray, block: int, H: int) -> Any:
    changed = b.copy()
    changed[block * H : (block + 1) * H] = 1.5
    return changed


@exercise("04.4", hint="What does forward start from, if you give it no state?")
def read_in_pieces(answer: Callable) -> str:
    """A stream read in pieces, with the outputs of one pass over the whole of it."""
    layer = LSTM(3, 4, forget_bias=3, dtype=np.float64, rng=0)
    x = np.random.default_rng(45).standard_normal((11, 2, 3))
    right = layer(x)
    for size in (4, 11, 1):
        pieces = [x[start : start + size] for start in range(0, len(x), size)]
        fresh = np.concatenate([layer(piece) for piece in pieces])
        outputs, state = [], None
        for piece in pieces:
            y, tape = layer.forward(piece, state)
            outputs.append(y)
            state = (tape.state[0], np.zeros_like(tape.state[1]))
        suspects = {
            "a state of zero at the start of each piece": fresh,
            "h carried on, but c lost": np.concatenate(outputs),
        }
        if size == len(x):
            suspects = {}
        same_array(
            f"The output for pieces of {size}",
            call(answer, layer, x, size),
            right,
            shape="(T, B, H)",
            suspects=suspects,
        )
    return "Training on a long stream does the same, and lets the gradient end at the start of each piece."
