"""A layer that is made of layers: it trains what it holds, and everything that walks a network sees inside."""

import copy
import pickle

import numpy as np
import pytest

import lstm_edu as le
from lstm_edu.core import LAYERS, registry
from lstm_edu.core.blank import Blank
from lstm_edu.core.container import walk

pytestmark = pytest.mark.kernels
T, B, D, H = 5, 3, 4, 6


class Shortcut(le.Container):
    """y = x + layer(x)."""

    def __init__(self, layer):
        super().__init__({"layer": layer})
        self.layer, self.inputs, self.units = layer, layer.inputs, layer.units

    def config(self):
        return {"layer": self.layer}

    def forward(self, x, state=None, *, lengths=None, training=True):
        (own,) = self.child_states(state)
        y, tape = self.layer.forward(x, own, lengths=lengths, training=training)
        return x + y, self.tape([tape])

    def backward(self, dy, tape, dstate=None, *, grads=None, need_dx=True):
        self.check_tape(tape)
        grads, (own,) = self._grads(grads), self.child_states(dstate, "dstate")
        dx, _, own = self.layer.backward(dy, tape.tapes[0], own, grads=self.part(grads, "layer"))
        return dx + dy, grads, (own,)


@pytest.fixture
def registered():
    le.register(Shortcut)
    yield
    LAYERS.pop("Shortcut", None)


def network(seed=0, dtype=np.float64):
    return le.Sequential(
        [
            le.GRU(D, H, rng=seed, dtype=dtype),
            Shortcut(le.LSTM(H, H, rng=seed + 1, dtype=dtype)),
            le.Dense(H, 1, rng=seed + 2, dtype=dtype),
        ]
    )


def test_training_moves_what_a_wrapper_holds():
    net = le.Sequential([le.LSTM(2, H, rng=0), Shortcut(le.GRU(H, H, rng=1)), le.Dense(H, 1, steps="last", rng=2)])
    inner = net.layers[1].layer
    before = inner.params.flat.copy()
    le.fit(net, le.tasks.Adding(length=10), steps=5, batch=4, validation=4)
    assert not np.array_equal(inner.params.flat, before)
    assert np.array_equal(net.params["1.layer.U"], inner.params["U"])
    assert np.shares_memory(net.params.flat, inner.params.flat)


def test_a_layer_with_anothers_params_is_refused():
    class Dead(le.Layer):
        def __init__(self, inner):
            self.params = inner.params

    with pytest.raises(
        ValueError, match=r"params of a Dead must be its own, got those of a LSTM: .*lstm_edu\.Container"
    ):
        Dead(le.LSTM(D, H))


