"""Options of the cells: switched off they are the cell itself, and other libraries' switches agree with them."""

import numpy as np
import pytest
from cases import assert_same, given, one_pass

import lstm_edu as le
from lstm_edu.cells import LSTM, CoupledLSTM, PeepholeLSTM, ProjectedLSTM
from lstm_edu.core.blank import Blank
from lstm_edu.interop import onnx as onnx_layout
from lstm_edu.interop import torch as torch_layout
from lstm_edu.interop.blocks import to_rows

pytestmark = pytest.mark.kernels

T, B, D, H, P = 6, 3, 4, 7, 5


@pytest.mark.parametrize("cell", [LSTM, PeepholeLSTM])
def test_a_clip_that_nothing_reaches_is_the_cell_itself(cell):
    plain, clipped = cell(D, H, dtype=np.float64, rng=1), cell(D, H, cell_clip=50.0, dtype=np.float64, rng=1)
    arguments = given(plain)
    assert_same(one_pass(plain, *arguments), one_pass(clipped, *arguments))


def test_a_clip_holds_the_cell_and_lets_no_gradient_through_where_it_does():
    layer = LSTM(1, 1, cell_clip=0.5, dtype=np.float64)
    layer.params.flat[:] = 0
    layer.params["b"] = [9.0, 9.0, 9.0, 9.0]  # all gates open: c would be 1, 2, 3, ...
    x = np.zeros((4, 1, 1))
    _, tape = layer.forward(x)
    np.testing.assert_array_equal(tape.c[1:, 0, 0], 0.5)
    _, grads, (_, dc) = layer.backward(np.ones((4, 1, 1)), tape)
    assert dc == 0
    assert grads["b"][:3].tolist() == [0, 0, 0]
    assert grads["b"][3] > 0  # the output gate still moves h


def test_a_projection_by_the_identity_is_the_lstm():
    plain, wide = PeepholeLSTM(D, H, dtype=np.float64, rng=1), ProjectedLSTM(D, H, H, peepholes=True, dtype=np.float64)
    for name in plain.params:
        wide.params[name] = plain.params[name]
    wide.params["R"] = np.eye(H)
    plain.params["p"] = wide.params["p"] = np.random.default_rng(0).normal(size=(3, H))
    arguments = given(plain)
    one, other = one_pass(plain, *arguments), one_pass(wide, *arguments)
    assert_same(one, other)


def test_coupled_gates_are_an_lstm_whose_input_gate_is_what_the_forget_gate_leaves():
    plain, coupled = LSTM(D, H, dtype=np.float64, rng=1), CoupledLSTM(D, H, dtype=np.float64, rng=2)
    for name in plain.params:
        f, g, o = np.split(coupled.params[name], 3, axis=-1)
        plain.params[name] = np.concatenate([-f, f, g, o], axis=-1)  # sigmoid(-a) = 1 - sigmoid(a)
    arguments = given(plain)
    one, other = one_pass(plain, *arguments), one_pass(coupled, *arguments)
    assert_same(one, other, ("y", "dx", "state 0", "state 1", "state 2", "state 3"))
    for name in coupled.params:
        i, f, g, o = np.split(one[name], 4, axis=-1)
        np.testing.assert_allclose(np.concatenate([f - i, g, o], axis=-1), other[name], atol=1e-13)


def test_both_ways_to_couple_are_the_same_function_with_the_other_sign():
    keeps, admits = (CoupledLSTM(D, H, gate=gate, dtype=np.float64, rng=1) for gate in "fi")
    for name in keeps.params:
        admits.params[name] = keeps.params[name]
        admits.params[name][..., :H] *= -1
    assert keeps.params["b"][0] == -admits.params["b"][0] == 1
    arguments = given(keeps)
    one, other = one_pass(keeps, *arguments), one_pass(admits, *arguments)
    assert_same(one, other, ("y", "dx", "state 0", "state 1", "state 2", "state 3"))


