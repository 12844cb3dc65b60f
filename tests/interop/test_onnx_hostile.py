"""Files of ONNX from somewhere else: one line says what is wrong and where; nothing is run, opened or blown up."""

import json
import os
import tracemalloc

import numpy as np
import pytest
from onnx_runtime import model, node, onnx

import lstm_edu as le
from lstm_edu.interop import from_onnx, to_onnx

T, B, D, H = 7, 4, 3, 6
WHOLE = {
    "W": np.ones((1, 4 * H, D), "f4"), "R": np.ones((1, 4 * H, H), "f4"), "B": np.ones((1, 8 * H), "f4"),
    "M": np.ones((H, 2), "f4"), "b": np.ones(2, "f4"), "one": np.array([1]), "end": np.array(-1),
}  # fmt: skip
LSTM = node("LSTM", "x W R B", "Y Yh Yc", hidden_size=H)
SQUEEZE = node("Squeeze", "Y one", "h")
HEAD = [node("MatMul", "h M", "a"), node("Add", "a b", "y")]
TURN = node("Transpose", "x", "z", perm=[1, 2, 0])
NODES = [LSTM, SQUEEZE, *HEAD]
TYPES = onnx.TensorProto


def refused(path, found, match, most=2**22):
    """One line of a bounded length that matches, with no more memory than that."""
    path.write_bytes(found if isinstance(found, bytes) else found.SerializeToString())
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=match) as caught:
            from_onnx(path)
    finally:
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    text = str(caught.value)
    assert text.startswith("path: '")
    assert "\n" not in text
    assert len(text) < 1000
    assert used < most + 4 * path.stat().st_size


@pytest.fixture
def path(tmp_path):
    return tmp_path / "f.onnx"


def test_the_whole_file_is_read(path):
    path.write_bytes(model(NODES, WHOLE).SerializeToString())
    assert [type(layer) for layer in from_onnx(path).layers] == [le.LSTM, le.Dense]


def branch():
    inner = onnx.helper.make_graph([node("Identity", "M", "z")], "inner", [], [])
    return node("If", "x", "z", then_branch=inner, else_branch=inner)


def hidden_graph():
    inner = onnx.helper.make_graph([node("Identity", "M", "z")], "inner", [], [])
    return node("Identity", "M", "z", body=inner)


NAMES = "no layer of this package is made of the operator"


