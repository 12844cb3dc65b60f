"""A network as a graph of ONNX: one function for each kind of layer, which writes the nodes that compute the same."""

from collections.abc import Callable
from typing import Any

import numpy as np

from lstm_edu.cells import Recurrent
from lstm_edu.core import Layer
from lstm_edu.nn.attention import Attention
from lstm_edu.nn.layers import Conv1D, Dense, Dropout, Embedding, MaxPool1D
from lstm_edu.nn.layers.windows import pads
from lstm_edu.nn.network import Sequential
from lstm_edu.nn.wrappers import Bidirectional, Residual

from . import layouts, scans
from .graph import Flow, Graph, place_of
from .weights import arrays_of, has_operator, one_operator, stacked

ACTIVATIONS = {"tanh": "Tanh", "sigmoid": "Sigmoid", "relu": "Relu"}


def write(graph: Graph, layer: Layer, place: str, flow: Flow) -> Flow:
    """Write the nodes of a layer.

    Parameters
    ----------
    graph : Graph
        Where they go.
    layer : Layer
        Which layer.
    place : str
        Where it is in the network.
    flow : Flow
        What goes in.

    Returns
    -------
    Flow
        What comes out.

    Raises
    ------
    ValueError
        For a layer that ONNX has not.
    """
    kind = type(layer)
    if kind in WRITERS:
        return WRITERS[kind](graph, layer, place, flow)
    if has_operator(layer):
        return _cell(graph, layer, place, flow)
    if kind in scans.STEPS:
        return scans.write(graph, layer, place, flow)  # type: ignore[arg-type]
    raise ValueError(
        f"net: {f'its layer {place}' if place else 'it'} is a {kind.__name__}, a class that ONNX does not know and "
        "that may compute anything"
    )


def _row(graph: Graph, net: Sequential, place: str, flow: Flow) -> Flow:
    for name, child in net.children().items():
        flow = write(graph, child, place_of(place, name), flow)
    return flow


def _residual(graph: Graph, layer: Residual, place: str, flow: Flow) -> Flow:
    inner = write(graph, layer.layer, place_of(place, "layer"), flow)
    return inner.to(graph("Add", [flow.name, inner.name], place))


def _activation(graph: Graph, name: str, activation: str | None, place: str) -> str:
    return name if activation is None else graph(ACTIVATIONS[activation], [name], place)


def _dense(graph: Graph, layer: Dense, place: str, flow: Flow) -> Flow:
    if layer.steps == "last" and flow.axes == 3:
        flow = flow.to(graph.last(flow, place), axes=2)
    weights = graph.weights(arrays_of(layer), place)
    y = graph("MatMul", [flow.name, weights["W"]], place)
    y = graph("Add", [y, weights["b"]], place)
    return flow.to(_activation(graph, y, layer.activation, place))


def _windows(graph: Graph, flow: Flow, width: int, stride: int, place: str) -> str | None:
    """The lengths after windows have gone over the steps: (n - width) // stride + 1."""
    lengths = flow.lengths
    if lengths is not None and width > 1:
        lengths = graph("Sub", [lengths, graph.constant([width])], place)
        lengths = graph("Div", [lengths, graph.constant([stride])], place)
        return graph("Add", [lengths, graph.constant([1])], place)
    if lengths is not None and stride > 1:
        lengths = graph("Add", [lengths, graph.constant([stride - 1])], place)
        return graph("Div", [lengths, graph.constant([stride])], place)
    return lengths


def _conv(graph: Graph, layer: Conv1D, place: str, flow: Flow) -> Flow:
    x = _blanked(graph, flow, flow.name, place)
    weights = graph.weights(arrays_of(layer), place)
    # Conv has the steps last, (B, D, T)
    x = graph("Transpose", [x], place, perm=[1, 2, 0])
    y = graph("Conv", [x, weights["W"], weights["b"]], place, kernel_shape=[layer.width], strides=[layer.stride],
              pads=pads(layer.width)[layer.padding])  # fmt: skip
    y = _activation(graph, graph("Transpose", [y], place, perm=[2, 0, 1]), layer.activation, place)
    window = layer.width if layer.padding == "valid" else 1
    return flow.to(y, lengths=_windows(graph, flow, window, layer.stride, place))


def _blanked(graph: Graph, flow: Flow, value: str, place: str) -> str:
    """A value of as many steps, with zeros beyond the lengths."""
    if flow.lengths is None:
        return value
    return graph("Where", [graph.real(flow, place), value, graph.constant(0, np.float32)], place)


def _attention(graph: Graph, layer: Attention, place: str, flow: Flow) -> Flow:
    weights, never = graph.weights(arrays_of(layer), place), graph.constant(-np.inf, np.float32)
    x = graph("MatMul", [_blanked(graph, flow, flow.name, place), weights["W"]], place)
    q, k, v = graph("Split", [x], place, 3, axis=-1, num_outputs=3)
    q, v = (graph("Transpose", [value], place, perm=[1, 0, 2]) for value in (q, v))  # (B, T, H)
    k = graph("Transpose", [k], place, perm=[1, 2, 0])
    scores = graph("Mul", [graph("MatMul", [q, k], place), graph.constant(layer._scale(), np.float32)], place)
    if layer.causal:
        t = graph.times(flow.name, place)
        later = graph("Less", [graph("Unsqueeze", [t, graph.constant([1])], place), t], place)
        scores = graph("Where", [later, never, scores], place)
    if flow.lengths is not None:
        seen = graph("Transpose", [graph.real(flow, place)], place, perm=[1, 2, 0])
        scores = graph("Where", [seen, scores, never], place)
    y = graph("MatMul", [graph("Softmax", [scores], place, axis=-1), v], place)
    y = graph("Transpose", [y], place, perm=[1, 0, 2])
    return flow.to(_blanked(graph, flow, y, place))


