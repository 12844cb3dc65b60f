"""A weighted look back: y = softmax(q kᵀ / √d) v.   (Vaswani et al., Attention is all you need, 2017)"""

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from lstm_edu.core import checks, memory
from lstm_edu.core.checks import Rng
from lstm_edu.core.layer import Layer, blanked
from lstm_edu.core.parameters import Parameters

from .layers.parts import LayerTape, checked_tape, glorot

# T steps, B sequences, D inputs, H units.   x (T,B,D)   q, k, v (B,T,H) views of one array   scores, weights (B,T,T)


def _softmax(scores: np.ndarray, causal: bool, ends: np.ndarray | None) -> np.ndarray:
    """The weights, in the place of the scores: rows that look, columns that are looked at; ends (B, T) what is none."""
    T = scores.shape[1]
    if causal:
        np.copyto(scores, -np.inf, where=~np.tri(T, dtype=bool))
    if ends is not None:
        np.copyto(scores, -np.inf, where=ends[:, None])
    with np.errstate(invalid="ignore"):  # where a network has diverged, NaN says so
        scores -= scores.max(axis=2, keepdims=True)  # each row has a real step: the first one
    np.exp(scores, out=scores)
    scores /= scores.sum(axis=2, keepdims=True)
    if ends is not None:
        scores[ends] = 0
    return scores