def test_a_projection_agrees_with_pytorchs_proj_size():
    torch = pytest.importorskip("torch")
    layer = ProjectedLSTM(D, H, P, dtype=np.float64, rng=3)
    layer.params["b"] = np.random.default_rng(1).normal(size=4 * H)
    peer = torch.nn.LSTM(D, H, proj_size=P, dtype=torch.float64)
    arrays = torch_layout.to_arrays(layer)
    peer.load_state_dict({name: torch.tensor(array) for name, array in arrays.items()})
    x, (h, c), dy, _ = given(layer)
    y, tape = layer.forward(x, (h, c))
    Y, _ = peer(torch.tensor(x), (torch.tensor(h[None]), torch.tensor(c[None])))
    (Y * torch.tensor(dy)).sum().backward()
    grads = layer.backward(dy, tape)[1]
    np.testing.assert_allclose(y, Y.detach().numpy(), atol=1e-12)
    np.testing.assert_allclose(grads["R"].T, peer.weight_hr_l0.grad.numpy(), atol=1e-12)
    np.testing.assert_allclose(grads["U"].T, peer.weight_hh_l0.grad.numpy(), atol=1e-12)


def test_a_coupled_input_gate_agrees_with_onnx_runtimes_input_forget():
    onnx = pytest.importorskip("onnx")
    runtime = pytest.importorskip("onnxruntime")
    layer = CoupledLSTM(D, H, gate="i", rng=3)
    W, R = (to_rows(layer.params[k], "igo", "iofg")[None] for k in ("W", "U"))
    bias = np.concatenate([to_rows(layer.params["b"], "igo", "iofg"), np.zeros(4 * H, np.float32)])[None]
    x = np.random.default_rng(0).normal(size=(T, B, D)).astype(np.float32)
    arrays = {"X": x, "W": W, "R": R, "B": bias}
    node = onnx.helper.make_node("LSTM", list(arrays), ["Y"], hidden_size=H, input_forget=1)
    value = onnx.helper.make_tensor_value_info
    graph = onnx.helper.make_graph(
        [node],
        "cell",
        [value(name, onnx.TensorProto.FLOAT, array.shape) for name, array in arrays.items()],
        [value("Y", onnx.TensorProto.FLOAT, None)],
    )
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 22)], ir_version=10)
    session = runtime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    np.testing.assert_allclose(layer(x), session.run(None, arrays)[0][:, 0], atol=3e-6)


@pytest.mark.parametrize("layout", [torch_layout.class_name, onnx_layout.operator])
def test_other_layouts_refuse_what_they_cannot_say(layout):
    with pytest.raises(ValueError, match="cell_clip"):
        layout(LSTM(2, 3, cell_clip=1.0))


def test_an_older_file_without_an_option_loads_as_the_cell_without_it(tmp_path):
    le.save(LSTM(2, 3, rng=0), tmp_path / "plain")
    assert b"cell_clip" not in (tmp_path / "plain").read_bytes()
    assert le.load(tmp_path / "plain").cell_clip is None
    le.save(LSTM(2, 3, cell_clip=2.0, rng=0), tmp_path / "clipped")
    assert le.load(tmp_path / "clipped").cell_clip == 2.0


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: LSTM(2, 3, cell_clip=0), "cell_clip must be"),
        (lambda: CoupledLSTM(2, 3, gate="o"), "unknown gate 'o'"),
        (lambda: ProjectedLSTM(2, 3, 0), "projection must be a whole number of at least 1"),
        (lambda: ProjectedLSTM(2, 3, 1, peepholes=1), "peepholes must be True or False"),
        (lambda: ProjectedLSTM(2, 3, 1, projection_clip=-1), "projection_clip must be"),
    ],
)
def test_what_no_option_can_be_is_refused_in_words(make, words):
    with pytest.raises(ValueError, match=words):
        make()


@pytest.mark.parametrize(
    "make",
    [
        lambda rng: ProjectedLSTM(2, 3, 4, rng=rng),
        lambda rng: le.MinGRU(2, 3, rng=rng),
        lambda rng: le.FullGateLSTM(2, 3, rng=rng),
        lambda rng: le.BlockLSTM97(2, 6, block_size=3, rng=rng),
    ],
)
def test_a_layer_whose_weights_come_from_a_file_draws_none(make):
    assert not make(Blank()).params["W"].any()
    assert make(0).params["W"].all()
