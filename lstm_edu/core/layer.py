"""The interface of every layer: cells, the layers around them, and whole networks."""

import numbers
from typing import Any, NoReturn

import numpy as np
from numpy.typing import ArrayLike

from . import checks, memory
from .about import About
from .parameters import Parameters
from .summary import summary


class Layer:
    """Something with parameters that maps a batch of sequences to another and can go back.

    Three calls::

        y, tape = layer.forward(x, state=None)                     keeps what backward needs on the tape
        dx, grads, dstate = layer.backward(dy, tape, dstate=None)  grads has the names of layer.params
        y = layer(x, state=None)                                   inference: no tape, dropout off

    A layer holds no memory of a call: two tapes can be alive at once, and threads can share a layer.

    What decides the sizes of arrays is set once, in `__init__`: the names in `fixed`, to which a class adds its own. A
    kernel relies on it and would read or write beyond its arrays. The values in `params` can be assigned at any time.

    Attributes
    ----------
    params : Parameters
        What is learned, by name.
    inputs : int or None
        D, the numbers that go in at each step; None for any.
    units : int or None
        H; None: as many as went in.
    dtype : numpy.dtype
        Of the parameters; None for a layer without any.
    fixed : frozenset of str
        The names of what can't be set anew.
    later : frozenset of str
        The names of arguments that came after the first files were written: a file without them means their default.
    in_a_row : bool
        True for a container whose children are each fed with the output of the one before.
    about : About or None
        What its numbers mean, once it was trained; see `lstm_edu.core.About`.
    in_network : bool
        True once the parameters lie in a network's buffer.
    """

    fixed: frozenset[str] = frozenset({"params", "inputs", "units", "dtype"})
    later: frozenset[str] = frozenset()

    params: Parameters
    dtype: np.dtype
    inputs: int | None
    units: int | None
    in_a_row: bool = False
    about: About | None = None
    in_network: Any = False  # or what is true here and False in a copy

    def __setattr__(self, name: str, value: Any) -> None:
        if name in self.fixed and self.__dict__.get(name, value) is not value:
            instead = "assign to params[...] or to params.flat[:], or make" if name == "params" else "make"
            raise AttributeError(f"{name} of a {type(self).__name__} can't be set anew: {instead} another layer")
        if name == "params" and isinstance(value, Parameters):
            value.belong_to(self)
        super().__setattr__(name, value)

    def __delattr__(self, name: str) -> None:
        if name in self.fixed:
            raise AttributeError(f"{name} of a {type(self).__name__} can't be deleted")
        super().__delattr__(name)

    def forward(
        self,
        x: ArrayLike,
        state: tuple | list | None = None,
        *,
        lengths: ArrayLike | None = None,
        training: bool = True,
    ) -> tuple[np.ndarray, Any]:
        """Map a batch of sequences to another.

        Parameters
        ----------
        x : array_like
            (T, B, D): time first.
        state : tuple or None
            To go on from, as `tape.state` of the steps before; None: zeros.
        lengths : array_like or None
            (B,), how many steps of each sequence are real, for the layers that must know; None: all.
        training : bool, default True
            False switches dropout off.

        Returns
        -------
        y : numpy.ndarray
            (T, B, outputs).
        tape : object
            What `backward` needs; `tape.state` is the state after the last step.
        """
        raise NotImplementedError

    def backward(
        self,
        dy: ArrayLike,
        tape: Any,
        dstate: tuple | list | None = None,
        *,
        grads: Parameters | None = None,
        need_dx: bool = True,
    ) -> tuple[np.ndarray | None, Parameters, tuple]:
        """Take the gradient of a loss back from y to x, the parameters and the initial state.

        Parameters
        ----------
        dy : array_like
            Gradient with respect to y, shaped like it.
        tape : object
            From `forward`.
        dstate : tuple or None
            Gradient with respect to the final state; None: zero.
        grads : Parameters or None
            To write into; None: a new one.
        need_dx : bool, default True
            False: dx may be None, for the first layer of a network in training, where nobody looks at it.

        Returns
        -------
        dx : numpy.ndarray or None
            Gradient with respect to x.
        grads : Parameters
            Gradients with the names of `params`.
        dstate : tuple
            Gradient with respect to the initial state.
        """
        raise NotImplementedError

    def __call__(
        self, x: ArrayLike, state: tuple | list | None = None, *, lengths: ArrayLike | None = None
    ) -> np.ndarray:
        """y alone, as for inference: dropout is off."""
        return self.forward(x, state, lengths=lengths, training=False)[0]

    def gates(self, tape: Any) -> dict[str, np.ndarray]:
        """The gates and states of a forward pass.

        Parameters
        ----------
        tape : object
            From `forward`.

        Returns
        -------
        dict of str to numpy.ndarray
            By name, each (T, B, H); empty for a layer without any.
        """
        return {}

    def out_steps(self, steps: Any) -> Any:
        """How many steps come out.

        Parameters
        ----------
        steps : int or array_like
            A number of steps that go in, or lengths (B,).

        Returns
        -------
        int or numpy.ndarray
            As many as went in, for most layers.
        """
        return steps

    @property
    def outputs(self) -> int | None:
        """How many numbers come out at each step, the units, for all but a cell that projects its output."""
        return self.units

    def generators(self) -> list[np.random.Generator]:
        """The generators that this layer itself draws from in training, so that their place can be kept.

        A layer with random numbers of its own, such as Dropout, names them here.

        Returns
        -------
        list of numpy.random.Generator
            Not those of the layers inside it; empty for most.
        """
        return []

    def config(self) -> dict[str, Any]:
        """The arguments that make this layer again, not its weights.

        Returns
        -------
        dict
            Plain numbers, strings and lists by the arguments' names.
        """
        raise NotImplementedError

    def children(self) -> dict[str, "Layer"]:
        """The layers that this one is made of.

        Returns
        -------
        dict of str to Layer
            By name; empty for all but a `Container`.
        """
        return {}

    # Shapes before arrays: what the configuration alone says

    @classmethod
    def parameter_shapes(cls, **config: Any) -> dict[str, tuple]:
        """The shapes of the parameters of a layer that need not be made.

        A class that does not say it has a layer made to look at.

        Parameters
        ----------
        **config : object
            The arguments of the layer.

        Returns
        -------
        dict of str to tuple of int
            Name -> shape, in the order of `params`.
        """
        return dict(cls(**config).params.shapes)

    @classmethod
    def output_shape(cls, shape: tuple, **config: Any) -> tuple:
        """The shape that comes out of a layer that need not be made.

        Parameters
        ----------
        shape : tuple of int or str
            What goes in; letters such as "T" and "B" stand for any size.
        **config : object
            The arguments of the layer.

        Returns
        -------
        tuple of int or str
            What comes out.
        """
        units = config.get("units")
        return (*shape[:-1], shape[-1] if units is None else units)

    def input_shape(self) -> tuple:
        """The shape that goes in.

        Returns
        -------
        tuple of int or str
            ("T", "B", inputs) for most layers.
        """
        return "T", "B", "D" if self.inputs is None else self.inputs

    def check_complete(self, name: str = "layer") -> None:
        """Look whether the class has, and the layer has set, all that a layer needs.

        Parameters
        ----------
        name : str
            What the error calls the layer.

        Raises
        ------
        ValueError
            If not; it says what is missing.
        """
        cls = type(self)
        lacks = [
            f"{what}()" for what in ("forward", "backward", "config") if getattr(cls, what) is getattr(Layer, what)
        ]
        lacks += [what for what in ("params", "inputs", "units", "dtype") if not hasattr(self, what)]
        if lacks:
            raise ValueError(f"{name}: the class {cls.__name__} lacks {', '.join(lacks)}; see lstm_edu.Layer")

    def summary(self) -> str:
        """A table of the layers: place, what comes out, arrays, how many numbers are learnt.

        Returns
        -------
        str
            To be printed. T: steps, B: sequences.

        Examples
        --------
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
        """How many numbers this layer learns.

        Returns
        -------
        int
            The size of `params.flat`.
        """
        return self.params.flat.size

    def __repr__(self) -> str:
        arguments = ", ".join(f"{name}={value!r}" for name, value in self.config().items())
        return f"{type(self).__name__}({arguments})"

    def _place(self, flat: np.ndarray) -> None:
        """Move the parameters into `flat`, a part of a network's buffer."""
        flat[...] = self.params.flat
        self._move_to(Parameters(self.params.shapes, flat.dtype, flat))

    def _move_to(self, params: Parameters) -> None:
        """Other arrays of the same names and shapes: what is fixed for everybody else."""
        params.belong_to(self)
        self.__dict__["params"] = params

    def _grads(self, grads: Any, read: tuple = (), names: tuple = ()) -> Parameters:
        """Where backward writes: a new Parameters, or the caller's if it fits and overlaps no array of `read`."""
        if grads is None:
            return self.params.empty_like()
        if not (isinstance(grads, Parameters) and grads.fit(self.params)):
            self._refuse(grads)
        found = grads.first_overlap(read)
        if found is not None:
            raise ValueError(
                f"grads must be a buffer of its own, got one that overlaps {names[found]}, which is still read"
            )
        if read and not all([array.flags.writeable for array in grads.values()]):  # noqa: C419 - no generator, for speed
            raise ValueError("grads must be arrays that can be written to, got some that are read-only")
        return grads

    def _refuse(self, grads: Any) -> NoReturn:
        needed, mine = dict(self.params.shapes), self.params.flat
        if not isinstance(grads, Parameters):
            raise ValueError(f"grads must be a Parameters with the shapes {needed}, got {type(grads).__name__}")
        if list(grads.shapes.items()) != list(needed.items()):
            raise ValueError(f"grads must be a Parameters with the shapes {needed}, got {dict(grads.shapes)}")
        raise ValueError(f"grads must be a buffer of its own of {mine.dtype}, got {grads.flat.dtype}")

    def _no_state(self, state: Any, name: str = "state") -> None:
        if state is not None and not (isinstance(state, tuple) and len(state) == 0):
            raise ValueError(f"{name}: {type(self).__name__} has no state, pass None")


