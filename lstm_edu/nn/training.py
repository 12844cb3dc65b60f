"""Training: one loop for every network and task."""

import math
import numbers
import time

import numpy as np

from lstm_edu.cells import Layer, checks

from . import losses, progress
from .history import History
from .layers import as_array
from .optimizers import Adam, Optimizer

SCHEDULES = {
    "constant": lambda done: 1.0,
    "linear": lambda done: 1.0 - done,
    "cosine": lambda done: 0.5 * (1.0 + math.cos(math.pi * done)),
}


def predict(net, batch, *, state=None, chunk: int = 256):
    """The network's raw output for a Batch, computed `chunk` sequences at a time so that memory stays small.

    `state`: as for `net.forward`, for all B sequences; where it is None, zeros. Raises ValueError for anything else
    than a Batch, and for lengths or a state of another number of sequences.
    """
    _checked_net(net)
    chunk = checks.whole("chunk", chunk)
    x = as_array("batch.x", _checked_batch(batch).x)
    if x.ndim < 2 or 0 in x.shape:
        raise ValueError(f"batch.x must hold T steps of B sequences, none of them 0, got shape {x.shape}")
    T, B = x.shape[:2]
    lengths = checks.lengths(batch.lengths, T, B)
    _check_state(state, B)
    outputs = []
    for b in range(0, B, chunk):
        part = slice(b, min(b + chunk, B))
        outputs.append(net(x[:, part], _part(state, part), lengths=_part(lengths, part)))
    return outputs[0] if len(outputs) == 1 else np.concatenate(outputs, axis=-2)


def _check_state(state, B) -> None:
    if isinstance(state, tuple | list):
        for inner in state:
            _check_state(inner, B)
    elif state is not None and np.shape(state)[:1] != (B,):
        raise ValueError(f"state must hold arrays of {B} sequences, got one of shape {np.shape(state)}")


def _part(state, part):
    if isinstance(state, tuple | list):
        return tuple(_part(inner, part) for inner in state)
    return None if state is None else state[part]


def _checked_net(net):
    if not isinstance(net, Layer):
        raise ValueError(f"net must be a network or a layer, got {net!r}")
    return net


def _checked_task(task):
    """`task` if it has what a task has; this room does not know the tasks themselves."""
    needed = ("sample", "correct", "solved", "loss", "steps", "outputs")
    if isinstance(task, type) or not all(hasattr(task, name) for name in needed):
        raise ValueError(f"task must be a task, such as lstm_edu.tasks.make('adding'), got {task!r}")
    return task


def _checked_batch(batch):
    if not all(hasattr(batch, name) for name in ("x", "target", "lengths", "mask")):
        raise ValueError(f"batch must be a Batch, as task.sample() gives it, got {type(batch).__name__}")
    return batch


def evaluate(net, task, batch=1000, *, rng=0, split: str = "test") -> dict:
    """How good the network is: {"loss", "correct", "solved"} on `batch` sequences of a split (or on a given Batch).

    `correct` is the share of sequences that count as right, `solved` the task's own verdict.
    """
    _checked_net(net)
    _checked_task(task)
    if isinstance(batch, numbers.Number):
        batch = task.sample(checks.whole("batch", batch), rng, split)
    y = predict(net, batch)
    _check_output(y, task)
    lengths = _out(net, batch.lengths)
    value, _ = losses.named(task.loss, task.steps)(y, batch.target, lengths=lengths, mask=batch.mask)
    if task.steps == "last" and y.ndim == 3:  # the task expects its one answer per sequence
        last = len(y) - 1 if lengths is None else lengths - 1
        y = y[last, np.arange(y.shape[1])]
    return {"loss": value, "correct": float(task.correct(y, batch).mean()), "solved": bool(task.solved(y, batch))}


def _check_output(y, task):
    if y.shape[-1] != task.outputs:
        raise ValueError(f"net gives {y.shape[-1]} outputs, the task needs {task.outputs}: end it with a Dense of that")


