"""The gated recurrent unit: h = z h' + (1 - z) n.   (Cho et al., Learning phrase representations, 2014)"""

import numpy as np

from .kernel import kernel, sigmoid, tanh
from .layer import initial_values
from .matmul import add_product
from .recurrent import Recurrent

# T time steps, B sequences, H units.   a, delta (T,B,3H) in blocks r z n   h (T+1,B,H)   U_rz (H,2H)   U_n (H,H)
# q is what the reset gate made on its way to the candidate n, dq its gradient: r * h' (reset before the product) or
# h' U_n + bn (reset after it).


@kernel
def forward_before(a, U_rz, U_n, h, q, b0, b1):
    H = U_n.shape[0]
    for t in range(a.shape[0]):
        add_product(a[t], h[t], U_rz, b0, b1)
        for b in range(b0, b1):
            r, z, h_old, q_b = a[t, b, :H], a[t, b, H : 2 * H], h[t, b], q[t, b]
            for j in range(H):
                r[j] = sigmoid(r[j])
                z[j] = sigmoid(z[j])
                q_b[j] = r[j] * h_old[j]
        add_product(a[t], q[t], U_n, b0, b1, 2 * H)
        for b in range(b0, b1):
            z, n, h_old, h_new = a[t, b, H : 2 * H], a[t, b, 2 * H :], h[t, b], h[t + 1, b]
            for j in range(H):
                n[j] = tanh(n[j])
                h_new[j] = z[j] * h_old[j] + (1 - z[j]) * n[j]


@kernel
def backward_before(dy, a, h, UT_rz, UT_n, delta, dq, dh, b0, b1):
    H = UT_n.shape[0]
    for t in range(a.shape[0] - 1, -1, -1):
        for b in range(b0, b1):
            z, n, h_old = a[t, b, H : 2 * H], a[t, b, 2 * H :], h[t, b]
            dz, dn = delta[t, b, H : 2 * H], delta[t, b, 2 * H :]
            dy_b, dh_b, dq_b = dy[t, b], dh[b], dq[b]
            for j in range(H):
                dh_j = dy_b[j] + dh_b[j]
                dz[j] = dh_j * (h_old[j] - n[j]) * z[j] * (1 - z[j])
                dn[j] = dh_j * (1 - z[j]) * (1 - n[j] * n[j])
                dh_b[j] = dh_j * z[j]
                dq_b[j] = 0
        add_product(dq, delta[t], UT_n, b0, b1, 0, 2 * H)
        for b in range(b0, b1):
            r, h_old, dr, dh_b, dq_b = a[t, b, :H], h[t, b], delta[t, b, :H], dh[b], dq[b]
            for j in range(H):
                dr[j] = dq_b[j] * h_old[j] * r[j] * (1 - r[j])
                dh_b[j] += dq_b[j] * r[j]
        add_product(dh, delta[t], UT_rz, b0, b1)


@kernel
def forward_after(a, U_rz, U_n, bn, h, q, b0, b1):
    H = U_n.shape[0]
    for t in range(a.shape[0]):
        for b in range(b0, b1):
            q[t, b] = bn
        add_product(a[t], h[t], U_rz, b0, b1)
        add_product(q[t], h[t], U_n, b0, b1)
        for b in range(b0, b1):
            r, z, n = a[t, b, :H], a[t, b, H : 2 * H], a[t, b, 2 * H :]
            h_old, h_new, q_b = h[t, b], h[t + 1, b], q[t, b]
            for j in range(H):
                r[j] = sigmoid(r[j])
                z[j] = sigmoid(z[j])
                n[j] = tanh(n[j] + r[j] * q_b[j])
                h_new[j] = z[j] * h_old[j] + (1 - z[j]) * n[j]


@kernel
def backward_after(dy, a, h, q, UT_rz, UT_n, delta, dq, dh, b0, b1):
    H = UT_n.shape[0]
    for t in range(a.shape[0] - 1, -1, -1):
        for b in range(b0, b1):
            r, z, n = a[t, b, :H], a[t, b, H : 2 * H], a[t, b, 2 * H :]
            dr, dz, dn = delta[t, b, :H], delta[t, b, H : 2 * H], delta[t, b, 2 * H :]
            h_old, q_b, dy_b, dh_b, dq_b = h[t, b], q[t, b], dy[t, b], dh[b], dq[t, b]
            for j in range(H):
                dh_j = dy_b[j] + dh_b[j]
                dz[j] = dh_j * (h_old[j] - n[j]) * z[j] * (1 - z[j])
                dn[j] = dh_j * (1 - z[j]) * (1 - n[j] * n[j])
                dr[j] = dn[j] * q_b[j] * r[j] * (1 - r[j])
                dq_b[j] = dn[j] * r[j]
                dh_b[j] = dh_j * z[j]
        add_product(dh, delta[t], UT_rz, b0, b1)
        add_product(dh, dq[t], UT_n, b0, b1)


