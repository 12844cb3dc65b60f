"""A graph that anybody wrote, read node by node as a row of layers.

Every value of the graph becomes one of three things: an array that stands in the file, sequences on their way through
the network (which axis is which, and the layers so far), or something else of which only the use matters: sizes,
initial states, lengths. A node that makes anything else of them is named in the error.
"""

from typing import Any

import numpy as np

from lstm_edu.core import Layer
from lstm_edu.nn.architecture import short

from .graph import onnx_package
from .operators import READERS
from .parsing import DOMAINS, Parsed, attributes_of, called, word
from .values import Array, Other, Reading, Sequences, Value, links, row

KINDS = {
    **dict.fromkeys(("axis", "to", "keepdims", "transA", "transB"), int),
    **dict.fromkeys(("perm", "axes", "strides", "pads", "kernel_shape", "dilations"), list),
    "direction": str,
    "ratio": float,
    "value": np.ndarray,
}


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


class _Reader(Reading):
    """One walk over the graph, with the time first in its input or the sequences first."""

    error: ValueError = ValueError()

    def __init__(self, parsed: Parsed, first: tuple[str, str]) -> None:
        super().__init__(onnx_package(), parsed.size)
        self.parsed, self.seen = parsed, 0
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
            width = tensor.shape.dim[-1].dim_value or None if tensor.shape.dim else None
            kinds: dict[tuple, Value] = {
                (True, 3, True): Sequences((*first, "D"), width=width),
                (True, 2, True): Sequences(("B", "D"), width=width),
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
        if not self.parsed.model.graph.output:
            raise ValueError("it has no output")
        (name, out), *others = (
            (f"output {short(repr(entry.name), 80)}", self.values.get(entry.name))
            for entry in self.parsed.model.graph.output
        )
        if not isinstance(out, Sequences) or out.made is None or not set(out.axes) <= {"T", "B", "D"}:
            raise ValueError(f"{name} must be what a layer gives")
        if out.last:
            raise ValueError(f"{name} is the last step alone, which only a Dense layer or Bidirectional takes")
        for name, value in others:
            if not (isinstance(value, Other) or (isinstance(value, Sequences) and (value.state or value == out))):
                raise ValueError(f"{name}: a network has one output here, and final states")
        return row(links(out.made))