def fit(
    net,
    task,
    *,
    steps: int = 2000,
    batch: int = 32,
    optimizer=None,
    clip: float | None = 1.0,
    schedule: str = "constant",
    seed: int = 0,
    every: int | None = None,
    validation: int = 256,
    patience: int | None = None,
    stop_when_solved: bool = False,
    carry_state: bool = False,
    progress_bar: bool | None = None,
) -> History:
    """Train `net` on `task` in place; returns the History.

    steps, batch      optimizer steps, and sequences per step
    optimizer         default Adam(1e-2)
    clip              bound on the norm of the whole gradient (Pascanu et al. 2013); None: no bound
    schedule          how the learning rate falls over the steps: "constant", "linear" or "cosine" (to zero)
    seed              decides which sequences are drawn; the network's own numbers come from its layers' `rng`
    every             steps between two evaluations (default: fifty evaluations in all)
    validation        sequences that every evaluation looks at, always the same
    patience          stop after so many evaluations without a better validation loss, and go back to the best
                      parameters; None: never
    stop_when_solved  stop at the first evaluation at which the task counts as solved
    carry_state       for a task with a `stream`, such as Text: batches follow each other, and the final state of one
                      is the initial state of the next; the gradient ends at the batch's first step
    progress_bar      True, False, or None for: in a notebook and at a terminal

    Ctrl-C ends the training and returns the history so far, with `history.interrupted` True. A loss (of training or
    validation), a gradient or parameters that are not finite raise FloatingPointError; the network keeps the last
    parameters whose loss was finite.

    >>> import lstm_edu as le
    >>> task = le.tasks.Adding(length=10)
    >>> net = le.Sequential([le.LSTM(2, 8, rng=0), le.Dense(8, 1, steps="last", rng=1)])
    >>> history = le.fit(net, task, steps=20, every=10)
    >>> history["step"].tolist()
    [10, 20]
    """
    _checked_net(net)
    _checked_task(task)
    checks.whole("steps", steps)
    checks.whole("batch", batch)
    every = max(1, steps // 50) if every is None else checks.whole("every", every)
    if patience is not None:
        checks.whole("patience", patience)
    rate_at = SCHEDULES[checks.one_of("schedule", schedule, SCHEDULES)]
    if carry_state and not hasattr(task, "stream"):
        raise ValueError(f"carry_state=True needs a task with a stream, such as Text; {type(task).__name__} has none")
    optimizer = Adam(1e-2) if optimizer is None else optimizer
    if not isinstance(optimizer, Optimizer):
        raise ValueError(f"optimizer must be an optimizer, such as lstm_edu.Adam(1e-2), got {optimizer!r}")
    loss = losses.named(task.loss, task.steps)
    train_rng, valid_rng = map(np.random.default_rng, np.random.SeedSequence(checks.whole("seed", seed, 0)).spawn(2))
    valid = task.sample(checks.whole("validation", validation), valid_rng, "valid")
    batches = _batches(task, batch, train_rng, carry_state)

    rows, since, state = [], [], None
    best_loss, best_params, stale = math.inf, None, 0
    full_rate, started, interrupted = optimizer.rate, time.perf_counter(), False
    grads, finite = net.params.empty_like(), net.params.flat.copy()  # finite: the last parameters whose loss was finite

    def check(what, value):
        if not np.isfinite(value).all():
            net.params.flat[:] = finite
            raise FloatingPointError(_diverged(what, step, full_rate, clip))

    # Numbers that overflow are looked for below; NumPy's own warning of them would come first and say less.
    quiet = np.errstate(over="ignore", invalid="ignore")
    with quiet, progress.bar(steps, type(task).__name__, progress_bar) as bar:
        try:
            for step in range(1, steps + 1):
                item, fresh = next(batches)
                y, tape = net.forward(item.x, None if fresh else state, lengths=item.lengths)
                if step == 1:
                    _check_output(y, task)
                value, dy = loss(y, item.target, lengths=_out(net, item.lengths), mask=item.mask)
                check(f"loss is {value}", value)
                finite[:] = net.params.flat
                net.backward(dy, tape, grads=grads, need_dx=False)
                optimizer.rate = full_rate * rate_at((step - 1) / steps)
                norm = optimizer.step(net.params, grads, clip=clip)
                check(f"gradient is {norm}", norm)
                check("update is not finite", net.params.flat)
                state = tape.state if carry_state else None
                since.append((value, norm))
                bar.update()
                if step % every and step != steps:
                    continue
                result = evaluate(net, task, valid)
                check(f"validation loss is {result['loss']}", result["loss"])
                train_loss, grad_norm = np.mean(since, axis=0)
                since.clear()
                seconds = time.perf_counter() - started
                rows.append((step, train_loss, result["loss"], result["correct"], result["solved"], grad_norm,
                             optimizer.rate, seconds))  # fmt: skip
                bar.set_postfix_str(f"loss {train_loss:.4g}, valid {result['loss']:.4g}")
                if patience is not None:
                    stale += 1
                    if result["loss"] < best_loss:
                        best_loss, best_params, stale = result["loss"], net.params.flat.copy(), 0
                    if stale >= patience:
                        break
                if stop_when_solved and result["solved"]:
                    break
        except KeyboardInterrupt:
            interrupted = True
            if not np.isfinite(net.params.flat).all():
                net.params.flat[:] = finite
        finally:
            optimizer.rate = full_rate
    if best_params is not None:
        net.params.flat[:] = best_params
    history = History(rows, columns=History.columns_recorded)
    history.interrupted = interrupted
    return history


def _out(net, lengths):
    return None if lengths is None else net.out_steps(np.asarray(lengths))


def _batches(task, batch, rng, carry_state):
    """Endless pairs (Batch, whether its sequences begin anew)."""
    while True:
        if carry_state:
            for k, item in enumerate(task.stream(batch, "train", rng)):
                yield item, k == 0
        else:
            yield task.sample(batch, rng, "train"), True


def _diverged(what, step, rate, clip) -> str:
    advice = f"a smaller rate than {rate:g}"
    if clip is None:
        advice = "clipping (clip=1.0) or " + advice
    else:
        advice = f"clipping at less than {clip:g} or " + advice
    return f"the {what} at step {step}: try {advice}; the network keeps its last finite parameters"
