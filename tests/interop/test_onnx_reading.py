"""Files of ONNX that others wrote: the network that is read computes what ONNX Runtime computes from the file."""

import io
import json
import warnings

import numpy as np
import pytest
from cases import CELLS
from onnx_runtime import node, onnx, run, write

import lstm_edu as le
from lstm_edu.interop import from_onnx, to_onnx
from lstm_edu.interop import onnx as layout
from lstm_edu.nn.architecture import describe

T, B, D, H = 7, 4, 3, 6


def drawn(*shape, seed=0):
    return (0.5 * np.random.default_rng([seed, *shape]).standard_normal(shape)).astype(np.float32)


def recurrent(name, D=D, H=H, directions=1, prefix="", peepholes=False):
    """Random weights of an operator."""
    G = {"RNN": 1, "LSTM": 4, "GRU": 3}[name]
    found = {
        "W": drawn(directions, G * H, D), "R": drawn(directions, G * H, H), "B": drawn(directions, 2 * G * H),
    } | ({"P": drawn(directions, 3 * H)} if peepholes else {})  # fmt: skip
    return {prefix + key: array for key, array in found.items()}


def agrees(path, x=None, kinds=None, batch_first=False):
    """The network computes what ONNX Runtime does, and is of these layers."""
    x = drawn(T, B, D, seed=9) if x is None else x
    net = from_onnx(path)
    wanted = run(path, x=x.swapaxes(0, 1) if batch_first else x)["y"]
    got = net(x)
    if batch_first and wanted.ndim == 3:
        wanted = wanted.swapaxes(0, 1)
    assert got.shape == wanted.shape
    np.testing.assert_allclose(got, wanted, rtol=0, atol=2e-6)
    if kinds is not None:
        assert [type(layer).__name__ for layer in net.layers] == kinds.split()
    return net


SQUEEZE = node("Squeeze", "Y one", "h")
ONE = {"one": np.array([1])}


@pytest.mark.parametrize(
    ("name", "peepholes", "attributes", "kind"),
    [
        ("RNN", False, {}, "RNN"),
        ("LSTM", False, {}, "LSTM"),
        ("LSTM", True, {"activations": ["Sigmoid", "Tanh", "Tanh"]}, "PeepholeLSTM"),
        ("LSTM", False, {"input_forget": 1}, "CoupledLSTM"),
        ("GRU", False, {}, "GRU"),
        ("GRU", False, {"linear_before_reset": 1, "direction": "forward"}, "GRU"),
    ],
)
def test_one_operator_and_a_matrix(name, peepholes, attributes, kind, tmp_path):
    arrays = recurrent(name, peepholes=peepholes) | ONE | {"M": drawn(H, 2), "b": drawn(2)}
    given = "x W R B - - - P" if peepholes else "x W R B"
    nodes = [
        node(name, given, "Y Yh", hidden_size=H, **attributes), SQUEEZE,
        node("MatMul", "h M", "a"), node("Add", "b a", "y"),
    ]  # fmt: skip
    agrees(write(tmp_path / "f.onnx", nodes, arrays), kinds=f"{kind} Dense")


def test_without_biases_they_are_zero(tmp_path):
    arrays = recurrent("LSTM") | ONE | {"M": drawn(H, 2)}
    nodes = [node("LSTM", "x W R", "Y", hidden_size=H), SQUEEZE, node("MatMul", "h M", "y")]
    net = agrees(write(tmp_path / "f.onnx", nodes, arrays), kinds="LSTM Dense")
    assert not net.params["0.b"].any()
    assert not net.params["1.b"].any()


@pytest.mark.parametrize("turned", [0, 1])
def test_the_last_step_or_the_final_state_through_gemm(turned, tmp_path):
    arrays = recurrent("GRU") | ONE | {"M": drawn(2, H) if turned else drawn(H, 2), "b": drawn(2), "end": np.array(-1)}
    arrays |= {"zero": np.array([0])}
    cell = node("GRU", "x W R B", "Y Yh", hidden_size=H)
    gemm = node("Gemm", "last M b", "a", transB=turned)
    last = [SQUEEZE, node("Gather", "h end", "last", axis=0)]
    net = agrees(write(tmp_path / "f.onnx", [cell, *last, gemm, node("Sigmoid", "a", "y")], arrays), kinds="GRU Dense")
    assert net.layers[1].steps == "last"
    assert net.layers[1].activation == "sigmoid"
    again = agrees(
        write(tmp_path / "f.onnx", [cell, node("Squeeze", "Yh zero", "last"), gemm, node("Tanh", "a", "y")], arrays)
    )
    assert describe(again.layers[0]) == describe(net.layers[0])
    assert again.layers[1].steps == "last"


