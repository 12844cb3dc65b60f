"""One's own data as they come: taken where they can be understood, never in silence, and refused in words elsewhere."""

import dataclasses
import re

import numpy as np
import pandas as pd
import pytest

import lstm_edu as le
from lstm_edu.core import Scaling
from lstm_edu.tasks import Arrays

MSE, SOFTMAX, SIGMOID = "mean_squared_error", "softmax_cross_entropy", "sigmoid_cross_entropy"
rng = np.random.default_rng(0)
N, T, D = 20, 6, 3
X = rng.normal(size=(T, N, D))
LENGTHS = rng.integers(2, T, N)
LENGTHS[4] = T
RAGGED = [X[:n, k] for k, n in enumerate(LENGTHS)]
WORDS = np.array(["wave", "jump", "rest", "jump"] * 5)


def same(a, b):
    """Whether two tasks give the same batches of every part."""
    for part in ("train", "valid", "test"):
        one, other = a.sample(9, 3, part), b.sample(9, 3, part)
        for field in dataclasses.fields(one):
            assert np.array_equal(getattr(one, field.name), getattr(other, field.name)), field.name
    assert (a.inputs, a.outputs, a.baseline) == (b.inputs, b.outputs, b.baseline)


# Sequences of their own lengths


@pytest.mark.parametrize("kind", [list, tuple, "object", "plain"])
def test_a_list_of_sequences_is_padded_and_its_lengths_are_kept(kind):
    given = RAGGED if isinstance(kind, str) else kind(RAGGED)
    if kind == "object":
        given = np.empty(N, object)
        given[:] = RAGGED
    elif kind == "plain":
        given = [each.tolist() for each in RAGGED]
    task = Arrays(given, X[0], MSE)
    same(task, Arrays(X, X[0], MSE, lengths=LENGTHS))
    assert np.array_equal(task.lengths, LENGTHS)
    assert "lengths=<2 .. 6>" in repr(task)


def test_a_list_of_sequences_takes_a_list_of_targets_for_each_step():
    targets = [each[:, :2] for each in RAGGED]
    same(Arrays(RAGGED, targets, MSE, "all"), Arrays(X, X[:, :, :2], MSE, "all", LENGTHS))
    words = [WORDS[:n] for n in LENGTHS]
    task = Arrays(RAGGED, words, steps="all")
    assert task.classes == ("jump", "rest", "wave")
    batch = task.sample(1, 0, "test")
    assert batch.target[: batch.lengths[0], 0].tolist() == [2, 0, 1, 0, 2, 0][: batch.lengths[0]]


def test_symbols_of_their_own_lengths_are_padded_too():
    symbols = rng.integers(0, 5, (T, N))
    given = [symbols[:n, k] for k, n in enumerate(LENGTHS)]
    same(Arrays(given, np.arange(N) % 2), Arrays(symbols, np.arange(N) % 2, lengths=LENGTHS))


def test_a_list_of_equal_sequences_is_told_from_a_list_of_steps_by_the_targets():
    same(Arrays([*np.swapaxes(X, 0, 1)], X[0], MSE), Arrays(X, X[0], MSE))
    same(Arrays([*X], X[0], MSE), Arrays(X, X[0], MSE))
    square = X[:, :T]
    with pytest.raises(ValueError, match=r"x is a list of 6 arrays, which may be steps or sequences: np\.stack"):
        Arrays([*square], square[0], MSE)
    same(Arrays([*square], square[0], MSE, batch_first=True), Arrays(square.swapaxes(0, 1), square[0], MSE))


@pytest.mark.parametrize("steps", ["last", "all"])
@pytest.mark.parametrize("lengths", [None, LENGTHS])
def test_batch_first_exchanges_the_first_two_axes(steps, lengths):
    target = X[0] if steps == "last" else X[:, :, :2]
    first = target if steps == "last" else np.swapaxes(target, 0, 1)
    task = Arrays(np.swapaxes(X, 0, 1), first, MSE, steps, lengths, batch_first=True)
    same(task, Arrays(X, target, MSE, steps, lengths))
    same(dataclasses.replace(task, share=0.5), task)  # x is time first by now
    symbols = rng.integers(0, 5, (T, N))
    same(Arrays(symbols.T, np.arange(N) % 2, batch_first=True), Arrays(symbols, np.arange(N) % 2))


