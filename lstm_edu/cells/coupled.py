"""One gate for what stays and what enters: c = f c' + (1 - f) g.   (Greff et al. 2017; TensorFlow, ONNX)"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from lstm_edu.core import checks
from lstm_edu.core.checks import Rng
from lstm_edu.core.functions import sigmoid, tanh
from lstm_edu.core.kernel import kernel
from lstm_edu.core.layer import initial_values
from lstm_edu.core.matmul import add_product, input_product, pack, pack_transposed

from .recurrent import Recurrent
from .tape import Tape

# T time steps, B sequences, H units.   a, delta (T,B,3H) in blocks q g o   h, c (T+1,B,H)   U (H,3H)   dh, dc (B,H)
# q is the gate that is there: f where it keeps, i where it admits; f = s q + (1 - s) / 2 with s = 1 or -1.


@kernel
def forward(x, W, U, bias, a, h, c, s, b0, b1):
    H, one = U.shape[0], U.dtype.type(1)  # a plain 1 would make float64 of float32
    rest = (one - s) / 2
    from_x, from_h = pack(W, len(x) * (b1 - b0)), pack(U, b1 - b0)
    for t in range(len(x)):
        input_product(a, x, from_x, bias, t, b0, b1)
        a_t = a[t % len(a)]  # inference keeps a few steps of gates only, used over and over
        add_product(a_t, h[t], from_h, b0, b1)
        for b in range(b0, b1):
            q, g, o = a_t[b, :H], a_t[b, H : 2 * H], a_t[b, 2 * H :]
            c_old, c_new, h_new = c[t % len(c), b], c[(t + 1) % len(c), b], h[t + 1, b]
            for j in range(H):
                q[j] = sigmoid(q[j])
                g[j] = tanh(g[j])
                f = s * q[j] + rest
                c_new[j] = f * c_old[j] + (one - f) * g[j]
                o[j] = sigmoid(o[j])
                h_new[j] = o[j] * tanh(c_new[j])


@kernel
def backward(dy, a, c, U, delta, dh, dc, s, b0, b1):
    H, one = U.shape[0], U.dtype.type(1)
    rest = (one - s) / 2
    weights = pack_transposed(U)
    for t in range(a.shape[0] - 1, -1, -1):
        for b in range(b0, b1):
            o, do, c_new = a[t, b, 2 * H :], delta[t, b, 2 * H :], c[t + 1, b]
            dy_b, dh_b, dc_b = dy[t, b], dh[b], dc[b]
            for j in range(H):  # what comes through h
                tanh_c = tanh(c_new[j])
                dh_j = dy_b[j] + dh_b[j]
                do[j] = dh_j * tanh_c * o[j] * (one - o[j])
                dc_b[j] += dh_j * o[j] * (one - tanh_c * tanh_c)
                dh_b[j] = 0
            q, g, c_old = a[t, b, :H], a[t, b, H : 2 * H], c[t, b]
            dq, dg = delta[t, b, :H], delta[t, b, H : 2 * H]
            for j in range(H):  # what comes through c
                f = s * q[j] + rest
                dq[j] = s * dc_b[j] * (c_old[j] - g[j]) * q[j] * (one - q[j])
                dg[j] = dc_b[j] * (one - f) * (one - g[j] * g[j])
                dc_b[j] *= f
        add_product(dh, delta[t], weights, b0, b1)


class CoupledLSTM(Recurrent):
    """An LSTM in which what enters takes the place of what goes: input and forget gate are one.

    At each step, where h' and c' are the state before it::

        f = sigmoid(x W_f + h' U_f + b_f)      gate "f"; with gate "i": i = sigmoid(...) and f = 1 - i
        g = tanh   (x W_g + h' U_g + b_g)      candidate
        o = sigmoid(x W_o + h' U_o + b_o)      output gate
        c = f * c' + (1 - f) * g               cell state
        h = o * tanh(c)                        output

    Parameters
    ----------
    inputs : int
        D, the numbers that go in at each step.
    units : int
        H.
    gate : {"f", "i"}
        Which of the two is there: "f", as in TensorFlow's CoupledInputForgetGateLSTMCell and in Greff et al.; "i", as
        in ONNX's `input_forget`. The functions are the same, with the gate's weights of the other sign.
    keeping_bias : float or sequence of float, default 1.0
        Where the bias begins that keeps the state: b_f, or -b_i.
    dtype : dtype, default float32
        Of all numbers: float32 or float64.
    rng : int or numpy.random.Generator, optional
        Draws the initial W and U; None: a new seed from the system.

    Attributes
    ----------
    params : Parameters
        What is learned:

        - W (D, 3H): input weights, column blocks f g o (i g o).
        - U (H, 3H): recurrent weights, the same blocks.
        - b (3H,): biases.

    Raises
    ------
    ValueError
        For sizes below 1, for another gate or dtype, and for biases that are not finite or of another count.

    Notes
    -----
    The state is (h, c), each (B, H). c is a mean of all candidates so far: it never leaves (-1, 1), so this cell can't
    count.

    References
    ----------
    Greff et al., LSTM: a search space odyssey, IEEE Transactions on Neural Networks and Learning Systems 28(10), 2017,
    the variant CIFG.

    Examples
    --------
    >>> layer = CoupledLSTM(3, 5, rng=0)
    >>> y, tape = layer.forward(np.ones((4, 2, 3)))   # T = 4 steps of B = 2 sequences
    >>> y.shape, list(layer.gates(tape))
    ((4, 2, 5), ['f', 'g', 'o', 'h', 'c'])
    """

    title = "Coupled LSTM"
    gate_names = ("f", "g", "o")
    state_names = ("h", "c")
    keeping_bias = "keeping_bias"
    passing = {"f": 1}
    fixed = Recurrent.fixed | {"gate"}

    def __init__(
        self,
        inputs: int,
        units: int,
        *,
        gate: str = "f",
        keeping_bias: ArrayLike = 1.0,
        dtype: DTypeLike = np.float32,
        rng: Rng = None,
    ) -> None:
        self.gate = checks.one_of("gate", gate, ("f", "i"))
        if gate == "i":
            self.gate_names, self.passing = ("i", "g", "o"), {"i": 0}
        super().__init__(inputs, units, dtype=dtype, rng=rng)
        self.first_bias = initial_values("keeping_bias", keeping_bias, self.units)
        self._sign = self.dtype.type(1 if gate == "f" else -1)
        self.params["b"][: self.units] = self._sign * np.asarray(self.first_bias)

    def _form(self) -> dict[str, Any]:
        return {"gate": self.gate}

    def config(self) -> dict[str, Any]:
        """The arguments that make this layer again, not its weights.

        Returns
        -------
        dict
            Plain numbers, strings and lists by the arguments' names.
        """
        return super().config() | {"gate": self.gate, "keeping_bias": self.first_bias}

    def _run_forward(self, tape: Tape, b0: int, b1: int) -> None:
        forward(tape.x, *self.params.values(), tape.a, tape.h, tape.c, self._sign, b0, b1)

    def _run_backward(
        self, dy: np.ndarray, tape: Tape, deltas: tuple | list, dstate: list[np.ndarray], b0: int, b1: int
    ) -> None:
        backward(dy, tape.a, tape.c, self.params["U"], *deltas, *dstate, self._sign, b0, b1)
