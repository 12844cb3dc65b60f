"""Training: one loop for every network and task, which can stop at any step and go on later, and its record."""

import math
import re
import time
import zlib
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import numpy as np

from lstm_edu.core import Layer, Parameters, checks

from . import losses, progress
from .batches import Batches
from .class_weights import class_weights
from .evaluation import check_output, checked_net, checked_task, evaluate, lengths_out
from .generators import bits_state, generators_of, state_of
from .history import History
from .measures import checked_measures
from .optimizers import Adam, Optimizer

SCHEDULES: dict[str, Callable[[float], float]] = {  # the part of the rate, of how much of the training is done, 0 .. 1
    "constant": lambda done: 1.0,
    "linear": lambda done: 1.0 - done,
    "cosine": lambda done: 0.5 * (1.0 + math.cos(math.pi * done)),
}
FORMAT = 1  # of `Training.state`; another number is refused

_OPTIONAL = ("measures", "class_weight")  # settings that are there only where they were given


def _seed(seed: int | np.random.Generator) -> int:
    """A seed as a number: where a generator is given, the next one that it draws."""
    if isinstance(seed, np.random.Generator):
        return int(seed.integers(2**63))
    return checks.whole("seed", seed, 0)


def _sequences(validation: Any) -> int:
    """How many sequences an evaluation looks at; for a share, where that is set."""
    if isinstance(validation, float) and 0 < validation < 1:
        raise ValueError(
            f"validation is the number of sequences that every evaluation looks at, got {validation}; which share of "
            f"your own data is for validation is said to the task: lstm_edu.tasks.Arrays(..., valid={validation})"
        )
    return checks.whole("validation", validation)


def _rows_before(history: Any, columns: tuple[str, ...]) -> list[tuple]:
    """The rows of an earlier history, as plain numbers."""
    if history is None:
        return []
    if not isinstance(history, History):
        raise ValueError(f"history must be the History of an earlier fit, got {type(history).__name__}")
    if tuple(history.table.columns) != columns:
        raise ValueError(
            f"history has the columns {', '.join(map(str, history.table.columns))}; this training records "
            f"{', '.join(columns)}: pass the same measures"
        )
    return [tuple(row) for row in history]


