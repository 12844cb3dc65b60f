"""What every recurrent cell shares: parameters, tapes, and the order in which the products are made.

for t:           a[t] = x[t] W + b, some steps ahead ; a[t] += h[t-1] U ; gates, states       the cell's file
for t reversed:  delta[t] from dy and the gates ; dh = delta[t] U^T                           the cell's file
dX = delta W^T   dW = X^T delta   dU = h[:-1]^T delta   db = sum delta                        all steps at once, here
"""

from dataclasses import dataclass

import numpy as np

from . import checks, matmul, memory, threads
from .blank import Blank
from .layer import Layer
from .parameters import Parameters


@dataclass(slots=True)
class Tape:
    """What a forward pass keeps for the backward pass. Nothing in it is changed by `backward`.

    For float32 it holds 4 T B (D + (G + S) H) bytes: the input, G gates and S states of H units (and H more a step
    for a GRU, whose reset acts on one of the products).
    """

    made_by: tuple  # what kind of layer, and its sizes: another kind would read beyond its arrays
    x: np.ndarray  # (T, B, D)
    a: np.ndarray  # (T, B, G*H)   the gates, after their activation
    h: np.ndarray  # (T+1, B, H)   h[0] is the initial state, h[t+1] the state after step t
    c: np.ndarray | None = None  # (T+1, B, H)   the cell state, for the cells that have one
    q: np.ndarray | None = None  # (T, B, H)     GRU: what the reset gate made (r*h before, or h U_n + bn after)

    @property
    def state(self) -> tuple:
        """The final state, (h,) or (h, c), each (B, H): feed it to the next forward to go on with a sequence."""
        return tuple(s[-1] for s in (self.h, self.c) if s is not None)


