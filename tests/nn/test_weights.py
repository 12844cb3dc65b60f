"""Saving and loading whole networks."""

import copy
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import load_file, save_file

import lstm_edu as le
from lstm_edu.core import LAYERS
from lstm_edu.nn.architecture import build, describe


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
    monkeypatch.setattr("lstm_edu.core.files.os.replace", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
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


@le.register
class Pairs(le.cells.BlockLSTM97):
    """A cell that sets one argument of another's and hands on the rest."""

    def __init__(self, inputs, units, *, block_size=2, **more):
        super().__init__(inputs, units, block_size=block_size, **more)


def test_a_cell_that_hands_on_arguments_is_saved_with_all_of_them(tmp_path):
    layer = Pairs(3, 4, output_bias=[-1, -2], rng=0)
    le.save(layer, tmp_path / "net.safetensors")
    again = le.load(tmp_path / "net.safetensors")
    assert type(again) is Pairs
    assert again.config() == layer.config()
    assert again.params.flat.tobytes() == layer.params.flat.tobytes()


def test_no_numbers_are_drawn_for_a_cell_that_hands_on_its_generator():
    assert not build(describe(Pairs(3, 4, rng=0))).params["W"].any()


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

    monkeypatch.setattr("lstm_edu.core.files.os.open", refuse)
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


# Damage


def parts(path):
    """The header of a safetensors file as a dict, our entry in it, and the bytes of the numbers."""
    raw = path.read_bytes()
    start = 8 + int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8:start])
    return header, json.loads(header["__metadata__"]["lstm_edu"]), raw[start:]


def put_together(path, header, entry, numbers):
    header["__metadata__"]["lstm_edu"] = json.dumps(entry)
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + numbers)


def test_a_changed_number_is_found(tmp_path):
    path = tmp_path / "net.safetensors"
    le.save(network(), path)
    raw = bytearray(path.read_bytes())
    raw[-1] ^= 1
    path.write_bytes(raw)
    other = network()
    other.params.flat[:] = 0
    for into in (None, other):
        with pytest.raises(ValueError, match=r"^path: '.*net.safetensors' is damaged: its checksum does not fit"):
            le.load(path, into=into)
    assert not other.params.flat.any()


def change_an_argument(header, entry):
    entry["architecture"]["layers"][7]["steps"] = "all"


def swap_two_arrays(header, entry):
    header["4.W"], header["4.U"] = header["4.U"], header["4.W"]


def rename_an_array(header, entry):
    header["4.V"] = header.pop("4.U")


@pytest.mark.parametrize("change", [change_an_argument, swap_two_arrays, rename_an_array])
def test_a_changed_header_is_found(tmp_path, change):
    path = tmp_path / "net.safetensors"
    le.save(network(), path)
    header, entry, numbers = parts(path)
    put_together(path, header, entry, numbers)
    le.load(path)  # what is only written in other words is no damage
    change(header, entry)
    put_together(path, header, entry, numbers)
    for into in (None, network()):
        with pytest.raises(ValueError, match="is damaged: its checksum does not fit"):
            le.load(path, into=into)


def test_a_file_from_before_there_were_checksums_loads(tmp_path):
    path = tmp_path / "net.safetensors"
    net = network()
    le.save(net, path)
    header, entry, numbers = parts(path)
    del entry["sha256"]
    put_together(path, header, entry, numbers)
    assert np.array_equal(le.load(path).params.flat, net.params.flat)
    other = network()
    other.params.flat[:] = 0
    assert np.array_equal(le.load(path, into=other).params.flat, net.params.flat)


def test_the_same_numbers_stand_in_the_file_as_plain_safetensors_writes_them(tmp_path):
    net = network()
    le.save(net, tmp_path / "net.safetensors")
    save_file(dict(net.params), tmp_path / "plain.safetensors", {"lstm_edu": "{}"})
    assert parts(tmp_path / "net.safetensors")[2] == parts(tmp_path / "plain.safetensors")[2]


EVERY_LAYER = [
    le.RNN(2, 3),
    le.LSTM97(2, 3),
    le.LSTM(2, 3),
    le.PeepholeLSTM(2, 3),
    le.GRU(2, 3),
    le.Dense(2, 3),
    le.Conv1D(2, 3, 4),
    le.MaxPool1D(2),
    le.Embedding(2, 3),
    le.Dropout(0.5),
    le.Dropout(0.5, per="sequence"),
    le.Sequential([le.Dropout(0.5)]),
    le.LSTM(2, 3, cell_clip=4.0),
    le.CoupledLSTM(2, 3),
    le.VariantLSTM(2, 3, variant="NOG"),
    le.FullGateLSTM(2, 3),
    le.BlockLSTM97(2, 4, block_size=2),
    le.MinGRU(2, 3),
    le.MinLSTM(2, 3),
    le.SLSTM(2, 3),
    le.LayerNormLSTM(2, 3),
    le.NoisyLSTM(2, 3, recurrent_dropout=0.1, zoneout_c=0.2, per="sequence"),
    le.ProjectedLSTM(2, 3, 4, peepholes=True),
    le.Bidirectional(le.GRU(2, 3)),
    le.Residual(le.GRU(2, 2)),
    le.Attention(2, 3, causal=False),
]


