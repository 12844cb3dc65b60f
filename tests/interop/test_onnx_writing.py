"""Networks in ONNX files: ONNX Runtime computes what the network computes, and the network comes back bit for bit."""

import subprocess
import sys

import numpy as np
import pytest
from cases import CELLS, case_id, random_state
from onnx_runtime import onnx, run

import lstm_edu as le
from lstm_edu.core import About
from lstm_edu.interop import from_onnx, to_onnx
from lstm_edu.nn.architecture import describe

T, B, D, H = 9, 5, 3, 6
LENGTHS = np.array([9, 4, 5, 6, 8])
OWN = CELLS[-1]
KNOWN = CELLS[:-1]


def filled(net, seed=3):
    """A network whose every parameter is random: a bias of zero would hide an error."""
    net.params.flat[:] = 0.5 * np.random.default_rng(seed).standard_normal(net.params.flat.size)
    return net


def close(got, wanted):
    """float32 on both sides: 2e-6, for states that grow beyond 1 of their size."""
    assert got.shape == wanted.shape
    np.testing.assert_allclose(got, wanted, rtol=0, atol=2e-6 * max(1, np.abs(wanted).max()))


def real(y, lengths):
    """y without what is beyond the lengths."""
    return np.where((np.arange(len(y))[:, None] < lengths)[..., None], y, 0)


def named(prefix, net, state):
    """The states of a network by the names of their inputs or outputs."""
    if not net.children():
        names = getattr(net, "state_names", ())
        return {".".join([*prefix, name]): array for name, array in zip(names, state or (), strict=True)}
    found = {}
    for (name, child), own in zip(net.children().items(), state, strict=True):
        found |= named((*prefix, name), child, own)
    return found


def states_of(net, rng):
    if not net.children():
        return random_state(net, B, rng) if hasattr(net, "state_names") else ()
    return tuple(states_of(child, rng) for child in net.children().values())


def same(net, again):
    assert describe(again) == describe(net)
    assert again.params.flat.dtype == net.params.flat.dtype
    assert list(again.params.shapes.items()) == list(net.params.shapes.items())
    assert again.params.flat.tobytes() == net.params.flat.tobytes()


NETS = {
    "one above the other": lambda: [
        le.LSTM(D, H), le.GRU(H, 4, reset_after=True), le.RNN(4, 7), le.Dense(7, 2, activation="sigmoid"),
    ],
    "the last step": lambda: [le.PeepholeLSTM(D, H), le.Dense(H, 4, steps="last", activation="tanh"), le.Dense(4, 2)],
    "1997": lambda: [le.LSTM97(D, H, squashing="1997"), le.LSTM97(H, 4), le.Dense(4, 2)],
    "both directions": lambda: [
        le.Bidirectional(le.LSTM(D, H)), le.Bidirectional(le.GRU(2 * H, 4), merge="sum"), le.Dense(4, 2),
    ],
    "both directions of 1997": lambda: [le.Bidirectional(le.LSTM97(D, H, squashing="1997")), le.Dense(2 * H, 2)],
    "both directions, peepholes, at the end": lambda: [
        le.Bidirectional(le.PeepholeLSTM(D, H), steps="last"), le.Dense(2 * H, 2),
    ],
    "both directions, summed at the end": lambda: [le.Bidirectional(le.RNN(D, H), merge="sum", steps="last")],
    "directions of two kinds": lambda: [
        le.Bidirectional(le.LSTM(D, H), le.MinGRU(D, H)),
        le.Bidirectional(le.GRU(2 * H, 4, reset_after=True), le.GRU(2 * H, 4), merge="sum"),
        le.Bidirectional(le.LSTM(4, H), le.PeepholeLSTM(4, H), steps="last"),
    ],
    "both directions of networks": lambda: [
        le.Bidirectional(le.Sequential([le.GRU(D, 4), le.Dropout(0.2), le.SLSTM(4, H)]), steps="last", merge="sum"),
    ],
    "convolution and pooling": lambda: [
        le.Conv1D(D, 7, 4, stride=2, activation="relu"), le.MaxPool1D(2, 1), le.CoupledLSTM(7, H), le.Dropout(0.3),
        le.Dense(H, 2),
    ],
    "convolutions of every padding": lambda: [
        le.RNN(D, 7), le.Conv1D(7, 4, 3, padding="causal"), le.Conv1D(4, 8, 2, padding="valid", activation="tanh"),
        le.Conv1D(8, 2, 1, stride=2), le.Dense(2, 5, steps="last"),
    ],
    "ways past layers": lambda: [
        le.GRU(D, H), le.Residual(le.Sequential([le.LSTM(H, H), le.Dropout(0.2), le.Residual(le.RNN(H, H))])),
        le.Dense(H, 2),
    ],
    "symbols": lambda: [
        le.Embedding(11, D), le.Sequential([le.CoupledLSTM(D, H, gate="i"), le.MinLSTM(H, 4)]), le.Dense(4, 2),
    ],
    "symbols in both directions": lambda: [
        le.Bidirectional(le.Sequential([le.Embedding(11, D), le.ProjectedLSTM(D, H, 4)])), le.Dense(8, 2),
    ],
    "blocks, gates that see each other, and noise": lambda: [
        le.BlockLSTM97(D, H, block_size=3, squashing="1997"), le.FullGateLSTM(H, 4),
        le.NoisyLSTM(4, 7, recurrent_dropout=0.5, zoneout_h=0.3, zoneout_c=0.2), le.Dense(7, 2),
    ],
    "looks back, and at all steps": lambda: [
        le.GRU(D, H), le.Residual(le.Attention(H, H)), le.Attention(H, 4, causal=False), le.RNN(4, 2),
        le.Bidirectional(le.Attention(2, 3)), le.Dense(6, 2),
    ],
    "pooling alone": lambda: [le.MaxPool1D(3, 2)],
}  # fmt: skip


