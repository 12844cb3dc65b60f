"""The LSTM whose gates see each other: i, f and o take in i', f' and o'.   (FGR of Greff et al. 2017)"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from lstm_edu.core.blank import Blank
from lstm_edu.core.checks import Rng
from lstm_edu.core.functions import sigmoid, tanh
from lstm_edu.core.kernel import kernel
from lstm_edu.core.layer import initial_values
from lstm_edu.core.matmul import add_product, input_product, pack, pack_transposed, parameter_gradients
from lstm_edu.core.parameters import Parameters

from .peephole import peephole_gradients
from .recurrent import Recurrent, orthogonal, rows
from .tape import Tape

# T steps, B sequences, H units.   a, delta (T,B,4H) in blocks i f o g: the gates side by side   h, c (T+1,B,H)
# s (T+1,B,3H) the gates i f o as the next step sees them   U (H,4H)   V (3H,3H)   p (3,H)   dh, dc (B,H)   ds (B,3H)


@kernel
def forward(x, W, U, bias, V, p, a, h, c, s, b0, b1):
    H = U.shape[0]
    pi, pf, po = p[0], p[1], p[2]
    from_x, from_h, from_s = pack(W, len(x) * (b1 - b0)), pack(U, b1 - b0), pack(V, b1 - b0)
    for t in range(len(x)):
        input_product(a, x, from_x, bias, t, b0, b1)
        a_t = a[t % len(a)]  # inference keeps a few steps of gates only, used over and over
        add_product(a_t, h[t], from_h, b0, b1)
        add_product(a_t, s[t % len(s)], from_s, b0, b1)
        for b in range(b0, b1):
            i, f, g = a_t[b, :H], a_t[b, H : 2 * H], a_t[b, 3 * H :]
            s_new, c_old, c_new = s[(t + 1) % len(s), b], c[t % len(c), b], c[(t + 1) % len(c), b]
            si, sf = s_new[:H], s_new[H : 2 * H]
            for j in range(H):
                i[j] = si[j] = sigmoid(i[j] + pi[j] * c_old[j])
                f[j] = sf[j] = sigmoid(f[j] + pf[j] * c_old[j])
                g[j] = tanh(g[j])
                c_new[j] = f[j] * c_old[j] + i[j] * g[j]
            o, so, h_new = a_t[b, 2 * H : 3 * H], s_new[2 * H :], h[t + 1, b]
            for j in range(H):
                o[j] = so[j] = sigmoid(o[j] + po[j] * c_new[j])
                h_new[j] = o[j] * tanh(c_new[j])


@kernel
def backward(dy, a, c, U, V, p, delta, dh, dc, ds, b0, b1):
    H, one = U.shape[0], U.dtype.type(1)
    pi, pf, po = p[0], p[1], p[2]
    to_h, to_s = pack_transposed(U), pack_transposed(V)
    for t in range(a.shape[0] - 1, -1, -1):
        for b in range(b0, b1):
            o, do, c_new = a[t, b, 2 * H : 3 * H], delta[t, b, 2 * H : 3 * H], c[t + 1, b]
            dy_b, dh_b, dc_b, ds_o = dy[t, b], dh[b], dc[b], ds[b, 2 * H :]
            for j in range(H):  # what comes through h, and to o from the gates of the next step
                tanh_c = tanh(c_new[j])
                dh_j = dy_b[j] + dh_b[j]
                do[j] = (dh_j * tanh_c + ds_o[j]) * o[j] * (one - o[j])
                dc_b[j] += dh_j * o[j] * (one - tanh_c * tanh_c) + do[j] * po[j]
                dh_b[j] = 0
            i, f, g, c_old = a[t, b, :H], a[t, b, H : 2 * H], a[t, b, 3 * H :], c[t, b]
            di, df, dg = delta[t, b, :H], delta[t, b, H : 2 * H], delta[t, b, 3 * H :]
            ds_i, ds_f = ds[b, :H], ds[b, H : 2 * H]
            for j in range(H):  # what comes through c, and to i and f from the gates of the next step
                di[j] = (dc_b[j] * g[j] + ds_i[j]) * i[j] * (one - i[j])
                df[j] = (dc_b[j] * c_old[j] + ds_f[j]) * f[j] * (one - f[j])
                dg[j] = dc_b[j] * i[j] * (one - g[j] * g[j])
                dc_b[j] = dc_b[j] * f[j] + di[j] * pi[j] + df[j] * pf[j]
            ds_b = ds[b]
            for j in range(3 * H):
                ds_b[j] = 0
        add_product(dh, delta[t], to_h, b0, b1)
        add_product(ds, delta[t], to_s, b0, b1)


class FullGateLSTM(Recurrent):
    """A peephole LSTM whose gates also see all gates of the step before: full gate recurrence.

    At each step, where h', c' and s' = (i', f', o') are the state before it::

        i = sigmoid(x W_i + h' U_i + b_i + p_i * c' + s' V_i)
        f = sigmoid(x W_f + h' U_f + b_f + p_f * c' + s' V_f)
        g = tanh   (x W_g + h' U_g + b_g)
        c = f * c' + i * g
        o = sigmoid(x W_o + h' U_o + b_o + p_o * c + s' V_o)
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
    dtype : dtype, default float32
        Of all numbers: float32 or float64.
    rng : int or numpy.random.Generator, optional
        Draws the initial W, U and V; None: a new seed from the system.

    Attributes
    ----------
    params : Parameters
        What is learned:

        - W (D, 4H): input weights, column blocks i f o g.
        - U (H, 4H): recurrent weights, the same blocks.
        - b (4H,): biases.
        - V (3H, 3H): from the gates i f o to the gates i f o, nine matrices more than the LSTM has.
        - p (3, H): peepholes, rows i, f, o; they start at 0.

    Raises
    ------
    ValueError
        For sizes below 1, for another dtype, and for biases that are not finite or of another count.

    Notes
    -----
    The state is (h, c, s): (B, H), (B, H) and (B, 3H). With V = 0 this is the PeepholeLSTM. The LSTM of 1997 already
    had such connections: there the gates stand among the hidden units that everything sees.

    References
    ----------
    Greff, Srivastava, Koutnik, Steunebrink and Schmidhuber, LSTM: a search space odyssey, IEEE Transactions on Neural
    Networks and Learning Systems 28(10), 2017, the variant FGR.

    Examples
    --------
    >>> layer = FullGateLSTM(3, 5, rng=0)
    >>> y, tape = layer.forward(np.ones((4, 2, 3)))   # T = 4 steps of B = 2 sequences
    >>> y.shape, [s.shape for s in tape.state]
    ((4, 2, 5), [(2, 5), (2, 5), (2, 15)])
    """

    title = "Full gate LSTM"
    gate_names = ("i", "f", "o", "g")
    state_names = ("h", "c", "s")
    keeping_bias, admitting_bias = "forget_bias", "input_bias"

    def __init__(
        self,
        inputs: int,
        units: int,
        *,
        forget_bias: ArrayLike = 1.0,
        input_bias: ArrayLike = 0.0,
        dtype: DTypeLike = np.float32,
        rng: Rng = None,
    ) -> None:
        super().__init__(inputs, units, dtype=dtype, rng=rng)
        self.forget_bias = initial_values("forget_bias", forget_bias, self.units)
        self.input_bias = initial_values("input_bias", input_bias, self.units)
        self.params["b"][self._block("f")] = self.forget_bias
        self.params["b"][self._block("i")] = self.input_bias

    @classmethod
    def parameter_shapes(cls, inputs: int, units: int, **_: Any) -> dict[str, tuple]:  # type: ignore[override]
        """Those of the LSTM, V and p."""
        shapes = super().parameter_shapes(inputs, units)
        return shapes | {"V": (3 * units, 3 * units), "p": (3, units)}

    @classmethod
    def state_widths(cls, units: int, **_: Any) -> dict[str, int]:
        """H for h and c, 3H for the gates."""
        return {"h": units, "c": units, "s": 3 * units}

    def config(self) -> dict[str, Any]:
        """The arguments that make this layer again, not its weights.

        Returns
        -------
        dict
            Plain numbers, strings and lists by the arguments' names.
        """
        return super().config() | {"forget_bias": self.forget_bias, "input_bias": self.input_bias}

    def _initialise(self, rng: np.random.Generator) -> None:
        """As for any cell; each of the nine matrices of V orthogonal, at a third: a gate has three senders."""
        super()._initialise(rng)
        if isinstance(rng, Blank):
            return
        H = self.units
        self.params["V"] = np.block([[orthogonal(H, H, rng) / 3 for _ in range(3)] for _ in range(3)])

    def _run_forward(self, tape: Tape, b0: int, b1: int) -> None:
        forward(tape.x, *self.params.values(), tape.a, *tape.states, b0, b1)

    def _run_backward(
        self, dy: np.ndarray, tape: Tape, deltas: tuple | list, dstate: list[np.ndarray], b0: int, b1: int
    ) -> None:
        U, V, p = (self.params[name] for name in "UVp")
        backward(dy, tape.a, tape.c, U, V, p, *deltas, *dstate, b0, b1)

    def _other_gradients(self, tape: Tape, deltas: tuple, grads: Parameters) -> None:
        _, c, s = tape.states
        peephole_gradients(self, c, deltas[0], grads["p"])
        delta, n = rows(deltas[0]), 3 * self.units
        none, nowhere = np.empty((len(delta), 0), self.dtype), np.empty((0, delta.shape[1]), self.dtype)
        parameter_gradients(
            rows(s[:-1]), none, delta, 0, grads["V"], nowhere, np.empty(4 * self.units, self.dtype), 0, n
        )
