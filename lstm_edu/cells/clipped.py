"""The cell state held within bounds: c = clip(f c' + i g, -k, k).   (`cell_clip` of TensorFlow's cells)

`LSTM` and `PeepholeLSTM` run these kernels when they are given `cell_clip`; theirs stay as they are. ONNX's `clip` is
another thing: it bounds what goes into the activations.
"""

import numpy as np

from lstm_edu.core.functions import sigmoid, tanh
from lstm_edu.core.kernel import kernel
from lstm_edu.core.matmul import add_product, input_product, pack, pack_transposed

# T time steps, B sequences, H units.   a, delta (T,B,4H) in blocks i f g o   h, c (T+1,B,H)   U (H,4H)   p (3,H)
# k, of the weights' type: the bound.


@kernel
def forward(x, W, U, bias, p, a, h, c, k, b0, b1):
    H = U.shape[0]
    pi, pf, po = p[0], p[1], p[2]
    from_x, from_h = pack(W, len(x) * (b1 - b0)), pack(U, b1 - b0)
    for t in range(len(x)):
        input_product(a, x, from_x, bias, t, b0, b1)
        a_t = a[t % len(a)]  # inference keeps a few steps of gates only, used over and over
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
            o, h_new = a_t[b, 3 * H :], h[t + 1, b]
            for j in range(H):
                o[j] = sigmoid(o[j] + po[j] * c_new[j])
                h_new[j] = o[j] * tanh(c_new[j])


@kernel
def backward(dy, a, c, U, p, delta, dh, dc, k, b0, b1):
    H, one, zero = U.shape[0], U.dtype.type(1), U.dtype.type(0)
    pi, pf, po = p[0], p[1], p[2]
    weights = pack_transposed(U)
    for t in range(a.shape[0] - 1, -1, -1):
        for b in range(b0, b1):
            o, do, c_new = a[t, b, 3 * H :], delta[t, b, 3 * H :], c[t + 1, b]
            dy_b, dh_b, dc_b = dy[t, b], dh[b], dc[b]
            for j in range(H):  # what comes through h
                tanh_c = tanh(c_new[j])
                dh_j = dy_b[j] + dh_b[j]
                do[j] = dh_j * tanh_c * o[j] * (one - o[j])
                dc_j = dc_b[j] + dh_j * o[j] * (one - tanh_c * tanh_c) + do[j] * po[j]
                dc_b[j] = dc_j if -k < c_new[j] < k else zero  # at the bound c does not move
                dh_b[j] = 0
            i, f, g, c_old = a[t, b, :H], a[t, b, H : 2 * H], a[t, b, 2 * H : 3 * H], c[t, b]
            di, df, dg = delta[t, b, :H], delta[t, b, H : 2 * H], delta[t, b, 2 * H : 3 * H]
            for j in range(H):  # what comes through c
                di[j] = dc_b[j] * g[j] * i[j] * (one - i[j])
                df[j] = dc_b[j] * c_old[j] * f[j] * (one - f[j])
                dg[j] = dc_b[j] * i[j] * (one - g[j] * g[j])
                dc_b[j] = dc_b[j] * f[j] + di[j] * pi[j] + df[j] * pf[j]
        add_product(dh, delta[t], weights, b0, b1)


def no_peepholes(U: np.ndarray) -> np.ndarray:
    """p (3, H) of a cell that has none.

    Parameters
    ----------
    U : numpy.ndarray
        (H, 4 H), the recurrent weights.

    Returns
    -------
    numpy.ndarray
        Zeros.
    """
    return np.zeros((3, len(U)), U.dtype)
