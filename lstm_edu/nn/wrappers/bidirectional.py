"""A layer that reads forwards and another that reads backwards.   (Schuster & Paliwal, 1997)"""

import inspect
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from lstm_edu.core import Container, Layer, Parameters, checks
from lstm_edu.core.checks import Rng
from lstm_edu.core.container import ContainerTape, described

MERGES = ("concat", "sum")
STEPS = ("all", "last")


class Bidirectional(Container):
    """Two layers of one kind over the same sequences, one of them from the end to the beginning.

    ::

        y[t] = (h_forwards[t], h_backwards[t])      the second has read what comes after t

    Each sequence is reversed within its own length, as TensorFlow's reverse_sequence does: padding stays at the end and
    is not read first.

    Parameters
    ----------
    layer : Layer
        Reads forwards: a cell, or a network of cells.
    backward_layer : Layer, optional
        Reads backwards; it takes and gives what the other does. None: another one of the same arguments, with first
        weights of its own.
    merge : {"concat", "sum"}
        Both outputs side by side, or their sum.
    steps : {"all", "last"}
        "all": at each step; "last": what each has put out once it has read all, (B, ...): forwards at a sequence's end,
        backwards at its beginning.
    rng : int or numpy.random.Generator, optional
        Draws the first weights of the backward layer; None: a new seed from the system.

    Raises
    ------
    ValueError
        For layers that do not fit each other, or give another number of steps.

    Notes
    -----
    The state is (forwards', backwards'): `tape.state` has each at its own end. It is no state to go on from in a later
    piece of the same sequences: what reads backwards must begin at the very end.

    References
    ----------
    Schuster and Paliwal, Bidirectional recurrent neural networks, IEEE Transactions on Signal Processing 45(11), 1997.

    Examples
    --------
    >>> import lstm_edu as le
    >>> layer = le.Bidirectional(le.LSTM(3, 5, rng=0), rng=1)
    >>> layer(np.ones((7, 2, 3))).shape
    (7, 2, 10)
    >>> net = le.Sequential([le.Bidirectional(le.LSTM(3, 5, rng=0), steps="last", rng=1), le.Dense(10, 2, rng=2)])
    >>> net(np.ones((7, 2, 3)), lengths=[7, 4]).shape
    (2, 2)
    """

    fixed = Container.fixed | {"layer", "backward_layer", "merge", "steps"}

    def __init__(
        self,
        layer: Layer,
        backward_layer: Layer | None = None,
        *,
        merge: str = "concat",
        steps: str = "all",
        rng: Rng = None,
    ) -> None:
        if not isinstance(layer, Layer):
            raise ValueError(f"layer must be a layer, got {type(layer).__name__}")
        other = _another(layer, checks.generator(rng)) if backward_layer is None else backward_layer
        super().__init__({"layer": layer, "backward_layer": other})
        self.layer, self.backward_layer = layer, other
        self.merge, self.steps = checks.one_of("merge", merge, MERGES), checks.one_of("steps", steps, STEPS)
        self.inputs = layer.inputs
        shape, width = layer.input_shape(), layer.outputs
        for name, each in self.children().items():
            out = type(each).output_shape(shape, **each.config())
            if each.input_shape() != shape or out[:-1] != ("T", "B") or len(out) != 3 or each.outputs != width:
                takes, needed = f"{each.input_shape()} -> {out}", f"{shape} -> ('T', 'B', {width})"
                raise ValueError(f"{name} must take and give {needed}, got {type(each).__name__}: {takes}")
        self.units = width * (2 if merge == "concat" else 1)  # type: ignore[operator]  # a width of 3 axes is a number

    def config(self) -> dict[str, Any]:
        """The arguments that make this layer again, not its weights.

        Returns
        -------
        dict
            By the arguments' names.
        """
        layers = {"layer": self.layer, "backward_layer": self.backward_layer}
        return layers | {"merge": self.merge, "steps": self.steps}

    @classmethod
    def parameter_shapes(  # type: ignore[override]
        cls, *, layer: Any, backward_layer: Any = None, **_: Any
    ) -> dict[str, tuple]:
        """Those of both layers.

        Parameters
        ----------
        layer, backward_layer : Layer or dict
            The layers or their descriptions; None: like the first.
        **_ : object
            Other arguments.

        Returns
        -------
        dict of str to tuple of int
            Name -> shape, in the order of `params`.
        """
        return super().parameter_shapes(layer=layer, backward_layer=layer if backward_layer is None else backward_layer)

    @classmethod
    def output_shape(  # type: ignore[override]
        cls, shape: tuple, *, layer: Any, merge: str = "concat", steps: str = "all", **_: Any
    ) -> tuple:
        """The shape that comes out.

        Parameters
        ----------
        shape : tuple of int or str
            What goes in.
        layer : Layer or dict
            The layer, or its description.
        merge, steps : str
            As for the class.
        **_ : object
            Other arguments.

        Returns
        -------
        tuple of int or str
            (T, B, 2 H) or (B, 2 H); H for a sum.
        """
        kind, config = described(layer)
        *before, width = kind.output_shape(shape, **config)
        width = 2 * width if merge == "concat" else width
        return (before[-1], width) if steps == "last" else (*before, width)

    def input_shape(self) -> tuple:
        """The shape that goes in: that of the layer.

        Returns
        -------
        tuple of int or str
            ("T", "B", inputs).
        """
        return self.layer.input_shape()

    def forward(
        self,
        x: ArrayLike,
        state: tuple | list | None = None,
        *,
        lengths: ArrayLike | None = None,
        training: bool = True,
    ) -> tuple[np.ndarray, ContainerTape]:
        """Read in both directions.

        Parameters
        ----------
        x : array_like
            (T, B, D) floats, or (T, B) symbols where the layer takes them.
        state : tuple or None
            (forwards', backwards'); None: zeros.
        lengths : array_like or None
            (B,), how many steps of each sequence are real; None: all.
        training : bool, default True
            False switches dropout off.

        Returns
        -------
        y : numpy.ndarray
            (T, B, 2 H), or (B, 2 H) for `steps` "last"; H for a sum.
        tape : ContainerTape
            What `backward` needs.

        Raises
        ------
        ValueError
            For other shapes or types, and where a layer does.
        """
        ahead, back = self.child_states(state)
        x = self._checked(x)
        T, B = x.shape[:2]
        lengths = checks.lengths(lengths, T, B)
        order = _reversed(lengths, T, B)
        one, tape = self.layer.forward(x, ahead, lengths=lengths, training=training)
        other, other_tape = self.backward_layer.forward(x[order], back, lengths=lengths, training=training)
        if self.steps == "last":
            ends = (T if lengths is None else lengths) - 1, np.arange(B)
            one, other = one[ends], other[ends]
        else:
            other = other[order]
        y = np.concatenate([one, other], axis=-1) if self.merge == "concat" else one + other
        return y, self.tape([tape, other_tape], order=order, lengths=lengths, shape=(T, B))

    def backward(
        self,
        dy: ArrayLike,
        tape: ContainerTape,
        dstate: tuple | list | None = None,
        *,
        grads: Parameters | None = None,
        need_dx: bool = True,
    ) -> tuple[np.ndarray | None, Parameters, tuple]:
        """Take the gradient back through both layers.

        Parameters
        ----------
        dy : array_like
            Gradient with respect to y, like it.
        tape : ContainerTape
            From `forward`.
        dstate : tuple or None
            Gradient with respect to the final state, one entry for each direction; None: zero.
        grads : Parameters or None
            To write into; None: a new one.
        need_dx : bool, default True
            False: dx is not made.

        Returns
        -------
        dx : numpy.ndarray or None
            (T, B, D).
        grads : Parameters
            Gradients with the names of `params`.
        dstate : tuple
            Gradient with respect to the initial state.

        Raises
        ------
        ValueError
            For a dy or a tape that does not fit, and where a layer does.
        """
        self.check_tape(tape)
        grads, (ahead, back) = self._grads(grads), self.child_states(dstate, "dstate")
        order, lengths, (T, B) = tape.kept["order"], tape.kept["lengths"], tape.kept["shape"]
        assert self.units is not None
        dy = checks.floats("dy", dy, (B, self.units) if self.steps == "last" else (T, B, self.units), self.dtype)
        half = self.units // 2
        one, other = (dy[..., :half], dy[..., half:]) if self.merge == "concat" else (dy, dy)
        if self.steps == "last":
            ends = (T if lengths is None else lengths) - 1, np.arange(B)
            one, other = _at(ends, one, T, B), _at(ends, other, T, B)
        else:
            other = other[order]
        needed = {"need_dx": need_dx}
        dx, _, ahead = self.layer.backward(
            np.ascontiguousarray(one), tape.tapes[0], ahead, grads=self.part(grads, "layer"), **needed
        )
        dback, _, back = self.backward_layer.backward(
            np.ascontiguousarray(other), tape.tapes[1], back, grads=self.part(grads, "backward_layer"), **needed
        )
        if dx is not None and dback is not None:
            dx = dx + dback[order]
        return dx, grads, (ahead, back)

    def gates(self, tape: ContainerTape) -> dict[str, np.ndarray]:
        """The gates and states of both layers, all in the order of time.

        Parameters
        ----------
        tape : ContainerTape
            From `forward`.

        Returns
        -------
        dict of str to numpy.ndarray
            "layer.i", ..., "backward_layer.i", ...; each (T, B, H), of which [t] belongs to x[t].

        Raises
        ------
        ValueError
            For a tape of another kind of layer.
        """
        found = super().gates(tape)
        order = tape.kept["order"]
        return {name: value[order] if name.startswith("backward_layer.") else value for name, value in found.items()}

    def _checked(self, x: Any) -> np.ndarray:
        if len(self.layer.input_shape()) == 2:  # symbols, which the layer looks at
            x = np.asarray(x)
            if x.ndim != 2:
                raise ValueError(f"x must have shape (T, B), whole numbers, got {x.shape}")
            return x
        return checks.floats("x", x, ("T", "B", self.inputs or "D"), self.dtype)


def _another(layer: Layer, rng: np.random.Generator) -> Layer:
    """A layer of the same arguments, its weights drawn anew."""
    if "rng" in inspect.signature(type(layer)).parameters:
        return type(layer)(**layer.config(), rng=rng)  # type: ignore[call-arg]
    again = {name: _each(value, rng) for name, value in layer.config().items()}
    return type(layer)(**again)


def _each(value: Any, rng: np.random.Generator) -> Any:
    if isinstance(value, list | tuple):
        return [_each(inner, rng) for inner in value]
    return _another(value, rng) if isinstance(value, Layer) else value


def _reversed(lengths: np.ndarray | None, T: int, B: int) -> tuple[np.ndarray, np.ndarray]:
    """The index that reverses each sequence within its own length, and leaves what is beyond where it is."""
    t, ends = np.arange(T)[:, None], np.full(B, T) if lengths is None else lengths
    return np.where(t < ends, ends - 1 - t, t), np.arange(B)[None]


def _at(ends: tuple, d: np.ndarray, T: int, B: int) -> np.ndarray:
    """(T, B, n), zero but for d (B, n) at each sequence's end."""
    whole = np.zeros((T, B, d.shape[-1]), d.dtype)
    whole[ends] = d
    return whole
