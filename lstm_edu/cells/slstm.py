"""An LSTM whose gates are exponentials: h = o c / n, n the sum of what entered.   (Beck et al., xLSTM, 2024)"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from lstm_edu.core.checks import Rng
from lstm_edu.core.functions import exp, sigmoid, tanh
from lstm_edu.core.kernel import kernel
from lstm_edu.core.layer import initial_values
from lstm_edu.core.matmul import add_product, input_product, pack, pack_transposed

from .recurrent import Recurrent
from .tape import Tape

# T time steps, B sequences, H units.   a, delta (T,B,4H) in blocks i f z o   h, c, n, m (T+1,B,H)   U (H,4H)
# s (T,B,H) sigmoid of the forget gate's pre-activation   first (T,B,H) 1 where m is that of the input gate, else 0
# dh, dc, dn, dm (B,H)


@kernel
def forward(x, W, U, bias, a, h, c, n, m, s, first, b0, b1):
    H, zero, one, most = U.shape[0], U.dtype.type(0), U.dtype.type(1), U.dtype.type(60)
    from_x, from_h = pack(W, len(x) * (b1 - b0)), pack(U, b1 - b0)
    for t in range(len(x)):
        input_product(a, x, from_x, bias, t, b0, b1)
        a_t, s_t, first_t = a[t % len(a)], s[t % len(s)], first[t % len(first)]
        add_product(a_t, h[t], from_h, b0, b1)
        for b in range(b0, b1):
            i, f, z, o, s_b = a_t[b, :H], a_t[b, H : 2 * H], a_t[b, 2 * H : 3 * H], a_t[b, 3 * H :], s_t[b]
            old, new, first_b = t % len(c), (t + 1) % len(c), first_t[b]
            for j in range(H):
                s_b[j] = sigmoid(f[j])
                # log sigmoid(f), which must not become the logarithm of 0
                left = m[old, b, j] + (f[j] if f[j] < zero else zero) - np.log1p(exp(-abs(f[j])))
                enters = n[old, b, j] == zero or i[j] > left
                m[new, b, j] = i[j] if enters else left
                first_b[j] = one if enters else zero
                i[j] = exp(i[j] - m[new, b, j])
                f[j] = exp(min(left - m[new, b, j], most))  # above 0 before anything has entered, where c and n are 0
                z[j] = tanh(z[j])
                c[new, b, j] = f[j] * c[old, b, j] + i[j] * z[j]
                n[new, b, j] = f[j] * n[old, b, j] + i[j]
            h_new = h[t + 1, b]
            for j in range(H):
                o[j] = sigmoid(o[j])
                h_new[j] = o[j] * c[new, b, j] / n[new, b, j]


@kernel
def backward(dy, a, c, n, s, first, U, delta, dh, dc, dn, dm, b0, b1):
    H, one = U.shape[0], U.dtype.type(1)
    weights = pack_transposed(U)
    for t in range(a.shape[0] - 1, -1, -1):
        for b in range(b0, b1):
            o, do, c_new, n_new = a[t, b, 3 * H :], delta[t, b, 3 * H :], c[t + 1, b], n[t + 1, b]
            dy_b, dh_b, dc_b, dn_b = dy[t, b], dh[b], dc[b], dn[b]
            for j in range(H):  # what comes through h
                dh_j, mean = dy_b[j] + dh_b[j], c_new[j] / n_new[j]
                do[j] = dh_j * mean * o[j] * (one - o[j])
                dc_b[j] += dh_j * o[j] / n_new[j]
                dn_b[j] -= dh_j * o[j] * mean / n_new[j]
                dh_b[j] = 0
            i, f, z = a[t, b, :H], a[t, b, H : 2 * H], a[t, b, 2 * H : 3 * H]
            dm_b, s_b, first_b = dm[b], s[t, b], first[t, b]
            di, df, dz = delta[t, b, :H], delta[t, b, H : 2 * H], delta[t, b, 2 * H : 3 * H]
            c_old, n_old = c[t, b], n[t, b]
            for j in range(H):  # what comes through c, n and m
                entering = (dc_b[j] * z[j] + dn_b[j]) * i[j]
                staying = (dc_b[j] * c_old[j] + dn_b[j] * n_old[j]) * f[j]
                rest = dm_b[j] - entering - staying  # m is one of the two, and divides both
                dz[j] = dc_b[j] * i[j] * (one - z[j] * z[j])
                di[j] = entering + rest * first_b[j]
                dm_b[j] = staying + rest * (one - first_b[j])
                df[j] = dm_b[j] * (one - s_b[j])
                dc_b[j] *= f[j]
                dn_b[j] *= f[j]
        add_product(dh, delta[t], weights, b0, b1)


class SLSTM(Recurrent):
    """The sLSTM of xLSTM: an input gate that can outweigh all that came before, and a normaliser beside the cell.

    At each step, where h', c', n' and m' are the state before it, and a_i, a_f, a_z, a_o the blocks of x W + h' U + b::

        l = m' + log sigmoid(a_f)          what is left of the old weights, in logarithms
        m = max(a_i, l)                    the larger one: nothing overflows; a_i where nothing has entered yet
        i = exp(a_i - m)                   how much enters
        f = exp(l - m)                    how much stays
        c = f * c' + i * tanh(a_z)         cell state
        n = f * n' + i                    the weights' sum
        h = sigmoid(a_o) * c / n           a weighted mean of all candidates, shown in part

    Parameters
    ----------
    inputs : int
        D, the numbers that go in at each step.
    units : int
        H.
    forget_bias : float or sequence of float, default 1.0
        Where the biases of f start.
    input_bias : float or sequence of float, default 0.0
        Where those of i start.
    dtype : dtype, default float32
        Of all numbers: float32 or float64.
    rng : int or numpy.random.Generator, optional
        Draws the initial W and U; None: a new seed from the system.

    Attributes
    ----------
    params : Parameters
        What is learned:

        - W (D, 4H): input weights, column blocks i f z o.
        - U (H, 4H): recurrent weights, the same blocks: one head of the paper, whose U is block-diagonal over heads.
        - b (4H,): biases.

    Raises
    ------
    ValueError
        For sizes below 1, for another dtype, and for biases that are not finite or of another count.

    Notes
    -----
    The state is (h, c, n, m), each (B, H). m only keeps the numbers small: h does not depend on it.

    The paper also allows f = exp(a_f) and spreads the first forget biases over the units; here f is a sigmoid before
    its logarithm, and the biases are `forget_bias`. The equations were compared with the authors' plain code, the first
    biases were not.

    References
    ----------
    Beck et al., xLSTM: extended long short-term memory, NeurIPS 2024, arXiv 2405.04517, equations 8 to 17.

    Examples
    --------
    >>> layer = SLSTM(3, 5, rng=0)
    >>> y, tape = layer.forward(np.ones((4, 2, 3)))
    >>> y.shape, list(layer.gates(tape))
    ((4, 2, 5), ['i', 'f', 'z', 'o', 'h', 'c', 'n', 'm'])
    """

    title = "sLSTM"
    gate_names = ("i", "f", "z", "o")
    state_names = ("h", "c", "n", "m")
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
    def kept_widths(cls, units: int, **_: Any) -> dict[str, int]:
        """The sigmoid of the forget gate, and which of the two m is.

        Parameters
        ----------
        units : int
            H.
        **_ : object
            Other arguments of the layer.

        Returns
        -------
        dict of str to int
            Name -> width.
        """
        return {"s": units, "first": units}

    def config(self) -> dict[str, Any]:
        """The arguments that make this layer again, not its weights.

        Returns
        -------
        dict
            Plain numbers, strings and lists by the arguments' names.
        """
        return super().config() | {"forget_bias": self.forget_bias, "input_bias": self.input_bias}

    def _run_forward(self, tape: Tape, b0: int, b1: int) -> None:
        forward(tape.x, *self.params.values(), tape.a, *tape.states, tape.s, tape.first, b0, b1)

    def _run_backward(
        self, dy: np.ndarray, tape: Tape, deltas: tuple | list, dstate: list[np.ndarray], b0: int, b1: int
    ) -> None:
        _, c, n, _ = tape.states
        backward(dy, tape.a, c, n, tape.s, tape.first, self.params["U"], *deltas, *dstate, b0, b1)
