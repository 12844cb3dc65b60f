"""Networks as scikit-learn's estimators: they go into its pipelines, its searches and its cross-validation.

::

    model = SequenceClassifier("gru", units=32, random_state=0).fit(X, y)     X (N, T, D), y (N,) labels of any kind
    model.predict(X), model.predict_proba(X), model.score(X, y)
    model.net_, model.history_                                                the network, and how it was trained

In scikit-learn the sequences come first, (N, T, D), and not the time.
"""

from typing import Any, TypeVar

import numpy as np

from lstm_edu.cells import CELLS as CELLS  # known by their names
from lstm_edu.core import About, Layer, checks
from lstm_edu.nn.evaluation import predict as outputs_of
from lstm_edu.nn.optimizers import Adam
from lstm_edu.nn.stack import make_network
from lstm_edu.nn.training import fit
from lstm_edu.tasks import Arrays, Batch

try:
    from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
    from sklearn.utils import check_array, check_random_state
    from sklearn.utils.multiclass import check_classification_targets
    from sklearn.utils.validation import _num_samples, check_is_fitted, column_or_1d, validate_data
except ImportError as error:
    raise ImportError(
        f"lstm_edu.interop.sklearn needs scikit-learn 1.6 or later (pip install 'lstm_edu[sklearn]'): {error}"
    ) from error

__all__ = ["SequenceClassifier", "SequenceRegressor"]

_FLOATS = (np.float64, np.float32)

_PARAMETERS = """Parameters
    ----------
    cell : str or type, default "gru"
        A name of `lstm_edu.CELLS`, or a class of cells.
    units : int, default 32
        Of each cell.
    layers : int, default 1
        Cells one above the other.
    steps : int, default 1000
        Optimizer steps.
    batch : int, default 32
        Sequences per step.
    rate : float, default 0.01
        The learning rate of Adam.
    schedule : {"constant", "linear", "cosine"}
        How the rate falls over the steps.
    clip : float or None, default 1.0
        Bound on the norm of the whole gradient; None: no bound.
    patience : int, optional
        Stop after so many evaluations (there are fifty in all) without a better validation loss, and go back to the
        best parameters; None: never.
    validation : float, default 0.1
        The share of the sequences that is kept for these evaluations, at least one; they are not trained on.
    scale : {"standard", None}
        "standard": mean and deviation of each column of X, and of a regressor's y, are learnt from the training
        sequences and kept with the network; None: none.
    random_state : int, numpy.random.RandomState or None
        Of the initial values, the validation sequences and the batches; None: others at each fit."""

_ATTRIBUTES = """Attributes
    ----------
    net_ : Sequential
        The trained network; `lstm_edu.save` keeps it.
    history_ : History
        How it was trained.
    n_features_in_ : int
        D; for a table, as scikit-learn counts, its columns.
    feature_names_in_ : numpy.ndarray
        The names of the columns, where X was a table with names."""

_NOTES = """X is (N, T, D) floats, or a list of N sequences of their own lengths, each (T_i, D), or (T_i,) if there
    is one number a step. A table (N, T), as scikit-learn has them, holds in each row one number for each of T steps.

    Windows of one series that overlap leak from one fold into the next: give `cross_val_score` and `GridSearchCV` a
    `TimeSeriesSplit` with a gap, or `GroupKFold`."""

Cls = TypeVar("Cls", bound=type)


def _documented(cls: Cls) -> Cls:
    """Put in what both classes say."""
    doc = cls.__doc__ or ""
    for name, text in (("_PARAMETERS", _PARAMETERS), ("_ATTRIBUTES", _ATTRIBUTES), ("_NOTES", _NOTES)):
        doc = doc.replace(name, text)
    cls.__doc__ = doc
    return cls


