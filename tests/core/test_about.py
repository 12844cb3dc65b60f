"""What a network's numbers mean goes with it, to a file and back, and nothing else passes for it."""

import copy
import json
import re

import numpy as np
import pytest

import lstm_edu as le
from lstm_edu.core import About, Scaling, checks
from lstm_edu.core.scaling import far_from_unit

pytestmark = pytest.mark.kernels


def test_scaling_goes_to_mean_zero_and_deviation_one_and_back():
    x = np.random.default_rng(0).normal([5, -2e4, 0], [2, 30, 1e-3], (7, 11, 3))
    scaling = Scaling.of(x)
    scaled = scaling.apply(x).reshape(-1, 3)
    np.testing.assert_allclose(scaled.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(scaled.std(axis=0), 1)
    np.testing.assert_allclose(scaling.undo(scaling.apply(x)), x)
    assert scaling.apply(x.astype(np.float32)).dtype == np.float32


def test_a_column_that_never_changes_is_moved_and_not_divided_by_nothing():
    x = np.full((9, 2), 0.1)
    x[:, 1] = np.arange(9)
    scaling = Scaling.of(x)
    assert scaling.scale[0] == 1
    np.testing.assert_allclose(scaling.apply(x)[:, 0], 0, atol=1e-12)


def test_an_unknown_choice_that_another_library_calls_so_leads_to_the_word_here():
    losses = ["mean_squared_error", "softmax_cross_entropy"]
    for word, words in {"mse": "did you mean 'mean_squared_error'", "mae": "measures=['mae']"}.items():
        with pytest.raises(ValueError, match=re.escape(words)):
            checks.one_of("loss", word, losses)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Scaling((0.0,), (0.0,)), "scale must be above 0, got 0.0"),
        (lambda: Scaling((0.0, 1.0), (1.0,)), "one number a column, got 2 and 1"),
        (lambda: Scaling(3, (1.0,)), "mean must be a list of numbers, got 3"),
        (lambda: Scaling.of([[np.nan]]), "finite"),
        (lambda: Scaling((0.0,), (1.0,)).apply(np.zeros((4, 2))), r"1 columns in its last axis, got shape \(4, 2\)"),
        (lambda: About(loss="mse"), "unknown loss 'mse'"),
        (lambda: About(classes="ab"), "classes must be a list"),
        (lambda: About(inputs=(0, 1)), "inputs must be a Scaling"),
        (lambda: About(trained="Adding"), "trained must be a dict, got str"),
        (lambda: About(trained={"f": print}), "trained must hold what JSON can"),
        (lambda: About(trained={"loss": float("nan")}), "trained must hold what JSON can"),
        (lambda: About.from_json({"code": "x"}), "no more"),
        (lambda: About.from_json({"symbols": "ab"}), "symbols must be a list, got str"),
        (lambda: About.from_json({"inputs": {"mean": [0]}}), "inputs must be a dict of mean, scale"),
    ],
)
def test_what_is_no_scaling_and_no_meaning_is_refused_in_words(make, words):
    with pytest.raises(ValueError, match=words):
        make()


def known():
    return About(
        loss="softmax_cross_entropy",
        steps="last",
        symbols=("a", "ß", "子"),
        classes=("yes", 3, 0.5, True),
        inputs=Scaling((1.0, 2.0), (3.0, 4.0)),
        target=Scaling((0.1,), (1 / 3,)),
        trained={"task": "Arrays", "pair": (1, 2)},
    )


def test_training_says_what_the_numbers_mean_and_a_file_and_a_copy_keep_it(tmp_path):
    task = le.tasks.Text()
    net = le.make_network(task, "gru", units=5, rng=0)
    assert net.about is None
    le.fit(net, task, steps=1)
    assert net.about == task.about()
    le.save(net, tmp_path / "net.safetensors")
    assert le.load(tmp_path / "net.safetensors").about == copy.deepcopy(net).about == net.about


def test_all_that_can_be_known_is_the_same_after_json():
    assert About.from_json(json.loads(json.dumps(known().to_json()))) == known()
    assert About().to_json() == {}


def test_a_changed_meaning_in_a_file_is_damage(tmp_path):
    net = le.GRU(2, 3, rng=0)
    net.about = known()
    path = tmp_path / "net.safetensors"
    le.save(net, path)
    path.write_bytes(path.read_bytes().replace(b"yes", b"yet"))
    with pytest.raises(ValueError, match="damaged"):
        le.load(path)


def test_a_file_without_meaning_loads_as_before(tmp_path):
    net, into = le.GRU(2, 3, rng=0), le.GRU(2, 3, rng=1)
    into.about = known()
    le.save(net, tmp_path / "net.safetensors")
    assert le.load(tmp_path / "net.safetensors", into=into).about is None


def test_columns_far_from_unit_scale_are_named_with_their_scale():
    near = np.random.default_rng(0).normal(size=(50, 3))
    assert far_from_unit(near) == []
    near[:, 1] = 1000 * near[:, 1]
    near[:, 2] = 0.001 * near[:, 2] + 5
    assert [column for column, _, _ in far_from_unit(near)] == [1, 2]
