"""A graph that anybody wrote, read node by node as a row of layers.

Every value of the graph becomes one of three things: an array that stands in the file, sequences on their way through
the network (which axis is which, and the layers so far), or something else of which only the use matters: sizes,
initial states, lengths. A node that makes anything else of them is named in the error.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from lstm_edu.core import Layer
from lstm_edu.core.blank import Blank
from lstm_edu.nn.architecture import short
from lstm_edu.nn.layers import Conv1D, Dense, Dropout, Embedding, MaxPool1D
from lstm_edu.nn.network import Sequential
from lstm_edu.nn.wrappers import Bidirectional, Residual

from . import layouts
from .graph import onnx_package
from .parsing import DOMAINS, Parsed, attributes_of, called, word
from .writing import ACTIVATIONS

MOST_LAYERS = 1000
DEEPEST = 16  # of residual layers in residual layers
MOST_NUMBERS = 2**22  # that layers may hold beyond twice what the file holds, if they use weights more than once

KINDS = {
    **dict.fromkeys(("axis", "to", "keepdims", "transA", "transB"), int),
    **dict.fromkeys(("perm", "axes", "strides", "pads", "kernel_shape", "dilations"), list),
    "direction": str,
    "ratio": float,
    "value": np.ndarray,
}
OURS = {operator: activation for activation, operator in ACTIVATIONS.items()}


@dataclass(frozen=True, eq=False)
class Made:
    """A layer that will be made, and the one before it."""

    kind: Callable[..., Layer]
    config: dict[str, Any]
    arrays: dict[str, np.ndarray] = field(default_factory=dict)
    before: "Made | None" = None
    count: int = 1
    deep: int = 0

    def build(self) -> Layer:
        """Make it."""
        layer = self.kind(**{name: _built(value) for name, value in self.config.items()})
        for name, array in self.arrays.items():
            layer.params[name] = array
        return layer


@dataclass(frozen=True)
class Sequences:
    """What runs through the network. Axes: T, B, D; "1" and "2" are the directions of a recurrent operator."""

    axes: tuple[str, ...]
    made: Made | None = None
    last: bool = False  # the last step alone, which a Dense layer is still to take
    state: bool = False  # a final state


@dataclass(frozen=True)
class Array:
    """Numbers that stand in the file."""

    array: np.ndarray
    name: str


@dataclass(frozen=True)
class Other:
    """What is known of any other value: "start" an initial state, "lengths", "state" a final one, "sizes"."""

    use: str


Value = Sequences | Array | Other | None


def read(parsed: Parsed) -> Layer:
    """The network that a graph stands for.

    Parameters
    ----------
    parsed : Parsed
        The file.

    Returns
    -------
    Layer
        A Sequential.

    Raises
    ------
    ValueError
        For a graph that is none; it names the node.
    """
    attempts = [_Reader(parsed, first) for first in (("T", "B"), ("B", "T"))]
    for attempt in attempts:
        try:
            return attempt.read()
        except ValueError as error:
            attempt.error = error
    further = max(attempts, key=lambda attempt: attempt.seen)  # of equals the first
    raise further.error


class _Reader:
    """One walk over the graph, with the time first in its input or the sequences first."""

    error: ValueError = ValueError()

    def __init__(self, parsed: Parsed, first: tuple[str, str]) -> None:
        self.parsed, self.onnx, self.opset = parsed, onnx_package(), parsed.opset
        self.seen = self.numbers = 0
        self.values: dict[str, Value] = {"": None}
        for name, array in parsed.arrays.items():
            self.values[name] = Array(array, name)
        self._inputs(first)

    def _inputs(self, first: tuple[str, str]) -> None:
        types, symbols = self.onnx.TensorProto, (self.onnx.TensorProto.INT64, self.onnx.TensorProto.INT32)
        main = True
        for entry in self.parsed.model.graph.input:
            if entry.name in self.values:
                continue  # an initializer that could be given anew
            tensor = entry.type.tensor_type
            axes = len(tensor.shape.dim) if tensor.HasField("shape") else 2 if tensor.elem_type in symbols else 3
            kinds: dict[tuple, Value] = {
                (True, 3, True): Sequences((*first, "D")),
                (True, 2, True): Sequences(("B", "D")),
                (True, 2, False): Sequences(first),
                (False, 1, False): Other("lengths"),
            }
            floats = tensor.elem_type in (types.FLOAT, types.DOUBLE)
            if not floats and tensor.elem_type not in symbols:
                raise ValueError(f"input {short(repr(entry.name), 80)} must be of floats, int64 or int32")
            self.values[entry.name] = kinds.get((main, axes, floats), Other("start" if floats else "sizes"))
            main = False

    def read(self) -> Layer:
        """Walk over the nodes, and make the layers that lead to the first output."""
        nodes = list(called(self.parsed.model.graph.node))
        for name, node in nodes:  # before any is looked at more closely
            if node.domain not in DOMAINS or node.op_type not in READERS:
                domain = f" of {short(repr(node.domain), 40)}" if node.domain not in DOMAINS else ""
                operator = word(node.op_type)
                raise ValueError(f"{name}: no layer of this package is made of the operator {operator}{domain}")
        for name, node in nodes:
            try:
                self._node(node)
            except ValueError as error:
                raise ValueError(f"{name}: {error}") from None
            self.seen += 1
        return self._network()

    def _node(self, node: Any) -> None:
        attributes = attributes_of(self.onnx, node)
        for name, value in attributes.items():
            kind = KINDS.get(name, object)
            listed = value if kind is list and isinstance(value, list) else [0]
            if not isinstance(value, kind) or not all(isinstance(each, int) for each in listed):
                raise ValueError(f"its attribute {name} is of a wrong type: {short(repr(value), 80)}")
        missing = next((name for name in node.input if name not in self.values), None)
        if missing is not None:
            raise ValueError(f"its input {short(repr(missing), 80)} is no initializer, and no node before gives it")
        given = [self.values[name] for name in node.input]
        given += [None] * (3 - len(given))
        outputs = READERS[node.op_type](self, node.op_type, given, attributes)
        if len(node.output) > len(outputs):
            raise ValueError(f"it has {len(node.output)} outputs, {len(outputs)} are known")
        for name, value in zip(node.output, outputs, strict=False):
            if name and name in self.values:
                raise ValueError(f"its output {short(repr(name), 80)} is there already")
            if name:
                self.values[name] = value

    def _network(self) -> Layer:
        for k, entry in enumerate(self.parsed.model.graph.output):
            name, value = f"output {short(repr(entry.name), 80)}", self.values.get(entry.name)
            if k == 0:
                out = value
                if not isinstance(out, Sequences) or out.made is None or not set(out.axes) <= {"T", "B", "D"}:
                    raise ValueError(f"{name} must be what a layer gives")
                if out.last:
                    raise ValueError(
                        f"{name} is the last step alone: only a Dense layer or Bidirectional takes that here"
                    )
            elif not (isinstance(value, Other) or (isinstance(value, Sequences) and (value.state or value == out))):
                raise ValueError(f"{name}: a network has one output here, and final states")
        if not self.parsed.model.graph.output:
            raise ValueError("it has no output")
        return Sequential(_row(out.made))  # type: ignore[union-attr]

    # Pieces

    def take(self, value: Value, name: str, axes: Sequence[int]) -> np.ndarray:
        """A float array that stands in the file."""
        if not isinstance(value, Array):
            raise ValueError(f"{name} must be an initializer or a Constant, it is computed or missing")
        if value.array.ndim not in axes or value.array.dtype.kind != "f":
            needed = " or ".join(map(str, axes))
            raise ValueError(
                f"{name} {short(repr(value.name), 80)} must be floats of {needed} axes, "
                f"got {value.array.dtype} of shape {value.array.shape}"
            )
        if 0 in value.array.shape:
            raise ValueError(f"{name} {short(repr(value.name), 80)} is empty, of shape {value.array.shape}")
        self.numbers += value.array.size
        if self.numbers > MOST_NUMBERS + 2 * sum(array.size for array in self.parsed.arrays.values()):
            raise ValueError(f"{name}: the layers would hold {self.numbers} numbers, far more than the file")
        return value.array

    def whole(self, value: Value, name: str) -> list[int]:
        """Whole numbers that stand in the file."""
        if not isinstance(value, Array) or value.array.dtype.kind != "i" or value.array.size > 8:
            raise ValueError(f"{name} must be a few whole numbers that stand in the file")
        return value.array.ravel().tolist()

    def sequences(self, value: Value, *axes: str) -> Sequences:
        """Sequences with these axes; without: with any."""
        if not isinstance(value, Sequences):
            raise ValueError("what goes in must be the network's input or what a layer gives")
        if axes and value.axes != axes:
            needed, got = ", ".join(axes), ", ".join(value.axes)
            raise ValueError(f"what goes in must have the axes ({needed}), it has ({got})")
        return value

    def add(
        self, before: Sequences, kind: Callable[..., Layer], config: dict, arrays: dict | None = None, **to: Any
    ) -> Sequences:
        """Sequences after one more layer."""
        count = 1 if before.made is None else before.made.count + 1
        if count > MOST_LAYERS:
            raise ValueError(f"it is the layer after {MOST_LAYERS} others, no more are read")
        deep = to.pop("deep", 0)
        return replace(before, made=Made(kind, config, arrays or {}, before.made, count, deep), state=False, **to)


def _built(value: Any) -> Any:
    return Sequential([made.build() for made in value]) if isinstance(value, _Links) else value


class _Links(tuple):
    """The layers within another."""


def _row(made: Made | None) -> list[Layer]:
    return [link.build() for link in _links(made, None)]


def _links(made: Made | None, start: Made | None) -> "_Links":
    found = []
    while made is not None and made is not start:
        found.append(made)
        made = made.before
    return _Links(reversed(found))


def _itself(layer: Layer) -> Layer:
    return layer


# One function for each kind of operator: from what goes in to what comes out.


def _no_more(attributes: dict, **usual: Any) -> None:
    """ValueError for attributes that are not as usual; a list names several that are."""
    for name, value in attributes.items():
        if name not in usual or value != usual[name]:
            raise ValueError(f"no layer of this package does {short(name, 40)}={short(repr(value), 80)}")


def _constant(reader: _Reader, operator: str, given: list[Value], attributes: dict) -> list[Value]:
    if not isinstance(attributes.get("value"), np.ndarray):
        return [Other("sizes")]
    return [Array(attributes["value"], "value")]


def _is_start(value: Value) -> bool:
    zero = isinstance(value, Array) and not value.array.any()
    return value is None or zero or (isinstance(value, Other) and value.use == "start")


def _helper(reader: _Reader, operator: str, given: list[Value], attributes: dict) -> list[Value]:
    """What is neither a layer nor changes the order of the axes: sizes, zeros and the like."""
    if operator == "Shape":
        return [Other("sizes")]
    if operator == "ConstantOfShape":
        value = attributes.get("value")
        return [Other("sizes" if isinstance(value, np.ndarray) and value.any() else "start")]
    used = [value for value in given if value is not None]
    if any(isinstance(value, Sequences) for value in used):
        raise ValueError("it must not change what the layers give")
    first = used[0] if used else None
    joined = used if operator == "Concat" else used[:1]
    if joined and all(map(_is_start, joined)):
        return [Other("start")]
    return [first if isinstance(first, Other) else Other("sizes")]


def _same(reader: _Reader, operator: str, given: list[Value], attributes: dict) -> list[Value]:
    if operator == "Cast" and isinstance(given[0], Array):
        return [Other("sizes")]
    if operator == "Cast" and isinstance(given[0], Sequences):
        types, floats = reader.onnx.TensorProto, "D" in given[0].axes
        if attributes.get("to") not in ((types.FLOAT,) if floats else (types.INT64, types.INT32)):
            raise ValueError("a Cast may only keep float32, or whole numbers")
    return [given[0]]


def _transpose(reader: _Reader, operator: str, given: list[Value], attributes: dict) -> list[Value]:
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


def _axes_of(reader: _Reader, given: list[Value], attributes: dict) -> list[int] | None:
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


def _squeeze(reader: _Reader, operator: str, given: list[Value], attributes: dict) -> list[Value]:
    value = given[0]
    if not isinstance(value, Sequences):
        return _helper(reader, operator, given, attributes)
    axes = _axes_of(reader, given, attributes)
    out = [k for k, axis in enumerate(value.axes) if axis == "1"] if axes is None else _within(axes, value)
    if any(value.axes[k] != "1" for k in out):
        raise ValueError(f"it may only take away the axis of one direction, the axes are ({', '.join(value.axes)})")
    return [replace(value, axes=tuple(axis for k, axis in enumerate(value.axes) if k not in out))]


def _merged(reader: _Reader, value: Sequences, merge: str, axes: tuple[str, ...]) -> list[Value]:
    """Both directions in one."""
    made = value.made
    if made is None or made.kind is not Bidirectional:
        raise ValueError("two directions can be joined right behind the operator that gives them")
    return [replace(value, axes=axes, made=replace(made, config=made.config | {"merge": merge}), state=False)]


def _reshape(reader: _Reader, operator: str, given: list[Value], attributes: dict) -> list[Value]:
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


def _sum(reader: _Reader, operator: str, given: list[Value], attributes: dict) -> list[Value]:
    value = reader.sequences(given[0])
    axes = _axes_of(reader, given, attributes) or []
    _no_more(
        {name: number for name, number in attributes.items() if name != "axes"}, keepdims=0, noop_with_empty_axes=0
    )
    if attributes.get("keepdims", 1) or [value.axes[k] for k in _within(axes, value)] != ["2"]:
        raise ValueError("it may only add two directions")
    return _merged(reader, value, "sum", tuple(axis for axis in value.axes if axis != "2"))


def _gather(reader: _Reader, operator: str, given: list[Value], attributes: dict) -> list[Value]:
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


def _recurrent(reader: _Reader, operator: str, given: list[Value], attributes: dict) -> list[Value]:
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
    directions = 2 if attributes.pop("direction", "forward") == "bidirectional" else 1
    if directions == 1 and attributes.get("direction", "forward") != "forward":
        raise ValueError("direction must be forward or bidirectional")
    if any(len(array) != directions for array in arrays.values()):
        raise ValueError(f"W, R, B and P must be of {directions} directions, got {[len(a) for a in arrays.values()]}")
    cells = []
    for d in range(directions):
        own = {name: _half(value, d) if directions == 2 else value for name, value in attributes.items()}
        cells.append(layouts.from_arrays(operator, {name: array[d : d + 1] for name, array in arrays.items()}, own))
    cell, D = cells[0], _width(before.made)
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


def _width(made: Made | None) -> int | None:
    """How many numbers a layer gives, where that is known before it is made."""
    while made is not None:
        if made.kind is _itself:
            return made.config["layer"].outputs
        if made.kind is Bidirectional:
            return made.config["layer"].outputs * (2 if made.config.get("merge") == "concat" else 1)
        width = made.config.get("filters", made.config.get("units"))
        if width is not None:
            return width
        made = made.before
    return None


def _dense(reader: _Reader, before: Sequences, W: np.ndarray, b: np.ndarray | None) -> list[Value]:
    if before.axes[-1:] != ("D",) or set(before.axes) - {"T", "B", "D"}:
        raise ValueError(f"the axis of the numbers must be the last, the axes are ({', '.join(before.axes)})")
    width = _width(before.made)
    if width not in (None, W.shape[0]):
        raise ValueError(f"the matrix takes {W.shape[0]} numbers, {width} go in")
    config = {"inputs": W.shape[0], "units": W.shape[1], "steps": "last" if before.last else "all", "dtype": W.dtype}
    arrays = {"W": W} | ({} if b is None else {"b": b})
    return [reader.add(before, Dense, config | {"rng": Blank()}, arrays, last=False)]


def _matmul(reader: _Reader, operator: str, given: list[Value], attributes: dict) -> list[Value]:
    before, W = given[:2]
    return _dense(reader, reader.sequences(before), reader.take(W, "the matrix", [2]), None)


def _gemm(reader: _Reader, operator: str, given: list[Value], attributes: dict) -> list[Value]:
    before, W, b = given[:3]
    turned = attributes.pop("transB", 0)
    _no_more(attributes, alpha=1.0, beta=1.0, transA=0)
    matrix = reader.take(W, "B", [2])
    matrix = matrix.T if turned else matrix
    return _dense(reader, reader.sequences(before, "B", "D"), matrix, None if b is None else _bias(reader, b, matrix))


def _bias(reader: _Reader, value: Value, W: np.ndarray) -> np.ndarray:
    b = reader.take(value, "the bias", [1, 2, 3])
    if b.shape[-1] != b.size or b.size != W.shape[-1] or b.dtype != W.dtype:
        raise ValueError(f"the bias must be {W.shape[-1]} numbers of {W.dtype}, got {b.dtype} of shape {b.shape}")
    return b.reshape(-1)


def _add(reader: _Reader, operator: str, given: list[Value], attributes: dict) -> list[Value]:
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


def _around(reader: _Reader, one: Sequences, other: Sequences) -> list[Value]:
    """A way past layers: what went in is added to what came out."""
    for past, through in ((one, other), (other, one)):
        inner = _links(through.made, past.made)
        first = inner[0].before if inner else through.made
        if inner and first is past.made and past.axes == through.axes == ("T", "B", "D") and not through.last:
            deep = 1 + max(link.deep for link in inner)
            if deep > DEEPEST:
                raise ValueError(f"ways past layers lie more than {DEEPEST} deep in each other")
            return [reader.add(past, Residual, {"layer": inner}, deep=deep)]
    raise ValueError("two sequences can be added where one is what went into layers and the other what came out")


def _activation(reader: _Reader, operator: str, given: list[Value], attributes: dict) -> list[Value]:
    before = reader.sequences(given[0])
    made = before.made
    if made is None or made.kind not in (Dense, Conv1D) or made.config.get("activation"):
        raise ValueError("it must stand behind a Dense or a Conv1D layer: no other layer ends in it here")
    return [replace(before, made=replace(made, config=made.config | {"activation": OURS[operator]}))]


def _dropout(reader: _Reader, operator: str, given: list[Value], attributes: dict) -> list[Value]:
    value, ratio, training = given[:3]
    if not isinstance(training, Array | None) or (training is not None and training.array.any()):
        raise ValueError("training_mode must be false")
    rate = attributes.get("ratio", 0.5)
    if isinstance(ratio, Array):
        rate = reader.take(ratio, "ratio", [0]).item()
    return [reader.add(reader.sequences(value), Dropout, {"rate": Dropout(rate, rng=Blank()).rate})]


def _conv(reader: _Reader, operator: str, given: list[Value], attributes: dict) -> list[Value]:
    before, W, b = given[:3]
    filters = reader.take(W, "W", [3])
    F, D, width = filters.shape
    strides, pads = attributes.pop("strides", [1]), tuple(attributes.pop("pads", [0, 0]))
    _no_more(attributes, kernel_shape=[width], dilations=[1], group=1, auto_pad="NOTSET")
    sequences = reader.sequences(before, "B", "D", "T")
    half = (width - 1) // 2
    known = {"same": (half, width - 1 - half), "causal": (width - 1, 0), "valid": (0, 0)}
    padding = next((name for name, pair in known.items() if pair == pads), None)
    if padding is None or len(strides) != 1 or strides[0] < 1 or _width(sequences.made) not in (None, D):
        raise ValueError(
            f"no Conv1D of {D} inputs and width {width} has pads={short(pads, 80)} and strides={short(strides, 80)}"
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


def _pool(reader: _Reader, operator: str, given: list[Value], attributes: dict) -> list[Value]:
    widths, strides = attributes.pop("kernel_shape", []), attributes.pop("strides", [1])
    _no_more(attributes, pads=[0, 0], dilations=[1], ceil_mode=0, storage_order=0, auto_pad="NOTSET")
    before = reader.sequences(given[0], "B", "D", "T")
    if len(widths) != 1 or len(strides) != 1 or min(*widths, *strides) < 1:
        raise ValueError(f"kernel_shape and strides must be one number each, got {short([widths, strides], 80)}")
    return [reader.add(before, MaxPool1D, {"width": widths[0], "stride": strides[0]})]


READERS: dict[str, Callable[[_Reader, str, list[Value], dict], list[Value]]] = {
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
