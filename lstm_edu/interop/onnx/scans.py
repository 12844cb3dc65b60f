"""Cells that ONNX has no operator for, as a Scan: one step of the cell in ordinary operators, for all steps."""

from collections.abc import Callable
from typing import Any

import numpy as np

from lstm_edu.cells import LSTM, SLSTM, MinGRU, MinLSTM, PeepholeLSTM, ProjectedLSTM, Recurrent

from .graph import Flow, Graph, place_of


class _Step:
    """The body of a Scan: operators by their names, on values by their names."""

    def __init__(self, graph: Graph, place: str, weights: dict[str, str]) -> None:
        self.body, self.place, self.weights = Graph(graph.onnx, outer=graph), place_of(place, "step"), weights

    def __getattr__(self, operator: str) -> Callable[..., Any]:
        return lambda *values, **attributes: self.body(operator, values, self.place, **attributes)

    def number(self, value: float) -> str:
        return self.body.constant(value, np.float32)

    def gates(self, a: str, count: int, h: str | None = None) -> list[str]:
        """a + h U in its blocks."""
        if h is not None:
            a = self.Add(a, self.MatMul(h, self.weights["U"]))
        return self.Split(a, outputs=count, axis=-1, num_outputs=count)

    def clipped(self, value: str, bound: float | None) -> str:
        return value if bound is None else self.Clip(value, self.number(-bound), self.number(bound))


def _lstm(op: _Step, cell: Any, a: str, h: str, c: str) -> tuple[str, ...]:
    i, f, g, o = op.gates(a, 4, h)
    p_i, p_f, p_o = (op.weights.get(f"p.{gate}") for gate in "ifo")
    if p_i is not None:
        i, f = op.Add(i, op.Mul(p_i, c)), op.Add(f, op.Mul(p_f, c))
    c = op.Add(op.Mul(op.Sigmoid(f), c), op.Mul(op.Sigmoid(i), op.Tanh(g)))
    c = op.clipped(c, cell.cell_clip)
    if p_o is not None:
        o = op.Add(o, op.Mul(p_o, c))
    h = op.Mul(op.Sigmoid(o), op.Tanh(c))
    if "R" in op.weights:
        h = op.clipped(op.MatMul(h, op.weights["R"]), cell.projection_clip)
    return h, c


def _candidate(op: _Step, cell: Any, n: str) -> str:
    if cell.candidate == "linear":
        return n
    return op.Where(op.Less(n, op.number(0)), op.Sigmoid(n), op.Add(n, op.number(0.5)))


def _min_gru(op: _Step, cell: Any, a: str, h: str) -> tuple[str, ...]:
    z, n = op.gates(a, 2)
    z = op.Sigmoid(z)
    return (op.Add(op.Mul(op.Sub(op.number(1), z), h), op.Mul(z, _candidate(op, cell, n))),)


def _min_lstm(op: _Step, cell: Any, a: str, h: str) -> tuple[str, ...]:
    i, f, n = op.gates(a, 3)
    i, f = op.Sigmoid(i), op.Sigmoid(f)
    both = op.Add(f, i)
    return (op.Add(op.Mul(op.Div(f, both), h), op.Mul(op.Div(i, both), _candidate(op, cell, n))),)


def _slstm(op: _Step, cell: Any, a: str, h: str, c: str, n: str, m: str) -> tuple[str, ...]:
    i, f, z, o = op.gates(a, 4, h)
    left = op.Sub(m, op.Softplus(op.Neg(f)))  # log sigmoid(f) = -softplus(-f)
    enters = op.Or(op.Equal(n, op.number(0)), op.Greater(i, left))
    m = op.Where(enters, i, left)
    i = op.Exp(op.Sub(i, m))
    f = op.Exp(op.Min(op.Sub(left, m), op.number(60)))  # above 0 before anything has entered, where c and n are 0
    c = op.Add(op.Mul(f, c), op.Mul(i, op.Tanh(z)))
    n = op.Add(op.Mul(f, n), i)
    return op.Div(op.Mul(op.Sigmoid(o), c), n), c, n, m


# The cell -> its step: from a = x W + b and the states to the next states, of which the first is the output.
STEPS: dict[type[Recurrent], Callable[..., tuple[str, ...]]] = {
    LSTM: _lstm,
    PeepholeLSTM: _lstm,
    ProjectedLSTM: _lstm,
    MinGRU: _min_gru,
    MinLSTM: _min_lstm,
    SLSTM: _slstm,
}


def write(graph: Graph, cell: Recurrent, place: str, flow: Flow) -> Flow:
    """Write a cell as a Scan.

    Parameters
    ----------
    graph : Graph
        Where the nodes go.
    cell : Recurrent
        One of `STEPS`.
    place : str
        Where it is in the network.
    flow : Flow
        What goes in, (T, B, D).

    Returns
    -------
    Flow
        What comes out.
    """
    weights = graph.weights(dict(cell.params), place)
    if "p" in weights:
        rows = graph("Split", [weights["p"]], place, 3, axis=0, num_outputs=3)
        weights |= dict(zip(("p.i", "p.f", "p.o"), rows, strict=True))
    a = graph("Add", [graph("MatMul", [flow.name, weights["W"]], place), weights["b"]], place)
    widths = list(cell.state_widths(**cell.config()).values())
    op = _Step(graph, place, weights)
    states = [op.body.new(place_of(op.place, name)) for name in cell.state_names]
    seen = [op.body.new(place_of(op.place, "a"))]
    given = [a] if flow.lengths is None else [a, graph.real(flow, place)]
    new = STEPS[type(cell)](op, cell, seen[0], *states)
    if flow.lengths is not None:  # beyond its length a sequence's state stays
        seen.append(op.body.new(place_of(op.place, "real")))
        new = tuple(op.Where(seen[1], later, before) for later, before in zip(new, states, strict=True))
    y, types = op.Identity(new[0]), graph.onnx.TensorProto
    inputs = [*zip(states, widths, strict=True), (seen[0], cell.params["b"].size)]
    body = graph.onnx.helper.make_graph(
        op.body.nodes,
        op.place,
        [graph.value(name, ["B", width]) for name, width in inputs]
        + [graph.onnx.helper.make_tensor_value_info(name, types.BOOL, ["B", 1]) for name in seen[1:]],
        [graph.value(name, ["B", width]) for name, width in zip((*new, y), (*widths, widths[0]), strict=True)],
    )
    if graph.states:
        initial = [graph.initial_state(cell, place, k) for k in range(len(states))]
    else:
        B = graph.size(flow.name, 1, place)
        zeros = graph.onnx.helper.make_tensor("value", types.FLOAT, [1], [0.0])
        shapes = [graph("Concat", [B, graph.constant([width])], place, axis=0) for width in widths]
        initial = [graph("ConstantOfShape", [shape], place, value=zeros) for shape in shapes]
    *finals, y = graph("Scan", [*initial, *given], place, len(states) + 1, body=body, num_scan_inputs=len(given))
    for k, final in enumerate(finals):
        graph.final_state(cell, place, k, final)
    return flow.to(y)
