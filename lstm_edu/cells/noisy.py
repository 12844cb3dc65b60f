"""An LSTM with noise inside in training: dropout of h' and of g, and zoneout, which keeps old values of h and c.

What goes in and comes out is the business of `Dropout` layers around a cell, of any cell. What is noisy from one step
to the next has its kernel here, for the LSTM alone; `LSTM` itself knows nothing of it.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from lstm_edu.core import checks, matmul, memory
from lstm_edu.core.blank import Blank
from lstm_edu.core.checks import Rng
from lstm_edu.core.functions import sigmoid, tanh
from lstm_edu.core.kernel import kernel
from lstm_edu.core.matmul import add_product, input_product, pack, pack_transposed, set_product
from lstm_edu.core.parameters import Parameters

from .lstm import LSTM
from .recurrent import rows
from .tape import Tape

# T time steps, B sequences, H units.   a, delta (T,B,4H) in blocks i f g o   h, c (T+1,B,H)   U (H,4H)   dh, dc (B,H)
# mh, mg (T,B,H) what h' and g are multiplied by   zh, zc (T,B,H) how much of the old h and c stays
# (1,B,H) instead of (T,B,H): the same at all steps


@kernel
def forward(x, W, U, bias, mh, mg, zh, zc, a, h, c, b0, b1):
    H, one = U.shape[0], U.dtype.type(1)  # a plain 1 would make float64 of float32
    from_x, from_h = pack(W, len(x) * (b1 - b0)), pack(U, b1 - b0)
    seen = np.empty((b1, H), h.dtype)
    for t in range(len(x)):
        input_product(a, x, from_x, bias, t, b0, b1)
        a_t = a[t % len(a)]  # inference keeps a few steps of gates only, used over and over
        for b in range(b0, b1):
            seen_b, h_old, mh_b = seen[b], h[t, b], mh[t % len(mh), b]
            for j in range(H):
                seen_b[j] = mh_b[j] * h_old[j]
        add_product(a_t, seen, from_h, b0, b1)
        for b in range(b0, b1):
            i, f, g, mg_b = a_t[b, :H], a_t[b, H : 2 * H], a_t[b, 2 * H : 3 * H], mg[t % len(mg), b]
            c_old, c_new, h_new, zc_b = c[t % len(c), b], c[(t + 1) % len(c), b], h[t + 1, b], zc[t % len(zc), b]
            for j in range(H):
                i[j] = sigmoid(i[j])
                f[j] = sigmoid(f[j])
                g[j] = tanh(g[j])
                free = f[j] * c_old[j] + i[j] * (mg_b[j] * g[j])
                mixed = zc_b[j] * c_old[j] + (one - zc_b[j]) * free
                c_new[j] = c_old[j] if zc_b[j] == one else mixed  # what stays, stays to the bit
                h_new[j] = tanh(free)  # what is shown comes from the new c even where the old one stays
            o, h_old, zh_b = a_t[b, 3 * H :], h[t, b], zh[t % len(zh), b]
            for j in range(H):
                o[j] = sigmoid(o[j])
                mixed = zh_b[j] * h_old[j] + (one - zh_b[j]) * (o[j] * h_new[j])
                h_new[j] = h_old[j] if zh_b[j] == one else mixed


@kernel
def backward(dy, a, c, U, mh, mg, zh, zc, delta, dh, dc, b0, b1):
    H, one = U.shape[0], U.dtype.type(1)
    weights, dseen = pack_transposed(U), np.empty((b1, H), dh.dtype)
    for t in range(a.shape[0] - 1, -1, -1):
        for b in range(b0, b1):
            i, f, g, mg_b, c_old = a[t, b, :H], a[t, b, H : 2 * H], a[t, b, 2 * H : 3 * H], mg[t % len(mg), b], c[t, b]
            df, do = delta[t, b, H : 2 * H], delta[t, b, 3 * H :]
            for j in range(H):
                do[j] = tanh(f[j] * c_old[j] + i[j] * (mg_b[j] * g[j]))
            o, dy_b, zh_b, zc_b = a[t, b, 3 * H :], dy[t, b], zh[t % len(zh), b], zc[t % len(zc), b]
            dh_b, dc_b = dh[b], dc[b]
            for j in range(H):  # what comes through h; df holds the gradient of f c' + i g for a moment
                tanh_c, dh_j = do[j], dy_b[j] + dh_b[j]
                dshown = (one - zh_b[j]) * dh_j
                do[j] = dshown * tanh_c * o[j] * (one - o[j])
                df[j] = (one - zc_b[j]) * dc_b[j] + dshown * o[j] * (one - tanh_c * tanh_c)
                dh_b[j] = zh_b[j] * dh_j
                dc_b[j] *= zc_b[j]
            di, dg = delta[t, b, :H], delta[t, b, 2 * H : 3 * H]
            for j in range(H):  # what comes through c
                dfree = df[j]
                di[j] = dfree * (mg_b[j] * g[j]) * i[j] * (one - i[j])
                df[j] = dfree * c_old[j] * f[j] * (one - f[j])
                dg[j] = dfree * i[j] * mg_b[j] * (one - g[j] * g[j])
                dc_b[j] += dfree * f[j]
        set_product(dseen, None, delta[t], weights, b0, b1)
        for b in range(b0, b1):
            dseen_b, dh_b, mh_b = dseen[b], dh[b], mh[t % len(mh), b]
            for j in range(H):
                dh_b[j] += mh_b[j] * dseen_b[j]


class NoisyLSTM(LSTM):
    """An LSTM with noise in what goes from one step to the next while it trains, and the mean of it else.

    At each step, where h' and c' are the state before it, and m and z are drawn at random::

        i = sigmoid(x W_i + (m_h * h') U_i + b_i)      f, o likewise
        g = tanh   (x W_g + (m_h * h') U_g + b_g)
        u = f * c' + i * m_g * g                       the new cell state
        c = z_c * c' + (1 - z_c) * u
        h = z_h * h' + (1 - z_h) * o * tanh(u)

        m_h = 0 with probability recurrent_dropout, else 1 / (1 - recurrent_dropout)
        m_g = 0 with probability candidate_dropout, else 1 / (1 - candidate_dropout)
        z_h = 1 with probability zoneout_h, else 0
        z_c = 1 with probability zoneout_c, else 0

    Without `training` each of them is its mean: m = 1, z_h = zoneout_h and z_c = zoneout_c.

    Parameters
    ----------
    inputs : int
        D, the numbers that go in at each step.
    units : int
        H.
    recurrent_dropout : float, default 0.0
        The share of h' that the gates do not see, 0 <= share < 1 (Gal and Ghahramani, with `per` "sequence").
    candidate_dropout : float, default 0.0
        The share of g that does not enter c; what c holds is never lost (Semeniuta et al.).
    zoneout_h, zoneout_c : float, default 0.0
        The share of the units whose h or c stays as it was (Krueger et al.).
    per : {"step", "sequence"}
        How long a mask of the two dropouts lasts: a new one at each step, or one for all steps of a sequence. Each
        sequence of a batch has its own; TensorFlow's `variational_recurrent` has one for the batch. Zoneout is drawn
        anew at each step: a unit that never changes holds nothing.
    forget_bias : float or sequence of float, default 1.0
        Where the biases of f start: one number, or one per unit.
    input_bias : float or sequence of float, default 0.0
        Where those of i start.
    dtype : dtype, default float32
        Of all numbers: float32 or float64.
    rng : int or numpy.random.Generator, optional
        Draws the initial W and U, then the noise; None: a new seed from the system.

    Attributes
    ----------
    params : Parameters
        W, U and b of the LSTM.

    Raises
    ------
    ValueError
        As `LSTM`, and for rates out of range and another `per`.

    Notes
    -----
    The state is (h, c), each (B, H). Every `forward` in training draws new masks, also where a state is carried on, and
    keeps them on the tape, (T, B, H) each.

    Without zoneout, what it computes without `training` is the LSTM to the bit, at its speed. RNN and GRU have no noisy
    form; dropout on their inputs and outputs is a `Dropout` layer before or behind them.

    TensorFlow's `state_keep_prob` of DropoutWrapper is 1 - recurrent_dropout, its `dropout_keep_prob` of
    LayerNormBasicLSTMCell 1 - candidate_dropout (of a step).

    Here y is h as it goes to the next step; a sketch for TensorFlow by the authors of zoneout hands o * tanh(u) to the
    layer above. The equations were compared with that sketch and not with the paper.

    References
    ----------
    Gal and Ghahramani, A theoretically grounded application of dropout in recurrent neural networks, NIPS 2016.

    Semeniuta, Severyn and Barth, Recurrent dropout without memory loss, COLING 2016.

    Krueger et al., Zoneout: regularizing RNNs by randomly preserving hidden activations, ICLR 2017.

    Examples
    --------
    >>> layer, x = NoisyLSTM(3, 5, recurrent_dropout=0.25, per="sequence", rng=0), np.ones((4, 2, 3))
    >>> bool((layer(x) == LSTM(3, 5, rng=0)(x)).all())
    True
    >>> y, tape = layer.forward(x)
    >>> y.shape, list(tape.kept), bool((tape.mh == tape.mh[0]).all())
    ((4, 2, 5), ['mh'], True)
    """

    title = "Noisy LSTM"
    fixed = LSTM.fixed | {"recurrent_dropout", "candidate_dropout", "zoneout_h", "zoneout_c", "per"}
    later = frozenset()

    def __init__(
        self,
        inputs: int,
        units: int,
        *,
        recurrent_dropout: float = 0.0,
        candidate_dropout: float = 0.0,
        zoneout_h: float = 0.0,
        zoneout_c: float = 0.0,
        per: str = "step",
        forget_bias: ArrayLike = 1.0,
        input_bias: ArrayLike = 0.0,
        dtype: DTypeLike = np.float32,
        rng: Rng = None,
    ) -> None:
        self.recurrent_dropout = checks.number("recurrent_dropout", recurrent_dropout, least=0, below=1)
        self.candidate_dropout = checks.number("candidate_dropout", candidate_dropout, least=0, below=1)
        self.zoneout_h = checks.number("zoneout_h", zoneout_h, least=0, below=1)
        self.zoneout_c = checks.number("zoneout_c", zoneout_c, least=0, below=1)
        self.per = checks.one_of("per", per, ("step", "sequence"))
        rng = checks.generator(rng)
        super().__init__(inputs, units, forget_bias=forget_bias, input_bias=input_bias, dtype=dtype, rng=rng)
        self.rng = checks.generator(None) if isinstance(rng, Blank) else rng  # weights may be given, noise is not
        if self.zoneout_h or self.zoneout_c:
            self.passing = {}  # what is shown is not what is carried

    def generators(self) -> list[np.random.Generator]:
        """The generator that draws the noise.

        Returns
        -------
        list of numpy.random.Generator
            This one alone.
        """
        return [self.rng]

    def config(self) -> dict[str, Any]:
        """The arguments that make this layer again, not its weights.

        Returns
        -------
        dict
            Plain numbers, strings and lists by the arguments' names.
        """
        return super().config() | {
            "recurrent_dropout": self.recurrent_dropout,
            "candidate_dropout": self.candidate_dropout,
            "zoneout_h": self.zoneout_h,
            "zoneout_c": self.zoneout_c,
            "per": self.per,
        }

    def _new_tape(self, x: np.ndarray, state: Any, kept: int, training: bool = False) -> Tape:
        tape, shape = super()._new_tape(x, state, kept), (kept, x.shape[1], self.units)
        if training:
            lasting = (1, *shape[1:]) if self.per == "sequence" else shape
            for name, rate in (("mh", self.recurrent_dropout), ("mg", self.candidate_dropout)):
                if rate:
                    self._keep(tape, name, shape, self._drawn(lasting, rate) / self.dtype.type(1 - rate))
        for name, rate in (("zh", self.zoneout_h), ("zc", self.zoneout_c)):
            if rate:
                self._keep(tape, name, shape, 1 - self._drawn(shape, rate) if training else rate)
        return tape

    def _drawn(self, shape: tuple, rate: float) -> np.ndarray:
        """0 with probability `rate`, else 1. From float32 numbers for every dtype: one seed, one mask."""
        return (self.rng.random(shape, np.float32) >= rate).astype(self.dtype)

    def _keep(self, tape: Tape, name: str, shape: tuple, values: Any) -> None:
        tape.kept[name] = memory.empty(shape, self.dtype)
        tape.kept[name][...] = values
        tape.made += (tape.kept[name],)

    def _noise(self, tape: Tape) -> list[np.ndarray]:
        """mh, mg, zh and zc: from the tape, or what leaves all as it is."""
        none = (1, tape.x.shape[1], self.units)
        ones, zeros = np.ones(none, self.dtype), np.zeros(none, self.dtype)
        return [tape.kept.get(name, ones if name in ("mh", "mg") else zeros) for name in ("mh", "mg", "zh", "zc")]

    def _run_forward(self, tape: Tape, b0: int, b1: int) -> None:
        if tape.kept:
            forward(tape.x, *self.params.values(), *self._noise(tape), tape.a, tape.h, tape.c, b0, b1)
        else:
            super()._run_forward(tape, b0, b1)

    def _new_deltas(self, tape: Tape) -> tuple[np.ndarray, ...]:
        if "mh" not in tape.kept:
            return super()._new_deltas(tape)
        seen = np.multiply(tape.mh, tape.h[:-1], out=memory.empty(tape.mh.shape, self.dtype))
        return (*super()._new_deltas(tape), seen)  # what U was multiplied by

    def _run_backward(
        self, dy: np.ndarray, tape: Tape, deltas: tuple | list, dstate: list[np.ndarray], b0: int, b1: int
    ) -> None:
        if tape.kept:
            backward(dy, tape.a, tape.c, self.params["U"], *self._noise(tape), deltas[0], *dstate, b0, b1)
        else:
            super()._run_backward(dy, tape, deltas[:1], dstate, b0, b1)

    def _parameter_gradients(self, tape: Tape, deltas: tuple, grads: Parameters, c0: int, c1: int) -> None:
        delta, seen = deltas if len(deltas) > 1 else (deltas[0], tape.h[:-1])
        dW, dU, db = grads["W"], grads["U"], grads["b"]
        matmul.parameter_gradients(rows(tape.x), rows(seen), rows(delta), 0, dW, dU, db, c0, c1)

    def _check_arrays(self, tape: Tape) -> tuple[int, int]:
        T, B = super()._check_arrays(tape)
        for name, mask in tape.kept.items():
            self._check_array(name, mask, (T, B, self.units))
        return T, B
