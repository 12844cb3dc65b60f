"""The LSTM with one thing taken away: which of its parts does it need?   (Greff et al., Search Space, 2017)"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from lstm_edu.core import checks
from lstm_edu.core.checks import Rng
from lstm_edu.core.functions import sigmoid, tanh
from lstm_edu.core.kernel import kernel
from lstm_edu.core.layer import initial_values
from lstm_edu.core.matmul import add_product, input_product, pack, pack_transposed
from lstm_edu.core.parameters import Parameters

from .full_gate import FullGateLSTM
from .lstm import LSTM
from .peephole import PeepholeLSTM, peephole_gradients
from .recurrent import Recurrent
from .tape import Tape

# T steps, B sequences, H units, G of the blocks i f g o.   a, delta (T,B,GH)   h, c (T+1,B,H)   U (H,GH)   pi ... (H,)
# at_i ... at_o: the column at which a block begins.   i f o tanh_g tanh_c coupled: True for what is there, else None.
# Numba leaves out what hangs on a None, so that each variant is machine code of its own.


@kernel
def forward(x, W, U, bias, pi, pf, po, a, h, c, at_i, at_f, at_g, at_o, i, f, o, tanh_g, tanh_c, coupled, b0, b1):
    H, one = U.shape[0], U.dtype.type(1)
    from_x, from_h = pack(W, len(x) * (b1 - b0)), pack(U, b1 - b0)
    for t in range(len(x)):
        input_product(a, x, from_x, bias, t, b0, b1)
        a_t = a[t % len(a)]  # inference keeps a few steps of gates only, used over and over
        add_product(a_t, h[t], from_h, b0, b1)
        for b in range(b0, b1):
            i_b, f_b, g_b = a_t[b, at_i : at_i + H], a_t[b, at_f : at_f + H], a_t[b, at_g : at_g + H]
            c_old, c_new = c[t % len(c), b], c[(t + 1) % len(c), b]
            for j in range(H):
                enters = stays = one
                if i is not None:
                    i_b[j] = enters = sigmoid(i_b[j] + pi[j] * c_old[j])
                if f is not None:
                    f_b[j] = stays = sigmoid(f_b[j] + pf[j] * c_old[j])
                if coupled is not None:
                    stays = one - enters
                if tanh_g is not None:
                    g_b[j] = tanh(g_b[j])
                c_new[j] = stays * c_old[j] + enters * g_b[j]
            o_b, h_new = a_t[b, at_o : at_o + H], h[t + 1, b]
            for j in range(H):
                shown = one
                if o is not None:
                    o_b[j] = shown = sigmoid(o_b[j] + po[j] * c_new[j])
                h_new[j] = shown * (tanh(c_new[j]) if tanh_c is not None else c_new[j])


@kernel
def backward(dy, a, c, U, pi, pf, po, delta, dh, dc, at_i, at_f, at_g, at_o, i, f, o, tanh_g, tanh_c, coupled, b0, b1):
    H, one = U.shape[0], U.dtype.type(1)
    weights = pack_transposed(U)
    for t in range(a.shape[0] - 1, -1, -1):
        for b in range(b0, b1):
            o_b, do, c_new = a[t, b, at_o : at_o + H], delta[t, b, at_o : at_o + H], c[t + 1, b]
            dy_b, dh_b, dc_b = dy[t, b], dh[b], dc[b]
            for j in range(H):  # what comes through h
                squashed, slope, shown, seen = c_new[j], one, one, one - one
                if tanh_c is not None:
                    squashed = tanh(c_new[j])
                    slope = one - squashed * squashed
                dh_j = dy_b[j] + dh_b[j]
                if o is not None:
                    shown = o_b[j]
                    do[j] = dh_j * squashed * shown * (one - shown)
                    seen = do[j] * po[j]
                dc_b[j] += dh_j * shown * slope + seen
                dh_b[j] = 0
            i_b, f_b, g_b = a[t, b, at_i : at_i + H], a[t, b, at_f : at_f + H], a[t, b, at_g : at_g + H]
            di, df, dg = delta[t, b, at_i : at_i + H], delta[t, b, at_f : at_f + H], delta[t, b, at_g : at_g + H]
            c_old = c[t, b]
            for j in range(H):  # what comes through c
                dc_j, enters, stays, seen = dc_b[j], one, one, one - one
                if i is not None:
                    enters = i_b[j]
                if f is not None:
                    stays = f_b[j]
                    df[j] = dc_j * c_old[j] * stays * (one - stays)
                    seen = df[j] * pf[j]
                through_i = dc_j * g_b[j]
                if coupled is not None:
                    stays = one - enters
                    through_i -= dc_j * c_old[j]
                dg[j] = dc_j * enters
                if tanh_g is not None:
                    dg[j] *= one - g_b[j] * g_b[j]
                if i is not None:
                    di[j] = through_i * enters * (one - enters)
                    seen += di[j] * pi[j]
                dc_b[j] = dc_j * stays + seen
        add_product(dh, delta[t], weights, b0, b1)


class VariantLSTM(Recurrent):
    """A peephole LSTM from which one part is taken.

    The LSTM that a variant changes, where h' and c' are the state before the step::

        i = sigmoid(x W_i + h' U_i + b_i + p_i * c')      NIG: i = 1        CIFG: f = 1 - i
        f = sigmoid(x W_f + h' U_f + b_f + p_f * c')      NFG: f = 1
        g = tanh   (x W_g + h' U_g + b_g)                 NIAF: without tanh
        c = f * c' + i * g
        o = sigmoid(x W_o + h' U_o + b_o + p_o * c)       NOG: o = 1
        h = o * tanh(c)                                   NOAF: h = o * c

    Parameters
    ----------
    inputs : int
        D, the numbers that go in at each step.
    units : int
        H.
    variant : {"NIG", "NFG", "NOG", "NIAF", "NOAF", "CIFG"}
        No input gate, no forget gate, no output gate, no input activation function, no output activation function,
        coupled input and forget gate. The two others of the study are cells of their own: `LSTM` has no peepholes
        (NP), `FullGateLSTM` has full gate recurrence (FGR); see `SEARCH_SPACE`.
    keeping_bias : float or sequence of float, default 1.0
        Where the bias begins that keeps the state: b_f, -b_i for CIFG; NFG has none.
    dtype : dtype, default float32
        Of all numbers: float32 or float64.
    rng : int or numpy.random.Generator, optional
        Draws the initial W and U; None: a new seed from the system.

    Attributes
    ----------
    params : Parameters
        What is learned, of the gates that are there alone:

        - W (D, G*H): input weights, column blocks in the order i f g o.
        - U (H, G*H): recurrent weights, the same blocks.
        - b (G*H,): biases.
        - p (gates, H): peepholes, rows in the order i f o; they start at 0.

    Raises
    ------
    ValueError
        For sizes below 1, for another variant or dtype, and for biases that are not finite or of another count.

    Notes
    -----
    The state is (h, c), each (B, H). Without the forget gate, or without tanh before it, c grows without bound on long
    sequences; without tanh behind it h does too.

    References
    ----------
    Greff, Srivastava, Koutnik, Steunebrink and Schmidhuber, LSTM: a search space odyssey, IEEE Transactions on Neural
    Networks and Learning Systems 28(10), 2017.

    Examples
    --------
    >>> layer = VariantLSTM(3, 5, variant="NOG", rng=0)
    >>> y, tape = layer.forward(np.ones((4, 2, 3)))   # T = 4 steps of B = 2 sequences
    >>> y.shape, list(layer.gates(tape))
    ((4, 2, 5), ['i', 'f', 'g', 'h', 'c'])
    """

    title = "LSTM variant"
    gate_names: tuple[str, ...] = ("i", "f", "g", "o")
    state_names = ("h", "c")
    keeping_bias = "keeping_bias"
    fixed = Recurrent.fixed | {"variant"}
    missing = {"NIG": "i", "NFG": "f", "NOG": "o", "NIAF": "", "NOAF": "", "CIFG": "f"}  # the gate that has no weights

    def __init__(
        self,
        inputs: int,
        units: int,
        *,
        variant: str,
        keeping_bias: ArrayLike = 1.0,
        dtype: DTypeLike = np.float32,
        rng: Rng = None,
    ) -> None:
        self.variant = checks.one_of("variant", variant, self.missing)
        self.gate_names = tuple(gate for gate in "ifgo" if gate != self.missing[variant])
        if variant != "NIG":  # with an input gate of 1 every step changes c
            self.passing = {"i": 0} if "f" not in self.gate_names else {"f": 1, "i": 0}
        super().__init__(inputs, units, dtype=dtype, rng=rng)
        self.first_bias = initial_values("keeping_bias", keeping_bias, self.units)
        if variant == "CIFG":
            self.params["b"][self._block("i")] = -np.asarray(self.first_bias)
        elif variant != "NFG":
            self.params["b"][self._block("f")] = self.first_bias
        self._peeping = "".join(gate for gate in self.gate_names if gate != "g")
        self._no_peephole = np.zeros(self.units, self.dtype)
        starts = (self._block(gate).start if gate in self.gate_names else 0 for gate in "ifgo")
        there = (gate in self.gate_names for gate in "ifo")
        self._switches = (
            *starts,
            *(flag or None for flag in (*there, variant != "NIAF", variant != "NOAF", variant == "CIFG")),
        )

    def _form(self) -> dict[str, Any]:
        return {"variant": self.variant}

    @classmethod
    def parameter_shapes(cls, inputs: int, units: int, *, variant: str, **_: Any) -> dict[str, tuple]:  # type: ignore[override]
        """The shapes of W, U, b and p, of the gates that the variant has.

        Parameters
        ----------
        inputs : int
            D.
        units : int
            H.
        variant : str
            Which one.
        **_ : object
            Other arguments of the layer.

        Returns
        -------
        dict of str to tuple of int
            Name -> shape, in the order of `params`.
        """
        G = 4 - len(cls.missing[checks.one_of("variant", variant, cls.missing)])
        return {"W": (inputs, G * units), "U": (units, G * units), "b": (G * units,), "p": (G - 1, units)}

    def config(self) -> dict[str, Any]:
        """The arguments that make this layer again, not its weights.

        Returns
        -------
        dict
            Plain numbers, strings and lists by the arguments' names.
        """
        return super().config() | {"variant": self.variant, "keeping_bias": self.first_bias}

    def _peepholes(self) -> list[np.ndarray]:
        p = dict(zip(self._peeping, self.params["p"], strict=True))
        return [p.get(gate, self._no_peephole) for gate in "ifo"]

    def _run_forward(self, tape: Tape, b0: int, b1: int) -> None:
        W, U, b = (self.params[name] for name in "WUb")
        forward(tape.x, W, U, b, *self._peepholes(), tape.a, tape.h, tape.c, *self._switches, b0, b1)

    def _run_backward(
        self, dy: np.ndarray, tape: Tape, deltas: tuple | list, dstate: list[np.ndarray], b0: int, b1: int
    ) -> None:
        U, p = self.params["U"], self._peepholes()
        backward(dy, tape.a, tape.c, U, *p, *deltas, *dstate, *self._switches, b0, b1)

    def _other_gradients(self, tape: Tape, deltas: tuple, grads: Parameters) -> None:
        peephole_gradients(self, tape.states[1], deltas[0], grads["p"], self._peeping)


# The study's names for the LSTM and its eight variants -> class and arguments.
SEARCH_SPACE: dict[str, tuple[type[Recurrent], dict[str, Any]]] = {
    "V": (PeepholeLSTM, {}),
    **{name: (VariantLSTM, {"variant": name}) for name in VariantLSTM.missing},
    "NP": (LSTM, {}),
    "FGR": (FullGateLSTM, {}),
}
