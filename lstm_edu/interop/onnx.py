"""ONNX's layout of one recurrent operator: the gates in another order, two biases in one array, peepholes in one row.

============  ========  =======  ===========================================================================
here          operator  blocks   what is different
============  ========  =======  ===========================================================================
RNN           RNN       h
LSTM          LSTM      i o f c  c is the candidate, g here
PeepholeLSTM  LSTM      i o f c  P: peepholes in the order i o f
LSTM97        LSTM      i o f c  the forget gate is held open: W_f = R_f = 0, b_f = 20, in float32 exactly 1
GRU           GRU       z r h    h is the candidate, n here; `linear_before_reset` is `reset_after`
============  ========  =======  ===========================================================================

For one direction: W (1, G*H, D), R (1, G*H, H), B (1, 2*G*H) with the biases of both products one behind the other,
P (1, 3*H). ONNX Runtime knows float32 only.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from lstm_edu.cells import GRU, LSTM, LSTM97, RNN, PeepholeLSTM, Recurrent
from lstm_edu.core import checks
from lstm_edu.core.blank import Blank

from .blocks import Arrays, check_shapes, checked, to_columns, to_rows

__all__ = ["from_arrays", "operator", "to_arrays"]

OPERATORS = {RNN: "RNN", LSTM97: "LSTM", LSTM: "LSTM", PeepholeLSTM: "LSTM", GRU: "GRU"}
# In ONNX's order and by our names.
GATES = {"RNN": ("h",), "LSTM": ("i", "o", "f", "g"), "GRU": ("z", "r", "n")}
PEEPHOLES = ("i", "o", "f")
OUR_PEEPHOLES = ("i", "f", "o")  # the rows of p
AXES = {"W": 3, "R": 3, "B": 2, "P": 2}
ACTIVATIONS = {"RNN": ["Tanh"], "LSTM": ["Sigmoid", "Tanh", "Tanh"], "GRU": ["Sigmoid", "Tanh"]}
# 4 sigmoid(x) - 2 = 2 tanh(x/2) and 2 sigmoid(x) - 1 = tanh(x/2): ONNX's ScaledTanh is alpha tanh(beta x). Numbers are
# given for the functions that take them alone, not for Sigmoid.
SQUASHING_1997: dict[str, Any] = {
    "activations": ["Sigmoid", "ScaledTanh", "ScaledTanh"],
    "activation_alpha": [2.0, 1.0],
    "activation_beta": [0.5, 0.5],
}
FORGET_NOTHING = 20.0  # sigmoid(20) = 1 in float32: the constant error carousel; 17.5 and more do
USUAL: dict[str, Any] = {"direction": "forward", "layout": 0, "clip": 0.0, "input_forget": 0}


def operator(layer: Recurrent) -> tuple[str, dict[str, Any]]:
    """The operator that computes the same, and its attributes.

    Parameters
    ----------
    layer : Recurrent
        A cell of the package.

    Returns
    -------
    name : str
        "RNN", "LSTM" or "GRU".
    attributes : dict
        As `onnx.helper.make_node` takes them.

    Raises
    ------
    ValueError
        For a class of one's own, of which ONNX has no operator.

    Examples
    --------
    >>> operator(GRU(3, 5, reset_after=True))
    ('GRU', {'hidden_size': 5, 'linear_before_reset': 1})
    """
    cls = type(layer)
    if cls not in OPERATORS:
        raise ValueError(
            f"layer: ONNX has no {cls.__name__}: it has the cells {', '.join(c.__name__ for c in OPERATORS)}, and this "
            "class may compute anything"
        )
    if isinstance(layer, LSTM) and layer.cell_clip is not None:
        raise ValueError("layer: the LSTM of ONNX has no cell_clip: its clip bounds what goes into the activations")
    attributes: dict[str, Any] = {"hidden_size": layer.units}
    if isinstance(layer, GRU):
        attributes["linear_before_reset"] = int(layer.reset_after)
    if isinstance(layer, LSTM97) and layer.squashing == "1997":
        attributes |= SQUASHING_1997
    return OPERATORS[cls], attributes


def to_arrays(layer: Recurrent) -> Arrays:
    """A layer's weights in ONNX's layout.

    Parameters
    ----------
    layer : Recurrent
        A cell of the package, D inputs, H units.

    Returns
    -------
    dict of str to ndarray
        W (1, G*H, D), R (1, G*H, H) and B (1, 2*G*H), for a PeepholeLSTM P (1, 3*H) too; copies of the layer's type.

    Raises
    ------
    ValueError
        For a class of one's own, of which ONNX has no operator.

    Examples
    --------
    >>> {name: array.shape for name, array in to_arrays(PeepholeLSTM(3, 5)).items()}
    {'W': (1, 20, 3), 'R': (1, 20, 5), 'B': (1, 40), 'P': (1, 15)}
    """
    name, _ = operator(layer)
    params, ours, theirs = layer.params, layer.gate_names, GATES[name]
    units = params["b"].size // len(ours)
    bias = to_rows(params["b"], ours, theirs)
    inner = np.zeros_like(bias)
    if isinstance(layer, LSTM97):
        bias[_block("LSTM", "f", units)] = FORGET_NOTHING
    if "bn" in params:
        inner[_block("GRU", "n", units)] = params["bn"]
    found = {
        "W": to_rows(params["W"], ours, theirs)[None],
        "R": to_rows(params["U"], ours, theirs)[None],
        "B": np.concatenate([bias, inner])[None],
    }
    if "p" in params:
        rows = dict(zip(OUR_PEEPHOLES, params["p"], strict=True))
        found["P"] = np.concatenate([rows[gate] for gate in PEEPHOLES])[None]
    return found


def from_arrays(name: str, arrays: Mapping[str, np.ndarray], attributes: Mapping[str, Any] | None = None) -> Recurrent:
    """A layer with the weights of an operator.

    Parameters
    ----------
    name : {"RNN", "LSTM", "GRU"}
        The operator.
    arrays : mapping of str to array_like
        W, R, B and P as `to_arrays` gives them. Without B the biases are zero.
    attributes : mapping, optional
        Those of the operator, as `operator` gives them. Others than that must have their usual values.

    Returns
    -------
    Recurrent
        An LSTM with P is a PeepholeLSTM, one whose forget gate is held open as `to_arrays` does an LSTM97.

    Raises
    ------
    ValueError
        For another operator, an attribute that no cell here has, and for missing arrays, other shapes or types.

    Examples
    --------
    >>> layer = LSTM97(3, 5, squashing="1997", rng=0)
    >>> name, attributes = operator(layer)
    >>> again = from_arrays(name, to_arrays(layer), attributes)
    >>> again.squashing, np.array_equal(again.params.flat, layer.params.flat)
    ('1997', True)
    """
    theirs = GATES[checks.one_of("name", name, GATES)]
    axes = AXES if name == "LSTM" else {key: count for key, count in AXES.items() if key != "P"}
    found = checked(arrays, axes, optional=("B", "P"))
    n, inputs = found["W"].shape[1:]
    units = n // len(theirs)
    check_shapes(
        found,
        {"W": (1, len(theirs) * units, inputs), "R": (1, n, units), "B": (1, 2 * n), "P": (1, 3 * units)},
    )
    form = _form(name, dict(attributes or {}), units)
    W, R = found["W"][0], found["R"][0]
    bias, inner = np.split(found["B"][0].copy() if "B" in found else np.zeros(2 * n, W.dtype), 2)
    cls = next(cls for cls, operator_name in OPERATORS.items() if operator_name == name)
    if name == "LSTM":
        f = _block("LSTM", "f", units)
        open_ = not W[f].any() and not R[f].any() and (bias[f] + inner[f] == FORGET_NOTHING).all()
        cls = PeepholeLSTM if "P" in found else LSTM97 if open_ else LSTM
        if form and cls is not LSTM97:
            raise ValueError(f"attributes: activations must be {ACTIVATIONS[name]} for an LSTM with a forget gate")
    layer = cls(inputs, units, dtype=W.dtype, rng=Blank(), **form)
    ours, params = layer.gate_names, layer.params
    if "bn" in params:
        n_block = _block("GRU", "n", units)
        params["bn"] = inner[n_block]
        inner[n_block] = 0
    params["W"], params["U"] = to_columns(W, theirs, ours), to_columns(R, theirs, ours)
    params["b"] = to_columns(bias + inner, theirs, ours)
    if "P" in found:
        rows = dict(zip(PEEPHOLES, found["P"].reshape(3, units), strict=True))
        params["p"] = np.stack([rows[gate] for gate in OUR_PEEPHOLES])
    return layer


def _form(name, attributes, units) -> dict[str, Any]:
    """The arguments of the class that the attributes stand for; ValueError for what no cell here does."""
    if attributes.pop("hidden_size", units) != units:
        raise ValueError(f"attributes: hidden_size must be {units}, as the arrays are")
    form: dict[str, Any] = {}
    if name == "GRU":
        form["reset_after"] = bool(attributes.pop("linear_before_reset", 0))
    given = {key: attributes.pop(key) for key in SQUASHING_1997 if key in attributes}
    if name == "LSTM" and given == SQUASHING_1997:
        form["squashing"] = "1997"
    elif given and given != {"activations": ACTIVATIONS[name]}:
        raise ValueError(f"attributes: activations must be {ACTIVATIONS[name]} for a cell of this package, got {given}")
    for key, value in attributes.items():
        if key not in USUAL or value != USUAL[key]:
            raise ValueError(f"attributes: no cell of this package does {key}={value!r}")
    return form


def _block(name: str, gate: str, units: int) -> slice:
    """The rows of one gate."""
    k = GATES[name].index(gate)
    return slice(k * units, (k + 1) * units)
