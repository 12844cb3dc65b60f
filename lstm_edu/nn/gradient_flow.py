"""How much of an error reaches each step: the gradient of a loss with respect to every state on the way."""

from dataclasses import dataclass, replace

import numpy as np

from lstm_edu.cells import Layer, Recurrent, Tape, checks

from .network import Sequential


@dataclass(frozen=True, eq=False)
class GradientFlow:
    """What `gradient_flow` found. T steps, B sequences, H units; the numbers have the unit of loss per unit of state.

    | field | shape        | what                                                                              |
    | ----- | ------------ | --------------------------------------------------------------------------------- |
    | dh    | (T + 1, B, H) | dL/dh[t]: index t is the state after step t, index 0 the initial state             |
    | dc    | (T + 1, B, H) | dL/dc[t], what passes through h[t] included; None for a cell without c             |
    """

    dh: np.ndarray
    dc: np.ndarray | None = None

    def norms(self, state: str = "h") -> np.ndarray:
        """(T + 1, B): the Euclidean norm over the units of dL/dh[t] ("h") or dL/dc[t] ("c"), as float64.

        >>> flow = GradientFlow(np.full((3, 2, 4), 1e-30, np.float32))
        >>> flow.norms().shape, f"{flow.norms()[0, 0]:.3e}"      # no square of it underflows
        ((3, 2), '2.000e-30')
        """
        found = {"h": self.dh, "c": self.dc}[checks.one_of("state", state, ("h", "c"))]
        if found is None:
            raise ValueError("state must be 'h', got 'c': this cell has no cell state c")
        return np.hypot.reduce(found.astype(np.float64), axis=-1, initial=0.0)


def gradient_flow(layer: Layer, x, dy, state=None, *, lengths=None):
    """The total gradients dL/dh[t] and dL/dc[t] for every step, sequence and unit: a `GradientFlow`.

    `layer`: any recurrent cell, or a Sequential. `x`, `state`, `lengths`: as for its forward; dropout is off. `dy`: the
    gradient of the loss L with respect to the layer's output, of the output's shape; zero but for the last step, it
    asks how much of one late error reaches the early steps.

    Total means: L is a function of h[t] by everything that comes after it, dy[t] included, and of c[t] also by way of
    h[t]. At t = 0 the two are the `dstate` that backward returns.

    For a Sequential: a dict from the place of each recurrent layer to its flow, so `gradient_flow(net, x, dy)[0]` is
    that of `net.layers[0]` (for a Sequential inside a dict again). Its dh is of the loss at the network's end.

    Raises ValueError for a layer without recurrence, and where forward or backward would.

    >>> from lstm_edu import LSTM
    >>> layer = LSTM(2, 4, forget_bias=5, rng=0)
    >>> x, dy = np.ones((50, 3, 2)), np.zeros((50, 3, 4))
    >>> dy[-1] = 1                                # an error at the last of 50 steps
    >>> flow = gradient_flow(layer, x, dy)
    >>> flow.dh.shape, flow.dc.shape, flow.norms("c").shape
    ((51, 3, 4), (51, 3, 4), (51, 3))

    Source: S. Hochreiter, J. Schmidhuber, Long Short-Term Memory, Neural Computation 9(8), 1997, section 3.
    """
    if isinstance(layer, Sequential) and _is_recurrent(layer):
        return _through_network(layer, x, dy, state, lengths)[0]
    if not isinstance(layer, Recurrent):
        got = "a Sequential without one" if isinstance(layer, Sequential) else type(layer).__name__
        raise ValueError(f"layer must be a recurrent cell or a Sequential with one, got {got}")
    return _through_cell(layer, layer.forward(x, state, lengths=lengths)[1], dy)[0]


def _is_recurrent(layer) -> bool:
    return isinstance(layer, Recurrent) or (isinstance(layer, Sequential) and any(map(_is_recurrent, layer.layers)))


def _through_network(net, x, dy, state, lengths):
    """The flows by place, and dx."""
    _, tape = net.forward(x, state, lengths=lengths, training=False)
    return _back(net, tape, dy)


def _back(layer, tape, dy):
    if isinstance(layer, Recurrent):
        return _through_cell(layer, tape, dy)
    if not isinstance(layer, Sequential):
        return None, layer.backward(dy, tape)[0]
    flows = {}
    for k in reversed(range(len(layer.layers))):
        flow, dy = _back(layer.layers[k], tape.tapes[k], dy)
        if flow:
            flows[k] = flow
    return dict(sorted(flows.items())), dy


def _through_cell(layer, tape, dy):
    """The flow through one cell, and dx. One backward a step, each with the gradient that the step after it left."""
    T, B, _ = tape.x.shape
    dy = checks.floats("dy", dy, (T, B, layer.units), layer.dtype)
    dx, grads = np.empty_like(tape.x), layer.params.empty_like()
    after = [np.zeros((T + 1, B, layer.units), layer.dtype) for _ in layer.state_names]  # by way of later steps alone
    for t in reversed(range(T)):
        dstate = tuple(d[t + 1] for d in after)
        dx[t : t + 1], _, dstate = layer.backward(dy[t : t + 1], _cut(tape, t), dstate, grads=grads)
        for place, d in zip(after, dstate, strict=True):
            place[t] = d
    dh = after[0]
    dh[1:] += dy
    if tape.c is None:
        return GradientFlow(dh), dx
    dc = after[1]
    dc[1:] = _with_the_output(layer, tape, dh[1:], dc[1:])
    return GradientFlow(dh, dc), dx


def _cut(tape, t) -> Tape:
    """The tape of step t alone: views, so that nothing is computed again."""
    step, states = slice(t, t + 1), slice(t, t + 2)
    return replace(
        tape,
        x=tape.x[step],
        a=tape.a[step],
        h=tape.h[states],
        c=None if tape.c is None else tape.c[states],
        q=None if tape.q is None else tape.q[step],
        beyond=None if tape.beyond is None else tape.beyond[step],
    )


def _with_the_output(layer, tape, dh, dc):
    """dL/dc[t] (T, B, H) from dL/dh[t] and what reaches c[t] by way of later steps.

    How h[t] depends on c[t] is known to the cell's backward alone, and it hands out only what is left of dc[t] one
    step earlier. So all steps run once more as one, side by side, with the forget gate open (f = 1: c passes as it is)
    and the input gate closed (i = 0): then nothing is lost on the way, and no gate but o sees c.
    """
    rows = {"x": tape.x, "a": tape.a.copy()}
    for name, value in (("f", 1), ("i", 0)):
        if name in layer.gate_names:
            rows["a"][..., layer._block(name)] = value
    wide = {name: array.reshape(1, -1, array.shape[-1]) for name, array in rows.items()}
    for name in ("h", "c"):
        s = getattr(tape, name)
        wide[name] = np.stack([s[:-1], s[1:]]).reshape(2, -1, layer.units)
    dh, late = dh.reshape(1, -1, layer.units), dc.reshape(-1, layer.units)
    _, _, (_, whole) = layer.backward(dh, replace(tape, beyond=None, **wide), (np.zeros_like(late), late))
    return whole.reshape(dc.shape)