@pytest.mark.parametrize("merge", ["concat", "sum"])
def test_both_directions_one_above_the_other(merge, tmp_path):
    wide = 2 * H if merge == "concat" else H
    arrays = recurrent("LSTM", directions=2) | recurrent("GRU", wide, 5, 2, "2.") | {"sides": np.array([0, 0, -1])}
    arrays |= {"M": drawn(10, 2), "b": drawn(2), "ends": np.array([0, -1]), **ONE}
    joined = {
        "concat": [node("Transpose", "Y", "Z", perm=[0, 2, 1, 3]), node("Reshape", "Z sides", "h")],
        "sum": [node("ReduceSum", "Y one", "h", keepdims=0)],
    }[merge]
    nodes = [
        node("LSTM", "x W R B", "Y", hidden_size=H, direction="bidirectional"), *joined,
        node("GRU", "h 2.W 2.R 2.B", "unused Yh", hidden_size=5, direction="bidirectional"),
        node("Transpose", "Yh", "Zh", perm=[1, 0, 2]), node("Reshape", "Zh ends", "last"),
        node("Gemm", "last M b", "y"),
    ]  # fmt: skip
    net = agrees(write(tmp_path / "f.onnx", nodes, arrays), kinds="Bidirectional Bidirectional Dense")
    assert [layer.steps for layer in net.layers] == ["all", "last", "all"]
    assert net.layers[0].merge == merge


def test_the_squashing_of_1997_in_both_directions(tmp_path):
    cells = [le.LSTM97(D, H, squashing="1997", rng=k) for k in (1, 2)]
    to_onnx(le.Bidirectional(*cells), tmp_path / "f.onnx")
    model = onnx.load(tmp_path / "f.onnx")
    del model.metadata_props[:]
    (tmp_path / "f.onnx").write_bytes(model.SerializeToString())
    net = agrees(tmp_path / "f.onnx", kinds="Bidirectional")
    assert [layer.squashing for layer in net.layers[0].children().values()] == ["1997", "1997"]


def test_convolution_pooling_and_a_way_past_a_layer(tmp_path):
    arrays = (
        {"F": drawn(H, D, 4), "f": drawn(H)} | recurrent("RNN", H, H) | ONE | {"M": drawn(H, 2), "b": drawn(1, 1, 2)}
    )
    nodes = [
        node("Transpose", "x", "x'", perm=[1, 2, 0]),
        node("Conv", "x' F f", "c", kernel_shape=[4], pads=[3, 0], strides=[2]), node("Relu", "c", "c+"),
        node("MaxPool", "c+", "p", kernel_shape=[2]), node("Transpose", "p", "in", perm=[2, 0, 1]),
        node("RNN", "in W R B", "Y", hidden_size=H), SQUEEZE, node("Dropout", "h", "h-"), node("Add", "in h-", "s"),
        node("MatMul", "s M", "a"), node("Add", "a b", "y"),
    ]  # fmt: skip
    net = agrees(write(tmp_path / "f.onnx", nodes, arrays), kinds="Conv1D MaxPool1D Residual Dense")
    assert (net.layers[0].padding, net.layers[0].activation, net.layers[1].stride) == ("causal", "relu", 1)
    assert [type(layer).__name__ for layer in net.layers[2].layer.layers] == ["RNN", "Dropout"]