def _pool(graph: Graph, layer: MaxPool1D, place: str, flow: Flow) -> Flow:
    x = graph("Transpose", [flow.name], place, perm=[1, 2, 0])
    y = graph("MaxPool", [x], place, kernel_shape=[layer.width], strides=[layer.stride])
    y = graph("Transpose", [y], place, perm=[2, 0, 1])
    return flow.to(y, lengths=_windows(graph, flow, layer.width, layer.stride, place))


def _embedding(graph: Graph, layer: Embedding, place: str, flow: Flow) -> Flow:
    weights = graph.weights(arrays_of(layer), place)
    return flow.to(graph("Gather", [weights["W"], flow.name], place, axis=0), axes=3)


def _dropout(graph: Graph, layer: Dropout, place: str, flow: Flow) -> Flow:
    # without training_mode it passes everything on; the rate stays known, to whoever trains further
    return flow.to(graph("Dropout", [flow.name, graph.constant(layer.rate, np.float64)], place))


def _cell(graph: Graph, layer: Recurrent, place: str, flow: Flow) -> Flow:
    y, finals = _operator(graph, [layer], [place], place, flow)
    _finals(graph, [layer], [place], place, finals)
    return flow.to(graph("Squeeze", [y, graph.constant([1])], place))


def _operator(graph: Graph, cells: list, places: list[str], place: str, flow: Flow) -> tuple[str, list[str]]:
    """One recurrent operator of one cell or, for both directions, of two: Y (T, 1 or 2, B, H), and Y_h, Y_c."""
    name, attributes = layouts.operator(cells[0])
    weights = graph.weights(stacked(cells), place)
    lengths = "" if flow.lengths is None else graph("Cast", [flow.lengths], place, to=graph.onnx.TensorProto.INT32)
    initial = [""] * len(cells[0].state_names)
    if graph.states:
        initial = [
            _beside(graph, [graph.initial_state(cell, at, k) for cell, at in zip(cells, places, strict=True)], place)
            for k in range(len(initial))
        ]
    inputs = [flow.name, weights["W"], weights["R"], weights["B"], lengths, *initial, weights.get("P", "")]
    while not inputs[-1]:
        inputs.pop()
    if len(cells) == 2:
        attributes |= {"direction": "bidirectional"} | {
            key: attributes[key] * 2 for key in layouts.SQUASHING_1997 if key in attributes
        }
    y, *finals = graph(name, inputs, place, 1 + len(initial), **attributes)
    return y, finals


def _beside(graph: Graph, states: list[str], place: str) -> str:
    """States (B, H) as (1 or 2, B, H)."""
    states = [graph("Unsqueeze", [state, graph.constant([0])], place) for state in states]
    return states[0] if len(states) == 1 else graph("Concat", states, place, axis=0)


def _finals(graph: Graph, cells: list, places: list[str], place: str, finals: list[str]) -> None:
    """Y_h and Y_c (1 or 2, B, H) as the final states of the cells."""
    for d, (cell, at) in enumerate(zip(cells, places, strict=True)):
        for k, final in enumerate(finals):
            graph.final_state(cell, at, k, graph("Gather", [final, graph.constant(d)], place, axis=0))


def _bidirectional(graph: Graph, layer: Bidirectional, place: str, flow: Flow) -> Flow:
    children = layer.children()
    places = [place_of(place, name) for name in children]
    concat, last = layer.merge == "concat", layer.steps == "last"
    if one_operator(layer):
        y, finals = _operator(graph, list(children.values()), places, place, flow)
        _finals(graph, list(children.values()), places, place, finals)
        y = finals[0] if last else y  # what each has put out once it has read all is its final state
        axis, before = (0, []) if last else (1, [0])
        if concat:
            y = graph("Transpose", [y], place, perm=[*before, axis + 1, axis, axis + 2])
            y = graph("Reshape", [y, graph.constant([*before, 0, -1])], place)
        else:
            y = graph("ReduceSum", [y, graph.constant([axis])], place, keepdims=0)
        return flow.to(y, axes=2 if last else 3)
    one = write(graph, layer.layer, places[0], flow)
    back = flow.to(graph.reversed(flow, place))
    other = write(graph, layer.backward_layer, places[1], back)
    both = [graph.last(one, place), graph.last(other, place)] if last else [one.name, graph.reversed(other, place)]
    y = graph("Concat", both, place, axis=-1) if concat else graph("Add", both, place)
    return one.to(y, axes=2 if last else 3)


WRITERS: dict[type[Layer], Callable[[Graph, Any, str, Flow], Flow]] = {
    Sequential: _row,
    Residual: _residual,
    Bidirectional: _bidirectional,
    Dense: _dense,
    Attention: _attention,
    Conv1D: _conv,
    MaxPool1D: _pool,
    Embedding: _embedding,
    Dropout: _dropout,
}
