"""The LSTM of 1997, two gates: c = c' + i g, h = o tanh(c).   (Hochreiter & Schmidhuber, 1997)"""

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

# T time steps, B sequences, H units.   a, delta (T,B,3H) in blocks i g o   h, c (T+1,B,H)   U (H,3H)   dh, dc (B,H)
# Both squashings are one formula: g(x) = range * tanh(slope x), h(x) = tanh(slope x), because 2 sigmoid(x) - 1 =
# tanh(x/2). "tanh": slope 1, range 1. "1997": slope 1/2, range 2, that is g = 4 sigmoid - 2 and h = 2 sigmoid - 1.


@kernel
def forward(x, W, U, bias, a, h, c, slope, range_g, b0, b1):
    H = U.shape[0]
    from_x, from_h = pack(W, len(x) * (b1 - b0)), pack(U, b1 - b0)
    for t in range(len(x)):
        input_product(a, x, from_x, bias, t, b0, b1)
        a_t = a[t % len(a)]  # inference keeps a few steps of gates only, used over and over
        add_product(a_t, h[t], from_h, b0, b1)
        for b in range(b0, b1):
            i, g, c_old, c_new = a_t[b, :H], a_t[b, H : 2 * H], c[t % len(c), b], c[(t + 1) % len(c), b]
            for j in range(H):
                i[j] = sigmoid(i[j])
                g[j] = range_g * tanh(slope * g[j])
                c_new[j] = c_old[j] + i[j] * g[j]
            o, h_new = a_t[b, 2 * H :], h[t + 1, b]
            for j in range(H):
                o[j] = sigmoid(o[j])
                h_new[j] = o[j] * tanh(slope * c_new[j])


@kernel
def backward(dy, a, c, U, slope, range_g, delta, dh, dc, b0, b1):
    H, one = U.shape[0], U.dtype.type(1)  # a plain 1 would make float64 of float32
    weights = pack_transposed(U)
    for t in range(a.shape[0] - 1, -1, -1):
        for b in range(b0, b1):
            o, do, c_new = a[t, b, 2 * H :], delta[t, b, 2 * H :], c[t + 1, b]
            dy_b, dh_b, dc_b = dy[t, b], dh[b], dc[b]
            for j in range(H):  # what comes through h
                h_c = tanh(slope * c_new[j])
                dh_j = dy_b[j] + dh_b[j]
                do[j] = dh_j * h_c * o[j] * (one - o[j])
                dc_b[j] += dh_j * o[j] * slope * (one - h_c * h_c)
                dh_b[j] = 0
            i, g, di, dg = a[t, b, :H], a[t, b, H : 2 * H], delta[t, b, :H], delta[t, b, H : 2 * H]
            for j in range(H):  # what comes through c
                di[j] = dc_b[j] * g[j] * i[j] * (one - i[j])
                dg[j] = dc_b[j] * i[j] * slope * (range_g - g[j] * g[j] / range_g)
                # dc stays as it is, the constant error carousel: the derivative dc/dc' is exactly 1
        add_product(dh, delta[t], weights, b0, b1)


class LSTM97(Recurrent):
    """Long short-term memory as it began: two gates around a self-connection of weight 1.

    At each step, where h' and c' are the state before it::

        i = sigmoid(x W_i + h' U_i + b_i)      input gate:  what enters
        g = g(x W_g + h' U_g + b_g)            candidate
        o = sigmoid(x W_o + h' U_o + b_o)      output gate: what is shown
        c = c' + i * g                         cell state: the constant error carousel
        h = o * h(c)                           output

    Parameters
    ----------
    inputs : int
        D, the numbers that go in at each step.
    units : int
        H.
    squashing : {"tanh", "1997"}
        The functions g and h. "tanh": both are tanh. "1997": g(x) = 4 sigmoid(x) - 2 in [-2, 2] and h(x) =
        2 sigmoid(x) - 1 in [-1, 1], the paper's equations (3) to (5) in its appendix A.1.
    input_bias : float or sequence of float, default 0.0
        Where the biases of i start: one number, or one per unit.
    output_bias : float or sequence of float, default 0.0
        Where those of o start.
    dtype : dtype, default float32
        Of all numbers: float32 or float64.
    rng : int or numpy.random.Generator, optional
        Draws the initial W and U; None: a new seed from the system.

    Attributes
    ----------
    params : Parameters
        What is learned:

        - W (D, 3H): input weights, column blocks i g o.
        - U (H, 3H): recurrent weights, the same blocks.
        - b (3H,): biases; the blocks i and o start at `input_bias` and `output_bias`, g at 0.

    Raises
    ------
    ValueError
        For sizes below 1, for another dtype or squashing, and for biases that are not finite or of another count.

    Notes
    -----
    The state is (h, c), each (B, H).

    The paper starts the biases of both gates below zero, -1, -2, -3, ... from block to block (its table 10), so that
    the cells join in one after the other.

    The gradient is the full one. The paper's own rule cuts it off at the gates, and in its networks the gates feed the
    hidden layer too.

    References
    ----------
    Hochreiter and Schmidhuber, Long short-term memory, Neural Computation 9(8), 1997.

    Examples
    --------
    >>> layer = LSTM97(3, 4, squashing="1997", output_bias=[-1, -2, -3, -4], rng=0)
    >>> layer.params["b"]
    array([ 0.,  0.,  0.,  0.,  0.,  0.,  0.,  0., -1., -2., -3., -4.], dtype=float32)
    """

    title = "LSTM 1997"
    gate_names = ("i", "g", "o")
    state_names = ("h", "c")
    fixed = Recurrent.fixed | {"squashing"}
    admitting_bias = "input_bias"
    passing = {"i": 0}
    squashings = {"tanh": (1.0, 1.0), "1997": (0.5, 2.0)}  # slope, range of g

    def __init__(
        self,
        inputs: int,
        units: int,
        *,
        squashing: str = "tanh",
        input_bias: ArrayLike = 0.0,
        output_bias: ArrayLike = 0.0,
        dtype: DTypeLike = np.float32,
        rng: Rng = None,
    ) -> None:
        self.squashing = checks.one_of("squashing", squashing, self.squashings)
        super().__init__(inputs, units, dtype=dtype, rng=rng)
        self.input_bias = initial_values("input_bias", input_bias, self.units)
        self.output_bias = initial_values("output_bias", output_bias, self.units)
        self.params["b"][self._block("i")] = self.input_bias
        self.params["b"][self._block("o")] = self.output_bias

    def _form(self) -> dict[str, Any]:
        return {"squashing": self.squashing}

    def config(self) -> dict[str, Any]:
        """The arguments that make this layer again, not its weights.

        Returns
        -------
        dict
            Plain numbers, strings and lists by the arguments' names.
        """
        biases = {"input_bias": self.input_bias, "output_bias": self.output_bias}
        return super().config() | {"squashing": self.squashing} | biases

    def _slope_and_range(self) -> tuple:
        # as scalars of the layer's type: a float64 among float32 numbers would widen the whole loop
        return tuple(self.dtype.type(v) for v in self.squashings[self.squashing])

    def _run_forward(self, tape: Tape, b0: int, b1: int) -> None:
        forward(tape.x, *self.params.values(), tape.a, tape.h, tape.c, *self._slope_and_range(), b0, b1)

    def _run_backward(
        self, dy: np.ndarray, tape: Tape, deltas: tuple | list, dstate: list[np.ndarray], b0: int, b1: int
    ) -> None:
        dh, dc = dstate
        backward(dy, tape.a, tape.c, self.params["U"], *self._slope_and_range(), *deltas, dh, dc, b0, b1)
