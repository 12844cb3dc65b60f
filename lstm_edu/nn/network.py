"""Layers in a row. A network is a layer itself: the same interface, and all parameters in one flat buffer."""

from dataclasses import dataclass

import numpy as np

from lstm_edu.cells import Layer, Parameters


@dataclass(slots=True)
class SequentialTape:
    """The tapes of the layers, from the first to the last."""

    tapes: list

    @property
    def state(self) -> tuple:
        """The final state of every layer, () for a layer without one: feed it to the next forward."""
        return tuple(tape.state for tape in self.tapes)


class _Placed:
    """`in_network` of a layer: true, but False in a copy or a pickle of the layer, whose buffer is its own."""

    def __reduce__(self):
        return bool, ()


class Sequential(Layer):
    """Layers in a row, each fed with the output of the one before.

    `params` names them "0.W", "0.U", ...: the layer's place, then the layer's own name. All of them are views into
    one buffer, `params.flat`. The state is a tuple with the state of each layer, () for a layer without one.

    >>> from lstm_edu import LSTM, Dense
    >>> net = Sequential([LSTM(2, 8, rng=0), LSTM(8, 8, rng=1), Dense(8, 1, steps="last", rng=2)])
    >>> y, tape = net.forward(np.ones((5, 3, 2)))     # T = 5 steps of B = 3 sequences
    >>> y.shape, list(net.params)
    ((3, 1), ['0.W', '0.U', '0.b', '1.W', '1.U', '1.b', '2.W', '2.b'])
    >>> net.params.flat.size == net.count_parameters() == 905
    True

    A layer belongs to one network; `copy.deepcopy` makes another of it.
    """

    def __init__(self, layers):
        self.layers = _checked(layers)
        self.inputs = next((s for s in (layer.inputs for layer in self.layers) if s is not None), None)
        self.units = next((s for s in (layer.units for layer in reversed(self.layers)) if s is not None), None)
        self.dtype = next((la.dtype for la in self.layers if la.params.flat.size), np.dtype(np.float32))
        values = [layer.params.flat for layer in self.layers]
        self._adopt(np.concatenate(values, dtype=self.dtype))

    def _adopt(self, flat) -> None:
        """Make `flat`, which holds the values already, the buffer of this network and of its layers."""
        shapes, self._slices, start = {}, [], 0
        for k, layer in enumerate(self.layers):
            shapes.update({f"{k}.{name}": shape for name, shape in layer.params.shapes.items()})
            self._slices.append(slice(start, start + layer.params.flat.size))
            start += layer.params.flat.size
        self.params = Parameters(shapes, self.dtype, flat)
        for layer, part in zip(self.layers, self._slices, strict=True):
            layer._place(flat[part])
            layer.in_network = _Placed()

    def _place(self, flat) -> None:
        flat[...] = self.params.flat
        self._adopt(flat)

    def __setstate__(self, state):  # copied or unpickled layers have buffers of their own: join them again
        self.__dict__.update(state)
        self._adopt(self.params.flat)

    def config(self) -> dict:
        return {"layers": self.layers}

    def __repr__(self):
        rows = "".join(f"    {layer!r},\n" for layer in self.layers)
        return f"Sequential([\n{rows}])"

    def summary(self) -> str:
        """A table of the layers: place, what comes out, arrays, how many numbers are learnt. T steps, B sequences.

        >>> from lstm_edu import LSTM, Dense
        >>> print(Sequential([LSTM(2, 8), LSTM(8, 8), Dense(8, 1, steps="last")]).summary())
           layer  output     arrays                         parameters
           input  (T, B, 2)
        0  LSTM   (T, B, 8)  W (2, 32), U (8, 32), b (32,)         352
        1  LSTM   (T, B, 8)  W (8, 32), U (8, 32), b (32,)         544
        2  Dense  (B, 1)     W (8, 1), b (1,)                        9
           total                                                   905
        """
        from .sizes import summary  # sizes makes networks itself

        return summary(self)

    def forward(self, x, state=None, *, lengths=None, training=True):
        """x through every layer in turn -> y of the last one, and the tape."""
        tapes = []
        for layer, own in zip(self.layers, self._states(state, "state"), strict=True):
            x, tape = layer.forward(x, own, lengths=lengths, training=training)
            tapes.append(tape)
            lengths = None if lengths is None else layer.out_steps(lengths)
        return x, SequentialTape(tapes)

    def backward(self, dy, tape, dstate=None, *, grads=None, need_dx=True):
        """dy back through every layer in turn -> dx, grads in one flat buffer, dstate with one entry a layer.

        Raises ValueError for a tape of another network, and for grads that are not like `params`.
        """
        self._check_tape(tape)
        grads = self._grads(grads)
        dstates = list(self._states(dstate, "dstate"))
        for k in reversed(range(len(self.layers))):
            layer = self.layers[k]
            own = grads.part(self._slices[k], layer.params.shapes)
            dy, _, dstates[k] = layer.backward(dy, tape.tapes[k], dstates[k], grads=own, need_dx=need_dx or k > 0)
        return dy, grads, tuple(dstates)

    def _check_tape(self, tape) -> None:
        if not isinstance(tape, SequentialTape) or len(tape.tapes) != len(self.layers):
            got = f"{len(tape.tapes)} tapes" if isinstance(tape, SequentialTape) else type(tape).__name__
            raise ValueError(f"tape must come from this network's forward, {len(self.layers)} tapes, got {got}")

    def _states(self, state, name):
        if state is None:
            return [None] * len(self.layers)
        if not isinstance(state, tuple | list) or len(state) != len(self.layers):
            got = f"{len(state)} entries" if isinstance(state, tuple | list) else type(state).__name__
            raise ValueError(f"{name} must be a tuple with one entry per layer ({len(self.layers)}), got {got}")
        return state

    def out_steps(self, steps):
        for layer in self.layers:
            steps = layer.out_steps(steps)
        return steps

    def gates(self, tape) -> dict:
        """The gates and states of every recurrent layer, named "0.i", "0.f", ... after the layer's place."""
        self._check_tape(tape)
        return {
            f"{k}.{name}": value
            for k, (layer, own) in enumerate(zip(self.layers, tape.tapes, strict=True))
            for name, value in layer.gates(own).items()
        }


def _checked(layers) -> list:
    """The layers as a list, each fitting to the one before."""
    if isinstance(layers, Layer):
        raise ValueError(f"layers must be a list of layers, got one {type(layers).__name__}: put it into brackets")
    try:
        layers = list(layers)
    except TypeError:
        raise ValueError(f"layers must be a list of layers, got {type(layers).__name__}") from None
    if not layers:
        raise ValueError("layers must hold at least one layer, got none")
    units, giver, dtype, seen = None, None, None, set()
    for k, layer in enumerate(layers):
        if not isinstance(layer, Layer):
            raise ValueError(f"layers[{k}] must be a layer, got {type(layer).__name__}")
        here = f"layers[{k}] ({type(layer).__name__})"
        if layer.in_network or id(layer) in seen:
            raise ValueError(f"{here} belongs to a network already; copy.deepcopy makes another of it")
        seen.add(id(layer))
        if None not in (units, layer.inputs) and layer.inputs != units:
            raise ValueError(f"{here} takes {layer.inputs} inputs, but {giver} gives {units}")
        if layer.units is not None:
            units, giver = layer.units, here
        if layer.params.flat.size:
            if dtype is not None and layer.dtype != dtype:
                raise ValueError(f"{here} is {layer.dtype}, the layers before it are {dtype}: a network has one dtype")
            dtype = layer.dtype
    return layers
