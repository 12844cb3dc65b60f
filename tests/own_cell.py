"""A cell of one's own in one file, as a user writes it: an LSTM whose output is a projection of what its gates show.

What makes it a hard case: h has another width than c, and the cell learns and keeps more than the usual arrays.
"""

import numpy as np
import reference

import lstm_edu
from lstm_edu.cells.recurrent import rows
from lstm_edu.core import memory
from lstm_edu.core.functions import sigmoid, tanh
from lstm_edu.core.kernel import kernel
from lstm_edu.core.layer import initial_values
from lstm_edu.core.matmul import add_product, input_product, pack, pack_transposed, parameter_gradients, set_product

# T steps, B sequences, H units, P outputs.   a, delta (T,B,4H) in blocks i f g o   c (T+1,B,H)   h (T+1,B,P)
# U (P,4H)   R (H,P)   m (T,B,H) what the gates show, before the projection   dp (T,B,P) the whole gradient of h
# dc, dm (B,H)   dh (B,P)


@kernel
def forward(x, W, U, bias, R, a, h, c, m, b0, b1):
    H, P = R.shape
    from_x, from_h, from_m = pack(W, len(x) * (b1 - b0)), pack(U, b1 - b0), pack(R, b1 - b0)
    zero = np.zeros(P, h.dtype)
    for t in range(len(x)):
        input_product(a, x, from_x, bias, t, b0, b1)
        a_t, m_t = a[t % len(a)], m[t % len(m)]
        add_product(a_t, h[t], from_h, b0, b1)
        for b in range(b0, b1):
            i, f, g = a_t[b, :H], a_t[b, H : 2 * H], a_t[b, 2 * H : 3 * H]
            c_old, c_new = c[t % len(c), b], c[(t + 1) % len(c), b]
            for j in range(H):
                i[j] = sigmoid(i[j])
                f[j] = sigmoid(f[j])
                g[j] = tanh(g[j])
                c_new[j] = f[j] * c_old[j] + i[j] * g[j]
            o, m_b = a_t[b, 3 * H :], m_t[b]
            for j in range(H):
                o[j] = sigmoid(o[j])
                m_b[j] = o[j] * tanh(c_new[j])
        set_product(h[t + 1], zero, m_t, from_m, b0, b1)


@kernel
def backward(dy, a, c, U, R, delta, dp, dm, dh, dc, b0, b1):
    H, P = R.shape
    to_h, to_m = pack_transposed(U), pack_transposed(R)
    zero, one = np.zeros(H, dh.dtype), dh.dtype.type(1)
    for t in range(a.shape[0] - 1, -1, -1):
        for b in range(b0, b1):
            dp_b, dy_b, dh_b = dp[t, b], dy[t, b], dh[b]
            for k in range(P):
                dp_b[k] = dy_b[k] + dh_b[k]
                dh_b[k] = 0
        set_product(dm, zero, dp[t], to_m, b0, b1)
        for b in range(b0, b1):
            o, do, c_new, dm_b, dc_b = a[t, b, 3 * H :], delta[t, b, 3 * H :], c[t + 1, b], dm[b], dc[b]
            for j in range(H):  # what comes through m
                tanh_c = tanh(c_new[j])
                do[j] = dm_b[j] * tanh_c * o[j] * (one - o[j])
                dc_b[j] += dm_b[j] * o[j] * (one - tanh_c * tanh_c)
            i, f, g, c_old = a[t, b, :H], a[t, b, H : 2 * H], a[t, b, 2 * H : 3 * H], c[t, b]
            di, df, dg = delta[t, b, :H], delta[t, b, H : 2 * H], delta[t, b, 2 * H : 3 * H]
            for j in range(H):  # what comes through c
                di[j] = dc_b[j] * g[j] * i[j] * (one - i[j])
                df[j] = dc_b[j] * c_old[j] * f[j] * (one - f[j])
                dg[j] = dc_b[j] * i[j] * (one - g[j] * g[j])
                dc_b[j] *= f[j]
        add_product(dh, delta[t], to_h, b0, b1)


