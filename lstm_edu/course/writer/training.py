"""The long training of the network that writes Python: can be stopped at any time and goes on with the same bits."""

import hashlib
import json
import platform
import sys
import time
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from lstm_edu.cells import LSTM
from lstm_edu.core import Layer
from lstm_edu.core.files import replace_file
from lstm_edu.core.version import __version__
from lstm_edu.nn import Adam, Dense, Embedding, Sequential, Training, progress
from lstm_edu.nn.checkpoint import load_checkpoint, save_checkpoint
from lstm_edu.nn.sampling import sample_text
from lstm_edu.nn.weights import save

from .corpus import END, PythonSource
from .score import bits_per_character, places_read, squeezed, tables

UNITS, EMBEDDING, LENGTH, BATCH = 320, 64, 128, 16
RATE, COOLING = 3e-3, 0.6  # the rate is constant for this part of the steps, then falls to zero in a straight line
LOGGED = 100_000  # characters of the validation files that each row of the log is measured on
FIRST_ROWS, THEN_EVERY = (25, 50, 100, 200, 400), 500  # steps after which the log gets a row
COLUMNS = ("step", "characters", "rate", "train_bits", "valid_bits", "core_seconds", "seconds")
NAME = "python-writer"


def new_network(task: PythonSource, seed: int = 0) -> Sequential:
    """An untrained network of the size that is shipped.

    Parameters
    ----------
    task : PythonSource
        Its number of characters is the network's.
    seed : int
        Decides the first weights.

    Returns
    -------
    Sequential
        Embedding, LSTM, Dense.
    """
    rng = np.random.default_rng(seed)
    cell = LSTM(EMBEDDING, UNITS, rng=rng)
    return Sequential([Embedding(task.inputs, EMBEDDING, rng=rng), cell, Dense(UNITS, task.outputs, rng=rng)])


def rate_at(done: int, steps: int) -> float:
    """The learning rate of the step after `done` of `steps`.

    Parameters
    ----------
    done, steps : int
        Steps made; steps in all.

    Returns
    -------
    float
        `RATE`, or less in the last part.

    Examples
    --------
    >>> [round(rate_at(done, 100), 6) for done in (0, 60, 80)]
    [0.003, 0.003, 0.0015]
    """
    return RATE * min(1.0, (1 - done / steps) / (1 - COOLING))


def train(out: str | Path, *, steps: int, task: PythonSource | None = None, net: Layer | None = None) -> pd.DataFrame:
    """Train, and write weights, log and facts; go on where a checkpoint lies in `out`.

    Parameters
    ----------
    out : path
        A folder: `python-writer.safetensors`, `.csv`, `.json`, and until it is done `.checkpoint`.
    steps : int
        Steps in all. A run can go on with another number as long as the rate has not begun to fall in either.
    task : PythonSource, optional
        None: the standard library of this Python.
    net : Layer, optional
        None: `new_network`.

    Returns
    -------
    pandas.DataFrame
        The log, one row for each evaluation.
    """
    task = PythonSource(length=LENGTH) if task is None else task
    net = new_network(task) if net is None else net
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    files = {ending: out / f"{NAME}.{ending}" for ending in ("safetensors", "csv", "json", "checkpoint")}
    training = Training(
        net, task, steps=steps, batch=BATCH, optimizer=Adam(RATE), carry_state=True, every=25, validation=1
    )
    log, writings = pd.DataFrame(columns=list(COLUMNS)), []
    if files["checkpoint"].is_file():
        load_checkpoint(training, files["checkpoint"])
        log = pd.read_csv(files["csv"])
        log = log[log["step"] <= training.done]
        writings = json.loads(files["json"].read_text(encoding="utf-8"))["writings"][: len(log)]
    rows = log.values.tolist()
    core, wall = rows[-1][-2:] if rows else (0.0, 0.0)
    with threadpool_limits(1), progress.bar(steps, NAME, None) as bar:
        bar.update(training.done)
        while not training.finished:
            began = time.process_time(), time.perf_counter()
            rate = rate_at(training.done, steps)
            training.optimizer.rate = rate
            training.step()
            training.optimizer.rate = RATE  # what a checkpoint is checked by
            core, wall = core + time.process_time() - began[0], wall + time.perf_counter() - began[1]
            bar.update()
            done = training.done
            if done in FIRST_ROWS or done % THEN_EVERY == 0 or training.finished:
                history, last = training.history, rows[-1][0] if rows else 0
                train_bits = history["train_loss"][history["step"] > last].mean() / np.log(2)
                valid_bits = bits_per_character(net, task, "valid", most=LOGGED)
                characters = done * BATCH * task.length
                rows.append([done, characters, rate, train_bits, valid_bits, core, wall])
                bar.set_postfix_str(f"{train_bits:.3f} bits, valid {valid_bits:.3f}")
                writings.append(sample_text(net, task, END, 240, temperature=0.7, rng=0))
                log = pd.DataFrame(rows, columns=list(COLUMNS)).astype({"step": int, "characters": int})
                replace_file(files["csv"], log.round(6).to_csv(index=False).encode())
                replace_file(files["json"], json.dumps({"writings": writings}).encode())
                save_checkpoint(training, files["checkpoint"])
    save(net, files["safetensors"])
    facts = _facts(net, task, steps) | {"writings": writings}
    replace_file(files["json"], (json.dumps(facts, indent=1) + "\n").encode())
    files["checkpoint"].unlink()
    return log


def _facts(net: Any, task: PythonSource, steps: int) -> dict:
    """What was trained on what, by what, and what counting and packing reach on the same files."""
    codes = {split: task.codes(split) for split in ("train", "valid", "test")}
    bits, logged = {}, {}
    for split in ("valid", "test"):
        counted = tables(codes["train"], codes[split], task.inputs, range(9))
        bits[split] = {
            "network": bits_per_character(net, task, split),
            "tables": {n: float(one.mean()) for n, one in counted.items()},
            "packers": squeezed(codes["train"], codes[split]),
        }
        if split == "valid":
            places = places_read(task, split, most=LOGGED)
            logged = {n: float(one[places].mean()) for n, one in counted.items()}
    return {
        "command": f"python -m lstm_edu.course.making.python_writer --steps {steps}",
        "python": platform.python_version(),
        "packages": {"lstm_edu": __version__, "numpy": np.__version__, "numba": numba.__version__},
        "machine": f"{platform.machine()}, {sys.platform}, one thread",
        "corpus": task.version,
        "vocabulary": task.vocabulary,
        "characters": {split: len(text) for split, text in codes.items()},
        "files": {split: task.names(split) for split in codes},
        "settings": {
            "units": UNITS,
            "embedding": EMBEDDING,
            "length": LENGTH,
            "batch": BATCH,
            "rate": RATE,
            "cooling": COOLING,
            "steps": steps,
            "seed": 0,
            "clip": 1.0,
        },
        "parameters": net.count_parameters(),
        "sha256": hashlib.sha256(np.ascontiguousarray(net.params.flat, "<f4").tobytes()).hexdigest(),
        "bits": bits,
        "tables_of_the_log": logged,  # on the characters on which the log's valid_bits are measured
    }
