"""Answers to the exercises of chapter 04: the forget gate."""

from functools import partial

import numpy as np
from reference import sigmoid

from answers import Answers


def bias_for(steps):
    f = 0.5 ** (1 / steps)
    return np.log(f / (1 - f))


def forward(x, h0, c0, W, U, b, show=np.tanh, squash_g=np.tanh, keep=1):
    h, c, gates = [h0], [c0], []
    for x_t in x:
        i, f, g, o = np.split(x_t @ W + h[-1] @ U + b, 4)
        gates.append((sigmoid(i), sigmoid(f), squash_g(g), sigmoid(o)))
        i, f, g, o = gates[-1]
        c.append(keep * f * c[-1] + i * g)
        h.append(o * show(c[-1]))
    return np.array(h[1:]), (x, np.array(h), np.array(c), gates, W, U)


def backward(dy, kept, carry=1, future=1, through_h=1):
    x, h, c, gates, W, U = kept
    delta, dh, dc = np.zeros((len(x), U.shape[1])), 0, 0
    for t in reversed(range(len(x))):
        (i, f, g, o), shown, dh = gates[t], np.tanh(c[t + 1]), dy[t] + future * dh
        dc = carry * dc + through_h * dh * o * (1 - shown**2)
        parts = dc * g * i * (1 - i), dc * c[t] * f * (1 - f), dc * i * (1 - g**2), dh * shown * o * (1 - o)
        delta[t] = np.concatenate(parts)
        dc, dh = dc * f, delta[t] @ U.T
    return delta @ W.T, dh, dc, x.T @ delta, h[:-1].T @ delta, delta.sum(axis=0)


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
        right=[(forward, backward)],
        wrong=[
            ("no tanh around c", (partial(forward, show=np.array), backward)),
            ("a sigmoid for the candidate", (partial(forward, squash_g=sigmoid), backward)),
            ("h is wrong from step 1 on", (partial(forward, keep=0), backward)),
            ("dc not carried", (forward, partial(backward, carry=0))),
            ("dh not carried", (forward, partial(backward, future=0))),
            ("the part that comes from h left out of dc", (forward, partial(backward, through_h=0))),
        ],
        hint="In each step back",
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
