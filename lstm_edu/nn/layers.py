"""The layers around a cell: Dense, Conv1D, MaxPool1D, Embedding, Dropout.

y = φ(x W + b) and its relatives. All follow the interface of `Layer`, have no state, and treat time as the first axis.
A tape refers to x and y without copying them: change neither in place before `backward` has run.

Sources: dropout, Srivastava et al., JMLR 15, 2014; the initial values of W, Glorot and Bengio, AISTATS 2010, eq. 16.
"""

import math
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike, DTypeLike

from lstm_edu.core import checks, memory
from lstm_edu.core.arrays import sigmoid
from lstm_edu.core.checks import Rng
from lstm_edu.core.layer import Layer, blanked
from lstm_edu.core.parameters import Parameters

ACTIVATIONS = (None, "tanh", "sigmoid", "relu")
STEPS = ("all", "last")
FLOAT32, FLOAT64 = np.dtype(np.float32), np.dtype(np.float64)
PADDINGS = ("same", "valid", "causal")


class LayerTape(SimpleNamespace):
    """What a layer's backward needs from its forward: `made_by` and more. These layers have no state."""

    state: tuple = ()

    @property
    def made_by(self) -> str:
        """What made it."""
        return repr(self.layer)


def checked_tape(layer: Layer, tape: Any) -> None:
    """ValueError unless a layer of the same class and arguments made the tape: its `made_by` is that layer's repr."""
    if not isinstance(tape, LayerTape) or (tape.layer is not layer and tape.made_by != repr(layer)):
        got = f"one of {tape.made_by}" if isinstance(tape, LayerTape) else type(tape).__name__
        raise ValueError(f"tape must come from a forward of {layer!r}, got {got}")


def as_array(name: str, value: Any) -> np.ndarray:
    """`value` as an array of any type; ValueError for a ragged list and for a masked array."""
    if type(value) is np.ndarray:
        return value
    checks.unmasked(name, value)
    try:
        return np.asarray(value)
    except (ValueError, TypeError, RuntimeError) as error:  # the last two from arrays of other libraries
        raise ValueError(f"{name} must be an array: {error}") from None


def last_steps(lengths: np.ndarray | None, T: int, B: int) -> tuple[np.ndarray, np.ndarray]:
    """The index that takes the last real step of each sequence out of an array (T, B, ...)."""
    return (np.full(B, T) if lengths is None else lengths) - 1, np.arange(B)


def own_floats(name: str, value: Any, shape: tuple) -> np.ndarray:
    """As `checks.floats`, but float32 and float64 stay what they are: for layers without parameters to agree with."""
    dtype = getattr(value, "dtype", None)
    return checks.floats(name, value, shape, FLOAT32 if dtype == FLOAT32 or dtype == np.float16 else FLOAT64)


def _activated(a: np.ndarray, activation: str | None) -> np.ndarray:
    if activation == "tanh":
        return np.tanh(a, out=a)
    if activation == "sigmoid":
        return sigmoid(a)
    if activation == "relu":
        return np.maximum(a, 0, out=a)
    return a


def _through(dy: np.ndarray, y: np.ndarray, activation: str | None) -> np.ndarray:
    """dy taken back through the activation: every slope is a function of y."""
    if activation == "tanh":
        return dy * (1 - y * y)
    if activation == "sigmoid":
        return dy * (y * (1 - y))
    if activation == "relu":
        return dy * (y > 0)
    return dy


def _affine(
    rows: np.ndarray, W: np.ndarray, b: np.ndarray, activation: str | None
) -> tuple[np.ndarray, np.ndarray | None]:
    """φ(rows W + b), and once more for the tape where the way back needs it."""
    # One product over all rows: NumPy runs a product of three axes as T small ones.
    y = np.matmul(rows, W, out=memory.empty((len(rows), W.shape[1]), W.dtype))
    y += b
    if activation is None:
        return y, None
    y = _activated(y, activation)
    return y, y


def _affine_grads(rows: np.ndarray, da: np.ndarray, grads: Parameters) -> None:
    np.matmul(rows.T, da, out=grads["W"].reshape(-1, da.shape[1]))  # a view, whatever the axes of W
    np.add.reduce(da, axis=0, out=grads["b"])


def glorot(rng: np.random.Generator, shape: tuple, ins: int, outs: int) -> np.ndarray:
    """Uniform in +-sqrt(6 / (ins + outs)), so that neither activations nor gradients grow from layer to layer."""
    limit = math.sqrt(6 / (ins + outs))
    return rng.uniform(-limit, limit, shape)


def _windows(steps: Any, width: int, stride: int) -> Any:
    """(steps - width) // stride + 1, for letters in as few signs as possible."""
    if not isinstance(steps, str):
        return (steps - width) // stride + 1
    inner = steps if steps.isalpha() else f"({steps})"
    if width == stride:
        return steps if stride == 1 else f"{inner} // {stride}"
    if stride == 1:
        return f"{inner} - {width - 1}"
    return f"({inner} - {width}) // {stride} + 1"


