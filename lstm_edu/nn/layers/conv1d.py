"""An affine map of each window of steps."""

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike, DTypeLike

from lstm_edu.core import checks
from lstm_edu.core.checks import Rng
from lstm_edu.core.layer import Layer
from lstm_edu.core.parameters import Parameters

from .affine import ACTIVATIONS, affine, affine_grads, through
from .parts import LayerTape, checked_tape, glorot
from .windows import out_steps, pads, window_count


class Conv1D(Layer):
    """A convolution over time; outside the sequence x is zero.

    Each step out is a map of `width` steps in::

        y[t] = φ(Σₖ x[t·stride + k − left] W[k] + b)

        padding   left               steps out of T              y[t] sees
        "same"    (width − 1) // 2   ceil(T / stride)            both sides
        "causal"  width − 1          ceil(T / stride)            x[t·stride] and what came before
        "valid"   0                  (T − width) // stride + 1   whole windows alone

    Parameters
    ----------
    inputs : int
        D, the numbers that go in at each step.
    filters : int
        F, the numbers that come out.
    width : int
        Steps of a window.
    stride : int, default 1
        Steps from one window to the next.
    padding : {"same", "causal", "valid"}
        Where the windows lie, see above.
    activation : {None, "tanh", "sigmoid", "relu"}
        φ; None: none.
    dtype : dtype, default float32
        Of all numbers: float32 or float64.
    rng : int or numpy.random.Generator, optional
        Draws the initial W; None: a new seed from the system.

    Attributes
    ----------
    params : Parameters
        W (width, D, F), which starts as Glorot's uniform, and b (F,), which starts at zero. As is usual for networks, W
        is not reversed in time.

    Raises
    ------
    ValueError
        For sizes below 1, and for another choice or dtype.

    Notes
    -----
    x is (T, B, D), y is (steps, B, F).

    With `lengths`, x counts as zero beyond each sequence's own length, so that a sequence gives the same y in a padded
    batch as alone. For the same reason `left` does not depend on T; with a stride above 1 TensorFlow's "same" does.
    `out_steps(lengths)` are the lengths of y.

    Examples
    --------
    >>> layer = Conv1D(3, 8, 5, stride=2, padding="causal", rng=0)
    >>> layer(np.ones((9, 4, 3), np.float32)).shape
    (5, 4, 8)
    >>> layer.out_steps(np.array([9, 4]))
    array([5, 2])
    """

    fixed = Layer.fixed | {"filters", "width", "stride", "padding", "activation"}

    def __init__(
        self,
        inputs: int,
        filters: int,
        width: int,
        *,
        stride: int = 1,
        padding: str = "same",
        activation: str | None = None,
        dtype: DTypeLike = np.float32,
        rng: Rng = None,
    ) -> None:
        self.inputs = checks.whole("inputs", inputs)
        self.units = self.filters = checks.whole("filters", filters)
        self.width = checks.whole("width", width)
        self.stride = checks.whole("stride", stride)
        self.padding = checks.one_of("padding", padding, pads(1))
        self.activation = checks.one_of("activation", activation, ACTIVATIONS)
        self.dtype = checks.float_type(dtype)
        shape = (self.width, self.inputs, self.filters)
        self.params = Parameters(self.parameter_shapes(self.inputs, self.filters, self.width), self.dtype)
        self.params["W"] = glorot(checks.generator(rng), shape, self.width * self.inputs, self.width * self.filters)

    @classmethod
    def parameter_shapes(cls, inputs: int, filters: int, width: int, **_: Any) -> dict[str, tuple]:  # type: ignore[override]
        return {"W": (width, inputs, filters), "b": (filters,)}

    @classmethod
    def output_shape(  # type: ignore[override]
        cls, shape: tuple, *, filters: int, width: int, stride: int = 1, padding: str = "same", **_: Any
    ) -> tuple:
        return (window_count(shape[0], width if padding == "valid" else 1, stride), *shape[1:-1], filters)

    def config(self) -> dict[str, Any]:
        """The arguments that make this layer again, not its weights.

        Returns
        -------
        dict
            Plain numbers and strings by the arguments' names.
        """
        return {
            "inputs": self.inputs,
            "filters": self.filters,
            "width": self.width,
            "stride": self.stride,
            "padding": self.padding,
            "activation": self.activation,
            "dtype": self.dtype.name,
        }

    def out_steps(self, steps: Any) -> Any:
        """How many steps come out.

        Parameters
        ----------
        steps : int or array_like
            A number of steps that go in, or lengths (B,).

        Returns
        -------
        int or numpy.ndarray
            One number, or one for each length.

        Raises
        ------
        ValueError
            For fewer steps than one window needs.
        """
        return self._steps("steps", steps)

    def _steps(self, name: str, steps: Any) -> Any:
        window = self.width if self.padding == "valid" else 1
        return out_steps(name, steps, lambda n: (n - window) // self.stride + 1)

    def forward(
        self,
        x: ArrayLike,
        state: tuple | list | None = None,
        *,
        lengths: ArrayLike | None = None,
        training: bool = True,
    ) -> tuple[np.ndarray, LayerTape]:
        """Convolve x with W over time.

        Parameters
        ----------
        x : array_like
            (T, B, D) floats.
        state : None or ()
            This layer has none.
        lengths : array_like or None
            (B,), how many steps of each sequence are real; None: all. Beyond them x counts as zero.
        training : bool, default True
            Changes nothing here.

        Returns
        -------
        y : numpy.ndarray
            (steps, B, F).
        tape : LayerTape
            What `backward` needs.

        Raises
        ------
        ValueError
            For other shapes or types.
        """
        self._no_state(state)
        x = checks.floats("x", x, ("T", "B", self.inputs), self.dtype)
        T, B, D = x.shape
        steps = self._steps("x", T)
        lengths = checks.lengths(lengths, T, B)
        tape = LayerTape(layer=self, in_shape=x.shape, beyond=None)
        if lengths is not None:
            self._steps("lengths", lengths)
            tape.beyond = np.arange(T)[:, None] >= lengths
        tape.left, _ = pads(self.width)[self.padding]
        padded = np.zeros((max(tape.left + T, (steps - 1) * self.stride + self.width), B, D), self.dtype)
        inside = padded[tape.left : tape.left + T]
        inside[...] = x
        if lengths is not None:
            inside[tape.beyond] = 0
        tape.padded_shape = padded.shape
        # One row per window, so that the convolution is one matrix product with W as (width * D, F).
        windows = sliding_window_view(padded, self.width, axis=0)[: (steps - 1) * self.stride + 1 : self.stride]
        tape.rows = windows.transpose(0, 1, 3, 2).reshape(steps * B, self.width * D)
        tape.y_shape = (steps, B, self.filters)
        W = self.params["W"].reshape(-1, self.filters)
        y, tape.y = affine(tape.rows, W, self.params["b"], self.activation)
        return y.reshape(tape.y_shape), tape

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
            Gradient with respect to x, (T, B, D); None without `need_dx`.
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
        self._no_state(dstate, "dstate")
        dy = checks.floats("dy", dy, tape.y_shape, self.dtype).reshape(-1, self.filters)
        grads = self._grads(grads, (dy, tape.rows, tape.y), ("dy", "x", "y"))
        da = through(dy, tape.y, self.activation)
        affine_grads(tape.rows, da, grads)
        if not need_dx:
            return None, grads, ()
        steps, B, _ = tape.y_shape
        dpadded = np.zeros(tape.padded_shape, self.dtype)
        for k in range(self.width):
            seen = dpadded[k : k + (steps - 1) * self.stride + 1 : self.stride]
            seen += (da @ self.params["W"][k].T).reshape(steps, B, self.inputs)
        dx = dpadded[tape.left : tape.left + tape.in_shape[0]]
        if tape.beyond is not None:
            dx[tape.beyond] = 0
        return dx, grads, ()
