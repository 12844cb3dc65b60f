"""What stands in a file of ONNX, which can hold anything: looked at before it is believed, and nothing of it is run."""

import importlib
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lstm_edu.nn.architecture import short

from . import wire
from .graph import onnx_package

DOMAINS = ("", "ai.onnx")  # two names for ONNX's own operators
OPSETS = range(7, 100)  # before 7 the recurrent operators were others
MOST_NODES = 20_000
MOST_AXES = 8
MOST_ENTRIES = 64  # of an attribute


@dataclass
class Parsed:
    """A file's model with its arrays.

    Parameters
    ----------
    model : onnx.ModelProto
        All of it.
    arrays : dict of str to ndarray
        The initializers; they can't be written to.
    size : int
        Bytes of the file.
    """

    model: Any
    arrays: dict[str, np.ndarray]
    size: int


def parse(path: Path) -> Parsed:
    """Read a file.

    Parameters
    ----------
    path : pathlib.Path
        The file.

    Returns
    -------
    Parsed
        Found to be whole, with every array as large as it says.

    Raises
    ------
    FileNotFoundError
        Without a file.
    ValueError
        For what is no such file, and for what is never read: arrays in other files, functions, other domains.
    """
    onnx = onnx_package()
    decode_error = importlib.import_module("google.protobuf.message").DecodeError
    if path.is_dir():
        raise ValueError("it is a folder, the name of a file is needed")
    if not path.is_file():
        raise FileNotFoundError(f"path: there is no file {str(path)!r}")
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ValueError(f"it can't be read ({error.strerror or error})") from None
    try:
        wire.check(data, onnx.ModelProto)
        model = onnx.ModelProto.FromString(data)  # unlike onnx.load it opens no other file
    except (ValueError, decode_error, RecursionError) as error:
        raise ValueError(f"it is no whole ONNX file ({short(error)})") from None
    if not model.HasField("graph") or not model.graph.node:
        raise ValueError("it is no ONNX file, or one without any nodes")
    graph = model.graph
    if model.functions or graph.sparse_initializer or graph.quantization_annotation:
        raise ValueError("it has functions, sparse initializers or quantization of its own, which no network here has")
    if len(graph.node) > MOST_NODES:
        raise ValueError(f"it has {len(graph.node)} nodes, more than the {MOST_NODES} that are read")
    if any(isinstance(name, bytes) for name in _names(graph)):
        raise ValueError("it has a name that is no UTF-8")
    opsets = {entry.domain: entry.version for entry in model.opset_import}
    opset = next((opsets[domain] for domain in DOMAINS if domain in opsets), 0)
    if opset not in OPSETS:
        raise ValueError(f"its operators are of opset {opset}, {OPSETS[0]} or later is needed")
    arrays: dict[str, np.ndarray] = {}
    for tensor in graph.initializer:
        name = f"initializer {short(repr(tensor.name), 80)}"
        if tensor.name in arrays or not tensor.name:
            raise ValueError(f"{name} is there twice, or has no name")
        arrays[tensor.name] = array_of(onnx, tensor, name)
    return Parsed(model, arrays, len(data))


def _names(graph: Any) -> Iterator[str | bytes]:
    """All names of a graph; one that is no text comes as bytes."""
    for node in graph.node:
        yield from (node.name, node.op_type, node.domain, *node.input, *node.output)
        yield from (attribute.name for attribute in node.attribute)
    for entries in (graph.initializer, graph.input, graph.output):
        yield from (entry.name for entry in entries)


