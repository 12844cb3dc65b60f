"""The operators of a foreign graph: one function for each kind, from what goes in to what comes out."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from lstm_edu.core import Layer
from lstm_edu.core.blank import Blank
from lstm_edu.nn.architecture import short
from lstm_edu.nn.layers import Conv1D, Dense, Dropout, Embedding, MaxPool1D
from lstm_edu.nn.layers.windows import pads
from lstm_edu.nn.wrappers import Bidirectional, Residual

from . import layouts
from .values import Array, Other, Reading, Sequences, Value, links
from .writing import ACTIVATIONS

DEEPEST = 16  # of residual layers in residual layers
OURS = {operator: activation for activation, operator in ACTIVATIONS.items()}


def _itself(layer: Layer) -> Layer:
    return layer


def _no_more(attributes: dict, **usual: Any) -> None:
    """ValueError for attributes that are not as usual."""
    for name, value in attributes.items():
        if name not in usual or value != usual[name]:
            raise ValueError(f"no layer of this package does {short(name, 40)}={short(repr(value), 80)}")


def _constant(reader: Reading, operator: str, given: list[Value], attributes: dict) -> list[Value]:
    if not isinstance(attributes.get("value"), np.ndarray):
        return [Other("sizes")]
    return [Array(attributes["value"], "value")]


def _is_start(value: Value) -> bool:
    zero = isinstance(value, Array) and not value.array.any()
    return value is None or zero or (isinstance(value, Other) and value.use == "start")


def _helper(reader: Reading, operator: str, given: list[Value], attributes: dict) -> list[Value]:
    """What is neither a layer nor changes the order of the axes: sizes, zeros and the like."""
    if operator == "Shape":
        return [Other("sizes")]
    if operator == "ConstantOfShape":
        value = attributes.get("value")
        return [Other("sizes" if isinstance(value, np.ndarray) and value.any() else "start")]
    used = [value for value in given if value is not None]
    if any(isinstance(value, Sequences) for value in used):
        raise ValueError("it must not change what the layers give")
    joined = used if operator == "Concat" else used[:1]
    same = operator not in ("Mul", "Range")  # the others move numbers, and make none
    return [Other("start" if same and joined and all(map(_is_start, joined)) else "sizes")]


def _same(reader: Reading, operator: str, given: list[Value], attributes: dict) -> list[Value]:
    if operator == "Cast" and isinstance(given[0], Array):
        return [Other("sizes")]
    if operator == "Cast" and isinstance(given[0], Sequences):
        types, floats = reader.onnx.TensorProto, "D" in given[0].axes
        if attributes.get("to") not in ((types.FLOAT,) if floats else (types.INT64, types.INT32)):
            raise ValueError("a Cast may only keep float32, or whole numbers")
    return [given[0]]


def _transpose(reader: Reading, operator: str, given: list[Value], attributes: dict) -> list[Value]:
    value = given[0]
    if isinstance(value, Other) or value is None:
        return [value]
    axes = value.array.ndim if isinstance(value, Array) else len(value.axes)
    order = attributes.get("perm", list(range(axes))[::-1])
    if not isinstance(order, list) or sorted(order) != list(range(axes)):
        raise ValueError(f"perm must be an order of {axes} axes, got {short(order, 80)}")
    if isinstance(value, Array):
        return [Array(value.array.transpose(order), value.name)]
    return [replace(value, axes=tuple(value.axes[k] for k in order))]


def _axes_of(reader: Reading, given: list[Value], attributes: dict) -> list[int] | None:
    """The axes of a Squeeze or a sum: an attribute before opset 13, then an input."""
    if "axes" in attributes:
        return list(attributes["axes"]) if isinstance(attributes["axes"], list) else None
    return None if given[1] is None else reader.whole(given[1], "axes")


def _within(axes: list[int], value: Sequences) -> list[int]:
    """Axes counted from the first."""
    count = len(value.axes)
    if any(not -count <= k < count for k in axes):
        raise ValueError(f"there are {count} axes, got {short(axes, 80)}")
    return [k % count for k in axes]


def _squeeze(reader: Reading, operator: str, given: list[Value], attributes: dict) -> list[Value]:
    value = given[0]
    if not isinstance(value, Sequences):
        return _helper(reader, operator, given, attributes)
    axes = _axes_of(reader, given, attributes)
    out = [k for k, axis in enumerate(value.axes) if axis == "1"] if axes is None else _within(axes, value)
    if any(value.axes[k] != "1" for k in out):
        raise ValueError(f"it may only take away the axis of one direction, the axes are ({', '.join(value.axes)})")
    return [replace(value, axes=tuple(axis for k, axis in enumerate(value.axes) if k not in out))]


def _merged(reader: Reading, value: Sequences, merge: str, axes: tuple[str, ...]) -> list[Value]:
    """Both directions in one."""
    made = value.made
    if made is None or made.kind is not Bidirectional:
        raise ValueError("two directions can be joined right behind the operator that gives them")
    return [replace(value, axes=axes, made=replace(made, config=made.config | {"merge": merge}), state=False)]


def _reshape(reader: Reading, operator: str, given: list[Value], attributes: dict) -> list[Value]:
    value = given[0]
    if not isinstance(value, Sequences):
        return _helper(reader, operator, given, attributes)
    _no_more(attributes, allowzero=0)
    *before, direction, last = value.axes if len(value.axes) > 1 else ("", "")
    shape = reader.whole(given[1], "shape")
    if direction != "2" or last != "D" or shape != [0] * len(before) + [-1]:
        raise ValueError(
            "it may only put two directions side by side, (T, B, 2, H) with the shape [0, 0, -1], "
            f"the axes are ({', '.join(value.axes)}) and the shape is {shape}"
        )
    return _merged(reader, value, "concat", (*before, "D"))


def _sum(reader: Reading, operator: str, given: list[Value], attributes: dict) -> list[Value]:
    value = reader.sequences(given[0])
    axes = _axes_of(reader, given, attributes) or []
    _no_more(
        {name: number for name, number in attributes.items() if name != "axes"}, keepdims=0, noop_with_empty_axes=0
    )
    if attributes.get("keepdims", 1) or [value.axes[k] for k in _within(axes, value)] != ["2"]:
        raise ValueError("it may only add two directions")
    return _merged(reader, value, "sum", tuple(axis for axis in value.axes if axis != "2"))


def _gather(reader: Reading, operator: str, given: list[Value], attributes: dict) -> list[Value]:
    value, index, axis = given[0], given[1], attributes.get("axis", 0)
    if isinstance(index, Sequences):  # rows of a table by symbols
        W = reader.take(value, "the table", [2])
        before = reader.sequences(index)
        if axis != 0 or "D" in before.axes or before.made is not None:
            raise ValueError("only the symbols that go into the network choose rows of a table")
        config = {"symbols": W.shape[0], "units": W.shape[1], "dtype": W.dtype, "rng": Blank()}
        return [reader.add(before, Embedding, config, {"W": W}, axes=(*before.axes, "D"))]
    if not isinstance(value, Sequences):
        return _helper(reader, operator, given, attributes)
    chosen = reader.whole(index, "the index")
    if not isinstance(index, Array) or index.array.ndim:
        raise ValueError("it may only take the last step, or one direction")
    (axis,) = _within([axis], value)
    name, rest = value.axes[axis], value.axes[:axis] + value.axes[axis + 1 :]
    if name == "1" and chosen[0] in (0, -1):
        return [replace(value, axes=rest)]
    if name == "2" and value.state:
        return [Other("state")]
    if name != "T" or chosen != [-1] or "D" not in rest:
        raise ValueError(f"it may only take the last step, -1 of the time, got {chosen[0]} of the axis {name}")
    return [replace(value, axes=rest, last=True, state=False)]


def _recurrent(reader: Reading, operator: str, given: list[Value], attributes: dict) -> list[Value]:
    names = ["X", "W", "R", "B", "sequence_lens", "initial_h", "initial_c", "P"][: 8 if operator == "LSTM" else 6]
    if len(given) > len(names):
        raise ValueError(f"it has {len(given)} inputs, {len(names)} at most are known")
    found: dict[str, Value] = dict(zip(names, [*given, *[None] * len(names)], strict=False))
    before = reader.sequences(found["X"], "T", "B", "D")
    lengths = found["sequence_lens"]
    if lengths is not None and not (isinstance(lengths, Other) and lengths.use == "lengths"):
        raise ValueError("sequence_lens must be an input of the graph")
    for name in ("initial_h", "initial_c"):
        if not _is_start(found.get(name)):
            raise ValueError(f"{name} must be zero or an input of the graph")
    arrays = {name: reader.take(found[name], name, [axes]) for name, axes in layouts.AXES.items()
              if name in ("W", "R") or found.get(name) is not None}  # fmt: skip
    direction = attributes.pop("direction", "forward")
    if direction not in ("forward", "bidirectional"):
        raise ValueError(f"direction must be forward or bidirectional, got {short(repr(direction), 80)}")
    directions = 2 if direction == "bidirectional" else 1
    if any(len(array) != directions for array in arrays.values()):
        raise ValueError(f"W, R, B and P must be of {directions} directions, got {[len(a) for a in arrays.values()]}")
    cells = []
    for d in range(directions):
        own = {name: _half(value, d) if directions == 2 else value for name, value in attributes.items()}
        cells.append(layouts.from_arrays(operator, {name: array[d : d + 1] for name, array in arrays.items()}, own))
    cell, D = cells[0], _width(before)
    if D not in (None, cell.inputs):
        raise ValueError(f"W takes {cell.inputs} inputs, {D} go in")
    if directions == 1:
        after = reader.add(before, _itself, {"layer": cell})
        ends = after
    else:
        config = {"layer": cell, "backward_layer": cells[1]}
        after = reader.add(before, Bidirectional, config | {"steps": "all"})
        ends = reader.add(before, Bidirectional, config | {"steps": "last"})
    one = str(directions)
    last = replace(ends, axes=(one, "B", "D"), last=directions == 1, state=True)
    return [replace(after, axes=("T", one, "B", "D")), last, Other("state")]


def _half(value: Any, d: int) -> Any:
    """The part of an attribute that belongs to one direction: of those that are lists, one half."""
    if not isinstance(value, list):
        return value
    half = len(value) // 2
    return value[d * half : (d + 1) * half]


def _width(before: Sequences) -> int | None:
    """How many numbers a layer gives, where that is known before it is made."""
    made = before.made
    while made is not None:
        if made.kind is _itself:
            return made.config["layer"].outputs
        if made.kind is Bidirectional:
            return made.config["layer"].outputs * (2 if made.config.get("merge") == "concat" else 1)
        width = made.config.get("filters", made.config.get("units"))
        if width is not None:
            return width
        made = made.before
    return before.width


def _dense(reader: Reading, before: Sequences, W: np.ndarray, b: np.ndarray | None) -> list[Value]:
    if before.axes[-1:] != ("D",) or set(before.axes) - {"T", "B", "D"}:
        raise ValueError(f"the axis of the numbers must be the last, the axes are ({', '.join(before.axes)})")
    width = _width(before)
    if width not in (None, W.shape[0]):
        raise ValueError(f"the matrix takes {W.shape[0]} numbers, {width} go in")
    config = {"inputs": W.shape[0], "units": W.shape[1], "steps": "last" if before.last else "all", "dtype": W.dtype}
    arrays = {"W": W} | ({} if b is None else {"b": b})
    return [reader.add(before, Dense, config | {"rng": Blank()}, arrays, last=False)]


def _matmul(reader: Reading, operator: str, given: list[Value], attributes: dict) -> list[Value]:
    before, W = given[:2]
    return _dense(reader, reader.sequences(before), reader.take(W, "the matrix", [2]), None)


def _gemm(reader: Reading, operator: str, given: list[Value], attributes: dict) -> list[Value]:
    before, W, b = given[:3]
    turned = attributes.pop("transB", 0)
    _no_more(attributes, alpha=1.0, beta=1.0, transA=0)
    matrix = reader.take(W, "B", [2])
    matrix = matrix.T if turned else matrix
    return _dense(reader, reader.sequences(before, "B", "D"), matrix, None if b is None else _bias(reader, b, matrix))


def _bias(reader: Reading, value: Value, W: np.ndarray) -> np.ndarray:
    b = reader.take(value, "the bias", [1, 2, 3])
    if b.shape[-1] != b.size or b.size != W.shape[-1] or b.dtype != W.dtype:
        raise ValueError(f"the bias must be {W.shape[-1]} numbers of {W.dtype}, got {b.dtype} of shape {b.shape}")
    return b.reshape(-1)


def _add(reader: Reading, operator: str, given: list[Value], attributes: dict) -> list[Value]:
    one, other = given[:2]
    if isinstance(one, Array):
        one, other = other, one
    before = reader.sequences(one)
    if isinstance(other, Sequences):
        return _around(reader, before, other)
    made = before.made
    if made is None or made.kind is not Dense or "b" in made.arrays or made.config.get("activation"):
        raise ValueError("numbers can be added right behind a MatMul, as its bias")
    b = _bias(reader, other, made.arrays["W"])
    return [replace(before, made=replace(made, arrays=made.arrays | {"b": b}))]


def _around(reader: Reading, one: Sequences, other: Sequences) -> list[Value]:
    """A way past layers: what went in is added to what came out."""
    for past, through in ((one, other), (other, one)):
        inner = links(through.made, past.made)
        first = inner[0].before if inner else through.made
        if inner and first is past.made and past.axes == through.axes and set(past.axes) == {"T", "B", "D"}:
            deep = 1 + max(link.deep for link in inner)
            if deep > DEEPEST:
                raise ValueError(f"ways past layers lie more than {DEEPEST} deep in each other")
            return [reader.add(past, Residual, {"layer": inner}, deep=deep)]
    raise ValueError("two sequences can be added where one is what went into layers and the other what came out")


def _activation(reader: Reading, operator: str, given: list[Value], attributes: dict) -> list[Value]:
    before = reader.sequences(given[0])
    made = before.made
    if made is None or made.kind not in (Dense, Conv1D) or made.config.get("activation"):
        raise ValueError("it must stand behind a Dense or a Conv1D layer: no other layer ends in it here")
    return [replace(before, made=replace(made, config=made.config | {"activation": OURS[operator]}))]


def _dropout(reader: Reading, operator: str, given: list[Value], attributes: dict) -> list[Value]:
    value, ratio, training = given[:3]
    if not isinstance(training, Array | None) or (training is not None and training.array.any()):
        raise ValueError("training_mode must be false")
    rate = attributes.get("ratio", 0.5)
    if isinstance(ratio, Array):
        rate = reader.take(ratio, "ratio", [0]).item()
    mask = Other("sizes")
    return [reader.add(reader.sequences(value), Dropout, {"rate": Dropout(rate, rng=Blank()).rate}), mask]


def _conv(reader: Reading, operator: str, given: list[Value], attributes: dict) -> list[Value]:
    before, W, b = given[:3]
    filters = reader.take(W, "W", [3])
    F, D, width = filters.shape
    strides, around = attributes.pop("strides", [1]), tuple(attributes.pop("pads", [0, 0]))
    _no_more(attributes, kernel_shape=[width], dilations=[1], group=1, auto_pad="NOTSET")
    sequences = reader.sequences(before, "B", "D", "T")
    padding = next((name for name, pair in pads(width).items() if pair == around), None)
    if padding is None or len(strides) != 1 or strides[0] < 1 or _width(sequences) not in (None, D):
        raise ValueError(
            f"no Conv1D of {D} inputs and width {width} has pads={short(around, 80)} and strides={short(strides, 80)}"
        )
    config = {
        "inputs": D,
        "filters": F,
        "width": width,
        "stride": strides[0],
        "padding": padding,
        "dtype": filters.dtype,
    }
    arrays = {"W": filters.transpose(2, 1, 0)}
    if b is not None:
        arrays["b"] = _bias(reader, b, arrays["W"])
    return [reader.add(sequences, Conv1D, config | {"rng": Blank()}, arrays)]


def _pool(reader: Reading, operator: str, given: list[Value], attributes: dict) -> list[Value]:
    widths, strides = attributes.pop("kernel_shape", []), attributes.pop("strides", [1])
    _no_more(attributes, pads=[0, 0], dilations=[1], ceil_mode=0, storage_order=0, auto_pad="NOTSET")
    before = reader.sequences(given[0], "B", "D", "T")
    if len(widths) != 1 or len(strides) != 1 or min(*widths, *strides) < 1:
        raise ValueError(f"kernel_shape and strides must be one number each, got {short([widths, strides], 80)}")
    return [reader.add(before, MaxPool1D, {"width": widths[0], "stride": strides[0]})]


READERS: dict[str, Callable[[Reading, str, list[Value], dict], list[Value]]] = {
    **dict.fromkeys(("RNN", "LSTM", "GRU"), _recurrent),
    **dict.fromkeys(("Identity", "Cast"), _same),
    **dict.fromkeys(("Shape", "ConstantOfShape", "Expand", "Concat", "Unsqueeze", "Slice", "Mul", "Range"), _helper),
    **dict.fromkeys(OURS, _activation),
    "Constant": _constant,
    "Transpose": _transpose,
    "Squeeze": _squeeze,
    "Reshape": _reshape,
    "ReduceSum": _sum,
    "Gather": _gather,
    "MatMul": _matmul,
    "Gemm": _gemm,
    "Add": _add,
    "Dropout": _dropout,
    "Conv": _conv,
    "MaxPool": _pool,
}
