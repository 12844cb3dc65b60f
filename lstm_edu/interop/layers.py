"""What the layouts share: why a library has no such layer, and layers without gates, where axes alone differ."""

from collections.abc import Iterable, Mapping
from typing import Any, NoReturn

from lstm_edu.cells import (
    LSTM97,
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
    VariantLSTM,
)
from lstm_edu.core import Layer
from lstm_edu.core.blank import Blank
from lstm_edu.nn.layers import Conv1D, Dense, Embedding

from .blocks import check_shapes, checked, transposed_back

# With the library's name put in. Nobody asks for a class that a library has: to PyTorch's LSTM belongs a projection.
WHY_NOT: dict[type[Layer], str] = {
    LSTM97: "the LSTM of {} always has a forget gate",
    PeepholeLSTM: "the LSTM of {} has no peepholes",
    ProjectedLSTM: "the LSTM of {} has no projection",
    CoupledLSTM: "the LSTM of {} has an input gate of its own",
    MinGRU: "the GRU of {} has gates that see h",
    MinLSTM: "the LSTM of {} has gates that see h",
    SLSTM: "the LSTM of {} has gates that are sigmoids",
    LayerNormLSTM: "the LSTM of {} does not normalise",
    NoisyLSTM: "the LSTM of {} has no noise from step to step",
    VariantLSTM: "the LSTM of {} has all its gates and no peepholes",
    FullGateLSTM: "the gates of the LSTM of {} do not see each other",
    BlockLSTM97: "the LSTM of {} has gates for each cell, and always a forget gate",
}
CLIPS = ("cell_clip", "projection_clip")
SIZES = {Dense: ("inputs", "units"), Conv1D: ("width", "inputs", "filters"), Embedding: ("symbols", "units")}  # of W


def refuse(cls: type, library: str, have: Iterable[str], why: Mapping[type[Layer], str]) -> NoReturn:
    """ValueError that says why a library has no such class: the reason in `why`, or what it has instead.

    >>> refuse(MinGRU, "PyTorch", ["RNN", "LSTM", "GRU"], WHY_NOT)
    Traceback (most recent call last):
        ...
    ValueError: layer: PyTorch has no MinGRU: the GRU of PyTorch has gates that see h
    """
    reason = why.get(cls, f"it has {', '.join(dict.fromkeys(have))}, and this class may compute anything")
    raise ValueError(f"layer: {library} has no {cls.__name__}: {reason.format(library)}")


def class_there(
    layer: Layer,
    library: str,
    cells: Mapping[type[Layer], str],
    around: Mapping[type[Layer], str],
    own: Mapping[type[Layer], str],
) -> str:
    """The library's class for a layer, of its `cells` or what is `around` them; `own`: reasons of this library alone.

    >>> class_there(PeepholeLSTM(3, 5), "Keras", {}, {}, {})
    Traceback (most recent call last):
        ...
    ValueError: layer: Keras has no PeepholeLSTM: the LSTM of Keras has no peepholes
    """
    cls = type(layer)
    if cls in around:
        return around[cls]
    if cls not in cells:
        refuse(cls, library, cells.values(), WHY_NOT | dict(own))
    for name in CLIPS:
        if getattr(layer, name, None) is not None:
            raise ValueError(f"layer: the LSTM of {library} has no {name}")
    return cells[cls]


def without_gates(cls: Any, arrays: Mapping, table: Mapping[str, tuple], **arguments: Any) -> Layer:
    """A Dense, a Conv1D or an Embedding with weights that lie as the table says; without a bias it is zero.

    >>> table = {"weight": ("W", (1, 0)), "bias": ("b", (0,))}
    >>> without_gates(Dense, {"weight": [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]}, table).params["W"].shape
    (3, 2)
    """
    found = checked(arrays, {theirs: len(order) for theirs, (_, order) in table.items()}, optional=("bias",))
    ours = transposed_back(found, table)
    W = ours["W"]
    if "bias" in found:
        check_shapes({"bias": found["bias"]}, {"bias": W.shape[-1:]})
    layer = cls(**dict(zip(SIZES[cls], W.shape, strict=True)), dtype=W.dtype, rng=Blank(), **arguments)
    layer.params.update(ours)
    return layer


def again(layer: Any, **changed: Any) -> Layer:
    """The same layer with another argument that changes no shapes.

    >>> layer = Dense(3, 2, rng=0)
    >>> other = again(layer, activation="tanh")
    >>> other.activation, bool((other.params.flat == layer.params.flat).all())
    ('tanh', True)
    """
    made = type(layer)(**layer.config() | changed, rng=Blank())
    made.params.flat[:] = layer.params.flat
    return made
