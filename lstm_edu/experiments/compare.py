"""Which cell learns a task: the same network around every cell, trained from several seeds, side by side."""

import numbers
import threading
import time
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lstm_edu import nn, tasks
from lstm_edu.cells import CELLS, checks, threads
from lstm_edu.nn import progress


@dataclass(frozen=True)
class Recipe:
    """How a task is trained where the caller says nothing else."""

    steps: int = 1500
    batch: int = 32
    rate: float = 1e-2
    units: int = 32
    memory: bool = False  # start the gates with a memory as long as the task's sequences
    carry_state: bool = False


_MOST_SEEDS = 10_000
_ONE_AT_A_TIME = threading.Lock()  # a run bounds the threads of the whole process

RECIPES = {
    tasks.Adding: Recipe(steps=1000, memory=True),
    tasks.EmbeddedReber: Recipe(steps=1500, units=16),
    tasks.ContinualReber: Recipe(steps=1500, units=16, carry_state=True),
    tasks.AnBn: Recipe(steps=1500, rate=3e-2, units=8),
    tasks.AnBnCn: Recipe(steps=3000, rate=3e-2, units=8),
    tasks.SpikeDelay: Recipe(steps=1000, units=8),
    tasks.TimedSpikes: Recipe(steps=1500, units=8),
    tasks.PeriodicFunction: Recipe(steps=1500, batch=1, units=8),
    tasks.CopyMemory: Recipe(steps=1000),
    tasks.TemporalOrder: Recipe(steps=1000, memory=True),
    tasks.Text: Recipe(steps=1000, units=64, carry_state=True),
    tasks.Digits: Recipe(steps=1000),
    tasks.Sunspots: Recipe(steps=300, units=8),
}


class Comparison(pd.DataFrame):
    """What `compare` found: a tidy DataFrame, one row per cell and seed.

    | column         | what                                                                          |
    | -------------- | ----------------------------------------------------------------------------- |
    | cell, seed     | which run                                                                     |
    | units          | units of each recurrent layer                                                 |
    | parameters     | how many numbers the network learns                                           |
    | train_loss     | mean loss of the last training batches                                        |
    | test_loss      | loss on test sequences that no training saw; NaN for a run that diverged      |
    | solved         | whether the task counts as solved on the test sequences                       |
    | steps_to_solve | first evaluation at which it counted as solved on the validation sequences    |
    | seconds        | training time of the run                                                      |

    `curves`: one row per cell, seed and evaluation, with the columns of a History. `about`: the task and the settings.
    """

    _metadata = ["curves", "about"]

    curves: pd.DataFrame = None
    about: dict = None

    @property
    def _constructor(self):
        return Comparison

    def summary(self) -> pd.DataFrame:
        """One row per cell: units, parameters, median and range of the test loss, solved, steps to solve, seconds."""
        rows = []
        for cell, runs in self.groupby("cell", sort=False):
            steps = runs["steps_to_solve"].dropna()
            loss = runs["test_loss"]
            rows.append(
                {
                    "cell": cell,
                    "units": int(runs["units"].iloc[0]),
                    "parameters": int(runs["parameters"].iloc[0]),
                    "test_loss": loss.median(),
                    "lowest": loss.min(),
                    "highest": loss.max(),
                    "solved": f"{int(runs['solved'].sum())} of {len(runs)}",
                    "steps_to_solve": f"{steps.median():.0f}" if len(steps) else "-",
                    "seconds": runs["seconds"].median(),
                }
            )
        return pd.DataFrame(rows)


def make_network(
    task, cell: str = "lstm", units: int = 32, layers: int = 1, *, memory: int = 0, rng=None, dtype=np.float32
):
    """The network that `compare` trains: `layers` of one cell under a Dense layer that gives the task's answer.

    Symbols go through an Embedding of `units` numbers first. `cell`: a name of `lstm_edu.CELLS`.

    `memory`: 0, the cells start with their usual biases; T > 1, each unit starts with a memory of its own length
    between 1 and T steps. Then the biases that keep the state (forget gate, update gate) are log(u) with u uniform in
    [1, T], and those that let something in (input gate) are -log(u). Nothing to set in a plain RNN.
    Source: C. Tallec, Y. Ollivier, Can Recurrent Neural Networks Warp Time?, ICLR 2018, section 2; the LSTM of 1997
    has only the input gate's bias, which its authors set below zero for the same task.

    >>> from lstm_edu import tasks
    >>> make_network(tasks.Adding(), "gru", units=16, layers=2, rng=0).count_parameters()
    2513
    """
    cls = CELLS[checks.one_of("cell", cell, CELLS)]
    rng = checks.generator(rng)
    checks.whole("units", units)
    checks.whole("memory", memory, least=0)
    width, stack = task.inputs, []
    if task.symbols:
        stack.append(nn.Embedding(task.inputs, units, dtype=dtype, rng=rng))
        width = units
    for _ in range(checks.whole("layers", layers)):
        biases = _biases(cell, units, memory, rng) if memory > 1 else {}
        stack.append(cls(width, units, dtype=dtype, rng=rng, **biases))
        width = stack[-1].units
    stack.append(nn.Dense(width, task.outputs, steps=task.steps, dtype=dtype, rng=rng))
    return nn.Sequential(stack)


