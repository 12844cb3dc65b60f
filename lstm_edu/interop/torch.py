"""PyTorch's layout of one layer: transposed weights, and two biases where one would do.

================  =========  =======  ==================================================================================
here              PyTorch    blocks   what is different
================  =========  =======  ==================================================================================
RNN               RNN        h
LSTM              LSTM       i f g o
ProjectedLSTM     LSTM       i f g o  R is `weight_hr_l0` (P, H), with `proj_size`
GRU, reset_after  GRU        r z n    `bn`, the bias inside the reset product, is the n block of `bias_hh_l0`
Dense             Linear              `weight` (O, D)
Conv1D            Conv1d              `weight` (F, D, width)
Embedding         Embedding           `weight` (symbols, E)
================  =========  =======  ==================================================================================

`weight_ih_l0` (G*H, D), `weight_hh_l0` (G*H, H), `bias_ih_l0` and `bias_hh_l0` (G*H,) each, of which PyTorch uses the
sum. The names are those of a `state_dict`, "l0" for the lowest layer.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from lstm_edu.cells import GRU, LSTM, RNN, ProjectedLSTM, Recurrent
from lstm_edu.core import Layer
from lstm_edu.core.blank import Blank
from lstm_edu.nn.attention import Attention
from lstm_edu.nn.layers import Conv1D, Dense, Embedding

from .blocks import Arrays, check_shapes, checked, summed, to_columns, to_rows, transposed
from .layers import class_there, without_gates

__all__ = ["class_name", "from_arrays", "to_arrays"]

# The class here -> that in torch.nn.
CLASSES: dict[type[Layer], str] = {RNN: "RNN", LSTM: "LSTM", ProjectedLSTM: "LSTM", GRU: "GRU"}
GATES = {RNN: ("h",), LSTM: ("i", "f", "g", "o"), ProjectedLSTM: ("i", "f", "g", "o"), GRU: ("r", "z", "n")}
AXES = {"weight_ih_l0": 2, "weight_hh_l0": 2, "bias_ih_l0": 1, "bias_hh_l0": 1, "weight_hr_l0": 2}
BIASES = ("bias_ih_l0", "bias_hh_l0")
# What has no gates: the name there -> the name here, and the order of its axes.
AROUND: dict[type[Layer], dict[str, tuple]] = {
    Dense: {"weight": ("W", (1, 0)), "bias": ("b", (0,))},
    Conv1D: {"weight": ("W", (2, 1, 0)), "bias": ("b", (0,))},
    Embedding: {"weight": ("W", (0, 1))},
}
AROUND_CLASSES: dict[type[Layer], str] = {Dense: "Linear", Conv1D: "Conv1d", Embedding: "Embedding"}
WHY_NOT: dict[type[Layer], str] = {
    Attention: "the MultiheadAttention of {} has one product more, behind its heads",
}


def class_name(layer: Layer) -> str:
    """The class in `torch.nn` that computes the same.

    Parameters
    ----------
    layer : Layer
        A recurrent cell, a Dense, a Conv1D or an Embedding.

    Returns
    -------
    str
        "RNN", "LSTM", "GRU", "Linear", "Conv1d" or "Embedding".

    Raises
    ------
    ValueError
        If PyTorch has no such layer; it says why.

    Examples
    --------
    >>> class_name(LSTM(3, 5))
    'LSTM'
    >>> class_name(GRU(3, 5))
    Traceback (most recent call last):
        ...
    ValueError: layer: PyTorch has no GRU with the reset gate before the product with h: its own is reset_after=True
    """
    name = class_there(layer, "PyTorch", CLASSES, AROUND_CLASSES, WHY_NOT)
    if isinstance(layer, ProjectedLSTM) and layer.peepholes:
        raise ValueError("layer: the LSTM of PyTorch has no peepholes")
    if isinstance(layer, ProjectedLSTM) and layer.projection >= layer.units:
        raise ValueError(
            f"layer: the proj_size of PyTorch must be below the units, got projection {layer.projection} of "
            f"{layer.units} units"
        )
    if isinstance(layer, GRU) and not layer.reset_after:
        raise ValueError(
            "layer: PyTorch has no GRU with the reset gate before the product with h: its own is reset_after=True"
        )
    return name


def to_arrays(layer: Layer) -> Arrays:
    """A layer's weights in PyTorch's layout.

    Parameters
    ----------
    layer : Layer
        An RNN, an LSTM, a ProjectedLSTM or a GRU(reset_after=True), D inputs, H units; a Dense, a Conv1D or an
        Embedding.

    Returns
    -------
    dict of str to ndarray
        Of a cell the arrays weight_ih_l0 (G*H, D), weight_hh_l0 (G*H, H), bias_ih_l0 and bias_hh_l0 (G*H,), and of a
        projection weight_hr_l0 (P, H). The whole bias is the first; of the second all is zero but `bn` of a GRU. Of
        the other layers weight and bias. All are copies of the layer's type.

    Raises
    ------
    ValueError
        If PyTorch has no such layer; it says why.

    Examples
    --------
    >>> {name: array.shape for name, array in to_arrays(LSTM(3, 5)).items()}
    {'weight_ih_l0': (20, 3), 'weight_hh_l0': (20, 5), 'bias_ih_l0': (20,), 'bias_hh_l0': (20,)}
    """
    class_name(layer)
    if type(layer) in AROUND:
        return transposed(layer.params, AROUND[type(layer)])
    assert isinstance(layer, Recurrent)  # what class_name lets through
    params, ours, theirs = layer.params, layer.gate_names, GATES[type(layer)]
    inner = np.zeros_like(params["b"])
    if "bn" in params:
        inner[-params["bn"].size :] = params["bn"]
    found = {
        "weight_ih_l0": to_rows(params["W"], ours, theirs),
        "weight_hh_l0": to_rows(params["U"], ours, theirs),
        "bias_ih_l0": to_rows(params["b"], ours, theirs),
        "bias_hh_l0": inner,
    }
    return found | ({"weight_hr_l0": params["R"].T.copy()} if "R" in params else {})


def from_arrays(arrays: Mapping[str, np.ndarray]) -> Recurrent:
    """A cell with the weights of one in PyTorch.

    Parameters
    ----------
    arrays : mapping of str to array_like
        As `to_arrays` gives them, or a `state_dict` of one layer and one direction. Without biases they are zero. The
        number of blocks tells RNN (of tanh, PyTorch's default), GRU and LSTM from each other.

    Returns
    -------
    Recurrent
        An RNN, an LSTM, a ProjectedLSTM or a GRU(reset_after=True) of the arrays' type.

    Raises
    ------
    ValueError
        For missing arrays, for more of them (a second layer, the other direction: `interop.from_torch` reads those),
        and for shapes or types that do not fit.

    Examples
    --------
    >>> layer = GRU(3, 5, reset_after=True, rng=0)
    >>> np.array_equal(from_arrays(to_arrays(layer)).params.flat, layer.params.flat)
    True
    """
    optional = ("weight_hr_l0", *(() if any(name in arrays for name in BIASES) else BIASES))
    found = checked(arrays, AXES, optional)
    rows, width = found["weight_hh_l0"].shape  # width: of h
    projected = "weight_hr_l0" in found
    units = found["weight_hr_l0"].shape[1] if projected else width
    by_blocks = {4: ProjectedLSTM} if projected else {len(GATES[cls]): cls for cls in (RNN, LSTM, GRU)}
    blocks = rows // units if units else 0
    if blocks not in by_blocks:
        needed = "4" if projected else "1, 3 or 4"
        raise ValueError(f"arrays: weight_hh_l0 must have {needed} blocks of H rows, (G*H, H), got {(rows, width)}")
    cls: Any = by_blocks[blocks]
    inputs, n = found["weight_ih_l0"].shape[1], blocks * units
    needed_shapes = {"weight_ih_l0": (n, inputs), "weight_hh_l0": (n, width), "bias_ih_l0": (n,), "bias_hh_l0": (n,)}
    check_shapes(found, needed_shapes | {"weight_hr_l0": (width, units)})
    dtype = found["weight_hh_l0"].dtype
    form = {GRU: {"reset_after": True}, ProjectedLSTM: {"projection": width}}.get(cls, {})
    layer: Recurrent = cls(inputs, units, dtype=dtype, rng=Blank(), **form)
    theirs, ours = GATES[cls], layer.gate_names
    outer, inner = (found.get(name, np.zeros(n, dtype)).copy() for name in BIASES)
    if cls is GRU:
        layer.params["bn"] = inner[-units:]
        inner[-units:] = 0
    layer.params["W"] = to_columns(found["weight_ih_l0"], theirs, ours)
    layer.params["U"] = to_columns(found["weight_hh_l0"], theirs, ours)
    layer.params["b"] = to_columns(summed(outer, inner), theirs, ours)
    if projected:
        layer.params["R"] = found["weight_hr_l0"].T
    return layer


def around(cls: Any, arrays: Mapping[str, np.ndarray], **arguments: Any) -> Layer:
    """A Dense, a Conv1D or an Embedding with the weights of `arrays`; without a bias it is zero.

    >>> layer = Dense(3, 2, rng=0)
    >>> np.array_equal(around(Dense, to_arrays(layer)).params.flat, layer.params.flat)
    True
    """
    return without_gates(cls, arrays, AROUND[cls], **arguments)
