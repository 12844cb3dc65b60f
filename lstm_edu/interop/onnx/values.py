"""What the values of a foreign graph become while it is read, and how a node's inputs are looked at."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from lstm_edu.core import Layer
from lstm_edu.nn.architecture import short
from lstm_edu.nn.network import Sequential

MOST_LAYERS = 1000
MOST_NUMBERS = 2**22  # that layers may hold beyond twice what the file holds, if they use weights more than once


@dataclass(frozen=True, eq=False)
class Made:
    """A layer that will be made, and the one before it.

    Parameters
    ----------
    kind : callable
        Makes it: its class.
    config : dict
        The arguments.
    arrays : dict of str to ndarray
        Its parameters.
    before : Made or None
        The layer before it: so a row costs no more than its layers, wherever it branches.
    count : int
        Its place in the row.
    deep : int
        How many layers within layers it holds.
    """

    kind: Callable[..., Layer]
    config: dict[str, Any]
    arrays: dict[str, np.ndarray] = field(default_factory=dict)
    before: "Made | None" = None
    count: int = 1
    deep: int = 0

    def build(self) -> Layer:
        """Make it.

        Returns
        -------
        Layer
            With its parameters.
        """
        config = {name: row(value) if isinstance(value, Links) else value for name, value in self.config.items()}
        layer = self.kind(**config)
        for name, array in self.arrays.items():
            layer.params[name] = array
        return layer


class Links(tuple[Made, ...]):
    """Layers in a row."""


def links(made: Made | None, start: Made | None = None) -> Links:
    """The layers from one to another.

    Parameters
    ----------
    made : Made or None
        The last.
    start : Made or None
        The one before the first; None: from the beginning.

    Returns
    -------
    Links
        In their order.
    """
    found = []
    while made is not None and made is not start:
        found.append(made)
        made = made.before
    return Links(reversed(found))


def row(found: Links) -> Sequential:
    """The network of these layers.

    Parameters
    ----------
    found : Links
        In their order.

    Returns
    -------
    Sequential
        A new one.
    """
    return Sequential([made.build() for made in found])


@dataclass(frozen=True)
class Sequences:
    """What runs through the network. Axes: T, B, D; "1" and "2" are the directions of a recurrent operator."""

    axes: tuple[str, ...]
    made: Made | None = None
    last: bool = False  # the last step alone, which a Dense layer is still to take
    state: bool = False  # a final state
    width: int | None = None  # D of the graph's input, if it says it


@dataclass(frozen=True)
class Array:
    """Numbers that stand in the file."""

    array: np.ndarray
    name: str


@dataclass(frozen=True)
class Other:
    """What is known of any other value: "start" an initial state, "lengths", "state" a final one, "sizes"."""

    use: str


Value = Sequences | Array | Other | None


class Reading:
    """What is known of a graph so far, and what the readers of its nodes ask it.

    Parameters
    ----------
    onnx : module
        The package.
    size : int
        Bytes of the file.
    """

    def __init__(self, onnx: Any, size: int) -> None:
        self.onnx, self.size, self.numbers = onnx, size, 0
        self.values: dict[str, Value] = {"": None}

    def take(self, value: Value, name: str, axes: Sequence[int]) -> np.ndarray:
        """A float array that stands in the file.

        Parameters
        ----------
        value : Value
            What a node was given.
        name : str
            What an error calls it.
        axes : sequence of int
            How many axes it may have.

        Returns
        -------
        numpy.ndarray
            The array.

        Raises
        ------
        ValueError
            For anything else, and once layers hold far more than the file.
        """
        if not isinstance(value, Array):
            raise ValueError(f"{name} must be an initializer or a Constant, it is computed or missing")
        if value.array.ndim not in axes or value.array.dtype.kind != "f":
            needed = " or ".join(map(str, axes))
            raise ValueError(
                f"{name} {short(repr(value.name), 80)} must be floats of {needed} axes, "
                f"got {value.array.dtype} of shape {value.array.shape}"
            )
        if 0 in value.array.shape:
            raise ValueError(f"{name} {short(repr(value.name), 80)} is empty, of shape {value.array.shape}")
        self.numbers += value.array.size
        if self.numbers > MOST_NUMBERS + self.size // 2:
            raise ValueError(f"{name}: the layers would hold {self.numbers} numbers, far more than the file")
        return value.array

    def whole(self, value: Value, name: str) -> list[int]:
        """Whole numbers that stand in the file.

        Parameters
        ----------
        value : Value
            What a node was given.
        name : str
            What an error calls it.

        Returns
        -------
        list of int
            A few of them.

        Raises
        ------
        ValueError
            For anything else.
        """
        if not isinstance(value, Array) or value.array.dtype.kind != "i" or value.array.size > 8:
            raise ValueError(f"{name} must be a few whole numbers that stand in the file")
        return value.array.ravel().tolist()

    def sequences(self, value: Value, *axes: str) -> Sequences:
        """Sequences with these axes.

        Parameters
        ----------
        value : Value
            What a node was given.
        *axes : str
            None: any.

        Returns
        -------
        Sequences
            The same.

        Raises
        ------
        ValueError
            For anything else.
        """
        if not isinstance(value, Sequences):
            raise ValueError("what goes in must be the network's input or what a layer gives")
        if axes and value.axes != axes:
            needed, got = ", ".join(axes), ", ".join(value.axes)
            raise ValueError(f"what goes in must have the axes ({needed}), it has ({got})")
        return value

    def add(
        self, before: Sequences, kind: Callable[..., Layer], config: dict, arrays: dict | None = None, **to: Any
    ) -> Sequences:
        """Sequences after one more layer.

        Parameters
        ----------
        before : Sequences
            What goes in.
        kind : callable
            The layer's class.
        config : dict
            Its arguments.
        arrays : dict of str to ndarray, optional
            Its parameters.
        **to : object
            What else is another.

        Returns
        -------
        Sequences
            What comes out.

        Raises
        ------
        ValueError
            For a row without end.
        """
        count = 1 if before.made is None else before.made.count + 1
        if count > MOST_LAYERS:
            raise ValueError(f"it is the layer after {MOST_LAYERS} others, no more are read")
        deep = to.pop("deep", 0)
        return replace(before, made=Made(kind, config, arrays or {}, before.made, count, deep), state=False, **to)
