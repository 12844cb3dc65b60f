"""Every cell against ONNX Runtime, an implementation that shares nothing with this one and has peepholes.

ONNX: W (1, G*H, D), R (1, G*H, H), B (1, 2*G*H) with a second bias for the recurrent side; blocks i o f c and z r h.
"""

import numpy as np
import pytest
from cases import CELLS, case_id, random_state

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")

LSTM_ACTIVATIONS = {
    # 4 sigmoid(x) - 2 = 2 tanh(x/2), 2 sigmoid(x) - 1 = tanh(x/2): ONNX's ScaledTanh is alpha tanh(beta x)
    "lstm97-1997": {
        "activations": ["Sigmoid", "ScaledTanh", "ScaledTanh"],
        "activation_alpha": [2.0, 1.0],
        "activation_beta": [0.5, 0.5],
    }
}
FORGET_NOTHING = 20.0  # sigmoid(20) = 1 in float32: the constant error carousel


def blocks(array, ours, theirs):
    """Reorder column blocks named by `ours` into the order `theirs`; a missing block is zero. (n, G*H) -> (G*H, n)"""
    cut = dict(zip(ours, np.split(array, len(ours), axis=-1), strict=True))
    return np.concatenate([cut.get(name, np.zeros_like(cut[ours[0]])) for name in theirs], axis=-1).T


def as_onnx(cell, layer):
    """The operator, its attributes and its weights."""
    p, H = layer.params, layer.units
    if cell.name == "rnn":
        bias = np.concatenate([p["b"], np.zeros(H)])
        return "RNN", {"activations": ["Tanh"]}, p["W"].T, p["U"].T, bias, None
    if cell.name.startswith("gru"):
        after = int(cell.arguments["reset_after"])
        inner = np.zeros(3 * H)
        if after:
            inner[2 * H :] = p["bn"]
        bias = np.concatenate([blocks(p["b"], "rzn", "zrn"), inner])
        attributes = {"linear_before_reset": after}
        return "GRU", attributes, blocks(p["W"], "rzn", "zrn"), blocks(p["U"], "rzn", "zrn"), bias, None
    ours = "igo" if cell.name.startswith("lstm97") else "ifgo"
    bias = blocks(p["b"], ours, "iofg")
    if ours == "igo":
        bias[2 * H : 3 * H] = FORGET_NOTHING
    peepholes = np.concatenate([p["p"][0], p["p"][2], p["p"][1]]) if "p" in p else None
    bias = np.concatenate([bias, np.zeros(4 * H)])
    attributes = LSTM_ACTIVATIONS.get(cell.name, {})
    return "LSTM", attributes, blocks(p["W"], ours, "iofg"), blocks(p["U"], ours, "iofg"), bias, peepholes


def run_onnx(cell, layer, x, state):
    operator, attributes, W, R, bias, peepholes = as_onnx(cell, layer)
    given = {"X": x, "W": W[None], "R": R[None], "B": bias[None], "h0": state[0][None]}
    order = ["X", "W", "R", "B", "", "h0"]
    outputs = ["Y", "Y_h"]
    if operator == "LSTM":
        order.append("c0")
        given["c0"] = state[1][None]
        outputs.append("Y_c")
        if peepholes is not None:
            order.append("P")
            given["P"] = peepholes[None]
    given = {name: np.ascontiguousarray(value, np.float32) for name, value in given.items()}
    node = onnx.helper.make_node(operator, order, outputs, hidden_size=layer.units, **attributes)
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
@pytest.mark.parametrize("cell", CELLS, ids=case_id)
def test_outputs_and_final_states_equal_those_of_onnx_runtime(cell, size):
    T, B, D, H = size
    rng = np.random.default_rng(5)
    layer = cell.make(D, H, np.float32)
    x = rng.standard_normal((T, B, D)).astype(np.float32)
    state = random_state(layer, B, rng)
    y, tape = layer.forward(x, state)
    expected, expected_state = run_onnx(cell, layer, x, state)
    np.testing.assert_allclose(y, expected, rtol=0, atol=3e-6)
    for got, want in zip(tape.state, expected_state, strict=True):
        np.testing.assert_allclose(got, want, rtol=0, atol=3e-6 * max(1, np.abs(want).max()))
