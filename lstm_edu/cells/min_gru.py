"""Gates from the input alone, so that time is a scan: minGRU and minLSTM.   (Feng et al., Were RNNs all we needed?)"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from lstm_edu.core import checks
from lstm_edu.core.arrays import sigmoid as sigmoid_of
from lstm_edu.core.blank import Blank
from lstm_edu.core.checks import Rng
from lstm_edu.core.functions import sigmoid
from lstm_edu.core.kernel import kernel
from lstm_edu.core.layer import initial_values
from lstm_edu.core.matmul import input_product, pack, parameter_gradients
from lstm_edu.core.parameters import Parameters
from lstm_edu.core.scan import scan

from .recurrent import Recurrent, rows
from .tape import Tape

# T time steps, B sequences, H units.   a, delta (T,B,G*H) in blocks z n or i f n   h (T+1,B,H)   dh (B,H)
# positive: whether the candidate is made positive, n = x + 1/2 above zero and sigmoid(x) below: slope 1 and n (1 - n).


@kernel
def forward_gru(x, W, bias, a, h, positive, b0, b1):
    H, one, half = h.shape[2], W.dtype.type(1), W.dtype.type(0.5)
    from_x = pack(W, len(x) * (b1 - b0))
    for t in range(len(x)):
        input_product(a, x, from_x, bias, t, b0, b1)
        a_t = a[t % len(a)]  # inference keeps a few steps of gates only, used over and over
        for b in range(b0, b1):
            z, n, h_old, h_new = a_t[b, :H], a_t[b, H:], h[t, b], h[t + 1, b]
            for j in range(H):
                z[j] = sigmoid(z[j])
                if positive:
                    n[j] = n[j] + half if n[j] >= 0 else sigmoid(n[j])
                h_new[j] = (one - z[j]) * h_old[j] + z[j] * n[j]


@kernel
def backward_gru(dy, a, h, delta, dh, positive, b0, b1):
    H, one, half = h.shape[2], a.dtype.type(1), a.dtype.type(0.5)
    for t in range(a.shape[0] - 1, -1, -1):
        for b in range(b0, b1):
            z, n, h_old, dh_b = a[t, b, :H], a[t, b, H:], h[t, b], dh[b]
            dz, dn, dy_b = delta[t, b, :H], delta[t, b, H:], dy[t, b]
            for j in range(H):
                dh_j = dy_b[j] + dh_b[j]
                slope = one if not positive or n[j] >= half else n[j] * (one - n[j])
                dz[j] = dh_j * (n[j] - h_old[j]) * z[j] * (one - z[j])
                dn[j] = dh_j * z[j] * slope
                dh_b[j] = dh_j * (one - z[j])


@kernel
def forward_lstm(x, W, bias, a, h, positive, b0, b1):
    H, half = h.shape[2], W.dtype.type(0.5)
    from_x = pack(W, len(x) * (b1 - b0))
    for t in range(len(x)):
        input_product(a, x, from_x, bias, t, b0, b1)
        a_t = a[t % len(a)]
        for b in range(b0, b1):
            i, f, n = a_t[b, :H], a_t[b, H : 2 * H], a_t[b, 2 * H :]
            h_old, h_new = h[t, b], h[t + 1, b]
            for j in range(H):
                i[j] = sigmoid(i[j])
                f[j] = sigmoid(f[j])
                if positive:
                    n[j] = n[j] + half if n[j] >= 0 else sigmoid(n[j])
                enters = i[j] / (f[j] + i[j])
                h_new[j] = f[j] / (f[j] + i[j]) * h_old[j] + enters * n[j]


@kernel
def backward_lstm(dy, a, h, delta, dh, positive, b0, b1):
    H, one, half = h.shape[2], a.dtype.type(1), a.dtype.type(0.5)
    for t in range(a.shape[0] - 1, -1, -1):
        for b in range(b0, b1):
            i, f, n = a[t, b, :H], a[t, b, H : 2 * H], a[t, b, 2 * H :]
            di, df, dn = delta[t, b, :H], delta[t, b, H : 2 * H], delta[t, b, 2 * H :]
            h_old, h_new, dh_b, dy_b = h[t, b], h[t + 1, b], dh[b], dy[t, b]
            for j in range(H):
                stays, enters, dh_j = f[j] / (f[j] + i[j]), i[j] / (f[j] + i[j]), dy_b[j] + dh_b[j]
                slope = one if not positive or n[j] >= half else n[j] * (one - n[j])
                di[j] = dh_j * (n[j] - h_new[j]) * enters * (one - i[j])
                df[j] = dh_j * (h_old[j] - h_new[j]) * stays * (one - f[j])
                dn[j] = dh_j * enters * slope
                dh_b[j] = dh_j * stays


class MinGRU(Recurrent):
    """A GRU without a way from the state to its gates: all steps can be made at once.

    At each step, where h' is the state before it::

        z = sigmoid(x W_z + b_z)            what enters (in the GRU of this package z is what stays)
        n = x W_n + b_n                     candidate "linear"
        n = g(x W_n + b_n)                  candidate "positive": g(a) = a + 1/2 for a >= 0, sigmoid(a) below
        h = (1 - z) * h' + z * n

    Parameters
    ----------
    inputs : int
        D, the numbers that go in at each step.
    units : int
        H.
    candidate : {"positive", "linear"}
        "positive" is what the paper's scan in logarithms needs; `scan` here needs neither.
    keeping_bias : float or sequence of float, default 0.0
        Where -b_z begins: above zero the units start by keeping what they hold.
    dtype : dtype, default float32
        Of all numbers: float32 or float64.
    rng : int or numpy.random.Generator, optional
        Draws the initial W; None: a new seed from the system.

    Attributes
    ----------
    params : Parameters
        What is learned:

        - W (D, 2H): input weights, column blocks z n.
        - b (2H,): biases.

    Raises
    ------
    ValueError
        For sizes below 1, for another candidate or dtype, and for biases that are not finite or of another count.

    Notes
    -----
    The state is h (B, H), which is also the output. There is no U: what a step does cannot depend on what came before,
    so one layer cannot follow a state such as the parity of its inputs.

    References
    ----------
    Feng, Tung, Hajimirsadeghi, Ahmed and Bengio, Were RNNs all we needed?, arXiv 2410.01201, 2024. Its equations were
    compared with an independent implementation.

    Examples
    --------
    >>> layer, x = MinGRU(3, 5, dtype=np.float64, rng=0), np.ones((400, 2, 3))
    >>> y, tape = layer.forward(x)
    >>> bool(np.allclose(layer.scan(x), y, atol=1e-12))
    True
    """

    title = "minGRU"
    gate_names: tuple[str, ...] = ("z", "n")
    keeping_bias = "keeping_bias"
    fixed = Recurrent.fixed | {"candidate"}

    def __init__(
        self,
        inputs: int,
        units: int,
        *,
        candidate: str = "positive",
        keeping_bias: ArrayLike = 0.0,
        dtype: DTypeLike = np.float32,
        rng: Rng = None,
    ) -> None:
        self.candidate = checks.one_of("candidate", candidate, ("positive", "linear"))
        super().__init__(inputs, units, dtype=dtype, rng=rng)
        self.first_bias = initial_values("keeping_bias", keeping_bias, self.units)
        self._set_bias()

    def _set_bias(self) -> None:
        self.params["b"][self._block("z")] = -np.asarray(self.first_bias)

    @classmethod
    def parameter_shapes(  # type: ignore[override]
        cls, inputs: int, units: int, **_: Any
    ) -> dict[str, tuple]:
        """The shapes of W and b.

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
        columns = len(cls.gate_names) * units
        return {"W": (inputs, columns), "b": (columns,)}

    def _form(self) -> dict[str, Any]:
        return {"candidate": self.candidate}

    def config(self) -> dict[str, Any]:
        """The arguments that make this layer again, not its weights.

        Returns
        -------
        dict
            Plain numbers, strings and lists by the arguments' names.
        """
        return super().config() | {"candidate": self.candidate, "keeping_bias": self.first_bias}

    def _initialise(self, rng: np.random.Generator) -> None:
        """W Glorot uniform, gate by gate; all else zero."""
        if not isinstance(rng, Blank):
            limit = np.sqrt(6 / (self.inputs + self.units))
            self.params["W"] = rng.uniform(-limit, limit, self.params["W"].shape)

    def scan(self, x: ArrayLike, state: tuple | list | None = None, pieces: int | None = None) -> np.ndarray:
        """The same output, with the steps of a sequence in pieces side by side.

        Parameters
        ----------
        x : array_like
            (T, B, D) floats.
        state : tuple or None
            (h,), to go on from; None: zeros.
        pieces : int, optional
            How many; None: as many as there are threads and room for.

        Returns
        -------
        numpy.ndarray
            (T, B, H); differs from `forward` by rounding alone.

        Raises
        ------
        ValueError
            For other shapes or types.
        """
        x = checks.floats("x", x, self._takes, self.dtype)
        initial = np.zeros((x.shape[1], self.units), self.dtype)
        initial += self._checked_state("state", state, x.shape[1])[0]
        pre = (rows(x) @ self.params["W"] + self.params["b"]).reshape(*x.shape[:2], -1)
        keep, enter = self._steps(pre)
        return scan(keep, enter, initial, pieces)

    def _steps(self, pre: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """a and b of h = a h' + b, for all steps, from the pre-activations."""
        z, n = sigmoid_of(pre[..., : self.units]), self._candidate(pre[..., self.units :])
        return 1 - z, z * n

    def _candidate(self, pre: np.ndarray) -> np.ndarray:
        return pre if self.candidate == "linear" else np.where(pre >= 0, pre + pre.dtype.type(0.5), sigmoid_of(pre))

    def _run_forward(self, tape: Tape, b0: int, b1: int) -> None:
        forward_gru(tape.x, *self.params.values(), tape.a, tape.h, self.candidate == "positive", b0, b1)

    def _run_backward(
        self, dy: np.ndarray, tape: Tape, deltas: tuple | list, dstate: list[np.ndarray], b0: int, b1: int
    ) -> None:
        backward_gru(dy, tape.a, tape.h, *deltas, *dstate, self.candidate == "positive", b0, b1)

    def _parameter_gradients(self, tape: Tape, deltas: tuple, grads: Parameters, c0: int, c1: int) -> None:
        x, delta = rows(tape.x), rows(deltas[0])
        none, nowhere = np.empty((len(x), 0), self.dtype), np.empty((0, delta.shape[1]), self.dtype)
        parameter_gradients(x, none, delta, 0, grads["W"], nowhere, grads["b"], c0, c1)


class MinLSTM(MinGRU):
    """An LSTM without a way from the state to its gates, and without a cell behind its output.

    At each step, where h' is the state before it::

        i = sigmoid(x W_i + b_i)
        f = sigmoid(x W_f + b_f)
        n = x W_n + b_n, or g of it                      candidate, as for `MinGRU`
        h = (f * h' + i * n) / (f + i)                   both gates share what there is

    Parameters
    ----------
    inputs : int
        D, the numbers that go in at each step.
    units : int
        H.
    candidate : {"positive", "linear"}
        As for `MinGRU`.
    keeping_bias : float or sequence of float, default 0.0
        Where b_f begins.
    dtype : dtype, default float32
        Of all numbers: float32 or float64.
    rng : int or numpy.random.Generator, optional
        Draws the initial W; None: a new seed from the system.

    Attributes
    ----------
    params : Parameters
        What is learned:

        - W (D, 3H): input weights, column blocks i f n.
        - b (3H,): biases.

    Raises
    ------
    ValueError
        As for `MinGRU`.

    Notes
    -----
    The state is h (B, H), which is also the output.

    References
    ----------
    Feng, Tung, Hajimirsadeghi, Ahmed and Bengio, Were RNNs all we needed?, arXiv 2410.01201, 2024.

    Examples
    --------
    >>> layer = MinLSTM(3, 5, rng=0)
    >>> y, tape = layer.forward(np.ones((4, 2, 3)))
    >>> y.shape, list(layer.gates(tape))
    ((4, 2, 5), ['i', 'f', 'n', 'h'])
    """

    title = "minLSTM"
    gate_names = ("i", "f", "n")

    def _set_bias(self) -> None:
        self.params["b"][self._block("f")] = np.asarray(self.first_bias)

    def _steps(self, pre: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        i, f, n = np.split(pre, 3, axis=-1)
        i, f = sigmoid_of(i), sigmoid_of(f)
        return f / (f + i), i * self._candidate(n) / (f + i)

    def _run_forward(self, tape: Tape, b0: int, b1: int) -> None:
        forward_lstm(tape.x, *self.params.values(), tape.a, tape.h, self.candidate == "positive", b0, b1)

    def _run_backward(
        self, dy: np.ndarray, tape: Tape, deltas: tuple | list, dstate: list[np.ndarray], b0: int, b1: int
    ) -> None:
        backward_lstm(dy, tape.a, tape.h, *deltas, *dstate, self.candidate == "positive", b0, b1)
