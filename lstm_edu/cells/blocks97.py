"""The LSTM of 1997 with memory blocks: S cells share an input and an output gate.   (Hochreiter & Schmidhuber, 1997)"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from lstm_edu.core import checks, memory
from lstm_edu.core.blank import Blank
from lstm_edu.core.checks import Rng
from lstm_edu.core.functions import sigmoid, tanh
from lstm_edu.core.kernel import kernel
from lstm_edu.core.layer import initial_values
from lstm_edu.core.matmul import add_product, input_product, pack, pack_transposed

from .lstm97 import LSTM97
from .recurrent import Recurrent, orthogonal
from .tape import Tape

# T steps, B sequences, H cells in N blocks of S, N S = H.   a, delta (T,B,2N+H) in blocks i (N) g (H) o (N)
# h, c (T+1,B,H)   U (H,2N+H)   block (H,): of which block a cell is   dh, dc, through (B,H): through a cell to its gate
# slope, range_g: the squashing, as in lstm97


@kernel
def forward(x, W, U, bias, a, h, c, block, slope, range_g, b0, b1):
    H = len(block)
    N = (U.shape[1] - H) // 2
    from_x, from_h = pack(W, len(x) * (b1 - b0)), pack(U, b1 - b0)
    for t in range(len(x)):
        input_product(a, x, from_x, bias, t, b0, b1)
        a_t = a[t % len(a)]  # inference keeps a few steps of gates only, used over and over
        add_product(a_t, h[t], from_h, b0, b1)
        for b in range(b0, b1):
            i, g, o = a_t[b, :N], a_t[b, N : N + H], a_t[b, N + H :]
            c_old, c_new, h_new = c[t % len(c), b], c[(t + 1) % len(c), b], h[t + 1, b]
            for k in range(N):  # once a block
                i[k] = sigmoid(i[k])
                o[k] = sigmoid(o[k])
            for j in range(H):
                g[j] = range_g * tanh(slope * g[j])
            for j in range(H):  # no vector here, so that looking up the block does not keep the others from theirs
                c_new[j] = c_old[j] + i[block[j]] * g[j]
            for j in range(H):
                h_new[j] = tanh(slope * c_new[j])
            for j in range(H):
                h_new[j] *= o[block[j]]


@kernel
def backward(dy, a, c, U, block, slope, range_g, delta, through, dh, dc, b0, b1):
    H, one = len(block), U.dtype.type(1)
    N = (U.shape[1] - H) // 2
    S = H // N
    weights = pack_transposed(U)
    each = np.empty(H, U.dtype)  # the gate of each cell
    for t in range(a.shape[0] - 1, -1, -1):
        for b in range(b0, b1):
            o, do, c_new, shown = a[t, b, N + H :], delta[t, b, N + H :], c[t + 1, b], through[b]
            dy_b, dh_b, dc_b = dy[t, b], dh[b], dc[b]
            for j in range(H):
                each[j] = o[block[j]]
            for j in range(H):  # what comes through h
                h_c = tanh(slope * c_new[j])
                dh_j = dy_b[j] + dh_b[j]
                shown[j] = dh_j * h_c
                dc_b[j] += dh_j * each[j] * slope * (one - h_c * h_c)
                dh_b[j] = 0
            _to_gates(do, shown, o, S)
            i, g, di, dg = a[t, b, :N], a[t, b, N : N + H], delta[t, b, :N], delta[t, b, N : N + H]
            entered = through[b]
            for j in range(H):
                each[j] = i[block[j]]
            for j in range(H):  # what comes through c, whose own derivative dc/dc' is exactly 1
                entered[j] = dc_b[j] * g[j]
                dg[j] = dc_b[j] * each[j] * slope * (range_g - g[j] * g[j] / range_g)
            _to_gates(di, entered, i, S)
        add_product(dh, delta[t], weights, b0, b1)


@kernel
def _to_gates(d, through, gate, S):
    """d = the sum over each block's cells, and through the sigmoid."""
    one = gate.dtype.type(1)
    for k in range(len(gate)):
        total = through[k * S]
        for v in range(k * S + 1, (k + 1) * S):
            total += through[v]
        d[k] = total * gate[k] * (one - gate[k])


