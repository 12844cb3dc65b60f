"""A task made of a user's own arrays."""

from dataclasses import dataclass, field

import numpy as np

from lstm_edu.core import checks
from lstm_edu.core.about import LOSSES

from .task import SPLITS, Batch, Task, best_class, checked_share, draw, real_steps

MOST_CLASSES = 10_000_000  # far more than any vocabulary: a larger number is an identifier, not a class


@dataclass(frozen=True, eq=False)
class Arrays(Task):
    """N sequences of your own, to learn from.

    The arrays are copied, floats become float32. Training batches are drawn with replacement; validation and test
    batches without, so they have at most as many sequences as their split. A batch is as long as its longest sequence.

    Parameters
    ----------
    x : array_like
        (T, N, D) floats, time first, or (T, N) whole numbers from 0 on where the inputs are symbols.
    target : array_like
        See the notes.
    loss : {"softmax_cross_entropy", "mean_squared_error", "sigmoid_cross_entropy"}
        What the network is trained for.
    steps : {"last", "all"}
        A target for each sequence; or one for each step.
    lengths : array_like, optional
        (N,) whole numbers 1 .. T: how many steps are real; None: all. What comes later is ignored.
    valid, test : float, default 0.1
        The shares of the sequences for validation and test, both above 0; the others are for training.
    seed : int, default 0
        Of the shuffle that splits them.
    share : float, default 0.95
        Solved: at least this share of the sequences is right.

    Raises
    ------
    ValueError
        If an array has another shape or type, holds numbers that are not finite, or leaves no sequence for a split.

    Notes
    -----
    The target, and when a sequence is right:

    =====================  ===============================  =========  ==========================================
    loss                   target for "last"                for "all"  right if, at each real step,
    =====================  ===============================  =========  ==========================================
    mean_squared_error     (N, O) floats                    (T, N, O)  (on average) its squared error < baseline
    softmax_cross_entropy  (N,) whole numbers, the classes  (T, N)     the right class has the largest output
    sigmoid_cross_entropy  (N, O) numbers from 0 to 1       (T, N, O)  each output is above 0 where target > 0.5
    =====================  ===============================  =========  ==========================================

    There are as many symbols, and classes, as the largest one plus 1, at most ten million.

    Baseline: the best constant guess over all N sequences (their mean, or the frequencies of their classes); the mean
    squared error and the sigmoid cross-entropy are averages over the O outputs too. Floor: unknown.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> x = rng.normal(size=(5, 200, 3))
    >>> task = Arrays(x, x.sum(axis=0), loss="mean_squared_error", steps="last")
    >>> task.inputs, task.outputs, task.sample(16, rng).x.shape, task.sample(100, rng, "test").x.shape
    (3, 3, (5, 16, 3), (5, 20, 3))
    """

    x: np.ndarray = field(repr=False)
    target: np.ndarray = field(repr=False)
    loss: str = "softmax_cross_entropy"
    steps: str = "last"
    lengths: np.ndarray | None = field(default=None, repr=False)
    valid: float = 0.1
    test: float = 0.1
    seed: int = 0
    share: float = 0.95
    inputs: int = field(init=False)
    outputs: int = field(init=False)
    baseline: float = field(init=False)
    _members: dict[str, np.ndarray] = field(init=False, repr=False)

    question = "Learn from the sequences that were given."

    def __post_init__(self):
        checks.one_of("loss", self.loss, LOSSES)
        checks.one_of("steps", self.steps, ("last", "all"))
        x, target = _array("x", self.x), _array("target", self.target)
        lengths = self.lengths
        if lengths is not None and x.ndim > 1:
            steps, count = x.shape[:2]
            lengths = checks.integers("lengths", lengths, (count,), steps + 1)
            if lengths.min() < 1:
                raise ValueError(f"lengths must be at least 1, got {lengths.min()}")
            # Before the values are checked: what is padded may be padded by anything, such as -1 or nan.
            x = _blank(x, real_steps(steps, lengths))
            if self.steps == "all" and target.shape[:2] == (steps, count):
                target = _blank(target, real_steps(steps, lengths))
        x = _checked_x(x)
        steps, count = x.shape[:2]
        target = self._checked_target(target, (count,) if self.steps == "last" else (steps, count))
        self._set(x=_own(_finite("x", x)), target=_own(_finite("target", target)), share=checked_share(self.share))
        self._set(lengths=None if lengths is None else _own(lengths))
        self._set(seed=checks.whole("seed", self.seed, least=0))
        self._set(_members=self._split(count))
        self._set(inputs=int(x.max()) + 1 if self.symbols else x.shape[2])
        classes = self.loss == "softmax_cross_entropy"
        self._set(outputs=int(target.max()) + 1 if classes else target.shape[-1], baseline=self._best_constant())

    @property
    def symbols(self) -> bool:
        """Whether x holds whole numbers instead of vectors."""
        return self.x.ndim == 2

    def _checked_target(self, target, shape):
        if self.loss == "softmax_cross_entropy":
            return _classes("target", target, shape)
        if self.loss == "sigmoid_cross_entropy" and target.dtype.kind in "bui":
            target = target.astype(np.float32)
        target = _floats("target", target, (*shape, "O"))
        if self.loss == "sigmoid_cross_entropy" and (target.min() < 0 or target.max() > 1):
            raise ValueError(f"target must lie in 0 .. 1, got values from {target.min():g} to {target.max():g}")
        return target

    def _split(self, count):
        held = []
        for name in ("valid", "test"):
            part = checks.number(name, getattr(self, name), least=0, below=1)
            if part == 0:
                raise ValueError(f"{name} must be above 0, got {part!r}: without these sequences nothing can be judged")
            held.append(max(1, round(part * count)))
        if sum(held) >= count:
            raise ValueError(
                f"valid and test must leave a sequence for training, got {self.valid!r} and {self.test!r} of {count}"
            )
        order = np.random.default_rng(self.seed).permutation(count)
        valid, test, train = np.split(order, np.cumsum(held))
        return {"train": train, "valid": valid, "test": test}

    def _best_constant(self):
        target = self.target
        if self.steps == "all" and self.lengths is not None:
            target = target[real_steps(len(self.x), self.lengths)]
        if self.loss == "softmax_cross_entropy":
            p = np.bincount(target.ravel()) / target.size
            p = p[p > 0]
            return float(-(p * np.log(p)).sum())
        target = target.reshape(-1, target.shape[-1]).astype(np.float64)
        if self.loss == "mean_squared_error":
            return float(target.var(axis=0).mean())
        p = target.mean(axis=0)
        terms = [q * np.log(np.where(q > 0, q, 1)) for q in (p, 1 - p)]
        return float(-sum(terms).mean())

    def _sample(self, batch, rng, split):
        checks.one_of("split", split, SPLITS)
        chosen = draw(self._members[split], batch, rng, split)
        lengths = None if self.lengths is None else self.lengths[chosen]
        steps = len(self.x) if lengths is None else lengths.max()
        target = self.target[chosen] if self.steps == "last" else self.target[:steps, chosen]
        return Batch(self.x[:steps, chosen], target, lengths)

    def _correct(self, y, batch):
        if self.loss == "softmax_cross_entropy":
            right = best_class(y) == batch.target
        elif self.loss == "sigmoid_cross_entropy":
            right = (np.isfinite(y) & ((y > 0) == (batch.target > 0.5))).all(axis=-1)
        else:
            error = np.square(y - batch.target).mean(axis=-1)
            if self.steps == "all":
                error = np.where(batch.counted, error, 0).sum(axis=0) / batch.counted.sum(axis=0)
            return error < self.baseline
        return right if self.steps == "last" else (right | ~batch.counted).all(axis=0)


