"""Saving and loading whole networks."""

import json

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

import lstm_edu as le


def network(units=4, dtype=np.float32):
    return le.Sequential(
        [
            le.Embedding(9, 3, dtype=dtype, rng=0),
            le.Conv1D(3, 5, 3, padding="causal", activation="relu", dtype=dtype, rng=1),
            le.MaxPool1D(2),
            le.LSTM97(5, units, squashing="1997", output_bias=-1.0, dtype=dtype, rng=2),
            le.PeepholeLSTM(units, 3, forget_bias=[1, 2, 3], dtype=dtype, rng=3),
            le.Dropout(0.2, rng=0),
            le.Sequential([le.GRU(3, 2, reset_after=True, dtype=dtype, rng=4)]),
            le.Dense(2, 6, steps="last", dtype=dtype, rng=5),
        ]
    )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_loaded_network_gives_the_same_output(tmp_path, dtype):
    net = network(dtype=dtype)
    le.save(net, tmp_path / "net.safetensors")
    again = le.load(tmp_path / "net.safetensors")
    x = np.random.default_rng(0).integers(0, 9, (8, 2))
    assert again.dtype == dtype
    assert repr(again) == repr(net)
    assert np.array_equal(again(x), net(x))
    assert [p.name for p in tmp_path.iterdir()] == ["net.safetensors"]  # no temporary file is left


def test_a_single_layer_can_be_saved(tmp_path):
    layer = le.RNN(2, 3, rng=0)
    le.save(layer, tmp_path / "rnn.safetensors")
    assert np.array_equal(le.load(tmp_path / "rnn.safetensors").params.flat, layer.params.flat)


def test_the_file_is_plain_safetensors_with_the_architecture_in_its_metadata(tmp_path):
    from safetensors import safe_open

    net = network()
    le.save(net, tmp_path / "net.safetensors")
    arrays = load_file(tmp_path / "net.safetensors")
    assert {name: a.shape for name, a in arrays.items()} == net.params.shapes
    with safe_open(tmp_path / "net.safetensors", framework="numpy") as file:
        entry = json.loads(file.metadata()["lstm_edu"])
    assert entry["version"] == le.__version__
    assert entry["architecture"]["layers"][3]["class"] == "LSTM97"


def test_numbers_can_be_loaded_into_a_network_that_fits(tmp_path):
    net, other = network(), network()
    other.params.flat[:] = 0
    le.save(net, tmp_path / "net.safetensors")
    assert le.load(tmp_path / "net.safetensors", into=other) is other
    assert np.array_equal(net.params.flat, other.params.flat)
    assert np.array_equal(other.layers[3].params["U"], net.layers[3].params["U"])