def array_of(onnx: Any, tensor: Any, name: str) -> np.ndarray:
    """The numbers of a tensor.

    Parameters
    ----------
    onnx : module
        The package.
    tensor : onnx.TensorProto
        From a file.
    name : str
        What an error calls it.

    Returns
    -------
    numpy.ndarray
        float32, float64, int32, int64 or bool.

    Raises
    ------
    ValueError
        For another type, for as many numbers as its shape does not have, and for numbers in another file.
    """
    if tensor.data_location != onnx.TensorProto.DEFAULT or tensor.external_data:
        where = next((entry.value for entry in tensor.external_data if entry.key == "location"), "?")
        raise ValueError(f"{name} lies in another file, {short(repr(where), 80)}, and no other file is opened")
    types = onnx.TensorProto
    fields = {
        types.FLOAT: ("<f4", "float_data"), types.DOUBLE: ("<f8", "double_data"), types.INT64: ("<i8", "int64_data"),
        types.INT32: ("<i4", "int32_data"), types.BOOL: ("?", "int32_data"),
    }  # fmt: skip
    if tensor.data_type not in fields:
        kind = types.DataType.Name(tensor.data_type) if tensor.data_type in types.DataType.values() else "?"
        raise ValueError(f"{name} must be float32, float64, int32, int64 or bool, got {kind} ({tensor.data_type})")
    dtype, field = fields[tensor.data_type]
    shape = tuple(tensor.dims)
    if len(shape) > MOST_AXES or any(size < 0 for size in shape):
        raise ValueError(f"{name} must have at most {MOST_AXES} axes of 0 or more, got shape {short(shape, 80)}")
    count = math.prod(shape)
    raw, listed = tensor.raw_data, getattr(tensor, field)
    held = len(raw) / np.dtype(dtype).itemsize if tensor.HasField("raw_data") else len(listed)
    if held != count or tensor.HasField("segment"):
        raise ValueError(f"{name} of shape {shape} must hold {count} numbers, it holds {held:g}")
    array = np.frombuffer(raw, dtype) if tensor.HasField("raw_data") else np.array(listed, dtype)
    return array.reshape(shape).astype(array.dtype.newbyteorder("="), copy=False)


def attributes_of(onnx: Any, node: Any) -> dict[str, Any]:
    """The attributes of a node as plain numbers, strings, lists and arrays.

    Parameters
    ----------
    onnx : module
        The package.
    node : onnx.NodeProto
        From a file.

    Returns
    -------
    dict
        By name.

    Raises
    ------
    ValueError
        For a graph within, as a loop or a branch has, and for other types.
    """
    types = onnx.AttributeProto
    plain = {types.INT: "i", types.FLOAT: "f", types.INTS: "ints", types.FLOATS: "floats"}
    found: dict[str, Any] = {}
    for entry in node.attribute:
        name = f"attribute {short(repr(entry.name), 80)}"
        if entry.name in found or entry.ref_attr_name:
            raise ValueError(f"{name} is there twice, or refers to another")
        if max(len(entry.ints), len(entry.floats), len(entry.strings)) > MOST_ENTRIES:
            raise ValueError(f"{name} is a list of more than {MOST_ENTRIES}")
        if entry.type in (types.GRAPH, types.GRAPHS):
            raise ValueError(f"{name} is a graph of its own: loops and branches are not read")
        if entry.type in plain:
            value = getattr(entry, plain[entry.type])
            found[entry.name] = value if isinstance(value, int | float) else list(value)
        elif entry.type in (types.STRING, types.STRINGS):
            texts = [bytes(text).decode(errors="replace") for text in (entry.strings or [entry.s])]
            found[entry.name] = texts if entry.type == types.STRINGS else texts[0]
        elif entry.type == types.TENSOR:
            found[entry.name] = array_of(onnx, entry.t, name)
        else:
            raise ValueError(f"{name} has a type that is not read, {entry.type}")
    return found


def called(nodes: Any) -> Iterator[tuple[str, Any]]:
    """Nodes with what an error calls them.

    Parameters
    ----------
    nodes : sequence of onnx.NodeProto
        Of a graph.

    Yields
    ------
    tuple of str and onnx.NodeProto
        "node 'name' (LSTM)", or by its place if it has no name.
    """
    for k, node in enumerate(nodes):
        name = short(repr(node.name), 80) if node.name else str(k)
        yield f"node {name} ({word(node.op_type)})", node


def word(text: str) -> str:
    """The name of an operator as an error can show it, which in a foreign file can be anything.

    Parameters
    ----------
    text : str
        The name.

    Returns
    -------
    str
        One line.
    """
    return text if text.isidentifier() and len(text) < 40 else short(repr(text), 40)
