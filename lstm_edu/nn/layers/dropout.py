"""Some numbers are left out in training, others each time."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from lstm_edu.core import checks
from lstm_edu.core.checks import Rng
from lstm_edu.core.layer import Layer
from lstm_edu.core.parameters import Parameters

from .parts import LayerTape, as_array, checked_tape, own_floats


class Dropout(Layer):
    """Numbers set to zero at random in training, the others enlarged so that the mean stays.

    Each m is 0 with probability `rate`, else 1::

        y = x · m / (1 − rate)

    Parameters
    ----------
    rate : float
        The share that is dropped, 0 <= rate < 1.
    per : {"step", "sequence"}
        How long a mask lasts: "step": each step has its own. "sequence": each sequence has one for all its steps, as in
        Gal and Ghahramani (before a cell on its inputs, behind it on its outputs). TensorFlow's DropoutWrapper
        (`variational_recurrent`) has one mask for all sequences of a batch; here each has its own.
    rng : int or numpy.random.Generator, optional
        Draws the masks; None: a new seed from the system.

    Raises
    ------
    ValueError
        For a rate out of range and for another `per`.

    Notes
    -----
    x is (T, B, D) or (B, D). Active with `training=True` alone, that is in `forward` but not in `layer(x)`:
    without it x comes back as it is. Every call draws a new mask and keeps it on the tape, so the windows of a stream
    have a mask each. Nothing is learned; float32 and float64 stay what they are. Dropout inside of a cell, from one
    step to the next: `NoisyLSTM`.

    References
    ----------
    Srivastava et al., Dropout: a simple way to prevent neural networks from overfitting, JMLR 15, 2014.

    Gal and Ghahramani, A theoretically grounded application of dropout in recurrent neural networks, NIPS 2016.

    Examples
    --------
    >>> layer = Dropout(0.5, rng=1)
    >>> layer.forward(np.ones((1, 2, 4)))[0]
    array([[[0., 2., 2., 2.],
            [0., 0., 2., 2.]]])
    >>> layer(np.ones((1, 1, 4)))
    array([[[1., 1., 1., 1.]]])
    """

    inputs = units = None  # passes through
    dtype: Any = None

    later = frozenset({"per"})

    def __init__(self, rate: float, *, per: str = "step", rng: Rng = None) -> None:
        self.rate = checks.number("rate", rate, least=0, below=1)
        self.per = checks.one_of("per", per, ("step", "sequence"))
        self.rng = checks.generator(rng)
        self.params = Parameters({}, np.float32)

    @classmethod
    def parameter_shapes(cls, **_: Any) -> dict[str, tuple]:
        return {}

    def generators(self) -> list[np.random.Generator]:
        """The generator that draws the masks.

        Returns
        -------
        list of numpy.random.Generator
            This one alone.
        """
        return [self.rng]

    def config(self) -> dict[str, Any]:
        """The arguments that make this layer again, not its weights.

        Returns
        -------
        dict
            Plain numbers and strings by the arguments' names.
        """
        return {"rate": self.rate} | ({} if self.per == "step" else {"per": self.per})

    def forward(
        self,
        x: ArrayLike,
        state: tuple | list | None = None,
        *,
        lengths: ArrayLike | None = None,
        training: bool = True,
    ) -> tuple[np.ndarray, LayerTape]:
        """Draw a mask and apply it.

        Parameters
        ----------
        x : array_like
            (T, B, D) or (B, D) floats.
        state : None or ()
            This layer has none.
        lengths : array_like or None
            (B,), how many steps of each sequence are real; None: all. They are only checked.
        training : bool, default True
            False: x comes back as it is.

        Returns
        -------
        y : numpy.ndarray
            Like x, of its type.
        tape : LayerTape
            What `backward` needs.

        Raises
        ------
        ValueError
            For other shapes or types.
        """
        self._no_state(state)
        x = as_array("x", x)
        sequences = x.ndim != 2
        x = own_floats("x", x, ("T", "B", "D") if sequences else ("B", "D"))
        checks.lengths(lengths, x.shape[0] if sequences else None, x.shape[-2])
        tape = LayerTape(layer=self, shape=x.shape, dtype=x.dtype, mask=None)
        if not training or self.rate == 0:
            return x, tape
        shape = (1, *x.shape[1:]) if sequences and self.per == "sequence" else x.shape
        kept = self.rng.random(shape, np.float32) >= self.rate  # float32 for every x: one seed, one mask
        tape.mask = kept * x.dtype.type(1 / (1 - self.rate))
        return x * tape.mask, tape

    def backward(
        self,
        dy: ArrayLike,
        tape: LayerTape,
        dstate: tuple | list | None = None,
        *,
        grads: Parameters | None = None,
        need_dx: bool = True,
    ) -> tuple[np.ndarray, Parameters, tuple]:
        """Take the gradient back from y to x.

        Parameters
        ----------
        dy : array_like
            Gradient with respect to y, like it.
        tape : LayerTape
            From `forward`.
        dstate : None or ()
            This layer has no state.
        grads : Parameters or None
            To write into; None: a new one.
        need_dx : bool, default True
            Changes nothing here.

        Returns
        -------
        dx : numpy.ndarray
            Gradient with respect to x, like it.
        grads : Parameters
            Empty: nothing is learned.
        dstate : tuple
            It is empty.

        Raises
        ------
        ValueError
            For a dy or a tape that does not fit.
        """
        checked_tape(self, tape)
        self._no_state(dstate, "dstate")
        dy = checks.floats("dy", dy, tape.shape, tape.dtype)
        return (dy if tape.mask is None else dy * tape.mask), self._grads(grads), ()