def _out_steps(name: str, steps: Any, count: Callable) -> Any:
    """`count(steps)` for a number of steps or an array of lengths; both the old and the new ones at least 1."""
    if np.ndim(as_array(name, steps)) == 0:
        steps = checks.whole(name, steps)
    else:
        steps = checks.lengths(steps, None, max(1, np.size(steps)))
    out = count(steps)
    if np.min(out) < 1:
        raise ValueError(f"{name}: {np.min(steps)} steps are too few for one window")
    return out


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
        y, kept = _affine(rows, params["W"], params["b"], self.activation)
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
        da = dy if self.activation is None else _through(dy, tape.y, self.activation)
        _affine_grads(tape.rows, da, grads)
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
        self.padding = checks.one_of("padding", padding, PADDINGS)
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
        return (_windows(shape[0], width if padding == "valid" else 1, stride), *shape[1:-1], filters)

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
        return _out_steps(name, steps, lambda n: (n - window) // self.stride + 1)

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
        tape.left = {"same": (self.width - 1) // 2, "causal": self.width - 1, "valid": 0}[self.padding]
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
        y, tape.y = _affine(tape.rows, W, self.params["b"], self.activation)
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
        da = _through(dy, tape.y, self.activation)
        _affine_grads(tape.rows, da, grads)
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


class MaxPool1D(Layer):
    """The maximum over windows of time, for each sequence and input; whole windows alone.

    Nothing is learned::

        y[t] = max of x[t·stride .. t·stride + width − 1]

    Parameters
    ----------
    width : int
        Steps of a window.
    stride : int, optional
        Steps from one window to the next; None: `width`.

    Raises
    ------
    ValueError
        For numbers below 1.

    Notes
    -----
    x is (T, B, D), y is ((T - width) // stride + 1, B, D); float32 and float64 stay what they are. The
    gradient goes to the first of equal maxima; NaN counts as the largest number. `out_steps(lengths)` are the lengths
    of y: no window within them reaches beyond the sequence's own length.

    Examples
    --------
    >>> MaxPool1D(2)(np.array([1.0, 3.0, 2.0, 0.0, 9.0]).reshape(5, 1, 1)).ravel()
    array([3., 2.])
    """

    inputs = units = None  # passes through
    dtype: Any = None
    fixed = Layer.fixed | {"width", "stride"}

    def __init__(self, width: int, stride: int | None = None) -> None:
        self.width = checks.whole("width", width)
        self.stride = self.width if stride is None else checks.whole("stride", stride)
        self.params = Parameters({}, np.float32)

    @classmethod
    def parameter_shapes(cls, **_: Any) -> dict[str, tuple]:
        return {}

    @classmethod
    def output_shape(cls, shape: tuple, *, width: int, stride: int | None = None) -> tuple:  # type: ignore[override]
        return (_windows(shape[0], width, width if stride is None else stride), *shape[1:])

    def config(self) -> dict[str, Any]:
        """The arguments that make this layer again, not its weights.

        Returns
        -------
        dict
            Plain numbers and strings by the arguments' names.
        """
        return {"width": self.width, "stride": self.stride}

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
        return _out_steps(name, steps, lambda n: (n - self.width) // self.stride + 1)

    def _members(self, x: np.ndarray, steps: int) -> list[np.ndarray]:
        """For each k the k-th member of every window, a view (steps, B, D)."""
        return [x[k : k + (steps - 1) * self.stride + 1 : self.stride] for k in range(self.width)]

    def forward(
        self,
        x: ArrayLike,
        state: tuple | list | None = None,
        *,
        lengths: ArrayLike | None = None,
        training: bool = True,
    ) -> tuple[np.ndarray, LayerTape]:
        """Take the maximum of every window.

        Parameters
        ----------
        x : array_like
            (T, B, D) floats.
        state : None or ()
            This layer has none.
        lengths : array_like or None
            (B,), how many steps of each sequence are real; None: all. They are only checked.
        training : bool, default True
            Changes nothing here.

        Returns
        -------
        y : numpy.ndarray
            (steps, B, D), of the type of x.
        tape : LayerTape
            What `backward` needs.

        Raises
        ------
        ValueError
            For other shapes or types.
        """
        self._no_state(state)
        x = own_floats("x", x, ("T", "B", "D"))
        steps = self._steps("x", x.shape[0])
        lengths = checks.lengths(lengths, *x.shape[:2])
        if lengths is not None:
            self._steps("lengths", lengths)
        first, *others = self._members(x, steps)
        y = first.copy()
        chosen = np.zeros(y.shape, np.min_scalar_type(self.width - 1))
        for k, other in enumerate(others, start=1):
            larger = ~(other <= y) & (y == y)  # so that the first NaN wins and stays
            np.copyto(y, other, where=larger)
            chosen[larger] = k
        return y, LayerTape(layer=self, in_shape=x.shape, chosen=chosen, dtype=x.dtype)

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
            Gradient with respect to x, (T, B, D).
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
        dy = checks.floats("dy", dy, tape.chosen.shape, tape.dtype)
        dx = np.zeros(tape.in_shape, tape.dtype)
        for k, member in enumerate(self._members(dx, len(dy))):
            np.add(member, dy, out=member, where=tape.chosen == k)
        return dx, self._grads(grads), ()


class Embedding(Layer):
    """A row of numbers that is learned for each symbol.

    The same as a one-hot x times W, without making it; hence `inputs` is the number of symbols::

        y[t, b] = W[x[t, b]]

    Parameters
    ----------
    symbols : int
        How many different symbols there are.
    units : int
        E, the numbers of a row.
    dtype : dtype, default float32
        Of all numbers: float32 or float64.
    rng : int or numpy.random.Generator, optional
        Draws the initial W; None: a new seed from the system.

    Attributes
    ----------
    params : Parameters
        W (symbols, E). It starts as N(0, 1) / sqrt(E): a row is on average as long as the one-hot vector whose place it
        takes.

    Raises
    ------
    ValueError
        For sizes below 1, and for another dtype.

    Notes
    -----
    x (T, B) holds whole numbers in 0 .. symbols - 1, y is (T, B, E). There is no gradient for x: `backward`
    returns None in its place.

    Examples
    --------
    >>> layer = Embedding(10, 4, rng=0)
    >>> layer(np.array([[1, 2], [3, 1], [9, 0]])).shape
    (3, 2, 4)
    """

    fixed = Layer.fixed | {"symbols"}

    inputs: int
    units: int

    def __init__(self, symbols: int, units: int, *, dtype: DTypeLike = np.float32, rng: Rng = None) -> None:
        self.inputs = self.symbols = checks.whole("symbols", symbols)
        self.units = checks.whole("units", units)
        self.dtype = checks.float_type(dtype)
        self.params = Parameters(self.parameter_shapes(self.symbols, self.units), self.dtype)
        self.params["W"] = checks.generator(rng).normal(0, 1 / math.sqrt(self.units), (self.symbols, self.units))

    @classmethod
    def parameter_shapes(cls, symbols: int, units: int, **_: Any) -> dict[str, tuple]:  # type: ignore[override]
        return {"W": (symbols, units)}

    @classmethod
    def output_shape(cls, shape: tuple, *, units: int, **_: Any) -> tuple:  # type: ignore[override]
        return (*shape[:2], units)

    def input_shape(self) -> tuple:
        """The shape that goes in.

        Returns
        -------
        tuple
            ("T", "B"): symbols have no axis of their own.
        """
        return "T", "B"

    def config(self) -> dict[str, Any]:
        """The arguments that make this layer again, not its weights.

        Returns
        -------
        dict
            Plain numbers and strings by the arguments' names.
        """
        return {"symbols": self.symbols, "units": self.units, "dtype": self.dtype.name}

    def forward(
        self,
        x: ArrayLike,
        state: tuple | list | None = None,
        *,
        lengths: ArrayLike | None = None,
        training: bool = True,
    ) -> tuple[np.ndarray, LayerTape]:
        """Look up the row of each symbol.

        Parameters
        ----------
        x : array_like
            (T, B) whole numbers in 0 .. symbols - 1.
        state : None or ()
            This layer has none.
        lengths : array_like or None
            (B,), how many steps of each sequence are real; None: all. They are only checked.
        training : bool, default True
            Changes nothing here.

        Returns
        -------
        y : numpy.ndarray
            (T, B, E).
        tape : LayerTape
            What `backward` needs.

        Raises
        ------
        ValueError
            For other shapes or types.
        """
        self._no_state(state)
        x = checks.integers("x", x, ("T", "B"), self.symbols)
        checks.lengths(lengths, *x.shape)
        return self.params["W"][x], LayerTape(layer=self, x=x)

    def backward(
        self,
        dy: ArrayLike,
        tape: LayerTape,
        dstate: tuple | list | None = None,
        *,
        grads: Parameters | None = None,
        need_dx: bool = True,
    ) -> tuple[None, Parameters, tuple]:
        """Take the gradient back from y to W.

        Parameters
        ----------
        dy : array_like
            Gradient with respect to y, (T, B, E).
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
        dx : None
            There is no gradient for symbols.
        grads : Parameters
            Gradients with respect to W.
        dstate : tuple
            It is empty.

        Raises
        ------
        ValueError
            For a dy or a tape that does not fit.
        """
        checked_tape(self, tape)
        self._no_state(dstate, "dstate")
        x = checks.integers("tape.x", tape.x, ("T", "B"), self.symbols)  # again: it may be the caller's own array
        dy = checks.floats("dy", dy, (*x.shape, self.units), self.dtype)
        grads = self._grads(grads)
        # np.add.at is fast in one dimension alone (4 times on 32000 rows of 128), hence an index for every number.
        each = x.reshape(-1, 1) * self.units + np.arange(self.units)
        dW = np.zeros(self.params["W"].size, self.dtype)
        np.add.at(dW, each.reshape(-1), dy.reshape(-1))
        grads["W"] = dW.reshape(self.symbols, self.units)
        return None, grads, ()


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