def _biases(cell, units, memory, rng) -> dict:
    """The biases of a layer whose units remember between 1 and `memory` steps when training starts."""
    keep = np.log(rng.uniform(1, memory, units))
    return {
        "rnn": {},
        "lstm97": {"input_bias": -keep},
        "lstm": {"forget_bias": keep, "input_bias": -keep},
        "peephole": {"forget_bias": keep, "input_bias": -keep},
        "gru": {"update_bias": keep},
    }[cell]


def compare(
    task,
    *,
    cells=tuple(CELLS),
    units: int | None = None,
    parameters: int | None = None,
    layers: int = 1,
    steps: int | None = None,
    batch: int | None = None,
    rate: float | None = None,
    memory: int | None = None,
    seeds=3,
    jobs: int | None = None,
    progress_bar: bool | None = None,
) -> Comparison:
    """Train the same network around every cell from every seed; returns one row per cell and seed.

    task          a task of `lstm_edu.tasks`, or its name
    cells         names of `lstm_edu.CELLS`: rnn, lstm97, lstm, peephole, gru
    units, layers the size of the recurrent part; every cell gets the same number of units
    parameters    instead of `units`: every cell gets the number of units whose network learns nearest to so many
                  numbers, the layers around the cell included, see `match_parameters`. The table says how many it got
    steps, batch, rate    how long and how Adam trains (clipped at norm 1, rate falling to zero along a cosine);
                          default: what suits the task
    memory        how long the units remember when training starts, see `make_network`; 0: the cells' usual biases
    seeds         how many, or a list of them. A seed decides the first parameters and every sequence drawn, so the
                  cells see the same data
    jobs          how many runs at a time, each on one core (default: the cores this process may use). The result of a
                  run does not depend on it
    progress_bar  True, False, or None for: in a notebook and at a terminal

    >>> import lstm_edu as le
    >>> table = le.compare("adding", cells=["rnn", "gru"], units=8, steps=20, seeds=2, jobs=1)
    >>> table[["cell", "seed", "parameters"]]
      cell  seed  parameters
    0  rnn     0          97
    1  rnn     1          97
    2  gru     0         273
    3  gru     1         273
    """
    task = tasks.make(task) if isinstance(task, str) else task
    if not isinstance(task, tasks.Task):
        raise ValueError(f"task must be a task of lstm_edu.tasks or its name, got {type(task).__name__}")
    recipe = RECIPES.get(type(task), Recipe())
    cells = [cells] if isinstance(cells, str) else list(cells)
    for cell in cells:
        checks.one_of("cell", cell, CELLS)
    layers = checks.whole("layers", layers)
    settings = {
        "parameters": None if parameters is None else checks.whole("parameters", parameters),
        "units": _units(task, cells, recipe.units, units, parameters, layers),
        "layers": layers,
        "steps": checks.whole("steps", recipe.steps if steps is None else steps),
        "batch": checks.whole("batch", recipe.batch if batch is None else batch),
        "rate": checks.number("rate", recipe.rate if rate is None else rate, least=0),
        "memory": checks.whole("memory", _memory(task, recipe) if memory is None else memory, least=0),
        "carry_state": recipe.carry_state,
    }
    seeds = _seed_list(seeds)
    if not cells or len(set(cells)) < len(cells):
        raise ValueError(f"cells must be one or more different names, got {cells}")
    jobs = threads.get_num_threads() if jobs is None else checks.whole("jobs", jobs)

    plan = [(cell, seed) for cell in cells for seed in seeds]
    jobs = min(jobs, len(plan))
    results = {}
    with progress.bar(len(plan), "compile", progress_bar) as bar:
        for cell in cells if jobs > 1 else ():  # once, here: the workers then find the machine code on disk
            _one_run(task, cell, 0, settings | {"steps": 1})
            bar.set_postfix_str(cell)
        bar.set_description(f"compare {type(task).__name__}")
        for cell, seed, row, history in _run_all(task, plan, settings, jobs):
            results[cell, seed] = row, history
            bar.set_postfix_str(f"{cell}, seed {seed}: test loss {row['test_loss']:.4g}")
            bar.update()
    table = Comparison([results[key][0] for key in plan])
    table["steps_to_solve"] = table["steps_to_solve"].astype("Int64")
    table.curves = pd.concat(
        [history.assign(cell=cell, seed=seed) for (cell, seed), (_, history) in ((k, results[k]) for k in plan)],
        ignore_index=True,
    )[["cell", "seed", *nn.History.columns_recorded]]
    table.about = settings | {
        "title": _title(task, settings, len(seeds)),
        "task": repr(task),
        "loss": task.loss,
        "baseline": task.baseline,
        "floor": task.floor,
    }
    return table


