"""Layers in a row. A network is a layer itself: the same interface, and all parameters in one flat buffer."""

from lstm_edu.core import Container, Layer
from lstm_edu.core.container import check_children, described


class Sequential(Container):
    """Layers in a row, each fed with the output of the one before.

    `params` names them "0.W", "0.U", ...: the layer's place, then the layer's own name. All of them are views into
    one buffer, `params.flat`. The state is a tuple with the state of each layer, () for a layer without one.

    Parameters
    ----------
    layers : list of Layer
        Each takes as many inputs as the one before gives outputs.

    Raises
    ------
    ValueError
        For layers that do not fit together, or that belong to a network already.

    Examples
    --------
    >>> import numpy as np
    >>> from lstm_edu import LSTM, Dense
    >>> net = Sequential([LSTM(2, 8, rng=0), LSTM(8, 8, rng=1), Dense(8, 1, steps="last", rng=2)])
    >>> y, tape = net.forward(np.ones((5, 3, 2)))     # T = 5 steps of B = 3 sequences
    >>> y.shape, list(net.params)
    ((3, 1), ['0.W', '0.U', '0.b', '1.W', '1.U', '1.b', '2.W', '2.b'])
    >>> net.params.flat.size == net.count_parameters() == 905
    True

    A layer belongs to one network; `copy.deepcopy` makes another of it. `layers` is a tuple: nobody can put in a layer
    whose parameters lie elsewhere.
    """

    fixed = Layer.fixed | {"layers"}
    in_a_row = True

    def __init__(self, layers):
        self.layers = tuple(_checked(layers))
        super().__init__({str(k): layer for k, layer in enumerate(self.layers)})
        self.inputs = next((s for s in (layer.inputs for layer in self.layers) if s is not None), None)
        self.units = next((s for s in (layer.outputs for layer in reversed(self.layers)) if s is not None), None)

    @staticmethod
    def _label(name, child):
        return f"layers[{name}] ({type(child).__name__})"

    def config(self) -> dict:
        return {"layers": list(self.layers)}

    @classmethod
    def output_shape(cls, shape, *, layers):
        for layer in layers:
            kind, config = described(layer)
            shape = kind.output_shape(shape, **config)
        return shape

    def input_shape(self):
        first = self.layers[0].input_shape()
        return first if self.inputs is None or len(first) == 2 else (*first[:-1], self.inputs)

    def __repr__(self):
        rows = "".join(f"    {layer!r},\n" for layer in self.layers)
        return f"Sequential([\n{rows}])"

    def forward(self, x, state=None, *, lengths=None, training=True):
        """x through every layer in turn -> y of the last one, and the tape."""
        tapes = []
        for layer, own in zip(self.layers, self.child_states(state), strict=True):
            x, tape = layer.forward(x, own, lengths=lengths, training=training)
            tapes.append(tape)
            lengths = None if lengths is None else layer.out_steps(lengths)
        return x, self.tape(tapes)

    def backward(self, dy, tape, dstate=None, *, grads=None, need_dx=True):
        """dy back through every layer in turn -> dx, grads in one flat buffer, dstate with one entry a layer.

        Raises ValueError for a tape of another network, and for grads that are not like `params`.
        """
        self.check_tape(tape)
        grads = self._grads(grads)
        dstates = self.child_states(dstate, "dstate")
        for k, name in reversed([*enumerate(self._slices)]):
            layer, own = self.layers[k], self.part(grads, name)
            dy, _, dstates[k] = layer.backward(dy, tape.tapes[k], dstates[k], grads=own, need_dx=need_dx or k > 0)
        return dy, grads, tuple(dstates)

    def out_steps(self, steps):
        for layer in self.layers:
            steps = layer.out_steps(steps)
        return steps


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
    named = {f"layers[{k}] ({type(layer).__name__})": layer for k, layer in enumerate(layers)}
    check_children(named)
    units, giver = None, None
    for here, layer in named.items():
        if None not in (units, layer.inputs) and layer.inputs != units:
            raise ValueError(f"{here} takes {layer.inputs} inputs, but {giver} gives {units}")
        if layer.outputs is not None:
            units, giver = layer.outputs, here
    return layers
