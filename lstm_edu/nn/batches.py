"""The sequences that a training draws from its task, one batch after the other, from a place that can be kept."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from lstm_edu.core import checks

from .generators import bits_state, state_of


class Batches:
    """Endless training batches of a task: drawn anew each time, or consecutive ones of the task's stream.

    The place is kept as the state of the generator and, within a stream, as the state at the stream's beginning and
    how many batches it has given: `restore` lets a new stream give them once more. So a task's `stream` may be any
    iterator that follows from its arguments alone, and needs nothing of its own for this.

    Parameters
    ----------
    task : Task
        What to draw from.
    batch : int
        Sequences side by side.
    rng : numpy.random.Generator
        What decides which sequences are drawn.
    follow : bool
        Whether batches follow each other, as `task.stream` gives them; at its end a new stream begins.

    Examples
    --------
    >>> from lstm_edu.tasks import ContinualReber
    >>> batches = Batches(ContinualReber(length=5, windows=2), 3, np.random.default_rng(0), follow=True)
    >>> [batches.draw()[1] for _ in range(5)]
    [True, False, True, False, True]
    """

    def __init__(self, task: Any, batch: int, rng: np.random.Generator, follow: bool) -> None:
        self.task, self.batch, self.rng, self.follow = task, batch, rng, follow
        self._stream: Iterator | None = None
        self._begun_at: dict | None = None
        self._given = 0

    def draw(self) -> tuple[Any, bool]:
        """The next batch.

        Returns
        -------
        batch : Batch
            T steps of B sequences.
        fresh : bool
            Whether its sequences begin anew, so that the network's state has to be zero.

        Raises
        ------
        ValueError
            For a stream without any batch.
        """
        if not self.follow:
            return self.task.sample(self.batch, self.rng, "train"), True
        item = None if self._stream is None else next(self._stream, None)
        if item is None:
            item = next(self._begin(), None)
            if item is None:
                raise ValueError(f"task: the stream of {self.task!r} gives no batch at all for batch={self.batch}")
        self._given += 1
        return item, self._given == 1

    def _begin(self) -> Iterator:
        self._begun_at, self._given = state_of(self.rng), 0
        self._stream = iter(self.task.stream(self.batch, "train", self.rng))
        return self._stream

    def state(self) -> dict:
        """The place, fit for JSON.

        Returns
        -------
        dict
            "rng": the generator's state, within a stream that at the stream's beginning; "given": how many batches
            the stream has given since, 0 where no stream is open.
        """
        return {"rng": self._begun_at if self._given else state_of(self.rng), "given": self._given}

    def restored(self, state: dict) -> "Batches":
        """Batches of the same task that go on from that place, with a generator of their own.

        Parameters
        ----------
        state : dict
            From `state`.

        Returns
        -------
        Batches
            This one stays where it is.

        Raises
        ------
        ValueError
            For something else than such a state, and for a place that the stream does not reach.
        """
        rng = np.random.Generator(type(self.rng.bit_generator)())
        rng.bit_generator.state = bits_state("state", rng, state["rng"])
        batches = Batches(self.task, self.batch, rng, self.follow)
        given = checks.whole("state: given", state["given"], 0)
        if given:
            stream = batches._begin()
            for k in range(given):
                if next(stream, None) is None:
                    raise ValueError(f"state: {given} batches of the task's stream were drawn, now it gives {k}")
            batches._given = given
        return batches
