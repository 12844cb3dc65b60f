"""predict on plain arrays: every form gives the same numbers, in the words and units of the data."""

import numpy as np
import pytest

import lstm_edu as le
from lstm_edu.core import About
from lstm_edu.core.scaling import Scaling

T, N, D, O = 6, 5, 3, 4
rng = np.random.default_rng(0)
X = rng.standard_normal((T, N, D)).astype(np.float32)
LENGTHS = np.array([6, 2, 5, 1, 4])
CUT = [X[:length, n] for n, length in enumerate(LENGTHS)]


def network(steps="last", loss=None, **about):
    net = le.Sequential([le.GRU(D, 7, rng=1), le.Dense(7, O, steps=steps, rng=2)])
    net.about = None if loss is None else About(loss=loss, steps=steps, **about)
    return net


def close(found, needed):
    np.testing.assert_allclose(found, needed, rtol=0, atol=1e-6)


@pytest.mark.parametrize("steps", ["last", "all"])
def test_every_form_of_the_same_sequences_gives_the_same_outputs(steps):
    net = network(steps)
    raw = net(X, lengths=LENGTHS)
    padded = X.copy()
    padded[np.arange(T)[:, None] >= LENGTHS] = np.nan
    close(np.nan_to_num(le.predict(net, padded, lengths=LENGTHS)), raw)
    other = le.predict(net, padded.swapaxes(0, 1), lengths=LENGTHS, batch_first=True)
    close(other, raw if steps == "last" else raw.swapaxes(0, 1))
    for n, found in enumerate(le.predict(net, CUT, chunk=2)):
        close(found, raw[n] if steps == "last" else raw[: LENGTHS[n], n])
    close(le.predict(net, X[:, 1]), net(X)[1] if steps == "last" else net(X)[:, 1])
    assert isinstance(le.predict(net, CUT), np.ndarray if steps == "last" else list)
    close(le.predict(net, X.tolist()), net(X))
    if steps == "all":
        assert [len(each) for each in le.predict(net, [each.tolist() for each in CUT])] == LENGTHS.tolist()


def test_classes_have_their_names_and_probabilities_add_up():
    net = network(loss="softmax_cross_entropy", classes=["a", "b", "c", "d"])
    best = net(X).argmax(axis=1)
    assert le.predict(net, X).tolist() == [["a", "b", "c", "d"][k] for k in best]
    p = le.predict(net, X, output="probabilities")
    assert p.argmax(axis=1).tolist() == best.tolist()
    close(p.sum(axis=1), 1)
    assert le.predict(network(loss="softmax_cross_entropy"), X).tolist() == best.tolist()
    mixed = le.predict(network(loss="softmax_cross_entropy", classes=[0, "b", True, 2.5]), X)
    assert {type(each) for each in mixed} <= {int, str, bool, float}
    assert le.predict(net, X[:, 0]) == ["a", "b", "c", "d"][best[0]]
    with pytest.raises(ValueError, match="names 2 classes, the network gives 4 outputs"):
        le.predict(network(loss="softmax_cross_entropy", classes=["a", "b"]), X)


def test_a_yes_or_no_is_0_or_1_for_each_output():
    net = network("all", loss="sigmoid_cross_entropy")
    found, p = le.predict(net, X), le.predict(net, X, output="probabilities")
    assert found.dtype.kind == "i"
    np.testing.assert_array_equal(found, p > 0.5)


def test_values_are_in_the_units_of_the_data_and_inputs_are_taken_in_theirs():
    inputs, target = Scaling((10.0, 20.0, 30.0), (1.0, 2.0, 4.0)), Scaling((5.0,) * O, (3.0,) * O)
    net = network(loss="mean_squared_error", inputs=inputs, target=target)
    close(le.predict(net, inputs.undo(X)), net(X) * 3 + 5)
    close(le.predict(net, inputs.undo(X), output="raw"), net(X))
    scaled = le.predict(net, [inputs.undo(each) for each in CUT])
    close(scaled, net(X, lengths=LENGTHS) * 3 + 5)
    whole = le.predict(net, np.round(inputs.undo(X)).astype(int))  # counts, say
    close(whole, net(inputs.apply(np.round(inputs.undo(X)))) * 3 + 5)


