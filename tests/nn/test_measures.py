"""Measures: they are scikit-learn's where it is installed, look at the steps that count alone, and go where asked."""

import numpy as np
import pytest

import lstm_edu as le
from lstm_edu.nn import measures

T, B, O = 7, 11, 3


def drawn(seed=0):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 4, 60), rng.integers(0, 5, 60), rng.normal(2, 3, (30, O)), rng.normal(1, 2, (30, O))


def test_they_are_scikit_learns():
    theirs = pytest.importorskip("sklearn.metrics")
    t, p, true, guess = drawn()
    np.testing.assert_array_equal(measures.confusion_matrix(t, p), theirs.confusion_matrix(t, p))
    assert measures.macro_f1(t, p) == pytest.approx(theirs.f1_score(t, p, average="macro", zero_division=0), abs=1e-14)
    assert measures.mae(true, guess) == pytest.approx(theirs.mean_absolute_error(true, guess), abs=1e-14)
    assert measures.rmse(true, guess) == pytest.approx(theirs.mean_squared_error(true, guess) ** 0.5, abs=1e-14)
    assert measures.r2(true, guess) == pytest.approx(theirs.r2_score(true, guess), abs=1e-14)
    true[:, 1] = guess[:, 1] = 5.0
    true[:, 2] = 7.0
    assert measures.r2(true, guess) == pytest.approx(theirs.r2_score(true, guess), abs=1e-14)
    assert measures.r2(true[:, 0], guess[:, 0]) == pytest.approx(theirs.r2_score(true[:, 0], guess[:, 0]), abs=1e-14)


def test_a_confusion_matrix_has_names_and_an_order():
    true, guess = np.array(["no", "yes", "yes"]), np.array(["no", "no", "yes"])
    assert measures.confusion_matrix(true, guess).tolist() == [[1, 0], [1, 1]]
    assert le.confusion_matrix(true, guess, ["yes", "no", "else"]).tolist() == [[1, 1, 0], [0, 1, 0], [0, 0, 0]]
    with pytest.raises(ValueError, match=r"classes must hold every class that occurs, got \['no'\] beside \['yes'\]"):
        le.confusion_matrix(true, guess, ["yes"])
    with pytest.raises(ValueError, match=r"true and predicted must be of one shape .* \(3,\) and \(2,\)"):
        le.confusion_matrix(true, guess[:2])


def test_steps_that_do_not_count_are_not_looked_at():
    rng = np.random.default_rng(1)
    y, target = rng.standard_normal((T, B, O)), rng.integers(0, O, (T, B))
    counted = rng.random((T, B)) < 0.5
    counted[0] = True
    names = measures.MEASURES["softmax_cross_entropy"]
    found = measures.measured(names, "softmax_cross_entropy", y, target, counted)
    right = [[y[t, b].argmax() == target[t, b] for t in range(T) if counted[t, b]] for b in range(B)]
    assert found["step_accuracy"] == pytest.approx(np.mean(np.concatenate(right)))
    assert found["accuracy"] == np.mean([all(each) for each in right])
    y[~counted], target[~counted] = 99.0, O - 1
    assert measures.measured(names, "softmax_cross_entropy", y, target, counted) == found


def test_evaluate_gives_what_was_asked_for_beside_what_it_always_gives():
    task = le.tasks.Adding(length=6)
    net = le.make_network(task, "gru", units=4, rng=0)
    batch = task.sample(B, 0)
    off = net(batch.x, lengths=batch.lengths) - batch.target
    found = le.evaluate(net, task, batch, measures=["mae", "rmse"])
    assert found == le.evaluate(net, task, batch) | {
        "mae": pytest.approx(np.abs(off).mean(), rel=1e-6),
        "rmse": pytest.approx(np.sqrt((off**2).mean()), rel=1e-6),
    }
    assert le.evaluate(net, task, batch, measures="mae")["mae"] == found["mae"]


def test_padding_and_masks_reach_the_measures():
    task = le.tasks.AnBn(longest_test=20)
    net = le.make_network(task, "lstm", units=4, rng=0)
    batch = task.sample(B, 0, "test")
    y = net(batch.x, lengths=batch.lengths)
    assert not batch.counted.all()
    right = ((y > 0) == (batch.target > 0.5))[batch.counted]
    found = le.evaluate(net, task, batch, measures=["step_accuracy"])
    assert found["step_accuracy"] == pytest.approx(right.mean())


def test_a_measure_that_is_not_there_or_of_another_loss_is_named():
    task = le.tasks.Adding(length=6)
    net = le.make_network(task, "gru", units=4, rng=0)
    with pytest.raises(ValueError, match="unknown measure 'f1': did you mean 'macro_f1'"):
        le.evaluate(net, task, 5, measures=["f1"])
    with pytest.raises(ValueError, match=r"'accuracy' does not go with mean_squared_error: .* there are mae, rmse, r2"):
        le.evaluate(net, task, 5, measures=["accuracy"])
