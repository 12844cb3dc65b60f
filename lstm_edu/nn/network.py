"""Layers in a row. A network is a layer itself: the same interface, and all parameters in one flat buffer."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from lstm_edu.core import Container, Layer, Parameters
from lstm_edu.core.container import ContainerTape, check_children, described


class Sequential(Container):
    """Layers in a row, each fed with the output of the one before.

    `params` names them "0.W", "0.U", ...: the layer's place, then the layer's own name. All of them are views into
    one buffer, `params.flat`. The state is a tuple with the state of each layer, () for a layer without one.

    A layer belongs to one network; `copy.deepcopy` makes another of it. `layers` is a tuple: nobody can put in a layer
    whose parameters lie elsewhere.

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
    """

    fixed = Layer.fixed | {"layers"}
    in_a_row = True

    def __init__(self, layers: Iterable[Layer]) -> None:
        self.layers = tuple(_checked(layers))
        super().__init__({str(k): layer for k, layer in enumerate(self.layers)})
        self.inputs = next((s for s in (layer.inputs for layer in self.layers) if s is not None), None)
        self.units = next((s for s in (layer.outputs for layer in reversed(self.layers)) if s is not None), None)

    @staticmethod
    def _label(name: str, child: Any) -> str:
        return f"layers[{name}] ({type(child).__name__})"

    def config(self) -> dict[str, Any]:
        """The arguments that make this network again, not its weights.

        Returns
        -------
        dict
            "layers": the list of the layers.
        """
        return {"layers": list(self.layers)}

    @classmethod
    def output_shape(cls, shape: tuple, *, layers: list) -> tuple:  # type: ignore[override]
        for layer in layers:
            kind, config = described(layer)
            shape = kind.output_shape(shape, **config)
        return shape

    def input_shape(self) -> tuple:
        """The shape that goes in: that of the first layer.

        Returns
        -------
        tuple
            ("T", "B", inputs), or ("T", "B") where the first layer takes symbols.
        """
        first = self.layers[0].input_shape()
        return first if self.inputs is None or len(first) == 2 else (*first[:-1], self.inputs)

    def __repr__(self) -> str:
        rows = "".join(f"    {layer!r},\n" for layer in self.layers)
        return f"Sequential([\n{rows}])"

    def forward(
        self,
        x: ArrayLike,
        state: tuple | list | None = None,
        *,
        lengths: ArrayLike | None = None,
        training: bool = True,
    ) -> tuple[np.ndarray, ContainerTape]:
        """Take x through every layer in turn.

        Parameters
        ----------
        x : array_like
            What the first layer takes, time first: (T, B, D), or (T, B) symbols.
        state : tuple or None
            One entry for each layer, None or () for one without; None: all begin at zero.
        lengths : array_like or None
            (B,), how many steps of each sequence are real; None: all.
        training : bool, default True
            False switches dropout off.

        Returns
        -------
        y : numpy.ndarray
            What the last layer gives.
        tape : ContainerTape
            What `backward` needs; `tape.state` goes on.

        Raises
        ------
        ValueError
            For another number of states, and where a layer does.
        """
        y: Any = x
        tapes = []
        for layer, own in zip(self.layers, self.child_states(state), strict=True):
            y, tape = layer.forward(y, own, lengths=lengths, training=training)
            tapes.append(tape)
            lengths = None if lengths is None else layer.out_steps(lengths)
        return y, self.tape(tapes)

    def backward(
        self,
        dy: ArrayLike,
        tape: ContainerTape,
        dstate: tuple | list | None = None,
        *,
        grads: Parameters | None = None,
        need_dx: bool = True,
    ) -> tuple[np.ndarray | None, Parameters, tuple]:
        """Take the gradient back through every layer, the last one first.

        Parameters
        ----------
        dy : array_like
            Gradient with respect to y, like it.
        tape : ContainerTape
            From `forward`.
        dstate : tuple or None
            Gradient with respect to the final state, one entry for each layer; None: zero.
        grads : Parameters or None
            To write into; None: a new one.
        need_dx : bool, default True
            False: dx may be None.

        Returns
        -------
        dx : numpy.ndarray or None
            Gradient with respect to x; None where the first layer gives none.
        grads : Parameters
            Gradients with the names of `params`, in one flat buffer.
        dstate : tuple
            Gradient with respect to the initial state, one entry for each layer.

        Raises
        ------
        ValueError
            For a tape of another network, and for grads that are not like `params`.
        """
        self.check_tape(tape)
        grads = self._grads(grads)
        d: Any = dy
        dstates = self.child_states(dstate, "dstate")
        for k, name in reversed([*enumerate(self._slices)]):
            layer, own = self.layers[k], self.part(grads, name)
            d, _, dstates[k] = layer.backward(d, tape.tapes[k], dstates[k], grads=own, need_dx=need_dx or k > 0)
        return d, grads, tuple(dstates)

    def out_steps(self, steps: Any) -> Any:
        """How many steps come out of the last layer.

        Parameters
        ----------
        steps : int or array_like
            A number of steps that go in, or lengths (B,).

        Returns
        -------
        int or numpy.ndarray
            One number, or one for each length.
        """
        for layer in self.layers:
            steps = layer.out_steps(steps)
        return steps


def _checked(layers: Any) -> list[Layer]:
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