class Recurrent(Layer):
    """A layer of H units with one recurrent kernel; the cells inherit everything but their kernels from here."""

    gate_names: tuple = ()  # the column blocks of W, U and b, in their order
    state_names: tuple = ("h",)

    def __init__(self, inputs: int, units: int, *, dtype=np.float32, rng=None):
        self.inputs = checks.whole("inputs", inputs)
        self.units = checks.whole("units", units)
        self.dtype = checks.float_type(dtype)
        self._kind = (type(self).__name__, self.inputs, self.units, self.dtype.name, *self._variant())
        self.params = Parameters(self._shapes(), self.dtype)
        self._initialise(checks.generator(rng))

    def _shapes(self) -> dict:
        D, H, G = self.inputs, self.units, len(self.gate_names)
        return {"W": (D, G * H), "U": (H, G * H), "b": (G * H,)}

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

        `state`: (h,) or (h, c), each (B, H), to go on from; default zeros. `lengths` and `training` change nothing
        here: padding stands at the end, where a step cannot touch an earlier one.
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
        checks.lengths(lengths, T, B)
        tape = self._new_tape(x, self._checked_state("state", state, B), T if keep else min(T, matmul.steps_ahead(B)))
        work = T * B * (self.params["W"].size + self.params["U"].size)
        threads.run(lambda b0, b1: self._run_forward(tape, b0, b1), B, work)
        return tape

    def _new_tape(self, x, state, kept) -> Tape:
        """Room for the gates of `kept` steps, and the states with the initial ones in their first row."""
        T, B, _ = x.shape
        states = []
        for initial in state:  # h comes first, and is the output
            steps = T if not states or kept == T else 1
            states.append(memory.empty((steps + 1, B, self.units), self.dtype))
            states[-1][0] = initial
        return Tape(self._kind, x, memory.empty((kept, B, self.params["b"].size), self.dtype), *states)

    def _checked_state(self, name, state, B):
        if state is None:
            return [0] * len(self.state_names)
        if not isinstance(state, tuple | list) or len(state) != len(self.state_names):
            needed = f"({', '.join(self.state_names)}{',' if len(self.state_names) == 1 else ''})"
            got = f"{len(state)} arrays" if isinstance(state, tuple | list) else type(state).__name__
            raise ValueError(f"{name} must be a tuple {needed} of arrays of shape ({B}, {self.units}), got {got}")
        return [
            checks.floats(f"{name}[{i}] ({letter})", s, (B, self.units), self.dtype)
            for i, (letter, s) in enumerate(zip(self.state_names, state, strict=True))
        ]

    def _run_forward(self, tape, b0, b1) -> None:
        """For the sequences b0:b1, fill in the gates and the states."""
        raise NotImplementedError

    # Backward

    def backward(self, dy, tape, dstate=None, *, grads=None, need_dx=True):
        """dy (T, B, H) -> dx (T, B, D), or None if it is not needed, grads as params, and dstate like the state."""
        self._check_tape(tape)
        T, B, _ = tape.x.shape
        dy = checks.floats("dy", dy, (T, B, self.units), self.dtype)
        dstate = self._own_copies(self._checked_state("dstate", dstate, B), B)
        grads = self._grads(grads)
        W, U = self.params["W"], self.params["U"]
        deltas = self._new_deltas(tape)
        dx = memory.empty(tape.x.shape, self.dtype) if need_dx else None

        def sequences(b0, b1):
            self._run_backward(dy, tape, deltas, dstate, b0, b1)
            if need_dx:
                matmul.input_gradient(deltas[0], W, dx, b0, b1)

        def columns(c0, c1):
            self._parameter_gradients(tape, deltas, grads, c0, c1)

        work = T * B * (W.size + U.size)
        threads.run(sequences, B, work)
        threads.run(columns, W.shape[1], work)
        return dx, grads, tuple(dstate)

    def _own_copies(self, values, B):
        """Arrays (B, H) that a kernel may change, with these values (arrays, or 0)."""
        copies = []
        for value in values:
            copies.append(np.empty((B, self.units), self.dtype))
            copies[-1][...] = value
        return copies

    def _new_deltas(self, tape) -> tuple:
        """Room for the gradient of the pre-activations, (T, B, G*H), and for what else the cell's backward leaves."""
        return (memory.empty(tape.a.shape, self.dtype),)

    def _run_backward(self, dy, tape, deltas, dstate, b0, b1) -> None:
        """For the sequences b0:b1, fill `deltas`, and turn `dstate` from the final into the initial one."""
        raise NotImplementedError

    def _parameter_gradients(self, tape, deltas, grads, c0, c1) -> None:
        """Fill the columns c0:c1 of the gradients of W, U and b."""
        x, h, delta = rows(tape.x), rows(tape.h[:-1]), rows(deltas[0])
        matmul.parameter_gradients(x, h, delta, 0, grads["W"], grads["U"], grads["b"], c0, c1)

    # Looking inside

    def _variant(self) -> tuple:
        """What else decides whether a tape fits."""
        return ()

    def _check_tape(self, tape) -> None:
        made_by = getattr(tape, "made_by", type(tape).__name__)
        if made_by != self._kind:
            raise ValueError(f"tape must come from the forward of a layer like this one, {self._kind}, got {made_by}")

    def gates(self, tape) -> dict:
        """Every gate and state by name, each a view (T, B, H) into the tape."""
        self._check_tape(tape)
        named = {name: tape.a[..., self._block(name)] for name in self.gate_names}
        named.update(zip(self.state_names, (s[1:] for s in (tape.h, tape.c) if s is not None), strict=True))
        return named


def rows(array) -> np.ndarray:
    """One row for each step and sequence: (T, B, n) -> (T*B, n)."""
    return array.reshape(-1, array.shape[-1])


def _orthogonal(n: int, rng) -> np.ndarray:
    """A random orthogonal (n, n) matrix, uniform over all of them (Mezzadri 2007: fix the signs of R's diagonal)."""
    q, r = np.linalg.qr(rng.standard_normal((n, n)))
    return q * np.sign(np.diagonal(r))
