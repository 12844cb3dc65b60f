"""The interface of every layer: cells, the layers around them, and whole networks."""

import numbers

import numpy as np

from . import checks, memory
from .parameters import Parameters
from .summary import summary


class Layer:
    """Something with parameters that maps a batch of sequences to another and can go back.

        y, tape = layer.forward(x, state=None)                     keeps what backward needs on the tape
        dx, grads, dstate = layer.backward(dy, tape, dstate=None)  grads has the names of layer.params
        y = layer(x, state=None)                                   inference: no tape, dropout off

    A layer holds no memory of a call: two tapes can be alive at once, and threads can share a layer.

    What decides the sizes of arrays is set once, in `__init__`: the names in `fixed`, to which a class adds its own. A
    kernel relies on it and would read or write beyond its arrays. The values in `params` can be assigned at any time.
    """

    fixed = frozenset({"params", "inputs", "units", "dtype"})

    params: Parameters  # what is learned
    dtype: np.dtype  # of the parameters; None for a layer without any
    inputs: int | None  # D, the numbers that go in at each step; None for any
    units: int | None  # H; None: as many as went in
    in_a_row = False  # True for a container whose children are each fed with the output of the one before
    in_network = False  # True once the parameters lie in a network's buffer

    def __setattr__(self, name, value):
        if name in self.fixed and self.__dict__.get(name, value) is not value:
            instead = "assign to params[...] or to params.flat[:], or make" if name == "params" else "make"
            raise AttributeError(f"{name} of a {type(self).__name__} can't be set anew: {instead} another layer")
        if name == "params" and isinstance(value, Parameters):
            value.belong_to(self)
        super().__setattr__(name, value)

    def __delattr__(self, name):
        if name in self.fixed:
            raise AttributeError(f"{name} of a {type(self).__name__} can't be deleted")
        super().__delattr__(name)

    def forward(self, x, state=None, *, lengths=None, training=True):
        """Map x to y. Returns (y, tape).

        `lengths` (B,): how many steps of each sequence are real, for the layers that must know (default: all);
        `training=False` switches dropout off. `tape.state` is the state after the last step.
        """
        raise NotImplementedError

    def backward(self, dy, tape, dstate=None, *, grads=None, need_dx=True):
        """Map dy, the gradient of a loss with respect to y, to (dx, grads, dstate).

        `dstate`: gradient with respect to the final state (default: zero); the one returned belongs to the initial
        state. `grads`: a Parameters to write into (default: a new one). `need_dx=False`: dx may be None, for the first
        layer of a network in training, where nobody looks at it.
        """
        raise NotImplementedError

    def __call__(self, x, state=None, *, lengths=None):
        """y alone, as for inference: dropout is off."""
        return self.forward(x, state, lengths=lengths, training=False)[0]

    def gates(self, tape) -> dict:
        """The gates and states of a forward pass by name, each (T, B, H); empty for a layer without any."""
        return {}

    def out_steps(self, steps):
        """How many steps come out where `steps` (a number or an array of lengths) go in."""
        return steps

    @property
    def outputs(self) -> int | None:
        """How many numbers come out at each step: the units, for all but a cell that projects its output."""
        return self.units

    def generators(self) -> list:
        """The NumPy Generators that this layer itself draws from in training, so that their place can be kept.

        Not those of the layers inside it. None by default: a layer with random numbers of its own, such as Dropout,
        names them here.
        """
        return []

    def config(self) -> dict:
        """The arguments that make this layer again (not its weights), as plain numbers, strings and lists."""
        raise NotImplementedError

    def children(self) -> dict:
        """The layers that this one is made of, by name; empty for all but a `Container`."""
        return {}

    # Shapes before arrays: what the configuration alone says

    @classmethod
    def parameter_shapes(cls, **config) -> dict:
        """Name -> shape of the parameters of a layer with this configuration, in their order, without making one.

        A class that does not say it has a layer made to look at.
        """
        return dict(cls(**config).params.shapes)

    @classmethod
    def output_shape(cls, shape: tuple, **config) -> tuple:
        """The shape that comes out where `shape` goes in; letters such as "T" and "B" stand for any size."""
        units = config.get("units")
        return (*shape[:-1], shape[-1] if units is None else units)

    def input_shape(self) -> tuple:
        """The shape that goes in, ("T", "B", inputs)."""
        return "T", "B", "D" if self.inputs is None else self.inputs

    def check_complete(self, name: str = "layer") -> None:
        """ValueError that says what a class of layers forgot to have or to set."""
        cls = type(self)
        lacks = [
            f"{what}()" for what in ("forward", "backward", "config") if getattr(cls, what) is getattr(Layer, what)
        ]
        lacks += [what for what in ("params", "inputs", "units", "dtype") if not hasattr(self, what)]
        if lacks:
            raise ValueError(f"{name}: the class {cls.__name__} lacks {', '.join(lacks)}; see lstm_edu.Layer")

    def summary(self) -> str:
        """A table of the layers: place, what comes out, arrays, how many numbers are learnt. T steps, B sequences.

        >>> from lstm_edu import LSTM, Dense, Sequential
        >>> print(Sequential([LSTM(2, 8), LSTM(8, 8), Dense(8, 1, steps="last")]).summary())
           layer  output     arrays                         parameters
           input  (T, B, 2)
        0  LSTM   (T, B, 8)  W (2, 32), U (8, 32), b (32,)         352
        1  LSTM   (T, B, 8)  W (8, 32), U (8, 32), b (32,)         544
        2  Dense  (B, 1)     W (8, 1), b (1,)                        9
           total                                                   905
        """
        return summary(self)

    def count_parameters(self) -> int:
        """How many numbers this layer learns."""
        return self.params.flat.size

    def __repr__(self):
        arguments = ", ".join(f"{name}={value!r}" for name, value in self.config().items())
        return f"{type(self).__name__}({arguments})"

    def _place(self, flat) -> None:
        """Move the parameters into `flat`, a part of a network's buffer."""
        flat[...] = self.params.flat
        self._move_to(Parameters(self.params.shapes, flat.dtype, flat))

    def _move_to(self, params) -> None:
        """Other arrays of the same names and shapes: what is fixed for everybody else."""
        params.belong_to(self)
        self.__dict__["params"] = params

    def _grads(self, grads, **read):
        """Where backward writes: a new Parameters, or the caller's if it fits and overlaps no array of `read`."""
        if grads is None:
            return self.params.empty_like()
        needed = self.params.shapes
        if not isinstance(grads, Parameters):
            raise ValueError(f"grads must be a Parameters with the shapes {dict(needed)}, got {type(grads).__name__}")
        # as lists: a network's layers find their parts of the buffer by the order of the names
        if grads.shapes is not needed and list(grads.shapes.items()) != list(needed.items()):
            raise ValueError(f"grads must be a Parameters with the shapes {dict(needed)}, got {dict(grads.shapes)}")
        mine, theirs = self.params.flat, grads.flat
        if mine.size and (theirs.dtype != mine.dtype or grads.overlaps(mine)):
            raise ValueError(f"grads must be a buffer of its own of {mine.dtype}, got {theirs.dtype}")
        own = grads._whole.base is None  # memory of its own: arrays that have theirs too need no closer look
        for name, array in read.items():
            if array is not None and not (own and array.base is None) and grads.overlaps(array):
                raise ValueError(
                    f"grads must be a buffer of its own, got one that overlaps {name}, which is still read"
                )
        return grads

    def _no_state(self, state, name="state") -> None:
        if state is not None and not (isinstance(state, tuple) and len(state) == 0):
            raise ValueError(f"{name}: {type(self).__name__} has no state, pass None")


def blanked(x, lengths):
    """`x` (T, B, D) with zeros beyond each sequence's length, and where that is, (T, B) of bool, or None for nowhere.

    It is a copy if anything else stood there. A gradient of zero is not enough: 0 times a NaN of the padding is NaN.
    """
    if lengths is None or lengths.min() >= len(x):
        return x, None
    beyond = np.arange(len(x))[:, None] >= lengths
    if not x[beyond].any():
        return x, beyond
    blank = memory.empty(x.shape, x.dtype)
    blank[...] = x
    blank[beyond] = 0
    return blank, beyond


def initial_values(name: str, value, units: int):
    """A number, or one number per unit, as they stand in a layer's configuration."""
    if isinstance(value, numbers.Number) or not hasattr(value, "__len__"):
        return checks.number(name, value)
    values = [checks.number(name, v) for v in (value.tolist() if isinstance(value, np.ndarray) else value)]
    if len(values) != units:
        raise ValueError(f"{name} must be one number or one per unit ({units}), got {len(values)}")
    return values
