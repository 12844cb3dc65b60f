"""ONNX's layout of one recurrent operator: the gates in another order, two biases in one array, peepholes in one row.

============  ========  =======  ===========================================================================
here          operator  blocks   what is different
============  ========  =======  ===========================================================================
RNN           RNN       h
LSTM          LSTM      i o f c  c is the candidate, g here
PeepholeLSTM  LSTM      i o f c  P: peepholes in the order i o f
LSTM97        LSTM      i o f c  the forget gate is held open: W_f = R_f = 0, b_f = 20, in float32 exactly 1
CoupledLSTM   LSTM      i o f c  `input_forget`; W_i = -W_f for gate "f", W_f = 0 for gate "i"
GRU           GRU       z r h    h is the candidate, n here; `linear_before_reset` is `reset_after`
============  ========  =======  ===========================================================================

For one direction: W (1, G*H, D), R (1, G*H, H), B (1, 2*G*H) with the biases of both products one behind the other,
P (1, 3*H). ONNX Runtime knows float32 only.

With `input_forget` the gate i alone is there, and f is 1 - i, whatever stands in its block. For a CoupledLSTM of gate
"f" both blocks are written: sigmoid(-x) is 1 - sigmoid(x), so that who overlooks the attribute is right too.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from lstm_edu.cells import GRU, LSTM, LSTM97, RNN, SLSTM, CoupledLSTM, PeepholeLSTM, Recurrent, VariantLSTM
from lstm_edu.core import Layer, checks
from lstm_edu.core.blank import Blank
from lstm_edu.interop.blocks import Arrays, check_shapes, checked, summed, to_columns, to_rows
from lstm_edu.interop.layers import WHY_NOT, refuse

__all__ = ["from_arrays", "operator", "to_arrays"]

OPERATORS = {RNN: "RNN", LSTM97: "LSTM", LSTM: "LSTM", PeepholeLSTM: "LSTM", GRU: "GRU", CoupledLSTM: "LSTM"}
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
# Its LSTM has peepholes, and a choice of functions for its gates.
OWN_WHY_NOT: dict[type[Layer], str] = {
    SLSTM: "no gate of the LSTM of {} is an exponential",
    VariantLSTM: "the LSTM of {} has all its gates",
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
        For a cell that ONNX has no operator for, and for `cell_clip`; it says why.

    Examples
    --------
    >>> operator(GRU(3, 5, reset_after=True))
    ('GRU', {'hidden_size': 5, 'linear_before_reset': 1})
    """
    cls = type(layer)
    if cls not in OPERATORS:
        refuse(cls, "ONNX", [known.__name__ for known in OPERATORS], WHY_NOT | OWN_WHY_NOT)
    if isinstance(layer, LSTM) and layer.cell_clip is not None:
        raise ValueError("layer: the LSTM of ONNX has no cell_clip: its clip bounds what goes into the activations")
    attributes: dict[str, Any] = {"hidden_size": layer.units}
    if isinstance(layer, GRU):
        attributes["linear_before_reset"] = int(layer.reset_after)
    if isinstance(layer, LSTM97) and layer.squashing == "1997":
        attributes |= SQUASHING_1997
    if isinstance(layer, CoupledLSTM):
        attributes["input_forget"] = 1
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
        For a cell that ONNX has no operator for, and for `cell_clip`; it says why.

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
    W, R = to_rows(params["W"], ours, theirs), to_rows(params["U"], ours, theirs)
    if isinstance(layer, CoupledLSTM) and layer.gate == "f":
        for array in (W, R, bias):
            array[_block("LSTM", "i", units)] = -array[_block("LSTM", "f", units)]
    if "bn" in params:
        inner[_block("GRU", "n", units)] = params["bn"]
    found = {
        "W": W[None],
        "R": R[None],
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
        An LSTM with P is a PeepholeLSTM, one with `input_forget` a CoupledLSTM, one whose forget gate is held open as
        `to_arrays` does an LSTM97.

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
    found.setdefault("B", np.zeros((1, 2 * n), W.dtype))
    cls = _class(name, form, "P" in found, W, R, np.add(*np.split(found["B"][0], 2)))
    layer = cls(inputs, units, dtype=W.dtype, rng=Blank(), **form)
    fill(layer, found)
    return layer


def fill(layer: Recurrent, arrays: Mapping[str, np.ndarray]) -> None:
    """Give a layer, of which it is known what it is, the weights of its operator.

    Parameters
    ----------
    layer : Recurrent
        A cell that `operator` knows.
    arrays : mapping of str to ndarray
        W, R, B and P as `to_arrays` gives them; what a forget gate that is held open has there is left out.

    Raises
    ------
    ValueError
        For other shapes.
    """
    theirs, ours, params, units = GATES[OPERATORS[type(layer)]], layer.gate_names, layer.params, layer.units
    W, R = arrays["W"][0], arrays["R"][0]
    bias, inner = np.split(arrays["B"][0].copy(), 2)
    if "bn" in params:
        n_block = _block("GRU", "n", units)
        params["bn"] = inner[n_block]
        inner[n_block] = 0
    params["W"], params["U"] = to_columns(W, theirs, ours), to_columns(R, theirs, ours)
    params["b"] = to_columns(summed(bias, inner), theirs, ours)
    if "p" in params:
        rows = dict(zip(PEEPHOLES, arrays["P"].reshape(3, units), strict=True))
        params["p"] = np.stack([rows[gate] for gate in OUR_PEEPHOLES])


def _class(name: str, form: dict[str, Any], peepholes: bool, *arrays: np.ndarray) -> type[Recurrent]:
    """The class that is the operator with these W, R and biases; `form` gets the gate of a CoupledLSTM."""
    if name != "LSTM":
        return next(cls for cls, operator_name in OPERATORS.items() if operator_name == name)
    units = arrays[1].shape[1]
    (W_f, R_f, b_f), inputs = ([array[_block(name, gate, units)] for array in arrays] for gate in "fi")
    open_ = not W_f.any() and not R_f.any() and bool((b_f == FORGET_NOTHING).all())
    cls: type[Recurrent] = PeepholeLSTM if peepholes else LSTM97 if open_ else LSTM
    if form.pop("coupled", False):
        if peepholes:
            raise ValueError("attributes: no cell of this package has input_forget=1 and peepholes")
        both = all(np.array_equal(i, -f) for i, f in zip(inputs, (W_f, R_f, b_f), strict=True))
        form["gate"] = "f" if both and (W_f.any() or R_f.any() or b_f.any()) else "i"
        cls = CoupledLSTM
    if "squashing" in form and cls is not LSTM97:
        raise ValueError(f"attributes: activations must be {ACTIVATIONS[name]} for an LSTM with a forget gate")
    return cls


def _form(name, attributes, units) -> dict[str, Any]:
    """The arguments of the class that the attributes stand for; ValueError for what no cell here does."""
    if attributes.pop("hidden_size", units) != units:
        raise ValueError(f"attributes: hidden_size must be {units}, as the arrays are")
    form: dict[str, Any] = {}
    if name == "GRU":
        form["reset_after"] = bool(attributes.pop("linear_before_reset", 0))
    if name == "LSTM" and attributes.get("input_forget") == 1:
        form["coupled"] = bool(attributes.pop("input_forget"))
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
