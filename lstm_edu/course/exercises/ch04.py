"""Exercises of chapter 04: the forget gate."""

from collections.abc import Callable
from typing import Any

import numpy as np

from lstm_edu.cells import LSTM
from lstm_edu.course.checker import Wrong, call, exercise, same_array
from lstm_edu.course.exercises.activations import sigmoid


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


@exercise("04.2", hint="First all of dc: what comes from step t+1, and what comes through h. Then each gate in turn.")
def backward_step(answer: Callable) -> str:
    """One step of the LSTM backward: the gradient of the pre-activations and of the old state."""
    rng = np.random.default_rng(43)
    dh, dc_next, c_old = rng.standard_normal((3, 3, 5))
    i, f, o = sigmoid(rng.standard_normal((3, 3, 5)))
    g = np.tanh(rng.standard_normal((3, 5)))
    c = f * c_old + i * g
    through_h = dh * o * (1 - np.tanh(c) ** 2)

    slope = {"i": i * (1 - i), "f": f * (1 - f), "g": 1 - g**2, "o": o * (1 - o)}

    def step(dc: np.ndarray, slopes: bool = True) -> Any:
        da = {"i": dc * g, "f": dc * c_old, "g": dc * i, "o": dh * np.tanh(c)}
        return {k: d * (slope[k] if slopes else 1) for k, d in da.items()}, dc * f

    dc = dc_next + through_h
    da, dc_old = step(dc)
    got = _pair(call(answer, dh, dc_next, i, f, g, o, c_old, c), "da and dc_old")
    if np.shape(got[0]) != (3, 20):
        same_array("da", got[0], np.concatenate(list(da.values()), axis=-1), shape="(B, 4H)")
    common = {
        "dc without what comes from step t+1 (dc is not carried)": step(through_h),
        "dc without what comes through h": step(dc_next),
        "the slope of tanh(c) left out on the way from h to c": step(dc_next + dh * o),
        "tanh(c) in the place of its slope 1 - tanh(c)^2": step(dc_next + dh * o * np.tanh(c)),
        "the output gate left out on the way from h to c": step(dc_next + dh * (1 - np.tanh(c) ** 2)),
    }
    swapped = {
        "i": {"the derivative of another gate: i is multiplied by g, so g belongs here": dc * c_old * i * (1 - i)},
        "f": {
            "the derivative of another gate: f is multiplied by c_old, so c_old belongs here": dc * g * f * (1 - f),
            "the new c in the place of c_old": dc * c * f * (1 - f),
        },
        "g": {"the slope of a sigmoid: g has a tanh, 1 - g^2": dc * i * g * (1 - g)},
        "o": {
            "dc in the place of dh: o acts on h": dc * np.tanh(c) * o * (1 - o),
            "c in the place of tanh(c)": dh * c * o * (1 - o),
        },
    }
    for name, part in zip("ifgo", np.split(np.asarray(got[0]), 4, axis=-1), strict=True):
        suspects = {words: wrong[0][name] for words, wrong in common.items() if name != "o"}
        suspects |= swapped[name] | {"the activation's slope left out": step(dc, slopes=False)[0][name]}
        same_array(f"da, block {name},", part, da[name], shape="(B, H)", suspects=suspects)
    same_array(
        "dc_old",
        got[1],
        dc_old,
        shape="(B, H)",
        suspects={words: wrong[1] for words, wrong in common.items()}
        | {
            "no forget gate on the way back, as in 1997": dc,
            "f on what comes from step t+1 alone": dc_next * f,
            "f taken twice": dc * f * f,
        },
    )
    return "The last line, dc * f, is the one that chapter 03 had without f."


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


def _pair(got: Any, names: str) -> Any:
    if not isinstance(got, tuple | list) or len(got) != 2:
        raise Wrong(f"The function should return two arrays, {names}.")
    return got
