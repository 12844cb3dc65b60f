"""A cell that goes on one step at a time in the same few arrays, for a network that reads what it wrote itself."""

import numpy as np

from lstm_edu.core import threads

from .recurrent import Recurrent


class Steps:
    """The same kernel and the same bits as `layer.forward` over one step after the other, at a third of the time.

    What a forward pass does around its kernel, to check, to make a tape, to carry the state on, takes longer than the
    kernel where one sequence makes one step.

    Parameters
    ----------
    layer : Recurrent
        The cell. Its parameters are read at each step: who changes them changes what follows.
    state : tuple or None
        As for `layer.forward`; None: zeros. It is copied.
    sequences : int, default 1
        B.

    Attributes
    ----------
    x : numpy.ndarray
        (B, D), to be filled before each step.

    Examples
    --------
    >>> import lstm_edu as le
    >>> cell, x = le.GRU(3, 5, rng=0), np.ones((4, 1, 3), np.float32)
    >>> steps = Steps(cell)
    >>> y = np.array([steps(x_t).copy() for x_t in x])
    >>> bool((y == cell(x)).all())
    True
    """

    def __init__(self, layer: Recurrent, state: tuple | list | None = None, sequences: int = 1) -> None:
        B = sequences
        room = np.zeros((1, B, layer.inputs), layer.dtype)
        tape = layer._new_tape(room, layer._checked_state("state", state, B), 1)
        self.x, self._states, self._B = room[0], [(array[0], array[1]) for array in tape.states], B
        for old, new in self._states:
            new[:] = old  # where the first step finds the initial state
        self._work = B * layer.params.flat.size
        self._numbers = layer.dtype.name
        self._run = lambda b0, b1: layer._run_forward(tape, b0, b1)

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Make one step.

        Parameters
        ----------
        x : numpy.ndarray
            (B, D); nobody looks at its shape.

        Returns
        -------
        numpy.ndarray
            (B, H), a view that the next step changes; copy what is to stay.
        """
        self.x[:] = x
        for old, new in self._states:
            old[:] = new
        threads.run(self._run, self._B, self._work, numbers=self._numbers)
        return self._states[0][1]

    @property
    def state(self) -> tuple[np.ndarray, ...]:
        """(h,) or (h, c), each (B, H), after the last step; copies."""
        return tuple(new.copy() for _, new in self._states)
