"""What every recurrent cell shares: parameters, tapes, and the order in which the products are made.

for t:           a[t] = x[t] W + b, some steps ahead ; a[t] += h[t-1] U ; gates, states       the cell's file
for t reversed:  delta[t] from dy and the gates ; dh = delta[t] U^T                           the cell's file
dX = delta W^T   dW = X^T delta   dU = h[:-1]^T delta   db = sum delta                        all steps at once, here
"""

import contextvars
import itertools
import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from lstm_edu.core import checks, matmul, memory, threads
from lstm_edu.core.blank import Blank
from lstm_edu.core.checks import Rng
from lstm_edu.core.layer import Layer, blanked
from lstm_edu.core.parameters import Parameters

from .tape import Tape

# Who wants to see what reaches a cell on the way back, whatever layers stand around it: a function of the layer, dy,
# the tape and dstate. `gradient_flow` looks through this window.
watcher: contextvars.ContextVar[Callable | None] = contextvars.ContextVar("watcher", default=None)


class Recurrent(Layer):
    """A layer of H units with one recurrent kernel; the cells inherit everything but their kernels from here.

    A cell of one's own sets `gate_names` and `state_names`, and writes `_run_forward` and `_run_backward`.

    Parameters
    ----------
    inputs : int
        D, the numbers that go in at each step.
    units : int
        H.
    dtype : dtype, default float32
        Of all numbers: float32 or float64.
    rng : int or numpy.random.Generator, optional
        Draws the initial W and U; None: a new seed from the system.

    Attributes
    ----------
    title : str
        The name in figures and tables.
    gate_names : tuple of str
        The column blocks of W, U and b, in their order.
    state_names : tuple of str
        The states, the output first.
    keeping_bias : str or None
        The argument with the biases that keep the state when they are large: what `memory=` sets.
    admitting_bias : str or None
        The argument with those that let something in, which it sets to the contrary.
    passing : dict of str to float
        Gate -> value: with these a step leaves c as it was, but for what comes back through h.

    Raises
    ------
    ValueError
        For sizes below 1 and for another dtype.
    """

    title: str = ""
    gate_names: tuple[str, ...] = ()
    state_names: tuple[str, ...] = ("h",)
    keeping_bias: str | None = None
    admitting_bias: str | None = None
    passing: dict[str, float] = {}

    inputs: int
    units: int

    def __init__(self, inputs: int, units: int, *, dtype: DTypeLike = np.float32, rng: Rng = None) -> None:
        self.inputs = checks.whole("inputs", inputs)
        self.units = checks.whole("units", units)
        self.dtype = checks.float_type(dtype)
        form = self._form()
        self._numbers = self.dtype.name  # NumPy makes the name anew each time
        self._takes = ("T", "B", self.inputs)
        self._made_by = (type(self).__name__, self.inputs, self.units, self.dtype.name, *form.items())
        self._widths = tuple(self.state_widths(self.units, **form).values())
        self._kept = self.kept_widths(self.units, **form)
        self._zeros = (0,) * len(self._widths)  # a state that nobody gave
        self._read = ("dy", "x", "a", *self.state_names)  # what backward reads, beside what the tape keeps
        self.params = Parameters(self.parameter_shapes(self.inputs, self.units, **form), self.dtype)
        self._initialise(checks.generator(rng))

    def _form(self) -> dict[str, Any]:
        """The arguments, besides the sizes, that decide which arrays there are, and whether a tape fits."""
        return {}

    @classmethod
    def parameter_shapes(cls, inputs: int, units: int, **_: Any) -> dict[str, tuple]:  # type: ignore[override]
        """The shapes of W, U and b.

        Parameters
        ----------
        inputs : int
            D.
        units : int
            H.
        **_ : object
            Other arguments of the layer.

        Returns
        -------
        dict of str to tuple of int
            Name -> shape, in the order of `params`.
        """
        D, H, G = inputs, units, len(cls.gate_names)
        return {"W": (D, G * H), "U": (H, G * H), "b": (G * H,)}

    @classmethod
    def state_widths(cls, units: int, **_: Any) -> dict[str, int]:
        """The widths of the states.

        Parameters
        ----------
        units : int
            H.
        **_ : object
            Other arguments of the layer.

        Returns
        -------
        dict of str to int
            Name -> width of each state, the output first: all of them the units, for a usual cell.
        """
        return dict.fromkeys(cls.state_names, units)

    @classmethod
    def kept_widths(cls, units: int, **_: Any) -> dict[str, int]:
        """The widths of what else forward keeps for backward at each step.

        Parameters
        ----------
        units : int
            H.
        **_ : object
            Other arguments of the layer.

        Returns
        -------
        dict of str to int
            Name -> width: nothing, for a usual cell.
        """
        return {}

    @classmethod
    def units_per_gate(cls, **_: Any) -> int:
        """How many units share each of their gates; the units are a multiple of it.

        Parameters
        ----------
        **_ : object
            Arguments of the layer.

        Returns
        -------
        int
            1, for a usual cell.
        """
        return 1

    @classmethod
    def output_shape(cls, shape: tuple, *, units: int, **config: Any) -> tuple:  # type: ignore[override]
        """The shape that comes out: the width of the first state in the place of D.

        Parameters
        ----------
        shape : tuple of int or str
            What goes in; letters such as "T" and "B" stand for any size.
        units : int
            H.
        **config : object
            Other arguments of the layer.

        Returns
        -------
        tuple of int or str
            What comes out.
        """
        return (*shape[:-1], next(iter(cls.state_widths(units, **config).values())))

    @property
    def outputs(self) -> int:
        """How many numbers come out at each step, the width of the first state."""
        return self._widths[0]

    def _initialise(self, rng: np.random.Generator) -> None:
        """W Glorot uniform and U orthogonal, both gate by gate; all else zero."""
        if isinstance(rng, Blank):  # orthogonal matrices take longest, and would be overwritten
            return
        D, H, G = self.inputs, self.units, len(self.gate_names)
        limit = np.sqrt(6 / (D + H))
        self.params["W"] = rng.uniform(-limit, limit, (D, G * H))
        self.params["U"] = np.hstack([orthogonal(H, H, rng) for _ in range(G)])

    def _block(self, name: str) -> slice:
        """The columns of W, U and b that belong to one gate."""
        k = self.gate_names.index(name)
        return slice(k * self.units, (k + 1) * self.units)

    def config(self) -> dict[str, Any]:
        """The arguments that make this layer again, not its weights.

        Returns
        -------
        dict
            Plain numbers, strings and lists by the arguments' names.
        """
        return {"inputs": self.inputs, "units": self.units, "dtype": self.dtype.name}

    # Forward

    def forward(
        self,
        x: ArrayLike,
        state: tuple | list | None = None,
        *,
        lengths: ArrayLike | None = None,
        training: bool = True,
    ) -> tuple[np.ndarray, Tape]:
        """Run the cell over sequences.

        Parameters
        ----------
        x : array_like
            (T, B, D) floats.
        state : tuple or None
            (h,) or (h, c), each (B, H), to go on from; None: zeros.
        lengths : array_like or None
            (B,), how many steps of each sequence are real; None: all. Beyond them x counts as zero, whatever stands
            there, and `tape.state` is that at each sequence's own end.
        training : bool, default True
            Changes nothing but in a cell with random numbers of its own.

        Returns
        -------
        y : numpy.ndarray
            (T, B, H), a view into the tape.
        tape : Tape
            What `backward` needs; `tape.state` goes on.

        Raises
        ------
        ValueError
            For other shapes or types.
        """
        tape = self._fill(x, state, lengths, training=training)
        return tape.states[0][1:], tape

    def __call__(
        self, x: ArrayLike, state: tuple | list | None = None, *, lengths: ArrayLike | None = None
    ) -> np.ndarray:
        """y (T, B, H) alone: nothing is kept for a backward pass, so the memory is that of y and of a few steps."""
        return self._fill(x, state, lengths, keep=False).h[1:]

    def _fill(self, x: Any, state: Any, lengths: Any, keep: bool = True, training: bool = False) -> Tape:
        """Run the kernel. Without `keep` all but x and h is overwritten every few steps."""
        x = checks.floats("x", x, self._takes, self.dtype)
        T, B, _ = x.shape
        beyond = None
        if lengths is not None:
            x, beyond = blanked(x, checks.lengths(lengths, T, B))
        steps = T if keep else min(T, matmul.steps_ahead(B))
        tape = self._new_tape(x, self._checked_state("state", state, B), steps, training)
        if beyond is not None:
            tape.lengths = T - beyond.sum(axis=0)
        work = T * B * self.params.flat.size
        threads.run(lambda b0, b1: self._run_forward(tape, b0, b1), B, work, numbers=self._numbers)
        return tape

    def _new_tape(self, x: np.ndarray, state: Sequence, kept: int, training: bool = False) -> Tape:
        """Room for the gates of `kept` steps, and the states with the initial ones in their first row.

        A cell with random numbers draws them here, for `training`, and keeps them on the tape.
        """
        T, B, _ = x.shape
        dtype, states, steps = self.dtype, [], T  # of the first state, which is the output
        for initial, width in zip(state, self._widths):  # noqa: B905 - both were checked
            array = memory.empty((steps + 1, B, width), dtype)
            array[0] = initial
            states.append(array)
            steps = T if kept == T else 1
        a = memory.empty((kept, B, self.params["b"].size), dtype)
        also = {}
        for name, width in self._kept.items():
            also[name] = memory.empty((kept, B, width), dtype)
        arrays = tuple(states)
        return Tape(self._made_by, x, a, arrays, also, None, (x, a, arrays, *also.values()))

    def _checked_state(self, name: str, state: Any, B: int) -> Sequence:
        if state is None:
            return self._zeros
        if not isinstance(state, tuple | list) or len(state) != len(self.state_names):
            needed = f"({', '.join(self.state_names)}{',' if len(self.state_names) == 1 else ''})"
            shapes = " and ".join(dict.fromkeys(f"({B}, {width})" for width in self._widths))
            got = f"{len(state)} arrays" if isinstance(state, tuple | list) else type(state).__name__
            raise ValueError(f"{name} must be a tuple {needed} of arrays of shape {shapes}, got {got}")
        return [
            checks.floats(f"{name}[{i}] ({letter})", s, (B, width), self.dtype)
            for i, (letter, width, s) in enumerate(zip(self.state_names, self._widths, state, strict=True))
        ]

    def _run_forward(self, tape: Tape, b0: int, b1: int) -> None:
        """For the sequences b0:b1, fill in the gates and the states."""
        raise NotImplementedError

    # Backward

    def backward(
        self,
        dy: ArrayLike,
        tape: Tape,
        dstate: tuple | list | None = None,
        *,
        grads: Parameters | None = None,
        need_dx: bool = True,
    ) -> tuple[np.ndarray | None, Parameters, tuple[np.ndarray, ...]]:
        """Take the gradient of a loss back through all steps.

        Parameters
        ----------
        dy : array_like
            (T, B, H), gradient with respect to y.
        tape : Tape
            From `forward`; nothing in it is changed.
        dstate : tuple or None
            Gradient with respect to `tape.state`, shaped like it; None: zero. With lengths it enters at each
            sequence's own end.
        grads : Parameters or None
            To write into; None: a new one.
        need_dx : bool, default True
            False: dx is not made.

        Returns
        -------
        dx : numpy.ndarray or None
            (T, B, D), zero beyond the lengths.
        grads : Parameters
            Gradients with the names of `params`.
        dstate : tuple of numpy.ndarray
            Gradient with respect to the initial state.

        Raises
        ------
        ValueError
            For a dy, a dstate or a tape that does not fit, and for grads of other names, shapes or type or that overlap
            an array which is still read.
        """
        self._check_tape(tape)
        T, B = self._check_arrays(tape)
        dy = checks.floats("dy", dy, (T, B, self._widths[0]), self.dtype)
        given = self._checked_state("dstate", dstate, B)
        if (watch := watcher.get()) is not None:
            watch(self, dy, tape, dstate)
        grads = self._grads(grads, (dy, tape.x, tape.a, *tape.states, *tape.kept.values()), (*self._read, *tape.kept))
        W, deltas = self.params["W"], self._new_deltas(tape)
        dx = memory.empty(tape.x.shape, self.dtype) if need_dx else None
        ends = None if dstate is None else tape.lengths
        dstate = self._own_copies(given if ends is None else self._zeros, B)

        def sequences(b0: int, b1: int) -> None:
            if ends is None:
                self._run_backward(dy, tape, deltas, dstate, b0, b1)
            else:
                self._backward_from_ends(dy, tape, deltas, dstate, given, b0, b1)
            if need_dx:
                matmul.input_gradient(deltas[0], W, dx, b0, b1)

        def columns(c0: int, c1: int) -> None:
            self._parameter_gradients(tape, deltas, grads, c0, c1)
            if c0 == 0:  # what has no columns comes with the first slice
                self._other_gradients(tape, deltas, grads)

        work = T * B * self.params.flat.size
        threads.run(sequences, B, work, numbers=self._numbers)
        threads.run(columns, W.shape[1], work)
        if dx is not None and tape.lengths is not None:
            dx[np.arange(T)[:, None] >= tape.lengths] = 0
        return dx, grads, tuple(dstate)

    def _backward_from_ends(
        self, dy: np.ndarray, tape: Tape, deltas: tuple, dstate: list[np.ndarray], given: Sequence, b0: int, b1: int
    ) -> None:
        """As `_run_backward`, from one length to the next shorter one: where a sequence ends, its part of `given`
        enters `dstate`."""
        assert tape.lengths is not None  # who calls this has looked
        T, ends = len(tape.x), tape.lengths[b0:b1]
        cuts = sorted({0, T, *ends.tolist()})
        for first, last in reversed(list(itertools.pairwise(cuts))):
            ending = b0 + np.flatnonzero(ends == last)
            for d, g in zip(dstate, given, strict=True):
                d[ending] += g[ending]
            own = [d[first:last] if d.ndim == 3 else d for d in deltas]  # of each step, or room that is used again
            self._run_backward(dy[first:last], tape.steps(first, last), own, dstate, b0, b1)

    def _own_copies(self, values: Sequence, B: int) -> list[np.ndarray]:
        """Arrays (B, width) that a kernel may change, with these values (arrays, or 0)."""
        copies = []
        for value, width in zip(values, self._widths):  # noqa: B905 - both were checked
            copies.append(value.copy() if isinstance(value, np.ndarray) else np.zeros((B, width), self.dtype))
        return copies

    def _new_deltas(self, tape: Tape) -> tuple[np.ndarray, ...]:
        """Room for the gradient of the pre-activations, (T, B, G*H), and for what else the cell's backward leaves.

        Arrays of all steps have three axes; one with two, (B, ...), is room that each step uses again.
        """
        return (memory.empty(tape.a.shape, self.dtype),)

    def _run_backward(
        self, dy: np.ndarray, tape: Tape, deltas: tuple | list, dstate: list[np.ndarray], b0: int, b1: int
    ) -> None:
        """For the sequences b0:b1, fill `deltas`, and turn `dstate` from the final into the initial one."""
        raise NotImplementedError

    def _parameter_gradients(self, tape: Tape, deltas: tuple, grads: Parameters, c0: int, c1: int) -> None:
        """Fill the columns c0:c1 of the gradients of W, U and b."""
        x, h, delta = rows(tape.x), rows(tape.states[0][:-1]), rows(deltas[0])
        matmul.parameter_gradients(x, h, delta, 0, grads["W"], grads["U"], grads["b"], c0, c1)

    def _other_gradients(self, tape: Tape, deltas: tuple, grads: Parameters) -> None:
        """Fill the gradients of what else the cell learns; nothing for most."""

    # Looking inside

    def _check_tape(self, tape: Any) -> None:
        if type(tape) is Tape and tape.made_by is self._made_by:
            return
        made_by = getattr(tape, "made_by", type(tape).__name__)
        if made_by != self._made_by:
            raise ValueError(
                f"tape must come from the forward of a layer like this one, {self._made_by}, got {made_by}"
            )

    def _check_arrays(self, tape: Tape) -> tuple[int, int]:
        """T and B, once every array on the tape is known to fit the others: anybody can put another one there."""
        found = (tape.x, tape.a, tape.states, *tape.kept.values())
        if len(found) == len(tape.made) and all(map(operator.is_, found, tape.made)):
            return tape.x.shape[:2]  # nobody did
        shape: tuple = getattr(tape.x, "shape", ())
        T, B = shape[:2] if len(shape) == 3 else (0, 0)
        self._check_array("x", tape.x, (T, B, self.inputs))
        self._check_array("a", tape.a, (T, B, self.params["b"].size))
        for name, state, width in zip(self.state_names, tape.states, self._widths, strict=True):
            self._check_array(name, state, (T + 1, B, width))
        for name, width in self._kept.items():
            self._check_array(name, tape.kept.get(name), (T, B, width))
        return T, B

    def _check_array(self, name: str, array: Any, shape: tuple[int, ...]) -> None:
        if type(array) is np.ndarray and array.shape == shape and array.dtype == self.dtype and array.flags.carray:
            return
        got = f"{array.dtype} of shape {array.shape}" if isinstance(array, np.ndarray) else type(array).__name__
        raise ValueError(
            f"tape.{name} must be a contiguous, writeable array of {self.dtype} of shape {shape}, got {got}"
        )

    def gates(self, tape: Tape) -> dict[str, np.ndarray]:
        """Every gate and state of a forward pass.

        Parameters
        ----------
        tape : Tape
            From `forward`.

        Returns
        -------
        dict of str to numpy.ndarray
            By name, each a view (T, B, H) into the tape.

        Raises
        ------
        ValueError
            For a tape of another kind of layer.
        """
        self._check_tape(tape)
        named = {name: tape.a[..., self._block(name)] for name in self.gate_names}
        named.update(zip(self.state_names, (s[1:] for s in tape.states), strict=True))
        return named


def rows(array: np.ndarray) -> np.ndarray:
    """One row for each step and sequence.

    Parameters
    ----------
    array : numpy.ndarray
        (T, B, n).

    Returns
    -------
    numpy.ndarray
        (T*B, n), a view where that can be.
    """
    return array.reshape(-1, array.shape[-1])


def orthogonal(rows: int, columns: int, rng: np.random.Generator) -> np.ndarray:
    """A random matrix whose rows are orthonormal, or its columns, whichever are fewer.

    Parameters
    ----------
    rows, columns : int
        The shape.
    rng : numpy.random.Generator
        Draws it, uniformly over all of them (Mezzadri 2007: fix the signs of R's diagonal).

    Returns
    -------
    numpy.ndarray
        (rows, columns) float64.
    """
    q, r = np.linalg.qr(rng.standard_normal((max(rows, columns), min(rows, columns))))
    q *= np.sign(np.diagonal(r))
    return q if rows >= columns else q.T