class BlockLSTM97(LSTM97):
    """The two-gate LSTM in memory blocks: each input gate and each output gate serves `block_size` cells.

    At each step, where h' and c' are the state before it, and k is the block of the cell j::

        i_k = sigmoid(x W_i + h' U_i + b_i)      input gate of the block
        g_j = g(x W_g + h' U_g + b_g)            candidate of the cell
        o_k = sigmoid(x W_o + h' U_o + b_o)      output gate of the block
        c_j = c'_j + i_k * g_j
        h_j = o_k * h(c_j)

    Parameters
    ----------
    inputs : int
        D, the numbers that go in at each step.
    units : int
        H, the cells of all blocks.
    block_size : int
        S, the cells of one block; H must be a multiple of it. With 1 this is the `LSTM97`.
    squashing : {"tanh", "1997"}
        The functions g and h, as for `LSTM97`.
    input_bias, output_bias : float or sequence of float, default 0.0
        Where the biases of i and o start: one number, or one per block. The paper begins with -1, -2, -3, ... from
        block to block.
    dtype : dtype, default float32
        Of all numbers: float32 or float64.
    rng : int or numpy.random.Generator, optional
        Draws the initial W and U; None: a new seed from the system.

    Attributes
    ----------
    params : Parameters
        What is learned, where N = H / S is the number of blocks:

        - W (D, 2N + H): input weights, column blocks i (N), g (H), o (N).
        - U (H, 2N + H): recurrent weights, the same blocks.
        - b (2N + H,): biases.

    Raises
    ------
    ValueError
        For sizes below 1 or that do not fit each other, for another dtype or squashing, and for biases that are not
        finite or of another count.

    Notes
    -----
    The state is (h, c), each (B, H). Cells of one block open and close together, and differ in what they take in. In
    the paper's experiments blocks hold one or two cells.

    References
    ----------
    Hochreiter and Schmidhuber, Long short-term memory, Neural Computation 9(8), 1997, section 4 and figure 2.

    Examples
    --------
    >>> layer = BlockLSTM97(3, 6, block_size=2, output_bias=[-1, -2, -3], rng=0)
    >>> y, tape = layer.forward(np.ones((4, 2, 3)))   # T = 4 steps of B = 2 sequences
    >>> {name: value.shape for name, value in layer.gates(tape).items() if name in "igo"}
    {'i': (4, 2, 3), 'g': (4, 2, 6), 'o': (4, 2, 3)}
    """

    title = "LSTM 1997 in blocks"
    fixed = LSTM97.fixed | {"block_size"}

    def __init__(
        self,
        inputs: int,
        units: int,
        *,
        block_size: int,
        squashing: str = "tanh",
        input_bias: ArrayLike = 0.0,
        output_bias: ArrayLike = 0.0,
        dtype: DTypeLike = np.float32,
        rng: Rng = None,
    ) -> None:
        self.squashing = checks.one_of("squashing", squashing, self.squashings)
        self.block_size = checks.whole("block_size", block_size)
        Recurrent.__init__(self, inputs, units, dtype=dtype, rng=rng)
        blocks = self.units // self.block_size
        self.input_bias = initial_values("input_bias", input_bias, blocks, "block")
        self.output_bias = initial_values("output_bias", output_bias, blocks, "block")
        self.params["b"][self._block("i")] = self.input_bias
        self.params["b"][self._block("o")] = self.output_bias
        self._block_of = np.repeat(np.arange(blocks), self.block_size)

    def _form(self) -> dict[str, Any]:
        return super()._form() | {"block_size": self.block_size}

    def config(self) -> dict[str, Any]:
        """The arguments that make this layer again, not its weights.

        Returns
        -------
        dict
            Plain numbers, strings and lists by the arguments' names.
        """
        return super().config() | {"block_size": self.block_size}

    @classmethod
    def parameter_shapes(cls, inputs: int, units: int, *, block_size: int, **_: Any) -> dict[str, tuple]:  # type: ignore[override]
        """The shapes of W, U and b: 2N + H columns.

        Parameters
        ----------
        inputs : int
            D.
        units : int
            H.
        block_size : int
            S.
        **_ : object
            Other arguments of the layer.

        Returns
        -------
        dict of str to tuple of int
            Name -> shape, in the order of `params`.
        """
        if units % checks.whole("block_size", block_size):
            raise ValueError(f"block_size must divide units, {units}, got {block_size}")
        columns = 2 * (units // block_size) + units
        return {"W": (inputs, columns), "U": (units, columns), "b": (columns,)}

    @classmethod
    def units_per_gate(cls, *, block_size: int, **_: Any) -> int:  # type: ignore[override]
        """The cells of a block.

        Parameters
        ----------
        block_size : int
            S.
        **_ : object
            Other arguments of the layer.

        Returns
        -------
        int
            S.
        """
        return checks.whole("block_size", block_size)

    def _block(self, name: str) -> slice:
        blocks = self.units // self.block_size
        starts = (0, blocks, blocks + self.units, 2 * blocks + self.units)
        k = self.gate_names.index(name)
        return slice(starts[k], starts[k + 1])

    def _initialise(self, rng: np.random.Generator) -> None:
        """As for any cell, with the limits of each block of columns its own."""
        if isinstance(rng, Blank):
            return
        for name in self.gate_names:
            columns = self._block(name)
            width = columns.stop - columns.start
            limit = np.sqrt(6 / (self.inputs + width))
            self.params["W"][:, columns] = rng.uniform(-limit, limit, (self.inputs, width))
            self.params["U"][:, columns] = orthogonal(self.units, width, rng)

    def _run_forward(self, tape: Tape, b0: int, b1: int) -> None:
        squashing = self._slope_and_range()
        forward(tape.x, *self.params.values(), tape.a, tape.h, tape.c, self._block_of, *squashing, b0, b1)

    def _new_deltas(self, tape: Tape) -> tuple[np.ndarray, ...]:
        return (*super()._new_deltas(tape), memory.empty(tape.h.shape[1:], self.dtype))

    def _run_backward(
        self, dy: np.ndarray, tape: Tape, deltas: tuple | list, dstate: list[np.ndarray], b0: int, b1: int
    ) -> None:
        squashing = self._slope_and_range()
        backward(dy, tape.a, tape.c, self.params["U"], self._block_of, *squashing, *deltas, *dstate, b0, b1)
