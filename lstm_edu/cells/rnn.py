"""The plain recurrent network: h = tanh(x W + h' U + b).   (Elman, Finding structure in time, 1990)"""

from lstm_edu.core.functions import tanh
from lstm_edu.core.kernel import kernel
from lstm_edu.core.matmul import add_product, input_product, pack, pack_transposed

from .recurrent import Recurrent

# T time steps, B sequences, H units.   a (T,B,H)   h (T+1,B,H)   U (H,H)   dy, delta (T,B,H)   dh (B,H)


@kernel
def forward(x, W, U, bias, a, h, b0, b1):
    from_x, from_h = pack(W, len(x) * (b1 - b0)), pack(U, b1 - b0)
    for t in range(len(x)):
        input_product(a, x, from_x, bias, t, b0, b1)
        a_t = a[t % len(a)]
        add_product(a_t, h[t], from_h, b0, b1)
        for b in range(b0, b1):
            z, h_new = a_t[b], h[t + 1, b]
            for j in range(z.size):
                h_new[j] = tanh(z[j])


@kernel
def backward(dy, h, U, delta, dh, b0, b1):
    weights = pack_transposed(U)
    for t in range(dy.shape[0] - 1, -1, -1):
        for b in range(b0, b1):
            dz, y, dh_b = delta[t, b], h[t + 1, b], dh[b]
            for j in range(dz.size):
                dz[j] = (dy[t, b, j] + dh_b[j]) * (1 - y[j] * y[j])
                dh_b[j] = 0
        add_product(dh, delta[t], weights, b0, b1)


class RNN(Recurrent):
    """The plain recurrent network with tanh units.

        h[t] = tanh(x[t] W + h[t-1] U + b)

    | name | shape  | what                         |
    | ---- | ------ | ---------------------------- |
    | W    | (D, H) | input weights                |
    | U    | (H, H) | recurrent weights            |
    | b    | (H,)   | bias                         |
    | h    | (B, H) | the state, and the output    |

    >>> import numpy as np
    >>> layer = RNN(3, 5, rng=0)
    >>> y, tape = layer.forward(np.ones((4, 2, 3)))   # T = 4 steps of B = 2 sequences
    >>> y.shape, layer.gates(tape).keys()
    ((4, 2, 5), dict_keys(['h']))

    Source: J. Elman, Finding Structure in Time, Cognitive Science 14 (1990).
    """

    title = "RNN"
    gate_names = ("h",)

    def _run_forward(self, tape, b0, b1):
        forward(tape.x, *self.params.values(), tape.a, tape.h, b0, b1)

    def _run_backward(self, dy, tape, deltas, dstate, b0, b1):
        (dh,) = dstate
        backward(dy, tape.h, self.params["U"], *deltas, dh, b0, b1)

    def gates(self, tape) -> dict:
        """The state by its name, "h" (T, B, H)."""
        self._check_tape(tape)
        return {"h": tape.h[1:]}
