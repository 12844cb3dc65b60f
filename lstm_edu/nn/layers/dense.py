"""The same affine map at each step."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from lstm_edu.core import checks, memory
from lstm_edu.core.checks import Rng
from lstm_edu.core.layer import Layer, blanked
from lstm_edu.core.parameters import Parameters

from .affine import ACTIVATIONS, affine, affine_grads, through
from .parts import STEPS, LayerTape, as_array, checked_tape, glorot, last_steps


class Dense(Layer):
    """One affine map for every step, or for the last step alone.

    Each row x of D numbers becomes one of O numbers::

        y = φ(x W + b)

    Parameters
    ----------
    inputs : int
        D, the numbers that go in at each step.
    units : int
        O, the numbers that come out.
    steps : {"all", "last"}
        At which steps. "last": step `lengths[b] - 1` of sequence b, or step T - 1 where no lengths are given.
    activation : {None, "tanh", "sigmoid", "relu"}
        φ; None: none.
    dtype : dtype, default float32
        Of all numbers: float32 or float64.
    rng : int or numpy.random.Generator, optional
        Draws the initial W; None: a new seed from the system.

    Attributes
    ----------
    params : Parameters
        W (D, O), which starts as Glorot's uniform, and b (O,), which starts at zero.

    Raises
    ------
    ValueError
        For sizes below 1, and for another choice or dtype.

    Notes
    -----
    x is (T, B, D), or (B, D) from a layer that kept the last step alone; y is (T, B, O), or (B, O) for
    `steps` "last" or x (B, D). At all steps x counts as zero beyond the lengths, whatever stands there.

    Examples
    --------
    >>> layer = Dense(3, 2, activation="tanh", rng=0)
    >>> layer(np.ones((5, 4, 3), np.float32)).shape
    (5, 4, 2)
    >>> Dense(3, 2, steps="last", rng=0)(np.ones((5, 4, 3), np.float32), lengths=[5, 2, 1, 3]).shape
    (4, 2)
    """

    fixed = Layer.fixed | {"steps", "activation"}

    inputs: int
    units: int

    def __init__(
        self,
        inputs: int,
        units: int,
        *,
        steps: str = "all",
        activation: str | None = None,
        dtype: DTypeLike = np.float32,
        rng: Rng = None,
    ) -> None:
        self.inputs = checks.whole("inputs", inputs)
        self.units = checks.whole("units", units)
        self.steps = checks.one_of("steps", steps, STEPS)
        self.activation = checks.one_of("activation", activation, ACTIVATIONS)
        self.dtype = checks.float_type(dtype)
        self.params = Parameters(self.parameter_shapes(self.inputs, self.units), self.dtype)
        self.params["W"] = glorot(checks.generator(rng), (self.inputs, self.units), self.inputs, self.units)

    @classmethod
    def parameter_shapes(cls, inputs: int, units: int, **_: Any) -> dict[str, tuple]:  # type: ignore[override]
        return {"W": (inputs, units), "b": (units,)}

    @classmethod
    def output_shape(cls, shape: tuple, *, units: int, steps: str = "all", **_: Any) -> tuple:  # type: ignore[override]
        return ("B", units) if steps == "last" and len(shape) == 3 else (*shape[:-1], units)

    def config(self) -> dict[str, Any]:
        """The arguments that make this layer again, not its weights.

        Returns
        -------
        dict
            Plain numbers and strings by the arguments' names.
        """
        return {
            "inputs": self.inputs,
            "units": self.units,
            "steps": self.steps,
            "activation": self.activation,
            "dtype": self.dtype.name,
        }

    def forward(
        self,
        x: ArrayLike,
        state: tuple | list | None = None,
        *,
        lengths: ArrayLike | None = None,
        training: bool = True,
    ) -> tuple[np.ndarray, LayerTape]:
        """Map each step, or the last one alone.

        Parameters
        ----------
        x : array_like
            (T, B, D) floats, or (B, D).
        state : None or ()
            This layer has none.
        lengths : array_like or None
            (B,), how many steps of each sequence are real; None: all.
        training : bool, default True
            Changes nothing here.

        Returns
        -------
        y : numpy.ndarray
            (T, B, O); (B, O) for `steps` "last" or x (B, D).
        tape : LayerTape
            What `backward` needs.

        Raises
        ------
        ValueError
            For other shapes or types.
        """
        if state is not None:
            self._no_state(state)
        given = as_array("x", x)
        sequences = given.ndim != 2
        rows = checks.floats("x", given, ("T", "B", self.inputs) if sequences else ("B", self.inputs), self.dtype)
        in_shape, last, beyond = rows.shape, None, None
        if lengths is not None:
            lengths = checks.lengths(lengths, in_shape[0] if sequences else None, in_shape[-2])
        if sequences and self.steps == "last":
            last = -1 if lengths is None else last_steps(lengths, *in_shape[:2])
            rows = rows[last]
        elif lengths is not None and sequences:
            rows, beyond = blanked(rows, lengths)
        y_shape = (*rows.shape[:-1], self.units)
        rows = rows.reshape(-1, self.inputs)
        params = self.params
        y, kept = affine(rows, params["W"], params["b"], self.activation)
        tape = LayerTape(layer=self, in_shape=in_shape, last=last, beyond=beyond, y_shape=y_shape, rows=rows, y=kept)
        return y.reshape(y_shape), tape

    def backward(
        self,
        dy: ArrayLike,
        tape: LayerTape,
        dstate: tuple | list | None = None,
        *,
        grads: Parameters | None = None,
        need_dx: bool = True,
    ) -> tuple[np.ndarray | None, Parameters, tuple]:
        """Take the gradient back from y to x, W and b.

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
            False: dx is not computed.

        Returns
        -------
        dx : numpy.ndarray or None
            Gradient with respect to x, like it; None without `need_dx`.
        grads : Parameters
            Gradients with respect to W and b.
        dstate : tuple
            It is empty.

        Raises
        ------
        ValueError
            For a dy or a tape that does not fit.
        """
        checked_tape(self, tape)
        if dstate is not None:
            self._no_state(dstate, "dstate")
        dy = checks.floats("dy", dy, tape.y_shape, self.dtype).reshape(-1, self.units)
        grads = self._grads(grads, (dy, tape.rows, tape.y), ("dy", "x", "y"))
        da = dy if self.activation is None else through(dy, tape.y, self.activation)
        affine_grads(tape.rows, da, grads)
        if not need_dx:
            return None, grads, ()
        W = self.params["W"]
        drows = np.matmul(da, W.T, out=memory.empty((len(da), len(W)), self.dtype))
        if tape.last is None:
            dx = drows.reshape(tape.in_shape)
            if tape.beyond is not None:
                dx[tape.beyond] = 0
            return dx, grads, ()
        dx = memory.empty(tape.in_shape, self.dtype)
        dx[...] = 0
        dx[tape.last] = drows
        return dx, grads, ()
