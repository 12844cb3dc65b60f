"""Other libraries' layouts: there and back bit for bit, and a reason where a library has no such cell."""

import numpy as np
import pytest
from cases import CELLS, case_id

import lstm_edu as le
from lstm_edu.interop import onnx, torch

D, H = 4, 6
every_type = pytest.mark.parametrize("dtype", [np.float32, np.float64])
IN_TORCH = [cell for cell in CELLS if cell.name in ("rnn", "lstm", "gru-after", "projected")]
IN_ONNX = [cell for cell in CELLS if cell.layer in onnx.OPERATORS and "cell_clip" not in cell.arguments]


def assert_same(layer, again):
    assert type(again) is type(layer)
    assert again.dtype == layer.dtype
    assert list(again.params.shapes.items()) == list(layer.params.shapes.items())
    assert again._form() == layer._form()
    assert again.params.flat.tobytes() == layer.params.flat.tobytes()


@every_type
@pytest.mark.parametrize("cell", IN_TORCH, ids=case_id)
def test_to_pytorch_and_back_is_the_same_layer(cell, dtype):
    layer = cell.make(D, H, dtype)
    arrays = torch.to_arrays(layer)
    assert_same(layer, torch.from_arrays(arrays))
    for array in arrays.values():
        assert array.dtype == dtype
        assert array.flags.carray
        assert not np.shares_memory(array, layer.params.flat)


@every_type
@pytest.mark.parametrize("cell", IN_ONNX, ids=case_id)
def test_to_onnx_and_back_is_the_same_layer(cell, dtype):
    layer = cell.make(D, H, dtype)
    arrays = onnx.to_arrays(layer)
    name, attributes = onnx.operator(layer)
    assert_same(layer, onnx.from_arrays(name, arrays, attributes))
    for array in arrays.values():
        assert array.dtype == dtype
        assert array.flags.carray
        assert not np.shares_memory(array, layer.params.flat)


def test_the_blocks_stand_in_the_order_of_the_other_library():
    lstm, gru = le.PeepholeLSTM(1, 1, rng=0), le.GRU(1, 1, reset_after=True, rng=0)
    lstm.params["W"], lstm.params["U"], lstm.params["b"] = [[1, 2, 3, 4]], [[5, 6, 7, 8]], [9, 10, 11, 12]  # i f g o
    lstm.params["p"] = [[1], [2], [3]]  # i f o
    gru.params["W"], gru.params["U"], gru.params["b"], gru.params["bn"] = [[1, 2, 3]], [[4, 5, 6]], [7, 8, 9], [10]

    def flat(arrays):
        return {name: array.ravel().tolist() for name, array in arrays.items()}

    assert flat(onnx.to_arrays(lstm)) == {
        "W": [1, 4, 2, 3], "R": [5, 8, 6, 7], "B": [9, 12, 10, 11, 0, 0, 0, 0], "P": [1, 3, 2],
    }  # fmt: skip
    assert flat(onnx.to_arrays(gru)) == {"W": [2, 1, 3], "R": [5, 4, 6], "B": [8, 7, 9, 0, 0, 10]}
    assert flat(torch.to_arrays(gru)) == {
        "weight_ih_l0": [1, 2, 3], "weight_hh_l0": [4, 5, 6], "bias_ih_l0": [7, 8, 9], "bias_hh_l0": [0, 0, 10],
    }  # fmt: skip


def test_the_two_biases_of_another_library_become_their_sum():
    layer = le.GRU(D, H, reset_after=True, dtype=np.float64, rng=0)
    theirs = torch.to_arrays(layer) | {"bias_ih_l0": np.arange(18.0), "bias_hh_l0": np.full(18, 0.5)}
    again = torch.from_arrays(theirs)
    assert again.params["b"].tolist() == [*(np.arange(12) + 0.5), *range(12, 18)]
    assert again.params["bn"].tolist() == [0.5] * 6
    name, attributes = onnx.operator(layer)
    again = onnx.from_arrays(name, onnx.to_arrays(layer) | {"B": np.arange(36.0)[None]}, attributes)
    assert again.params["b"].tolist() == [*range(30, 42, 2), *range(18, 30, 2), *range(12, 18)]  # r z n from z r h
    assert again.params["bn"].tolist() == [*range(30, 36)]
    without = {key: array for key, array in torch.to_arrays(layer).items() if key.startswith("weight")}
    assert not torch.from_arrays(without).params["b"].any()
    assert not onnx.from_arrays("RNN", {"W": np.ones((1, 2, 3)), "R": np.ones((1, 2, 2))}).params["b"].any()