@lstm_edu.register("mine")
class Mine(lstm_edu.Recurrent):
    """c = f c' + i g, m = o tanh(c), h = m R, with the gates of an LSTM.   (Sak, Senior & Beaufays, 2014)"""

    title = "LSTM with a projection"
    gate_names = ("i", "f", "g", "o")
    state_names = ("h", "c")
    keeping_bias, admitting_bias = "forget_bias", "input_bias"
    passing = {"f": 1, "i": 0}

    def __init__(self, inputs, units, *, forget_bias=1.0, input_bias=0.0, dtype=np.float32, rng=None):
        super().__init__(inputs, units, dtype=dtype, rng=rng)
        self.forget_bias = initial_values("forget_bias", forget_bias, self.units)
        self.input_bias = initial_values("input_bias", input_bias, self.units)
        self.params["b"][self._block("f")] = self.forget_bias
        self.params["b"][self._block("i")] = self.input_bias

    @classmethod
    def parameter_shapes(cls, inputs, units, **_):
        H, P = units, units // 2 + 1
        return {"W": (inputs, 4 * H), "U": (P, 4 * H), "b": (4 * H,), "R": (H, P)}

    @classmethod
    def state_widths(cls, units, **_):
        return {"h": units // 2 + 1, "c": units}

    @classmethod
    def kept_widths(cls, units, **_):
        return {"m": units}

    def config(self):
        return super().config() | {"forget_bias": self.forget_bias, "input_bias": self.input_bias}

    def _initialise(self, rng):
        D, H, P = self.inputs, self.units, self.outputs
        limit = np.sqrt(6 / (D + H))
        self.params["W"] = rng.uniform(-limit, limit, (D, 4 * H))
        self.params["U"] = np.hstack([orthonormal(H, P, rng).T for _ in range(4)])
        self.params["R"] = orthonormal(H, P, rng)

    def _run_forward(self, tape, b0, b1):
        forward(tape.x, *self.params.values(), tape.a, tape.h, tape.c, tape.m, b0, b1)

    def _new_deltas(self, tape):
        dp, dm = memory.empty(tape.h[1:].shape, self.dtype), memory.empty(tape.m.shape[1:], self.dtype)
        return (*super()._new_deltas(tape), dp, dm)

    def _run_backward(self, dy, tape, deltas, dstate, b0, b1):
        backward(dy, tape.a, tape.c, self.params["U"], self.params["R"], *deltas, *dstate, b0, b1)

    def _other_gradients(self, tape, deltas, grads):
        m, dp = rows(tape.m), rows(deltas[1])
        none, nowhere = np.empty((len(m), 0), self.dtype), np.empty((0, self.outputs), self.dtype)
        no_bias = np.empty(self.outputs, self.dtype)
        parameter_gradients(m, none, dp, 0, grads["R"], nowhere, no_bias, 0, self.outputs)


def orthonormal(n, k, rng):
    """A random (n, k) matrix, k <= n, with orthonormal columns."""
    return np.linalg.qr(rng.standard_normal((n, k)))[0]


def twin(x, params, state):
    """The same, literally: one matrix per gate, one step after the other."""
    h, c = state
    W, U, b = (reference.by_gate(params[k], "ifgo") for k in ("W", "U", "b"))
    out = {name: [] for name in "ifgohc"}
    for x_t in x:
        i = reference.sigmoid(x_t @ W["i"] + h @ U["i"] + b["i"])
        f = reference.sigmoid(x_t @ W["f"] + h @ U["f"] + b["f"])
        g = np.tanh(x_t @ W["g"] + h @ U["g"] + b["g"])
        o = reference.sigmoid(x_t @ W["o"] + h @ U["o"] + b["o"])
        c = f * c + i * g
        h = (o * np.tanh(c)) @ params["R"]
        for name, value in zip("ifgohc", (i, f, g, o, h, c), strict=True):
            out[name].append(value)
    return {name: np.array(values) for name, values in out.items()}