# Targets


def test_labels_that_are_words_are_numbered_in_order_and_kept_with_the_network():
    task = Arrays(X, WORDS)
    assert task.outputs == 3
    assert task.about().classes == ("jump", "rest", "wave")
    assert "classes=('jump', 'rest', 'wave')" in repr(task)
    same(task, Arrays(X, np.searchsorted(["jump", "rest", "wave"], WORDS)))
    assert task.target.tolist() == WORDS.tolist()
    same(dataclasses.replace(task, share=0.5), task)
    net = le.make_network(task, "rnn", units=2, rng=0)
    le.fit(net, task, steps=1, batch=2)
    assert net.about == task.about()


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        (pd.Series(WORDS), ("jump", "rest", "wave")),
        (pd.Categorical(WORDS), ("jump", "rest", "wave")),
        (WORDS.tolist(), ("jump", "rest", "wave")),
        (WORDS == "jump", (False, True)),
        ((WORDS == "jump").astype(object), (False, True)),
        (pd.Series(np.arange(N) % 2 + 5, dtype=object), (5, 6)),
    ],
)
def test_labels_may_come_in_any_dress(labels, classes):
    task = Arrays(X, labels)
    assert task.classes == task.about().classes == classes
    assert [type(label) for label in task.classes] == [type(label) for label in classes]


def test_classes_give_the_order_and_may_have_more_than_occur():
    task = Arrays(X, WORDS, classes=["wave", "rest", "jump", "fall"])
    assert task.outputs == 4
    same(task, Arrays(X, np.array([0, 2, 1, 2] * 5), classes=[0, 1, 2, 3]))
    signs = Arrays(X, np.where(WORDS == "jump", -1, 1), classes=(-1, 1))
    assert signs.about().classes == (-1, 1)
    same(signs, Arrays(X, (WORDS != "jump").astype(int)))


def test_one_number_a_sequence_is_one_column_and_the_repr_says_so():
    task = Arrays(X, X[0, :, 0], MSE)
    same(task, Arrays(X, X[0, :, :1], MSE))
    assert "target=<(20,) as (20, 1)>" in repr(task)
    same(Arrays(X, X[:, :, 0], MSE, "all"), Arrays(X, X[:, :, :1], MSE, "all"))
    same(Arrays(X, WORDS == "jump", SIGMOID), Arrays(X, (WORDS == "jump").astype(float)[:, None], SIGMOID))


# Units


def test_scaling_is_learnt_from_the_real_steps_of_the_training_part_alone():
    x = 50 + 300 * X
    train = np.arange(12)
    indices = (train, [12, 13], np.arange(14, N))
    x[:, 12:] += 1e4  # what is not for training must not be looked at
    for k, n in enumerate(LENGTHS):
        x[n:, k] = np.nan
    task = Arrays(x, X[0, :, 0] * 7 - 2000, MSE, lengths=LENGTHS, scale="standard", indices=indices)
    real = np.concatenate([x[:n, k] for k, n in enumerate(LENGTHS[:12])])
    about = task.about()
    np.testing.assert_allclose(about.inputs.mean, real.mean(axis=0))
    np.testing.assert_allclose(about.inputs.scale, real.std(axis=0))
    np.testing.assert_allclose(about.target.mean, task.target[:12].mean())
    batch = task.sample(2, 0, "valid")
    assert not batch.x[~batch.counted].any()
    back = about.target.undo(batch.target.astype(float))[:, 0]
    np.testing.assert_allclose(sorted(back), sorted(task.target[[12, 13], 0]))
    first = about.inputs.undo(batch.x[0].astype(float))
    np.testing.assert_allclose(sorted(first[:, 0]), sorted(x[0, [12, 13], 0]), rtol=1e-6)
    assert "scale='standard'" in repr(task)
    same(dataclasses.replace(task, share=0.5), task)  # not scaled twice