def test_an_interrupted_save_leaves_the_old_file_whole(tmp_path, monkeypatch):
    path = tmp_path / "net.safetensors"
    le.save(le.RNN(2, 3, rng=0), path)
    before = path.read_bytes()
    monkeypatch.setattr("lstm_edu.cells.files.os.replace", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        le.save(le.RNN(2, 4, rng=0), path)
    assert path.read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 1


def test_a_missing_file_or_folder(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"path: there is no file '.*none.safetensors'"):
        le.load(tmp_path / "none.safetensors")
    with pytest.raises(FileNotFoundError, match=r"path: there is no folder '.*nowhere' to save 'a' in"):
        le.save(le.RNN(2, 3), tmp_path / "nowhere" / "a")


@pytest.mark.parametrize("part", [0, 5, 100, -1])
def test_a_truncated_file(tmp_path, part):
    path = tmp_path / "net.safetensors"
    le.save(network(), path)
    path.write_bytes(path.read_bytes()[:part])
    with pytest.raises(ValueError, match=r"path: '.*' is no whole safetensors file"):
        le.load(path)


def test_a_file_of_another_architecture_changes_nothing(tmp_path):
    path = tmp_path / "net.safetensors"
    le.save(network(units=4), path)
    other = network(units=5)
    before = other.params.flat.copy()
    with pytest.raises(
        ValueError, match=r"another architecture: parameter '3.W' has shape \(5, 12\) .* needs \(5, 15\)"
    ):
        le.load(path, into=other)
    with pytest.raises(ValueError, match="parameter 'W' has shape none in the file"):
        le.load(path, into=le.RNN(2, 3))
    with pytest.raises(ValueError, match="holds float32 numbers, the network needs float64"):
        le.load(path, into=network(dtype=np.float64))
    assert np.array_equal(other.params.flat, before)


def test_a_file_of_another_program(tmp_path):
    path = tmp_path / "other.safetensors"
    save_file({"W": np.zeros((2, 3), np.float32)}, path)
    with pytest.raises(ValueError, match=r"was not written by lstm_edu.save.*pass it as into="):
        le.load(path)
    save_file({"W": np.zeros(2, np.float32)}, path, {"lstm_edu": json.dumps({"architecture": {"class": "LTSM"}})})
    with pytest.raises(ValueError, match=r"the architecture in '.*' can't be read \(unknown layer class 'LTSM'"):
        le.load(path)


def test_only_layers_are_saved(tmp_path):
    with pytest.raises(ValueError, match="net must be a layer or a network, got dict"):
        le.save({}, tmp_path / "a")


def hostile(**entry):
    return {"lstm_edu": json.dumps({"architecture": entry})}


@pytest.mark.parametrize(
    "metadata",
    [
        hostile(**{"class": "Layer"}),
        hostile(**{"class": "Dense", "inputs": 10**9, "units": 10**9}),
        hostile(**{"class": "LSTM", "inputs": 1, "units": 3000}),
        hostile(**{"class": "RNN", "inputs": 1, "units": 1, "dtype": ","}),
        hostile(**{"class": "RNN"}),
        hostile(**{"class": "RNN", "inputs": 1, "units": 1, "surprise": 1}),
        hostile(**{"class": "Sequential", "layers": 3}),
        hostile(**{"class": "Dense", "inputs": float("nan"), "units": 10**9}),
        hostile(**{"class": "Dense", "inputs": 10**9, "units": [1]}),
        hostile(  # a negative size must not pay for a huge one
            **{
                "class": "Sequential",
                "layers": [{"class": "Dense", "inputs": s, "units": 10**6} for s in (10**6, -(10**7))],
            }
        ),
        {"lstm_edu": "[" * 2000},
        {"lstm_edu": "{}"},
        {"lstm_edu": "3"},
    ],
)
def test_a_file_from_elsewhere_can_do_no_harm(tmp_path, metadata):
    path = tmp_path / "hostile.safetensors"
    save_file({"W": np.zeros((1, 1), np.float32)}, path, metadata)
    with pytest.raises(ValueError, match=r"path: .*hostile.safetensors"):
        le.load(path)


@pytest.mark.parametrize(("kind", "size"), [("BF16", 2), ("F8_E4M3", 1)])
def test_numbers_of_a_type_that_numpy_does_not_have_are_named(tmp_path, kind, size):
    header = json.dumps({"W": {"dtype": kind, "shape": [2, 3], "data_offsets": [0, 6 * size]}}).encode()
    path = tmp_path / "net.safetensors"
    path.write_bytes(len(header).to_bytes(8, "little") + header + bytes(6 * size))
    for into in (None, le.Dense(2, 3)):
        with pytest.raises(ValueError, match=r"path: .*net.safetensors' holds numbers of a type that NumPy does not"):
            le.load(path, into=into)


def test_the_reason_is_told_why_a_path_cannot_be_used(tmp_path):
    path = tmp_path / ("a" * 300)
    for verb, use in (("read", lambda: le.load(path)), ("written", lambda: le.save(le.RNN(2, 3), path))):
        with pytest.raises(ValueError, match=rf"^path: '.*a' can't be {verb} \(.*[Nn]ame too long"):
            use()
    for use in (lambda: le.load(None), lambda: le.save(le.RNN(2, 3), None)):
        with pytest.raises(ValueError, match="path must be the name of a file, got None"):
            use()


def test_a_folder_that_cannot_be_written_is_named_without_the_temporary_file(tmp_path, monkeypatch):
    def refuse(*_):
        raise PermissionError(13, "Permission denied", "net.part")

    monkeypatch.setattr("lstm_edu.cells.files.os.open", refuse)
    with pytest.raises(ValueError, match=r"^path: '.*net' can't be written \(Permission denied\)$"):
        le.save(le.RNN(2, 3), tmp_path / "net")


def test_folders_and_things_that_are_no_network(tmp_path):
    layer = le.RNN(2, 3, rng=0)
    for use in (lambda: le.load(tmp_path), lambda: le.save(layer, tmp_path)):
        with pytest.raises(ValueError, match="is a folder, the name of a file is needed"):
            use()
    with pytest.raises(ValueError, match="into must be a layer or a network, got int"):
        le.load(tmp_path / "a", into=42)

    class Mine(le.LSTM):
        pass

    with pytest.raises(ValueError, match="a layer of the class Mine can't be saved, load could not make it again"):
        le.save(Mine(2, 3), tmp_path / "a")