def test_a_batch_is_scaled_already_and_gives_raw_outputs_unless_asked():
    inputs, target = Scaling((10.0,) * D, (2.0,) * D), Scaling((5.0,) * O, (3.0,) * O)
    net = network(loss="mean_squared_error", inputs=inputs, target=target)
    batch = le.tasks.Batch(X, np.zeros((N, O)), LENGTHS)
    assert np.array_equal(le.predict(net, batch), net(X, lengths=LENGTHS))
    close(le.predict(net, batch, output="values"), net(X, lengths=LENGTHS) * 3 + 5)
    with pytest.raises(ValueError, match="lengths and batch_first are for plain arrays"):
        le.predict(net, batch, lengths=LENGTHS)


def test_one_answer_a_sequence_is_that_at_its_own_end():
    net = network("all")
    net.about = About(loss="softmax_cross_entropy", steps="last")
    raw = net(X, lengths=LENGTHS)
    assert le.predict(net, CUT).tolist() == raw[LENGTHS - 1, np.arange(N)].argmax(axis=1).tolist()


def test_symbols_are_whole_numbers_without_an_axis_of_their_own():
    net = le.Sequential([le.Embedding(9, 4, rng=0), le.LSTM(4, 5, rng=1), le.Dense(5, 2, rng=2)])
    x = rng.integers(0, 9, (T, N))
    close(le.predict(net, x), net(x))
    close(le.predict(net, x[:, 2]), net(x)[:, 2])
    close(le.predict(net, [[1, 2, 3], [4]])[1], net(np.array([[4]]))[:, 0])
    with pytest.raises(ValueError, match="x must be an array of whole numbers, the symbols, got float32"):
        le.predict(net, x.astype(np.float32))


def test_what_fit_taught_and_a_file_kept_is_known_to_predict(tmp_path):
    task = le.tasks.EmbeddedReber()
    net = le.make_network(task, "gru", units=5, rng=0)
    le.fit(net, task, steps=1, batch=2, validation=2, progress_bar=False)
    le.save(net, tmp_path / "net.safetensors")
    x = task.sample(3, 0).x
    again = le.load(tmp_path / "net.safetensors")
    assert np.array_equal(le.predict(again, x), le.predict(net, x))
    assert not np.array_equal(le.predict(again, x), le.predict(again, x, output="raw"))


@pytest.mark.parametrize(
    ("x", "arguments", "message"),
    [
        (X.transpose(1, 2, 0), {}, r"\(T, N, 3\) .*\(T, 3\) for one sequence, .*got \(5, 3, 6\); .*batch_first=True"),
        (X, {"lengths": [1] * T}, r"lengths are 6, but x of shape \(6, 5, 3\) holds 5 sequences .*batch_first=True"),
        (X[..., None], {}, r"x must have the shape \(T, N, 3\)"),
        ([X[:, 0], X[:, 0, :2]], {}, r"x\[1\] must have the shape \(T, 3\), none of them 0, got \(6, 2\)$"),
        ([np.zeros((0, D))], {}, r"x\[0\] must .* got \(0, 3\)"),
        (CUT, {"lengths": LENGTHS}, "a list of sequences has its own lengths"),
        (X[:, 0], {"lengths": [3]}, "is one sequence; leave lengths out"),
        (X.astype(int), {}, r"x must be an array of floats, got int64; .astype\('float32'\)"),
        (X, {"output": "classes"}, "doesn't know what its outputs mean. `fit` on a task"),
        (X, {"output": "logits"}, "unknown output 'logits': did you mean 'raw'"),
        (X, {"lengths": [9] * N}, r"lengths must be in 1 .. 6"),
        ("text", {}, "x must have the shape"),
    ],
)
def test_what_does_not_fit_is_refused_in_words(x, arguments, message):
    with pytest.raises(ValueError, match=message):
        le.predict(network(), x, **arguments)


@pytest.mark.parametrize(
    ("loss", "output", "there"),
    [("mean_squared_error", "classes", "'values'"), ("softmax_cross_entropy", "values", "'classes', 'probabilities'")],
)
def test_an_answer_that_the_network_was_not_trained_for_names_those_it_has(loss, output, there):
    with pytest.raises(ValueError, match=f"trained for {loss}; there are {there} and 'raw'"):
        le.predict(network(loss=loss), X, output=output)


def test_one_input_without_an_axis_says_how_to_make_one():
    net = le.GRU(1, 4, rng=0)
    with pytest.raises(ValueError, match=r"got \(6,\); x\[\.\.\., None\] has an axis for its one input"):
        le.predict(net, np.zeros(6))
