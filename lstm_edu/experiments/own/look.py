"""What a network that comes out of a file is: in words, and by what its gates do."""

import itertools
import json
from typing import Any

import numpy as np
import pandas as pd

from lstm_edu.cells import Recurrent
from lstm_edu.core import Layer
from lstm_edu.nn.sampling import write_text

_STEPS = 300  # that the gates are watched over
_LONGEST = 200  # characters of one fact


def known(net: Layer) -> str:
    """What a network knows of its training, a line for each fact.

    Parameters
    ----------
    net : Layer
        From `load`.

    Returns
    -------
    str
        Lines.

    Examples
    --------
    >>> import lstm_edu as le
    >>> known(le.GRU(2, 3, rng=0))
    'It does not know what it was trained on.'
    """
    if net.about is None:
        return "It does not know what it was trained on."
    about = net.about.to_json()
    lines = [f"{name}: {_short(value)}" for name, value in about.items() if name != "trained"]
    return "\n".join([*lines, *(f"{name}: {_short(value)}" for name, value in net.about.trained.items())])


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(_rounded(value), ensure_ascii=False)
    text = "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 4]} ..."


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _rounded(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_rounded(inner) for inner in value]
    return float(f"{value:.4g}") if isinstance(value, float) else value


def gates(net: Layer) -> str:
    """What the gates of a network's cells do while it reads: a text that it writes itself, the end of its series, or
    random numbers.

    Parameters
    ----------
    net : Layer
        From `load`.

    Returns
    -------
    str
        A table; "" for a network without recurrent cells, or one that takes something else.
    """
    if not any(isinstance(layer, Recurrent) for layer in (net, *_all(net))):
        return ""
    x, what = _something_to_read(net)
    try:
        _, tape = net.forward(x, training=False)
        found = net.gates(tape)
    except ValueError:
        return ""
    rows = {}
    for name, values in found.items():
        gate = name.rpartition(".")[2]
        row = {"mean": values.mean(), "below 0.1": (values < 0.1).mean(), "above 0.9": (values > 0.9).mean()}
        if gate in ("f", "z"):
            keeps = float(np.clip(values.mean(), 1e-12, 1 - 1e-12))
            row["half-life"] = np.log(0.5) / np.log(keeps)
        rows[name] = row if gate in ("i", "f", "o", "r", "z") else {"mean": values.mean(), "largest": abs(values).max()}
    table = pd.DataFrame.from_dict(rows, orient="index")
    table = table.reindex(columns=[c for c in ("mean", "below 0.1", "above 0.9", "half-life", "largest") if c in table])
    words = table.to_string(float_format="{:.3g}".format, na_rep="")
    return f"gates and states, over {len(x)} steps of {what} (half-life: steps until half is forgotten)\n{words}"


def _all(net: Layer) -> Any:
    for child in net.children().values():
        yield child
        yield from _all(child)


def _something_to_read(net: Layer) -> tuple[np.ndarray, str]:
    """x (T, 1, ...) that the network takes, and what it is."""
    about = net.about
    if about is not None and about.symbols:
        letters = itertools.islice(write_text(net, about.symbols[-1], rng=0), _STEPS)
        places = {symbol: code for code, symbol in enumerate(about.symbols)}
        return np.array([[places[letter]] for letter in letters]), "a text that it wrote"
    if about is not None and about.inputs is not None and isinstance(last := about.trained.get("last"), list):
        lag = about.trained.get("difference", 0)
        values = np.array(last, float)
        values = values[lag:] - values[:-lag] if lag else values
        return about.inputs.apply(values[:, None, None]).astype(np.float32), "the end of its series"
    shape = net.input_shape()
    rng = np.random.default_rng(0)
    if len(shape) == 2:
        symbols = next((layer.symbols for layer in (net, *_all(net)) if hasattr(layer, "symbols")), 1)
        return rng.integers(0, symbols, (_STEPS, 1)), "random symbols"
    return rng.normal(size=(_STEPS, 1, net.inputs or 1)).astype(np.float32), "random numbers"