class GRU(Recurrent):
    """The gated recurrent unit: one gate keeps and writes, no cell state of its own.

        r = sigmoid(x W_r + h' U_r + b_r)                 reset gate:  what of the past the candidate sees
        z = sigmoid(x W_z + h' U_z + b_z)                 update gate: what stays
        n = tanh(x W_n + (r * h') U_n + b_n)              candidate, reset_after=False
        n = tanh(x W_n + r * (h' U_n + bn) + b_n)         candidate, reset_after=True
        h = z * h' + (1 - z) * n                          state and output

    | name | shape   | what                                                                 |
    | ---- | ------- | -------------------------------------------------------------------- |
    | W    | (D, 3H) | input weights, column blocks r z n                                   |
    | U    | (H, 3H) | recurrent weights, the same blocks                                   |
    | b    | (3H,)   | biases; the block z starts at `update_bias`, the others at 0         |
    | bn   | (H,)    | the bias inside the reset product, for reset_after=True only, 0      |
    | h    | (B, H)  | the state, and the output                                            |

    `reset_after=False` is the paper's form and TensorFlow's GRUCell; `reset_after=True` is the form of cuDNN, PyTorch
    and Keras, which lets both products with h' be made at once. z = 1 keeps the state, as in Cho et al.; in the
    notation of Chung et al. (2014) z and 1 - z change places. `update_bias`: one number, or one per unit; above zero
    the units start by keeping what they hold.

    >>> layer = GRU(3, 5, rng=0)
    >>> y, tape = layer.forward(np.ones((4, 2, 3)))   # T = 4 steps of B = 2 sequences
    >>> y.shape, list(layer.gates(tape))
    ((4, 2, 5), ['r', 'z', 'n', 'h'])

    Source: K. Cho et al., Learning Phrase Representations using RNN Encoder-Decoder for Statistical Machine
    Translation, EMNLP 2014.
    """

    gate_names = ("r", "z", "n")

    def __init__(
        self, inputs: int, units: int, *, reset_after: bool = False, update_bias=0.0, dtype=np.float32, rng=None
    ):
        if not isinstance(reset_after, bool):
            raise ValueError(f"reset_after must be True or False, got {reset_after!r}")
        self.reset_after = reset_after
        super().__init__(inputs, units, dtype=dtype, rng=rng)
        self.update_bias = initial_values("update_bias", update_bias, self.units)
        self.params["b"][self._block("z")] = self.update_bias

    def _shapes(self):
        return super()._shapes() | ({"bn": (self.units,)} if self.reset_after else {})

    def config(self) -> dict:
        return super().config() | {"reset_after": self.reset_after, "update_bias": self.update_bias}

    def _products(self):
        """U in its two parts, r z and n: two products with a gate in between."""
        U = self.params["U"]
        return U[:, : 2 * self.units], U[:, 2 * self.units :]

    def _run_forward(self, tape):
        tape.q = np.empty_like(tape.h[1:])
        U_rz, U_n = map(np.ascontiguousarray, self._products())
        if self.reset_after:
            self._run(forward_after, tape, tape.a, U_rz, U_n, self.params["bn"], tape.h, tape.q)
        else:
            self._run(forward_before, tape, tape.a, U_rz, U_n, tape.h, tape.q)

    def _run_backward(self, dy, tape, delta, dstate, grads):
        (dh,) = dstate
        H = self.units
        UT_rz, UT_n = (np.ascontiguousarray(part.T) for part in self._products())
        if self.reset_after:
            dq = np.empty_like(tape.q)
            self._run(backward_after, tape, dy, tape.a, tape.h, tape.q, UT_rz, UT_n, delta, dq, dh)
            seen_by_n, delta_n = self._previous(tape.h), dq.reshape(-1, H)
            np.sum(delta_n, axis=0, out=grads["bn"])
        else:
            dq = np.empty_like(dh)  # of one step: nothing outside the kernel needs it
            self._run(backward_before, tape, dy, tape.a, tape.h, UT_rz, UT_n, delta, dq, dh)
            seen_by_n, delta_n = tape.q.reshape(-1, H), delta.reshape(-1, 3 * H)[:, 2 * H :]
        np.matmul(self._previous(tape.h).T, delta.reshape(-1, 3 * H)[:, : 2 * H], out=grads["U"][:, : 2 * H])
        np.matmul(seen_by_n.T, delta_n, out=grads["U"][:, 2 * H :])
