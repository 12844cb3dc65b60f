"""What every task has: a way to draw sequences, a loss, a baseline, and a rule that says when it is solved."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from lstm_edu.core import About, Layer, checks
from lstm_edu.core.arrays import sigmoid

SPLITS = ("train", "valid", "test")


@dataclass(frozen=True, eq=False)
class Batch:
    """Sequences side by side, time first. T: steps of the longest, B: sequences, D: inputs, O: outputs.

    Parameters
    ----------
    x : numpy.ndarray
        (T, B, D) float32, or (T, B) int64 where the inputs are symbols.
    target : numpy.ndarray
        For `steps` "last" (B, O) float32 or (B,) int64 classes; for "all" the same with T in front.
    lengths : numpy.ndarray, optional
        (B,) int64, how many steps are real; None: all. The rest is at the end and zero.
    mask : numpy.ndarray, optional
        (T, B) bool, which steps count, where `lengths` cannot say it; None: all the real ones.
    """

    x: np.ndarray
    target: np.ndarray
    lengths: np.ndarray | None = None
    mask: np.ndarray | None = None

    @property
    def counted(self) -> np.ndarray:
        """The steps that are real and that the mask lets through, (T, B) bool.

        Examples
        --------
        >>> Batch(np.zeros((3, 2, 1)), np.zeros((2, 1)), lengths=np.array([3, 1])).counted.astype(int)
        array([[1, 1],
               [1, 0],
               [1, 0]])
        """
        counted = np.ones(self.x.shape[:2], bool) if self.mask is None else self.mask
        return counted if self.lengths is None else counted & real_steps(len(self.x), self.lengths)


class Task(ABC):
    """Something to learn from sequences. A task is a frozen dataclass: checked when made, never changed after.

    A loss at each step is averaged over all steps that count in the batch, whatever sequence they belong to.

    Attributes
    ----------
    inputs : int
        D, or how many different symbols there are.
    outputs : int
        O, what the network has to put out.
    loss : {"mean_squared_error", "softmax_cross_entropy", "sigmoid_cross_entropy"}
        The last two take raw outputs (logits), in nats.
    steps : {"last", "all"}
        One target a sequence, at its last real step; or one at each step.
    symbols : bool
        Whether x holds whole numbers 0 .. inputs - 1 instead of vectors.
    baseline : float
        The loss of the best guess without memory, which sees at most the current input.
    floor : float or None
        The best expected loss that any model can reach; None where nobody knows.
    share : float
        Which part of the sequences must be right for `solved`.
    solvable : bool
        Whether there is a point at which the task counts as learnt; a text has none.
    question : str
        In one line, what is to be learnt.
    """

    inputs: int
    outputs: int
    loss: str
    steps: str
    symbols: bool = False
    baseline: float
    floor: float | None = None
    share: float = 1.0
    solvable: bool = True
    question: str

    def sample(self, batch: int, rng: checks.Rng = None, split: str = "train") -> Batch:
        """Draw sequences.

        Parameters
        ----------
        batch : int
            B, how many.
        rng : int or numpy.random.Generator, optional
            The same seed gives the same Batch; None: a new one each time.
        split : {"train", "valid", "test"}
            Where sequences are made up on the spot, every draw is new, and the split changes nothing but, where the
            class says so, their length.

        Returns
        -------
        Batch
            Of B sequences, or fewer where the class says so.

        Raises
        ------
        ValueError
            If an argument is none of these.
        """
        batch = checks.whole("batch", batch)
        checks.one_of("split", split, SPLITS)
        return self._sample(batch, checks.generator(rng), split)

    def correct(self, y: ArrayLike, batch: Batch) -> np.ndarray:
        """Which sequences count as right. The class says what right means.

        Parameters
        ----------
        y : array_like
            The network's raw output, (B, O) where `steps` is "last", (T, B, O) where it is "all".
        batch : Batch
            What the network read.

        Returns
        -------
        numpy.ndarray
            (B,) bool. An output that is not a number is never right.

        Raises
        ------
        ValueError
            If `y` has another shape, or `batch` is no Batch.
        """
        if not isinstance(batch, Batch):
            raise ValueError(f"batch must be a Batch, as sample() gives it, got {type(batch).__name__}")
        steps, sequences = batch.x.shape[:2]
        shape = (sequences, self.outputs) if self.steps == "last" else (steps, sequences, self.outputs)
        return self._correct(checks.floats("y", y, shape, np.dtype(np.float64)), batch)

    def solved(self, y: ArrayLike, batch: Batch) -> bool:
        """Whether at least `share` of these test sequences are right.

        Parameters
        ----------
        y : array_like
            As in `correct`.
        batch : Batch
            As in `correct`.

        Returns
        -------
        bool
            True or False.
        """
        return bool(self.correct(y, batch).mean() >= self.share)

    def measures(self, loss: float) -> dict[str, float]:
        """The loss in the units in which the field reports this task.

        Parameters
        ----------
        loss : float
            In the unit of `loss`.

        Returns
        -------
        dict of str to float
            By name; empty where the field has none.
        """
        return {}

    def about(self) -> About:
        """What the numbers of a network for this task mean; training gives it to the network, which keeps it.

        Returns
        -------
        About
            Loss, steps and the task's name; with names for symbols and classes where the class has them.
        """
        return About(loss=self.loss, steps=self.steps, trained={"task": type(self).__name__})

    @abstractmethod
    def _sample(self, batch: int, rng: np.random.Generator, split: str) -> Batch: ...

    @abstractmethod
    def _correct(self, y: np.ndarray, batch: Batch) -> np.ndarray: ...

    def _set(self, **values: object) -> None:
        """Store checked values while a frozen dataclass is being made."""
        for name, value in values.items():
            object.__setattr__(self, name, value)


def checked_share(value: float) -> float:
    """`value` as a share of the sequences: above 0, at most 1."""
    value = checks.number("share", value)
    if not 0 < value <= 1:
        raise ValueError(f"share must be above 0 and at most 1, got {value!r}")
    return value


def real_steps(steps: int, lengths: np.ndarray) -> np.ndarray:
    """(steps, B) bool: True up to each sequence's length."""
    return np.arange(steps)[:, None] < lengths


