"""Whole networks in ONNX files: written for ONNX Runtime and its like, and read back."""

import json
from os import PathLike
from typing import Any

import numpy as np

from lstm_edu.core import About, Layer
from lstm_edu.core.files import as_path, replace_file
from lstm_edu.core.version import __version__
from lstm_edu.nn.architecture import build, check, describe, short

from . import plain
from .graph import IR_VERSION, OPSET, Flow, Graph, onnx_package, place_of
from .parsing import Parsed, parse
from .weights import arrays_of, holders, set_arrays
from .writing import write

KEY = "lstm_edu"  # the name of our entry in the file's metadata
DEEPEST = 17  # of layers in layers, with the innermost
LARGEST = 2**31 - 2**20  # bytes of weights: a file of Protocol Buffers ends at 2 GiB


def to_onnx(
    net: Layer, path: str | PathLike, *, states: bool = False, lengths: bool = False, to_float32: bool = False
) -> None:
    """Write a network as a graph of ONNX, for ONNX Runtime and whatever else reads such files.

    Parameters
    ----------
    net : Layer
        A network or a single layer, of this package's classes.
    path : str or os.PathLike
        The file.
    states : bool, default False
        True: the initial states are inputs of the graph; False: they are zero.
    lengths : bool, default False
        True: the graph has an input "lengths", how many steps of each sequence are real; False: all are.
    to_float32 : bool, default False
        True: the numbers of a float64 network are rounded to float32, the only type that ONNX Runtime's recurrent
        operators know; False: such a network is refused.

    Raises
    ------
    ImportError
        Without the package onnx (extra `interop`).
    FileNotFoundError
        Without the folder.
    ValueError
        For a layer of a class of one's own, a float64 network without `to_float32`, a network of more than 2 GB, a
        switch that is neither True nor False, and a path that can't be written.

    See Also
    --------
    from_onnx : The way back.

    Notes
    -----
    Inputs and outputs of the graph, T and B being free:

    ==================  ===================================================================================
    "x"                 (T, B, D) float32, time first; (T, B) int64 symbols where an Embedding comes first
    "lengths"           (B,) int64, with `lengths`
    "initial.0.h", ...  (B, H) float32, with `states`: the states of each cell by its place, here layer 0
    "y"                 what the network gives, as `net(x)`
    "final.0.h", ...    (B, H) float32, as `tape.state`; with lengths that at each sequence's own end
    ==================  ===================================================================================

    The cells are ONNX's operators as the tables of `lstm_edu.interop.onnx` say, `Bidirectional` of two of one kind is
    one operator. What has no operator, as an LSTM with `cell_clip`, ProjectedLSTM, MinGRU, MinLSTM and SLSTM, is a Scan
    over one step. Attention is made of ordinary operators. A Dropout stays in the graph and does nothing. Beyond a
    sequence's length y is not the same as here, where the cells run on: ONNX gives zeros.

    The graph computes `net(x)`: a scaling of the data that `net.about` knows is not in it. It is in the file's
    metadata, with the architecture.

    Opset 22, IR version 10: ONNX Runtime 1.21 and later.

    Examples
    --------
    >>> import tempfile, onnxruntime, lstm_edu as le
    >>> net = le.Sequential([le.LSTM(3, 5, rng=0), le.Dense(5, 2, rng=1)])
    >>> x = np.ones((7, 4, 3), np.float32)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     to_onnx(net, folder + "/net.onnx")
    ...     session = onnxruntime.InferenceSession(folder + "/net.onnx")
    >>> y, h, c = session.run(["y", "final.0.h", "final.0.c"], {"x": x})
    >>> np.allclose(y, net(x), atol=2e-6), h.shape
    (True, (4, 5))
    """
    onnx = onnx_package()
    if not isinstance(net, Layer):
        raise ValueError(f"net must be a layer or a network, got {type(net).__name__}")
    for name, value in {"states": states, "lengths": lengths, "to_float32": to_float32}.items():
        if not isinstance(value, bool | np.bool_):
            raise ValueError(f"{name} must be True or False, got {value!r}")
    path = as_path(path)
    if net.params.flat.dtype != np.float32 and not to_float32:
        raise ValueError(
            "net: its numbers are float64, and ONNX Runtime's recurrent operators know float32 only; to_float32=True "
            "rounds them"
        )
    graph = graph_of(onnx, net, states, lengths)
    entry = {
        "version": __version__,
        "architecture": _in_float32(describe(net)),
        "states": bool(states),
        "lengths": bool(lengths),
    }
    if net.about is not None:
        entry["about"] = net.about.to_json()
    model = onnx.helper.make_model(
        graph,
        ir_version=IR_VERSION,
        opset_imports=[onnx.helper.make_opsetid("", OPSET)],
        producer_name=KEY,
        producer_version=__version__,
    )
    onnx.helper.set_model_props(model, {KEY: json.dumps(entry)})
    replace_file(path, model.SerializeToString(deterministic=True), durable=True)


