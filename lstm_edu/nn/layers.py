"""The layers around a cell: Dense, Conv1D, MaxPool1D, Embedding, Dropout.

y = φ(x W + b) and its relatives. All follow the interface of `Layer`, have no state, and treat time as the first axis.
A tape refers to x and y without copying them: change neither in place before `backward` has run.

Sources: dropout, Srivastava et al., JMLR 15, 2014; the initial values of W, Glorot and Bengio, AISTATS 2010, eq. 16.
"""

import math
from types import SimpleNamespace

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from lstm_edu.core import checks, memory
from lstm_edu.core.arrays import sigmoid
from lstm_edu.core.layer import Layer, blanked
from lstm_edu.core.parameters import Parameters

ACTIVATIONS = (None, "tanh", "sigmoid", "relu")
STEPS = ("all", "last")
PADDINGS = ("same", "valid", "causal")


class LayerTape(SimpleNamespace):
    """What a layer's backward needs from its forward: `made_by` and more. These layers have no state."""

    state = ()

    @property
    def made_by(self) -> str:
        """What made it."""
        return repr(self.layer)


def checked_tape(layer, tape) -> None:
    """ValueError unless a layer of the same class and arguments made the tape: its `made_by` is that layer's repr."""
    if not isinstance(tape, LayerTape) or (tape.layer is not layer and tape.made_by != repr(layer)):
        got = f"one of {tape.made_by}" if isinstance(tape, LayerTape) else type(tape).__name__
        raise ValueError(f"tape must come from a forward of {layer!r}, got {got}")


def as_array(name: str, value) -> np.ndarray:
    """`value` as an array of any type; ValueError for a ragged list and for a masked array."""
    checks.unmasked(name, value)
    try:
        return np.asarray(value)
    except (ValueError, TypeError, RuntimeError) as error:  # the last two from arrays of other libraries
        raise ValueError(f"{name} must be an array: {error}") from None


def last_steps(lengths, T: int, B: int):
    """The index that takes the last real step of each sequence out of an array (T, B, ...)."""
    return (np.full(B, T) if lengths is None else lengths) - 1, np.arange(B)


def own_floats(name: str, value, shape: tuple) -> np.ndarray:
    """As `checks.floats`, but float32 and float64 stay what they are: for layers without parameters to agree with."""
    narrow = getattr(value, "dtype", None) in (np.float16, np.float32)
    return checks.floats(name, value, shape, np.dtype(np.float32 if narrow else np.float64))


def _activated(a, activation):
    if activation == "tanh":
        return np.tanh(a, out=a)
    if activation == "sigmoid":
        return sigmoid(a)
    if activation == "relu":
        return np.maximum(a, 0, out=a)
    return a


def _through(dy, y, activation):
    """dy taken back through the activation: every slope is a function of y."""
    if activation == "tanh":
        return dy * (1 - y * y)
    if activation == "sigmoid":
        return dy * (y * (1 - y))
    if activation == "relu":
        return dy * (y > 0)
    return dy


def _affine(rows, W, b, activation):
    """φ(rows W + b), and once more for the tape where the way back needs it."""
    # One product over all rows: NumPy runs a product of three axes as T small ones.
    y = np.matmul(rows, W, out=memory.empty((len(rows), W.shape[1]), W.dtype))
    y += b
    y = _activated(y, activation)
    return y, None if activation is None else y


def _affine_grads(rows, da, grads):
    np.matmul(rows.T, da, out=grads["W"].reshape(-1, da.shape[1]))  # a view, whatever the axes of W
    np.add.reduce(da, axis=0, out=grads["b"])


def _glorot(rng, shape, ins, outs):
    """Uniform in +-sqrt(6 / (ins + outs)), so that neither activations nor gradients grow from layer to layer."""
    limit = math.sqrt(6 / (ins + outs))
    return rng.uniform(-limit, limit, shape)


def _windows(steps, width, stride):
    """(steps - width) // stride + 1, for letters in as few signs as possible."""
    if not isinstance(steps, str):
        return (steps - width) // stride + 1
    inner = steps if steps.isalpha() else f"({steps})"
    if width == stride:
        return steps if stride == 1 else f"{inner} // {stride}"
    if stride == 1:
        return f"{inner} - {width - 1}"
    return f"({inner} - {width}) // {stride} + 1"


