"""Keras' layout of one layer: matrices as they are here, gates in another order for the GRU.

=================  =========  =======  =================================================================================
here               Keras      blocks   what is different
=================  =========  =======  =================================================================================
RNN                SimpleRNN  h
LSTM               LSTM       i f c o  c is the candidate, g here
GRU                GRU        z r h    h is the candidate, n here
GRU, reset_after   GRU        z r h    two rows of biases: b, and below it `bn` in the h block, else zeros
Dense              Dense
Conv1D             Conv1D              `kernel` (width, D, F)
Embedding          Embedding           `embeddings` (symbols, E)
=================  =========  =======  =================================================================================

`kernel` (D, G*H), `recurrent_kernel` (H, G*H), `bias` (G*H,), or (2, 3*H) of a GRU with `reset_after`: the order of
`get_weights()`.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from lstm_edu.cells import GRU, LSTM, RNN, Recurrent
from lstm_edu.core import Layer, checks
from lstm_edu.core.blank import Blank
from lstm_edu.nn.attention import Attention
from lstm_edu.nn.layers import Conv1D, Dense, Embedding

from .blocks import Arrays, check_shapes, checked, reordered, summed, transposed
from .layers import class_there, without_gates

__all__ = ["class_name", "from_arrays", "to_arrays"]

CLASSES: dict[type[Layer], str] = {RNN: "SimpleRNN", LSTM: "LSTM", GRU: "GRU"}  # here -> in keras.layers
# In Keras' order and by our names.
GATES = {RNN: ("h",), LSTM: ("i", "f", "g", "o"), GRU: ("z", "r", "n")}
CELL_AXES = {"kernel": 2, "recurrent_kernel": 2, "bias": 1}
# What has no gates: the name there -> the name here, and the order of its axes.
AROUND: dict[type[Layer], dict[str, tuple]] = {
    Dense: {"kernel": ("W", (0, 1)), "bias": ("b", (0,))},
    Conv1D: {"kernel": ("W", (0, 1, 2)), "bias": ("b", (0,))},
    Embedding: {"embeddings": ("W", (0, 1))},
}
AROUND_CLASSES: dict[type[Layer], str] = {Dense: "Dense", Conv1D: "Conv1D", Embedding: "Embedding"}
WHY_NOT: dict[type[Layer], str] = {
    Attention: "the Attention of {} has no weights, and no product that makes q, k and v",
}


def class_name(layer: Layer) -> str:
    """The class in `keras.layers` that computes the same.

    Parameters
    ----------
    layer : Layer
        A recurrent cell, a Dense, a Conv1D or an Embedding.

    Returns
    -------
    str
        "SimpleRNN", "LSTM", "GRU", "Dense", "Conv1D" or "Embedding".

    Raises
    ------
    ValueError
        If Keras has no such layer; it says why.

    Examples
    --------
    >>> class_name(RNN(3, 5))
    'SimpleRNN'
    >>> class_name(LSTM(3, 5, cell_clip=1.0))
    Traceback (most recent call last):
        ...
    ValueError: layer: the LSTM of Keras has no cell_clip
    """
    return class_there(layer, "Keras", CLASSES, AROUND_CLASSES, WHY_NOT)


def to_arrays(layer: Layer) -> Arrays:
    """A layer's weights in Keras' layout.

    Parameters
    ----------
    layer : Layer
        An RNN, an LSTM or a GRU, D inputs, H units; a Dense, a Conv1D or an Embedding.

    Returns
    -------
    dict of str to ndarray
        In the order that `set_weights` takes: kernel (D, G*H), recurrent_kernel (H, G*H) and bias (G*H,), which is
        (2, 3*H) for a GRU(reset_after=True); of the other layers kernel and bias, or embeddings. All are copies.

    Raises
    ------
    ValueError
        If Keras has no such layer; it says why.

    Examples
    --------
    >>> {name: array.shape for name, array in to_arrays(GRU(3, 5, reset_after=True)).items()}
    {'kernel': (3, 15), 'recurrent_kernel': (5, 15), 'bias': (2, 15)}
    """
    class_name(layer)
    if type(layer) in AROUND:
        return transposed(layer.params, AROUND[type(layer)])
    assert isinstance(layer, Recurrent)  # what class_name lets through
    params, ours, theirs = layer.params, layer.gate_names, GATES[type(layer)]
    W, U, b = (reordered(params[name], ours, theirs) for name in "WUb")
    if "bn" in params:
        inner = np.zeros_like(b)
        inner[-layer.units :] = params["bn"]
        b = np.stack([b, inner])
    return {"kernel": W, "recurrent_kernel": U, "bias": b}


def from_arrays(name: str, arrays: Mapping[str, np.ndarray], **arguments: Any) -> Layer:
    """A layer with the weights of one in Keras.

    Parameters
    ----------
    name : {"SimpleRNN", "LSTM", "GRU", "Dense", "Conv1D", "Embedding"}
        The class in `keras.layers`.
    arrays : mapping of str to array_like
        As `to_arrays` gives them. Without a bias it is zero; a GRU whose bias has two rows has `reset_after`.
    **arguments : object
        Of the class here, beside sizes: activation, stride; for a GRU without a bias reset_after.

    Returns
    -------
    Layer
        A layer of the arrays' type.

    Raises
    ------
    ValueError
        For another class, and for arrays that are missing, surplus, or of shapes or types that do not fit.

    Examples
    --------
    >>> layer = GRU(3, 5, rng=0)
    >>> np.array_equal(from_arrays("GRU", to_arrays(layer)).params.flat, layer.params.flat)
    True
    """
    known = {theirs: ours for ours, theirs in (CLASSES | AROUND_CLASSES).items()}
    cls: Any = known[checks.one_of("name", name, known)]
    if cls in AROUND:
        return without_gates(cls, arrays, AROUND[cls], **arguments)
    after = cls is GRU and np.ndim(arrays.get("bias", ())) == 2
    found = checked(arrays, CELL_AXES | ({"bias": 2} if after else {}), optional=("bias",))
    inputs, units = found["kernel"].shape[0], found["recurrent_kernel"].shape[0]
    n = len(GATES[cls]) * units
    check_shapes(found, {"kernel": (inputs, n), "recurrent_kernel": (units, n), "bias": (2, n) if after else (n,)})
    dtype = found["kernel"].dtype
    layer = cls(inputs, units, dtype=dtype, rng=Blank(), **(arguments | ({"reset_after": True} if after else {})))
    theirs, ours, params = GATES[cls], layer.gate_names, layer.params
    bias = found.get("bias", np.zeros(n, dtype))
    outer, inner = (bias[0], bias[1].copy()) if after else (bias, np.zeros(n, dtype))
    if after:
        params["bn"] = inner[-units:]
        inner[-units:] = 0
    params["W"] = reordered(found["kernel"], theirs, ours)
    params["U"] = reordered(found["recurrent_kernel"], theirs, ours)
    params["b"] = reordered(summed(outer, inner), theirs, ours)
    return layer
