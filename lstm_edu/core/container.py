"""A layer that is made of layers: a network, or a wrapper around one layer."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .layer import Layer
from .parameters import Parameters


@dataclass(slots=True)
class ContainerTape:
    """The tapes of a container's children, in their order.

    Parameters
    ----------
    made_by : tuple
        The class of the container and the names of its children.
    tapes : list
        One tape for each child.
    kept : dict, optional
        What else the container's backward needs.
    """

    made_by: tuple
    tapes: list
    kept: dict = field(default_factory=dict)

    @property
    def state(self) -> tuple:
        """The final state of every child, () for one without; feed it to the next forward."""
        return tuple(tape.state for tape in self.tapes)


class _Placed:
    """`in_network` of a layer: true, but False in a copy or a pickle of the layer, whose buffer is its own."""

    def __reduce__(self) -> tuple:
        return bool, ()


class Container(Layer):
    """A layer with children. Their parameters lie in one flat buffer, and a name says where: "child.W".

    A class of one's own calls `super().__init__(children)`, sets `inputs` and `units`, and writes `forward`, `backward`
    and `config`. All else goes through the children: parameters, gates, `gradient_flow`, saving, counting, summary. In
    `forward` the tapes of the children come back as `self.tape(tapes)`; in `backward`, `self.part(grads, name)` is
    where a child writes its gradients.

    A layer belongs to one container; `copy.deepcopy` makes another of it.

    Parameters
    ----------
    children : mapping of str to Layer
        The layers by name, in the order of their parameters. Names have no dots.

    Raises
    ------
    ValueError
        For anything but layers, for a layer that has a container already or lacks what a layer needs, and for layers
        of different float types.

    Examples
    --------
    A wrapper that adds a layer's input to its output:

    >>> import lstm_edu as le
    >>> class Residual(le.Container):
    ...     def __init__(self, layer):
    ...         super().__init__({"layer": layer})
    ...         self.layer, self.inputs, self.units = layer, layer.inputs, layer.units
    ...
    ...     def config(self):
    ...         return {"layer": self.layer}
    ...
    ...     def forward(self, x, state=None, *, lengths=None, training=True):
    ...         (own,) = self.child_states(state)
    ...         y, tape = self.layer.forward(x, own, lengths=lengths, training=training)
    ...         return x + y, self.tape([tape])
    ...
    ...     def backward(self, dy, tape, dstate=None, *, grads=None, need_dx=True):
    ...         self.check_tape(tape)
    ...         grads, (own,) = self._grads(grads), self.child_states(dstate, "dstate")
    ...         dx, _, own = self.layer.backward(dy, tape.tapes[0], own, grads=self.part(grads, "layer"))
    ...         return dx + dy, grads, (own,)
    >>> net = le.Sequential([le.GRU(2, 4, rng=0), Residual(le.GRU(4, 4, rng=1)), le.Dense(4, 1, rng=2)])
    >>> list(net.params)[3:6]
    ['1.layer.W', '1.layer.U', '1.layer.b']
    """

    in_a_row = False  # True: each child is fed with the output of the one before

    def __init__(self, children: Mapping[str, Layer]) -> None:
        children = dict(children)
        if not children:
            raise ValueError(f"children: a {type(self).__name__} needs at least one layer, got none")
        for name in children:
            if not isinstance(name, str) or not name or "." in name:
                raise ValueError(f"children must have names without dots, got {name!r}")
        check_children({self._label(name, child): child for name, child in children.items()})
        self._children = children
        self._made_by = (type(self).__name__, *children)
        self.dtype = next((la.dtype for la in children.values() if la.params.flat.size), np.dtype(np.float32))
        self._adopt(np.concatenate([la.params.flat for la in children.values()], dtype=self.dtype))

    def children(self) -> dict[str, Layer]:
        """The layers that this one is made of.

        Returns
        -------
        dict of str to Layer
            By name, in the order of their parameters; a copy.
        """
        return dict(self._children)

    @staticmethod
    def _label(name: str, child: Any) -> str:
        """How an error calls a child."""
        return f"{name} ({type(child).__name__})"

    def _adopt(self, flat: np.ndarray) -> None:
        """Make `flat`, which holds the values already, the buffer of this container and of its children."""
        shapes: dict[str, tuple] = {}
        self._slices: dict[str, slice] = {}
        start = 0
        for name, child in self._children.items():
            shapes.update({f"{name}.{inner}": shape for inner, shape in child.params.shapes.items()})
            self._slices[name] = slice(start, start + child.params.flat.size)
            start += child.params.flat.size
        self._move_to(Parameters(shapes, self.dtype, flat))
        for name, child in self._children.items():
            child._place(flat[self._slices[name]])
            child.in_network = _Placed()
        self._shapes = {name: child.params.shapes for name, child in self._children.items()}

    def _place(self, flat: np.ndarray) -> None:
        flat[...] = self.params.flat
        self._adopt(flat)

    def __getstate__(self) -> dict:
        return {name: value for name, value in self.__dict__.items() if name != "_shapes"}  # views: `_adopt` makes them

    def __setstate__(self, state: dict) -> None:  # copied layers have buffers of their own: join them again
        self.__dict__.update(state)
        self._adopt(self.params.flat)

    def part(self, grads: Parameters, name: str) -> Parameters:
        """The part of a gradient that belongs to one child.

        Parameters
        ----------
        grads : Parameters
            Of this container.
        name : str
            The child's.

        Returns
        -------
        Parameters
            Views, with the names of the child's `params`.
        """
        return grads.part(self._slices[name], self._shapes[name])

    def tape(self, tapes: list, **kept: Any) -> ContainerTape:
        """Make the tape of a forward pass.

        Parameters
        ----------
        tapes : list
            Those of the children, in their order.
        **kept : object
            What else backward needs: `tape.kept`.

        Returns
        -------
        ContainerTape
            What `forward` returns beside y.
        """
        return ContainerTape(self._made_by, list(tapes), kept)

    def check_tape(self, tape: Any) -> None:
        """Look whether a container of this class and with these children made the tape.

        Parameters
        ----------
        tape : ContainerTape
            What the caller of `backward` gave.

        Raises
        ------
        ValueError
            If not.
        """
        needed = self._made_by
        got = tape.made_by if isinstance(tape, ContainerTape) else type(tape).__name__
        if got is not needed and got != needed:
            raise ValueError(
                f"tape must come from this layer's forward, {len(needed) - 1} tapes of {needed}, got {got}"
            )

    def child_states(self, state: tuple | list | None, name: str = "state") -> list:
        """One state for each child, from what the caller gave.

        Parameters
        ----------
        state : tuple or None
            One entry for each child; None: all begin at zero.
        name : str
            What the error calls it.

        Returns
        -------
        list
            One state, or None, for each child.

        Raises
        ------
        ValueError
            For another number of entries.
        """
        if state is None:
            return [None] * len(self._children)
        if not isinstance(state, tuple | list) or len(state) != len(self._children):
            got = f"{len(state)} entries" if isinstance(state, tuple | list) else type(state).__name__
            raise ValueError(f"{name} must be a tuple with one entry per layer ({len(self._children)}), got {got}")
        return list(state)

    def gates(self, tape: ContainerTape) -> dict[str, np.ndarray]:
        """The gates and states of every recurrent layer.

        Parameters
        ----------
        tape : ContainerTape
            From `forward`.

        Returns
        -------
        dict of str to numpy.ndarray
            Named "child.i", "child.f", ..., each (T, B, H).

        Raises
        ------
        ValueError
            For a tape of another kind of layer.
        """
        self.check_tape(tape)
        return {
            f"{child}.{name}": value
            for (child, layer), own in zip(self._children.items(), tape.tapes, strict=True)
            for name, value in layer.gates(own).items()
        }

    @classmethod
    def parameter_shapes(cls, **config: Any) -> dict[str, tuple]:
        """From the shapes of the children, which stand in `config` as layers or as their descriptions."""
        children = {}
        for name, value in config.items():
            if isinstance(value, list | tuple):
                children.update({str(k): inner for k, inner in enumerate(value) if is_description(inner)})
            elif is_description(value):
                children[name] = value
        return {
            f"{child}.{name}": shape
            for child, inner in children.items()
            for name, shape in described(inner)[0].parameter_shapes(**described(inner)[1]).items()
        }


def is_description(value: Any) -> bool:
    """Whether it is a layer, or what `describe` makes of one.

    Parameters
    ----------
    value : object
        Anything, as in a layer's configuration.

    Returns
    -------
    bool
        True for what `described` takes.
    """
    return isinstance(value, Layer) or (isinstance(value, dict) and "class" in value)


def described(layer: Layer | dict) -> tuple[type[Layer], dict]:
    """The class and the configuration of a layer.

    Parameters
    ----------
    layer : Layer or dict
        A layer, or a description of one, {"class": class, ...}.

    Returns
    -------
    cls : type
        Its class.
    config : dict
        The arguments that make it.
    """
    if isinstance(layer, Layer):
        return type(layer), layer.config()
    return layer["class"], {name: value for name, value in layer.items() if name != "class"}


def walk(layer: Layer, place: str = "") -> Iterator[tuple[str, Layer]]:
    """Every layer with its place, from the outside in.

    Parameters
    ----------
    layer : Layer
        Where to begin.
    place : str
        The name of that place.

    Yields
    ------
    tuple of str and Layer
        ("", layer) first, then ("0", its first child), ...
    """
    yield place, layer
    for name, child in layer.children().items():
        yield from walk(child, f"{place}.{name}" if place else name)


def check_children(named: Mapping[str, Layer]) -> None:
    """Look whether all are whole layers of one float type, each belonging to nobody.

    Parameters
    ----------
    named : mapping of str to Layer
        What the errors call each layer -> the layer.

    Raises
    ------
    ValueError
        If one is not.
    """
    dtype: np.dtype | None = None
    seen: set[int] = set()
    for here, child in named.items():
        if not isinstance(child, Layer):
            raise ValueError(f"{here.split(' ')[0]} must be a layer, got {type(child).__name__}")
        child.check_complete(here)
        if child.in_network or id(child) in seen:
            raise ValueError(f"{here} belongs to a network already; copy.deepcopy makes another of it")
        seen.add(id(child))
        if child.params.flat.size:
            if dtype is not None and child.dtype != dtype:
                raise ValueError(f"{here} is {child.dtype}, the layers before it are {dtype}: a network has one dtype")
            dtype = child.dtype