def blanked(x: np.ndarray, lengths: np.ndarray | None) -> tuple[np.ndarray, np.ndarray | None]:
    """Put zeros beyond each sequence's length.

    A gradient of zero is not enough there: 0 times a NaN of the padding is NaN.

    Parameters
    ----------
    x : numpy.ndarray
        (T, B, D).
    lengths : numpy.ndarray or None
        (B,); None: all T.

    Returns
    -------
    x : numpy.ndarray
        A copy, if anything but zeros stood there.
    beyond : numpy.ndarray or None
        (T, B) bool, where that is; None for nowhere.
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


def initial_values(name: str, value: Any, units: int, each: str = "unit") -> float | list[float]:
    """The initial values of a bias, as they stand in a layer's configuration.

    Parameters
    ----------
    name : str
        The argument's.
    value : float or sequence of float
        One number, or one per unit.
    units : int
        H, or how many there are of what has a bias.
    each : str, default "unit"
        What has a bias, for the error.

    Returns
    -------
    float or list of float
        The same as plain numbers.

    Raises
    ------
    ValueError
        For anything but finite numbers, and for another count.
    """
    if isinstance(value, numbers.Number) or not hasattr(value, "__len__"):
        return checks.number(name, value)
    values = [checks.number(name, v) for v in (value.tolist() if isinstance(value, np.ndarray) else value)]
    if len(values) != units:
        raise ValueError(f"{name} must be one number or one per {each} ({units}), got {len(values)}")
    return values
