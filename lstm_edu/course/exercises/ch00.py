"""Chapter 00: shapes, counting parameters, one step of a memory."""

from collections.abc import Callable

import numpy as np

from lstm_edu.course.checker import Wrong, call, exercise, same_array
from lstm_edu.course.exercises.activations import sigmoid


@exercise("00.1", hint="Begin with x: time comes first, then the sequences, then the inputs.")
def shapes(answer: Callable) -> str:
    """The shapes of x, y and h as three tuples."""
    T, B, D, H = 7, 5, 3, 4
    got = call(answer, T, B, D, H)
    if not isinstance(got, tuple | list) or len(got) != 3 or not all(isinstance(s, tuple | list) for s in got):
        raise Wrong("Return three tuples, the shapes of x, y and h.")
    right = {"x": (T, B, D), "y": (T, B, H), "h": (B, H)}
    mistakes = {
        (B, T, D): "That is batch first: here time comes first.",
        (B, T, H): "That is batch first: here time comes first.",
        (T, B): "There are numbers at each step and for each sequence: one axis is missing.",
        (T, H): "All sequences of the batch go side by side: the axis B is missing.",
        (B, D): "The state has one number for each unit, not for each input.",
        (H,): "Each sequence of the batch has a state of its own.",
        (H, B): "The sequence comes before the unit.",
    }
    for (name, shape), mine in zip(right.items(), map(tuple, got), strict=True):
        if mine == shape:
            continue
        why = mistakes.get(mine, "")
        if name == "y" and mine == (T, B, D):
            why = "That is the shape of x: the output has one number for each unit."
        if name == "h" and mine == (T, B, H):
            why = "The state is what goes from one step to the next: it has no axis of time."
        raise Wrong(f"{name}: with T, B, D, H = {T}, {B}, {D}, {H} your shape is {mine}. {why}".rstrip())
    return "Four letters, and always in this order: with them most mistakes show at the first glance."


@exercise("00.2", hint="Begin with one gate: D * H weights from the inputs, H * H from the units, and H biases.")
def parameters(answer: Callable) -> str:
    """The number of parameters of an LSTM."""
    for D, H in ((3, 5), (2, 4), (10, 32)):
        one = D * H + H * H + H
        suspects = {
            "one gate alone: there are three gates and the new value": one,
            "three blocks: the new value g has weights as well": 3 * one,
            "no biases": 4 * (D * H + H * H),
            "two biases, as some libraries have them: here there is one": 4 * (one + H),
            "one bias for all gates": 4 * (D * H + H * H) + H,
            "no recurrent weights": 4 * (D * H + H),
            "no input weights": 4 * (H * H + H),
        }
        same_array(f"the number for D = {D}, H = {H}", call(answer, D, H), 4 * one, suspects=suspects)
    return "Twice as many units, about four times as many parameters: the square of H wins."


@exercise("00.3", hint="Begin with the two gates: the sigmoid of a_f and of a_i.")
def memory_step(answer: Callable) -> str:
    """One step of a memory cell, (H,)."""
    c, a_i, a_f, a_g = np.random.default_rng(3).normal(size=(4, 6))
    i, f, g = sigmoid(a_i), sigmoid(a_f), np.tanh(a_g)
    suspects = {
        "the gates i and f exchanged": i * c + f * g,
        "no sigmoid around the gates": a_f * c + a_i * g,
        "no tanh around the new value": f * c + i * a_g,
        "a sigmoid in place of the tanh": f * c + i * sigmoid(a_g),
        "a tanh in place of the sigmoids": np.tanh(a_f) * c + np.tanh(a_i) * g,
        "the old memory left out": i * g,
        "no forget gate: that is the cell of 1997": c + i * g,
        "no input gate": f * c + g,
        "the forget gate applied to the new value as well": f * (c + i * g),
        "a tanh around the memory: it is the one line without a bend": np.tanh(f * c + i * g),
        "1 - f for the forget gate: here f = 1 keeps": (1 - f) * c + i * g,
    }
    same_array("c", call(answer, c, a_i, a_f, a_g), f * c + i * g, shape="(H,)", suspects=suspects)
    return "This line is the heart of the LSTM; chapters 03 and 04 are about it."


@exercise("00.4", hint="Begin with the shape of y[:, -1] for y of shape (7, 5, 3): what do the two axes count?")
def last_step(answer: Callable) -> str:
    """The last step of every sequence, (B, H)."""
    y = np.random.default_rng(4).normal(size=(7, 5, 3))
    suspects = {
        "the last sequence at all steps: time is the first axis": y[:, -1],
        "the last unit of all: the last axis counts units": y[..., -1],
        "the first step": y[0],
        "all steps added up": y.sum(axis=0),
        "the mean over time": y.mean(axis=0),
    }
    same_array("the last step", call(answer, y), y[-1], shape="(B, H)", suspects=suspects)
    square = np.random.default_rng(5).normal(size=(6, 6, 2))  # here the mistake has the right shape
    same_array("the last step of 6 steps of 6 sequences", call(answer, square), square[-1], shape="(B, H)")
    return "With T = B even the shape would not have told: keep them different while you write."
