"""How much of an error reaches each step: the gradient of a loss with respect to every state on the way."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from lstm_edu.cells import Recurrent
from lstm_edu.cells.recurrent import watcher
from lstm_edu.core import Layer, checks
from lstm_edu.core.container import walk


@dataclass(frozen=True, eq=False)
class GradientFlow:
    """What `gradient_flow` found for T steps, B sequences and H units.

    The numbers have the unit of loss per unit of state.

    Parameters
    ----------
    dh : numpy.ndarray
        (T + 1, B, H): dL/dh[t]. Index t is the state after step t, index 0 the initial state.
    dc : numpy.ndarray or None
        (T + 1, B, H): dL/dc[t], what passes through h[t] included; None for a cell without c.
    """

    dh: np.ndarray
    dc: np.ndarray | None = None

    def norms(self, state: str = "h") -> np.ndarray:
        """The Euclidean norm over the units.

        Parameters
        ----------
        state : {"h", "c"}
            Of dL/dh[t] or of dL/dc[t].

        Returns
        -------
        numpy.ndarray
            (T + 1, B), as float64.

        Raises
        ------
        ValueError
            For another state, and for "c" of a cell without one.

        Examples
        --------
        >>> flow = GradientFlow(np.full((3, 2, 4), 1e-30, np.float32))
        >>> flow.norms().shape, f"{flow.norms()[0, 0]:.3e}"      # no square of it underflows
        ((3, 2), '2.000e-30')
        """
        found = {"h": self.dh, "c": self.dc}[checks.one_of("state", state, ("h", "c"))]
        if found is None:
            raise ValueError("state must be 'h', got 'c': this cell has no cell state c")
        return np.hypot.reduce(found.astype(np.float64), axis=-1, initial=0.0)


def gradient_flow(
    layer: Layer,
    x: ArrayLike,
    dy: ArrayLike,
    state: tuple | list | None = None,
    *,
    lengths: ArrayLike | None = None,
) -> Any:
    """The total gradients dL/dh[t] and dL/dc[t] for every step, sequence and unit.

    Total means: L is a function of h[t] by everything that comes after it, dy[t] included, and of c[t] also by way of
    h[t]. At t = 0 the two are the `dstate` that backward returns.

    Parameters
    ----------
    layer : Layer
        Any recurrent cell, or a layer with cells inside.
    x : array_like
        As for its forward; dropout is off.
    dy : array_like
        The gradient of the loss L with respect to the layer's output, of the output's shape. Zero but for the last
        step, it asks how much of one late error reaches the early steps.
    state : tuple or None
        As for the layer's forward.
    lengths : array_like or None
        As for the layer's forward.

    Returns
    -------
    GradientFlow or dict
        For a network a dict from the place of each recurrent layer to its flow, so `gradient_flow(net, x, dy)[0]` is
        that of `net.layers[0]` (for a layer with children of its own a dict again). Its dh is of the loss at the
        network's end.

    Raises
    ------
    ValueError
        For a layer without recurrence, and where forward or backward would.

    References
    ----------
    Hochreiter and Schmidhuber, Long short-term memory, Neural Computation 9(8), 1997, section 3.

    Examples
    --------
    >>> from lstm_edu import LSTM
    >>> layer = LSTM(2, 4, forget_bias=5, rng=0)
    >>> x, dy = np.ones((50, 3, 2)), np.zeros((50, 3, 4))
    >>> dy[-1] = 1                                # an error at the last of 50 steps
    >>> flow = gradient_flow(layer, x, dy)
    >>> flow.dh.shape, flow.dc.shape, flow.norms("c").shape
    ((51, 3, 4), (51, 3, 4), (51, 3))
    """
    if not isinstance(layer, Layer) or not any(isinstance(inner, Recurrent) for _, inner in walk(layer)):
        got = f"a {type(layer).__name__} without one" if isinstance(layer, Layer) else type(layer).__name__
        raise ValueError(f"layer must be a recurrent cell, or a network with one, got {got}")
    _, tape = layer.forward(x, state, lengths=lengths, training=False)
    if isinstance(layer, Recurrent):
        return _through_cell(layer, tape, dy)
    reached: dict[int, tuple] = {}  # each cell inside -> what reached it on the way back
    token = watcher.set(lambda inner, dy, tape, dstate: reached.setdefault(id(inner), (inner, tape, dy, dstate)))
    try:
        layer.backward(dy, tape)
    finally:
        watcher.reset(token)
    return _by_place(layer, {key: _through_cell(*found) for key, found in reached.items()})


def _by_place(layer: Layer, flows: dict[int, GradientFlow]) -> dict:
    """The flows by the place of their layer, in dicts that are nested as the layers are."""
    found: dict[int | str, Any] = {}
    for name, child in layer.children().items():
        flow = flows.get(id(child)) or _by_place(child, flows)
        if flow:
            found[int(name) if name.isdecimal() else name] = flow
    return found


def _through_cell(layer: Recurrent, tape: Any, dy: Any, dstate: Any = None) -> GradientFlow:
    """The flow through one cell. One backward a step, each with the gradient that the step after it left."""
    T, B, _ = tape.x.shape
    dy = checks.floats("dy", dy, (T, B, layer.outputs), layer.dtype)
    grads = layer.params.empty_like()
    after = [np.zeros(s.shape, layer.dtype) for s in tape.states]  # by way of later steps alone
    if dstate is not None:
        _at_the_ends(after, dstate, tape)
    for t in reversed(range(T)):
        late = tuple(d[t + 1] for d in after)
        _, _, dstates = layer.backward(dy[t : t + 1], tape.steps(t, t + 1), late, grads=grads, need_dx=False)
        for place, d in zip(after, dstates, strict=True):
            place[t] += d
    dh = after[0]
    dh[1:] += dy
    if tape.c is None or not layer.passing:
        return GradientFlow(dh)
    dc = after[1]
    dc[1:] = _with_the_output(layer, tape, dh[1:], dc[1:])
    return GradientFlow(dh, dc)


def _at_the_ends(after: list[np.ndarray], dstate: Any, tape: Any) -> None:
    """The gradient of the final state enters at the end of each sequence."""
    ends = np.full(tape.x.shape[1], len(tape.x)) if tape.lengths is None else tape.lengths
    for place, d in zip(after, dstate, strict=True):
        place[ends, np.arange(len(ends))] += d


def _with_the_output(layer: Recurrent, tape: Any, dh: np.ndarray, dc: np.ndarray) -> np.ndarray:
    """dL/dc[t] (T, B, H) from dL/dh[t] and what reaches c[t] by way of later steps.

    How h[t] depends on c[t] is known to the cell's backward alone, and it hands out only what is left of dc[t] one
    step earlier. So all steps run once more as one, side by side, with the gates so that c passes as it is (the cell's
    `passing`: the forget gate open, the input gate closed): then nothing is lost on the way, and no gate but o sees c.
    """
    a = tape.a.copy()
    for name, value in layer.passing.items():
        a[..., layer._block(name)] = value
    side_by_side = replace(
        tape,
        x=_one_step(tape.x),
        a=_one_step(a),
        states=tuple(np.stack([s[:-1], s[1:]]).reshape(2, -1, s.shape[-1]) for s in tape.states),
        kept={name: _one_step(array) for name, array in tape.kept.items()},
        lengths=None,
    )
    late = dc.reshape(-1, dc.shape[-1])
    no_dh = np.zeros((len(late), dh.shape[-1]), dh.dtype)
    _, _, (_, whole) = layer.backward(_one_step(dh), side_by_side, (no_dh, late), need_dx=False)
    return whole.reshape(dc.shape)


def _one_step(array: np.ndarray) -> np.ndarray:
    """(T, B, n) -> (1, T * B, n)"""
    return array.reshape(1, -1, array.shape[-1])
