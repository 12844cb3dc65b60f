"""The LSTM whose gates see the cell: i, f from c', o from c.   (Gers et al., Precise Timing, 2002)"""

from typing import Any

import numpy as np

from lstm_edu.core.functions import sigmoid, tanh
from lstm_edu.core.kernel import kernel
from lstm_edu.core.matmul import add_product, input_product, pack, pack_transposed
from lstm_edu.core.parameters import Parameters

from .lstm import LSTM
from .recurrent import Recurrent
from .tape import Tape

# T time steps, B sequences, H units.   a, delta (T,B,4H) in blocks i f g o   h, c (T+1,B,H)   U (H,4H)   p (3,H)


@kernel
def forward(x, W, U, bias, p, a, h, c, b0, b1):
    H = U.shape[0]
    pi, pf, po = p[0], p[1], p[2]
    from_x, from_h = pack(W, len(x) * (b1 - b0)), pack(U, b1 - b0)
    for t in range(len(x)):
        input_product(a, x, from_x, bias, t, b0, b1)
        a_t = a[t % len(a)]  # inference keeps a few steps of gates only, used over and over
        add_product(a_t, h[t], from_h, b0, b1)
        for b in range(b0, b1):
            i, f, g = a_t[b, :H], a_t[b, H : 2 * H], a_t[b, 2 * H : 3 * H]
            c_old, c_new = c[t % len(c), b], c[(t + 1) % len(c), b]
            for j in range(H):
                i[j] = sigmoid(i[j] + pi[j] * c_old[j])
                f[j] = sigmoid(f[j] + pf[j] * c_old[j])
                g[j] = tanh(g[j])
                c_new[j] = f[j] * c_old[j] + i[j] * g[j]
            o, h_new = a_t[b, 3 * H :], h[t + 1, b]
            for j in range(H):
                o[j] = sigmoid(o[j] + po[j] * c_new[j])
                h_new[j] = o[j] * tanh(c_new[j])


@kernel
def backward(dy, a, c, U, p, delta, dh, dc, b0, b1):
    H, one = U.shape[0], U.dtype.type(1)  # a plain 1 would make float64 of float32
    pi, pf, po = p[0], p[1], p[2]
    weights = pack_transposed(U)
    for t in range(a.shape[0] - 1, -1, -1):
        for b in range(b0, b1):
            o, do, c_new = a[t, b, 3 * H :], delta[t, b, 3 * H :], c[t + 1, b]
            dy_b, dh_b, dc_b = dy[t, b], dh[b], dc[b]
            for j in range(H):  # what comes through h
                tanh_c = tanh(c_new[j])
                dh_j = dy_b[j] + dh_b[j]
                do[j] = dh_j * tanh_c * o[j] * (one - o[j])
                dc_b[j] += dh_j * o[j] * (one - tanh_c * tanh_c) + do[j] * po[j]
                dh_b[j] = 0
            i, f, g, c_old = a[t, b, :H], a[t, b, H : 2 * H], a[t, b, 2 * H : 3 * H], c[t, b]
            di, df, dg = delta[t, b, :H], delta[t, b, H : 2 * H], delta[t, b, 2 * H : 3 * H]
            for j in range(H):  # what comes through c
                di[j] = dc_b[j] * g[j] * i[j] * (one - i[j])
                df[j] = dc_b[j] * c_old[j] * f[j] * (one - f[j])
                dg[j] = dc_b[j] * i[j] * (one - g[j] * g[j])
                dc_b[j] = dc_b[j] * f[j] + di[j] * pi[j] + df[j] * pf[j]
        add_product(dh, delta[t], weights, b0, b1)