@pytest.mark.parametrize("layer", EVERY_LAYER, ids=lambda layer: type(layer).__name__)
def test_every_argument_of_a_layer_must_stand_in_its_file(tmp_path, layer):
    path = tmp_path / "net.safetensors"
    le.save(layer, path)
    assert repr(le.load(path)) == repr(layer)
    name = type(layer).__name__
    for key in set(layer.config()) - layer.later:
        header, entry, numbers = parts(path)
        del entry["sha256"], entry["architecture"][key]
        put_together(tmp_path / "less", header, entry, numbers)
        with pytest.raises(ValueError, match=rf"the architecture in '.*less' can't be read \({name} lacks '{key}'\)"):
            le.load(tmp_path / "less")
    for key in ("surprise", "rng"):
        header, entry, numbers = parts(path)
        del entry["sha256"]
        entry["architecture"][key] = 1
        put_together(tmp_path / "more", header, entry, numbers)
        with pytest.raises(ValueError, match=rf"can't be read \({name} takes no '{key}', it takes "):
            le.load(tmp_path / "more")


def test_every_class_that_can_be_saved_is_tested():
    own = {name for name, cls in LAYERS.items() if cls.__module__.startswith("lstm_edu.")}
    assert {type(layer).__name__ for layer in EVERY_LAYER} == own


@pytest.mark.parametrize("layer", EVERY_LAYER, ids=lambda layer: type(layer).__name__)
def test_loading_draws_no_initial_values(tmp_path, monkeypatch, layer):
    le.save(layer, tmp_path / "a")
    monkeypatch.setattr(np.linalg, "qr", lambda _: pytest.fail("an orthogonal matrix was made"))
    if "dropout" not in repr(layer).lower():  # whose masks need a seed of their own
        monkeypatch.setattr(np.random, "SeedSequence", lambda *_: pytest.fail("a seed was drawn"))
        monkeypatch.setattr("lstm_edu.core.checks.generator", lambda rng: rng or pytest.fail("a generator was made"))
    assert np.array_equal(le.load(tmp_path / "a").params.flat, layer.params.flat)


# Files that would take long or much memory


def small(number):
    return {"class": "MaxPool1D", "width": 1 + number % 3, "stride": 1}


def nested(depth):
    entry = small(0)
    for _ in range(depth):
        entry = {"class": "Sequential", "layers": [entry]}
    return entry


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ({"class": "Sequential", "layers": [small(k) for k in range(10_000)]}, "it has more than 10000 layers"),
        (nested(16), "its networks lie more than 16 deep in each other"),
        ({"class": "x" * 2**22}, "it takes 4194[0-9]* characters, the limit is 4194304"),
        ({"class": "x" * 2**20}, "unknown layer class 'x{100}...': there are"),
        ({"class": ["x" * 2**20]}, r"unknown layer class \['x{270,}\.\.\."),
        ({"class": "MaxPool1D", "width": "x" * 2**20, "stride": 1}, r"width must be a whole number .*x{200,}\.\.\."),
        ({"class": "MaxPool1D", "width": 2, "stride": 1, "x" * 2**20: 1}, r"MaxPool1D takes no 'x{40}\.\.\.'"),
        ([], "a layer must be a dict, got list"),
        ({"class": "Sequential", "layers": {"0": 1}}, "unknown layer class None"),
        (None, "a layer must be a dict, got NoneType"),
    ],
)
def test_what_is_absurd_is_refused_in_few_words(tmp_path, entry, reason):
    save_file({"W": np.zeros(1, np.float32)}, tmp_path / "a", {"lstm_edu": json.dumps({"architecture": entry})})
    with pytest.raises(ValueError, match=reason) as caught:
        le.load(tmp_path / "a")
    assert len(str(caught.value)) < 600 + len(str(tmp_path))


