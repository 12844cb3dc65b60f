"""`play`: a layer's numbers, the scripts and the picture, put together into one piece of HTML."""

import json
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from lstm_edu.cells import GRU, LSTM, LSTM97, RNN
from lstm_edu.core import checks
from lstm_edu.course import pictures
from lstm_edu.course.display import alt_text, put
from lstm_edu.plotting.gates import NAMES

from .picture import picture

CELLS = {"rnn": RNN, "lstm97": LSTM97, "lstm": LSTM, "gru": GRU}  # those that cells.js has, by its names
UNITS, INPUTS, STEPS = 4, 4, 60  # the most that can be told apart in a page

_NOSCRIPT = "With scripts this picture moves: in a trusted notebook, or in the book."


def play(
    layer: RNN | LSTM97 | LSTM | GRU,
    x: ArrayLike,
    *,
    alt: str,
    names: Sequence[str] | None = None,
    presets: Mapping[str, Mapping[str, Any]] | None = None,
) -> None:
    """Show a cell whose biases, weights and input the reader can change in the page, with or without a kernel.

    A few hundred lines of JavaScript compute the cell anew at every change: they come with the output, and need no
    network. Where scripts are off, a picture of the cell at `x` stands in their place.

    Parameters
    ----------
    layer : RNN, LSTM97, LSTM or GRU
        One to four units with one to four inputs. It stays as it is.
    x : array_like
        (T, 1, D) floats, the input of at most 60 steps. An input of 0 and 1 alone becomes a row of marks.
    alt : str
        What the picture shows, in words; outside a notebook it is printed.
    names : sequence of str, optional
        What the D inputs are called; None: x, or x 0, x 1, ...
    presets : mapping of str to mapping, optional
        A button for each: its words -> what it sets, as ``{"f": 3.0}`` for the biases of a gate (h, for an RNN; one
        number, or one per unit) and ``{"x": array}`` for the input. All else is set back to `layer` and `x`, as by
        the first button, "start again", which is always there.

    Raises
    ------
    ValueError
        For another kind of layer, for more units, inputs or steps, for an `x` of another shape, for names or presets
        that do not fit, and where `alt` is empty.

    Examples
    --------
    >>> import lstm_edu as le
    >>> x = np.zeros((20, 1, 1))
    >>> x[3] = 1
    >>> play(le.LSTM(1, 1, rng=0), x, alt="a state that decays", presets={"keep": {"f": 5.0}})
    a state that decays
    """
    alt = alt_text(alt)
    cell = next((name for name, kind in CELLS.items() if type(layer) is kind), None)
    if cell is None:
        raise ValueError(f"layer must be one of {', '.join(k.__name__ for k in CELLS.values())}, got {layer!r}")
    for what, got, most in (("units", layer.units, UNITS), ("inputs", layer.inputs, INPUTS)):
        if got > most:
            raise ValueError(f"layer must have at most {most} {what} to be shown in a page, got {got}")
    x = _input("x", x, layer.inputs)
    names = _names(names, layer.inputs)
    gates = layer.gates(layer.forward(x.astype(layer.dtype))[1])
    gates["h"] = gates.pop("h")  # last, as in the page
    told = {
        "cell": cell,
        "title": f"{layer.title} to play with",
        "names": names,
        "blocks": layer.gate_names,
        "titles": {letter: NAMES[letter] for letter in gates},
        "params": parameters(layer),
        "x": x[:, 0].tolist(),
        "presets": [_preset(layer, x, words, setting) for words, setting in _settings(presets).items()],
    }
    put({"text/html": _html(told, pictures.figure_html(pictures.png(picture(gates, x, names)), alt))}, alt)


def _input(name: str, x: Any, inputs: int, steps: int | str = "T") -> np.ndarray:
    x = checks.floats(name, x, (steps, 1, inputs), np.dtype(np.float64))
    if not 1 <= len(x) <= STEPS:
        raise ValueError(f"{name} must have 1 to {STEPS} steps to be shown in a page, got {len(x)}")
    if not np.isfinite(x).all():
        raise ValueError(f"{name} must be finite, got {x[~np.isfinite(x)][0]}")
    return x


def _names(names: Any, inputs: int) -> tuple[str, ...]:
    if names is None:
        return ("x",) if inputs == 1 else tuple(f"x {d}" for d in range(inputs))
    fits = not isinstance(names, str) and all(isinstance(name, str) and name.strip() for name in names)
    if not fits or len(names) != inputs:
        raise ValueError(f"names must be one word for each of the {inputs} inputs, got {names!r}")
    return tuple(names)


def _settings(presets: Any) -> dict[str, Mapping]:
    if not isinstance(presets, Mapping | None) or not all(isinstance(v, Mapping) for v in (presets or {}).values()):
        raise ValueError(f"presets must be a mapping of words to mappings such as {{'f': 3.0}}, got {presets!r}")
    return {"start again": {}} | dict(presets or {})


def parameters(layer: Any) -> dict[str, Any]:
    """The parameters under the names of cells.js, with what else decides the cell."""
    numbers = {name: values.astype(np.float64).tolist() for name, values in layer.params.items()}
    if isinstance(layer, LSTM97):
        numbers["slope"], numbers["range"] = layer.squashings[layer.squashing]
    return numbers


def _preset(layer: Any, x: np.ndarray, words: str, setting: Mapping) -> dict[str, Any]:
    b = layer.params["b"].astype(np.float64)
    for what, value in setting.items():
        name = f"presets[{words!r}][{what!r}]"
        if what == "x":
            x = _input(name, value, layer.inputs, len(x))
        elif what in layer.gate_names:
            values = np.asarray(value, dtype=np.float64)
            if values.shape not in ((), (layer.units,)) or not np.isfinite(values).all():
                raise ValueError(f"{name} must be a finite number, or one for each of {layer.units} units, got {value}")
            k = layer.gate_names.index(what)
            b[k * layer.units : (k + 1) * layer.units] = values
        else:
            raise ValueError(f"presets[{words!r}]: there is no {what!r}; there are x, {', '.join(layer.gate_names)}")
    return {"name": words, "b": b.tolist(), "x": x[:, 0].tolist()}


def _html(told: dict, still: str) -> str:
    """One piece of HTML that needs nothing else, and of which a page may have several."""
    files = resources.files(__package__)
    css, cells, player = (files.joinpath(name).read_text("utf-8") for name in ("player.css", "cells.js", "player.js"))
    numbers = json.dumps(told, allow_nan=False).replace("<", "\\u003c")  # no name can end the script
    return (
        f'<div class="lstm-edu-play">\n<style>\n{css}</style>\n'
        f'<script type="application/json">{numbers}</script>\n'
        f'<div class="le-picture">{still}\n<noscript>{_NOSCRIPT}</noscript></div>\n'
        f'<script>\n(() => {{\n"use strict";\n{cells}\n{player}}})();\n</script>\n</div>'
    )