def _units(task, cells, usual, units, parameters, layers):
    """One number for all cells, or with a budget of parameters a dict with the number of each."""
    if parameters is None:
        return checks.whole("units", usual if units is None else units)
    if units is not None:
        raise ValueError(f"parameters and units: give one of them, the other follows; got {parameters} and {units!r}")
    sizes = {"outputs": task.outputs, "layers": layers, "symbols": task.symbols}
    found = {}
    for cell in cells:
        try:
            found[cell] = nn.match_parameters(cell, task.inputs, budget=parameters, **sizes)
        except ValueError as error:
            raise ValueError(f"parameters: for {cell}, {error}") from None
    return found


def _memory(task, recipe) -> int:
    return task.length if recipe.memory else 0


def _title(task, settings, seeds) -> str:
    length = f", length {task.length}" if hasattr(task, "length") else ""
    if settings["parameters"] is None:
        stack, place = f"{settings['units']} units", "in each of"
    else:
        stack, place = f"about {settings['parameters']:,} parameters", "in"
    if settings["layers"] > 1:
        stack += f" {place} {settings['layers']} layers"
    memory = f", initial memory up to {settings['memory']} steps" if settings["memory"] > 1 else ""
    return f"{type(task).__name__}{length}: {stack}{memory}, {seeds} seed{'s' if seeds > 1 else ''}"


def _seed_list(seeds) -> list:
    if isinstance(seeds, numbers.Integral) and not isinstance(seeds, bool):
        if seeds > _MOST_SEEDS:
            raise ValueError(f"seeds must be at most {_MOST_SEEDS}, got {seeds}")
        return list(range(checks.whole("seeds", seeds)))
    try:
        found = [checks.whole("seeds", seed, least=0) for seed in seeds]
    except TypeError:
        found = []
    if not found or len(set(found)) < len(found):
        raise ValueError(f"seeds must be a number of at least 1 or a list of different ones, got {seeds!r}")
    return found


def _run_all(task, plan, settings, jobs):
    """Every run of the plan, as they finish."""
    if jobs == 1:
        for cell, seed in plan:
            yield _one_run(task, cell, seed, settings)
        return
    from joblib import Parallel, delayed
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    parallel = Parallel(n_jobs=jobs, return_as="generator_unordered")
    try:
        yield from parallel(delayed(_one_run)(task, cell, seed, settings) for cell, seed in plan)
    except TerminatedWorkerError:
        raise MemoryError("a run was ended from outside, most often for lack of memory: try fewer jobs") from None


def _one_run(task, cell, seed, settings):
    """Train and test one network. On one core, so that the rounding is the same wherever it runs."""
    from threadpoolctl import threadpool_limits

    with _ONE_AT_A_TIME, threadpool_limits(1), threads.limited_to(1):
        return _train_and_test(task, cell, seed, settings)


def _train_and_test(task, cell, seed, settings):
    start, order, test = np.random.SeedSequence(seed).spawn(3)
    units = settings["units"] if settings["parameters"] is None else settings["units"][cell]
    net = make_network(task, cell, units, settings["layers"], memory=settings["memory"],
                       rng=np.random.default_rng(start))  # fmt: skip
    began = time.perf_counter()
    try:
        history = nn.fit(
            net,
            task,
            steps=settings["steps"],
            batch=settings["batch"],
            optimizer=nn.Adam(settings["rate"]),
            schedule="cosine",
            seed=int(order.generate_state(1)[0]),
            carry_state=settings["carry_state"],
            progress_bar=False,
        )
        seconds = time.perf_counter() - began
    except FloatingPointError:  # it diverged: a result like any other
        seconds = time.perf_counter() - began
        history = nn.History([dict.fromkeys(nn.History.columns_recorded, np.nan)]).astype({"solved": object})
        result = {"loss": np.nan, "solved": False}
    else:
        if history.interrupted:  # fit keeps what there is; a comparison of runs cut short would mislead
            raise KeyboardInterrupt
        result = nn.evaluate(net, task, 1000, rng=np.random.default_rng(test))
    row = {
        "cell": cell,
        "seed": seed,
        "units": units,
        "parameters": net.count_parameters(),
        "train_loss": history["train_loss"].iloc[-1],
        "test_loss": result["loss"],
        "solved": result["solved"],
        "steps_to_solve": history.steps_to_solve if np.isfinite(result["loss"]) else None,
        "seconds": seconds,
    }
    return cell, seed, row, history