def test_a_header_that_is_too_long_is_not_read(tmp_path):
    save_file({"W": np.zeros(1, np.float32)}, tmp_path / "a", {"other": "x" * 2**24})
    with pytest.raises(ValueError, match=r"has a header of 167\d+ bytes, more than the 16777216 that load reads"):
        le.load(tmp_path / "a", into=le.Dense(1, 1))


def test_names_from_a_file_are_cut_in_errors(tmp_path):
    save_file({"W" * 10_000: np.zeros(1, np.float32)}, tmp_path / "a", {})
    with pytest.raises(ValueError, match="belongs to another architecture") as caught:
        le.load(tmp_path / "a", into=le.MaxPool1D(2))
    assert len(str(caught.value)) < 600 + len(str(tmp_path))


def test_a_network_that_could_not_be_loaded_is_not_saved(tmp_path):
    net = le.MaxPool1D(2)
    for _ in range(16):
        net = le.Sequential([net])
    with pytest.raises(ValueError, match=r"^net: load could not read its architecture: its networks lie more than 16"):
        le.save(net, tmp_path / "a")
    assert not list(tmp_path.iterdir())


def test_a_network_of_many_layers_is_loaded(tmp_path):
    net = le.Sequential([le.Sequential([le.MaxPool1D(1 + k % 3) for k in range(4000)]), le.Dense(2, 3, rng=0)])
    le.save(net, tmp_path / "a")
    assert repr(le.load(tmp_path / "a")) == repr(net)


# Any damage


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A network, its file, and a place for a damaged one."""
    folder = tmp_path_factory.mktemp("saved")
    net = le.Sequential(
        [le.Embedding(4, 2, rng=0), le.LSTM(2, 3, rng=1), le.MaxPool1D(2), le.Dense(3, 1, steps="last", rng=2)]
    )
    le.save(net, folder / "net")
    return net, (folder / "net").read_bytes(), folder / "damaged.safetensors"


def loaded_or_error(path, into=None):
    """What the file holds and no words, or None and the words of a ValueError; any other error is a fault."""
    try:
        return le.load(path, into=into), ""
    except ValueError as error:
        return None, str(error)


def loads_equal_or_says_why(net, path, into):
    """Whether the file loads; an AssertionError if it gives something else."""
    before = None if into is None else into.params.flat.copy()
    loaded, error = loaded_or_error(path, into)
    if loaded is None:
        assert error.startswith("path: ")
        assert str(path) in error
        assert into is None or np.array_equal(into.params.flat, before)
        return False
    assert repr(loaded) == repr(net)
    assert loaded.params.flat.tobytes() == net.params.flat.tobytes()
    return True


def test_every_flipped_bit_in_the_header_is_found_or_changes_nothing(saved):
    net, raw, path = saved
    start = 8 + int.from_bytes(raw[:8], "little")
    harmless = 0
    for place in range(start):
        damaged = bytearray(raw)
        damaged[place] ^= 1 << place % 8
        path.write_bytes(damaged)
        harmless += loads_equal_or_says_why(net, path, None)
    assert harmless <= len(le.__version__)  # of all that stands there, loading needs not the version


@settings(deadline=None, max_examples=150, derandomize=True, database=None)
@given(data=st.data())
def test_damage_of_any_kind_is_found_or_changes_nothing(saved, data):
    net, raw, path = saved
    damaged = bytearray(raw)
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(damaged) - 1))
        kind = data.draw(st.sampled_from(["flip", "set", "cut", "drop", "repeat"]))
        if kind == "flip":
            damaged[place] ^= 1 << data.draw(st.integers(0, 7))
        elif kind == "set":
            damaged[place] = data.draw(st.integers(0, 255))
        elif kind == "cut" and place:
            del damaged[place:]
        elif kind == "drop" and len(damaged) > 1:
            del damaged[place]
        else:
            damaged[place:place] = damaged[place : place + 8]
    path.write_bytes(damaged)
    loads_equal_or_says_why(net, path, None)
    into = copy.deepcopy(net)
    into.params.flat[:] = 0
    loads_equal_or_says_why(net, path, into)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["last", "float64"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=4,
)


@settings(deadline=None, max_examples=150, derandomize=True, database=None)
@given(layer=st.integers(0, 3), data=st.data(), value=JSON)
def test_an_architecture_with_anything_in_it_is_read_or_refused(saved, layer, data, value):
    _, raw, path = saved
    path.write_bytes(raw)
    header, entry, numbers = parts(path)
    del entry["sha256"]
    inner = entry["architecture"]["layers"][layer]
    inner[data.draw(st.sampled_from(sorted(inner)))] = value
    put_together(path, header, entry, numbers)
    loaded, error = loaded_or_error(path)
    assert isinstance(loaded, le.Sequential) or str(path) in error