def _out_steps(name, steps, count):
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
    """y = φ(x W + b) at every step, or at the last step alone.

    | array | shape                                                            |
    | ----- | ---------------------------------------------------------------- |
    | x     | (T, B, D); or (B, D), from a layer that kept the last step alone |
    | W, b  | (D, O), (O,)                                                     |
    | y     | (T, B, O); (B, O) for steps="last" or x (B, D)                   |

    `steps="last"` takes step `lengths[b] - 1` of sequence b, or step T - 1 where no lengths are given. At all steps x
    counts as zero beyond the lengths, whatever stands there.
    `activation`: None, "tanh", "sigmoid" or "relu". W starts as Glorot's uniform, b at zero.

    >>> layer = Dense(3, 2, activation="tanh", rng=0)
    >>> layer(np.ones((5, 4, 3), np.float32)).shape
    (5, 4, 2)
    >>> Dense(3, 2, steps="last", rng=0)(np.ones((5, 4, 3), np.float32), lengths=[5, 2, 1, 3]).shape
    (4, 2)
    """

    fixed = Layer.fixed | {"steps", "activation"}

    def __init__(self, inputs, units, *, steps="all", activation=None, dtype=np.float32, rng=None):
        self.inputs = checks.whole("inputs", inputs)
        self.units = checks.whole("units", units)
        self.steps = checks.one_of("steps", steps, STEPS)
        self.activation = checks.one_of("activation", activation, ACTIVATIONS)
        self.dtype = checks.float_type(dtype)
        self.params = Parameters(self.parameter_shapes(self.inputs, self.units), self.dtype)
        self.params["W"] = _glorot(checks.generator(rng), (self.inputs, self.units), self.inputs, self.units)

    @classmethod
    def parameter_shapes(cls, inputs, units, **_):
        return {"W": (inputs, units), "b": (units,)}

    @classmethod
    def output_shape(cls, shape, *, units, steps="all", **_):
        return ("B", units) if steps == "last" and len(shape) == 3 else (*shape[:-1], units)

    def config(self):
        return {
            "inputs": self.inputs,
            "units": self.units,
            "steps": self.steps,
            "activation": self.activation,
            "dtype": self.dtype.name,
        }

    def forward(self, x, state=None, *, lengths=None, training=True):
        """x (T, B, D) or (B, D), `lengths` (B,). Returns (y, tape); raises ValueError for other shapes or types."""
        self._no_state(state)
        x = as_array("x", x)
        sequences = x.ndim != 2
        x = checks.floats("x", x, ("T", "B", self.inputs) if sequences else ("B", self.inputs), self.dtype)
        lengths = checks.lengths(lengths, x.shape[0] if sequences else None, x.shape[-2])
        tape = LayerTape(layer=self, in_shape=x.shape, last=None, beyond=None)
        if sequences and self.steps == "last":
            tape.last = -1 if lengths is None else last_steps(lengths, *x.shape[:2])
            x = x[tape.last]
        elif sequences:
            x, tape.beyond = blanked(x, lengths)
        tape.y_shape = (*x.shape[:-1], self.units)
        tape.rows = x.reshape(-1, self.inputs)
        y, tape.y = _affine(tape.rows, self.params["W"], self.params["b"], self.activation)
        return y.reshape(tape.y_shape), tape

    def backward(self, dy, tape, dstate=None, *, grads=None, need_dx=True):
        """dy like y. Returns (dx, grads, ()); raises ValueError for a dy or a tape that does not fit."""
        checked_tape(self, tape)
        self._no_state(dstate, "dstate")
        dy = checks.floats("dy", dy, tape.y_shape, self.dtype).reshape(-1, self.units)
        grads = self._grads(grads, (dy, tape.rows, tape.y), ("dy", "x", "y"))
        da = _through(dy, tape.y, self.activation)
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
    """y[t] = φ(Σₖ x[t·stride + k − left] W[k] + b), a convolution over time; outside the sequence x is zero.

    | padding  | left             | steps out of T            | y[t] sees                          |
    | -------- | ---------------- | ------------------------- | ---------------------------------- |
    | "same"   | (width - 1) // 2 | ceil(T / stride)          | both sides                         |
    | "causal" | width - 1        | ceil(T / stride)          | x[t * stride] and what came before |
    | "valid"  | 0                | (T - width) // stride + 1 | whole windows alone                |

    x (T, B, D), W (width, D, F), b (F,), y (steps, B, F). As is usual for networks, W is not reversed in time.

    With `lengths`, x counts as zero beyond each sequence's own length, so that a sequence gives the same y in a padded
    batch as alone. For the same reason `left` does not depend on T; with a stride above 1 TensorFlow's "same" does.
    `out_steps(lengths)` are the lengths of y. W starts as Glorot's uniform, b at zero.

    >>> layer = Conv1D(3, 8, 5, stride=2, padding="causal", rng=0)
    >>> layer(np.ones((9, 4, 3), np.float32)).shape
    (5, 4, 8)
    >>> layer.out_steps(np.array([9, 4]))
    array([5, 2])
    """

    fixed = Layer.fixed | {"filters", "width", "stride", "padding", "activation"}

    def __init__(
        self, inputs, filters, width, *, stride=1, padding="same", activation=None, dtype=np.float32, rng=None
    ):
        self.inputs = checks.whole("inputs", inputs)
        self.units = self.filters = checks.whole("filters", filters)
        self.width = checks.whole("width", width)
        self.stride = checks.whole("stride", stride)
        self.padding = checks.one_of("padding", padding, PADDINGS)
        self.activation = checks.one_of("activation", activation, ACTIVATIONS)
        self.dtype = checks.float_type(dtype)
        shape = (self.width, self.inputs, self.filters)
        self.params = Parameters(self.parameter_shapes(self.inputs, self.filters, self.width), self.dtype)
        self.params["W"] = _glorot(checks.generator(rng), shape, self.width * self.inputs, self.width * self.filters)

    @classmethod
    def parameter_shapes(cls, inputs, filters, width, **_):
        return {"W": (width, inputs, filters), "b": (filters,)}

    @classmethod
    def output_shape(cls, shape, *, filters, width, stride=1, padding="same", **_):
        return (_windows(shape[0], width if padding == "valid" else 1, stride), *shape[1:-1], filters)

    def config(self):
        return {
            "inputs": self.inputs,
            "filters": self.filters,
            "width": self.width,
            "stride": self.stride,
            "padding": self.padding,
            "activation": self.activation,
            "dtype": self.dtype.name,
        }

    def out_steps(self, steps):
        """How many steps come out where `steps` (a number or an array of lengths) go in; ValueError if it is none."""
        return self._steps("steps", steps)

    def _steps(self, name, steps):
        window = self.width if self.padding == "valid" else 1
        return _out_steps(name, steps, lambda n: (n - window) // self.stride + 1)

    def forward(self, x, state=None, *, lengths=None, training=True):
        """x (T, B, D), `lengths` (B,). Returns (y, tape); raises ValueError for other shapes or types."""
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

    def backward(self, dy, tape, dstate=None, *, grads=None, need_dx=True):
        """dy like y. Returns (dx, grads, ()); raises ValueError for a dy or a tape that does not fit."""
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
    """y[t] = max of x[t·stride .. t·stride + width − 1], for each sequence and input; whole windows alone.

    x (T, B, D) -> y ((T - width) // stride + 1, B, D); `stride` None means `width`. The gradient goes to the first of
    equal maxima; NaN counts as the largest number. There are no parameters; float32 and float64 stay what they are.
    `out_steps(lengths)` are the lengths of y: no window within them reaches beyond the sequence's own length.

    >>> MaxPool1D(2)(np.array([1.0, 3.0, 2.0, 0.0, 9.0]).reshape(5, 1, 1)).ravel()
    array([3., 2.])
    """

    inputs = units = dtype = None  # passes through
    fixed = Layer.fixed | {"width", "stride"}

    def __init__(self, width, stride=None):
        self.width = checks.whole("width", width)
        self.stride = self.width if stride is None else checks.whole("stride", stride)
        self.params = Parameters({}, np.float32)

    @classmethod
    def parameter_shapes(cls, **_):
        return {}

    @classmethod
    def output_shape(cls, shape, *, width, stride=None):
        return (_windows(shape[0], width, width if stride is None else stride), *shape[1:])

    def config(self):
        return {"width": self.width, "stride": self.stride}

    def out_steps(self, steps):
        """How many steps come out where `steps` (a number or an array of lengths) go in; ValueError if it is none."""
        return self._steps("steps", steps)

    def _steps(self, name, steps):
        return _out_steps(name, steps, lambda n: (n - self.width) // self.stride + 1)

    def _members(self, x, steps):
        """For each k the k-th member of every window, a view (steps, B, D)."""
        return [x[k : k + (steps - 1) * self.stride + 1 : self.stride] for k in range(self.width)]

    def forward(self, x, state=None, *, lengths=None, training=True):
        """x (T, B, D), `lengths` (B,). Returns (y, tape); raises ValueError for other shapes or types."""
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

    def backward(self, dy, tape, dstate=None, *, grads=None, need_dx=True):
        """dy like y. Returns (dx, grads, ()); raises ValueError for a dy or a tape that does not fit."""
        checked_tape(self, tape)
        self._no_state(dstate, "dstate")
        dy = checks.floats("dy", dy, tape.chosen.shape, tape.dtype)
        dx = np.zeros(tape.in_shape, tape.dtype)
        for k, member in enumerate(self._members(dx, len(dy))):
            np.add(member, dy, out=member, where=tape.chosen == k)
        return dx, self._grads(grads), ()


class Embedding(Layer):
    """y[t, b] = W[x[t, b]]: a row of numbers that is learned for each symbol.

    x (T, B) whole numbers in 0 .. symbols - 1, W (symbols, E), y (T, B, E). The same as a one-hot x times W, without
    making it; hence `inputs` is the number of symbols. W starts as N(0, 1) / sqrt(E): a row is on average as long as
    the one-hot vector whose place it takes. There is no gradient for x: `backward` returns dx = None.

    >>> layer = Embedding(10, 4, rng=0)
    >>> layer(np.array([[1, 2], [3, 1], [9, 0]])).shape
    (3, 2, 4)
    """

    fixed = Layer.fixed | {"symbols"}

    def __init__(self, symbols, units, *, dtype=np.float32, rng=None):
        self.inputs = self.symbols = checks.whole("symbols", symbols)
        self.units = checks.whole("units", units)
        self.dtype = checks.float_type(dtype)
        self.params = Parameters(self.parameter_shapes(self.symbols, self.units), self.dtype)
        self.params["W"] = checks.generator(rng).normal(0, 1 / math.sqrt(self.units), (self.symbols, self.units))

    @classmethod
    def parameter_shapes(cls, symbols, units, **_):
        return {"W": (symbols, units)}

    @classmethod
    def output_shape(cls, shape, *, units, **_):
        return (*shape[:2], units)

    def input_shape(self):
        return "T", "B"

    def config(self):
        return {"symbols": self.symbols, "units": self.units, "dtype": self.dtype.name}

    def forward(self, x, state=None, *, lengths=None, training=True):
        """x (T, B) whole numbers, `lengths` (B,). Returns (y, tape); raises ValueError for anything else."""
        self._no_state(state)
        x = checks.integers("x", x, ("T", "B"), self.symbols)
        checks.lengths(lengths, *x.shape)
        return self.params["W"][x], LayerTape(layer=self, x=x)

    def backward(self, dy, tape, dstate=None, *, grads=None, need_dx=True):
        """dy (T, B, E). Returns (None, grads, ()); raises ValueError for a dy or a tape that does not fit."""
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
    """y = x · m / (1 − rate), where each m is 0 with probability `rate`, else 1; so the mean stays (Srivastava 2014).

    x (T, B, D) or (B, D). Active with `training=True` alone, that is in `forward` but not in `layer(x)`: without it x
    comes back as it is. Every call draws a new mask from the layer's own generator and keeps it on the tape. There are
    no parameters; float32 and float64 stay what they are. rate: 0 <= rate < 1.

    >>> layer = Dropout(0.5, rng=1)
    >>> layer.forward(np.ones((1, 2, 4)))[0]
    array([[[0., 2., 2., 2.],
            [0., 0., 2., 2.]]])
    >>> layer(np.ones((1, 1, 4)))
    array([[[1., 1., 1., 1.]]])
    """

    inputs = units = dtype = None  # passes through

    def __init__(self, rate, *, rng=None):
        self.rate = checks.number("rate", rate, least=0, below=1)
        self.rng = checks.generator(rng)
        self.params = Parameters({}, np.float32)

    @classmethod
    def parameter_shapes(cls, **_):
        return {}

    def generators(self):
        """The one that draws the masks."""
        return [self.rng]

    def config(self):
        return {"rate": self.rate}

    def forward(self, x, state=None, *, lengths=None, training=True):
        """x (T, B, D) or (B, D), `lengths` (B,). Returns (y, tape); raises ValueError for other shapes or types."""
        self._no_state(state)
        x = as_array("x", x)
        sequences = x.ndim != 2
        x = own_floats("x", x, ("T", "B", "D") if sequences else ("B", "D"))
        checks.lengths(lengths, x.shape[0] if sequences else None, x.shape[-2])
        tape = LayerTape(layer=self, shape=x.shape, dtype=x.dtype, mask=None)
        if not training or self.rate == 0:
            return x, tape
        kept = self.rng.random(x.shape, np.float32) >= self.rate  # float32 for every x: one seed, one mask
        tape.mask = kept * x.dtype.type(1 / (1 - self.rate))
        return x * tape.mask, tape

    def backward(self, dy, tape, dstate=None, *, grads=None, need_dx=True):
        """dy like y. Returns (dx, grads, ()); raises ValueError for a dy or a tape that does not fit."""
        checked_tape(self, tape)
        self._no_state(dstate, "dstate")
        dy = checks.floats("dy", dy, tape.shape, tape.dtype)
        return (dy if tape.mask is None else dy * tape.mask), self._grads(grads), ()
