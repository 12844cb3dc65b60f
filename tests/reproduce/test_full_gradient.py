"""Papers whose networks learn by the full gradient: units, tasks, set-up and trials."""

from dataclasses import replace

import numpy as np
import pytest

from lstm_edu import nn, tasks
from lstm_edu.reproduce import PAPERS, results, trained
from lstm_edu.reproduce.arjovsky2016.trial import BoundedRMSProp
from lstm_edu.reproduce.jozefowicz2015.trial import half_life
from lstm_edu.reproduce.le2015 import trial as le2015
from lstm_edu.reproduce.pascanu2013 import Order
from lstm_edu.reproduce.pascanu2013 import trial as pascanu2013
from lstm_edu.reproduce.units import ReluRNN, SigmoidRNN
from lstm_edu.reproduce.weiss2018 import Words
from tests.reference import sigmoid

NAMES = ("pascanu2013", "jozefowicz2015", "le2015", "arjovsky2016", "weiss2018")
ROWS = [(experiment, row) for name in NAMES for experiment in PAPERS[name].experiments for row in experiment.rows]
UNITS = {ReluRNN: lambda z: np.where(z.real > 0, z, 0), SigmoidRNN: sigmoid}


def twin(cls, x, params, h):
    found = []
    for x_t in x:
        h = UNITS[cls](x_t @ params["W"] + h @ params["U"] + params["b"])
        found.append(h)
    return np.stack(found)


@pytest.mark.kernels
@pytest.mark.parametrize("cls", UNITS)
def test_units_are_their_equation_and_their_gradients_its_derivative(cls):
    rng = np.random.default_rng(3)
    T, B, D, H = 7, 5, 3, 4
    layer = cls(D, H, dtype=np.float64, rng=rng)
    layer.params["b"] = rng.normal(size=H)
    x, h0, dy = rng.normal(size=(T, B, D)), rng.normal(size=(B, H)), rng.normal(size=(T, B, H))
    y, tape = layer.forward(x, (h0,))
    params = {name: array.copy() for name, array in layer.params.items()}
    np.testing.assert_allclose(y, twin(cls, x, params, h0), rtol=1e-12, atol=1e-14)
    assert np.array_equal(layer(x, (h0,)), y)
    dx, grads, (dh0,) = layer.backward(dy, tape)

    def slope(change):
        """By a complex step of everything at once, along random directions."""
        values = {name: array.astype(complex) for name, array in (params | {"x": x, "h": h0}).items()}
        values[change] = values[change] + 1e-30j * way
        return (twin(cls, values.pop("x"), values, values.pop("h")) * dy).sum().imag / 1e-30

    for name, gradient in {**grads, "x": dx, "h": dh0}.items():
        way = rng.normal(size=gradient.shape)
        np.testing.assert_allclose((gradient * way).sum(), slope(name), rtol=1e-10)


@pytest.mark.kernels
@pytest.mark.parametrize("cls", UNITS)
def test_units_of_float32_stay_so_and_keep_what_is_not_a_number(cls):
    layer = cls(2, 3, rng=0)
    x = np.ones((4, 2, 2), np.float32)
    x[1, 0, 0] = np.nan
    y, tape = layer.forward(x)
    assert y.dtype == np.float32
    assert layer.backward(np.ones_like(y), tape)[0].dtype == np.float32
    assert np.isnan(y[1:, 0]).all()
    assert np.isfinite(y[:, 1]).all()


def test_the_order_of_two_symbols_is_where_the_published_code_puts_them():
    length = 57
    batch = Order(length).sample(4000, rng=0)
    symbols = batch.x.argmax(axis=-1)
    assert batch.x.shape == (length, 4000, 6)
    assert (batch.x.sum(axis=-1) == 1).all()
    rare = symbols < 2
    assert (rare.sum(axis=0) == 2).all()
    first, second = rare.argmax(axis=0), length - 1 - rare[::-1].argmax(axis=0)
    assert (first.min(), first.max(), second.min(), second.max()) == (5, 9, 28, 32)
    row = np.arange(4000)
    assert (batch.target == symbols[first, row] + 2 * symbols[second, row]).all()
    assert abs(np.bincount(batch.target) / 4000 - 0.25).max() < 0.03


def test_the_order_is_told_by_the_largest_output_in_every_sequence_or_it_is_not_solved():
    task = Order(20)
    batch = task.sample(50, rng=1)
    y = np.eye(4)[batch.target] * 1e-3
    assert task.solved(y, batch)
    y[7] = -y[7]
    assert not task.solved(y, batch)
    y[7] = np.nan
    assert not task.solved(y, batch)


