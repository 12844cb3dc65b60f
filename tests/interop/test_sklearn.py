"""The estimators: scikit-learn's own checks, and what people do with estimators."""

import io

import numpy as np
import pytest

joblib = pytest.importorskip("joblib")
sklearn = pytest.importorskip("sklearn")

from sklearn.base import clone  # noqa: E402
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_val_score  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import FunctionTransformer, StandardScaler  # noqa: E402
from sklearn.utils.estimator_checks import parametrize_with_checks  # noqa: E402

import lstm_edu as le  # noqa: E402
from lstm_edu.interop.sklearn import SequenceClassifier, SequenceRegressor  # noqa: E402

QUICK = {"units": 6, "steps": 150, "batch": 16, "random_state": 0}
# Scikit-learn's checks give tables (N, T), in which each column is a step.
WHY_NOT = {
    "check_estimators_pickle": "joblib can map a pickle's arrays read-only; a network's parameters must be writeable"
}


def as_expected(estimator):
    return WHY_NOT


@parametrize_with_checks(
    [SequenceClassifier(**QUICK), SequenceRegressor(**QUICK | {"steps": 800, "units": 16})],
    expected_failed_checks=as_expected,
)
@pytest.mark.filterwarnings("ignore")
def test_scikit_learns_own_checks(estimator, check):
    check(estimator)


def data(n=90, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 6, 3))
    return x, np.where(x[:, 1, 0] > 0, "up", "down"), 500 + 20 * x[:, :, 1].sum(axis=1)


def test_a_classifier_gives_labels_and_probabilities_and_learns():
    x, y, _ = data(300)
    model = SequenceClassifier(**QUICK | {"units": 12, "steps": 400}).fit(x[:250], y[:250])
    p = model.predict_proba(x[250:])
    assert p.shape == (50, 2)
    np.testing.assert_allclose(p.sum(axis=1), 1)
    np.testing.assert_array_equal(model.predict(x[250:]), model.classes_[p.argmax(axis=1)])
    assert model.score(x[250:], y[250:]) > 0.8
    assert model.n_features_in_ == 3
    assert len(model.history_.table)


def test_a_regressor_answers_in_the_units_of_the_data_for_one_number_and_for_several():
    x, _, y = data(200)
    model = SequenceRegressor(**QUICK | {"units": 12, "steps": 400}).fit(x[:150], y[:150])
    assert model.score(x[150:], y[150:]) > 0.8
    both = SequenceRegressor(**QUICK).fit(x, np.stack([y, -y], axis=1))
    assert both.predict(x).shape == (200, 2)


def test_ragged_sequences_are_each_as_long_as_they_are():
    x, y, _ = data(40)
    ragged = [each[: 2 + k % 5] for k, each in enumerate(x)]
    model = SequenceClassifier(**QUICK).fit(ragged, y)
    alone = [model.predict_proba([each])[0] for each in ragged[:7]]
    np.testing.assert_allclose(model.predict_proba(ragged[:7]), alone, atol=1e-6)


def test_the_same_seed_gives_the_same_network_and_no_global_state_is_touched():
    x, y, _ = data(40)
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    one, other = (SequenceClassifier(**QUICK).fit(x, y) for _ in range(2))
    np.testing.assert_array_equal(one.net_.params.flat, other.net_.params.flat)
    np.testing.assert_array_equal(before, np.random.get_state()[1])  # noqa: NPY002
    assert not np.array_equal(one.net_.params.flat, clone(one).set_params(random_state=1).fit(x, y).net_.params.flat)


def test_they_go_through_clone_pickle_search_cross_validation_and_pipelines(tmp_path):
    x, y, _ = data(60)
    quick = QUICK | {"steps": 20}
    model = SequenceClassifier("lstm", **quick)
    assert clone(model).get_params() == model.get_params()
    model.fit(x, y)
    file = io.BytesIO()
    joblib.dump(model, file)
    file.seek(0)
    np.testing.assert_array_equal(joblib.load(file).predict_proba(x), model.predict_proba(x))
    le.save(model.net_, tmp_path / "net")
    assert le.load(tmp_path / "net").about == model.net_.about
    groups = np.arange(60) // 10
    assert cross_val_score(model, x, y, cv=GroupKFold(3), groups=groups).shape == (3,)
    search = GridSearchCV(model, {"cell": ["rnn", "gru"], "units": [3, 4]}, cv=2).fit(x, y)
    assert search.best_params_["units"] in (3, 4)
    table = make_pipeline(StandardScaler(), SequenceClassifier(**quick)).fit(x[:, :, 0], y)
    assert table.predict(x[:, :, 0]).shape == (60,)
    three = make_pipeline(FunctionTransformer(np.sign), SequenceClassifier(**quick)).fit(x, y)
    assert set(three.predict(x)) <= {"up", "down"}


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda x, y: SequenceClassifier(cell="lstn", **QUICK).fit(x, y), "did you mean 'lstm'"),
        (lambda x, y: SequenceClassifier(**QUICK).fit(x, y[:5]), "inconsistent numbers of samples"),
        (lambda x, y: SequenceClassifier(**QUICK).fit(x, None), "requires y to be passed"),
        (lambda x, y: SequenceClassifier(**QUICK).fit(x * np.nan, y), "NaN"),
        (lambda x, y: SequenceClassifier(**QUICK).fit([x[0], x[1][:, :2]], y[:2]), r"X\[1\] must have shape \(T, 3\)"),
        (lambda x, y: SequenceClassifier(**QUICK, validation=1.5).fit(x, y), "validation must be"),
        (lambda x, y: SequenceClassifier(**QUICK, steps=2).fit(x, y), None),
        (lambda x, y: SequenceRegressor(**QUICK).fit(x, y), None),
    ],
)
def test_what_does_not_fit_is_refused_in_words(call, words):
    x, y, _ = data(20)
    with pytest.raises((ValueError, TypeError), match=words):
        call(x, y)


def test_a_model_refuses_sequences_of_another_kind_than_those_of_fit():
    x, y, _ = data(20)
    model = SequenceClassifier(**QUICK | {"steps": 2}).fit(x, y)
    with pytest.raises(ValueError, match="X has 2 features, but SequenceClassifier is expecting 3"):
        model.predict(x[:, :, :2])
    with pytest.raises(ValueError, match=r"X must be sequences \(N, T, 3\), as for fit, got a table"):
        model.predict(x[:, :, 0])
