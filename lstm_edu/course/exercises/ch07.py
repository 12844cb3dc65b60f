"""Chapter 07: layers on top of each other."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from lstm_edu.course.checker import Wrong, call, exercise, same_array


def _layers(widths: Any, seed: int = 7) -> Any:
    """Plain recurrent layers (W, U, b) from width to width."""
    rng = np.random.default_rng(seed)
    return [
        (rng.normal(size=(d, h)), 0.5 * rng.normal(size=(h, h)), 0.1 * rng.normal(size=h)) for d, h in pairwise(widths)
    ]


@exercise("07.1", hint="Begin with the lowest layer: 4 H (D + H + 1). What is D for the layer above it?")
def count(answer: Callable) -> str:
    """The number of parameters of a stack of LSTM layers."""
    for D, H, L in ((3, 5, 1), (3, 5, 2), (7, 4, 3), (16, 32, 2)):
        first, other = 4 * H * (D + H + 1), 4 * H * (2 * H + 1)
        got = call(answer, D, H, L)
        suspects = {
            "the D inputs counted in every layer; the upper layers see the H units below them": L * first,
            "the biases left out": 4 * H * (D + H) + (L - 1) * 4 * H * 2 * H,
            "one bias for all four gates of a layer": first + (L - 1) * other - 3 * H * L,
            "one gate only; an LSTM has four": (first + (L - 1) * other) / 4,
            "H inputs in the lowest layer too; it sees the D inputs": L * other,
        }
        same_array(f"the number for D = {D}, H = {H}, L = {L}", got, first + (L - 1) * other, suspects=suspects)
    return "From the second layer on, each costs 4 H (2 H + 1), whatever the input is."


def _stack(x: np.ndarray, layers: Any, states: Any, copied: bool = True, separate: bool = True) -> Any:
    """The stack of exercise 07.2, with its two bugs or without."""
    h = [np.zeros((x.shape[1], states)) for _ in layers] if separate else [np.zeros((x.shape[1], states))] * len(layers)
    out = []
    for x_t in x:
        below = x_t
        for k, (W, U, b) in enumerate(layers):
            h[k][:] = np.tanh(below @ W + h[k] @ U + b)
            below = h[k]
        out.append(h[-1].copy() if copied else h[-1])
    return np.array(out)


@exercise("07.2")
def states(answer: Callable) -> str:
    """A stack of plain recurrent layers, each with a state of its own."""
    layers = _layers((3, 4, 4))
    x = np.random.default_rng(72).normal(size=(5, 2, 3))
    got = call(answer, x, layers)
    suspects = {
        "both mistakes still there": _stack(x, layers, 4, copied=False, separate=False),
        "one and the same state array for both layers: [a] * 2 is twice the same a": _stack(
            x, layers, 4, separate=False
        ),
        "the same array appended at each step, so that every step shows the last one": _stack(
            x, layers, 4, copied=False
        ),
    }
    same_array("the output", got, _stack(x, layers, 4), shape="(T, B, H)", suspects=suspects)
    return "Arrays are passed by reference. Write h[k] = ... instead of h[k][:] = ..., and neither mistake can happen."


@exercise("07.3")
def forget_biases(answer: Callable) -> str:
    """A stack of LSTMs whose forget gates start open in every layer."""
    D, H, L, value = 3, 5, 3, 4.0
    net = call(answer, D, H, L, value)
    cells = getattr(net, "layers", None)
    if cells is None or len(cells) != L:
        raise Wrong(f"Return a Sequential of {L} LSTM layers, as the function did before.")
    if [(cell.inputs, cell.units) for cell in cells] != [(D, H)] + [(H, H)] * (L - 1):
        raise Wrong(f"The layers must lead from {D} inputs to {H} units and then from {H} to {H}.")
    for k, cell in enumerate(cells):
        gates = dict(zip("ifgo", np.split(cell.params["b"], 4), strict=True))
        for name, wanted in (("f", value), ("i", 0), ("g", 0), ("o", 0)):
            if not np.allclose(gates[name], wanted):
                gate = {"f": "forget gate", "i": "input gate", "g": "candidate", "o": "output gate"}[name]
                raise Wrong(
                    f"In layer {k} the bias of the {gate} starts at {gates[name][0]:g}; it should be {wanted:g}."
                )
    return "One layer that forgets is enough to break the chain, and no error message tells you."


def _dropped(
    x: np.ndarray, layers: Any, masks: Any, carried: bool = False, top: bool = True, inputs: bool = True
) -> Any:
    h = [np.zeros((x.shape[1], len(U))) for _, U, _ in layers]
    out = []
    for t in range(len(x)):
        below = x[t] * masks[0][t] if inputs else x[t]
        for k, (W, U, b) in enumerate(layers):
            h[k] = np.tanh(below @ W + h[k] @ U + b)
            below = h[k] * masks[k + 1][t] if top or k + 1 < len(layers) else h[k]
            if carried:
                h[k] = below
        out.append(below)
    return np.array(out)


@exercise("07.4", hint="Begin with the loops of 07.2. Where does a value go up, and where on in time?")
def dropout(answer: Callable) -> str:
    """Dropout on the connections that go up, none on those that go on in time."""
    layers = _layers((3, 4, 6))
    rng = np.random.default_rng(74)
    x = rng.normal(size=(5, 2, 3))
    masks = [2.0 * (rng.random((5, 2, width)) < 0.5) for width in (3, 4, 6)]
    got = call(answer, x, layers, masks)
    suspects = {
        "the masks on the state as well: what is carried to the next step must stay whole": _dropped(
            x, layers, masks, carried=True
        ),
        "no mask on what the top layer gives out": _dropped(x, layers, masks, top=False),
        "no mask on the input": _dropped(x, layers, masks, inputs=False),
        "no masks at all": _dropped(x, layers, [np.ones_like(mask) for mask in masks]),
    }
    same_array("the output", got, _dropped(x, layers, masks), shape="(T, B, H)", suspects=suspects)
    return "A value passes L + 1 masks on its way from input to output, however many steps it is carried."