def test_a_target_for_each_step_is_scaled_and_the_loss_is_in_these_units():
    y = 1e3 + 40 * X[:, :, :2]
    task = Arrays(X, y, MSE, "all", LENGTHS, scale="standard")
    assert 0.5 < task.baseline < 2
    batch = task.sample(N, 0, "train")
    np.testing.assert_allclose(batch.target[batch.counted].mean(axis=0), 0, atol=0.6)
    assert task.correct(batch.target, batch).all()


def test_scaling_sees_numbers_that_float32_cannot_tell_apart():
    seconds = 1.7e9 + np.arange(T)[:, None, None] + rng.integers(0, 9, (1, N, 1))
    task = Arrays(seconds, WORDS, scale="standard", split="time")
    assert len(np.unique(task.sample(16, 0).x)) >= T
    assert task.x.dtype == np.float64


@pytest.mark.parametrize("column", [1e-3 * X[:, :, 0], 500 * X[:, :, 0], 20 + X[:, :, 0], np.full((T, N), 2020.0)])
def test_a_column_far_from_unit_scale_gets_a_hint_with_its_name(column):
    x = np.stack([X[:, :, 0], column], axis=2)
    with pytest.warns(UserWarning, match=r'x: column 1 has the mean .* scale="standard"') as seen:
        Arrays(x, WORDS)
    assert seen[0].filename == __file__
    with pytest.warns(UserWarning, match="x: column 'load'"):
        Arrays(x, WORDS, columns=["heat", "load"])
    Arrays(x, WORDS, scale="standard")  # warnings are errors here


def test_rare_events_and_constants_near_one_get_no_hint():
    x = np.zeros((T, 5000, 2))
    x[0, 7, 0] = 1
    x[:, :, 1] = 1
    Arrays(x, np.arange(5000) % 2)


# A table


def table():
    rows = [
        {"who": f"p{k}", "t": t, "a": X[t, k, 0], "b": X[t, k, 1], "word": WORDS[k], "y": X[t, k, 2], "n": k % 3}
        for k in range(N)
        for t in range(LENGTHS[k])
    ]
    return pd.DataFrame(rows)


def test_a_frame_in_any_order_gives_one_sequence_for_each_group_in_the_order_of_time():
    shuffled = table().sample(frac=1, random_state=0)
    task = Arrays.from_frame(shuffled, group="who", time="t", inputs=["a", "b"], target="word")
    order = [int(name[1:]) for name in shuffled.sort_values("t", kind="stable")["who"].unique()]
    same(task, Arrays(X[:, order, :2], WORDS[order], lengths=LENGTHS[order]))
    assert task.columns == ("a", "b")
    assert task.about().trained["columns"] == ["a", "b"]


def test_a_frame_has_a_target_for_each_row_or_for_each_group():
    plain = {"group": "who", "inputs": "a"}
    one = Arrays(X[:, :, :1], X[:, :, 2], MSE, "all", LENGTHS)
    same(Arrays.from_frame(table(), **plain, target="y", steps="all", loss=MSE), one)
    two = Arrays.from_frame(table(), **plain, target=["y", "b"], steps="all", loss=MSE)
    same(two, Arrays(X[:, :, :1], X[:, :, [2, 1]], MSE, "all", LENGTHS))
    counts = Arrays(X[:, :, :1], (np.arange(N) % 3).astype(float), MSE, lengths=LENGTHS)
    same(Arrays.from_frame(table(), **plain, target="n", loss=MSE), counts)
    apart = pd.Series(WORDS[::-1], index=[f"p{k}" for k in reversed(range(N))])
    same(Arrays.from_frame(table(), **plain, target=apart), Arrays(X[:, :, :1], WORDS, lengths=LENGTHS))