class _SequenceEstimator(BaseEstimator):
    """What both have in common: how data come in, and the training."""

    _table: bool
    net_: Any
    history_: Any

    def __init__(
        self,
        cell: str | type[Layer] = "gru",
        units: int = 32,
        layers: int = 1,
        *,
        steps: int = 1000,
        batch: int = 32,
        rate: float = 0.01,
        schedule: str = "constant",
        clip: float | None = 1.0,
        patience: int | None = None,
        validation: float = 0.1,
        scale: str | None = "standard",
        random_state: Any = None,
    ) -> None:
        self.cell = cell
        self.units = units
        self.layers = layers
        self.steps = steps
        self.batch = batch
        self.rate = rate
        self.schedule = schedule
        self.clip = clip
        self.patience = patience
        self.validation = validation
        self.scale = scale
        self.random_state = random_state

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags

    def _train(self, x: Any, y: np.ndarray, loss: str, classes: Any = None) -> None:
        count = len(x)
        if count < 2:
            raise ValueError(f"n_samples = {count}: fit needs at least 2 sequences, one of them for validation")
        share = checks.positive("validation", checks.number("validation", self.validation, below=1))
        held = max(1, round(share * count))
        if held >= count:
            raise ValueError(f"validation must leave a sequence for training, got {self.validation!r} of {count}")
        random = check_random_state(self.random_state)
        order = random.permutation(count)
        seeds = random.randint(np.iinfo(np.int32).max, size=2).tolist()
        parts = (order[held:], order[:held], ())
        task = Arrays(x, y, loss, indices=parts, batch_first=True, scale=self.scale, classes=classes)
        net = make_network(task, self.cell, self.units, self.layers, rng=seeds[0])
        self.history_ = fit(
            net,
            task,
            steps=self.steps,
            batch=self.batch,
            optimizer=Adam(self.rate),
            clip=self.clip,
            schedule=self.schedule,
            seed=seeds[1],
            validation=held,
            patience=self.patience,
            progress_bar=False,
        )
        self.net_ = net

    def _sequences(self, X: Any, reset: bool) -> Any:
        """X as (N, T, D) or as a list of (T_i, D)."""
        listed = _listed(X)
        if listed is not None:
            x, features, table = listed, listed[0].shape[1], False
        elif (X.ndim if hasattr(X, "ndim") else np.asarray(X).ndim) == 3:
            x = check_array(X, allow_nd=True, dtype=_FLOATS)
            if 0 in x.shape:
                raise ValueError(f"X must have sequences of steps of numbers, none of them 0, got shape {x.shape}")
            features, table = x.shape[2], False
        else:
            # which counts and names the columns of a table, and says so where they are not those of fit
            as_table = reset or self._table
            x = validate_data(self, X, reset=reset, dtype=_FLOATS) if as_table else check_array(X, dtype=_FLOATS)
            features, table, x = x.shape[1], True, x[:, :, None]
        if reset:
            self._table, self.n_features_in_ = table, features
            if not table:
                self.__dict__.pop("feature_names_in_", None)
        elif table != self._table:
            wanted = (
                f"a table (N, {self.n_features_in_})" if self._table else f"sequences (N, T, {self.n_features_in_})"
            )
            raise ValueError(f"X must be {wanted}, as for fit, got {'a table' if table else 'sequences'}")
        elif features != self.n_features_in_:
            needed = f"{type(self).__name__} is expecting {self.n_features_in_} features as input"
            raise ValueError(f"X has {features} features, but {needed}")
        return x

    def _outputs(self, X: Any) -> np.ndarray:
        """(N, O), the raw output for each sequence."""
        check_is_fitted(self)
        x, lengths = self._sequences(X, reset=False), None
        if isinstance(x, list):
            lengths = np.array([len(each) for each in x])
            padded = np.zeros((max(lengths), len(x), self.n_features_in_))
            for n, each in enumerate(x):
                padded[: len(each), n] = each
            x = padded
        else:
            x = x.swapaxes(0, 1)
        scaling = (self.net_.about or About()).inputs
        with np.errstate(over="ignore"):
            x = (x if scaling is None else scaling.apply(x.astype(np.float64))).astype(np.float32)
        if not np.isfinite(x).all():
            raise ValueError("X holds numbers that are too large for float32")
        return outputs_of(self.net_, Batch(x, np.zeros(x.shape[1]), lengths))


@_documented
class SequenceClassifier(ClassifierMixin, _SequenceEstimator):
    """A recurrent network that tells the class of a sequence.

    _PARAMETERS

    _ATTRIBUTES
    classes_ : numpy.ndarray
        The labels, sorted.

    Notes
    -----
    _NOTES

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(200, 5, 2))
    >>> y = np.where(X[:, 0, 0] > 0, "up", "down")          # the first step decides
    >>> model = SequenceClassifier("gru", units=8, steps=200, random_state=0).fit(X[:150], y[:150])
    >>> model.classes_.tolist(), bool(model.score(X[150:], y[150:]) > 0.8)
    (['down', 'up'], True)
    """

    def fit(self, X: Any, y: Any) -> "SequenceClassifier":
        """Make a network and train it.

        Parameters
        ----------
        X : array_like or list of array_like
            (N, T, D), a list of (T_i, D), or a table (N, T).
        y : array_like
            (N,) labels: str, bool or numbers.

        Returns
        -------
        SequenceClassifier
            This one.

        Raises
        ------
        ValueError
            For data and settings of the wrong kind, or fewer than two sequences.
        """
        x = self._sequences(X, reset=True)
        y = _as_many(x, column_or_1d(_given(y, self), warn=True))
        check_array(y, ensure_2d=False, dtype=None, input_name="y")
        check_classification_targets(y)
        classes = np.unique(y)
        self._train(x, y, "softmax_cross_entropy", classes.tolist())
        self.classes_ = classes
        return self

    def predict_proba(self, X: Any) -> np.ndarray:
        """The probability of each class.

        Parameters
        ----------
        X : array_like or list of array_like
            As for `fit`; sequences may have other lengths.

        Returns
        -------
        numpy.ndarray
            (N, classes), in the order of `classes_`.

        Raises
        ------
        ValueError
            For data of another kind than those of `fit`.
        """
        y = self._outputs(X).astype(np.float64)
        e = np.exp(y - y.max(axis=1, keepdims=True))
        return e / e.sum(axis=1, keepdims=True)

    def predict(self, X: Any) -> np.ndarray:
        """The most probable class.

        Parameters
        ----------
        X : array_like or list of array_like
            As for `fit`; sequences may have other lengths.

        Returns
        -------
        numpy.ndarray
            (N,) labels.

        Raises
        ------
        ValueError
            For data of another kind than those of `fit`.
        """
        numbers = self.predict_proba(X).argmax(axis=1)
        return self.classes_[numbers]


