"""A text of which a network reads a beginning, and the rest of it as a test."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from lstm_edu import nn
from lstm_edu.core import Layer, checks
from lstm_edu.experiments.runs import one_core
from lstm_edu.tasks import Text

SAME_TEXT = (
    "The text is the first 300 000 characters of the help pages that come with Python, another one in each of its "
    "versions, and a small one; the file of trials says which version it was."
)


@dataclass(frozen=True)
class Beginning(Text):
    """A text of whose training part only the first characters are there.

    Parameters
    ----------
    file, length, unseen
        As of `Text`.
    kept : int, optional
        How many characters of the training part are kept; None: all.

    Raises
    ------
    ValueError
        For fewer than two sequences, and for more characters than there are.

    Examples
    --------
    >>> task = Beginning(length=20, kept=1000)
    >>> len(task.codes("train")), len(task.codes("test")) == len(Text().codes("test"))
    (1000, True)
    """

    kept: int | None = None

    def __post_init__(self):
        super().__post_init__()
        if self.kept is not None:
            there, least = len(super()._part("train")), 2 * (self.length + 1)
            if not least <= checks.whole("kept", self.kept) <= there:
                raise ValueError(f"kept must lie in {least} .. {there} for this text, got {self.kept}")

    def _part(self, split):
        part = super()._part(split)
        return part[: self.kept] if split == "train" and self.kept is not None else part


def held_out(net: Layer, task: Text, split: str = "test", rows: int = 10) -> float:
    """The loss on a whole part of a text.

    Parameters
    ----------
    net : Layer
        A network for this text.
    task : Text
        It.
    split : {"train", "valid", "test"}
        Which part.
    rows : int, default 10
        In how many pieces it is read side by side; each begins with a state of zeros, which is then carried on.

    Returns
    -------
    float
        Nats per character.

    Examples
    --------
    >>> task = Beginning(length=20, kept=1000)
    >>> net = nn.make_network(task, "rnn", 4, rng=0)
    >>> net.params.flat[:] = 0
    >>> bool(np.isclose(held_out(net, task, "train"), np.log(task.inputs)))
    True
    """
    state: Any = None
    found, loss = [], nn.SoftmaxCrossEntropy()
    with one_core():
        for batch in task.stream(rows, split):
            y, tape = net.forward(batch.x, state, training=False)
            found.append(loss(y, batch.target)[0])
            state = tape.state
    return float(np.mean(found))


def steps_of_epoch(task: Text, batch: int) -> int:
    """How many batches one reading of the training part has.

    Parameters
    ----------
    task : Text
        It.
    batch : int
        In how many pieces it is read side by side.

    Returns
    -------
    int
        The batches of `task.stream(batch)`.

    Examples
    --------
    >>> task = Beginning(length=20, kept=1000)
    >>> steps_of_epoch(task, 3), sum(1 for _ in task.stream(3))
    (16, 16)
    """
    return (len(task.codes("train")) - 1) // batch // task.length