def test_symbols_with_the_batch_first(tmp_path):
    arrays = {"E": drawn(11, D)} | recurrent("GRU") | ONE | {"M": drawn(H, 2)}
    nodes = [
        node("Gather", "E x", "e"), node("Transpose", "e", "t", perm=[1, 0, 2]),
        node("GRU", "t W R B", "Y", hidden_size=H), SQUEEZE, node("Transpose", "h", "h'", perm=[1, 0, 2]),
        node("MatMul", "h' M", "y"),
    ]  # fmt: skip
    x = np.random.default_rng(0).integers(0, 11, (T, B))
    agrees(write(tmp_path / "f.onnx", nodes, arrays, ("B", "T"), symbols=True), x, "Embedding GRU Dense", True)


def test_initial_states_and_lengths_may_be_inputs_and_constants_zero(tmp_path):
    value, types = onnx.helper.make_tensor_value_info, onnx.TensorProto
    more = [value("h0", types.FLOAT, (1, "B", H)), value("n", types.INT32, ("B",))]
    arrays = recurrent("LSTM") | ONE | {"c0": np.zeros((1, B, H), np.float32)}
    nodes = [node("LSTM", "x W R B n h0 c0", "Y Yh Yc", hidden_size=H), node("Squeeze", "Y one", "y")]
    path = write(tmp_path / "f.onnx", nodes, arrays, outputs=("y", "Yh", "Yc"), more=more)
    net, x, h0, n = from_onnx(path), drawn(T, B, D), drawn(1, B, H), np.array([7, 2, 5, 1], np.int32)
    got = run(path, x=x, h0=h0, n=n)
    y, tape = net.forward(x, ((h0[0], np.zeros((B, H))),), lengths=n)
    np.testing.assert_allclose(got["y"], np.where((np.arange(T)[:, None] < n)[..., None], y, 0), rtol=0, atol=2e-6)
    np.testing.assert_allclose(got["Yc"][0], tape.state[0][1], rtol=0, atol=2e-6)


def test_the_words_of_an_older_opset(tmp_path):
    nodes = [
        node("GRU", "x W R B", "Y", hidden_size=H), node("Squeeze", "Y", "h", axes=[1]),
        node("Dropout", "h", "d", ratio=0.25), node("MatMul", "d M", "y"),
    ]  # fmt: skip
    path = write(tmp_path / "f.onnx", nodes, recurrent("GRU") | {"M": drawn(H, 2)}, opset=11)
    assert agrees(path, kinds="GRU Dropout Dense").layers[1].rate == 0.25


def test_float64_weights_make_a_float64_network(tmp_path):
    layer = next(cell for cell in CELLS if cell.name == "gru-after").make(D, H, np.float64)
    name, attributes = layout.operator(layer)
    nodes = [node(name, "x W R B", "Y", **attributes), node("Squeeze", "Y one", "y")]
    net = from_onnx(write(tmp_path / "f.onnx", nodes, layout.to_arrays(layer) | ONE))
    assert net.dtype == np.float64
    assert net.params.flat.tobytes() == layer.params.flat.tobytes()


ROWS = {
    "lstm": lambda: [le.LSTM(D, H, rng=0), le.Dense(H, 2, rng=1)],
    "deep": lambda: [le.PeepholeLSTM(D, 5, rng=0), le.GRU(5, H, reset_after=True, rng=1),
             le.Dense(H, 2, steps="last", rng=2)],
    "1997": lambda: [le.LSTM97(D, H, squashing="1997", rng=0), le.CoupledLSTM(H, 5, rng=1), le.Dense(5, 2, rng=2)],
    "both": lambda: [le.Bidirectional(le.LSTM(D, H, rng=0), rng=1),
             le.Bidirectional(le.RNN(2 * H, 5, rng=2), steps="last", rng=3)],
    "around": lambda: [
        le.Embedding(11, H, rng=0), le.Residual(le.Sequential([le.GRU(H, H, rng=1), le.Dropout(0.3)])),
        le.Conv1D(H, 5, 3, activation="relu", rng=2), le.MaxPool1D(2), le.Dense(5, 2, activation="tanh", rng=3),
    ],
}  # fmt: skip