@pytest.mark.parametrize("size", [(3, 5), (2, 1)], ids=case_id)
@pytest.mark.parametrize("name", ["RNN", "LSTM", "GRU"])
def test_a_layer_of_pytorch_becomes_one_that_computes_the_same(name, size):
    peer = pytest.importorskip("torch")
    D, H = size
    theirs = getattr(peer.nn, name)(D, H, dtype=peer.float64)
    x = np.random.default_rng(0).standard_normal((6, 2, D))
    expected = theirs(peer.from_numpy(x))[0].detach().numpy()
    np.testing.assert_allclose(torch.from_arrays(theirs.state_dict())(x), expected, rtol=0, atol=1e-13)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("peephole", "no PeepholeLSTM: the LSTM of PyTorch has no peepholes"),
        ("lstm97", "no LSTM97: the LSTM of PyTorch always has a forget gate"),
        ("gru-before", "no GRU with the reset gate before the product with h: its own is reset_after=True"),
        ("mine", "no Mine: it has RNN, LSTM, GRU, and this class may compute anything"),
    ],
)
def test_what_pytorch_has_not_is_refused_with_the_reason(name, why):
    layer = next(cell for cell in CELLS if cell.name == name).make(D, H)
    for use in (torch.class_name, torch.to_arrays):
        with pytest.raises(ValueError, match=f"^layer: PyTorch has {why}"):
            use(layer)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("mine", "no Mine: .* RNN, LSTM97, LSTM, PeepholeLSTM, GRU, CoupledLSTM, and this class may compute anything"),
        ("mingru", "no MinGRU: the GRU of ONNX has gates that see h"),
        ("slstm", "no SLSTM: no gate of the LSTM of ONNX is an exponential"),
    ],
)
def test_what_onnx_has_not_is_refused_with_the_reason(name, why):
    layer = next(cell for cell in CELLS if cell.name == name).make(D, H)
    for use in (onnx.operator, onnx.to_arrays):
        with pytest.raises(ValueError, match=f"^layer: ONNX has {why}$"):
            use(layer)


LSTM = le.LSTM(D, H, rng=0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"weight_ih_l1": np.zeros(3)}, "arrays must hold weight_ih_l0, .*, got .*weight_ih_l1"),
        ({"weight_hr_l0": np.zeros(3)}, r"weight_hr_l0 must have 2 axes, got shape \(3,\)"),
        ({"weight_hr_l0": np.zeros((5, 6), "f4")}, r"weight_hr_l0 must have shape \(6, 6\), got \(5, 6\)"),
        ({"weight_hr_l0": np.zeros((6, 8), "f4")}, r"must have 4 blocks of H rows, .*got \(24, 6\)"),
        ({"weight_ih_l0": np.zeros((24, 4, 1), "f4")}, r"weight_ih_l0 must have 2 axes, got shape \(24, 4, 1\)"),
        ({"weight_ih_l0": np.zeros((18, 4), "f4")}, r"weight_ih_l0 must have shape \(24, 4\), got \(18, 4\)"),
        ({"bias_ih_l0": np.zeros(6, "f4")}, r"bias_ih_l0 must have shape \(24,\), got \(6,\)"),
        ({"bias_ih_l0": np.zeros(24)}, "bias_ih_l0 must be float32 or float64, all of them the same, got float64"),
        ({"weight_ih_l0": np.zeros((24, 4), int)}, "must be float32 or float64, all of them the same, got int64"),
        (
            {"weight_hh_l0": np.zeros((12, 6), "f4")},
            r"must have 1, 3 or 4 blocks of H rows, .*got \(12, 6\)",
        ),
        ({"weight_hh_l0": np.zeros((24, 0), "f4")}, r"must have 1, 3 or 4 blocks of H rows, .*got \(24, 0\)"),
    ],
)
def test_arrays_that_are_no_layer_of_pytorch_are_refused_by_name(change, message):
    with pytest.raises(ValueError, match=message):
        torch.from_arrays(torch.to_arrays(LSTM) | change)


@pytest.mark.parametrize(
    ("change", "attributes", "message"),
    [
        ({"P": np.zeros((1, 12), "f4")}, {}, r"P must have shape \(1, 18\), got \(1, 12\)"),
        ({"W": np.zeros((1, 23, 4), "f4")}, {}, r"W must have shape \(1, 20, 4\), got \(1, 23, 4\)"),
        ({"R": np.zeros((2, 24, 6), "f4")}, {}, r"R must have shape \(1, 24, 6\), got \(2, 24, 6\)"),
        ({"X": 1}, {}, "arrays must hold W, R, B, P, got W, R, B, X"),
        ({}, {"hidden_size": 7}, "hidden_size must be 6, as the arrays are"),
        ({"P": np.ones((1, 18), "f4")}, {"input_forget": 1}, "no cell .* has input_forget=1 and peepholes"),
        ({}, {"input_forget": 2}, "no cell of this package does input_forget=2"),
        ({}, {"direction": "reverse"}, "no cell of this package does direction='reverse'"),
        ({}, {"clip": 3.0}, r"no cell of this package does clip=3\.0"),
        ({}, {"activations": ["Sigmoid", "Relu", "Tanh"]}, "activations must be .*'Sigmoid', 'Tanh', 'Tanh'.*, got"),
        ({}, onnx.SQUASHING_1997, "activations must be .* for an LSTM with a forget gate"),
    ],
)
def test_what_is_no_cell_of_this_package_is_refused_by_name(change, attributes, message):
    with pytest.raises(ValueError, match=message):
        onnx.from_arrays("LSTM", onnx.to_arrays(LSTM) | change, attributes)


def test_an_unknown_operator_is_refused_and_usual_attributes_are_taken():
    with pytest.raises(ValueError, match="unknown name 'Lstm': did you mean 'LSTM'"):
        onnx.from_arrays("Lstm", onnx.to_arrays(LSTM))
    usual = {"direction": "forward", "layout": 0, "activations": ["Sigmoid", "Tanh", "Tanh"]}
    assert_same(LSTM, onnx.from_arrays("LSTM", onnx.to_arrays(LSTM), usual))