def test_groups_come_in_the_order_of_their_first_times():
    frame = pd.DataFrame({"who": list("ccbbaa"), "day": [5, 6, 3, 4, 1, 2], "y": [0, 0, 1, 1, 0, 0]})
    frame["x"] = np.arange(6.0)
    task = Arrays.from_frame(frame, group="who", time="day", inputs="x", target="y", split="time")
    assert task.x[:, :, 0].T.tolist() == [[4, 5], [2, 3], [0, 1]]


def changed(**columns):
    return table().assign(**columns)


def with_hole(name):
    frame = table().astype({"who": object, "word": object})
    frame.index += 100
    frame.loc[103, name] = None if frame[name].dtype == object else np.nan
    return frame


@pytest.mark.parametrize(
    ("frame", "arguments", "message"),
    [
        ({"a": [1.0]}, {}, "frame must be a pandas.DataFrame, got dict"),
        (table()[:0], {}, "frame must have at least one row"),
        (table(), {"group": "how"}, "unknown group 'how': did you mean 'who'"),
        (table(), {"inputs": ["a", "c"]}, "unknown inputs 'c'"),
        (table(), {"inputs": []}, "inputs must be at least one column, got []"),
        (table(), {"inputs": ["a", "a"]}, "inputs must name each column once"),
        (table(), {"group": ["who", "t"]}, "group must be one column, got ['who', 't']"),
        (with_hole("a"), {}, "frame: column 'a' has 1 missing values, the first one in row 103"),
        (with_hole("t"), {}, "frame: column 't' has 1 missing values, the first one in row 103"),
        (with_hole("who"), {}, "frame: column 'who' has 1 missing values, the first one in row 103"),
        (with_hole("word"), {}, "frame: column 'word' has 1 missing values, the first one in row 103"),
        (changed(b="high"), {}, "frame: column 'b' must hold numbers, got "),
        (changed(t=1), {}, "frame: time 1 occurs twice in group 'p0'"),
        (table(), {"target": "y", "loss": MSE}, "target: 'y' changes within group 'p0': steps='all' takes one for"),
        (table(), {"target": pd.Series(["a"], ["p0"])}, "target must have each group in its index, got none for 'p1'"),
        (table(), {"target": pd.Series("a", ["p0", "p0"])}, "target must have each group once in its index, got 'p0'"),
        (table(), {"target": pd.Series(None, [f"p{k}" for k in range(N)], object)}, "target: it is missing for group"),
        (table(), {"target": pd.Series(["a"], ["p0"]), "steps": "all"}, "target: a Series has one for each group"),
        (changed(t=[1, "a"] * (len(table()) // 2)), {}, "time: column 't' can't be sorted: "),
        (changed(who=[[1]] * len(table())), {}, "group: column 'who' must hold labels: "),
        (table(), {"lengths": LENGTHS}, "lengths: a frame says it itself"),
        (changed(a=np.inf), {}, "x must hold finite numbers"),
    ],
)
def test_what_is_wrong_in_a_frame_is_named_with_its_column_and_row(frame, arguments, message):
    with pytest.raises(ValueError, match="^" + re.escape(message)):
        Arrays.from_frame(frame, **{"group": "who", "time": "t", "inputs": ["a", "b"], "target": "word"} | arguments)


# Refused in words

OBJECTS = np.empty(N, object)
OBJECTS[:] = [("a", 1)] * N


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"x": X.swapaxes(0, 1)}, "x must be time first, (T, N, D), got (20, 6, 3) for a target of shape (20,): batch"),
        (
            {"x": X.swapaxes(0, 1), "target": X[:, :, 0], "loss": MSE, "steps": "all"},
            "x must be time first, (T, N, D), got (20, 6, 3) for a target of shape (6, 20): batch",
        ),
        (
            {"x": X.swapaxes(0, 1), "target": X.swapaxes(0, 1), "loss": MSE, "steps": "all", "lengths": LENGTHS},
            "x must be time first, (T, N, D), got (20, 6, 3)",
        ),
        ({"batch_first": True}, "x must be (N, T, D) for batch_first=True, got (6, 20, 3): time first?"),
        ({"batch_first": 1}, "batch_first must be True or False, got 1"),
        (
            {"x": X[:, :, 0]},
            "x must have 3 axes (T, N, D) with T time steps, D inputs, got shape (6, 20): x[..., None]",
        ),
        ({"x": [*RAGGED[:-1], X[:, 0, :2]]}, "x[19] must have the columns of x[0]"),
        ({"x": [*RAGGED[:-1], X[:0, 0]]}, "x[19] must have at least one step, got shape (0, 3)"),
        ({"x": [*RAGGED[:-1], np.full((2, 3), "a")]}, "x[19] must hold float64 as x[0] does, got <U1"),
        ({"x": RAGGED[:-1]}, "target must have shape (19,), got (20,)"),
        ({"x": RAGGED, "lengths": LENGTHS}, "lengths: a list of sequences has its own lengths"),
        ({"x": RAGGED, "target": RAGGED[:-1], "loss": MSE, "steps": "all"}, "target must hold a sequence for each of"),
        (
            {"x": RAGGED, "target": [*RAGGED[:-1], X[:1, 0]], "loss": MSE, "steps": "all"},
            f"target[19] must have the {LENGTHS[19]} steps of x[19], got 1",
        ),
        ({"target": RAGGED, "loss": MSE, "steps": "all"}, "target is a list of sequences: x must be one too"),
        ({"target": [*WORDS[:-1], None]}, "target must name a class for each sequence or step, got None at place 19"),
        ({"target": np.array([*WORDS[:-1], np.nan], object)}, "target must name a class for each sequence or step"),
        ({"target": np.array([*WORDS[:-1], 3], object)}, "target must hold labels of one kind, got number, str"),
        ({"target": WORDS.astype("S")}, "target must hold text, got bytes, such as b'wave'"),
        ({"target": OBJECTS}, "target must hold str, int, float or bool, got tuple"),
        ({"target": np.arange(N).astype("M8[s]")}, "target must hold str, int, float or bool, got datetime"),
        ({"target": WORDS[:-1]}, "target must have shape (20,), got (19,)"),
        ({"classes": ["wave", "jump"]}, "target must hold labels among the classes 'wave', 'jump', got 'rest'"),
        ({"classes": ["wave", "wave"]}, "classes must hold at least one label, and each once"),
        ({"classes": "wave"}, "classes must be a list of labels, got 'wave'"),
        ({"classes": [b"a"]}, "classes must hold text, got bytes"),
        ({"classes": ["a"], "target": X[0], "loss": MSE}, "classes: they need loss='softmax_cross_entropy'"),
        ({"target": WORDS, "loss": MSE}, "target must be an array of floats, got <U4"),
        ({"scale": "minmax"}, "unknown scale 'minmax'"),
        ({"scale": Scaling((0.0,), (1.0,))}, "unknown scale Scaling"),
        ({"scale": "standard", "x": np.ones((T, N), int)}, "scale: symbols and classes have no units"),
        ({"scale": "standard", "x": X * 1e300}, "x must hold finite numbers (as float32)"),
        ({"columns": ["a"]}, "columns must name the 3 columns of x, got 1"),
        ({"columns": 3}, "columns must be a list of names, got 3"),
        ({"target": np.full(N, np.inf, object)}, "target must hold labels that a file can keep, got inf"),
        ({"columns": "abc"}, "columns must be a list of names, got 'abc'"),
        ({"x": None}, "x must be an array of floats, got object"),
        ({"x": "text"}, "x must be an array of floats, got <U4"),
        ({"x": []}, "x must have 3 axes"),
        ({"x": X.astype(complex)}, "x must be an array of floats, got complex128"),
        ({"x": np.ma.masked_invalid(X)}, "x must be an array without a mask"),
        ({"target": None}, "target must have shape (20,), got ()"),
    ],
)
def test_every_wrong_kind_is_refused_in_words(arguments, message):
    with pytest.raises(ValueError, match="^" + re.escape(message)):
        Arrays(**{"x": X, "target": WORDS} | arguments)
