"""PyTorch's layout of one recurrent layer: transposed weights, and two biases where one would do.

================  =======  =======  =======================================================================
here              PyTorch  blocks   what is different
================  =======  =======  =======================================================================
RNN               RNN      h
LSTM              LSTM     i f g o
GRU, reset_after  GRU      r z n    `bn`, the bias inside the reset product, is the n block of `bias_hh_l0`
================  =======  =======  =======================================================================

`weight_ih_l0` (G*H, D), `weight_hh_l0` (G*H, H), `bias_ih_l0` and `bias_hh_l0` (G*H,) each, of which PyTorch uses the
sum. The names are those of a `state_dict`, "l0" for the lowest layer.
"""

from collections.abc import Mapping

import numpy as np

from lstm_edu.cells import GRU, LSTM, LSTM97, RNN, PeepholeLSTM, Recurrent
from lstm_edu.core.blank import Blank

from .blocks import Arrays, check_shapes, checked, to_columns, to_rows

__all__ = ["class_name", "from_arrays", "to_arrays"]

CLASSES = {RNN: "RNN", LSTM: "LSTM", GRU: "GRU"}  # the class here -> that in torch.nn
GATES = {RNN: ("h",), LSTM: ("i", "f", "g", "o"), GRU: ("r", "z", "n")}
AXES = {"weight_ih_l0": 2, "weight_hh_l0": 2, "bias_ih_l0": 1, "bias_hh_l0": 1}
WHY_NOT: dict[type[Recurrent], str] = {
    LSTM97: "the LSTM of PyTorch always has a forget gate",
    PeepholeLSTM: "the LSTM of PyTorch has no peepholes",
}


def class_name(layer: Recurrent) -> str:
    """The class in `torch.nn` that computes the same.

    Parameters
    ----------
    layer : Recurrent
        A recurrent cell.

    Returns
    -------
    str
        "RNN", "LSTM" or "GRU".

    Raises
    ------
    ValueError
        If PyTorch has no such cell; it says why.

    Examples
    --------
    >>> class_name(LSTM(3, 5))
    'LSTM'
    >>> class_name(PeepholeLSTM(3, 5))
    Traceback (most recent call last):
        ...
    ValueError: layer: PyTorch has no PeepholeLSTM: the LSTM of PyTorch has no peepholes
    """
    cls = type(layer)
    if cls not in CLASSES:
        why = WHY_NOT.get(cls, f"it has {', '.join(CLASSES.values())}, and this class may compute anything")
        raise ValueError(f"layer: PyTorch has no {cls.__name__}: {why}")
    if isinstance(layer, LSTM) and layer.cell_clip is not None:
        raise ValueError("layer: the LSTM of PyTorch has no cell_clip")
    if isinstance(layer, GRU) and not layer.reset_after:
        raise ValueError(
            "layer: PyTorch has no GRU with the reset gate before the product with h: its own is reset_after=True"
        )
    return CLASSES[cls]


def to_arrays(layer: Recurrent) -> Arrays:
    """A layer's weights in PyTorch's layout.

    Parameters
    ----------
    layer : Recurrent
        An RNN, an LSTM or a GRU(reset_after=True), D inputs, H units.

    Returns
    -------
    dict of str to ndarray
        The arrays weight_ih_l0 (G*H, D), weight_hh_l0 (G*H, H), bias_ih_l0 and bias_hh_l0 (G*H,), copies of the layer's
        type. The whole bias is the first; of the second all is zero but `bn` of a GRU.

    Raises
    ------
    ValueError
        If PyTorch has no such cell; it says why.

    Examples
    --------
    >>> {name: array.shape for name, array in to_arrays(LSTM(3, 5)).items()}
    {'weight_ih_l0': (20, 3), 'weight_hh_l0': (20, 5), 'bias_ih_l0': (20,), 'bias_hh_l0': (20,)}
    """
    class_name(layer)
    params, ours, theirs = layer.params, layer.gate_names, GATES[type(layer)]
    inner = np.zeros_like(params["b"])
    if "bn" in params:
        inner[-params["bn"].size :] = params["bn"]
    return {
        "weight_ih_l0": to_rows(params["W"], ours, theirs),
        "weight_hh_l0": to_rows(params["U"], ours, theirs),
        "bias_ih_l0": to_rows(params["b"], ours, theirs),
        "bias_hh_l0": inner,
    }


def from_arrays(arrays: Mapping[str, np.ndarray]) -> Recurrent:
    """A layer with the weights of one in PyTorch.

    Parameters
    ----------
    arrays : mapping of str to array_like
        As `to_arrays` gives them, or a `state_dict` of one layer and one direction. Without biases they are zero. The
        number of blocks tells RNN (of tanh, PyTorch's default), GRU and LSTM from each other.

    Returns
    -------
    Recurrent
        An RNN, an LSTM or a GRU(reset_after=True) of the arrays' type.

    Raises
    ------
    ValueError
        For missing arrays, for more of them (a second layer, the other direction, a projection), and for shapes or
        types that do not fit.

    Examples
    --------
    >>> layer = GRU(3, 5, reset_after=True, rng=0)
    >>> np.array_equal(from_arrays(to_arrays(layer)).params.flat, layer.params.flat)
    True
    """
    found = checked(arrays, AXES, optional=("bias_ih_l0", "bias_hh_l0"))
    rows, units = found["weight_hh_l0"].shape
    by_blocks = {len(gates): cls for cls, gates in GATES.items()}
    blocks = rows // units if units else 0
    if blocks not in by_blocks:
        raise ValueError(f"arrays: weight_hh_l0 must have 1, 3 or 4 blocks of H rows, (G*H, H), got {(rows, units)}")
    inputs = found["weight_ih_l0"].shape[-1]
    n = blocks * units
    check_shapes(
        found, {"weight_ih_l0": (n, inputs), "weight_hh_l0": (n, units), "bias_ih_l0": (n,), "bias_hh_l0": (n,)}
    )
    cls = by_blocks[blocks]
    dtype = found["weight_hh_l0"].dtype
    form = {"reset_after": True} if cls is GRU else {}
    layer = cls(inputs, units, dtype=dtype, rng=Blank(), **form)
    theirs, ours = GATES[cls], layer.gate_names
    outer, inner = (found.get(name, np.zeros(n, dtype)).copy() for name in ("bias_ih_l0", "bias_hh_l0"))
    if cls is GRU:
        layer.params["bn"] = inner[-units:]
        inner[-units:] = 0
    layer.params["W"] = to_columns(found["weight_ih_l0"], theirs, ours)
    layer.params["U"] = to_columns(found["weight_hh_l0"], theirs, ours)
    layer.params["b"] = to_columns(outer + inner, theirs, ours)
    return layer
