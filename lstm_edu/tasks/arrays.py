"""A task made of a user's own arrays."""

import warnings
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lstm_edu.core import About, Scaling, checks
from lstm_edu.core.about import LOSSES
from lstm_edu.core.scaling import far_from_unit

from .frames import sequences_of
from .labels import Label, are_labels, checked_classes, numbered
from .ragged import is_list, lengths_of, padded, same_shapes, sequences
from .splits import members, window_step
from .task import SPLITS, Batch, Task, best_class, checked_share, draw, real_steps

MOST_CLASSES = 10_000_000  # far more than any vocabulary: a larger number is an identifier, not a class
SCALES = (None, "standard")


@dataclass(frozen=True, eq=False)
class Arrays(Task):
    """N sequences of your own, to learn from.

    The arrays are copied, floats become float32. Training batches are drawn with replacement; validation and test
    batches without, so they have at most as many sequences as their split. A batch is as long as its longest sequence.

    Parameters
    ----------
    x : array_like or list of array_like
        (T, N, D) floats, time first, or (T, N) whole numbers from 0 on where the inputs are symbols; or a list of N
        sequences of their own lengths, each (T_i, D) or (T_i,), which are padded.
    target : array_like or list of array_like
        See the notes.
    loss : {"softmax_cross_entropy", "mean_squared_error", "sigmoid_cross_entropy"}
        What the network is trained for.
    steps : {"last", "all"}
        A target for each sequence; or one for each step.
    lengths : array_like, optional
        (N,) whole numbers 1 .. T: how many steps are real; None: all. What comes later is ignored.
    valid, test : float, default 0.1
        The shares of the sequences for validation and test, both above 0; the others are for training. With `groups`,
        shares of the groups.
    seed : int, default 0
        Of the shuffle that splits them.
    share : float, default 0.95
        Solved: at least this share of the sequences is right.
    split : {"random", "time"}
        Shuffled; or in order of N: the first ones for training, then validation, the last ones for the test.
    gap : int, default 0
        With `split` "time": how many sequences between two parts are left out.
    groups : array_like, optional
        (N,) labels, such as the patient or the machine: no group is in two parts.
    indices : tuple of array_like, optional
        (train, valid, test), the numbers of the sequences of each part. Test may be empty.
    batch_first : bool, default False
        Whether x is (N, T, D) or (N, T), and a target for each step (N, T, ...).
    scale : {None, "standard"}
        "standard": each column of x less its mean, over its standard deviation, both of the real steps of the training
        part alone. For "mean_squared_error" the target too: loss and baseline then are in these units, and
        `lstm_edu.predict` gives the data's.
    classes : sequence, optional
        The labels that the target holds, in the order of the outputs; None: those that occur.
    columns : sequence of str, optional
        Names of the D columns of x, for messages; kept with the network.

    Raises
    ------
    ValueError
        If an array has another shape or type, holds numbers that are not finite, or leaves no sequence for a split.

    Warns
    -----
    UserWarning
        For windows of one series that overlap where the split is "random", and for columns of x that are far from a
        deviation of 1 where there is no `scale`.

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

    There are as many symbols, and classes, as the largest one plus 1, at most ten million. Labels (str, bool) are
    sorted and numbered, and kept as the network's `about.classes`. One number for each sequence or step, (N,) or
    (T, N), is one column. What was made of the data this way stands in the repr. `x` and `target` stay in the data's
    units, with their labels; batches hold what the network sees.

    Windows of one series that overlap leak: a random split puts neighbours of each test window into the training part,
    and the test then says less of later data than it seems to. In `tests/tasks/test_splits.py` a model that only knows
    its neighbours looks better than a constant on such a test, and is worse on what comes after. `split="time"` with
    `gap` of at least the overlap, or `groups`, keep the parts apart. They are recognised where neighbours in N are
    shifted by the same number of steps.

    Baseline: the best constant guess over all N sequences (their mean, or the frequencies of their classes); the mean
    squared error and the sigmoid cross-entropy are averages over the O outputs too. Floor: unknown.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> x = rng.normal(size=(5, 200, 3))
    >>> task = Arrays(x, x.sum(axis=0), loss="mean_squared_error", steps="last")
    >>> task.inputs, task.outputs, task.sample(16, rng).x.shape, task.sample(100, rng, "test").x.shape
    (3, 3, (5, 16, 3), (5, 20, 3))
    >>> sequences = [rng.normal(size=(length, 2)) for length in (3, 7, 5, 4)]
    >>> Arrays(sequences, ["wave", "jump", "wave", "jump"], scale="standard").about().classes
    ('jump', 'wave')
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
    split: str = "random"
    gap: int = 0
    groups: np.ndarray | None = None
    indices: tuple | None = None
    batch_first: bool = False
    scale: str | None = None
    classes: tuple[Label, ...] | None = None
    columns: tuple[str, ...] | None = None
    inputs: int = field(init=False)
    outputs: int = field(init=False)
    baseline: float = field(init=False)
    _members: dict[str, np.ndarray] = field(init=False, repr=False)
    _x: np.ndarray = field(init=False, repr=False)  # as the network sees it, as is _target
    _target: np.ndarray = field(init=False, repr=False)
    _about: About = field(init=False, repr=False)
    _made: dict[str, Any] = field(init=False, repr=False)  # what was made of the data at the door

    question = "Learn from the sequences that were given."

    @classmethod
    def from_frame(
        cls,
        frame: Any,
        *,
        group: Any,
        inputs: Any,
        target: Any,
        time: Any = None,
        steps: str = "last",
        loss: str = "softmax_cross_entropy",
        **settings: Any,
    ) -> "Arrays":
        """A table with one row for each step, as a task with one sequence for each group.

        Parameters
        ----------
        frame : pandas.DataFrame
            The table, in any order of its rows.
        group : str
            The column that says which sequence a row belongs to.
        inputs : str or list of str
            The columns that go in: numbers.
        target : str, list of str or pandas.Series
            The columns of the target: one for each row where `steps` is "all", else one that is the same in all rows
            of a group. Or a Series with the target of each group, by its index.
        time : str, optional
            The column by which the rows of each group are sorted; the groups come in the order of their first times,
            which is the order that `split="time"` goes by. None: the rows are in order.
        steps : {"last", "all"}
            A target for each group; or one for each row.
        loss : {"softmax_cross_entropy", "mean_squared_error", "sigmoid_cross_entropy"}
            What the network is trained for.
        **settings : object
            The other arguments of `Arrays`.

        Returns
        -------
        Arrays
            With the names of the inputs as its `columns`.

        Raises
        ------
        ValueError
            For columns that are not there, hold no numbers or miss values, for a time that occurs twice in a group, and
            as `Arrays` does.

        Examples
        --------
        >>> import pandas as pd
        >>> frame = pd.DataFrame({"who": list("aabbccc"), "day": [2, 1, 1, 2, 1, 3, 2]})
        >>> frame["speed"] = [0.3, 0.1, 0.5, 0.7, 0.2, 0.4, 0.9]
        >>> frame["kind"] = ["cat", "cat", "dog", "dog", "cat", "cat", "cat"]
        >>> task = Arrays.from_frame(frame, group="who", time="day", inputs="speed", target="kind")
        >>> task.x[..., 0].T
        array([[0.1, 0.3, 0. ],
               [0.5, 0.7, 0. ],
               [0.2, 0.9, 0.4]], dtype=float32)
        """
        for name in ("lengths", "batch_first", "columns"):
            if name in settings:
                raise ValueError(f"{name}: a frame says it itself")
        x, y, lengths, names = sequences_of(frame, group, time, inputs, target, steps)
        columns = tuple(map(str, names))
        if loss in ("mean_squared_error", "sigmoid_cross_entropy") and y.dtype.kind in "biu":
            y = y.astype(np.float64)  # a column of counts holds numbers too
        return cls(x, y, loss=loss, steps=steps, lengths=lengths, columns=columns, **settings)

    def __post_init__(self):
        checks.one_of("loss", self.loss, LOSSES)
        checks.one_of("steps", self.steps, ("last", "all"))
        checks.one_of("scale", self.scale, SCALES)
        if not isinstance(self.batch_first, bool):
            raise ValueError(f"batch_first must be True or False, got {self.batch_first!r}")
        self._set(_made={})
        x, target, lengths = self._at_the_door()
        if lengths is not None and x.ndim > 1:
            steps, count = x.shape[:2]
            lengths = checks.integers("lengths", lengths, (count,), steps + 1)
            if lengths.min() < 1:
                raise ValueError(f"lengths must be at least 1, got {lengths.min()}")
            # Before the values are checked: what is padded may be padded by anything, such as -1 or nan.
            x = _blank(x, real_steps(steps, lengths))
            if self.steps == "all" and target.shape[:2] == (steps, count):
                target = _blank(target, real_steps(steps, lengths))
        given_x, x = x, _finite("x", _checked_x(x))
        steps, count = x.shape[:2]
        given_target, target = self._checked_target(
            target, (count,) if self.steps == "last" else (steps, count), lengths
        )
        _finite("target", target)
        self._set(share=checked_share(self.share), lengths=None if lengths is None else _own(lengths))
        self._set(seed=checks.whole("seed", self.seed, least=0))
        ways: dict[str, Any] = {"split": self.split, "gap": self.gap, "groups": self.groups, "indices": self.indices}
        self._set(_members=members(count, {"valid": self.valid, "test": self.test}, self.seed, **ways))
        self._set(columns=_checked_columns(self.columns, x))
        x, target = self._scaled(given_x, x, given_target, target)
        classes = self.loss == "softmax_cross_entropy"
        self._set(inputs=int(x.max()) + 1 if self.symbols else x.shape[2])
        outputs = len(self.classes) if self.classes else int(target.max()) + 1 if classes else target.shape[-1]
        self._set(outputs=outputs, baseline=self._best_constant())
        self._warn_of_windows(given_x)

    @property
    def symbols(self) -> bool:
        """Whether x holds whole numbers instead of vectors."""
        return self._x.ndim == 2

    def about(self) -> About:
        """What the numbers of a network for this task mean; training gives it to the network, which keeps it.

        Returns
        -------
        About
            Loss, steps, the labels of the classes and the scaling, where there are any.
        """
        return self._about

    def __repr__(self) -> str:
        always = ("loss", "steps", "valid", "test", "seed", "share")
        shown = {name: getattr(self, name) for name in always}
        shown |= {name: getattr(self, name) for name, usual in _USUAL.items() if getattr(self, name) != usual}
        shown |= {name: _Short("given") for name in ("groups", "indices") if getattr(self, name) is not None}
        shown |= {"inputs": self.inputs, "outputs": self.outputs, "baseline": self.baseline} | self._made
        return f"Arrays({', '.join(f'{name}={value!r}' for name, value in shown.items())})"

    def _at_the_door(self) -> tuple[np.ndarray, np.ndarray, Any]:
        """x and target time first, padded where they were lists of sequences, and the lengths."""
        x, target, lengths, sequences_given = self.x, self.target, self.lengths, False
        if self._is_list_of_sequences(x, target):
            if lengths is not None:
                raise ValueError("lengths: a list of sequences has its own lengths, leave them out")
            found, sequences_given = sequences("x", x), True
            lengths = lengths_of(found)
            x = padded(found)
            self._set_made("lengths", lengths)
            if self.steps == "all":
                target = self._padded_target(target, lengths)
            if (lengths == lengths[0]).all():
                lengths = None
        else:
            if self.steps == "all" and is_list(target) and not same_shapes(target):
                raise ValueError("target is a list of sequences: x must be one too")
            x = _array("x", x)
            x = np.swapaxes(x, 0, 1) if self.batch_first and x.ndim > 1 else x
        target = _array("target", target)
        if (
            self.steps == "all"
            and self.batch_first
            and target.ndim > 1
            and not (sequences_given and is_list(self.target))
        ):
            target = np.swapaxes(target, 0, 1)
        if not sequences_given:
            self._check_axes(x, target, lengths)
        self._set(batch_first=False)  # x is time first from now on, for whoever makes a changed copy
        return x, target, lengths

    def _is_list_of_sequences(self, x: Any, target: Any) -> bool:
        if isinstance(x, list | tuple) and not is_list(x):  # plain lists: of sequences only if they are no array
            try:
                np.asarray(x)
            except ValueError:
                try:
                    sequences("x", x)
                except ValueError:
                    return False
                return True
            return False
        if not is_list(x):
            return False
        if self.batch_first or not same_shapes(x):
            return True
        count, steps = len(x), len(x[0])  # as a list of sequences; as a list of steps, `steps` would be N
        if self.steps == "last":
            wanted = np.shape(target)[0] if np.shape(target) else None
            as_sequences, as_steps = wanted == count, wanted == steps
        else:
            as_sequences = is_list(target) or np.shape(target)[:2] == (steps, count)
            as_steps = not is_list(target) and np.shape(target)[:2] == (count, steps)
        if as_sequences and as_steps:
            raise ValueError(
                f"x is a list of {count} arrays, which may be steps or sequences: np.stack(x) says steps, "
                "batch_first=True says sequences"
            )
        return as_sequences

    def _padded_target(self, target: Any, lengths: np.ndarray) -> Any:
        if not isinstance(target, list | tuple) and not is_list(target):
            return target
        found = sequences("target", target)
        if len(found) != len(lengths):
            raise ValueError(f"target must hold a sequence for each of the {len(lengths)} of x, got {len(found)}")
        for k, (each, length) in enumerate(zip(found, lengths.tolist(), strict=True)):
            if len(each) != length:
                raise ValueError(f"target[{k}] must have the {length} steps of x[{k}], got {len(each)}")
        return padded(found)

    def _check_axes(self, x: np.ndarray, target: np.ndarray, lengths: Any) -> None:
        """Refuse x where its first two axes are exchanged, as far as the other arrays show it."""
        if x.ndim < 2 or x.shape[0] == x.shape[1]:
            return
        swapped, given = x.shape[1::-1], np.shape(lengths) if lengths is not None else None
        exchanged = given == swapped[1:] or (
            target.shape[:1] == swapped[1:] if self.steps == "last" else target.shape[:2] == swapped
        )
        if exchanged and self.batch_first:
            raise ValueError(f"x must be (N, T, D) for batch_first=True, got {swapped + x.shape[2:]}: time first?")
        if exchanged:
            raise ValueError(
                f"x must be time first, (T, N, D), got {x.shape} for a target of shape {target.shape}: "
                "batch first? pass batch_first=True"
            )

    def _checked_target(self, target: np.ndarray, shape: tuple, lengths: Any) -> tuple[np.ndarray, np.ndarray]:
        """The target as given, and as a loss takes it."""
        real = None if self.steps == "last" or lengths is None else real_steps(shape[0], lengths)
        if self.loss == "softmax_cross_entropy":
            if not are_labels(target) and self.classes is None:
                numbers = _classes("target", target, shape)
                return numbers, numbers
            if target.shape != shape:
                raise ValueError(f"target must have shape {shape}, got {target.shape}")
            numbers, classes = numbered(target, real, self.classes)
            self._set(classes=classes)
            self._set_made("classes", classes)
            return target, numbers
        if self.classes is not None:
            checked_classes(self.classes)
            raise ValueError(f"classes: they need loss='softmax_cross_entropy', got {self.loss!r}")
        given = target
        if self.loss == "sigmoid_cross_entropy" and target.dtype.kind in "bui":
            target = target.astype(np.float32)
        if target.shape == shape and target.dtype.kind == "f":
            target = target[..., None]
            self._set_made("target", _Short(f"{shape} as {target.shape}"))
            given = given[..., None]
        target = _floats("target", target, (*shape, "O"))
        if self.loss == "sigmoid_cross_entropy" and (target.min() < 0 or target.max() > 1):
            raise ValueError(f"target must lie in 0 .. 1, got values from {target.min():g} to {target.max():g}")
        return given, target

    def _scaled(self, given_x: np.ndarray, x: np.ndarray, given_target: np.ndarray, target: np.ndarray) -> tuple:
        """Set what is kept in the data's units, what the network sees, and what that means."""
        real = np.ones(x.shape[:2], bool) if self.lengths is None else real_steps(len(x), self.lengths)
        train = self._members["train"]
        shown, scaling, of_target = x, None, None
        seen, numbers = target, self.loss == "mean_squared_error"
        if self.scale is None:
            given_x, given_target = x, target if self.classes is None else given_target
            if x.ndim == 3:
                self._warn_of_units(x[:, train][real[:, train]])
        elif x.ndim == 2 and not numbers:
            raise ValueError(f"scale: symbols and classes have no units, got scale={self.scale!r}")
        else:
            # From the numbers as given: float32 would keep little of a time in seconds since 1970.
            if x.ndim == 3:
                scaling = Scaling.of(given_x[:, train][real[:, train]])
                shown = _blank(scaling.apply(given_x.astype(np.float64)), real).astype(np.float32)
            if numbers:
                every = self.steps == "all"
                of_train = given_target[:, train][real[:, train]] if every else given_target[train]
                of_target = Scaling.of(of_train)
                seen = of_target.apply(given_target.astype(np.float64))
                seen = (_blank(seen, real) if every else seen).astype(np.float32)
        self._set(_x=_own(shown), _target=_own(seen))
        self._set(x=self._x if given_x is shown else _own(given_x))
        self._set(target=self._target if given_target is seen else _own(given_target))
        trained = {"task": "Arrays"} | ({} if self.columns is None else {"columns": list(self.columns)})
        about = About(self.loss, self.steps, None, self.classes, scaling, of_target, trained)
        self._set(_about=about)
        return shown, seen

    def _set_made(self, name: str, value: Any) -> None:
        if name == "lengths":
            low, high = int(value.min()), int(value.max())
            value = _Short(f"{low}" if low == high else f"{low} .. {high}")
        if name == "classes" and len(value) > 10:
            value = _Short(f"({', '.join(map(repr, value[:10]))}, ... {len(value)} in all)")
        self._made[name] = value

    def _warn_of_units(self, columns: np.ndarray) -> None:
        far = far_from_unit(columns)
        if far:
            k, mean, deviation = far[0]
            name = f"column {k}" if self.columns is None else f"column {self.columns[k]!r}"
            more = f", and {len(far) - 1} more columns are alike" if len(far) > 1 else ""
            warnings.warn(
                f"x: {name} has the mean {mean:.3g} and the deviation {deviation:.3g}{more}; networks learn from "
                'numbers near 1: scale="standard" brings them there, and is kept with the network',
                stacklevel=5,
            )

    def _warn_of_windows(self, x: np.ndarray) -> None:
        if self.split != "random" or self.groups is not None or self.indices is not None:
            return
        if self.lengths is not None and (self.lengths[:17] < len(x)).any():
            return
        hop = window_step(x)
        if hop is not None:
            windows = -(-len(x) // hop) - 1
            warnings.warn(
                f"x: its sequences look like windows of one series, each {hop} steps after the one before, of "
                f"{len(x)}: a random split puts neighbours of each test window into the training part, and the test "
                f'says too much. split="time", gap={windows} keeps the parts apart; groups= if there are several '
                "series; indices= says that a split is meant",
                stacklevel=4,
            )

    def _best_constant(self):
        target = self._target
        if self.steps == "all" and self.lengths is not None:
            target = target[real_steps(len(self._x), self.lengths)]
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
        if not self._members[split].size:
            raise ValueError(f"split: the indices left {split!r} empty, there is nothing to draw")
        chosen = draw(self._members[split], batch, rng, split)
        lengths = None if self.lengths is None else self.lengths[chosen]
        steps = len(self._x) if lengths is None else lengths.max()
        target = self._target[chosen] if self.steps == "last" else self._target[:steps, chosen]
        return Batch(self._x[:steps, chosen], target, lengths)

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


class _Short(str):
    """What a repr shows as it is."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<{self}>"


_USUAL = {"split": "random", "gap": 0, "scale": None}


def _array(name, value):
    checks.unmasked(name, value)
    try:
        return np.asarray(value)
    except (ValueError, TypeError, RuntimeError) as error:
        raise ValueError(f"{name} must be an array: {error}") from None


def _checked_x(x):
    if np.issubdtype(x.dtype, np.integer) and x.ndim == 2:
        return _classes("x", x, ("T", "N"))
    if x.dtype.kind == "f" and x.ndim == 2:
        raise ValueError(
            f"x must have 3 axes (T, N, D) with T time steps, D inputs, got shape {x.shape}: "
            "x[..., None] makes one column of it"
        )
    return _floats("x", x, ("T", "N", "D"))


def _checked_columns(columns, x):
    if columns is None:
        return None
    names = () if isinstance(columns, str) or not isinstance(columns, Iterable) else tuple(columns)
    if not names or not all(isinstance(name, str) for name in names):
        raise ValueError(f"columns must be a list of names, got {columns!r}")
    if x.ndim != 3 or len(names) != x.shape[2]:
        raise ValueError(f"columns must name the {x.shape[2] if x.ndim == 3 else 0} columns of x, got {len(names)}")
    return names


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
