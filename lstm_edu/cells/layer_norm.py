"""The LSTM with layer normalisation: gates from LN(x W + h' U), h = o tanh(LN(c)).   (Ba, Kiros & Hinton, 2016)"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from lstm_edu.core import checks, memory
from lstm_edu.core.checks import Rng
from lstm_edu.core.functions import sigmoid, tanh
from lstm_edu.core.kernel import kernel
from lstm_edu.core.layer import initial_values
from lstm_edu.core.matmul import add_product, input_product, pack, pack_transposed
from lstm_edu.core.parameters import Parameters

from .recurrent import Recurrent
from .tape import Tape

# T time steps, B sequences, H units.   a, delta (T,B,4H) in blocks i f g o   h, c (T+1,B,H)   U (H,4H)   bias (4H,)
# gain (5,H) rows i f g o c   bc (H,)   n (T,B,5H) what was normalised, without gain   scale (T,B,5) 1 / deviation
# dgain, dshift (B,5H) sums over the steps   dh, dc (B,H)
# eps, of the weights' type   carried: 1 where LN(c) is the state too, else 0

FORMS = ("output", "state")


@kernel
def normalise(values, n, eps):
    """n = (values - mean) / deviation, and 1 / deviation. The mean first: a difference of large squares loses all."""
    H = values.dtype.type(len(values))
    mean = variance = values.dtype.type(0)
    for j in range(len(values)):
        mean += values[j]
    mean /= H
    for j in range(len(values)):
        n[j] = values[j] - mean
        variance += n[j] * n[j]
    scale = values.dtype.type(1) / np.sqrt(variance / H + eps)
    for j in range(len(values)):
        n[j] *= scale
    return scale


@kernel
def normalise_gates(a, n, scale, gain, bias, eps):
    """The same for the four blocks of a, then a = gain n + bias. All four at once: a sum waits for its last term."""
    H = len(a) // 4
    i, f, g, o, one, count = 0, H, 2 * H, 3 * H, a.dtype.type(1), a.dtype.type(H)
    mean_i = mean_f = mean_g = mean_o = var_i = var_f = var_g = var_o = a.dtype.type(0)
    for j in range(H):
        mean_i += a[i + j]
        mean_f += a[f + j]
        mean_g += a[g + j]
        mean_o += a[o + j]
    mean_i, mean_f, mean_g, mean_o = mean_i / count, mean_f / count, mean_g / count, mean_o / count
    for j in range(H):
        away_i, away_f, away_g, away_o = a[i + j] - mean_i, a[f + j] - mean_f, a[g + j] - mean_g, a[o + j] - mean_o
        n[i + j], n[f + j], n[g + j], n[o + j] = away_i, away_f, away_g, away_o
        var_i += away_i * away_i
        var_f += away_f * away_f
        var_g += away_g * away_g
        var_o += away_o * away_o
    scale[0], scale[1] = one / np.sqrt(var_i / count + eps), one / np.sqrt(var_f / count + eps)
    scale[2], scale[3] = one / np.sqrt(var_g / count + eps), one / np.sqrt(var_o / count + eps)
    for k in range(4):
        scale_k = scale[k]
        for j in range(k * H, (k + 1) * H):
            n[j] *= scale_k
            a[j] = gain[j] * n[j] + bias[j]


@kernel
def through_gain(d, n, gain, dgain, dshift):
    """d, the gradient of gain n + shift, becomes that of n; dgain and dshift are added to."""
    for j in range(len(d)):
        dgain[j] += d[j] * n[j]
        dshift[j] += d[j]
        d[j] *= gain[j]


@kernel
def through_norm(d, n, scale):
    """d, the gradient of n, becomes that of what was normalised: neither its mean nor its size reaches n."""
    H = d.dtype.type(len(d))
    mean = along = d.dtype.type(0)
    for j in range(len(d)):
        mean += d[j]
        along += d[j] * n[j]
    mean, along = mean / H, along / H
    for j in range(len(d)):
        d[j] = scale * (d[j] - mean - n[j] * along)


@kernel
def through_norm_of_gates(d, n, scale):
    """The same for the four blocks of d, all at once."""
    H = len(d) // 4
    i, f, g, o, count = 0, H, 2 * H, 3 * H, d.dtype.type(H)
    mean_i = mean_f = mean_g = mean_o = along_i = along_f = along_g = along_o = d.dtype.type(0)
    for j in range(H):
        mean_i += d[i + j]
        mean_f += d[f + j]
        mean_g += d[g + j]
        mean_o += d[o + j]
        along_i += d[i + j] * n[i + j]
        along_f += d[f + j] * n[f + j]
        along_g += d[g + j] * n[g + j]
        along_o += d[o + j] * n[o + j]
    mean_i, mean_f, mean_g, mean_o = mean_i / count, mean_f / count, mean_g / count, mean_o / count
    along_i, along_f, along_g, along_o = along_i / count, along_f / count, along_g / count, along_o / count
    for j in range(H):
        d[i + j] = scale[0] * (d[i + j] - mean_i - n[i + j] * along_i)
        d[f + j] = scale[1] * (d[f + j] - mean_f - n[f + j] * along_f)
        d[g + j] = scale[2] * (d[g + j] - mean_g - n[g + j] * along_g)
        d[o + j] = scale[3] * (d[o + j] - mean_o - n[o + j] * along_o)


@kernel
def forward(x, W, U, bias, gain, bc, a, h, c, n, scale, eps, carried, b0, b1):
    H, gains = U.shape[0], gain.reshape(-1)
    from_x, from_h = pack(W, len(x) * (b1 - b0)), pack(U, b1 - b0)
    for t in range(len(x)):
        input_product(a, x, from_x, None, t, b0, b1)
        a_t, n_t, scale_t = a[t % len(a)], n[t % len(n)], scale[t % len(scale)]
        add_product(a_t, h[t], from_h, b0, b1)
        for b in range(b0, b1):
            normalise_gates(a_t[b], n_t[b], scale_t[b], gains, bias, eps)
            i, f, g = a_t[b, :H], a_t[b, H : 2 * H], a_t[b, 2 * H : 3 * H]
            c_old, c_new = c[t % len(c), b], c[(t + 1) % len(c), b]
            for j in range(H):
                i[j] = sigmoid(i[j])
                f[j] = sigmoid(f[j])
                g[j] = tanh(g[j])
                c_new[j] = f[j] * c_old[j] + i[j] * g[j]
            n_c, gain_c, o, h_new = n_t[b, 4 * H :], gain[4], a_t[b, 3 * H :], h[t + 1, b]
            scale_t[b, 4] = normalise(c_new, n_c, eps)
            for j in range(H):
                shown = gain_c[j] * n_c[j] + bc[j]
                o[j] = sigmoid(o[j])
                h_new[j] = o[j] * tanh(shown)
                c_new[j] = shown if carried else c_new[j]


@kernel
def backward(dy, a, c, n, scale, U, gain, bc, delta, dgain, dshift, ds, dh, dc, carried, b0, b1):
    H, one, zero = U.shape[0], U.dtype.type(1), U.dtype.type(0)
    weights, gains = pack_transposed(U), gain.reshape(-1)
    for t in range(a.shape[0] - 1, -1, -1):
        for b in range(b0, b1):
            o, do, n_c, gain_c = a[t, b, 3 * H :], delta[t, b, 3 * H :], n[t, b, 4 * H :], gain[4]
            dy_b, dh_b, dc_b, ds_b = dy[t, b], dh[b], dc[b], ds[b]
            for j in range(H):  # what comes through h to s = LN(c)
                tanh_s = tanh(gain_c[j] * n_c[j] + bc[j])
                dh_j = dy_b[j] + dh_b[j]
                do[j] = dh_j * tanh_s * o[j] * (one - o[j])
                ds_b[j] = dh_j * o[j] * (one - tanh_s * tanh_s) + (dc_b[j] if carried else zero)
                dh_b[j] = 0
            through_gain(ds_b, n_c, gain_c, dgain[b, 4 * H :], dshift[b, 4 * H :])
            through_norm(ds_b, n_c, scale[t, b, 4])
            i, f, g, c_old = a[t, b, :H], a[t, b, H : 2 * H], a[t, b, 2 * H : 3 * H], c[t, b]
            di, df, dg = delta[t, b, :H], delta[t, b, H : 2 * H], delta[t, b, 2 * H : 3 * H]
            for j in range(H):  # what comes through f c' + i g
                dc_j = ds_b[j] + (zero if carried else dc_b[j])
                di[j] = dc_j * g[j] * i[j] * (one - i[j])
                df[j] = dc_j * c_old[j] * f[j] * (one - f[j])
                dg[j] = dc_j * i[j] * (one - g[j] * g[j])
                dc_b[j] = dc_j * f[j]
            through_gain(delta[t, b], n[t, b], gains, dgain[b], dshift[b])  # the four gates at once
            through_norm_of_gates(delta[t, b], n[t, b], scale[t, b])
        add_product(dh, delta[t], weights, b0, b1)


class LayerNormLSTM(Recurrent):
    """An LSTM in which the units of a layer share their mean and deviation, gate by gate and once more for c.

    At each step, where h' and c' are the state before it::

        i = sigmoid(LN(x W_i + h' U_i; gain_i, b_i))      input gate
        f = sigmoid(LN(x W_f + h' U_f; gain_f, b_f))      forget gate
        g = tanh   (LN(x W_g + h' U_g; gain_g, b_g))      candidate
        o = sigmoid(LN(x W_o + h' U_o; gain_o, b_o))      output gate
        s = LN(f * c' + i * g; gain_c, bc)
        h = o * tanh(s)                                   output
        c = f * c' + i * g                                cell state, form "output"
        c = s                                             cell state, form "state"

        LN(z; gain, shift) = gain * (z - mean(z)) / sqrt(mean((z - mean(z))^2) + epsilon) + shift

    The means are over the H units of one sequence at one step, so that no sequence sees another.

    Parameters
    ----------
    inputs : int
        D, the numbers that go in at each step.
    units : int
        H.
    form : {"output", "state"}
        What is carried from step to step. "output": c as it is; it is normalised inside h alone, as in Ba et al.
        "state": what was normalised, as in TensorFlow's LayerNormBasicLSTMCell.
    epsilon : float, default 1e-5
        What keeps the deviation above 0.
    forget_bias : float or sequence of float, default 1.0
        Where the biases of f start: one number, or one per unit. They are added after the normalisation.
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

        - W (D, 4H): input weights, column blocks i f g o.
        - U (H, 4H): recurrent weights, the same blocks.
        - b (4H,): the shifts of the gates, which start at `input_bias`, `forget_bias`, 0, 0.
        - gain (5, H): rows i, f, g, o, c, which start at 1.
        - bc (H,): the shift of c, which starts at 0.

    Raises
    ------
    ValueError
        For sizes below 1, for another form or dtype, for an epsilon that is not above 0 in that dtype, and for biases
        that are not finite or of another count.

    Notes
    -----
    The state is (h, c), each (B, H).

    What is normalised is TensorFlow's, in both forms: the sum x W + h' U, each gate for itself. In the equations of Ba
    et al. x W and h' U are normalised each for itself, the four gates together, and then added. Those equations, and
    that c is carried as it is, were read in a quotation of the paper's supplement, not in the paper. TensorFlow's
    epsilon is 1e-12.

    A gate's W and U have no scale: multiplied by any number above 0 they give the same function, but for `epsilon`.
    With one unit every LN is its shift.

    References
    ----------
    Ba, Kiros and Hinton, Layer normalization, arXiv 1607.06450, 2016.

    Examples
    --------
    >>> layer = LayerNormLSTM(3, 5, rng=0)
    >>> y, tape = layer.forward(np.ones((4, 2, 3)))   # T = 4 steps of B = 2 sequences
    >>> y.shape, list(layer.gates(tape))
    ((4, 2, 5), ['i', 'f', 'g', 'o', 'h', 'c'])
    >>> _, tape = LayerNormLSTM(3, 5, form="state", rng=0).forward(np.ones((4, 2, 3)))
    >>> bool(np.allclose(tape.c[1:].mean(axis=-1), 0, atol=1e-6))   # what is carried was normalised
    True
    """

    title = "LSTM, layer norm"
    gate_names = ("i", "f", "g", "o")
    state_names = ("h", "c")
    keeping_bias, admitting_bias = "forget_bias", "input_bias"
    passing = {"f": 1, "i": 0}
    fixed = Recurrent.fixed | {"form", "epsilon"}

    def __init__(
        self,
        inputs: int,
        units: int,
        *,
        form: str = "output",
        epsilon: float = 1e-5,
        forget_bias: ArrayLike = 1.0,
        input_bias: ArrayLike = 0.0,
        dtype: DTypeLike = np.float32,
        rng: Rng = None,
    ) -> None:
        self.form = checks.one_of("form", form, FORMS)
        self.epsilon = checks.positive("epsilon", epsilon)
        if form == "state":
            self.passing = {}  # no gates let a normalised c pass as it is
        super().__init__(inputs, units, dtype=dtype, rng=rng)
        with np.errstate(over="ignore"):
            self._eps, self._carried = self.dtype.type(self.epsilon), int(form == "state")
        if not 0 < self._eps < np.inf:
            raise ValueError(f"epsilon must be a number above 0 in {self.dtype}, got {epsilon!r}")
        self.forget_bias = initial_values("forget_bias", forget_bias, self.units)
        self.input_bias = initial_values("input_bias", input_bias, self.units)
        self.params["b"][self._block("f")] = self.forget_bias
        self.params["b"][self._block("i")] = self.input_bias
        self.params["gain"][...] = 1

    def _form(self) -> dict[str, Any]:
        return {"form": self.form, "epsilon": self.epsilon}

    @classmethod
    def parameter_shapes(cls, inputs: int, units: int, **_: Any) -> dict[str, tuple]:  # type: ignore[override]
        """Those of the LSTM, and the gains and the shift of c.

        Parameters
        ----------
        inputs : int
            D.
        units : int
            H.
        **_ : object
            Other arguments of the layer.

        Returns
        -------
        dict of str to tuple of int
            Name -> shape, in the order of `params`.
        """
        return super().parameter_shapes(inputs, units) | {"gain": (5, units), "bc": (units,)}

    @classmethod
    def kept_widths(cls, units: int, **_: Any) -> dict[str, int]:
        """What was normalised, and by which numbers it was multiplied: i, f, g, o and c.

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
        return {"normed": 5 * units, "scale": 5}

    def config(self) -> dict[str, Any]:
        """The arguments that make this layer again, not its weights.

        Returns
        -------
        dict
            Plain numbers, strings and lists by the arguments' names.
        """
        return super().config() | self._form() | {"forget_bias": self.forget_bias, "input_bias": self.input_bias}

    def _run_forward(self, tape: Tape, b0: int, b1: int) -> None:
        kept = tape.a, tape.h, tape.c, tape.normed, tape.scale
        forward(tape.x, *self.params.values(), *kept, self._eps, self._carried, b0, b1)

    def _new_deltas(self, tape: Tape) -> tuple[np.ndarray, ...]:
        B, H = tape.x.shape[1], self.units
        sums = np.zeros((2, B, 5 * H), self.dtype)  # of each sequence: added up over the steps by one thread, in order
        return (*super()._new_deltas(tape), *sums, memory.empty((B, H), self.dtype))

    def _run_backward(
        self, dy: np.ndarray, tape: Tape, deltas: tuple | list, dstate: list[np.ndarray], b0: int, b1: int
    ) -> None:
        _, U, _, gain, bc = self.params.values()
        kept = tape.a, tape.c, tape.normed, tape.scale
        backward(dy, *kept, U, gain, bc, *deltas, *dstate, self._carried, b0, b1)

    def _parameter_gradients(self, tape: Tape, deltas: tuple, grads: Parameters, c0: int, c1: int) -> None:
        super()._parameter_gradients(tape, deltas, grads, c0, c1)
        _, _, dshift, _ = deltas
        grads["b"][c0:c1] = dshift[:, c0:c1].sum(axis=0)  # the shift comes after the normalisation, delta before it

    def _other_gradients(self, tape: Tape, deltas: tuple, grads: Parameters) -> None:
        _, dgain, dshift, _ = deltas
        grads["gain"] = dgain.sum(axis=0).reshape(5, -1)
        grads["bc"] = dshift[:, 4 * self.units :].sum(axis=0)
