"""A text of one's own: a network that learns to write like it, and how good it is beside what needs no network."""

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from lstm_edu.core import Layer, checks
from lstm_edu.core.version import __version__
from lstm_edu.nn import Adam, SoftmaxCrossEntropy, Training, make_network
from lstm_edu.nn.sampling import UNSEEN
from lstm_edu.tasks import Text

_AT_A_TIME, _ROWS = 256, 16  # characters and streams of a score


@dataclass(frozen=True)
class TextSettings:
    """How a network for a text is made and trained. None: as suits the length of the text.

    Parameters
    ----------
    cell : str
        A name of `lstm_edu.CELLS`.
    units, layers : int
        Of the network.
    length : int or None
        Characters between two updates, over which gradients flow back.
    batch : int or None
        Places of the text that are read side by side.
    steps : int
        Updates.
    rate : float
        Learning rate of Adam at the start; it falls as a cosine.
    seed : int
        Of the first weights and of the draws.
    """

    cell: str = "gru"
    units: int = 128
    layers: int = 1
    length: int | None = None
    batch: int | None = None
    steps: int = 3000
    rate: float = 3e-3
    seed: int = 0


def text_training(file: str | Path, settings: TextSettings) -> tuple[Training, TextSettings]:
    """A training that has not begun.

    The first 80 % of the text are learnt, the next 10 % choose the best weights on the way, the last 10 % are the test.
    What the training part lacks is read as an unseen sign, so nothing of the later parts reaches the vocabulary.

    Parameters
    ----------
    file : str or path
        A text.
    settings : TextSettings
        How.

    Returns
    -------
    training : Training
        Of a new network.
    settings : TextSettings
        With nothing left open.

    Raises
    ------
    ValueError
        For a file that is no text or too short, and for settings out of range.
    """
    known = Text(file, length=1).vocabulary
    task = Text(file, length=settings.length, unseen=None if UNSEEN in known else UNSEEN)  # type: ignore[arg-type]
    batch = settings.batch
    if batch is None:  # about eight windows in each row, so that a pass over the text is not one step
        batch = int(np.clip(task.most_rows() // 8, 1, 32))
    task.stream(batch)  # says what is wrong with the batch
    settings = replace(settings, length=task.length, batch=batch)
    seed = checks.whole("seed", settings.seed, least=0)
    net = make_network(task, settings.cell, settings.units, settings.layers, rng=seed)
    training = Training(
        net,
        task,
        steps=settings.steps,
        batch=batch,
        optimizer=Adam(settings.rate),
        schedule="cosine",
        seed=seed,
        patience=checks.whole("steps", settings.steps),  # never reached: the best weights of all are kept
        carry_state=True,
    )
    return training, settings


def scores(net: Layer, task: Text) -> dict[str, float]:
    """Bits for each character of the test part: the network's, and without one.

    Parameters
    ----------
    net : Layer
        The network.
    task : Text
        What it learnt.

    Returns
    -------
    dict of str to float
        "network"; "character before", from pairs of characters; "character frequencies", from single ones.
    """
    test, train = task.codes("test"), task.codes("train")
    counts = np.bincount(train, minlength=task.inputs) + 1.0
    frequencies = -np.log2(counts / counts.sum())[test[1:]].mean()
    return {
        "network": bits_per_character(net, task, "test"),
        "character before": task.bits_per_character(task.baseline),
        "character frequencies": float(frequencies),
    }


def bits_per_character(net: Layer, task: Text, split: str) -> float:
    """What a whole part of the text costs, read from its beginning with the state carried on.

    Parameters
    ----------
    net : Layer
        A network for this text.
    task : Text
        The text.
    split : {"train", "valid", "test"}
        Which part.

    Returns
    -------
    float
        The mean over its characters, in bits; a long part is read in 16 pieces side by side.
    """
    codes = task.codes(split).astype(np.int64)
    rows = max(1, min(_ROWS, len(codes) // _AT_A_TIME))
    steps = (len(codes) - 1) // rows
    x = np.stack([codes[r * steps : (r + 1) * steps + 1] for r in range(rows)], axis=1)
    loss, state, total = SoftmaxCrossEntropy(), None, 0.0
    for t in range(0, steps, _AT_A_TIME):
        window = x[t : t + _AT_A_TIME + 1]
        y, tape = net.forward(window[:-1], state, training=False)
        state = tape.state
        total += loss(y, window[1:])[0] * (len(window) - 1)
    return task.bits_per_character(total / steps)


def told(net: Any, task: Text, file: str | Path, settings: TextSettings, found: dict[str, float]) -> None:
    """Let the network keep what it was trained on, and how well it learnt it.

    Parameters
    ----------
    net : Layer
        The trained network.
    task : Text
        What it learnt.
    file : str or path
        Of which only the name is kept.
    settings : TextSettings
        How it was trained.
    found : dict of str to float
        From `scores`.
    """
    trained = {
        "task": "Text",
        "file": Path(file).name,
        "characters": len(task.codes()),
        "settings": asdict(settings),
        "bits per character": found,
        "version": __version__,
    }
    net.about = replace(task.about(), trained=trained)