def output_of(
    net: Layer, x: np.ndarray, outputs: int, state: tuple | None = None, lengths: np.ndarray | None = None
) -> tuple[np.ndarray, tuple]:
    """What `net` puts out at each step of x, (T, B, outputs) as float64, and its state then, for the next x."""
    if not callable(getattr(net, "forward", None)):
        raise ValueError(f"net must be a network, got {net!r}")
    y, tape = net.forward(x, state, lengths=lengths, training=False)
    if y.shape != (*x.shape[:2], outputs):
        raise ValueError(f"net must give {outputs} outputs at each step, got an output of shape {y.shape}")
    return y.astype(np.float64), tape.state


def draw(members: np.ndarray, batch: int, rng: np.random.Generator, split: str) -> np.ndarray:
    """Which of the sequences `members` of a finite split go into a batch.

    For training with replacement, so that any batch size works. For validation and test each sequence at most once:
    a repeated one would add nothing to a score, so a larger batch than the split gives the whole split.
    """
    if split == "train":
        return members[rng.integers(0, len(members), batch)]
    return rng.permutation(members)[:batch]


def chance_of_yes(y: np.ndarray) -> np.ndarray:
    """The sigmoid of the outputs; NaN where an output is not finite, which no criterion accepts."""
    return sigmoid(np.where(np.isfinite(y), y, np.nan))


def binary_entropy(p: Any) -> Any:
    """-p ln p - (1 - p) ln (1 - p): what the best guess of a yes or no costs where yes has the probability p, in nats.

    Examples
    --------
    >>> binary_entropy(np.array([0.0, 0.5, 1.0]))
    array([0.        , 0.69314718, 0.        ])
    """
    return 0 - sum(q * np.log(np.where(q > 0, q, 1)) for q in (p, 1 - p))


def best_class(y: np.ndarray) -> np.ndarray:
    """The class with the largest output, -1 where an output is not finite."""
    return np.where(np.isfinite(y).all(axis=-1), y.argmax(axis=-1), -1)
