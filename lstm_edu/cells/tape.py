"""What a forward pass of a recurrent cell keeps for the way back."""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np


@dataclass(slots=True)
class Tape:
    """What a forward pass keeps for the backward pass. Nothing in it is changed by `backward`.

    For float32 it holds 4 T B (D + (G + S) H) bytes: the input, G gates and S states of H units, and what else a cell
    keeps, which has a name of its own: `tape.past` of a GRU.

    Parameters
    ----------
    made_by : tuple
        What kind of layer, and its sizes: another kind would read beyond its arrays.
    x : numpy.ndarray
        (T, B, D), the input, with zeros beyond the sequences' lengths.
    a : numpy.ndarray
        (T, B, G*H), the gates, after their activation.
    states : tuple of numpy.ndarray
        Each (T + 1, B, width of the state): index 0 is the initial state, t + 1 the state after step t. `h` is the
        first of them, `c` the second, if any.
    kept : dict of str to numpy.ndarray, optional
        Each (T, B, ...), what else the cell's backward needs.
    lengths : numpy.ndarray, optional
        (B,), how many steps of each sequence are real; None: all T.
    made : tuple, optional
        The arrays as they were made: while they are the same, nobody needs to look at them again.
    """

    made_by: tuple
    x: np.ndarray
    a: np.ndarray
    states: tuple[np.ndarray, ...]
    kept: dict[str, np.ndarray] = field(default_factory=dict)
    lengths: np.ndarray | None = None
    made: tuple = ()

    @property
    def h(self) -> np.ndarray:
        """The first state, which is the output, (T + 1, B, H)."""
        return self.states[0]

    @property
    def c(self) -> np.ndarray | None:
        """The second state, (T + 1, B, H); None for a cell without one."""
        return self.states[1] if len(self.states) > 1 else None

    def __getattr__(self, name: str) -> Any:
        if name in _FIELDS or name not in self.kept:  # a field that is not set yet, while the tape is made or copied
            raise AttributeError(f"a tape of {self.made_by[0]} has no {name!r}")
        return self.kept[name]

    @property
    def state(self) -> tuple[np.ndarray, ...]:
        """The state at the end of each sequence, (h,) or (h, c), each (B, H); feed it to the next forward to go on.

        With lengths it is the state after the last real step of each sequence, not after the padding.
        """
        if self.lengths is None:
            return tuple(s[-1] for s in self.states)
        return tuple(s[self.lengths, np.arange(len(self.lengths))] for s in self.states)

    def steps(self, first: int, last: int) -> "Tape":
        """The tape of some of the steps alone.

        Parameters
        ----------
        first, last : int
            The steps first:last.

        Returns
        -------
        Tape
            Views, so that nothing is computed again.
        """
        return replace(
            self,
            x=self.x[first:last],
            a=self.a[first:last],
            states=tuple(s[first : last + 1] for s in self.states),
            kept={name: array[first:last] for name, array in self.kept.items()},
            lengths=None,
        )


_FIELDS = frozenset(Tape.__dataclass_fields__)
