"""What every recurrent cell shares: parameters, tapes, and the order in which the products are made.

for t:           a[t] = x[t] W + b, some steps ahead ; a[t] += h[t-1] U ; gates, states       the cell's file
for t reversed:  delta[t] from dy and the gates ; dh = delta[t] U^T                           the cell's file
dX = delta W^T   dW = X^T delta   dU = h[:-1]^T delta   db = sum delta                        all steps at once, here
"""

import contextvars
import itertools

import numpy as np

from lstm_edu.core import checks, matmul, memory, threads
from lstm_edu.core.blank import Blank
from lstm_edu.core.layer import Layer, blanked
from lstm_edu.core.parameters import Parameters

from .tape import Tape

# Who wants to see what reaches a cell on the way back, whatever layers stand around it: a function of the layer, dy,
# the tape and dstate. `gradient_flow` looks through this window.
watcher = contextvars.ContextVar("watcher", default=None)


class Recurrent(Layer):
    """A layer of H units with one recurrent kernel; the cells inherit everything but their kernels from here."""

    title = ""  # in figures and tables
    gate_names: tuple = ()  # the column blocks of W, U and b, in their order
    state_names: tuple = ("h",)  # the first is the output
    keeping_bias = None  # the argument with the biases that keep the state when they are large: what `memory=` sets
    admitting_bias = None  # the argument with those that let something in, which it sets to the contrary
    passing = {}  # gate -> value: with these a step leaves c as it was, but for what comes back through h

    def __init__(self, inputs: int, units: int, *, dtype=np.float32, rng=None):
        self.inputs = checks.whole("inputs", inputs)
        self.units = checks.whole("units", units)
        self.dtype = checks.float_type(dtype)
        form = self._form()
        self._made_by = (type(self).__name__, self.inputs, self.units, self.dtype.name, *form.items())
        self._widths = tuple(self.state_widths(self.units, **form).values())
        self._kept = self.kept_widths(self.units, **form)
        self.params = Parameters(self.parameter_shapes(self.inputs, self.units, **form), self.dtype)
        self._initialise(checks.generator(rng))

    def _form(self) -> dict:
        """The arguments, besides the sizes, that decide which arrays there are, and whether a tape fits."""
        return {}

    @classmethod
    def parameter_shapes(cls, inputs, units, **_) -> dict:
        D, H, G = inputs, units, len(cls.gate_names)
        return {"W": (D, G * H), "U": (H, G * H), "b": (G * H,)}

    @classmethod
    def state_widths(cls, units, **_) -> dict:
        """Name -> width of each state, the output first: all of them the units, for a usual cell."""
        return dict.fromkeys(cls.state_names, units)

    @classmethod
    def kept_widths(cls, units, **_) -> dict:
        """Name -> width of what else forward keeps for backward at each step: nothing, for a usual cell."""
        return {}

    @classmethod
    def output_shape(cls, shape, *, units, **config):
        return (*shape[:-1], next(iter(cls.state_widths(units, **config).values())))

    @property
    def outputs(self):
        return self._widths[0]

    def _initialise(self, rng) -> None:
        """W Glorot uniform and U orthogonal, both gate by gate; all else zero."""
        if isinstance(rng, Blank):  # orthogonal matrices take longest, and would be overwritten
            return
        D, H, G = self.inputs, self.units, len(self.gate_names)
        limit = np.sqrt(6 / (D + H))
        self.params["W"] = rng.uniform(-limit, limit, (D, G * H))
        self.params["U"] = np.hstack([_orthogonal(H, rng) for _ in range(G)])

    def _block(self, name: str) -> slice:
        """The columns of W, U and b that belong to one gate."""
        k = self.gate_names.index(name)
        return slice(k * self.units, (k + 1) * self.units)

    def config(self) -> dict:
        return {"inputs": self.inputs, "units": self.units, "dtype": self.dtype.name}

    # Forward

    def forward(self, x, state=None, *, lengths=None, training=True):
        """x (T, B, D) -> y (T, B, H) and the tape.

        `state`: (h,) or (h, c), each (B, H), to go on from; default zeros. `lengths` (B,): beyond them x counts as
        zero, whatever stands there, and the tape's state is that at each sequence's own end; the padding comes last,
        where a step cannot touch an earlier one. `training` changes nothing here. Raises ValueError for other shapes
        or types.
        """
        tape = self._fill(x, state, lengths)
        return tape.h[1:], tape

    def __call__(self, x, state=None, *, lengths=None):
        """y (T, B, H) alone: nothing is kept for a backward pass, so the memory is that of y and of a few steps."""
        return self._fill(x, state, lengths, keep=False).h[1:]

    def _fill(self, x, state, lengths, keep=True) -> Tape:
        """Run the kernel. Without `keep` all but x and h is overwritten every few steps."""
        x = checks.floats("x", x, ("T", "B", self.inputs), self.dtype)
        T, B, _ = x.shape
        x, beyond = blanked(x, checks.lengths(lengths, T, B))
        tape = self._new_tape(x, self._checked_state("state", state, B), T if keep else min(T, matmul.steps_ahead(B)))
        if beyond is not None:
            tape.lengths = T - beyond.sum(axis=0)
        work = T * B * (self.params["W"].size + self.params["U"].size)
        threads.run(lambda b0, b1: self._run_forward(tape, b0, b1), B, work)
        return tape

    def _new_tape(self, x, state, kept) -> Tape:
        """Room for the gates of `kept` steps, and the states with the initial ones in their first row."""
        T, B, _ = x.shape
        states = []
        for initial, width in zip(state, self._widths, strict=True):
            steps = T if not states or kept == T else 1  # the first is the output
            states.append(memory.empty((steps + 1, B, width), self.dtype))
            states[-1][0] = initial
        a = memory.empty((kept, B, self.params["b"].size), self.dtype)
        also = {name: memory.empty((kept, B, width), self.dtype) for name, width in self._kept.items()}
        return Tape(self._made_by, x, a, tuple(states), also)

    def _checked_state(self, name, state, B):
        if state is None:
            return [0] * len(self.state_names)
        if not isinstance(state, tuple | list) or len(state) != len(self.state_names):
            needed = f"({', '.join(self.state_names)}{',' if len(self.state_names) == 1 else ''})"
            shapes = " and ".join(dict.fromkeys(f"({B}, {width})" for width in self._widths))
            got = f"{len(state)} arrays" if isinstance(state, tuple | list) else type(state).__name__
            raise ValueError(f"{name} must be a tuple {needed} of arrays of shape {shapes}, got {got}")
        return [
            checks.floats(f"{name}[{i}] ({letter})", s, (B, width), self.dtype)
            for i, (letter, width, s) in enumerate(zip(self.state_names, self._widths, state, strict=True))
        ]

    def _run_forward(self, tape, b0, b1) -> None:
        """For the sequences b0:b1, fill in the gates and the states."""
        raise NotImplementedError

    # Backward

    def backward(self, dy, tape, dstate=None, *, grads=None, need_dx=True):
        """dy (T, B, H) -> dx (T, B, D), or None if it is not needed, grads as params, and dstate like the state.

        `dstate` is the gradient of `tape.state`: with lengths it enters at each sequence's own end. Raises ValueError
        for a dy, a dstate or a tape that does not fit, and for grads of other names, shapes or type or that overlap an
        array which is still read.
        """
        self._check_tape(tape)
        T, B = self._check_arrays(tape)
        dy = checks.floats("dy", dy, (T, B, self._widths[0]), self.dtype)
        given = self._checked_state("dstate", dstate, B)
        if (watch := watcher.get()) is not None:
            watch(self, dy, tape, dstate)
        states = dict(zip(self.state_names, tape.states, strict=True))
        grads = self._grads(grads, dy=dy, x=tape.x, a=tape.a, **states, **tape.kept)
        W, U = self.params["W"], self.params["U"]
        deltas = self._new_deltas(tape)
        dx = memory.empty(tape.x.shape, self.dtype) if need_dx else None
        ends = None if dstate is None else tape.lengths
        dstate = self._own_copies(given if ends is None else [0] * len(given), B)

        def sequences(b0, b1):
            if ends is None:
                self._run_backward(dy, tape, deltas, dstate, b0, b1)
            else:
                self._backward_from_ends(dy, tape, deltas, dstate, given, b0, b1)
            if need_dx:
                matmul.input_gradient(deltas[0], W, dx, b0, b1)

        def columns(c0, c1):
            self._parameter_gradients(tape, deltas, grads, c0, c1)
            if c0 == 0:  # what has no columns comes with the first slice
                self._other_gradients(tape, deltas, grads)

        work = T * B * (W.size + U.size)
        threads.run(sequences, B, work)
        threads.run(columns, W.shape[1], work)
        if need_dx and tape.lengths is not None:
            dx[np.arange(T)[:, None] >= tape.lengths] = 0
        return dx, grads, tuple(dstate)

    def _backward_from_ends(self, dy, tape, deltas, dstate, given, b0, b1) -> None:
        """As `_run_backward`, from one length to the next shorter one: where a sequence ends, its part of `given`
        enters `dstate`."""
        T, ends = len(tape.x), tape.lengths[b0:b1]
        cuts = sorted({0, T, *ends.tolist()})
        for first, last in reversed(list(itertools.pairwise(cuts))):
            ending = b0 + np.flatnonzero(ends == last)
            for d, g in zip(dstate, given, strict=True):
                d[ending] += g[ending]
            own = [d[first:last] if d.ndim == 3 else d for d in deltas]  # of each step, or room that is used again
            self._run_backward(dy[first:last], tape.steps(first, last), own, dstate, b0, b1)

    def _own_copies(self, values, B):
        """Arrays (B, width) that a kernel may change, with these values (arrays, or 0)."""
        copies = []
        for value, width in zip(values, self._widths, strict=True):
            copies.append(np.empty((B, width), self.dtype))
            copies[-1][...] = value
        return copies

    def _new_deltas(self, tape) -> tuple:
        """Room for the gradient of the pre-activations, (T, B, G*H), and for what else the cell's backward leaves.

        Arrays of all steps have three axes; one with two, (B, ...), is room that each step uses again.
        """
        return (memory.empty(tape.a.shape, self.dtype),)

    def _run_backward(self, dy, tape, deltas, dstate, b0, b1) -> None:
        """For the sequences b0:b1, fill `deltas`, and turn `dstate` from the final into the initial one."""
        raise NotImplementedError

    def _parameter_gradients(self, tape, deltas, grads, c0, c1) -> None:
        """Fill the columns c0:c1 of the gradients of W, U and b."""
        x, h, delta = rows(tape.x), rows(tape.h[:-1]), rows(deltas[0])
        matmul.parameter_gradients(x, h, delta, 0, grads["W"], grads["U"], grads["b"], c0, c1)

    def _other_gradients(self, tape, deltas, grads) -> None:
        """Fill the gradients of what else the cell learns; nothing for most."""

    # Looking inside

    def _check_tape(self, tape) -> None:
        made_by = getattr(tape, "made_by", type(tape).__name__)
        if made_by != self._made_by:
            raise ValueError(
                f"tape must come from the forward of a layer like this one, {self._made_by}, got {made_by}"
            )

    def _check_arrays(self, tape) -> tuple:
        """T and B, once every array on the tape is known to fit the others: anybody can put another one there."""
        shape = getattr(tape.x, "shape", ())
        T, B = shape[:2] if len(shape) == 3 else (0, 0)
        self._check_array("x", tape.x, (T, B, self.inputs))
        self._check_array("a", tape.a, (T, B, self.params["b"].size))
        for name, state, width in zip(self.state_names, tape.states, self._widths, strict=True):
            self._check_array(name, state, (T + 1, B, width))
        for name, width in self._kept.items():
            self._check_array(name, tape.kept.get(name), (T, B, width))
        return T, B

    def _check_array(self, name, array, shape) -> None:
        if type(array) is np.ndarray and array.shape == shape and array.dtype == self.dtype and array.flags.carray:
            return
        got = f"{array.dtype} of shape {array.shape}" if isinstance(array, np.ndarray) else type(array).__name__
        raise ValueError(
            f"tape.{name} must be a contiguous, writeable array of {self.dtype} of shape {shape}, got {got}"
        )

    def gates(self, tape) -> dict:
        """Every gate and state by name, each a view (T, B, H) into the tape."""
        self._check_tape(tape)
        named = {name: tape.a[..., self._block(name)] for name in self.gate_names}
        named.update(zip(self.state_names, (s[1:] for s in tape.states), strict=True))
        return named


def rows(array) -> np.ndarray:
    """One row for each step and sequence: (T, B, n) -> (T*B, n)."""
    return array.reshape(-1, array.shape[-1])


def _orthogonal(n: int, rng) -> np.ndarray:
    """A random orthogonal (n, n) matrix, uniform over all of them (Mezzadri 2007: fix the signs of R's diagonal)."""
    q, r = np.linalg.qr(rng.standard_normal((n, n)))
    return q * np.sign(np.diagonal(r))
