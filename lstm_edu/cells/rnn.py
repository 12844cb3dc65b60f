"""The plain recurrent network: h = tanh(x W + h' U + b).   (Elman, Finding structure in time, 1990)"""

import numpy as np

from lstm_edu.core.functions import tanh
from lstm_edu.core.kernel import kernel
from lstm_edu.core.matmul import add_product, input_product, pack, pack_transposed

from .recurrent import Recurrent
from .tape import Tape

# T time steps, B sequences, H units.   a (T,B,H)   h (T+1,B,H)   U (H,H)   dy, delta (T,B,H)   dh (B,H)


@kernel
def forward(x, W, U, bias, a, h, b0, b1):
    from_x, from_h = pack(W, len(x) * (b1 - b0)), pack(U, b1 - b0)
    for t in range(len(x)):
        input_product(a, x, from_x, bias, t, b0, b1)
        a_t = a[t % len(a)]  # inference keeps a few steps of gates only, used over and over
        add_product(a_t, h[t], from_h, b0, b1)
        for b in range(b0, b1):
            z, h_new = a_t[b], h[t + 1, b]
            for j in range(z.size):
                h_new[j] = tanh(z[j])


@kernel
def backward(dy, h, U, delta, dh, b0, b1):
    H, one = U.shape[0], U.dtype.type(1)  # a plain 1 would make float64 of float32
    weights = pack_transposed(U)
    for t in range(dy.shape[0] - 1, -1, -1):
        for b in range(b0, b1):
            dz, y, dy_b, dh_b = delta[t, b], h[t + 1, b], dy[t, b], dh[b]
            for j in range(H):
                dz[j] = (dy_b[j] + dh_b[j]) * (one - y[j] * y[j])
                dh_b[j] = 0
        add_product(dh, delta[t], weights, b0, b1)


class RNN(Recurrent):
    """The plain recurrent network with tanh units.

    At each step::

        h[t] = tanh(x[t] W + h[t-1] U + b)

    Parameters
    ----------
    inputs : int
        D, the numbers that go in at each step.
    units : int
        H.
    dtype : dtype, default float32
        Of all numbers: float32 or float64.
    rng : int or numpy.random.Generator, optional
        Draws the initial W and U; None: a new seed from the system.

    Attributes
    ----------
    params : Parameters
        What is learned:

        - W (D, H): input weights.
        - U (H, H): recurrent weights.
        - b (H,): biases, which start at 0.

    Raises
    ------
    ValueError
        For sizes below 1 and for another dtype.

    Notes
    -----
    The state is h (B, H), which is also the output.

    References
    ----------
    Elman, Finding structure in time, Cognitive Science 14, 1990.

    Examples
    --------
    >>> layer = RNN(3, 5, rng=0)
    >>> y, tape = layer.forward(np.ones((4, 2, 3)))   # T = 4 steps of B = 2 sequences
    >>> y.shape, layer.gates(tape).keys()
    ((4, 2, 5), dict_keys(['h']))
    """

    title = "RNN"
    gate_names = ("h",)

    def _run_forward(self, tape: Tape, b0: int, b1: int) -> None:
        forward(tape.x, *self.params.values(), tape.a, tape.h, b0, b1)

    def _run_backward(
        self, dy: np.ndarray, tape: Tape, deltas: tuple | list, dstate: list[np.ndarray], b0: int, b1: int
    ) -> None:
        (dh,) = dstate
        backward(dy, tape.h, self.params["U"], *deltas, dh, b0, b1)

    def gates(self, tape: Tape) -> dict[str, np.ndarray]:
        """The state of a forward pass.

        Parameters
        ----------
        tape : Tape
            From `forward`.

        Returns
        -------
        dict of str to numpy.ndarray
            "h", a view (T, B, H) into the tape.

        Raises
        ------
        ValueError
            For a tape of another kind of layer.
        """
        self._check_tape(tape)
        return {"h": tape.h[1:]}