def inputs(net, rng):
    if len(net.input_shape()) == 2:
        return rng.integers(0, 11, (T, B))
    return rng.standard_normal((T, B, D)).astype(np.float32)


def agrees(net, path, states, lengths):
    """The file computes what the network does, and both come back."""
    rng = np.random.default_rng(5)
    x, initial = inputs(net, rng), states_of(net, rng) if states else None
    lengths = LENGTHS if lengths else None
    y, tape = net.forward(x, initial, lengths=lengths, training=False)
    to_onnx(net, path, states=states, lengths=lengths is not None)
    onnx.checker.check_model(str(path), full_check=True)
    given = {"x": x} | ({} if initial is None else named(("initial",), net, initial))
    got = run(path, **given, **({} if lengths is None else {"lengths": lengths}))
    final = named(("final",), net, tape.state)
    assert list(got) == ["y", *final]
    if lengths is not None and y.ndim == 3:
        ends = net.out_steps(lengths)
        got["y"], y = real(got["y"], ends), real(y, ends)
    close(got["y"], y)
    for name, state in final.items():
        close(got[name], state)
    same(net, from_onnx(path))


every_way = pytest.mark.parametrize(
    ("states", "lengths"), [(False, False), (True, False), (False, True), (True, True)],
    ids=["zero", "states", "lengths", "both"],
)  # fmt: skip


@every_way
@pytest.mark.parametrize("cell", KNOWN, ids=case_id)
def test_onnx_runtime_computes_what_each_cell_computes(cell, states, lengths, tmp_path):
    agrees(cell.make(D, H, np.float32), tmp_path / "net.onnx", states, lengths)


@every_way
@pytest.mark.parametrize("name", NETS)
def test_onnx_runtime_computes_what_a_network_computes(name, states, lengths, tmp_path):
    agrees(filled(le.Sequential(NETS[name]())), tmp_path / "net.onnx", states, lengths)


