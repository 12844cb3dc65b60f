"""Every cell that ONNX has against ONNX Runtime, which shares nothing with this package and has peepholes."""

import numpy as np
import pytest
from cases import CELLS, case_id, random_state

from lstm_edu.interop import onnx as layout

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")

KNOWN = [
    cell for cell in CELLS if cell.layer in layout.OPERATORS and "cell_clip" not in cell.arguments
]  # a cell of one's own is refused: tests/interop


def run_onnx(layer, x, state):
    operator, attributes = layout.operator(layer)
    given = {"X": x, **layout.to_arrays(layer), "h0": state[0][None]}
    order = ["X", "W", "R", "B", "", "h0"]
    outputs = ["Y", "Y_h"]
    if operator == "LSTM":
        order.append("c0")
        given["c0"] = state[1][None]
        outputs.append("Y_c")
        if "P" in given:
            order.append("P")
    given = {name: np.ascontiguousarray(value, np.float32) for name, value in given.items()}
    node = onnx.helper.make_node(operator, order, outputs, **attributes)
    value = onnx.helper.make_tensor_value_info
    graph = onnx.helper.make_graph(
        [node],
        "cell",
        [value(name, onnx.TensorProto.FLOAT, array.shape) for name, array in given.items()],
        [value(name, onnx.TensorProto.FLOAT, None) for name in outputs],
    )
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 22)], ir_version=10)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    Y, *final = session.run(None, given)
    return Y[:, 0], [f[0] for f in final]


@pytest.mark.parametrize("size", [(7, 5, 3, 6), (8, 2, 4, 17)], ids=case_id)
@pytest.mark.parametrize("cell", KNOWN, ids=case_id)
def test_outputs_and_final_states_equal_those_of_onnx_runtime(cell, size):
    T, B, D, H = size
    rng = np.random.default_rng(5)
    layer = cell.make(D, H, np.float32)
    x = rng.standard_normal((T, B, D)).astype(np.float32)
    state = random_state(layer, B, rng)
    y, tape = layer.forward(x, state)
    expected, expected_state = run_onnx(layer, x, state)
    np.testing.assert_allclose(y, expected, rtol=0, atol=3e-6)
    for got, want in zip(tape.state, expected_state, strict=True):
        np.testing.assert_allclose(got, want, rtol=0, atol=3e-6 * max(1, np.abs(want).max()))
