"""The LSTM with a forget gate: c = f c' + i g, h = o tanh(c).   (Gers et al., Learning to Forget, 2000)"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from lstm_edu.core import checks
from lstm_edu.core.checks import Rng
from lstm_edu.core.functions import sigmoid, tanh
from lstm_edu.core.kernel import kernel
from lstm_edu.core.layer import initial_values
from lstm_edu.core.matmul import add_product, input_product, pack, pack_transposed

from . import clipped
from .recurrent import Recurrent
from .tape import Tape

# Two loops over j: fewer arrays in each, of which the machine checks for each row that none overlap.
# T time steps, B sequences, H units.   a, delta (T,B,4H) in blocks i f g o   h, c (T+1,B,H)   U (H,4H)   dh, dc (B,H)


@kernel
def forward(x, W, U, bias, a, h, c, b0, b1):
    H = U.shape[0]
    from_x, from_h = pack(W, len(x) * (b1 - b0)), pack(U, b1 - b0)
    for t in range(len(x)):
        input_product(a, x, from_x, bias, t, b0, b1)
        a_t = a[t % len(a)]  # inference keeps a few steps of gates only, used over and over
        add_product(a_t, h[t], from_h, b0, b1)
        for b in range(b0, b1):
            i, f, g = a_t[b, :H], a_t[b, H : 2 * H], a_t[b, 2 * H : 3 * H]
            c_old, c_new = c[t % len(c), b], c[(t + 1) % len(c), b]
            for j in range(H):
                i[j] = sigmoid(i[j])
                f[j] = sigmoid(f[j])
                g[j] = tanh(g[j])
                c_new[j] = f[j] * c_old[j] + i[j] * g[j]
            o, h_new = a_t[b, 3 * H :], h[t + 1, b]
            for j in range(H):
                o[j] = sigmoid(o[j])
                h_new[j] = o[j] * tanh(c_new[j])


@kernel
def backward(dy, a, c, U, delta, dh, dc, b0, b1):
    H, one = U.shape[0], U.dtype.type(1)  # a plain 1 would make float64 of float32
    weights = pack_transposed(U)
    for t in range(a.shape[0] - 1, -1, -1):
        for b in range(b0, b1):
            o, do, c_new = a[t, b, 3 * H :], delta[t, b, 3 * H :], c[t + 1, b]
            dy_b, dh_b, dc_b = dy[t, b], dh[b], dc[b]
            for j in range(H):  # what comes through h
                tanh_c = tanh(c_new[j])
                dh_j = dy_b[j] + dh_b[j]
                do[j] = dh_j * tanh_c * o[j] * (one - o[j])
                dc_b[j] += dh_j * o[j] * (one - tanh_c * tanh_c)
                dh_b[j] = 0
            i, f, g, c_old = a[t, b, :H], a[t, b, H : 2 * H], a[t, b, 2 * H : 3 * H], c[t, b]
            di, df, dg = delta[t, b, :H], delta[t, b, H : 2 * H], delta[t, b, 2 * H : 3 * H]
            for j in range(H):  # what comes through c
                di[j] = dc_b[j] * g[j] * i[j] * (one - i[j])
                df[j] = dc_b[j] * c_old[j] * f[j] * (one - f[j])
                dg[j] = dc_b[j] * i[j] * (one - g[j] * g[j])
                dc_b[j] *= f[j]
        add_product(dh, delta[t], weights, b0, b1)


class LSTM(Recurrent):
    """Long short-term memory with a forget gate: the LSTM of today's libraries.

    At each step, where h' and c' are the state before it::

        i = sigmoid(x W_i + h' U_i + b_i)      input gate:  what enters
        f = sigmoid(x W_f + h' U_f + b_f)      forget gate: what stays
        g = tanh   (x W_g + h' U_g + b_g)      candidate
        o = sigmoid(x W_o + h' U_o + b_o)      output gate: what is shown
        c = f * c' + i * g                     cell state
        h = o * tanh(c)                        output

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

    Raises
    ------
    ValueError
        For sizes below 1, for another dtype, for biases that are not finite or of another count, and for a bound that
        is not above 0.

    Notes
    -----
    The state is (h, c), each (B, H).

    With f near 1 a unit remembers for about 1 / (1 - f) steps: half of what it holds is left after 2.2 steps at a
    forget bias of 1, after 103 at 5.

    The squashing of c is tanh here as in all later work.

    References
    ----------
    Gers, Schmidhuber and Cummins, Learning to forget, Neural Computation 12(10), 2000.

    Examples
    --------
    >>> layer = LSTM(3, 5, rng=0)
    >>> y, tape = layer.forward(np.ones((4, 2, 3)))   # T = 4 steps of B = 2 sequences
    >>> y.shape, list(layer.gates(tape))
    ((4, 2, 5), ['i', 'f', 'g', 'o', 'h', 'c'])
    """

    title = "LSTM"
    gate_names = ("i", "f", "g", "o")
    state_names = ("h", "c")
    keeping_bias, admitting_bias = "forget_bias", "input_bias"
    passing = {"f": 1, "i": 0}
    fixed = Recurrent.fixed | {"cell_clip"}
    later = frozenset({"cell_clip"})

    def __init__(
        self,
        inputs: int,
        units: int,
        *,
        forget_bias: ArrayLike = 1.0,
        input_bias: ArrayLike = 0.0,
        cell_clip: float | None = None,
        dtype: DTypeLike = np.float32,
        rng: Rng = None,
    ) -> None:
        self.cell_clip = None if cell_clip is None else checks.positive("cell_clip", cell_clip)
        super().__init__(inputs, units, dtype=dtype, rng=rng)
        if cell_clip is not None:
            self.passing = {}  # at the bound nothing passes
        self.forget_bias = initial_values("forget_bias", forget_bias, self.units)
        self.input_bias = initial_values("input_bias", input_bias, self.units)
        self.params["b"][self._block("f")] = self.forget_bias
        self.params["b"][self._block("i")] = self.input_bias

    def _form(self) -> dict[str, Any]:
        return {} if self.cell_clip is None else {"cell_clip": self.cell_clip}

    def config(self) -> dict[str, Any]:
        """The arguments that make this layer again, not its weights.

        Returns
        -------
        dict
            Plain numbers, strings and lists by the arguments' names.
        """
        return super().config() | {"forget_bias": self.forget_bias, "input_bias": self.input_bias} | self._form()

    def _bounded(self) -> tuple[np.ndarray, np.generic]:
        """The peepholes, and the bound of c."""
        p = self.params["p"] if "p" in self.params else clipped.no_peepholes(self.params["U"])
        return p, self.dtype.type(self.cell_clip)

    def _run_forward(self, tape: Tape, b0: int, b1: int) -> None:
        if self.cell_clip is not None:
            (W, U, b, *_), (p, k) = self.params.values(), self._bounded()
            clipped.forward(tape.x, W, U, b, p, tape.a, tape.h, tape.c, k, b0, b1)
        else:
            forward(tape.x, *self.params.values(), tape.a, tape.h, tape.c, b0, b1)

    def _run_backward(
        self, dy: np.ndarray, tape: Tape, deltas: tuple | list, dstate: list[np.ndarray], b0: int, b1: int
    ) -> None:
        dh, dc = dstate
        if self.cell_clip is not None:
            p, k = self._bounded()
            clipped.backward(dy, tape.a, tape.c, self.params["U"], p, *deltas, dh, dc, k, b0, b1)
        else:
            backward(dy, tape.a, tape.c, self.params["U"], *deltas, dh, dc, b0, b1)
