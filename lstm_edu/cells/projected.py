"""The LSTM with a recurrent projection: h = (o tanh(c)) R, narrower than c.   (Sak, Senior & Beaufays, 2014)"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from lstm_edu.core import checks, memory
from lstm_edu.core.blank import Blank
from lstm_edu.core.checks import Rng
from lstm_edu.core.functions import sigmoid, tanh
from lstm_edu.core.kernel import kernel
from lstm_edu.core.layer import initial_values
from lstm_edu.core.matmul import add_product, input_product, pack, pack_transposed, parameter_gradients, set_product
from lstm_edu.core.parameters import Parameters

from .peephole import peephole_gradients
from .recurrent import Recurrent, orthogonal, rows
from .tape import Tape

# T steps, B sequences, H units, P outputs.   a, delta (T,B,4H) in blocks i f g o   c (T+1,B,H)   h (T+1,B,P)
# U (P,4H)   R (H,P)   p (3,H) peepholes, zero where there are none   m (T,B,H) what the gates show
# dp (T,B,P) the gradient of m R   dc, dm (B,H)   dh (B,P)   k, kp: the bounds of c and of h, infinite for none


@kernel
def forward(x, W, U, bias, R, p, a, h, c, m, k, kp, b0, b1):
    H, P = R.shape
    pi, pf, po = p[0], p[1], p[2]
    from_x, from_h, from_m = pack(W, len(x) * (b1 - b0)), pack(U, b1 - b0), pack(R, b1 - b0)
    for t in range(len(x)):
        input_product(a, x, from_x, bias, t, b0, b1)
        a_t, m_t = a[t % len(a)], m[t % len(m)]
        add_product(a_t, h[t], from_h, b0, b1)
        for b in range(b0, b1):
            i, f, g = a_t[b, :H], a_t[b, H : 2 * H], a_t[b, 2 * H : 3 * H]
            c_old, c_new = c[t % len(c), b], c[(t + 1) % len(c), b]
            for j in range(H):
                i[j] = sigmoid(i[j] + pi[j] * c_old[j])
                f[j] = sigmoid(f[j] + pf[j] * c_old[j])
                g[j] = tanh(g[j])
                free = f[j] * c_old[j] + i[j] * g[j]
                c_new[j] = k if free > k else (-k if free < -k else free)
            o, m_b = a_t[b, 3 * H :], m_t[b]
            for j in range(H):
                o[j] = sigmoid(o[j] + po[j] * c_new[j])
                m_b[j] = o[j] * tanh(c_new[j])
        set_product(h[t + 1], None, m_t, from_m, b0, b1)
        if kp < np.inf:
            for b in range(b0, b1):
                h_b = h[t + 1, b]
                for j in range(P):
                    h_b[j] = kp if h_b[j] > kp else (-kp if h_b[j] < -kp else h_b[j])


@kernel
def backward(dy, a, h, c, U, R, p, delta, dp, dm, dh, dc, k, kp, b0, b1):
    H, P = R.shape
    one, zero = dh.dtype.type(1), dh.dtype.type(0)
    pi, pf, po = p[0], p[1], p[2]
    to_h, to_m = pack_transposed(U), pack_transposed(R)
    for t in range(a.shape[0] - 1, -1, -1):
        for b in range(b0, b1):
            dp_b, dy_b, dh_b, h_b = dp[t, b], dy[t, b], dh[b], h[t + 1, b]
            for j in range(P):
                dp_b[j] = dy_b[j] + dh_b[j] if -kp < h_b[j] < kp else zero  # at the bound h does not move
                dh_b[j] = 0
        set_product(dm, None, dp[t], to_m, b0, b1)
        for b in range(b0, b1):
            o, do, c_new, dm_b, dc_b = a[t, b, 3 * H :], delta[t, b, 3 * H :], c[t + 1, b], dm[b], dc[b]
            for j in range(H):  # what comes through m
                tanh_c = tanh(c_new[j])
                do[j] = dm_b[j] * tanh_c * o[j] * (one - o[j])
                dc_j = dc_b[j] + dm_b[j] * o[j] * (one - tanh_c * tanh_c) + do[j] * po[j]
                dc_b[j] = dc_j if -k < c_new[j] < k else zero
            i, f, g, c_old = a[t, b, :H], a[t, b, H : 2 * H], a[t, b, 2 * H : 3 * H], c[t, b]
            di, df, dg = delta[t, b, :H], delta[t, b, H : 2 * H], delta[t, b, 2 * H : 3 * H]
            for j in range(H):  # what comes through c
                di[j] = dc_b[j] * g[j] * i[j] * (one - i[j])
                df[j] = dc_b[j] * c_old[j] * f[j] * (one - f[j])
                dg[j] = dc_b[j] * i[j] * (one - g[j] * g[j])
                dc_b[j] = dc_b[j] * f[j] + di[j] * pi[j] + df[j] * pf[j]
        add_product(dh, delta[t], to_h, b0, b1)


class ProjectedLSTM(Recurrent):
    """An LSTM whose output is a projection of what its gates show: many cells, and a narrow way to the next step.

    At each step, where h' and c' are the state before it::

        i = sigmoid(x W_i + h' U_i + b_i + p_i * c')     the terms with p for `peepholes` alone
        f = sigmoid(x W_f + h' U_f + b_f + p_f * c')
        g = tanh   (x W_g + h' U_g + b_g)
        c = clip(f * c' + i * g, cell_clip)
        o = sigmoid(x W_o + h' U_o + b_o + p_o * c)
        h = clip((o * tanh(c)) R, projection_clip)       P numbers

    Parameters
    ----------
    inputs : int
        D, the numbers that go in at each step.
    units : int
        H, the cells.
    projection : int
        P, the numbers that come out and go to the next step.
    peepholes : bool, default False
        Whether the gates see the cell.
    cell_clip, projection_clip : float, optional
        Bounds of c and of h; None: none.
    forget_bias : float or sequence of float, default 1.0
        Where the biases of f start: one number, or one per unit.
    input_bias : float or sequence of float, default 0.0
        Where those of i start.
    dtype : dtype, default float32
        Of all numbers: float32 or float64.
    rng : int or numpy.random.Generator, optional
        Draws the initial W, U and R; None: a new seed from the system.

    Attributes
    ----------
    params : Parameters
        What is learned:

        - W (D, 4H): input weights, column blocks i f g o.
        - U (P, 4H): recurrent weights, the same blocks.
        - b (4H,): biases.
        - R (H, P): the projection, which has no bias.
        - p (3, H): rows i, f, o, for `peepholes` alone; they start at 0.

    Raises
    ------
    ValueError
        For sizes below 1, bounds that are not above 0, another dtype, and biases that are not finite.

    Notes
    -----
    The state is (h, c), (B, P) and (B, H). These are the arguments of TensorFlow's LSTMCell (`num_proj`, `proj_clip`);
    PyTorch has the projection as `proj_size`, without peepholes and clips.

    References
    ----------
    Sak, Senior and Beaufays, Long short-term memory recurrent neural network architectures for large scale acoustic
    modeling, Interspeech 2014.

    Examples
    --------
    >>> layer = ProjectedLSTM(3, 50, 5, rng=0)
    >>> y, tape = layer.forward(np.ones((4, 2, 3)))   # T = 4 steps of B = 2 sequences
    >>> y.shape, tape.c.shape
    ((4, 2, 5), (5, 2, 50))
    """

    title = "Projected LSTM"
    gate_names = ("i", "f", "g", "o")
    state_names = ("h", "c")
    keeping_bias, admitting_bias = "forget_bias", "input_bias"
    passing = {"f": 1, "i": 0}
    fixed = Recurrent.fixed | {"projection", "peepholes", "cell_clip", "projection_clip"}

    def __init__(
        self,
        inputs: int,
        units: int,
        projection: int,
        *,
        peepholes: bool = False,
        cell_clip: float | None = None,
        projection_clip: float | None = None,
        forget_bias: ArrayLike = 1.0,
        input_bias: ArrayLike = 0.0,
        dtype: DTypeLike = np.float32,
        rng: Rng = None,
    ) -> None:
        if not isinstance(peepholes, bool | np.bool_):
            raise ValueError(f"peepholes must be True or False, got {peepholes!r}")
        self.projection, self.peepholes = checks.whole("projection", projection), bool(peepholes)
        self.cell_clip = None if cell_clip is None else checks.positive("cell_clip", cell_clip)
        self.projection_clip = None if projection_clip is None else checks.positive("projection_clip", projection_clip)
        super().__init__(inputs, units, dtype=dtype, rng=rng)
        self._bounds = [self.dtype.type(np.inf if k is None else k) for k in (self.cell_clip, self.projection_clip)]
        self._no_peepholes = np.zeros((0 if self.peepholes else 3, self.units), self.dtype)
        if self.cell_clip is not None or self.projection_clip is not None:
            self.passing = {}  # at a bound nothing passes
        self.forget_bias = initial_values("forget_bias", forget_bias, self.units)
        self.input_bias = initial_values("input_bias", input_bias, self.units)
        self.params["b"][self._block("f")] = self.forget_bias
        self.params["b"][self._block("i")] = self.input_bias

    def _form(self) -> dict[str, Any]:
        return {"projection": self.projection, "peepholes": self.peepholes}

    @classmethod
    def parameter_shapes(  # type: ignore[override]
        cls, inputs: int, units: int, projection: int, peepholes: bool = False, **_: Any
    ) -> dict[str, tuple]:
        """Those of the LSTM with U (P, 4H), R, and p for `peepholes`.

        Parameters
        ----------
        inputs : int
            D.
        units : int
            H.
        projection : int
            P.
        peepholes : bool
            As for the class.
        **_ : object
            Other arguments of the layer.

        Returns
        -------
        dict of str to tuple of int
            Name -> shape, in the order of `params`.
        """
        D, H, P = inputs, units, projection
        shapes: dict[str, tuple] = {"W": (D, 4 * H), "U": (P, 4 * H), "b": (4 * H,), "R": (H, P)}
        return shapes | ({"p": (3, H)} if peepholes else {})

    @classmethod
    def state_widths(cls, units: int, *, projection: int, **_: Any) -> dict[str, int]:  # type: ignore[override]
        """P for h, H for c.

        Parameters
        ----------
        units : int
            H.
        projection : int
            P.
        **_ : object
            Other arguments of the layer.

        Returns
        -------
        dict of str to int
            Name -> width, the output first.
        """
        return {"h": projection, "c": units}

    @classmethod
    def kept_widths(cls, units: int, **_: Any) -> dict[str, int]:
        """What the gates show, before the projection.

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
        return {"m": units}

    def config(self) -> dict[str, Any]:
        """The arguments that make this layer again, not its weights.

        Returns
        -------
        dict
            Plain numbers, strings and lists by the arguments' names.
        """
        return super().config() | {
            "projection": self.projection,
            "peepholes": self.peepholes,
            "cell_clip": self.cell_clip,
            "projection_clip": self.projection_clip,
            "forget_bias": self.forget_bias,
            "input_bias": self.input_bias,
        }

    def _initialise(self, rng: np.random.Generator) -> None:
        """W Glorot uniform, U orthogonal, both gate by gate, R orthogonal; all else zero."""
        if isinstance(rng, Blank):
            return
        D, H, P = self.inputs, self.units, self.projection
        limit = np.sqrt(6 / (D + H))
        self.params["W"] = rng.uniform(-limit, limit, (D, 4 * H))
        self.params["U"] = np.hstack([orthogonal(P, H, rng) for _ in range(4)])
        self.params["R"] = orthogonal(H, P, rng)

    def _p(self) -> np.ndarray:
        return self.params["p"] if self.peepholes else self._no_peepholes

    def _run_forward(self, tape: Tape, b0: int, b1: int) -> None:
        params = self.params
        weights = params["W"], params["U"], params["b"], params["R"], self._p()
        forward(tape.x, *weights, tape.a, tape.h, tape.c, tape.m, *self._bounds, b0, b1)

    def _new_deltas(self, tape: Tape) -> tuple[np.ndarray, ...]:
        dp, dm = memory.empty(tape.h[1:].shape, self.dtype), memory.empty(tape.m.shape[1:], self.dtype)
        return (*super()._new_deltas(tape), dp, dm)

    def _run_backward(
        self, dy: np.ndarray, tape: Tape, deltas: tuple | list, dstate: list[np.ndarray], b0: int, b1: int
    ) -> None:
        U, R = self.params["U"], self.params["R"]
        backward(dy, tape.a, tape.h, tape.c, U, R, self._p(), *deltas, *dstate, *self._bounds, b0, b1)

    def _other_gradients(self, tape: Tape, deltas: tuple, grads: Parameters) -> None:
        m, dp = rows(tape.m), rows(deltas[1])
        none, nowhere = np.empty((len(m), 0), self.dtype), np.empty((0, self.projection), self.dtype)
        no_bias = np.empty(self.projection, self.dtype)
        parameter_gradients(m, none, dp, 0, grads["R"], nowhere, no_bias, 0, self.projection)
        if self.peepholes:
            peephole_gradients(self, tape.states[1], deltas[0], grads["p"])
