"""A long training that survives whatever ends its process: a checkpoint now and again, and the same bits after it."""

import time
from collections.abc import Callable
from pathlib import Path

from lstm_edu.nn import History, Training, load_checkpoint, progress, save_checkpoint


def train_resumably(
    training: Training,
    checkpoint: str | Path,
    *,
    every: float = 60.0,
    stop: Callable[[], bool] = lambda: False,
    say: Callable[[str], None] = print,
    progress_bar: bool | None = None,
) -> History | None:
    """Make the steps that are left, with a checkpoint each minute.

    Where a checkpoint lies the training goes on from it. A process that is killed at any moment loses what it did since
    the last one and nothing else; the steps that are made again have the same bits.

    Parameters
    ----------
    training : Training
        Made with the same arguments each time.
    checkpoint : str or path
        The file.
    every : float, default 60.0
        Seconds between two checkpoints.
    stop : callable
        Asked after each step; True: write a checkpoint and return.
    say : callable
        Takes the words for a checkpoint that can't be written (a full disk, say). The training goes on then, and
        tries again after the same time; the older checkpoint stays whole.
    progress_bar : bool or None
        None: in a notebook and at a terminal.

    Returns
    -------
    History or None
        The record; None: it was stopped.

    Raises
    ------
    ValueError
        For a checkpoint that belongs to another training or is damaged.
    FloatingPointError
        As `Training.step` does.
    """
    checkpoint = Path(checkpoint)
    if checkpoint.is_file():
        load_checkpoint(training, checkpoint)
    name, steps = type(training.task).__name__, training.settings["steps"]
    with progress.bar(steps, name, progress_bar) as bar:
        bar.update(training.done)
        written = time.monotonic()
        while not training.finished:
            training.step()
            bar.update()
            if stop():
                bar.close()
                _write(training, checkpoint, say)
                return None
            if time.monotonic() - written >= every:
                _write(training, checkpoint, say)
                written = time.monotonic()
            if training.done % training.settings["every"] == 0:
                row = training.history.table.iloc[-1]
                loss, valid = f"loss {row['train_loss']:.4g}", f"valid {row['valid_loss']:.4g}"
                speed = f"{training.done / row['seconds']:.3g} steps/s"
                whole = f"{loss}, {valid}, rate {row['rate']:.2g}, {speed}"
                progress.say(bar, whole, f"{loss}, {valid}, rate {row['rate']:.2g}", f"{loss}, {valid}", valid)
    return training.run(progress_bar=False)  # nothing is left but to take the best parameters


def _write(training: Training, checkpoint: Path, say: Callable[[str], None]) -> None:
    try:
        save_checkpoint(training, checkpoint)
    except (OSError, ValueError) as error:
        say(f"no checkpoint at step {training.done}: {error}")
