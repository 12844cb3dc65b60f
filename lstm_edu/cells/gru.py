"""The gated recurrent unit: h = z h' + (1 - z) n.   (Cho et al., Learning phrase representations, 2014)"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from lstm_edu.core import memory
from lstm_edu.core.checks import Rng
from lstm_edu.core.functions import sigmoid, tanh
from lstm_edu.core.kernel import kernel
from lstm_edu.core.layer import initial_values
from lstm_edu.core.matmul import add_product, input_product, pack, pack_transposed, parameter_gradients, set_product
from lstm_edu.core.parameters import Parameters

from .recurrent import Recurrent, rows
from .tape import Tape

# T time steps, B sequences, H units.   a, delta (T,B,3H) in blocks r z n   h (T+1,B,H)   U (H,3H)   dh (B,H)
# past is what the candidate n sees of the past, dpast its gradient: r * h' (reset before the product), or h' U_n + bn
# (reset after it).


@kernel
def forward_before(x, W, U, bias, a, h, past, b0, b1):
    H, one = U.shape[0], U.dtype.type(1)  # a plain 1 would make float64 of float32
    from_x, weights_rz, weights_n = pack(W, len(x) * (b1 - b0)), pack(U, b1 - b0, 0, 2 * H), pack(U, b1 - b0, 2 * H)
    for t in range(len(x)):
        input_product(a, x, from_x, bias, t, b0, b1)
        a_t, past_t = a[t % len(a)], past[t % len(past)]  # inference keeps a few steps only, used over and over
        add_product(a_t, h[t], weights_rz, b0, b1)
        for b in range(b0, b1):
            r, h_old, past_b = a_t[b, :H], h[t, b], past_t[b]
            for j in range(H):
                r[j] = sigmoid(r[j])
                past_b[j] = r[j] * h_old[j]
        add_product(a_t, past_t, weights_n, b0, b1, 2 * H)
        for b in range(b0, b1):
            z, n, h_old, h_new = a_t[b, H : 2 * H], a_t[b, 2 * H :], h[t, b], h[t + 1, b]
            for j in range(H):
                z[j] = sigmoid(z[j])
                n[j] = tanh(n[j])
                h_new[j] = z[j] * h_old[j] + (one - z[j]) * n[j]


@kernel
def backward_before(dy, a, h, U, delta, dpast, dh, b0, b1):
    H, one = U.shape[0], U.dtype.type(1)
    weights_rz, weights_n = pack_transposed(U, 0, 2 * H), pack_transposed(U, 2 * H)
    for t in range(a.shape[0] - 1, -1, -1):
        for b in range(b0, b1):
            z, n, h_old = a[t, b, H : 2 * H], a[t, b, 2 * H :], h[t, b]
            dz, dn = delta[t, b, H : 2 * H], delta[t, b, 2 * H :]
            dy_b, dh_b, dpast_b = dy[t, b], dh[b], dpast[b]
            for j in range(H):
                dh_j = dy_b[j] + dh_b[j]
                dz[j] = dh_j * (h_old[j] - n[j]) * z[j] * (one - z[j])
                dn[j] = dh_j * (one - z[j]) * (one - n[j] * n[j])
                dh_b[j] = dh_j * z[j]
                dpast_b[j] = 0
        add_product(dpast, delta[t], weights_n, b0, b1, 0, 2 * H)
        for b in range(b0, b1):
            r, h_old, dr, dh_b, dpast_b = a[t, b, :H], h[t, b], delta[t, b, :H], dh[b], dpast[b]
            for j in range(H):
                dr[j] = dpast_b[j] * h_old[j] * r[j] * (one - r[j])
                dh_b[j] += dpast_b[j] * r[j]
        add_product(dh, delta[t], weights_rz, b0, b1)


@kernel
def forward_after(x, W, U, bias, bn, a, h, past, b0, b1):
    H, one = U.shape[0], U.dtype.type(1)
    from_x, from_h = pack(W, len(x) * (b1 - b0)), pack(U, b1 - b0)
    inner, inner_bias = np.empty((a.shape[1], 3 * H), a.dtype), np.zeros(3 * H, a.dtype)
    inner_bias[2 * H :] = bn
    for t in range(len(x)):
        input_product(a, x, from_x, bias, t, b0, b1)
        set_product(inner, inner_bias, h[t], from_h, b0, b1)
        a_t, past_t = a[t % len(a)], past[t % len(past)]
        for b in range(b0, b1):
            r, n, u_r, u_n, past_b = a_t[b, :H], a_t[b, 2 * H :], inner[b, :H], inner[b, 2 * H :], past_t[b]
            for j in range(H):
                r[j] = sigmoid(r[j] + u_r[j])
                past_b[j] = u_n[j]
                n[j] = tanh(n[j] + r[j] * u_n[j])
            z, u_z, h_old, h_new = a_t[b, H : 2 * H], inner[b, H : 2 * H], h[t, b], h[t + 1, b]
            for j in range(H):
                z[j] = sigmoid(z[j] + u_z[j])
                h_new[j] = z[j] * h_old[j] + (one - z[j]) * n[j]


@kernel
def backward_after(dy, a, h, past, U, delta, dpast, dh, b0, b1):
    H, one = U.shape[0], U.dtype.type(1)
    weights_rz, weights_n = pack_transposed(U, 0, 2 * H), pack_transposed(U, 2 * H)
    for t in range(a.shape[0] - 1, -1, -1):
        for b in range(b0, b1):
            z, n, h_old = a[t, b, H : 2 * H], a[t, b, 2 * H :], h[t, b]
            dz, dn, dy_b, dh_b = delta[t, b, H : 2 * H], delta[t, b, 2 * H :], dy[t, b], dh[b]
            for j in range(H):
                dh_j = dy_b[j] + dh_b[j]
                dz[j] = dh_j * (h_old[j] - n[j]) * z[j] * (one - z[j])
                dn[j] = dh_j * (one - z[j]) * (one - n[j] * n[j])
                dh_b[j] = dh_j * z[j]
            r, dr, past_b, dpast_b = a[t, b, :H], delta[t, b, :H], past[t, b], dpast[t, b]
            for j in range(H):
                dr[j] = dn[j] * past_b[j] * r[j] * (one - r[j])
                dpast_b[j] = dn[j] * r[j]
        add_product(dh, delta[t], weights_rz, b0, b1)
        add_product(dh, dpast[t], weights_n, b0, b1)


class GRU(Recurrent):
    """The gated recurrent unit: one gate keeps and writes, no cell state of its own.

    At each step, where h' is the state before it::

        r = sigmoid(x W_r + h' U_r + b_r)                 reset gate:  what of the past the candidate sees
        z = sigmoid(x W_z + h' U_z + b_z)                 update gate: what stays
        n = tanh(x W_n + (r * h') U_n + b_n)              candidate, reset_after=False
        n = tanh(x W_n + r * (h' U_n + bn) + b_n)         candidate, reset_after=True
        h = z * h' + (1 - z) * n                          state and output

    Parameters
    ----------
    inputs : int
        D, the numbers that go in at each step.
    units : int
        H.
    reset_after : bool, default False
        False: the paper's form and TensorFlow's GRUCell. True: the form of cuDNN, PyTorch and Keras, which lets both
        products with h' be made at once.
    update_bias : float or sequence of float, default 0.0
        Where the biases of z start: one number, or one per unit; above zero the units start by keeping what they hold.
    dtype : dtype, default float32
        Of all numbers: float32 or float64.
    rng : int or numpy.random.Generator, optional
        Draws the initial W and U; None: a new seed from the system.

    Attributes
    ----------
    params : Parameters
        What is learned:

        - W (D, 3H): input weights, column blocks r z n.
        - U (H, 3H): recurrent weights, the same blocks.
        - b (3H,): biases; the block z starts at `update_bias`, the others at 0.
        - bn (H,): the bias inside the reset product, for `reset_after` only; it starts at 0.

    Raises
    ------
    ValueError
        For sizes below 1, for another dtype, and for biases that are not finite or of another count.

    Notes
    -----
    The state is h (B, H), which is also the output.

    The state is kept at z = 1, as in Cho et al.; in the notation of Chung et al. (2014) z and 1 - z change places.

    References
    ----------
    Cho et al., Learning phrase representations using RNN encoder-decoder for statistical machine translation, EMNLP
    2014.

    Examples
    --------
    >>> layer = GRU(3, 5, rng=0)
    >>> y, tape = layer.forward(np.ones((4, 2, 3)))   # T = 4 steps of B = 2 sequences
    >>> y.shape, list(layer.gates(tape))
    ((4, 2, 5), ['r', 'z', 'n', 'h'])
    """

    title = "GRU"
    gate_names = ("r", "z", "n")
    fixed = Recurrent.fixed | {"reset_after"}
    keeping_bias = "update_bias"

    def __init__(
        self,
        inputs: int,
        units: int,
        *,
        reset_after: bool = False,
        update_bias: ArrayLike = 0.0,
        dtype: DTypeLike = np.float32,
        rng: Rng = None,
    ) -> None:
        if not isinstance(reset_after, bool | np.bool_):
            raise ValueError(f"reset_after must be True or False, got {reset_after!r}")
        self.reset_after = bool(reset_after)
        super().__init__(inputs, units, dtype=dtype, rng=rng)
        self.update_bias = initial_values("update_bias", update_bias, self.units)
        self.params["b"][self._block("z")] = self.update_bias

    @classmethod
    def parameter_shapes(  # type: ignore[override]
        cls, inputs: int, units: int, reset_after: bool = False, **_: Any
    ) -> dict[str, tuple]:
        """Those of every cell, and bn for `reset_after`."""
        return super().parameter_shapes(inputs, units) | ({"bn": (units,)} if reset_after else {})

    @classmethod
    def kept_widths(cls, units: int, **_: Any) -> dict[str, int]:
        """What the candidate sees of the past."""
        return {"past": units}

    def _form(self) -> dict[str, Any]:
        return {"reset_after": self.reset_after}

    def config(self) -> dict[str, Any]:
        """The arguments that make this layer again, not its weights.

        Returns
        -------
        dict
            Plain numbers, strings and lists by the arguments' names.
        """
        return super().config() | {"reset_after": self.reset_after, "update_bias": self.update_bias}

    def _run_forward(self, tape: Tape, b0: int, b1: int) -> None:
        forward = forward_after if self.reset_after else forward_before
        forward(tape.x, *self.params.values(), tape.a, tape.h, tape.past, b0, b1)

    def _new_deltas(self, tape: Tape) -> tuple[np.ndarray, ...]:
        # of all steps, or room for one that nobody looks at later
        shape = tape.past.shape if self.reset_after else tape.past.shape[1:]
        return (*super()._new_deltas(tape), memory.empty(shape, self.dtype))

    def _run_backward(
        self, dy: np.ndarray, tape: Tape, deltas: tuple | list, dstate: list[np.ndarray], b0: int, b1: int
    ) -> None:
        U = self.params["U"]
        if self.reset_after:
            backward_after(dy, tape.a, tape.h, tape.past, U, *deltas, *dstate, b0, b1)
        else:
            backward_before(dy, tape.a, tape.h, U, *deltas, *dstate, b0, b1)

    def _parameter_gradients(self, tape: Tape, deltas: tuple, grads: Parameters, c0: int, c1: int) -> None:
        x, h, past, delta, dpast = map(rows, (tape.x, tape.h[:-1], tape.past, *deltas))
        dW, dU, db = grads["W"], grads["U"], grads["b"]
        n = 2 * self.units  # here the columns of the candidate begin, whose product has factors of its own
        if c0 < n:
            parameter_gradients(x, h, delta, 0, dW, dU, db, c0, min(c1, n))
        if c1 > n and not self.reset_after:
            parameter_gradients(x, past, delta, 0, dW, dU, db, max(c0, n), c1)
        if c1 > n and self.reset_after:
            none, nowhere = np.empty((len(x), 0), self.dtype), np.empty((0, 3 * self.units), self.dtype)
            parameter_gradients(x, none, delta, 0, dW, nowhere, db, max(c0, n), c1)
            parameter_gradients(h, none, dpast, n, dU, nowhere, grads["bn"], max(c0, n) - n, c1 - n)
