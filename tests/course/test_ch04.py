"""The exercises of chapter 04: right answers pass, the usual mistakes are named."""

import numpy as np
import pytest
from answers import refused, sigmoid, told


def bias_for(steps):
    f = 0.5 ** (1 / steps)
    return np.log(f / (1 - f))


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("the bias is the number whose sigmoid is f", lambda steps: 0.5 ** (1 / steps)),
        ("until 1/e is left", lambda steps: -np.log(np.exp(1 / steps) - 1)),
        ("instead of the bias for a half-life", lambda bias: np.log(2) / -np.log(sigmoid(bias))),
        ("forgets almost all", lambda steps: -bias_for(steps)),
        ("Which f gives", lambda steps: None),
    ],
)
def test_the_bias_for_a_half_life(capsys, words, answer):
    assert told(capsys, "04.1", bias_for)[0]
    refused(capsys, "04.1", answer, words)


def backward(
    dh, dc, i, f, g, o, c_old, c, *, carried=True, slope=True, seen_by_f=None, kept=None, slope_g=None, on_o=None
):
    dc = dc * carried + dh * o * (1 - np.tanh(c) ** 2 if slope else 1)
    df = dc * (c_old if seen_by_f is None else {"g": g, "c": c}[seen_by_f])
    do = dh * np.tanh(c) if on_o is None else {"c": dh * c, "dc": dc * np.tanh(c)}[on_o]
    da = [dc * g * i * (1 - i), df * f * (1 - f), dc * i * (slope_g(g) if slope_g else 1 - g**2), do * o * (1 - o)]
    return np.concatenate(da, axis=-1), dc * f if kept is None else kept(dc, f)


@pytest.mark.parametrize(
    ("words", "mistake"),
    [
        ("dc is not carried", {"carried": False}),
        ("the slope of tanh(c) left out", {"slope": False}),
        ("block f, is what comes out with the derivative of another gate", {"seen_by_f": "g"}),
        ("the new c in the place of c_old", {"seen_by_f": "c"}),
        ("the slope of a sigmoid", {"slope_g": lambda g: g * (1 - g)}),
        ("c in the place of tanh(c)", {"on_o": "c"}),
        ("o acts on h", {"on_o": "dc"}),
        ("as in 1997", {"kept": lambda dc, f: dc}),
        ("taken twice", {"kept": lambda dc, f: dc * f * f}),
    ],
)
def test_one_step_backward(capsys, words, mistake):
    assert told(capsys, "04.2", backward)[0]
    refused(capsys, "04.2", lambda *arrays: backward(*arrays, **mistake), words)


def test_one_step_backward_names_the_shape(capsys):
    refused(capsys, "04.2", lambda dh, *rest: (dh, dh), "shape (3, 5), but needs (B, 4H) = (3, 20)")


def biases(layers, value, block=1, count=None):
    for layer in layers[:count]:
        H = len(layer["b"]) // 4
        layer["b"][block * H : (block + 1) * H] = value
    return layers


@pytest.mark.parametrize(
    ("words", "mistake"),
    [
        ("set for the input gate", {"block": 0}),
        ("set for the candidate", {"block": 2}),
        ("layers[1] is what comes out with nothing changed", {"count": 1}),
    ],
)
def test_the_forget_bias_of_every_layer(capsys, words, mistake):
    assert told(capsys, "04.3", biases)[0]
    refused(capsys, "04.3", lambda layers, value: biases(layers, value, **mistake), words)


def test_one_bias_for_all_gates_is_named(capsys):
    refused(
        capsys, "04.3", lambda layers, value: [{"b": np.full_like(la["b"], value)} for la in layers], "one bias for all"
    )
    refused(capsys, "04.3", lambda layers, value: layers[0], "list of layers")


def in_pieces(layer, x, size, keep=lambda state: state):
    outputs, state = [], None
    for start in range(0, len(x), size):
        y, tape = layer.forward(x[start : start + size], state)
        state = keep(tape.state)
        outputs.append(y)
    return np.concatenate(outputs)


@pytest.mark.parametrize(
    ("words", "keep"),
    [
        ("a state of zero at the start of each piece", lambda state: None),
        ("c lost", lambda state: (state[0], np.zeros_like(state[1]))),
    ],
)
def test_a_stream_in_pieces(capsys, words, keep):
    assert told(capsys, "04.4", in_pieces)[0]
    refused(capsys, "04.4", lambda layer, x, size: in_pieces(layer, x, size, keep), words)
