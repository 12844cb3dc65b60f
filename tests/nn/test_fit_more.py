"""What fit does on request: more measures, class weights, and going on counting from an earlier history."""

import numpy as np
import pytest

import lstm_edu as le
from lstm_edu.nn.class_weights import class_weights

TASK = le.tasks.Adding(length=6)


def network(task=TASK):
    return le.make_network(task, "gru", units=5, rng=0)


def fit(net, task=TASK, **arguments):
    return le.fit(
        net, task, **({"steps": 8, "every": 4, "batch": 4, "validation": 6, "progress_bar": False} | arguments)
    )


def classes(seed=0, share=0.9):
    """Two classes of inputs, one of them rare."""
    rng = np.random.default_rng(seed)
    target = (rng.random(300) > share).astype(int)
    x = rng.standard_normal((3, 300, 2)) + target[:, None] * 0.7
    return le.tasks.Arrays(x, target, seed=1)


def test_measures_are_more_columns_and_the_others_stay_to_the_last_bit(tmp_path):
    plain, more = network(), network()
    without, history = fit(plain), fit(more, measures=["mae", "r2"])
    assert list(history.columns) == [*le.History.columns_recorded, "mae", "r2"]
    same = [name for name in le.History.columns_recorded if name != "seconds"]
    assert without[same].equals(history[same])
    assert np.array_equal(plain.params.flat, more.params.flat)
    valid = TASK.sample(6, np.random.default_rng(np.random.SeedSequence(0).spawn(2)[1]), "valid")
    assert history["mae"].iloc[-1] == le.evaluate(more, TASK, valid, measures="mae")["mae"]
    history.to_csv(tmp_path / "history.csv")
    assert le.History.read(tmp_path / "history.csv").table.equals(history.table)


def test_a_state_knows_measures_and_class_weights():
    task = classes()
    arguments = {"steps": 8, "every": 2, "batch": 4, "measures": ["macro_f1"], "class_weight": "balanced"}
    first, second = (le.Training(network(task), task, **arguments) for _ in range(2))
    for _ in range(5):
        first.step()
    second.restore(first.state())
    whole = le.Training(network(task), task, **arguments).run(False)
    same = [name for name in whole.columns if name != "seconds"]
    assert second.run(False)[same].equals(whole[same])
    plain = le.Training(network(task), task, **(arguments | {"measures": ()}))
    with pytest.raises(ValueError, match=r"with measures=\['macro_f1'\], this one has None"):
        plain.restore(first.state())


def test_fit_goes_on_counting_from_an_earlier_history_with_new_batches(monkeypatch):
    seen = []
    sample = le.tasks.Adding.sample

    def noting(self, batch, rng=None, split="train"):
        item = sample(self, batch, rng, split)
        seen.append((split, item.x.sum()))
        return item

    monkeypatch.setattr(le.tasks.Adding, "sample", noting)
    net = network()
    first = fit(net)
    second = fit(net, history=first, steps=6)
    assert second["step"].tolist() == [4, 8, 12, 14]
    assert second.table.iloc[:2].equals(first.table)
    assert second["seconds"].is_monotonic_increasing
    assert len(first) == 2
    valid = [total for split, total in seen if split == "valid"]
    train = [total for split, total in seen if split == "train"]
    assert valid[0] == valid[1]
    assert len(set(train)) == len(train) == 14
    assert fit(network(), history=le.History())["step"].tolist() == [4, 8]
    with pytest.raises(ValueError, match=r"history has the columns step, .*; this training records .*, mae: pass the"):
        fit(net, history=first, measures="mae")
    with pytest.raises(ValueError, match="history must be the History of an earlier fit, got list"):
        fit(net, history=[first])


def test_balanced_weights_find_a_rare_class_that_training_without_them_overlooks():
    task, found = classes(), {}
    for weight in (None, "balanced"):
        net = network(task)
        fit(net, task, steps=150, every=150, class_weight=weight, optimizer=le.Adam(3e-3), batch=16)
        batch = task.sample(240, 0, "train")
        found[weight] = le.predict(net, batch, output="classes")[batch.target == 1].mean()
    assert found["balanced"] > found[None] + 0.2


def test_class_weights_as_people_write_them(tmp_path):
    task = classes()
    assert class_weights({1: 5}, task, 4) == [1.0, 5.0]
    assert class_weights([0.5, 2], task, 4) == [0.5, 2.0]
    drawn = class_weights("balanced", task, 100)
    share = task.sample(5000, 3, "train").target.mean()
    np.testing.assert_allclose(drawn, [0.5 / (1 - share), 0.5 / share], rtol=0.15)
    rng = np.random.default_rng(0)
    yes = (rng.random((7, 200, 2)) < [0.2, 0.5]).astype(float)
    questions = le.tasks.Arrays(rng.standard_normal((7, 200, 3)), yes, loss="sigmoid_cross_entropy", steps="all")
    assert class_weights(3, questions, 4) == [3.0, 3.0]
    np.testing.assert_allclose(class_weights("balanced", questions, 100), [4, 1], rtol=0.15)
    (tmp_path / "text.txt").write_text("abcabcab" * 40, encoding="utf-8")
    named = le.tasks.Text(tmp_path / "text.txt", length=5)
    assert class_weights({"b": 2}, named, 4) == [2.0 if name == "b" else 1.0 for name in named.about().classes]


@pytest.mark.parametrize(
    ("weight", "message"),
    [
        ({2: 1.0}, "there is no class 2; there are 0, 1"),
        ({1: -1}, r"class_weight\[1\] must be at least 0, got -1"),
        ("balance", "unknown class_weight 'balance': did you mean 'balanced'"),
        ([1.0, 2.0, 3.0], "one number for each of 2 outputs"),
        (2.0, "one number for each of 2 outputs"),
    ],
)
def test_class_weights_that_can_not_be_are_named(weight, message):
    task = classes()
    with pytest.raises(ValueError, match=message):
        fit(network(task), task, class_weight=weight)
    with pytest.raises(ValueError, match="class_weight needs a task with classes"):
        fit(network(), class_weight=weight)


def test_arrays_and_a_share_say_what_to_write():
    x = np.zeros((3, 4, 2))
    with pytest.raises(ValueError, match=r"got arrays: lstm_edu.tasks.Arrays\(x, target, .*valid=0.2\) makes one"):
        fit(network(), (x, x[0]))
    with pytest.raises(ValueError, match=r"validation is the number of .* got 0.3; .*Arrays\(..., valid=0.3\)"):
        fit(network(), validation=0.3)