@pytest.mark.parametrize(
    ("nodes", "match"),
    [
        ([*NODES, node("Softmax", "y", "z")], f"node 'Softmax of z' \\(Softmax\\): {NAMES} Softmax"),
        ([onnx.helper.make_node("LSTM", ["x"], ["y"], domain="evil")], f"node 0 \\(LSTM\\): {NAMES} LSTM of 'evil'"),
        ([onnx.helper.make_node("a\nb", ["x"], ["y"])], rf"node 0 \('a\\nb'\): {NAMES} 'a\\nb'"),
        ([onnx.helper.make_node("e" * 10**5, ["x"], ["y"])], r"node 0 \('e+\.\.\.\)"),
        ([branch(), *NODES], rf"node 'If of z' \(If\): {NAMES} If"),
        ([hidden_graph(), *NODES], r"'Identity of z' \(Identity\): attribute 'body' is a graph of its own: loops"),
        ([SQUEEZE, LSTM, *HEAD], r"'Squeeze of h' \(Squeeze\): its input 'Y' is no initializer, and no node before"),
        ([node("Add", "y b", "a"), node("Add", "a b", "y")], "'Add of a' .*: its input 'y' is no initializer"),
        ([node("Identity", "y", "y")], "'Identity of y' .*: its input 'y' is no initializer"),
        ([node("LSTM", "x W R missing", "Y")], r"\(LSTM\): its input 'missing' is no initializer"),
        ([*NODES, node("Identity", "y", "y")], "'Identity of y' .*: its output 'y' is there already"),
        ([node("Identity", "M", "W"), *NODES], "'Identity of W' .*: its output 'W' is there already"),
        ([node("LSTM", "x W", "Y"), *NODES[1:]], "'LSTM of Y' .*: R must be an initializer or a Constant"),
        ([node("LSTM", "x W x B", "Y")], "'LSTM of Y' .*: R must be an initializer or a Constant"),
        ([node("LSTM", "x one R", "Y")], "W 'one' must be floats of 3 axes, got int64 of shape"),
        ([node("LSTM", "x W R B - x", "Y"), *NODES[1:]], "initial_h must be zero or an input"),
        ([node("Mul", "b b", "s"), node("LSTM", "x W R B - s", "Y"), *NODES[1:]], "initial_h must be zero or an input"),
        ([node("LSTM", "x W R B x", "Y"), *NODES[1:]], "sequence_lens must be an input of the graph"),
        ([node("LSTM", "x W R B - b", "Y"), *NODES[1:]], "initial_h must be zero or an input"),
        ([node("LSTM", "x W R " + "B " * 10, "Y")], "it has 13 inputs, 8 at most are known"),
        ([node("LSTM", "x W R B", "Y", direction="reverse")], "direction must be forward or bidirectional"),
        ([node("LSTM", "x W R B", "Y", direction="bidirectional")], "must be of 2 directions, got"),
        ([node("LSTM", "x W R B", "Y", direction=7)], "its attribute direction is of a wrong type: 7"),
        ([node("LSTM", "x W R B", "Y", clip=3.0)], r"no cell of this package does clip=3\.0"),
        ([node("LSTM", "x W R B", "Y", layout=1)], "no cell of this package does layout=1"),
        ([node("LSTM", "x W R B", "Y", hidden_size=2**62)], "hidden_size must be 6"),
        ([node("LSTM", "x W R B", "Y", activations=["Relu"] * 3)], "activations must be"),
        ([node("LSTM", "x W R B", "Y Yh Yc more"), *NODES[1:]], "it has 4 outputs, 3 are known"),
        ([LSTM, *NODES], "its output 'Y' is there already"),
        ([node("GRU", "x W R B", "Y")], "W must have shape|R must have shape"),
        ([node("LSTM", "M W R B", "Y")], "what goes in must be the network's input or what a layer gives"),
        ([LSTM, node("LSTM", "Y W R B", "y")], r"must have the axes \(T, B, D\), it has \(T, 1, B, D\)"),
        ([LSTM, SQUEEZE, node("LSTM", "h W R B", "y")], "W takes 3 inputs, 6 go in"),
        ([LSTM, node("Squeeze", "Y end", "h")], "may only take away the axis of one direction"),
        ([LSTM, node("Squeeze", "Y", "h", axes=[9])], r"there are 4 axes, got \[9\]"),
        ([LSTM, node("Squeeze", "Y", "h", axes=1)], "its attribute axes is of a wrong type: 1"),
        ([node("Transpose", "x", "y", perm=[0, 0, 1])], r"perm must be an order of 3 axes, got \[0, 0, 1\]"),
        ([node("Transpose", "x", "y", perm=[0.0, 1.0, 2.0])], "its attribute perm is of a wrong type"),
        ([node("Transpose", "x", "y", perm=[*range(10**5)])], "attribute 'perm' is a list of more than 64"),
        ([LSTM, node("Reshape", "Y one", "y")], "it may only put two directions side by side"),
        ([LSTM, SQUEEZE, node("Gather", "h one", "y")], "it may only take the last step"),
        ([LSTM, SQUEEZE, node("Gather", "h end", "y", axis=2**40)], "there are 3 axes, got"),
        ([LSTM, SQUEEZE, node("Gather", "h end", "y")], "output 'y' is the last step alone"),
        ([node("MatMul", "x M", "y")], "the matrix takes 6 numbers, 3 go in"),
        ([LSTM, SQUEEZE, node("MatMul", "h b", "y")], "the matrix 'b' must be floats of 2 axes"),
        ([LSTM, SQUEEZE, node("Gemm", "h M b", "y")], r"must have the axes \(B, D\), it has"),
        ([LSTM, SQUEEZE, node("Tanh", "h", "y")], "it must stand behind a Dense or a Conv1D layer"),
        ([LSTM, SQUEEZE, node("Add", "h b", "y")], "numbers can be added right behind a MatMul"),
        ([LSTM, SQUEEZE, node("Add", "h h", "y")], "two sequences can be added where one is what went into"),
        ([LSTM, SQUEEZE, node("Dropout", "h b", "y")], "ratio 'b' must be floats of 0 axes"),
        ([LSTM, SQUEEZE, node("Dropout", "h", "y", ratio=1.0)], "rate must be"),
        ([LSTM, SQUEEZE, node("Dropout", "h", "y", ratio=float("nan"))], "rate must be"),
        ([LSTM, SQUEEZE, node("Cast", "h", "y", to=TYPES.FLOAT16)], "a Cast may only keep float32"),
        ([node("Conv", "x W", "y")], r"what goes in must have the axes \(B, D, T\)"),
        ([node("MaxPool", "x", "y", kernel_shape=[2])], r"must have the axes \(B, D, T\)"),
        ([TURN, node("MaxPool", "z", "y", kernel_shape=[0])], "must be one number each"),
        ([TURN, node("MaxPool", "z", "y", kernel_shape=[2], ceil_mode=1)], "no layer of this package does ceil_mode=1"),
        ([TURN, node("Conv", "z W", "y", pads=[2**62])], r"pads=\(4611686018427387904,\)"),
        ([TURN, node("Conv", "z W", "y", group=3)], "no layer of this package does group=3"),
        ([node("Constant", "", "y", value_float=1.0)], "output 'y' must be what a layer gives"),
        ([LSTM, node("Identity", "Yc", "y")], "output 'y' must be what a layer gives"),
        ([node("Identity", "", "y")], "output 'y' must be what a layer gives"),
        ([node("LSTM", "", "y")], "what goes in must be the network's input"),
        ([node("Concat", "", "y", axis=0)], "output 'y' must be what a layer gives"),
    ],
)  # fmt: skip
def test_what_is_no_network_is_refused_by_the_name_of_the_node(nodes, match, path):
    refused(path, model(nodes, WHOLE), match)