def _array(name, value):
    try:
        return np.asarray(value)
    except ValueError as error:
        raise ValueError(f"{name} must be an array: {error}") from None


def _checked_x(x):
    if np.issubdtype(x.dtype, np.integer) and x.ndim == 2:
        return _classes("x", x, ("T", "N"))
    return _floats("x", x, ("T", "N", "D"))


def _classes(name, value, shape):
    """Whole numbers from 0 on, as int64; a network has a row of weights for each number up to the largest one."""
    known = value.dtype.kind in "iu" and value.size
    largest = max(int(value.max()), 0) if known else 0
    if largest >= MOST_CLASSES:
        raise ValueError(f"{name} must lie in 0 .. {MOST_CLASSES - 1}, got values up to {largest}: number what occurs")
    return checks.integers(name, value, shape, below=largest + 1)


def _floats(name, value, shape):
    with np.errstate(over="ignore"):  # a number too large for float32 becomes infinite, which is refused by name
        return checks.floats(name, value, shape, np.dtype(np.float32))


def _finite(name, value):
    if value.dtype.kind == "f" and not np.isfinite(value).all():
        raise ValueError(f"{name} must hold finite numbers (as float32), got nan or infinity")
    return value


def _own(array):
    """A copy that nobody can change, so that a checked task stays what was checked."""
    array = array.copy()
    array.setflags(write=False)
    return array


def _blank(value, real):
    """A copy of `value` (T, N, ...) with zeros where nothing is real."""
    value = value.copy()
    value[~real] = 0
    return value
