"""What every recurrent cell shares: parameters, the input product, the products that make the gradients.

a  = X W + b                                   all T at once      here
for t:           a[t] += h[t-1] U ; gates, states                 the cell's file
for t reversed:  delta[t] from dy and the gates                   the cell's file
dW = X^T delta   dU = h[:-1]^T delta   db = sum delta   dX = delta W^T   all T at once   here
"""

from dataclasses import dataclass

import numpy as np

from . import checks, matmul, threads
from .layer import Layer
from .parameters import Parameters

_FEW_STEPS = 1_000_000  # numbers that an inference holds of the pre-activations: what a processor's cache has room for


@dataclass(slots=True)
class Tape:
    """What a forward pass keeps for the backward pass. Nothing in it is changed by `backward`.

    For float32 it holds 4 T B (D + (G + S) H) bytes: the input, G gates and S states of H units (and H more a step
    for a GRU, whose reset acts on one of the products).
    """

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
        self.params = Parameters(self._shapes(), self.dtype)
        self._initialise(checks.generator(rng))

    def _shapes(self) -> dict:
        D, H, G = self.inputs, self.units, len(self.gate_names)
        return {"W": (D, G * H), "U": (H, G * H), "b": (G * H,)}

    def _initialise(self, rng) -> None:
        """W Glorot uniform and U orthogonal, both gate by gate; all else zero."""
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

        `state`: (h,) or (h, c), each (B, H), to go on from; default zeros. `lengths` and `training` change nothing:
        padding stands at the end, where a step cannot touch an earlier one.
        """
        x = checks.floats("x", x, ("T", "B", self.inputs), self.dtype)
        T, B, _ = x.shape
        tape = self._new_tape(x, self._states(state, B, T, T))
        self._fill(tape)
        return tape.h[1:], tape

    def __call__(self, x, state=None, *, lengths=None):
        """y (T, B, H) alone: nothing is kept for a backward pass, so the memory is that of y and of a few steps."""
        x = checks.floats("x", x, ("T", "B", self.inputs), self.dtype)
        T, B, _ = x.shape
        few = min(T, max(1, _FEW_STEPS // (B * self.params["b"].size)))
        h, *others = self._states(state, B, T, few)
        tape = self._new_tape(x[:few], [h[: few + 1], *others])
        a = tape.a
        for t in range(0, T, few):
            tape.x, tape.h, tape.a = x[t : t + few], h[t : t + few + 1], a[: T - t]
            if t > 0 and tape.c is not None:
                tape.c[0] = tape.c[few]
            self._fill(tape)
        return h[1:]

    def _new_tape(self, x, states) -> Tape:
        T, B, _ = x.shape
        return Tape(x, np.empty((T, B, self.params["b"].size), self.dtype), *states)

    def _fill(self, tape) -> None:
        """Run the kernels over the steps of tape.x."""
        T, B, _ = tape.x.shape
        W, U, b = self.params["W"], self.params["U"], self.params["b"]

        def sequences(b0, b1):
            matmul.input_product(tape.x, W, b, tape.a, b0, b1)
            self._run_forward(tape, b0, b1)

        threads.run(sequences, B, T * B * (W.size + U.size))

    def _states(self, state, B, T, T_others):
        """The arrays of the states, h (T+1, B, H) and c (T_others+1, B, H), the initial ones in their first row."""
        arrays = []
        for initial, steps in zip(self._checked_state("state", state, B), (T, T_others), strict=False):
            array = np.empty((steps + 1, B, self.units), self.dtype)
            array[0] = initial
            arrays.append(array)
        return arrays

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
        """For the sequences b0:b1, turn the pre-activations on the tape into gates, and fill in the states."""
        raise NotImplementedError

    # Backward

    def backward(self, dy, tape, dstate=None, *, grads=None):
        """dy (T, B, H) -> dx (T, B, D), grads with the names of params, and dstate like the state."""
        T, B, _ = tape.x.shape
        dy = checks.floats("dy", dy, (T, B, self.units), self.dtype)
        dstate = self._own_copies(self._checked_state("dstate", dstate, B), B)
        grads = self._grads(grads)
        W, U = self.params["W"], self.params["U"]
        dx, deltas = np.empty_like(tape.x), self._new_deltas(tape)

        def sequences(b0, b1):
            self._run_backward(dy, tape, deltas, dstate, b0, b1)
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
        return (np.empty_like(tape.a),)

    def _run_backward(self, dy, tape, deltas, dstate, b0, b1) -> None:
        """For the sequences b0:b1, fill `deltas`, and turn `dstate` from the final into the initial one."""
        raise NotImplementedError

    def _parameter_gradients(self, tape, deltas, grads, c0, c1) -> None:
        """Fill the columns c0:c1 of the gradients of W, U and b."""
        x, h, delta = rows(tape.x), rows(tape.h[:-1]), rows(deltas[0])
        matmul.parameter_gradients(x, h, delta, grads["W"], grads["U"], grads["b"], c0, c1)

    # Looking inside

    def gates(self, tape) -> dict:
        """Every gate and state by name, each a view (T, B, H) into the tape."""
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