class Attention(Layer):
    """Each step looks at the steps of the sequence, and takes from them what fits its question.

    Every step makes a question q, a key k and a value v; how well q fits the key of a step s decides the share of its
    value::

        q = x W_q    k = x W_k    v = x W_v
        weights[t, s] = softmax over s of  q[t] · k[s] / √H
        y[t] = Σₛ weights[t, s] v[s]

    Parameters
    ----------
    inputs : int
        D, the numbers that go in at each step.
    units : int
        H, of q, k and v, and the numbers that come out.
    causal : bool, default True
        A step looks at itself and what came before it; False: at all steps.
    dtype : dtype, default float32
        Of all numbers: float32 or float64.
    rng : int or numpy.random.Generator, optional
        Draws the initial W; None: a new seed from the system.

    Attributes
    ----------
    params : Parameters
        W (D, 3H), column blocks q k v, each of which starts as Glorot's uniform.

    Raises
    ------
    ValueError
        For sizes below 1, a causal that is neither True nor False, and another dtype.

    Notes
    -----
    x is (T, B, D), y is (T, B, H). With `lengths` a step looks at real steps alone; y is zero beyond them.

    Nothing here knows of order: with the steps of x in another order, the same y come out in that order (for `causal`
    False). The layer below has to say where a step is, and a recurrent one does. There is no state: a step never sees
    what an earlier call was given.

    T² numbers are kept for each sequence, and T² H products made.

    References
    ----------
    Vaswani and others, Attention is all you need, NeurIPS 2017, arXiv 1706.03762, equation 1; one head.

    Examples
    --------
    >>> layer = Attention(3, 4, rng=0)
    >>> y, tape = layer.forward(np.ones((2, 1, 3), np.float32))
    >>> y.shape
    (2, 1, 4)
    >>> layer.weights(tape)[:, 0]  # two equal steps: the second one looks at both alike
    array([[1. , 0. ],
           [0.5, 0.5]], dtype=float32)
    """

    fixed = Layer.fixed | {"causal"}

    inputs: int
    units: int

    def __init__(
        self, inputs: int, units: int, *, causal: bool = True, dtype: DTypeLike = np.float32, rng: Rng = None
    ) -> None:
        self.inputs = checks.whole("inputs", inputs)
        self.units = checks.whole("units", units)
        if not isinstance(causal, bool | np.bool_):
            raise ValueError(f"causal must be True or False, got {causal!r}")
        self.causal = bool(causal)
        self.dtype = checks.float_type(dtype)
        self.params = Parameters(self.parameter_shapes(self.inputs, self.units), self.dtype)
        shape = (self.inputs, 3 * self.units)
        self.params["W"] = glorot(checks.generator(rng), shape, self.inputs, self.units)

    @classmethod
    def parameter_shapes(cls, inputs: int, units: int, **_: Any) -> dict[str, tuple]:  # type: ignore[override]
        """The shape of W.

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
            Name -> shape.
        """
        return {"W": (inputs, 3 * units)}

    def config(self) -> dict[str, Any]:
        """The arguments that make this layer again, not its weights.

        Returns
        -------
        dict
            Plain numbers, strings and booleans by the arguments' names.
        """
        return {"inputs": self.inputs, "units": self.units, "causal": self.causal, "dtype": self.dtype.name}

    def weights(self, tape: LayerTape) -> np.ndarray:
        """What each step took from which.

        Parameters
        ----------
        tape : LayerTape
            From `forward`; in a network's, `tape.tapes` holds those of its layers.

        Returns
        -------
        numpy.ndarray
            (T, B, T): [t, b, s] is the share of step s in y at step t of sequence b. Over s they add up to 1, beyond
            the lengths they are 0.

        Raises
        ------
        ValueError
            For the tape of another layer.

        See Also
        --------
        lstm_edu.plotting.attention_weights : The picture.
        """
        checked_tape(self, tape)
        return tape.weights.swapaxes(0, 1)

    def forward(
        self,
        x: ArrayLike,
        state: tuple | list | None = None,
        *,
        lengths: ArrayLike | None = None,
        training: bool = True,
    ) -> tuple[np.ndarray, LayerTape]:
        """Let each step look.

        Parameters
        ----------
        x : array_like
            (T, B, D) floats.
        state : None or ()
            This layer has none.
        lengths : array_like or None
            (B,), how many steps of each sequence are real; None: all.
        training : bool, default True
            Changes nothing here.

        Returns
        -------
        y : numpy.ndarray
            (T, B, H).
        tape : LayerTape
            What `backward` and `weights` need.

        Raises
        ------
        ValueError
            For other shapes or types.
        """
        self._no_state(state)
        x = checks.floats("x", x, ("T", "B", self.inputs), self.dtype)
        T, B, _ = x.shape
        lengths = checks.lengths(lengths, T, B)
        x, beyond = blanked(x, lengths)
        rows, W = x.reshape(T * B, -1), self.params["W"]
        qkv = np.matmul(rows, W, out=memory.empty((T * B, 3 * self.units), self.dtype)).reshape(T, B, -1)
        q, k, v = self._blocks(qkv)
        scores = np.matmul(q, k.swapaxes(1, 2), out=memory.empty((B, T, T), self.dtype))
        scores *= self._scale()
        weights = _softmax(scores, self.causal, None if beyond is None else beyond.T)
        y = memory.empty((T, B, self.units), self.dtype)
        y[...] = np.matmul(weights, v).swapaxes(0, 1)
        return y, LayerTape(layer=self, rows=rows, in_shape=x.shape, qkv=qkv, weights=weights, y=None)

    def backward(
        self,
        dy: ArrayLike,
        tape: LayerTape,
        dstate: tuple | list | None = None,
        *,
        grads: Parameters | None = None,
        need_dx: bool = True,
    ) -> tuple[np.ndarray | None, Parameters, tuple]:
        """Take the gradient back from y to x and W.

        A step gets it on three ways: as the one that asks, as the one whose key was fitted, and as the value taken.

        Parameters
        ----------
        dy : array_like
            (T, B, H), gradient with respect to y.
        tape : LayerTape
            From `forward`.
        dstate : None or ()
            This layer has no state.
        grads : Parameters or None
            To write into; None: a new one.
        need_dx : bool, default True
            False: dx is not computed.

        Returns
        -------
        dx : numpy.ndarray or None
            (T, B, D); None without `need_dx`.
        grads : Parameters
            Gradient with respect to W.
        dstate : tuple
            It is empty.

        Raises
        ------
        ValueError
            For a dy or a tape that does not fit.
        """
        checked_tape(self, tape)
        self._no_state(dstate, "dstate")
        T, B, _ = tape.in_shape
        dy = checks.floats("dy", dy, (T, B, self.units), self.dtype)
        grads = self._grads(grads, (dy, tape.rows, tape.qkv, tape.weights), ("dy", "x", "q, k, v", "weights"))
        (q, k, v), weights, W = self._blocks(tape.qkv), tape.weights, self.params["W"]
        dqkv = memory.empty(tape.qkv.shape, self.dtype)
        dq, dk, dv = self._blocks(dqkv)
        dy = dy.swapaxes(0, 1)
        dv[...] = np.matmul(weights.swapaxes(1, 2), dy)
        # the softmax: what all steps share of dweights changes nothing
        dscores = np.matmul(dy, v.swapaxes(1, 2), out=memory.empty(weights.shape, self.dtype))
        dscores -= np.einsum("bts,bts->bt", dscores, weights)[:, :, None]
        dscores *= weights
        dscores *= self._scale()
        dq[...] = np.matmul(dscores, k)
        dk[...] = np.matmul(dscores.swapaxes(1, 2), q)
        da = dqkv.reshape(T * B, -1)
        np.matmul(tape.rows.T, da, out=grads["W"])
        if not need_dx:
            return None, grads, ()
        dx = np.matmul(da, W.T, out=memory.empty((T * B, self.inputs), self.dtype))
        return dx.reshape(tape.in_shape), grads, ()

    def _blocks(self, qkv: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """q, k and v, each (B, T, H), of (T, B, 3H): views."""
        turned, H = qkv.swapaxes(0, 1), self.units
        return turned[:, :, :H], turned[:, :, H : 2 * H], turned[:, :, 2 * H :]

    def _scale(self) -> np.floating:
        return self.dtype.type(1 / math.sqrt(self.units))