@pytest.mark.parametrize("kind", pascanu2013.KINDS)
def test_initial_weights_are_those_of_the_published_code(kind):
    row = next(row for experiment, row in ROWS if getattr(row.setting, "kind", "") == kind)
    net = row.setting.network(np.random.default_rng(0))
    pascanu2013.initial_weights(net, kind, np.random.default_rng(1))
    cell, dense = net.layers
    sd = {"sigmoid": 0.01, "basic_tanh": 0.1, "smart_tanh": 0.01}[kind]
    assert abs(cell.params["W"].std() / sd - 1) < 0.1
    assert abs(dense.params["W"].std() / sd - 1) < 0.2
    assert not cell.params["b"].any()
    assert not dense.params["b"].any()
    U = cell.params["U"]
    if kind == "smart_tanh":
        assert ((U != 0).sum(axis=1) == 15).all()
        assert abs(pascanu2013.spectral_radius(U) - 0.95) < 1e-5
    else:
        assert abs(U.std() / sd - 1) < 0.1


def test_gradients_of_an_untrained_network_shrink_and_grow_with_the_spectral_radius():
    small, large = (pascanu2013.gradients(pascanu2013.Untrained("tanh", radius), 0).values for radius in (0.5, 1.5))
    assert small[0] < small[1] < small[2] < 1 < large[2] < large[1]


def test_rectified_units_that_begin_with_the_identity_keep_what_they_hold():
    setting = le2015.Setting(tasks.Adding(30, "sum"), "relu", 7, 0.01, 16, 16, 16, 4, 1.0)
    cell, _ = le2015.begin(setting, np.random.default_rng(0)).layers
    assert np.array_equal(cell.params["U"], np.eye(7))
    assert cell.params["W"].std() < 0.003
    assert not cell.params["b"].any()
    held = np.abs(np.random.default_rng(1).normal(size=(3, 7))).astype(np.float32)
    y = cell(np.zeros((50, 3, 2), np.float32), (held,))
    assert np.array_equal(y[-1], held)


def test_the_half_life_is_that_of_a_gate_which_only_has_its_bias():
    for bias, steps in ((0.0, 1.0), (1.0, np.log(2) / np.log(1 + np.exp(-1))), (5.0, 103.2)):
        cell = trained.LSTM(2, 3, forget_bias=bias, rng=0)
        for name in "WU":
            cell.params[name][:] = 0
        assert abs(half_life(nn.Sequential([cell]), np.ones((4, 5, 2), np.float32)) / steps - 1) < 1e-3


def test_each_number_of_the_gradient_has_its_bound_before_rmsprop_sees_it():
    params, grads = (nn.Dense(2, 1, rng=0).params for _ in range(2))
    before, grads.flat[:] = params.flat.copy(), [0.5, -30, 0]
    average = 0.9 * 1e-3 + 0.1 * np.array([0.25, 1, 0])
    BoundedRMSProp(0.01).step(params, grads)
    step = 0.01 * np.array([0.5, -1, 0]) / np.sqrt(average)
    np.testing.assert_allclose(before - params.flat, step, rtol=1e-5, atol=1e-7)
    assert grads.flat[1] == -30


def test_sizes_and_baselines_are_those_that_the_notes_say():
    counted = {
        row.setting.cell: row.setting.network(np.random.default_rng(0)).count_parameters()
        for row in PAPERS["arjovsky2016"].experiments[0].rows
    }
    assert counted == {"lstm": 8529, "tanh": 8009}
    assert round(tasks.CopyMemory(100).baseline, 4) == 0.1733
    assert tasks.Adding(150, "sum").baseline == 1 / 6


@pytest.mark.parametrize(("language", "word"), [("anbn", "aaabbbT"), ("anbncn", "aaabbbcccT")])
def test_words_ask_for_the_next_symbol_and_for_the_end(language, word):
    task = Words(5, language)
    batch = task.words([1, 3, 2])
    letters = "abcT" if language == "anbncn" else "abT"
    told = "".join(letters[k] for k in batch.target[: batch.lengths[1], 1])
    assert told == word
    assert batch.lengths.tolist() == [n * (len(letters) - 1) + 1 for n in (1, 3, 2)]


