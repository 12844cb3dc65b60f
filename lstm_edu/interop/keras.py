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

from lstm_edu.cells import (
    GRU,
    LSTM,
    LSTM97,
    RNN,
    SLSTM,
    BlockLSTM97,
    CoupledLSTM,
    FullGateLSTM,
    LayerNormLSTM,
    MinGRU,
    MinLSTM,
    NoisyLSTM,
    PeepholeLSTM,
    ProjectedLSTM,
    Recurrent,
    VariantLSTM,
)
from lstm_edu.core import Layer, checks
from lstm_edu.core.blank import Blank
from lstm_edu.nn.attention import Attention
from lstm_edu.nn.layers import Conv1D, Dense, Embedding

from .blocks import Arrays, check_shapes, checked, reordered, summed, transposed, transposed_back

__all__ = ["class_name", "from_arrays", "to_arrays"]

CLASSES = {RNN: "SimpleRNN", LSTM: "LSTM", GRU: "GRU"}  # the class here -> that in keras.layers
# In Keras' order and by our names.
GATES = {RNN: ("h",), LSTM: ("i", "f", "g", "o"), GRU: ("z", "r", "n")}
CELL_AXES = {"kernel": 2, "recurrent_kernel": 2, "bias": 1}
# What has no gates: the name there -> the name here, and the order of its axes.
AROUND: dict[type[Layer], dict[str, tuple]] = {
    Dense: {"kernel": ("W", (0, 1)), "bias": ("b", (0,))},
    Conv1D: {"kernel": ("W", (0, 1, 2)), "bias": ("b", (0,))},
    Embedding: {"embeddings": ("W", (0, 1))},
}
SIZES = {Dense: ("inputs", "units"), Conv1D: ("width", "inputs", "filters"), Embedding: ("symbols", "units")}
WHY_NOT: dict[type[Layer], str] = {
    LSTM97: "the LSTM of Keras always has a forget gate",
    PeepholeLSTM: "the LSTM of Keras has no peepholes",
    ProjectedLSTM: "the LSTM of Keras has no projection",
    CoupledLSTM: "the LSTM of Keras has an input gate of its own",
    MinGRU: "the GRU of Keras has gates that see h",
    MinLSTM: "the LSTM of Keras has gates that see h",
    SLSTM: "the LSTM of Keras has gates that are sigmoids",
    LayerNormLSTM: "the LSTM of Keras does not normalise",
    NoisyLSTM: "the LSTM of Keras has no noise from step to step",
    VariantLSTM: "the LSTM of Keras has all its gates and no peepholes",
    FullGateLSTM: "the gates of the LSTM of Keras do not see each other",
    BlockLSTM97: "the LSTM of Keras has gates for each cell, and always a forget gate",
    Attention: "the Attention of Keras has no weights, and no product that makes q, k and v",
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
    >>> class_name(PeepholeLSTM(3, 5))
    Traceback (most recent call last):
        ...
    ValueError: layer: Keras has no PeepholeLSTM: the LSTM of Keras has no peepholes
    """
    cls = type(layer)
    if cls in AROUND:
        return cls.__name__
    if cls not in CLASSES:
        why = WHY_NOT.get(cls, f"it has {', '.join(CLASSES.values())}, and this class may compute anything")
        raise ValueError(f"layer: Keras has no {cls.__name__}: {why}")
    if isinstance(layer, LSTM) and layer.cell_clip is not None:
        raise ValueError("layer: the LSTM of Keras has no cell_clip")
    return CLASSES[cls]


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
    known: dict[str, Any] = {theirs: ours for ours, theirs in CLASSES.items()}
    known |= {cls.__name__: cls for cls in AROUND}
    cls = known[checks.one_of("name", name, known)]
    if cls in AROUND:
        return _around(cls, arrays, arguments)
    after = cls is GRU and np.ndim(arrays.get("bias", ())) == 2
    found = checked(arrays, CELL_AXES | ({"bias": 2} if after else {}), optional=("bias",))
    inputs, units = found["kernel"].shape[0], found["recurrent_kernel"].shape[0]
    n = len(GATES[cls]) * units
    check_shapes(found, {"kernel": (inputs, n), "recurrent_kernel": (units, n), "bias": (2, n) if after else (n,)})
    dtype = found["kernel"].dtype
    layer = cls(inputs, units, dtype=dtype, rng=Blank(), **(arguments | ({"reset_after": True} if after else {})))
    theirs, ours, params = GATES[cls], layer.gate_names, layer.params
    outer, inner = np.zeros((2, n), dtype) if "bias" not in found else (found["bias"], np.zeros(n, dtype))
    if after:
        outer, inner = found["bias"][0], found["bias"][1].copy()
        params["bn"] = inner[-units:]
        inner[-units:] = 0
    params["W"] = reordered(found["kernel"], theirs, ours)
    params["U"] = reordered(found["recurrent_kernel"], theirs, ours)
    params["b"] = reordered(summed(outer, inner), theirs, ours)
    return layer


def _around(cls: Any, arrays: Mapping, arguments: dict) -> Layer:
    table = AROUND[cls]
    found = checked(arrays, {name: len(order) for name, (_, order) in table.items()}, optional=("bias",))
    weight = next(iter(found.values()))
    check_shapes(found, dict.fromkeys(table, weight.shape) | {"bias": weight.shape[-1:]})
    layer = cls(**dict(zip(SIZES[cls], weight.shape, strict=True)), dtype=weight.dtype, rng=Blank(), **arguments)
    zero = {"bias": np.zeros(weight.shape[-1:], weight.dtype)} if "bias" in table else {}
    layer.params.update(transposed_back(zero | found, table))
    return layer
