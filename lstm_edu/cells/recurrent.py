"""What every recurrent cell shares: parameters, the input product, the products that make the gradients.

a  = X W + b                                   all T at once      here
for t:           a[t] += h[t-1] U ; gates, states                 the cell's file
for t reversed:  delta[t] from dy and the gates                   the cell's file
dW = X^T delta   dU = h[:-1]^T delta   db = sum delta   dX = delta W^T   all T at once   here
"""

from dataclasses import dataclass

import numpy as np

from . import checks, threads
from .layer import Layer
from .parameters import Parameters


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
        tape = Tape(x, self._input_product(x), *self._states(state, T, B))
        self._run_forward(tape)
        return tape.h[1:], tape

    def _input_product(self, x):
        T, B, D = x.shape
        a = x.reshape(T * B, D) @ self.params["W"]
        a += self.params["b"]
        return a.reshape(T, B, -1)

    def _states(self, state, T, B):
        """The arrays of the states, (T+1, B, H) each, with the initial ones in their first row."""
        given = self._checked_state("state", state, B)
        arrays = [np.empty((T + 1, B, self.units), self.dtype) for _ in self.state_names]
        for array, initial in zip(arrays, given, strict=True):
            array[0] = initial
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

    def _run_forward(self, tape) -> None:
        """Turn the pre-activations on the tape into gates, and fill in the states."""
        raise NotImplementedError

    # Backward

    def backward(self, dy, tape, dstate=None, *, grads=None):
        """dy (T, B, H) -> dx (T, B, D), grads with the names of params, and dstate like the state."""
        T, B, D = tape.x.shape
        dy = checks.floats("dy", dy, (T, B, self.units), self.dtype)
        dstate = [np.array(np.broadcast_to(d, (B, self.units)), self.dtype, order="C")
                  for d in self._checked_state("dstate", dstate, B)]  # fmt: skip
        grads = self._grads(grads)
        delta = np.empty_like(tape.a)
        self._run_backward(dy, tape, delta, dstate, grads)
        delta = delta.reshape(T * B, -1)
        np.matmul(tape.x.reshape(T * B, D).T, delta, out=grads["W"])
        np.sum(delta, axis=0, out=grads["b"])
        dx = (delta @ self.params["W"].T).reshape(T, B, D)
        return dx, grads, tuple(dstate)

    def _run_backward(self, dy, tape, delta, dstate, grads) -> None:
        """Fill `delta` (T, B, G*H), the gradient of the pre-activations, turn `dstate` from the final into the
        initial one, and write the gradients of the parameters that the recurrence alone knows: U and its like."""
        raise NotImplementedError

    def _run(self, kernel, tape, *args) -> None:
        """Run a kernel over the batch, on as many threads as the work is worth."""
        T, B, _ = tape.x.shape
        threads.run(kernel, B, T * B * self.params["U"].size, *args)

    def _previous(self, states):
        """h[t-1] (or c[t-1]) for all t: (T+1, B, H) -> (T*B, H)."""
        return states[:-1].reshape(-1, self.units)

    # Looking inside

    def gates(self, tape) -> dict:
        """Every gate and state by name, each a view (T, B, H) into the tape."""
        named = {name: tape.a[..., self._block(name)] for name in self.gate_names}
        named.update(zip(self.state_names, (s[1:] for s in (tape.h, tape.c) if s is not None), strict=True))
        return named


def _orthogonal(n: int, rng) -> np.ndarray:
    """A random orthogonal (n, n) matrix, uniform over all of them (Mezzadri 2007: fix the signs of R's diagonal)."""
    q, r = np.linalg.qr(rng.standard_normal((n, n)))
    return q * np.sign(np.diagonal(r))