@pytest.mark.parametrize("cell", KNOWN, ids=case_id)
def test_steps_and_sequences_are_free_and_states_go_on(cell, tmp_path):
    layer, path, rng = cell.make(D, H, np.float32), tmp_path / "net.onnx", np.random.default_rng(2)
    to_onnx(layer, path, states=True)
    for size in (1, 4):
        x = rng.standard_normal((6, size, D)).astype(np.float32)
        y, tape = layer.forward(x)
        zeros = {f"initial.{name}": np.zeros_like(s) for name, s in zip(layer.state_names, tape.state, strict=True)}
        first = run(path, x=x[:2], **zeros)
        rest = run(path, x=x[2:], **{k.replace("final", "initial"): v for k, v in first.items() if k != "y"})
        close(np.concatenate([first["y"], rest["y"]]), y)
        for name, state in zip(layer.state_names, tape.state, strict=True):
            close(rest[f"final.{name}"], state)


def test_what_has_an_operator_is_one_and_all_else_a_scan(tmp_path):
    def operators(net):
        to_onnx(net, tmp_path / "net.onnx")
        return [node.op_type for node in onnx.load(tmp_path / "net.onnx").graph.node]

    for cell in KNOWN:
        found = operators(cell.make(D, H, np.float32))
        assert ("Scan" in found) is (cell.name in ("lstm-clipped", "peephole-clipped") or cell.layer in (
            le.ProjectedLSTM, le.MinGRU, le.MinLSTM, le.SLSTM, le.LayerNormLSTM, le.NoisyLSTM, le.VariantLSTM,
            le.FullGateLSTM, le.BlockLSTM97))  # fmt: skip
        assert sum(name in ("RNN", "LSTM", "GRU", "Scan") for name in found) == 1
    assert operators(le.Bidirectional(le.LSTM(D, H))).count("LSTM") == 1
    assert operators(le.Bidirectional(le.LSTM(D, H), le.PeepholeLSTM(D, H))).count("LSTM") == 2


@pytest.mark.parametrize("causal", [True, False])
def test_what_lies_beyond_a_length_reaches_no_step_that_looks(causal, tmp_path):
    layer, x = filled(le.Attention(D, H, causal=causal)), np.ones((T, B, D), np.float32)
    to_onnx(layer, tmp_path / "net.onnx", lengths=True)
    x[np.arange(T)[:, None] >= LENGTHS] = np.nan
    got = run(tmp_path / "net.onnx", x=x, lengths=LENGTHS)["y"]
    close(got, layer(x, lengths=LENGTHS))  # beyond the lengths as well: zeros


def test_the_long_memory_of_1997_loses_nothing_in_float32(tmp_path):
    layer = le.LSTM97(1, 1, rng=0)
    layer.params.flat[:] = 0
    to_onnx(layer, tmp_path / "net.onnx", states=True)
    c = np.array([[0.75]], np.float32)
    got = run(tmp_path / "net.onnx", **{"x": np.zeros((5000, 1, 1), "f4"), "initial.h": 0 * c, "initial.c": c})
    assert got["final.c"] == c


def test_the_file_says_what_goes_in_and_what_comes_out(tmp_path):
    net = le.Sequential([le.Embedding(7, 4), le.GRU(4, H), le.Dense(H, 2, steps="last")])
    to_onnx(net, tmp_path / "net.onnx", states=True, lengths=True)
    model = onnx.load(tmp_path / "net.onnx")

    def said(values):
        return {v.name: [d.dim_param or d.dim_value for d in v.type.tensor_type.shape.dim] for v in values}

    assert said(model.graph.input) == {"x": ["T", "B"], "lengths": ["B"], "initial.1.h": ["B", H]}
    assert said(model.graph.output) == {"y": ["B", 2], "final.1.h": ["B", H]}
    assert [(entry.domain, entry.version) for entry in model.opset_import] == [("", 22)]
    assert model.ir_version == 10
    assert model.producer_name == "lstm_edu"


@pytest.mark.parametrize("value", [-0.0, np.inf, np.nan, 1e-45, 20.0])
@pytest.mark.parametrize("cell", KNOWN, ids=case_id)
def test_every_number_comes_back_bit_for_bit(cell, value, tmp_path):
    layer = cell.make(D, H, np.float32)
    layer.params.flat[::3] = value
    to_onnx(layer, tmp_path / "net.onnx")
    same(layer, from_onnx(tmp_path / "net.onnx"))
    layer.params.flat[:] = value
    to_onnx(layer, tmp_path / "net.onnx")
    same(layer, from_onnx(tmp_path / "net.onnx"))


