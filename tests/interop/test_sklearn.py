"""The estimators are what scikit-learn asks of an estimator, and learn from sequences of any length."""

import pickle
import subprocess
import sys

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.utils.estimator_checks import estimator_checks_generator

import lstm_edu as le
from lstm_edu.interop.sklearn import SequenceClassifier, SequenceRegressor
from lstm_edu.tasks import Batch

rng = np.random.default_rng(0)
N, T, D = 90, 6, 2
X = rng.normal(size=(N, T, D))
WORDS = np.where(X[:, 0, 0] > 0, "up", "down")  # the first step decides
SUMS = 1000 + 30 * X[:, :, 1].sum(axis=1)
QUICK = {"units": 6, "steps": 120, "batch": 16, "rate": 0.03, "random_state": 0}

# Checks of scikit-learn that these estimators need not pass, and why.
EXPECTED = {
    # the numbers are float32, and which of them share a register depends on their place: 1e-7 of a difference
    "check_methods_sample_order_invariance": "float32",
    "check_methods_subset_invariance": "float32",
}


def classifier(**settings):
    return SequenceClassifier(**QUICK | settings)


def regressor(**settings):
    return SequenceRegressor(**QUICK | settings)


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize(
    "model", [SequenceClassifier(**QUICK), SequenceRegressor(**QUICK | {"units": 8, "steps": 300, "batch": 32})]
)
def test_scikit_learns_own_checks_pass_as_far_as_float32_lets_them(model):
    failed, passed = [], 0
    for estimator, check in estimator_checks_generator(model, mark=None):
        name = check.func.__name__
        try:
            check(estimator)
            passed += 1
        except pytest.skip.Exception:
            pass
        except Exception as error:
            if type(error).__name__ != "SkipTest" and name not in EXPECTED:
                failed.append(f"{name}: {error}")
    assert not failed
    assert passed > 40


def test_a_classifier_learns_labels_that_are_words_and_gives_them_back():
    x = np.random.default_rng(1).normal(size=(500, T, D))
    words = np.where(x[:, 0, 0] > 0, "up", "down")
    model = classifier(steps=400).fit(x[:400], words[:400])
    assert model.classes_.tolist() == ["down", "up"]
    assert model.score(x[400:], words[400:]) > 0.85
    p = model.predict_proba(X)
    assert p.shape == (N, 2)
    np.testing.assert_allclose(p.sum(axis=1), 1)
    assert model.predict(X).tolist() == model.classes_[p.argmax(axis=1)].tolist()
    assert model.net_.about.classes == ("down", "up")
    assert len(model.history_) > 0


def test_a_regressor_answers_in_the_units_of_the_data_in_one_or_several_columns():
    one = regressor(steps=300).fit(X[:70], SUMS[:70])
    assert one.predict(X).shape == (N,)
    assert one.score(X[70:], SUMS[70:]) > 0.7
    two = regressor().fit(X, np.stack([SUMS, -SUMS / 100], axis=1))
    assert two.predict(X).shape == (N, 2)
    assert two.n_outputs_ == 2
    assert np.abs(two.predict(X).mean(axis=0) - [1000, -10]).max() < 30


def test_sequences_may_have_lengths_of_their_own_and_their_ends_decide():
    lengths = rng.integers(2, T + 1, N)
    ragged = [x[:n] for x, n in zip(X, lengths, strict=True)]
    model = classifier().fit(ragged, WORDS)
    p = model.predict_proba(ragged)
    np.testing.assert_allclose(p[7:8], model.predict_proba(X[7:8, : lengths[7]]), rtol=1e-4)
    objects = np.empty(N, object)
    objects[:] = ragged
    assert np.array_equal(p, model.predict_proba(objects))
    longer = model.predict_proba([*ragged[:3], rng.normal(size=(20, D))])
    np.testing.assert_allclose(longer[:3], p[:3], rtol=1e-4)
    single = [x[:, 0] for x in ragged]  # one number a step
    assert classifier(steps=2).fit(single, WORDS).n_features_in_ == 1


def test_a_table_has_one_number_for_each_step_and_keeps_the_names_of_its_columns():
    table = pd.DataFrame(X[:, :, 0], columns=[f"day {t}" for t in range(T)])
    model = classifier(steps=10).fit(table, WORDS)
    assert model.n_features_in_ == T
    assert model.feature_names_in_.tolist() == list(table)
    assert model.net_.inputs == 1
    same = classifier(steps=10).fit(X[:, :, :1], WORDS)
    assert np.array_equal(model.predict_proba(table), same.predict_proba(X[:, :, :1]))
    assert not hasattr(model.fit(X, WORDS), "feature_names_in_")


def test_the_random_state_decides_everything_and_none_is_another_each_time():
    def outputs(**settings):
        return regressor(steps=5, **settings).fit(X, SUMS).predict(X)

    assert np.array_equal(outputs(), outputs())
    assert not np.array_equal(outputs(), outputs(random_state=1))
    assert not np.array_equal(outputs(random_state=None), outputs(random_state=None))
    model = regressor(steps=5, random_state=np.random.RandomState(3))
    assert not np.array_equal(model.fit(X, SUMS).predict(X), model.fit(X, SUMS).predict(X))


def test_clone_takes_the_settings_and_nothing_learnt():
    model = classifier(steps=3, cell="lstm", layers=2).fit(X, WORDS)
    copy = clone(model)
    assert copy.get_params() == model.get_params()
    assert not hasattr(copy, "net_")
    assert copy.set_params(cell="rnn").fit(X, WORDS).net_.layers[0].units == 6
    assert len(copy.net_.layers) == 3


