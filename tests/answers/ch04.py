"""Answers to the exercises of chapter 04: the forget gate."""

from functools import partial

import numpy as np
from reference import sigmoid

from answers import Answers


def bias_for(steps):
    f = 0.5 ** (1 / steps)
    return np.log(f / (1 - f))


def backward(
    dh, dc, i, f, g, o, c_old, c, *, carried=True, slope=True, seen_by_f=None, kept=None, slope_g=None, on_o=None
):
    dc = dc * carried + dh * o * (1 - np.tanh(c) ** 2 if slope else 1)
    df = dc * (c_old if seen_by_f is None else {"g": g, "c": c}[seen_by_f])
    do = dh * np.tanh(c) if on_o is None else {"c": dh * c, "dc": dc * np.tanh(c)}[on_o]
    da = [dc * g * i * (1 - i), df * f * (1 - f), dc * i * (slope_g(g) if slope_g else 1 - g**2), do * o * (1 - o)]
    return np.concatenate(da, axis=-1), dc * f if kept is None else kept(dc, f)


def biases(layers, value, block=1, count=None):
    for layer in layers[:count]:
        H = len(layer["b"]) // 4
        layer["b"][block * H : (block + 1) * H] = value
    return layers


def in_pieces(layer, x, size, keep=lambda state: state):
    outputs, state = [], None
    for start in range(0, len(x), size):
        y, tape = layer.forward(x[start : start + size], state)
        state = keep(tape.state)
        outputs.append(y)
    return np.concatenate(outputs)


EXERCISES = {
    "04.1": Answers(
        right=[bias_for],
        wrong=[
            ("the bias is the number whose sigmoid is f", lambda steps: 0.5 ** (1 / steps)),
            ("until 1/e is left", lambda steps: -np.log(np.exp(1 / steps) - 1)),
            ("instead of the bias for a half-life", lambda bias: np.log(2) / -np.log(sigmoid(bias))),
            ("forgets almost all", lambda steps: -bias_for(steps)),
        ],
        hint="Which f gives",
    ),
    "04.2": Answers(
        right=[backward],
        wrong=[
            ("dc is not carried", partial(backward, carried=False)),
            ("the slope of tanh(c) left out", partial(backward, slope=False)),
            (
                "block f, is what comes out with the derivative of another gate",
                partial(backward, seen_by_f="g"),
            ),
            ("the new c in the place of c_old", partial(backward, seen_by_f="c")),
            ("the slope of a sigmoid", partial(backward, slope_g=lambda g: g * (1 - g))),
            ("c in the place of tanh(c)", partial(backward, on_o="c")),
            ("o acts on h", partial(backward, on_o="dc")),
            ("as in 1997", partial(backward, kept=lambda dc, f: dc)),
            ("taken twice", partial(backward, kept=lambda dc, f: dc * f * f)),
            ("shape (3, 5), but needs (B, 4H) = (3, 20)", lambda dh, *rest: (dh, dh)),
        ],
        hint="First all of dc",
    ),
    "04.3": Answers(
        right=[biases],
        wrong=[
            ("set for the input gate", partial(biases, block=0)),
            ("set for the candidate", partial(biases, block=2)),
            ("layers[1] is what comes out with nothing changed", partial(biases, count=1)),
            ("one bias for all", lambda layers, value: [{"b": np.full_like(one["b"], value)} for one in layers]),
            ("list of layers", lambda layers, value: layers[0]),
        ],
        hint="How many layers",
    ),
    "04.4": Answers(
        right=[in_pieces],
        wrong=[
            ("a state of zero at the start of each piece", partial(in_pieces, keep=lambda state: None)),
            ("c lost", partial(in_pieces, keep=lambda state: (state[0], np.zeros_like(state[1])))),
        ],
        hint="What does forward start from",
    ),
}
