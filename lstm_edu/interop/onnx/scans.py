"""Cells that ONNX has no operator for, as a Scan: one step of the cell in ordinary operators, for all steps."""

from collections.abc import Callable
from typing import Any

import numpy as np

from lstm_edu.cells import (
    LSTM,
    SLSTM,
    BlockLSTM97,
    FullGateLSTM,
    LayerNormLSTM,
    MinGRU,
    MinLSTM,
    NoisyLSTM,
    PeepholeLSTM,
    ProjectedLSTM,
    Recurrent,
    VariantLSTM,
)

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

    def mixed(self, share: float, old: str, new: str) -> str:
        """share of the old and the rest of the new one."""
        return self.Add(self.Mul(self.number(share), old), self.Mul(self.number(1 - share), new)) if share else new

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


def _noisy(op: _Step, cell: Any, a: str, h: str, c: str) -> tuple[str, ...]:
    """What it is without training: the mean of its noise."""
    shown, new = _lstm(op, cell, a, h, c)
    return op.mixed(cell.zoneout_h, h, shown), op.mixed(cell.zoneout_c, c, new)


def _variant(op: _Step, cell: Any, a: str, h: str, c: str) -> tuple[str, ...]:
    gate = dict(zip(cell.gate_names, op.gates(a, len(cell.gate_names), h), strict=True))

    def opened(name: str, value: str, seen: str) -> str:
        """The gate times a value; one that is not there is open."""
        if name not in gate:
            return value
        return op.Mul(op.Sigmoid(op.Add(gate[name], op.Mul(op.weights[f"p.{name}"], seen))), value)

    entering = opened("i", gate["g"] if cell.variant == "NIAF" else op.Tanh(gate["g"]), c)
    staying = op.Sub(c, opened("i", c, c)) if cell.variant == "CIFG" else opened("f", c, c)
    c = op.Add(staying, entering)
    return opened("o", c if cell.variant == "NOAF" else op.Tanh(c), c), c


def _full_gate(op: _Step, cell: Any, a: str, h: str, c: str, s: str) -> tuple[str, ...]:
    *gates, g = op.gates(a, 4, h)
    i, f, o = map(op.Add, gates, op.Split(op.MatMul(s, op.weights["V"]), outputs=3, axis=-1, num_outputs=3))
    i, f = (op.Sigmoid(op.Add(gate, op.Mul(op.weights[p], c))) for gate, p in ((i, "p.i"), (f, "p.f")))
    c = op.Add(op.Mul(f, c), op.Mul(i, op.Tanh(g)))
    o = op.Sigmoid(op.Add(o, op.Mul(op.weights["p.o"], c)))
    return op.Mul(o, op.Tanh(c)), c, op.Concat(i, f, o, axis=-1)


def _blocks(op: _Step, cell: Any, a: str, h: str, c: str) -> tuple[str, ...]:
    slope, reach = (op.number(value) for value in cell.squashings[cell.squashing])
    a = op.Add(a, op.MatMul(h, op.weights["U"]))
    sizes = [cell._block(name).stop - cell._block(name).start for name in cell.gate_names]
    i, g, o = op.Split(a, op.body.constant(sizes), outputs=3, axis=-1)
    of_cells = op.body.constant(np.repeat(np.arange(sizes[0]), cell.block_size))
    i, o = (op.Gather(op.Sigmoid(gate), of_cells, axis=-1) for gate in (i, o))
    c = op.Add(c, op.Mul(i, op.Mul(reach, op.Tanh(op.Mul(slope, g)))))
    return op.Mul(o, op.Tanh(op.Mul(slope, c))), c


def _layer_norm(op: _Step, cell: Any, a: str, h: str, c: str) -> tuple[str, ...]:
    def normalised(value: str, gain: str, shift: str) -> str:
        return op.LayerNormalization(value, gain, shift, axis=-1, epsilon=cell.epsilon)

    weights = ([op.weights[f"{name}.{gate}"] for gate in "ifgo"] for name in ("gain", "b"))
    i, f, g, o = map(normalised, op.gates(a, 4, h), *weights)
    c = op.Add(op.Mul(op.Sigmoid(f), c), op.Mul(op.Sigmoid(i), op.Tanh(g)))
    s = normalised(c, op.weights["gain.c"], op.weights["bc"])
    return op.Mul(op.Sigmoid(o), op.Tanh(s)), s if cell.form == "state" else c


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
    NoisyLSTM: _noisy,
    LayerNormLSTM: _layer_norm,
    VariantLSTM: _variant,
    FullGateLSTM: _full_gate,
    BlockLSTM97: _blocks,
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
        peeping = [name for name in cell.gate_names if name != "g"]
        rows = graph("Split", [weights["p"]], place, len(peeping), axis=0, num_outputs=len(peeping))
        weights |= {f"p.{gate}": row for gate, row in zip(peeping, rows, strict=True)}
    a = graph("MatMul", [flow.name, weights["W"]], place)
    if "gain" in weights:  # b comes after the normalisation
        rows = graph("Split", [weights["gain"]], place, 5, axis=0, num_outputs=5)
        rows = [graph("Squeeze", [row, graph.constant([0])], place) for row in rows]
        shifts = graph("Split", [weights["b"]], place, 4, axis=0, num_outputs=4)
        weights |= {f"gain.{gate}": row for gate, row in zip("ifgoc", rows, strict=True)}
        weights |= {f"b.{gate}": shift for gate, shift in zip("ifgo", shifts, strict=True)}
    else:
        a = graph("Add", [a, weights["b"]], place)
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