def changed(change):
    made = model(NODES, WHOLE)
    change(made.graph, made)
    return made


def initializer(graph, name):
    return next(tensor for tensor in graph.initializer if tensor.name == name)


def sized(name, dims):
    def change(graph, _):
        del initializer(graph, name).dims[:]
        initializer(graph, name).dims.extend(dims)

    return change


def external(graph, _):
    tensor = initializer(graph, "W")
    tensor.ClearField("raw_data")
    tensor.data_location = TYPES.EXTERNAL
    tensor.external_data.add(key="location", value="/etc/passwd")


def half_external(graph, _):
    initializer(graph, "W").external_data.add(key="location", value="../secret")


def of_type(kind):
    def change(graph, _):
        initializer(graph, "W").data_type = kind

    return change


def twice(graph, _):
    graph.initializer.append(initializer(graph, "W"))


def without(name):
    def change(graph, _):
        graph.initializer.remove(initializer(graph, name))

    return change


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (sized("W", [2**40]), r"initializer 'W' of shape \(1099511627776,\) must hold 1099511627776 numbers"),
        (sized("W", [2**40, 2**40, 2**40]), "initializer 'W' of shape .* it holds 72"),
        (sized("W", [2**62] * 8), "initializer 'W' of shape .* it holds 72"),
        (sized("W", [-1, 24, 3]), r"initializer 'W' must have at most 8 axes of 0 or more, got shape \(-1"),
        (sized("W", [1] * 1000), "initializer 'W' must have at most 8 axes"),
        (sized("W", []), r"initializer 'W' of shape \(\) must hold 1 numbers, it holds 72"),
        (sized("W", [0, 24, 3]), "must hold 0 numbers, it holds 72"),
        (external, "initializer 'W' lies in another file, '/etc/passwd', and no other file is opened"),
        (half_external, r"initializer 'W' lies in another file, '\.\./secret', and no other file is opened"),
        (of_type(TYPES.FLOAT16), r"initializer 'W' must be float32, .* got FLOAT16 \(10\)"),
        (of_type(TYPES.STRING), r"initializer 'W' must be float32, .* got STRING \(8\)"),
        (of_type(4711), r"initializer 'W' must be float32, .* got \? \(4711\)"),
        (of_type(TYPES.DOUBLE), "initializer 'W' of shape .* must hold 72 numbers, it holds 36"),
        (of_type(TYPES.INT32), r"W 'W' must be floats of 3 axes, got int32"),
        (twice, "initializer 'W' is there twice"),
        (without("R"), r"node 'LSTM of Y Yh Yc' \(LSTM\): its input 'R' is no initializer"),
        (lambda graph, made: made.functions.add(name="f"), "it has functions"),
        (lambda graph, made: graph.sparse_initializer.add(), "it has .*sparse initializers"),
        (lambda graph, made: made.ClearField("opset_import"), "its operators are of opset 0, 7 or later is needed"),
        (lambda graph, made: made.ClearField("graph"), "it is no ONNX file, or one without any nodes"),
        (lambda graph, made: graph.ClearField("output"), "it has no output"),
        (lambda graph, made: graph.output.add(name="h"), "output 'h': a network has one output here"),
        (lambda graph, made: graph.output.add(name="gone"), "output 'gone': a network has one output here"),
        (lambda graph, made: graph.ClearField("input"), "its input 'x' is no initializer"),
        (lambda graph, made: graph.node[0].attribute.add(name="hidden_size", type=2), "'hidden_size' is there twice"),
        (lambda graph, made: graph.node[0].attribute.add(name="z", ref_attr_name="q"), "'z' is there twice, or refers"),
        (lambda graph, made: graph.node[0].attribute.add(name="z" * 10**5, type=11), "has a type that is not read, 11"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_part_is_refused_by_its_name(change, match, path):
    refused(path, changed(change), match)


def varint(number):
    found = b""
    while number > 127:
        found += bytes([number & 127 | 128])
        number >>= 7
    return found + bytes([number])


def message(field, content):
    return varint(field << 3 | 2) + varint(len(content)) + content


def nested(depth):
    """A graph in an attribute of a node of a graph, and so on."""
    graph = b""
    for _ in range(depth):
        graph = message(1, message(5, message(6, graph)))
    return message(7, graph)


@pytest.mark.parametrize(
    ("data", "match"),
    [
        (b"", "it is no ONNX file, or one without any nodes"),
        (b"\0" * 100, "it is no whole ONNX file"),
        (b"PK\x03\x04 a zip file", "it is no whole ONNX file"),
        (b"\xff" * 1000, "it is no whole ONNX file"),
        (nested(2000), "it is no whole ONNX file"),
        (nested(20), "its operators are of opset 0, 7 or later is needed"),
        (message(7, message(1, b"") * 1_000_000), "it is no whole ONNX file .*more than 524288 parts"),
        (message(7, message(5, b"") * 1_000_000), "more than 524288 parts"),
        (message(7, message(11, message(2, message(1, message(2, message(1, b"") * 10**6))))), "more than 524288"),
        (message(25, message(7, b"") * 1_000_000), "more than 524288 parts"),
        (message(7, message(1, message(1, b"")) * 30_000), "it has 30000 nodes, more than the 20000"),
        (message(7, message(10, b"a" * 2**23)), "bytes beside its weights, 4194304 at most are read"),
        (message(7, message(5, varint(1 << 3) + varint(2**63))), "it is no whole|is no ONNX|has no name|must"),
        (message(7, message(1, message(4, b"\xff\xfe"))), "it has a name that is no UTF-8"),
        (b"\x3a\xff\xff\xff\xff\xff\xff\xff\xff\x7f", "goes beyond its end"),
        (b"\x3a" + b"\xff" * 11, "is no number"),
    ],
)  # fmt: skip
def test_what_is_no_file_of_onnx_is_refused(data, match, path):
    refused(path, data, match, most=2**24)


def test_weights_that_are_used_by_thousands_of_layers_are_not_copied_for_each(path):
    wide = {"M": np.ones((1000, 1000), "f4"), "N": np.ones((D, 1000), "f4")}
    nodes = [node("MatMul", "x N", "h0"), *[node("MatMul", f"h{k} M", f"h{k + 1}") for k in range(900)]]
    nodes.append(node("Identity", "h900", "y"))
    refused(path, model(nodes, wide), "the layers would hold .* numbers, far more than the file", most=2**23)


def test_a_row_without_end_is_refused(path):
    nodes = [LSTM, SQUEEZE, *[node("Dropout", f"{'h' * k}", "h" * (k + 1)) for k in range(1, 1100)]]
    refused(path, model(nodes, WHOLE), "it is the layer after 1000 others, no more are read", most=2**23)


def test_ways_past_layers_in_each_other_end_somewhere(path):
    nodes, h = [LSTM, SQUEEZE], "h"
    for k in range(40):
        nodes += [node("Dropout", h, f"d{k}"), node("Add", f"h d{k}", f"s{k}")]
        h = f"s{k}"
    refused(path, model(nodes, WHOLE), "ways past layers lie more than 16 deep in each other", most=2**23)


def test_no_other_file_is_opened(path, monkeypatch):
    opened = []
    found = changed(external)
    for tensor in found.graph.initializer:
        if tensor.name == "W":
            tensor.external_data[0].value = "weights.bin"
    (path.parent / "weights.bin").write_bytes(WHOLE["W"].tobytes())
    path.write_bytes(found.SerializeToString())
    real = os.open
    monkeypatch.setattr(os, "open", lambda name, *more, **named: opened.append(name) or real(name, *more, **named))
    with pytest.raises(ValueError, match="no other file is opened"):
        from_onnx(path)
    assert not opened


def files(tmp_path):
    """Whole files: of this package with all kinds of layers, and by hand."""
    nets = [
        le.Sequential([
            le.Embedding(5, D, rng=0), le.Bidirectional(le.LSTM(D, 4, rng=1), rng=2), le.Conv1D(8, 3, 2, rng=3),
            le.MaxPool1D(2), le.Residual(le.SLSTM(3, 3, rng=4)), le.Dropout(0.5), le.Dense(3, 2, steps="last", rng=5),
        ]),
        le.LSTM97(2, 3, squashing="1997", rng=0),
    ]  # fmt: skip
    for k, net in enumerate(nets):
        to_onnx(net, tmp_path / f"{k}.onnx", states=k == 0, lengths=k == 0)
    (tmp_path / "2.onnx").write_bytes(model(NODES, WHOLE).SerializeToString())
    return [(tmp_path / f"{k}.onnx").read_bytes() for k in range(3)]


def read_or_refused(path, data):
    """Either a network, or one line that says why not."""
    path.write_bytes(data)
    try:
        net = from_onnx(path)
    except ValueError as error:
        text = str(error)
    else:
        text = "path: '"
        assert net.params.flat.nbytes < 2 * len(data) + 100
    assert text.startswith("path: '")
    assert "\n" not in text
    assert len(text) < 1000


def test_files_that_end_too_early_are_refused(path, tmp_path):
    for data in files(tmp_path):
        for end in range(0, len(data), max(1, len(data) // 400)):
            read_or_refused(path, data[:end])


@pytest.mark.parametrize("seed", range(4))
def test_files_with_flipped_bytes_are_read_or_refused(seed, path, tmp_path):
    rng = np.random.default_rng(seed)
    tracemalloc.start()
    for data in files(tmp_path):
        for _ in range(150):
            hurt = bytearray(data)
            for place in rng.integers(0, len(data), rng.integers(1, 9)):
                hurt[place] = rng.integers(256)
            read_or_refused(path, bytes(hurt))
    used = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert used < 2**25


def test_files_with_parts_left_out_or_doubled_are_read_or_refused(path, tmp_path):
    rng = np.random.default_rng(5)
    for data in files(tmp_path):
        for _ in range(150):
            a, b = sorted(rng.integers(0, len(data), 2))
            read_or_refused(path, data[:a] + data[b:])
            read_or_refused(path, data[:b] + data[a:])


def test_random_bytes_are_refused(path):
    rng = np.random.default_rng(6)
    for size in rng.integers(0, 3000, 200):
        read_or_refused(path, rng.bytes(size))


def test_what_the_metadata_claims_makes_nothing_large(path):
    made = model(NODES, WHOLE)
    for architecture in (
        {"class": "LSTM", "inputs": 2**40, "units": 2**40, "dtype": "float32"},
        {"class": "Dropout", "rate": [0.5] * 10**5},
        {"class": "Sequential", "layers": [{"class": "MaxPool1D", "width": 2**62, "stride": 1}] * 9000},
    ):
        onnx.helper.set_model_props(made, {"lstm_edu": json.dumps({"architecture": architecture})})
        path.write_bytes(made.SerializeToString())
        assert [type(layer) for layer in from_onnx(path).layers] == [le.LSTM, le.Dense]