@pytest.mark.parametrize("language", ["anbn", "anbncn"])
def test_a_word_is_right_only_if_just_the_symbols_that_may_follow_are_possible(language):
    task = Words(4, language)
    batch = task.sample(1, rng=0, split="valid")
    may = task._of(4).strings(np.arange(1, 5)).target > 0
    y = np.log(np.where(may, 1 / np.maximum(may.sum(axis=-1, keepdims=True), 1), 1e-4))
    assert task.solved(y, batch)
    near = y.copy()
    near[3, 1, 0] = near[3, 1].max() + np.log(0.02)  # an a behind bb: above one in a hundred
    assert not task.solved(near, batch)
    assert task.correct(near, batch).sum() == 3
    assert not task.correct(np.full_like(y, np.nan), batch).any()
    assert not task.correct(np.zeros_like(y), batch).any()  # everything is accepted


def test_an_untrained_network_counts_nowhere():
    row = next(row for experiment, row in ROWS if experiment.name == "anbn")
    assert row.setting.task.reach(row.setting.network(np.random.default_rng(0)), 40) == 0


def short(setting):
    """The same setting for two batches."""
    if not hasattr(setting, "most"):
        return setting
    less = {"tests": 8, "least": setting.batch}
    changed = {name: value for name, value in less.items() if hasattr(setting, name)}
    return replace(setting, most=2 * setting.batch, every=setting.batch, validation=8, **changed)


@pytest.mark.parametrize(("experiment", "row"), [pair for pair in ROWS if pair[1].quick], ids=lambda each: each.name)
def test_a_trial_is_the_same_twice_and_another_from_another_seed(experiment, row):
    setting, told = short(row.setting), []
    first, second = (experiment.run(setting, 4, told.append) for _ in range(2))
    assert first == second or (np.isnan(first.values).any() and str(first) == str(second))
    assert len(first.values) == len(experiment.measures)
    assert told
    if experiment.name != "anbn" and experiment.name != "anbncn":
        assert experiment.run(setting, 5, told.append).values != first.values
    if experiment.counts:
        assert not first.success
        assert first.sequences == setting.most


def test_a_trial_that_diverges_is_given_up_and_has_failed():
    row = next(row for experiment, row in ROWS if row.name == "basic-20")
    outcome = pascanu2013.run(replace(short(row.setting), rate=1e30), 0)
    assert not outcome.success
    assert outcome.sequences == 40


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"cell": "lsmt"}, "did you mean 'lstm'"),
        ({"task": None}, "task must be a task of lstm_edu.tasks, got None"),
        ({"most": 50}, "most must be whole batches of 20, got 50"),
        ({"every": 30}, "every must be whole batches of 20, got 30"),
        ({"rate": 0.0}, "rate must be"),
        ({"clip": -1.0}, "clip must be"),
        ({"kind": "clever_tanh"}, "kind"),
    ],
)
def test_a_setting_that_can_not_be_is_refused(changed, words):
    row = next(row for experiment, row in ROWS if row.name == "basic-20")
    with pytest.raises(ValueError, match=words):
        replace(row.setting, **changed)


def test_no_measure_has_the_name_of_another_column():
    for experiment in {experiment.title: experiment for experiment, _ in ROWS}.values():
        names = results.columns(experiment)
        assert len(set(names)) == len(names)


def test_each_paper_refuses_what_is_not_its_own():
    rows = {paper: PAPERS[paper].experiments[-1].rows[0].setting for paper in NAMES}
    with pytest.raises(ValueError, match="clip must be None"):
        replace(rows["arjovsky2016"], clip=1.0)
    with pytest.raises(ValueError, match="cell must be 'relu' for the kind 'irnn', got 'tanh'"):
        replace(rows["le2015"], cell="tanh")
    with pytest.raises(ValueError, match="task must be Words"):
        replace(rows["weiss2018"], task=tasks.AnBn())
    with pytest.raises(ValueError, match="least must be a multiple of every"):
        replace(rows["weiss2018"], least=1)


def test_kinds_that_are_compared_begin_with_equal_sequences():
    drawn = []
    for kind, cell in (("irnn", "relu"), ("tanh", "tanh")):
        setting = le2015.Setting(tasks.Adding(9, "sum"), cell, 3, 0.01, 4, 4, 4, 4, 1.0, kind, tests=4)
        _, order, _ = trained.seeds_of(8)
        training = nn.Training(setting.network(np.random.default_rng(0)), setting.task, steps=1, batch=4,
                               seed=int(order.generate_state(1)[0]))  # fmt: skip
        drawn.append(training._batches.draw()[0].x)
    assert np.array_equal(*drawn)
