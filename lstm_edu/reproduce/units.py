"""Plain recurrent units that are not tanh: h = φ(x W + h' U + b), φ(z) = max(z, 0) or the logistic sigmoid σ(z)."""

import numpy as np

from lstm_edu.cells import RNN
from lstm_edu.cells.tape import Tape
from lstm_edu.core.functions import sigmoid
from lstm_edu.core.kernel import kernel
from lstm_edu.core.matmul import add_product, input_product, pack, pack_transposed

# T time steps, B sequences, H units.   a (T,B,H)   h (T+1,B,H)   U (H,H)   dy, delta (T,B,H)   dh (B,H)


@kernel
def forward(x, W, U, bias, a, h, rectified, b0, b1):
    zero = U.dtype.type(0)  # a plain 0 would make float64 of float32
    from_x, from_h = pack(W, len(x) * (b1 - b0)), pack(U, b1 - b0)
    for t in range(len(x)):
        input_product(a, x, from_x, bias, t, b0, b1)
        a_t = a[t % len(a)]  # inference keeps a few steps of gates only, used over and over
        add_product(a_t, h[t], from_h, b0, b1)
        for b in range(b0, b1):
            z, h_new = a_t[b], h[t + 1, b]
            if rectified:
                for j in range(z.size):
                    h_new[j] = zero if z[j] < zero else z[j]  # NaN stays NaN
            else:
                for j in range(z.size):
                    h_new[j] = sigmoid(z[j])


@kernel
def backward(dy, h, U, delta, dh, rectified, b0, b1):
    H, zero, one = U.shape[0], U.dtype.type(0), U.dtype.type(1)
    weights = pack_transposed(U)
    for t in range(dy.shape[0] - 1, -1, -1):
        for b in range(b0, b1):
            dz, y, dy_b, dh_b = delta[t, b], h[t + 1, b], dy[t, b], dh[b]
            if rectified:
                for j in range(H):
                    dz[j] = dy_b[j] + dh_b[j] if y[j] > zero else zero
                    dh_b[j] = 0
            else:
                for j in range(H):
                    dz[j] = (dy_b[j] + dh_b[j]) * y[j] * (one - y[j])
                    dh_b[j] = 0
        add_product(dh, delta[t], weights, b0, b1)


class ReluRNN(RNN):
    """The plain recurrent network with rectified linear units, whose slope is 1 wherever they are active.

    At each step::

        h[t] = max(0, x[t] W + h[t-1] U + b)

    Parameters
    ----------
    inputs, units, dtype, rng
        As of `RNN`, which has the same weights.

    References
    ----------
    Le, Jaitly and Hinton, A simple way to initialize recurrent networks of rectified linear units, 2015.

    Examples
    --------
    >>> layer = ReluRNN(2, 3, rng=0)
    >>> layer.params["U"] = np.eye(3)     # the state is kept, and what is read is added
    >>> layer.params["W"] = np.ones((2, 3))
    >>> layer(np.ones((4, 1, 2)))[:, 0, 0]
    array([2., 4., 6., 8.], dtype=float32)
    """

    title = "RNN of rectified linear units"
    rectified = True

    def _run_forward(self, tape: Tape, b0: int, b1: int) -> None:
        forward(tape.x, *self.params.values(), tape.a, tape.h, self.rectified, b0, b1)

    def _run_backward(
        self, dy: np.ndarray, tape: Tape, deltas: tuple | list, dstate: list[np.ndarray], b0: int, b1: int
    ) -> None:
        (dh,) = dstate
        backward(dy, tape.h, self.params["U"], *deltas, dh, self.rectified, b0, b1)


class SigmoidRNN(ReluRNN):
    """The plain recurrent network with logistic units, whose slope is 1/4 at most.

    At each step::

        h[t] = σ(x[t] W + h[t-1] U + b)

    Parameters
    ----------
    inputs, units, dtype, rng
        As of `RNN`, which has the same weights.

    References
    ----------
    Pascanu, Mikolov and Bengio, On the difficulty of training recurrent neural networks, ICML 2013.

    Examples
    --------
    >>> layer = SigmoidRNN(2, 3, rng=0)
    >>> float(layer(np.zeros((1, 1, 2)))[0, 0, 0])
    0.5
    """

    title = "RNN of logistic units"
    rectified = False