class Training:
    """A training of `net` on `task` that goes on step by step, and whose place can be kept and given back.

    `fit` is its loop. Use it yourself to look at every step, or to go on in another process: what `state` gives
    after some steps and `restore` takes leads to the same bits as a training that never stopped.

    Parameters
    ----------
    net : Layer
        A network or a single layer; it is trained in place.
    task : Task
        What to learn.
    steps : int, default 2000
        Optimizer steps. This and all that follow: as for `fit`.
    batch : int, default 32
        Sequences per step.
    optimizer : Optimizer, optional
        None: `Adam(1e-2)`.
    clip : float or None, default 1.0
        Bound on the norm of the whole gradient.
    schedule : {"constant", "linear", "cosine"}
        How the learning rate falls.
    seed : int or numpy.random.Generator, default 0
        Decides which sequences are drawn.
    every : int, optional
        Steps between two evaluations.
    validation : int, default 256
        Sequences that every evaluation looks at.
    patience : int, optional
        Evaluations without a better validation loss.
    stop_when_solved : bool, default False
        Whether to stop once the task counts as solved.
    carry_state : bool, default False
        Whether batches follow each other.
    measures : sequence of str or str, default ()
        More columns of the history.
    class_weight : None, "balanced", mapping, float or array_like
        How much each class counts.
    history : History, optional
        An earlier one, to go on counting from.

    Attributes
    ----------
    net : Layer
        As given.
    task : Task
        As given.
    optimizer : Optimizer
        As given; its `rate` is the full one, which the schedule multiplies within a step.
    settings : dict
        The other arguments, `history` not among them; `measures` and `class_weight` where they are given.
    done : int
        How many steps have been made.
    finished : bool
        Whether all steps have been made, or `patience` or `stop_when_solved` ended the training.
    history : History
        The record so far.

    Raises
    ------
    ValueError
        For an argument of the wrong kind or out of range.

    See Also
    --------
    fit : All of it in one call.

    Examples
    --------
    >>> import lstm_edu as le
    >>> def training():
    ...     net = le.Sequential([le.LSTM(2, 8, rng=0), le.Dense(8, 1, steps="last", rng=1)])
    ...     return le.Training(net, le.tasks.Adding(length=10), steps=20, every=10)
    >>> first, second = training(), training()
    >>> for _ in range(7):
    ...     first.step()
    >>> second.restore(first.state())
    >>> bool((first.run()["valid_loss"] == second.run()["valid_loss"]).all())
    True
    """

    def __init__(
        self,
        net: Layer,
        task: Any,
        *,
        steps: int = 2000,
        batch: int = 32,
        optimizer: Optimizer | None = None,
        clip: float | None = 1.0,
        schedule: str = "constant",
        seed: int | np.random.Generator = 0,
        every: int | None = None,
        validation: int = 256,
        patience: int | None = None,
        stop_when_solved: bool = False,
        carry_state: bool = False,
        measures: Sequence[str] | str = (),
        class_weight: Any = None,
        history: History | None = None,
    ) -> None:
        self.net, self.task = checked_net(net), checked_task(task)
        steps, batch = checks.whole("steps", steps), checks.whole("batch", batch)
        self.settings: dict[str, Any] = {
            "steps": steps,
            "batch": batch,
            "clip": clip if clip is None else checks.positive("clip", clip),
            "schedule": checks.one_of("schedule", schedule, SCHEDULES),
            "seed": _seed(seed),
            "every": max(1, steps // 50) if every is None else checks.whole("every", every),
            "validation": _sequences(validation),
            "patience": patience if patience is None else checks.whole("patience", patience),
            "stop_when_solved": bool(stop_when_solved),
            "carry_state": bool(carry_state),
        }
        # beside the others only where they are given: so states from before there were any still fit
        measures = checked_measures(measures, task.loss)
        if measures:
            self.settings["measures"] = list(measures)
        weights = class_weights(class_weight, task, batch)
        if weights is not None:
            self.settings["class_weight"] = weights
        self._columns = (*History.columns_recorded, *measures)
        self._earlier = _rows_before(history, self._columns)
        if carry_state and not hasattr(task, "stream"):
            name = type(task).__name__
            raise ValueError(f"carry_state=True needs a task with a stream, such as Text; {name} has none")
        self.optimizer = Adam(1e-2) if optimizer is None else optimizer
        if not isinstance(self.optimizer, Optimizer):
            raise ValueError(f"optimizer must be an optimizer, such as lstm_edu.Adam(1e-2), got {optimizer!r}")
        self.done = 0
        self._rate_at, self._loss = SCHEDULES[schedule], losses.named(task.loss, task.steps, weights)
        train_rng, valid_rng = map(np.random.default_rng, np.random.SeedSequence(self.settings["seed"]).spawn(2))
        if self._earlier:  # not the batches of the first call once more
            train_rng = np.random.default_rng([self.settings["seed"], self._earlier[-1][0]])
        self._valid = task.sample(self.settings["validation"], valid_rng, "valid")
        self._batches = Batches(task, batch, train_rng, self.settings["carry_state"])
        self._rows: list[tuple] = []
        self._since: list[tuple] = []
        self._state: tuple | None = None
        self._best: np.ndarray | None = None
        self._best_loss, self._stale, self._stopped, self._seconds = math.inf, 0, False, 0.0
        self._latest: np.ndarray | None = None  # the last parameters, while the network has the best ones
        self._whole = True  # False in the midst of a step
        self._grads = net.params.empty_like()
        if callable(getattr(task, "about", None)):
            net.about = task.about()
        self._finite = net.params.flat.copy()  # the last parameters whose loss was finite

    @property
    def finished(self) -> bool:
        """Whether no step is left."""
        return self._stopped or self.done >= self.settings["steps"]

    @property
    def history(self) -> History:
        """The record so far, one row per evaluation."""
        rows = self._rows
        if self._earlier:
            columns, before = self._columns, self._earlier[-1]
            on = {columns.index(name) for name in ("step", "seconds")}
            later = [tuple(v + before[k] if k in on else v for k, v in enumerate(row)) for row in rows]
            rows = self._earlier + later
        return History(rows, columns=self._columns)

    @property
    def latest_loss(self) -> float:
        """The loss of the last batch, before its step; NaN before the first one and after an evaluation."""
        return self._since[-1][0] if self._since else math.nan

    def step(self) -> None:
        """Make one step of the optimizer, and an evaluation where one is due.

        Raises
        ------
        ValueError
            If the training is finished.
        FloatingPointError
            For a loss (of training or validation), a gradient or parameters that are not finite; the network then has
            the last parameters whose loss was finite.
        """
        with _quiet():
            self._step()

    def _step(self) -> None:
        if self.finished:
            raise ValueError(f"the training is finished after {self.done} steps: a longer one needs more steps=")
        began, net, params = time.perf_counter(), self.net, self.net.params.flat
        if self._latest is not None:
            params[:], self._latest = self._latest, None
        settings, self._whole = self.settings, False
        item, fresh = self._batches.draw()
        y, tape = net.forward(item.x, None if fresh else self._state, lengths=item.lengths)
        if self.done == 0:
            check_output(y, self.task)
        value, dy = self._loss(y, item.target, lengths=lengths_out(net, item.lengths), mask=item.mask)
        if not math.isfinite(value):
            self._diverged(f"loss is {value}")
        self._finite[:] = params
        net.backward(dy, tape, grads=self._grads, need_dx=False)
        optimizer = self.optimizer
        full_rate = optimizer.rate
        optimizer.rate = rate = full_rate * self._rate_at(self.done / settings["steps"])
        try:
            norm = optimizer.step(net.params, self._grads, clip=settings["clip"])
        finally:
            optimizer.rate = full_rate
        if not math.isfinite(norm):
            self._diverged(f"gradient is {norm}")
        # the square is not finite if a number is not, or if one is very large
        if not (math.isfinite(params.dot(params)) or np.isfinite(params).all()):
            self._diverged("update is not finite")
        self._state = tape.state if settings["carry_state"] else None
        self._since.append((value, norm))
        done = self.done + 1
        if done % settings["every"] == 0 or done == settings["steps"]:
            self._evaluate(done, rate, began)
        self._seconds += time.perf_counter() - began
        self.done, self._whole = done, True

    def _evaluate(self, done: int, rate: float, began: float) -> None:
        measures = self.settings.get("measures", ())
        more = {"measures": measures} if measures else {}
        result = evaluate(self.net, self.task, self._valid, **more)
        loss = result["loss"]
        if not math.isfinite(loss):
            self._diverged(f"validation loss is {loss}")
        train_loss, grad_norm = np.mean(self._since, axis=0).tolist()
        self._since.clear()
        seconds = self._seconds + time.perf_counter() - began
        row = (done, train_loss, loss, result["correct"], result["solved"], grad_norm, rate, seconds)
        self._rows.append((*row, *(result[name] for name in measures)))
        patience = self.settings["patience"]
        if patience is not None:
            self._stale += 1
            if loss < self._best_loss:
                self._best_loss, self._best, self._stale = loss, self.net.params.flat.copy(), 0
            self._stopped = self._stale >= patience
        if self.settings["stop_when_solved"] and result["solved"]:
            self._stopped = True

    def _diverged(self, what: str) -> NoReturn:
        self.net.params.flat[:] = self._finite
        clip = self.settings["clip"]
        advice = f"a smaller rate than {self.optimizer.rate:g}"
        if clip is None:
            advice = "clipping (clip=1.0) or " + advice
        else:
            advice = f"clipping at less than {clip:g} or " + advice
        raise FloatingPointError(
            f"the {what} at step {self.done + 1}: try {advice}; the network keeps its last finite parameters"
        )

    def run(self, progress_bar: bool | None = None) -> History:
        """Make all steps that are left.

        Parameters
        ----------
        progress_bar : bool or None
            None: in a notebook and at a terminal.

        Returns
        -------
        History
            With `interrupted` True if Ctrl-C ended the run; another `run` goes on. With `patience` the network has
            the best parameters; if it goes on, it does so with the latest ones.

        Raises
        ------
        FloatingPointError
            As `step` does.
        """
        interrupted = False
        with _quiet(), progress.bar(self.settings["steps"], type(self.task).__name__, progress_bar) as bar:
            bar.update(self.done)
            try:
                while not self.finished:
                    known = len(self._rows)
                    self._step()
                    bar.update()
                    if len(self._rows) > known:
                        _, train_loss, valid_loss, *_ = self._rows[-1]
                        valid = f"valid {valid_loss:.4g}"
                        progress.say(bar, f"loss {train_loss:.4g}, {valid}", valid)
            except KeyboardInterrupt:
                interrupted = True
                if not np.isfinite(self.net.params.flat).all():
                    self.net.params.flat[:] = self._finite
        if self._best is not None and self._latest is None:
            self._latest = self.net.params.flat.copy()
            self.net.params.flat[:] = self._best
        history = self.history
        history.interrupted = interrupted
        return history

    def state(self) -> dict:
        """Everything that decides how the training goes on, as copies.

        Returns
        -------
        dict
            "arrays": name -> numpy.ndarray: the network's parameters, "net." and their names; the best ones so far,
            "best"; the optimizer's averages, "optimizer." and their letters; the state that is carried on, "state.0"
            and so on; losses and norms since the last evaluation, "since" (n, 2).
            "values": the rest, fit for JSON: the format's version, what the network, the task and the settings are,
            the optimizer's settings and steps, the place in the task's batches, the generators of the layers, the
            rows of the history.

        Raises
        ------
        ValueError
            If Ctrl-C or an error ended the last step in its midst: there is no place from which the same bits follow.
        """
        if not self._whole:
            raise ValueError(
                f"the training was interrupted in the midst of step {self.done + 1}, where its state can't be kept: "
                "restore a state from before, or make another step"
            )
        params, latest = self.net.params, self.net.params.flat if self._latest is None else self._latest
        arrays = {f"net.{n}": a for n, a in Parameters(params.shapes, latest.dtype, latest.copy()).items()}
        arrays["since"] = np.array(self._since, np.float64).reshape(-1, 2)
        if self._best is not None:
            arrays["best"] = self._best.copy()
        optimizer = self.optimizer.state()
        arrays |= {f"optimizer.{letter}": array for letter, array in optimizer["arrays"].items()}
        values = self._identity() | {
            "settings": dict(self.settings),
            "optimizer": optimizer["values"],
            "batches": self._batches.state(),
            "generators": [state_of(generator) for generator in generators_of(self.net)],
            "state": _taken_apart(self._state, "state", arrays),
            "done": self.done,
            "stopped": self._stopped,
            "stale": self._stale,
            "best_loss": None if self._best is None else float(self._best_loss),
            "rows": [list(row) for row in self._rows],
            "seconds": self._seconds,
        }
        return {"arrays": arrays, "values": values}

    def _identity(self) -> dict:
        """What a state must have in common with the training that takes it."""
        try:
            layers = repr(self.net)
        except NotImplementedError:  # a layer of one's own without `config`
            layers = type(self.net).__name__
        valid = self._valid
        parts = [part for part in (valid.x, valid.target, valid.lengths, valid.mask) if part is not None]
        return {
            "version": FORMAT,
            "net": _line(layers),
            "type": self.net.params.flat.dtype.name,
            "task": _line(repr(self.task)),
            # settings don't say it all: a file may have changed, and Arrays holds anything
            "data": zlib.crc32(b"".join(np.ascontiguousarray(part).tobytes() for part in parts)),
        }

    def restore(self, state: dict) -> None:
        """Go on from the place at which another training's `state` was taken.

        The same arguments must have made both. Only `steps` may differ, and only where the schedule is "constant": a
        training that is finished goes on for longer so.

        Parameters
        ----------
        state : dict
            From `state`. It is copied.

        Raises
        ------
        ValueError
            For the state of another network, task, optimizer or other settings, or in another format; it says what
            was found and what is needed. Nothing is changed then.
        """
        try:
            self._restore(state["arrays"], state["values"])
        except (KeyError, TypeError, AttributeError, IndexError, OverflowError) as error:
            raise ValueError(f"state: this is no whole state of a training ({error!r})") from None

    def _restore(self, arrays: dict[str, Any], values: dict[str, Any]) -> None:
        # First all that can fail, then all that changes something.
        self._check_identity(values)
        done = checks.whole("state: done", values["done"], 0)
        self._check_settings(values["settings"], done)
        params = self.net.params.empty_like()
        for name, shape in params.shapes.items():
            params[name] = _array(arrays, f"net.{name}", shape, params.flat.dtype)
        best, best_loss = None, math.inf
        if values["best_loss"] is not None:
            best_loss = checks.number("state: best_loss", values["best_loss"])
            best = _array(arrays, "best", params.flat.shape, params.flat.dtype).copy()
        since = _array(arrays, "since", (len(arrays["since"]), 2), np.dtype(np.float64))
        rows = [tuple(row) for row in values["rows"]]
        for row in rows:
            if len(row) != len(self._columns) or not all(isinstance(value, int | float) for value in row):
                raise ValueError(f"state: a row must hold {len(self._columns)} numbers, got {row}")
        carried = _put_together(values["state"], arrays)
        generators = generators_of(self.net)
        if len(values["generators"]) != len(generators):
            found = len(values["generators"])
            raise ValueError(f"state: it has {found} generators of layers, the network needs {len(generators)}")
        places = [
            bits_state(f"state: generator {k} of the network", generator, place)
            for k, (generator, place) in enumerate(zip(generators, values["generators"], strict=True))
        ]
        batches = self._batches.restored(values["batches"])
        stale, stopped = checks.whole("state: stale", values["stale"], 0), values["stopped"]
        if not isinstance(stopped, bool):
            raise ValueError(f"state: stopped must be True or False, got {stopped!r}")
        seconds = checks.number("state: seconds", values["seconds"], least=0)
        averages = {n.removeprefix("optimizer."): a for n, a in arrays.items() if n.startswith("optimizer.")}
        self.optimizer.restore({"arrays": averages, "values": values["optimizer"]})

        self.net.params.flat[:] = params.flat
        self._finite[:] = params.flat
        for generator, place in zip(generators, places, strict=True):
            generator.bit_generator.state = place
        self._batches, self._state, self._rows = batches, carried, rows
        self._since = [tuple(pair) for pair in since.tolist()]
        self._best, self._best_loss, self._stale, self._stopped = best, best_loss, stale, stopped
        self._seconds, self.done, self._latest, self._whole = seconds, done, None, True

    def _check_identity(self, values: dict[str, Any]) -> None:
        words = {
            "version": "has the format {}, this version of lstm_edu needs {}",
            "net": "belongs to the network {}, the one here is {}",
            "type": "holds {} parameters, the network needs {}",
            "task": "belongs to the task {}, the one here is {}",
            "data": "belongs to other data: its validation sequences have the check sum {}, those of the task here {}",
        }
        for name, needed in self._identity().items():
            if values[name] != needed:
                raise ValueError(f"state: it {words[name].format(values[name], needed)}")

    def _check_settings(self, found: dict[str, Any], done: int) -> None:
        for name in _OPTIONAL:
            if found.get(name) != self.settings.get(name):
                own = self.settings.get(name)
                raise ValueError(
                    f"state: it belongs to a training with {name}={found.get(name)!r}, this one has {own!r}"
                )
        for name, needed in self.settings.items():
            if found[name] == needed:
                continue
            if name == "steps" and self.settings["schedule"] == found["schedule"] == "constant":
                continue
            raise ValueError(f"state: it belongs to a training with {name}={found[name]!r}, this one has {needed!r}")
        if done > self.settings["steps"]:
            raise ValueError(f"state: {done} steps have been made, this training has steps={self.settings['steps']}")


def fit(
    net: Layer,
    task: Any,
    *,
    steps: int = 2000,
    batch: int = 32,
    optimizer: Optimizer | None = None,
    clip: float | None = 1.0,
    schedule: str = "constant",
    seed: int | np.random.Generator = 0,
    every: int | None = None,
    validation: int = 256,
    patience: int | None = None,
    stop_when_solved: bool = False,
    carry_state: bool = False,
    measures: Sequence[str] | str = (),
    class_weight: Any = None,
    history: History | None = None,
    progress_bar: bool | None = None,
) -> History:
    """Train a network on a task, in place.

    Ctrl-C ends the training and returns the history so far, with `history.interrupted` True.

    Parameters
    ----------
    net : Layer
        A network or a single layer; it is trained in place.
    task : Task
        What to learn.
    steps : int, default 2000
        Optimizer steps.
    batch : int, default 32
        Sequences per step.
    optimizer : Optimizer, optional
        None: `Adam(1e-2)`. It is left with its averages, and with the rate that it had.
    clip : float or None, default 1.0
        Bound on the norm of the whole gradient (Pascanu et al. 2013); None: no bound.
    schedule : {"constant", "linear", "cosine"}
        How the learning rate falls over the steps; the last two end at zero.
    seed : int or numpy.random.Generator, default 0
        Decides which sequences are drawn; the network's own numbers come from its layers' `rng`.
    every : int, optional
        Steps between two evaluations; None: fifty evaluations in all.
    validation : int, default 256
        Sequences that every evaluation looks at, always the same.
    patience : int, optional
        Stop after so many evaluations without a better validation loss, and go back to the best parameters; None:
        never.
    stop_when_solved : bool, default False
        Whether to stop at the first evaluation at which the task counts as solved.
    carry_state : bool, default False
        For a task with a `stream`, such as Text: batches follow each other, and the final state of one is the initial
        state of the next; the gradient ends at the batch's first step.
    measures : sequence of str or str, default ()
        More columns of the history, from the validation sequences: names as for `evaluate`.
    class_weight : None, "balanced", mapping, float or array_like
        How much each class counts in the training loss, and so in `train_loss`; `valid_loss` stays without weights. For
        classes: a dict from class (its number or, where the task has names, its name) to weight, 1 for those it leaves
        out; or one weight for each; the loss is then sum w loss / sum w. For a yes or no in each output: the weight of
        a yes, one number or one for each output. "balanced": all classes, or yes and no, weigh the same, as counted in
        4096 training sequences.
    history : History, optional
        An earlier one of the same network, to go on counting: its rows come first, and steps and seconds go on from its
        last one. See the notes.
    progress_bar : bool or None
        None: in a notebook and at a terminal.

    Returns
    -------
    History
        One row per evaluation.

    Raises
    ------
    ValueError
        For an argument of the wrong kind or out of range, and for a network that does not fit the task.
    FloatingPointError
        For a loss (of training or validation), a gradient or parameters that are not finite; the network keeps the
        last parameters whose loss was finite.

    See Also
    --------
    Training : Step by step, for a training that is to go on later.
    find_rate : A learning rate to begin with.

    Notes
    -----
    A second call goes on with the network's parameters. With `history` the validation sequences are the same again, and
    the training batches are new ones, which follow from `seed` and the steps before. The averages of the optimizer go
    on if the same optimizer is given again. Schedule and patience begin anew. A training that is to end with the bits
    of one that never stopped is a `Training`, with `state` and `restore`.

    Examples
    --------
    >>> import lstm_edu as le
    >>> task = le.tasks.Adding(length=10)
    >>> net = le.Sequential([le.LSTM(2, 8, rng=0), le.Dense(8, 1, steps="last", rng=1)])
    >>> history = le.fit(net, task, steps=20, every=10)
    >>> history["step"].tolist()
    [10, 20]
    >>> le.fit(net, task, steps=20, every=10, history=history, optimizer=le.Adam(1e-3))["step"].tolist()
    [10, 20, 30, 40]
    """
    training = Training(
        net,
        task,
        steps=steps,
        batch=batch,
        optimizer=optimizer,
        clip=clip,
        schedule=schedule,
        seed=seed,
        every=every,
        validation=validation,
        patience=patience,
        stop_when_solved=stop_when_solved,
        carry_state=carry_state,
        measures=measures,
        class_weight=class_weight,
        history=history,
    )
    return training.run(progress_bar)


def _quiet() -> np.errstate:
    """Numbers that overflow are looked for after each step; NumPy's own warning of them would say less."""
    return np.errstate(over="ignore", invalid="ignore")


def _line(text: str) -> str:
    """On one line, and without the addresses in memory that Python shows where a class says nothing better."""
    return re.sub(r" at 0x[0-9a-fA-F]+", "", " ".join(text.split()))


def _array(arrays: dict[str, Any], name: str, shape: tuple, dtype: np.dtype) -> np.ndarray:
    array = arrays[name]
    if array.shape != tuple(shape) or array.dtype != dtype:
        raise ValueError(
            f"state: {name!r} must hold {dtype} of shape {tuple(shape)}, got {array.dtype} of shape {array.shape}"
        )
    return array


def _taken_apart(tree: Any, name: str, arrays: dict[str, np.ndarray]) -> Any:
    """A network's state as lists of names, with the arrays themselves put into `arrays` under these names."""
    if tree is None:
        return None
    if isinstance(tree, tuple | list):
        return [_taken_apart(inner, f"{name}.{k}", arrays) for k, inner in enumerate(tree)]
    arrays[name] = np.array(tree)
    return name


def _put_together(tree: Any, arrays: dict[str, Any]) -> Any:
    if tree is None:
        return None
    return tuple(_put_together(inner, arrays) for inner in tree) if isinstance(tree, list) else arrays[tree].copy()