class PeepholeLSTM(LSTM):
    """Long short-term memory with peepholes: each gate also sees its own cell, through one weight.

    At each step, where h' and c' are the state before it::

        i = sigmoid(x W_i + h' U_i + b_i + p_i * c')      the old cell state
        f = sigmoid(x W_f + h' U_f + b_f + p_f * c')      the old cell state
        g = tanh   (x W_g + h' U_g + b_g)
        c = f * c' + i * g
        o = sigmoid(x W_o + h' U_o + b_o + p_o * c)       the new cell state
        h = o * tanh(c)

    Parameters
    ----------
    inputs : int
        D, the numbers that go in at each step.
    units : int
        H.
    forget_bias : float or sequence of float, default 1.0
        Where the biases of f start: one number, or one per unit.
    input_bias : float or sequence of float, default 0.0
        Where those of i start.
    cell_clip : float, optional
        A bound for c to both sides, beyond which it is held; None: none.
    dtype : dtype, default float32
        Of all numbers: float32 or float64.
    rng : int or numpy.random.Generator, optional
        Draws the initial W and U; None: a new seed from the system.

    Attributes
    ----------
    params : Parameters
        What is learned:

        - W (D, 4H): input weights, column blocks i f g o.
        - U (H, 4H): recurrent weights, the same blocks.
        - b (4H,): biases, which start at `input_bias`, `forget_bias`, 0, 0.
        - p (3, H): peepholes, rows i, f, o; they start at 0.

    Raises
    ------
    ValueError
        As for `LSTM`.

    Notes
    -----
    The state is (h, c), each (B, H). With p = 0 this is the LSTM, and with the same `rng` it starts as the same
    function.

    The gradient is the full one; the paper's rule cuts it off at the peepholes as well as at the gates.

    References
    ----------
    Gers, Schraudolph and Schmidhuber, Learning precise timing with LSTM recurrent networks, JMLR 3, 2002.

    Examples
    --------
    >>> layer = PeepholeLSTM(3, 5, rng=0)
    >>> layer.count_parameters() - LSTM(3, 5, rng=0).count_parameters()
    15
    """

    title = "Peephole LSTM"

    @classmethod
    def parameter_shapes(cls, inputs: int, units: int, **_: Any) -> dict[str, tuple]:  # type: ignore[override]
        """Those of the LSTM, and p."""
        return super().parameter_shapes(inputs, units) | {"p": (3, units)}

    def _run_forward(self, tape: Tape, b0: int, b1: int) -> None:
        if self.cell_clip is not None:
            super()._run_forward(tape, b0, b1)
        else:
            forward(tape.x, *self.params.values(), tape.a, tape.h, tape.c, b0, b1)

    def _run_backward(
        self, dy: np.ndarray, tape: Tape, deltas: tuple | list, dstate: list[np.ndarray], b0: int, b1: int
    ) -> None:
        dh, dc = dstate
        if self.cell_clip is not None:
            super()._run_backward(dy, tape, deltas, dstate, b0, b1)
            return
        backward(dy, tape.a, tape.c, self.params["U"], self.params["p"], *deltas, dh, dc, b0, b1)

    def _other_gradients(self, tape: Tape, deltas: tuple, grads: Parameters) -> None:
        peephole_gradients(self, tape.states[1], deltas[0], grads["p"])


def peephole_gradients(layer: Recurrent, c: np.ndarray, delta: np.ndarray, dp: np.ndarray, gates: str = "ifo") -> None:
    """dp = sum of delta times the cell that the gate saw: i and f the old one, o the new one.

    Parameters
    ----------
    layer : Recurrent
        With these gates.
    c : numpy.ndarray
        (T + 1, B, H), the cell states.
    delta : numpy.ndarray
        (T, B, G*H), the gates' deltas.
    dp : numpy.ndarray
        (gates, H), to be filled.
    gates : str
        Which gates have peepholes, in the order of dp's rows.
    """
    for k, gate in enumerate(gates):
        seen = c[1:] if gate == "o" else c[:-1]
        np.einsum("tbh,tbh->h", delta[..., layer._block(gate)], seen, out=dp[k])