def test_cross_validation_searches_and_pipelines_take_sequences():
    assert cross_val_score(classifier(steps=200), X, WORDS, cv=3).mean() > 0.7
    search = GridSearchCV(regressor(steps=4), {"cell": ["rnn", "gru"], "units": [2, 3]}, cv=2).fit([*X], SUMS)
    assert set(search.best_params_) == {"cell", "units"}
    pipe = make_pipeline(StandardScaler(), classifier(steps=5)).fit(X[:, :, 0], WORDS)
    assert pipe.predict(X[:, :, 0]).shape == (N,)
    pipe = make_pipeline(FunctionTransformer(np.abs), regressor(steps=5)).fit(X, SUMS)
    assert pipe.predict(X).shape == (N,)


@pytest.mark.parametrize("mapped", [None, "r"])
def test_joblib_and_pickle_keep_a_fitted_model(mapped, tmp_path):
    model = classifier(steps=5).fit(X, WORDS)
    joblib.dump(model, tmp_path / "model.joblib")
    for again in (joblib.load(tmp_path / "model.joblib", mmap_mode=mapped), pickle.loads(pickle.dumps(model))):
        assert np.array_equal(again.predict_proba(X), model.predict_proba(X))
        assert again.net_.about == model.net_.about
        assert again.history_.table.equals(model.history_.table)
        again.net_.params.flat[:] = 0  # its own memory


def test_the_network_of_a_model_is_one_like_any_other(tmp_path):
    model = regressor(steps=5).fit(X, SUMS)
    le.save(model.net_, tmp_path / "net.safetensors")
    net = le.load(tmp_path / "net.safetensors")
    x = net.about.inputs.apply(X.swapaxes(0, 1)).astype(np.float32)
    y = le.predict(net, Batch(x, np.zeros(N)))
    np.testing.assert_allclose(net.about.target.undo(y)[:, 0], model.predict(X), rtol=1e-6)


def test_patience_goes_by_the_validation_sequences():
    model = classifier(steps=400, patience=1, validation=0.5).fit(X, WORDS)
    assert model.history_["step"].iloc[-1] < 400


HOLE = X.copy()
HOLE[3, 2, 1] = np.nan


@pytest.mark.parametrize(
    ("x", "y", "settings", "message"),
    [
        (X, WORDS[:-1], {}, "X and y have inconsistent numbers of samples: 90 and 89"),
        (X, None, {}, "requires y to be passed"),
        (X[:1], WORDS[:1], {}, "n_samples = 1: fit needs at least 2 sequences"),
        (HOLE, WORDS, {}, "contains NaN"),
        ([*HOLE], WORDS, {}, r"X\[3\] must be a sequence \(T, D\) of finite numbers: .*contains NaN"),
        ([*X[:-1], X[0, :, :1]], WORDS, {}, r"X\[89\] must have shape \(T, 2\), got \(6, 1\)"),
        ([*X[:-1], X[0, :0]], WORDS, {}, r"X\[89\] must be a sequence"),
        ([*X[:-1], np.full((3, 2), "a")], WORDS, {}, r"X\[89\] must be a sequence"),
        (X[None], WORDS, {}, "dim 4"),
        (X[:, :0], WORDS, {}, "none of them 0, got shape"),
        ("words", WORDS, {}, "could not convert string to float: 'words'"),
        (X, SUMS, {}, "Unknown label type"),
        (X, WORDS, {"cell": "gur"}, "unknown cell 'gur': did you mean 'gru'"),
        (X, WORDS, {"units": 0}, "units must be a whole number of at least 1, got 0"),
        (X, WORDS, {"steps": 1.5}, "steps must be a whole number"),
        (X, WORDS, {"rate": -1}, "rate must be"),
        (X, WORDS, {"schedule": "cos"}, "unknown schedule 'cos'"),
        (X, WORDS, {"validation": 0}, "validation must be above 0"),
        (X, WORDS, {"validation": 1}, "validation must be"),
        (X[:2], WORDS[:2], {"validation": 0.9}, "validation must leave a sequence for training, got 0.9 of 2"),
        (X, WORDS, {"scale": "robust"}, "unknown scale 'robust'"),
        (X, WORDS, {"random_state": "x"}, "cannot be used to seed"),
    ],
)
def test_what_is_wrong_is_refused_in_words_before_the_training(x, y, settings, message):
    with pytest.raises(ValueError, match=message):
        classifier(**settings).fit(x, y)


def test_what_differs_from_the_data_of_fit_is_refused_in_words():
    model, of_table = classifier(steps=2).fit(X, WORDS), classifier(steps=2).fit(X[:, :, 0], WORDS)
    for fitted, x, message in [
        (model, X[:, :, :1], "X has 1 features, but SequenceClassifier is expecting 2 features as input"),
        (model, X[:, :, 0], r"X must be sequences \(N, T, 2\), as for fit, got a table"),
        (of_table, X, r"X must be a table \(N, 6\), as for fit, got sequences"),
        (of_table, X[:, :3, 0], "X has 3 features, but SequenceClassifier is expecting 6 features as input"),
        (model, X * 1e200, "too large for float32"),
        (model, [X[0], "a"], "array|sequence"),
    ]:
        with pytest.raises(ValueError, match=message):
            fitted.predict(x)
    with pytest.raises(ValueError, match="array with dim 3, while dim <= 2 is required"):
        regressor().fit(X, np.zeros((N, 1, 1)))


def test_scikit_learn_is_asked_for_only_by_this_module_and_missed_in_words():
    code = """if True:
        import sys
        sys.modules["sklearn"] = None
        import lstm_edu
        lstm_edu.interop.torch
        try:
            lstm_edu.interop.sklearn
        except ImportError as error:
            assert "lstm_edu[sklearn]" in str(error), error
        else:
            raise SystemExit("imported")
    """
    subprocess.run([sys.executable, "-c", code], check=True)
