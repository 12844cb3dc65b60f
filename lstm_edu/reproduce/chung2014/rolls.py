"""Piano rolls: which of 88 keys are down at each step of a piece, as a task and from a user's file."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from lstm_edu.core import checks
from lstm_edu.tasks import Batch, Task
from lstm_edu.tasks.task import SPLITS, draw

LOWEST, HIGHEST = 21, 108  # the keys of a piano, as MIDI notes
KEYS = HIGHEST - LOWEST + 1
REST = -1  # how some of the public files write a voice that is silent
Pieces = Mapping[str, Sequence[Sequence[Sequence[int]]]]  # part -> pieces -> steps -> notes


@dataclass(frozen=True, eq=False)
class PianoRolls(Task):
    """Predict which keys are down at the next step of a piece.

    Every key is a yes or no of its own. The first step of a piece is given, not predicted. The loss is a mean over
    steps and keys, as every loss of the package; times `KEYS` it is the negative log-likelihood of a step, which the
    papers print.

    A sequence is right if every key is, at every step; no piece ever is.

    Parameters
    ----------
    pieces : mapping
        "train", "valid", "test": for each a list of pieces, each a list of steps, each a list of MIDI notes, 21 .. 108;
        -1 stands for a rest.

    Attributes
    ----------
    baseline : float
        The loss on the test pieces of a guess that knows nothing but how often each key is down in the training
        pieces; each key is counted once more as down and once more as up.

    Raises
    ------
    ValueError
        For pieces of another form, with the part, the piece and the step.

    Notes
    -----
    Shapes: x and target (T, B, 88) float32, target[t] = x[t + 1]; lengths (B,), the steps of each piece minus 1.

    References
    ----------
    Boulanger-Lewandowski, Bengio and Vincent, Modeling temporal dependencies in high-dimensional sequences, ICML 2012.

    Examples
    --------
    >>> two = [[[60, 64], [60], [59, 62, 67]], [[72], []]]
    >>> task = PianoRolls({"train": two, "valid": two, "test": two})
    >>> batch = task.sample(2, rng=0, split="test")
    >>> batch.x.shape, sorted(batch.lengths.tolist())
    ((2, 2, 88), [1, 2])
    """

    pieces: Pieces = field(repr=False)
    baseline: float = field(init=False)
    _rolls: dict[str, list[np.ndarray]] = field(init=False, repr=False)

    inputs = outputs = KEYS
    loss = "sigmoid_cross_entropy"
    steps = "all"
    solvable = False
    question = "Predict which keys of a piano are down at the next step."

    def __post_init__(self):
        rolls = {name: [_roll(piece) for piece in pieces] for name, pieces in checked(self.pieces).items()}
        after = {name: np.concatenate([roll[1:] for roll in some]) for name, some in rolls.items()}
        p = (after["train"].sum(axis=0) + 1) / (len(after["train"]) + 2)
        test = after["test"].mean(axis=0)
        self._set(_rolls=rolls, baseline=float(-(test * np.log(p) + (1 - test) * np.log(1 - p)).mean()))

    def count(self, split: str) -> int:
        """How many pieces a part has.

        Parameters
        ----------
        split : {"train", "valid", "test"}
            Which one.

        Returns
        -------
        int
            At least 1.
        """
        return len(self._rolls[checks.one_of("split", split, SPLITS)])

    def _sample(self, batch, rng, split):
        rolls = self._rolls[split]
        chosen = [rolls[k] for k in draw(np.arange(len(rolls)), batch, rng, split)]
        lengths = np.array([len(roll) - 1 for roll in chosen])
        x, target = np.zeros((2, lengths.max(), len(chosen), KEYS), np.float32)
        for b, roll in enumerate(chosen):
            x[: len(roll) - 1, b], target[: len(roll) - 1, b] = roll[:-1], roll[1:]
        return Batch(x, target, lengths)

    def _correct(self, y, batch):
        return (((y > 0) == (batch.target > 0.5)).all(axis=-1) | ~batch.counted).all(axis=0)


def _roll(piece: Sequence[Sequence[int]]) -> np.ndarray:
    """(T, 88) of zeros and ones."""
    roll = np.zeros((len(piece), KEYS), np.float64)
    for t, notes in enumerate(piece):
        roll[t, [note - LOWEST for note in notes if note != REST]] = 1
    return roll


def read(path: str | Path) -> Pieces:
    """The pieces of a JSON file of the form in which the public files of chorales come.

    Parameters
    ----------
    path : path
        An object with "train", "valid" and "test", as `PianoRolls` takes it.

    Returns
    -------
    dict
        The same, checked.

    Raises
    ------
    ValueError
        For any other file, with what is wrong where.
    """
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise ValueError(f"data must be a file that can be read, got {str(path)!r}: {error.strerror}") from None
    try:
        found = json.loads(content)
    except ValueError as error:  # also where it is no UTF-8
        raise ValueError(f"data must be JSON, got {str(path)!r}: {error}") from None
    except RecursionError:
        raise ValueError(f"data must be lists in lists, got {str(path)!r}, which is nested far deeper") from None
    return checked(found)


def checked(pieces: Any) -> Pieces:
    """Pieces, if they have the form that `PianoRolls` takes.

    Parameters
    ----------
    pieces : object
        Anything.

    Returns
    -------
    dict
        The same.

    Raises
    ------
    ValueError
        With the first place that is wrong, what was found there, and what is needed.

    Examples
    --------
    >>> checked({"train": [[[60], [20]]], "valid": [], "test": []})
    Traceback (most recent call last):
    ...
    ValueError: data: train, piece 0, step 1 must hold MIDI notes, 21 .. 108 or -1 for a rest, got 20
    """
    if not isinstance(pieces, Mapping):
        raise ValueError(f"data must be an object with the keys {', '.join(SPLITS)}, got {_kind(pieces)}")
    for name in SPLITS:
        if name not in pieces:
            there = ", ".join(map(repr, list(pieces)[:5])) or "none"
            raise ValueError(f"data must have the keys {', '.join(SPLITS)}, got {there}: {name} is missing")
        if not _is_list(pieces[name]) or not len(pieces[name]):
            raise ValueError(f"data: {name} must be a list of pieces, at least one, got {_kind(pieces[name])}")
        for k, piece in enumerate(pieces[name]):
            _check_piece(f"{name}, piece {k}", piece)
    return {name: pieces[name] for name in SPLITS}


def _check_piece(where: str, piece: Any) -> None:
    if not _is_list(piece) or len(piece) < 2:
        raise ValueError(f"data: {where} must be a list of steps, at least two, got {_kind(piece)}")
    for t, notes in enumerate(piece):
        if not _is_list(notes):
            raise ValueError(f"data: {where}, step {t} must be a list of MIDI notes, got {_kind(notes)}")
        for note in notes:
            whole = isinstance(note, int) and not isinstance(note, bool)
            if not whole or not (LOWEST <= note <= HIGHEST or note == REST):
                needed = f"MIDI notes, {LOWEST} .. {HIGHEST} or {REST} for a rest"
                raise ValueError(f"data: {where}, step {t} must hold {needed}, got {_kind(note)}")


def _is_list(value: Any) -> bool:
    return isinstance(value, list | tuple)


def _kind(value: Any) -> str:
    """What stands there, in few words however large it is."""
    if isinstance(value, Mapping):
        return f"an object of {len(value)} keys"
    if _is_list(value):
        return f"a list of {len(value)}"
    words = repr(value)
    return words if len(words) <= 40 else f"{words[:36]} ..."