@_documented
class SequenceRegressor(RegressorMixin, _SequenceEstimator):
    """A recurrent network that tells one number or several of a sequence.

    _PARAMETERS

    _ATTRIBUTES
    n_outputs_ : int
        O.

    Notes
    -----
    _NOTES

    Examples
    --------
    >>> import numpy as np
    >>> X = np.random.default_rng(0).normal(size=(200, 5, 2))
    >>> y = 1000 + 30 * X[:, :, 0].sum(axis=1)
    >>> model = SequenceRegressor("gru", units=8, steps=300, random_state=0).fit(X[:150], y[:150])
    >>> bool(model.score(X[150:], y[150:]) > 0.8)           # R², in the data's units
    True
    """

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def fit(self, X: Any, y: Any) -> "SequenceRegressor":
        """Make a network and train it.

        Parameters
        ----------
        X : array_like or list of array_like
            (N, T, D), a list of (T_i, D), or a table (N, T).
        y : array_like
            (N,) or (N, O) numbers.

        Returns
        -------
        SequenceRegressor
            This one.

        Raises
        ------
        ValueError
            For data and settings of the wrong kind, or fewer than two sequences.
        """
        x = self._sequences(X, reset=True)
        y = check_array(_given(y, self), ensure_2d=False, dtype=np.float64, input_name="y")  # (N,) or (N, O)
        y = _as_many(x, y)
        self._train(x, y, "mean_squared_error")
        self._single, self.n_outputs_ = y.ndim == 1, 1 if y.ndim == 1 else y.shape[1]
        return self

    def predict(self, X: Any) -> np.ndarray:
        """The numbers, in the data's units.

        Parameters
        ----------
        X : array_like or list of array_like
            As for `fit`; sequences may have other lengths.

        Returns
        -------
        numpy.ndarray
            (N,) or (N, O), as y was for `fit`.

        Raises
        ------
        ValueError
            For data of another kind than those of `fit`.
        """
        y, scaling = self._outputs(X).astype(np.float64), (self.net_.about or About()).target
        y = y if scaling is None else scaling.undo(y)
        return y[:, 0] if self._single else y


def _given(y: Any, estimator: Any) -> Any:
    if y is None:
        raise ValueError(
            f"This {type(estimator).__name__} estimator requires y to be passed, but the target y is None."
        )
    return y


def _as_many(x: Any, y: np.ndarray) -> np.ndarray:
    if _num_samples(y) != len(x):
        raise ValueError(f"X and y have inconsistent numbers of samples: {len(x)} and {_num_samples(y)}")
    return y


def _listed(X: Any) -> list[np.ndarray] | None:
    """The sequences of a list as (T_i, D) floats; None where X is no list of arrays, but an array or a table."""
    if isinstance(X, np.ndarray) and not (X.dtype == object and X.ndim == 1):
        return None
    if not isinstance(X, list | tuple | np.ndarray) or not len(X):
        return None
    if not all(isinstance(each, np.ndarray) and each.ndim for each in X):
        try:
            np.asarray(X)  # nested lists: a table or (N, T, D), if they are no list of sequences
            return None
        except ValueError:
            if not all(isinstance(each, list | tuple | np.ndarray) for each in X):
                return None
    found: list[np.ndarray] = []
    for k, each in enumerate(X):
        name = f"X[{k}]"
        try:
            x = check_array(each, ensure_2d=False, allow_nd=True, dtype=_FLOATS, input_name=name)
        except (ValueError, TypeError) as error:
            raise ValueError(f"{name} must be a sequence (T, D) of finite numbers: {error}") from None
        x = x[:, None] if x.ndim == 1 else x
        if x.ndim != 2 or 0 in x.shape or (found and x.shape[1] != found[0].shape[1]):
            raise ValueError(f"{name} must have shape (T, {found[0].shape[1] if found else 'D'}), got {x.shape}")
        found.append(x.astype(np.float64))
    return found