def test_the_gradient_of_a_wrapper_is_that_of_the_function():
    net, rng = network(), np.random.default_rng(0)
    x, dy = rng.standard_normal((T, B, D)), rng.standard_normal((T, B, 1))
    state = ((rng.standard_normal((B, H)),), ((rng.standard_normal((B, H)), rng.standard_normal((B, H))),), ())
    _, tape = net.forward(x, state)
    dx, grads, dstate = net.backward(dy, tape)
    step = 1e-6

    def slope(array, index):
        kept = array[index]
        array[index] = kept + step
        above = (net(x, state) * dy).sum()
        array[index] = kept - step
        below = (net(x, state) * dy).sum()
        array[index] = kept
        return (above - below) / (2 * step)

    for name, index in (("0.W", (1, 2)), ("1.layer.U", (3, 7)), ("1.layer.b", (8,)), ("2.W", (4, 0))):
        np.testing.assert_allclose(grads[name][index], slope(net.params[name], index), rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(dx[1, 2, 3], slope(x, (1, 2, 3)), rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(dstate[1][0][1][0, 2], slope(state[1][0][1], (0, 2)), rtol=1e-7, atol=1e-9)


def test_everything_that_walks_a_network_sees_inside():
    net = network()
    _, tape = net.forward(np.ones((T, B, D)))
    assert [place for place, _ in walk(net)] == ["", "0", "1", "1.layer", "2"]
    assert set(net.gates(tape)) >= {"0.z", "1.layer.f", "1.layer.c"}
    assert net.count_parameters() == sum(layer.params.flat.size for _, layer in walk(net) if not layer.children())
    assert type(net).parameter_shapes(**net.config()) == dict(net.params.shapes)
    assert net.summary().splitlines() == [
        "         layer     output     arrays                         parameters",
        "         input     (T, B, 4)",
        "0        GRU       (T, B, 6)  W (4, 18), U (6, 18), b (18,)         198",
        "1        Shortcut  (T, B, 6)",
        "1.layer  LSTM      (T, B, 6)  W (6, 24), U (6, 24), b (24,)         312",
        "2        Dense     (T, B, 1)  W (6, 1), b (1,)                        7",
        "         total                                                      517",
    ]


def test_gradient_flow_sees_into_a_wrapper():
    net, rng = network(), np.random.default_rng(0)
    x, dy = rng.standard_normal((T, B, D)), rng.standard_normal((T, B, 1))
    flows = le.gradient_flow(net, x, dy)
    assert list(flows) == [0, 1]
    inner = net.layers[1].layer
    y, _ = net.layers[0].forward(x)
    _, tape = net.layers[2].forward(y)
    dy_inner = net.layers[2].backward(dy, tape)[0]
    alone = le.gradient_flow(inner, y, dy_inner)
    np.testing.assert_allclose(flows[1]["layer"].dh, alone.dh, rtol=0, atol=1e-14)
    np.testing.assert_allclose(flows[1]["layer"].dc, alone.dc, rtol=0, atol=1e-14)


def test_copies_have_buffers_of_their_own():
    net = network()
    for other in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        assert np.shares_memory(other.params.flat, other.layers[1].layer.params.flat)
        other.params.flat[:] = 0
        assert net.params.flat.any()
        assert not other.layers[1].layer.params["U"].any()


def test_a_registered_wrapper_is_saved_and_made_again(registered, tmp_path):
    net = network()
    le.save(net, tmp_path / "net")
    again = le.load(tmp_path / "net")
    assert repr(again) == repr(net)
    assert np.array_equal(again.params.flat, net.params.flat)
    x = np.random.default_rng(0).standard_normal((T, B, D))
    assert np.array_equal(again(x), net(x))


def test_a_wrapper_that_is_not_registered_says_how_to_save_it(tmp_path):
    with pytest.raises(ValueError, match=r"class Shortcut can't be saved, .* lstm_edu\.register makes the class known"):
        le.save(network(), tmp_path / "net")


class Forgetful(le.Layer):
    def __init__(self):
        self.inputs = self.units = 3

    def forward(self, x, state=None, *, lengths=None, training=True):
        return x, None


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: le.Sequential([Forgetful()]),
            r"layers\[0\] .*class Forgetful lacks backward\(\), config\(\), params, d",
        ),
        (lambda: le.Container({"a": Forgetful()}), r"a \(Forgetful\): the class Forgetful lacks"),
        (lambda: le.Container({}), "children: a Container needs at least one layer, got none"),
        (lambda: le.Container({"a.b": le.Dense(2, 3)}), r"children must have names without dots, got 'a\.b'"),
        (lambda: le.Container({"a": 3}), "a must be a layer, got int"),
        (lambda: Shortcut(network().layers[0]), r"layer \(GRU\) belongs to a network already"),
        (lambda: le.Container({"a": le.LSTM(2, 3), "b": le.LSTM(2, 3, dtype=float)}), r"b \(LSTM\) is float64, the"),
    ],
)
def test_what_a_container_cannot_hold_is_refused_by_name(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_a_wrapper_checks_its_tape_and_states():
    one, other = network().layers[1], le.Container({"other": le.LSTM(H, H, rng=0)})
    _, tape = one.forward(np.ones((T, B, H)))
    with pytest.raises(ValueError, match=r"tape must come from this layer's forward, 1 tapes .*got \('Shortcut', 'lay"):
        other.gates(tape)
    with pytest.raises(ValueError, match=r"state must be a tuple with one entry per layer \(1\), got 2 entries"):
        one.forward(np.ones((T, B, H)), (None, None))


def test_a_containers_state_goes_on_where_its_children_were():
    net = network()
    x = np.random.default_rng(0).standard_normal((T, B, D))
    whole = net(x)
    _, tape = net.forward(x[:2])
    np.testing.assert_allclose(net(x[2:], tape.state), whole[2:], rtol=0, atol=1e-13)


def test_a_container_with_settings_beside_its_layers_says_its_shapes():
    layers = [le.Dense(2, 3), le.Dense(3, 1)]
    shapes = le.Container.parameter_shapes(layers=layers, layer=le.GRU(1, 2), scale=0.5, sizes=[1, 2])
    assert list(shapes) == ["0.W", "0.b", "1.W", "1.b", "layer.W", "layer.U", "layer.b"]


def test_a_layer_without_parameters_agrees_with_every_float_type():
    held = le.Container({"a": le.Dropout(0.5, rng=0), "b": le.LSTM(D, H, dtype=np.float64), "c": le.Dropout(0.1)})
    assert held.dtype == np.float64
    assert list(held.params) == ["b.W", "b.U", "b.b"]


def test_a_class_that_does_not_say_its_shapes_has_a_layer_made_to_look_at():
    class Scale(le.Layer):
        def __init__(self, units):
            self.inputs, self.units, self.dtype = units, units, np.dtype(np.float32)
            self.params = le.Parameters({"s": (units,)}, self.dtype)

    assert Scale.parameter_shapes(units=3) == {"s": (3,)}
    assert Scale.output_shape(("T", "B", 3), units=3) == ("T", "B", 3)
    layer = Scale(3)
    assert layer.generators() == []
    layer.name = "mine"
    del layer.name
    with pytest.raises(AttributeError, match="units of a Scale can't be deleted"):
        del layer.units


def test_a_tape_says_what_it_does_not_have():
    _, tape = le.LSTM(D, H).forward(np.ones((T, B, D)))
    with pytest.raises(AttributeError, match="a tape of LSTM has no 'past'"):
        tape.past


def test_initial_values_that_nobody_needs_are_not_drawn():
    layer = le.Embedding(5, 3, rng=Blank())
    assert not layer.params["W"].any()
    assert Blank().uniform().shape == ()


def test_a_name_from_a_file_is_cut_in_an_error():
    with pytest.raises(ValueError, match="unknown cell 'aaa") as caught:
        registry.cell_class("a" * 10**6)
    assert len(str(caught.value)) < 1000


# Registering


def test_a_name_belongs_to_one_class():
    class LSTM(le.GRU):
        pass

    class Other(le.GRU):
        pass

    with pytest.raises(ValueError, match=r"the name 'LSTM' belongs to lstm_edu\.cells\.lstm\.LSTM already"):
        le.register(LSTM)
    with pytest.raises(ValueError, match=r"the name 'gru' belongs to lstm_edu\.cells\.gru\.GRU already"):
        le.register("gru")(Other)
    assert "Other" not in LAYERS
    for wrong in (3, "", "a,b", " a"):
        with pytest.raises(ValueError, match="name must be a short name without commas"):
            le.register(wrong)
    with pytest.raises(ValueError, match="register takes a class of layers, got <class 'int'>"):
        le.register(int)
    with pytest.raises(ValueError, match="name: Dense is no recurrent cell; register it without the name 'dense'"):
        le.register("dense")(le.nn.Dense)


def test_a_class_is_accepted_wherever_a_name_is():
    class Mine(le.GRU):
        title = "My own"

    task = le.tasks.Adding(length=6)
    net = le.make_network(task, Mine, units=4, memory=5, rng=0)
    assert type(net.layers[0]) is Mine
    assert np.array_equal(net.params.flat, le.make_network(task, "gru", units=4, memory=5, rng=0).params.flat)
    assert le.match_parameters(Mine, 2, budget=500) == le.match_parameters("gru", 2, budget=500)
    table = le.compare(task, cells=[Mine, "gru"], units=3, steps=4, seeds=1, jobs=1, progress_bar=False)
    assert table["cell"].tolist() == ["Mine", "gru"]
    assert table["test_loss"].iloc[0] == table["test_loss"].iloc[1]
    assert registry.cell_name(Mine) == "Mine"
    assert le.plotting.learning_curves(table).axes[0].get_legend() is not None