def from_onnx(path: str | PathLike) -> Layer:
    """The network in a file of ONNX.

    What `to_onnx` wrote comes back bit for bit, with everything that it was made with. Of other files those are read
    that are a row of layers of this package.

    Parameters
    ----------
    path : str or os.PathLike
        The file.

    Returns
    -------
    Layer
        The network, or the single layer.

    Raises
    ------
    ImportError
        Without the package onnx (extra `interop`).
    FileNotFoundError
        Without a file.
    ValueError
        For a file that is damaged or no ONNX, and for one that is no network of this package: it names the node, the
        operator or the initializer.

    See Also
    --------
    to_onnx : The way there.

    Notes
    -----
    A file from somewhere else can do no harm: nothing in it is run, no other file is opened, and no array is made that
    is larger than the file says with its own bytes.

    A file is one of `to_onnx` if writing the network of its metadata anew, with its weights, gives the same graph; it
    does not suffice that it says so. Any other is read node by node: RNN, LSTM and GRU in one or both directions with
    Transpose, Squeeze or Reshape behind them, Gemm, MatMul and Add, Conv and MaxPool over time, Gather as an Embedding
    or as the last step, Relu, Tanh and Sigmoid behind a Dense or a Conv1D, Dropout, and an Add around layers. Initial
    states must be zero or inputs of the graph. That is what PyTorch writes, too. The network takes the time first,
    whatever the file takes.

    Examples
    --------
    >>> import tempfile, lstm_edu as le
    >>> net = le.Sequential([le.Bidirectional(le.GRU(3, 5, rng=0), rng=1), le.Dense(10, 2, rng=2)])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     to_onnx(net, folder + "/net.onnx")
    ...     again = from_onnx(folder + "/net.onnx")
    >>> bool((again.params.flat == net.params.flat).all())
    True
    """
    path = as_path(path)
    try:
        parsed = parse(path)
        net = _own(parsed)
        return plain.read(parsed) if net is None else net
    except ValueError as error:
        raise ValueError(f"path: {short(repr(str(path)))}: {error}") from None


def _own(parsed: Parsed) -> Layer | None:
    """The network that `to_onnx` wrote; None if writing it anew gives another graph."""
    texts = [entry.value for entry in parsed.model.metadata_props if entry.key == KEY]
    layers = DEEPEST * len(parsed.model.graph.node)  # there are not more, however deep networks lie in networks
    if len(texts) != 1 or not isinstance(texts[0], str) or texts[0].count("class") > layers:
        return None
    try:
        entry = json.loads(texts[0])
        check(entry["architecture"], held=sum(array.size for array in parsed.arrays.values()))
        net = build(entry["architecture"])
        for place, layer in holders(net):
            set_arrays(layer, {name: parsed.arrays[place_of(place, name)] for name in arrays_of(layer)})
        net.about = About.from_json(entry["about"]) if "about" in entry else None
        anew = graph_of(onnx_package(), net, entry["states"] is True, entry["lengths"] is True)
    except Exception:  # the entry can hold anything; what the file says by itself is looked at next
        return None
    same = anew.SerializeToString(deterministic=True) == parsed.model.graph.SerializeToString(deterministic=True)
    return net if same else None


def graph_of(onnx: Any, net: Layer, states: bool, lengths: bool) -> Any:
    """The graph of a network.

    Parameters
    ----------
    onnx : module
        The package.
    net : Layer
        The network.
    states, lengths : bool
        As for `to_onnx`.

    Returns
    -------
    onnx.GraphProto
        The same for the same network.
    """
    graph = Graph(onnx, states)
    shape = net.input_shape()
    inputs = [graph.value("x", shape, integers=len(shape) == 2)]
    if lengths:
        inputs.append(graph.value("lengths", ["B"], integers=True))
    graph.names |= {"x", "y", "lengths"}
    out = write(graph, net, "", Flow("x", len(shape), "lengths" if lengths else None))
    graph.renamed[out.name] = "y"
    for node in graph.nodes:
        for names in (node.input, node.output):
            names[:] = [graph.renamed.get(name, name) for name in names]
    known = ("T", "B", "D")
    y_shape = [size if isinstance(size, int) or size in known else "steps"
               for size in type(net).output_shape(shape, **net.config())]  # fmt: skip
    if sum(array.nbytes for array in graph.arrays.values()) > LARGEST:
        raise ValueError(f"net: its weights are more than the {LARGEST} bytes that an ONNX file can hold")
    return onnx.helper.make_graph(
        graph.nodes,
        KEY,
        inputs + graph.initial,
        [graph.value("y", y_shape), *graph.final],
        [onnx.numpy_helper.from_array(_narrow(array, name), name) for name, array in graph.arrays.items()],
    )


def _in_float32(architecture: Any) -> Any:
    """The same network with numbers of that type."""
    if isinstance(architecture, list):
        return [_in_float32(inner) for inner in architecture]
    if not isinstance(architecture, dict):
        return architecture
    float32 = {"dtype": "float32"} if "dtype" in architecture else {}
    return {name: _in_float32(value) for name, value in architecture.items()} | float32


def _narrow(array: np.ndarray, name: str) -> np.ndarray:
    """Weights in float32; constants, which say their type in their name, as they are."""
    constant = name.startswith("float64.")
    return array.astype(np.float32) if array.dtype == np.float64 and not constant else array