@pytest.mark.parametrize("states", [False, True])
@pytest.mark.parametrize("name", ROWS)
def test_a_row_of_layers_is_read_without_what_the_file_says_of_itself(name, states, tmp_path):
    net = le.Sequential(ROWS[name]())
    to_onnx(net, tmp_path / "f.onnx", states=states)
    model = onnx.load(tmp_path / "f.onnx")
    del model.metadata_props[:]
    (tmp_path / "f.onnx").write_bytes(model.SerializeToString())
    again = from_onnx(tmp_path / "f.onnx")
    assert list(again.params.shapes.items()) == list(net.params.shapes.items())
    assert again.params.flat.tobytes() == net.params.flat.tobytes()


def test_what_a_file_says_of_itself_is_believed_only_if_the_graph_is_that(tmp_path):
    net, other = le.Sequential([le.GRU(D, H, rng=0)]), le.Sequential([le.Bidirectional(le.GRU(D, H, rng=0), rng=1)])
    to_onnx(other, tmp_path / "f.onnx")
    said = {entry.key: entry.value for entry in onnx.load(tmp_path / "f.onnx").metadata_props}
    to_onnx(net, tmp_path / "f.onnx")
    model = onnx.load(tmp_path / "f.onnx")
    for text in (
        said["lstm_edu"], "", "7", "[" * 10_000, json.dumps({"architecture": {"class": "Dense"}}),
        json.dumps({"architecture": describe(le.GRU(D, H, reset_after=True)), "states": False, "lengths": False}),
        json.dumps({"architecture": {"class": "Embedding", "symbols": 2**40, "units": 2**20, "dtype": "float32"}}),
    ):  # fmt: skip
        onnx.helper.set_model_props(model, {"lstm_edu": text})
        (tmp_path / "f.onnx").write_bytes(model.SerializeToString())
        again = from_onnx(tmp_path / "f.onnx")
        assert describe(again) == describe(net)
        assert again.params.flat.tobytes() == net.params.flat.tobytes()


# PyTorch, if it is there


def exported(module, x, path, **more):
    torch = pytest.importorskip("torch")
    file = io.BytesIO()
    axes = {"x": {0: "a", 1: "b"}}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module.eval(), (torch.from_numpy(x),), file, dynamo=False, opset_version=17, input_names=["x"],
            output_names=["y"], dynamic_axes=axes if more.get("dynamic", True) else None,
        )  # fmt: skip
    path.write_bytes(file.getvalue())
    return path


@pytest.mark.parametrize("dynamic", [True, False])
@pytest.mark.parametrize("last", [True, False])
@pytest.mark.parametrize("batch_first", [True, False])
@pytest.mark.parametrize(("kind", "layers", "both"), [("LSTM", 2, False), ("GRU", 2, True), ("RNN", 1, True)])
def test_what_pytorch_writes_is_read(kind, layers, both, batch_first, last, dynamic, tmp_path):
    nn = pytest.importorskip("torch").nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            options = {"batch_first": batch_first, "bidirectional": both, "num_layers": layers}
            self.cells, self.head = getattr(nn, kind)(D, H, **options), nn.Linear(H * (1 + both), 2)

        def forward(self, x):
            y, _ = self.cells(x)
            return self.head((y[:, -1] if batch_first else y[-1]) if last else y)

    x = drawn(T, B, D)
    given = np.ascontiguousarray(x.swapaxes(0, 1)) if batch_first else x
    path = exported(Net(), given, tmp_path / "f.onnx", dynamic=dynamic)
    agrees(path, x, " ".join(["Bidirectional" if both else kind] * layers + ["Dense"]), batch_first)


def test_a_convolution_and_an_embedding_of_pytorch_are_read(tmp_path):
    nn = pytest.importorskip("torch").nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.table, self.filters = nn.Embedding(11, D), nn.Conv1d(D, 5, 3, padding=1)
            self.cell = nn.GRU(5, H, batch_first=True)
            self.head = nn.Sequential(nn.Dropout(0.3), nn.Linear(H, 4), nn.Tanh(), nn.Linear(4, 2))

        def forward(self, x):
            y = self.filters(self.table(x).transpose(1, 2)).relu().transpose(1, 2)
            return self.head(self.cell(y)[0])

    x = np.random.default_rng(0).integers(0, 11, (T, B))
    path = exported(Net(), np.ascontiguousarray(x.T), tmp_path / "f.onnx")
    agrees(path, x, "Embedding Conv1D GRU Dense Dense", True)