def test_what_the_numbers_mean_comes_back(tmp_path):
    net = le.Sequential([le.GRU(D, H, update_bias=2.0, rng=0), le.Dense(H, 2, rng=1)])
    net.about = About(loss="softmax_cross_entropy", classes=["cat", "dog"], trained={"steps": 7})
    to_onnx(net, tmp_path / "net.onnx")
    again = from_onnx(tmp_path / "net.onnx")
    same(net, again)
    assert again.about == net.about
    assert again.layers[0].update_bias == 2.0


@pytest.mark.parametrize(
    "cell", [cell for cell in KNOWN if cell.name in ("lstm97-1997", "gru-after", "slstm")], ids=case_id
)
def test_a_float64_network_is_refused_or_rounded(cell, tmp_path):
    net = le.Sequential([cell.make(D, H, np.float64), le.Dense(H, 2, dtype=np.float64, rng=0)])
    with pytest.raises(
        ValueError, match=r"^net: its numbers are float64, .* float32 only; to_float32=True rounds them"
    ):
        to_onnx(net, tmp_path / "net.onnx")
    to_onnx(net, tmp_path / "net.onnx", to_float32=True)
    x = np.random.default_rng(0).standard_normal((T, B, D))
    np.testing.assert_allclose(run(tmp_path / "net.onnx", x=x.astype("f4"))["y"], net(x), rtol=0, atol=2e-6)
    again = from_onnx(tmp_path / "net.onnx")
    assert again.dtype == np.float32
    assert np.array_equal(again.params.flat, net.params.flat.astype(np.float32))


class Mine(le.Sequential):
    """A network of one's own."""


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: OWN.make(D, H, np.float32), "^net: it is a Mine, a class that ONNX does not know"),
        (lambda: le.Sequential([le.RNN(D, 4), Mine([le.RNN(4, 4)])]), "^net: its layer 1 is a Mine"),
        (lambda: le.Bidirectional(OWN.make(D, H, np.float32)), "^net: its layer layer is a Mine"),
        (lambda: 7, "^net must be a layer or a network, got int"),
    ],
)
def test_what_is_no_layer_of_this_package_is_refused_by_its_place(make, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        to_onnx(make(), tmp_path / "net.onnx")
    assert not list(tmp_path.iterdir())


def test_paths_that_lead_nowhere_are_refused(tmp_path):
    net = le.RNN(D, H)
    with pytest.raises(ValueError, match="lengths must be True or False, got 7"):
        to_onnx(net, tmp_path / "net.onnx", lengths=7)
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        to_onnx(net, tmp_path / "no" / "net.onnx")
    with pytest.raises(ValueError, match="path must be the name of a file, got 7"):
        to_onnx(net, 7)
    with pytest.raises(ValueError, match="is a folder"):
        to_onnx(net, tmp_path)
    with pytest.raises(FileNotFoundError, match=r"there is no file .*net\.onnx"):
        from_onnx(tmp_path / "net.onnx")
    with pytest.raises(ValueError, match="it is a folder"):
        from_onnx(tmp_path)


def test_a_network_beyond_what_a_file_can_hold_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("lstm_edu.interop.onnx.files.LARGEST", 1000)
    with pytest.raises(ValueError, match=r"^net: its weights are more than the 1000 bytes"):
        to_onnx(le.RNN(D, 40), tmp_path / "net.onnx")
    assert not list(tmp_path.iterdir())


def test_without_the_package_onnx_an_error_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    for use in (lambda: to_onnx(le.RNN(D, H), tmp_path / "net.onnx"), lambda: from_onnx(tmp_path / "net.onnx")):
        with pytest.raises(ImportError, match=r"with onnx 1\.17 or later \(pip install 'lstm_edu\[interop\]'\)"):
            use()


def test_importing_the_package_does_not_import_onnx():
    code = "import sys, lstm_edu.interop.onnx; assert not {'onnx', 'google.protobuf'} & set(sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=120).returncode == 0
