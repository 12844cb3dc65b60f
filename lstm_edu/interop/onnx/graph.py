"""A graph that is being written: nodes, weights, constants, and names that say where each belongs."""

import hashlib
import importlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any

import numpy as np

from lstm_edu.cells import Recurrent

OPSET, IR_VERSION = 22, 10  # what ONNX Runtime reads since 1.21


def onnx_package() -> ModuleType:
    """The package `onnx`, imported when it is first needed.

    Returns
    -------
    module
        With its `helper` and `numpy_helper`.

    Raises
    ------
    ImportError
        Without it; it says what to install.
    """
    try:
        for name in ("onnx.helper", "onnx.numpy_helper"):
            importlib.import_module(name)
        return importlib.import_module("onnx")
    except ImportError as error:
        needed = "lstm_edu.interop reads and writes ONNX files with onnx 1.17 or later"
        raise ImportError(f"{needed} (pip install 'lstm_edu[interop]'): {error}") from error


def place_of(place: str, name: str) -> str:
    """The name of what belongs to a layer.

    Parameters
    ----------
    place : str
        The layer's, such as "1.layer"; "" for the whole.
    name : str
        Its own.

    Returns
    -------
    str
        Both.

    Examples
    --------
    >>> place_of("1.layer", "W"), place_of("", "W")
    ('1.layer.W', 'W')
    """
    return f"{place}.{name}" if place else name


@dataclass(frozen=True)
class Flow:
    """What goes from one layer to the next: the name of a value, its axes, and the lengths there.

    Parameters
    ----------
    name : str
        Of the value.
    axes : int
        3: (T, B, D); 2: (T, B) symbols, or (B, D).
    lengths : str or None
        The name of the lengths (B,) int64; None: all steps are real.
    """

    name: str
    axes: int
    lengths: str | None = None

    def to(self, name: str, **changes: Any) -> "Flow":
        """The same with another value.

        Parameters
        ----------
        name : str
            Of the value.
        **changes : object
            What else is another.

        Returns
        -------
        Flow
            A new one.
        """
        return replace(self, name=name, **changes)


class Graph:
    """Nodes in their order, and the arrays that they read.

    Parameters
    ----------
    onnx : module
        The package.
    states : bool
        Whether initial states are inputs.
    outer : Graph, optional
        The graph of which this one is the body of a Scan: its arrays lie there.
    """

    def __init__(self, onnx: ModuleType, states: bool = False, outer: "Graph | None" = None) -> None:
        self.onnx, self.states = onnx, states
        self.nodes: list[Any] = []
        self.arrays: dict[str, np.ndarray] = {} if outer is None else outer.arrays
        self.names: set[str] = set() if outer is None else outer.names
        self.initial: list[Any] = []
        self.final: list[Any] = []
        self.renamed: dict[str, str] = {}  # values that are outputs

    def __call__(self, operator: str, inputs: Sequence[str], place: str, outputs: int = 1, **attributes: Any) -> Any:
        """Add a node.

        Parameters
        ----------
        operator : str
            Of ONNX.
        inputs : sequence of str
            Values, "" for one that is left out.
        place : str
            Where it belongs.
        outputs : int
            How many values it gives.
        **attributes : object
            Of the operator.

        Returns
        -------
        str or list of str
            The name of its value, or of its values.
        """
        name = self.new(place_of(place, operator))
        values = [name] if outputs == 1 else [self.new(f"{name}.{k}") for k in range(outputs)]
        self.nodes.append(self.onnx.helper.make_node(operator, list(inputs), values, name, **attributes))
        return name if outputs == 1 else values

    def new(self, name: str) -> str:
        """A name that nothing has yet.

        Parameters
        ----------
        name : str
            What it should begin with.

        Returns
        -------
        str
            With a number behind it where that is needed.
        """
        found, k = name, 1
        while found in self.names:
            k += 1
            found = f"{name}_{k}"
        self.names.add(found)
        return found

    def weights(self, arrays: dict[str, np.ndarray], place: str) -> dict[str, str]:
        """Put in the weights of a layer.

        Parameters
        ----------
        arrays : dict of str to ndarray
            By their names.
        place : str
            The layer's.

        Returns
        -------
        dict of str to str
            Their names in the graph, which are what `place_of` says.
        """
        found = {}
        for name, array in arrays.items():
            found[name] = place_of(place, name)
            self.names.add(found[name])
            self.arrays[found[name]] = array
        return found

    def constant(self, value: Any, dtype: type = np.int64) -> str:
        """Put in a constant; the same is there once.

        Parameters
        ----------
        value : int, float or list
            The numbers.
        dtype : type
            Of the array.

        Returns
        -------
        str
            Its name.
        """
        array: np.ndarray = np.asarray(value, dtype)
        numbers = "_".join(map(str, array.ravel().tolist()))
        if len(numbers) > 40:
            numbers = hashlib.sha256(numbers.encode()).hexdigest()[:16]
        name = f"{array.dtype.name}.{numbers}"
        name += ".scalar" if array.ndim == 0 else ""
        self.names.add(name)
        self.arrays[name] = array
        return name

    def value(self, name: str, shape: Sequence[int | str] | None, integers: bool = False) -> Any:
        """What ONNX says of an input or an output.

        Parameters
        ----------
        name : str
            Its name.
        shape : sequence of int or str, or None
            Its shape.
        integers : bool
            int64 instead of float32.

        Returns
        -------
        onnx.ValueInfoProto
            For the lists of a graph.
        """
        types = self.onnx.TensorProto
        return self.onnx.helper.make_tensor_value_info(name, types.INT64 if integers else types.FLOAT, shape)

    def initial_state(self, cell: Recurrent, place: str, k: int) -> str:
        """Make an initial state an input of the graph.

        Parameters
        ----------
        cell : Recurrent
            Whose.
        place : str
            Where it is.
        k : int
            Which of its states.

        Returns
        -------
        str
            The name of the value, (B, width).
        """
        name, width = list(cell.state_widths(**cell.config()).items())[k]
        name = self.new("initial." + place_of(place, name))
        self.initial.append(self.value(name, ["B", width]))
        return name

    def final_state(self, cell: Recurrent, place: str, k: int, state: str) -> None:
        """Make a final state an output of the graph.

        Parameters
        ----------
        cell : Recurrent
            Whose.
        place : str
            Where it is.
        k : int
            Which of its states.
        state : str
            The value, (B, width).
        """
        name, width = list(cell.state_widths(**cell.config()).items())[k]
        name = self.new("final." + place_of(place, name))
        self.renamed[state] = name
        self.final.append(self.value(name, ["B", width]))

    # Pieces that several layers need

    def size(self, name: str, axis: int, place: str) -> str:
        """The size of an axis.

        Parameters
        ----------
        name : str
            A value.
        axis : int
            Which.
        place : str
            Where the nodes belong.

        Returns
        -------
        str
            (1,) int64.
        """
        return self("Shape", [name], place, start=axis, end=axis + 1)

    def times(self, name: str, place: str) -> str:
        """The numbers of the steps: 0, 1, 2 and so on.

        Parameters
        ----------
        name : str
            A value, (T, ...).
        place : str
            Where the nodes belong.

        Returns
        -------
        str
            (T,) int64.
        """
        T = self("Squeeze", [self.size(name, 0, place)], place)
        return self("Range", [self.constant(0), T, self.constant(1)], place)

    def last(self, flow: Flow, place: str) -> str:
        """The last real step of each sequence.

        Parameters
        ----------
        flow : Flow
            (T, B, D).
        place : str
            Where the nodes belong.

        Returns
        -------
        str
            (B, D).
        """
        first = 0 if flow.lengths else -1
        x = self.reversed(flow, place) if flow.lengths else flow.name
        return self("Gather", [x, self.constant(first)], place, axis=0)

    def reversed(self, flow: Flow, place: str) -> str:
        """Each sequence from its end to its beginning; beyond its length it stays.

        Parameters
        ----------
        flow : Flow
            (T, B, ...).
        place : str
            Where the nodes belong.

        Returns
        -------
        str
            Like it.
        """
        if flow.lengths:
            return self("ReverseSequence", [flow.name, flow.lengths], place, time_axis=0, batch_axis=1)
        # start, end, axis, step
        return self("Slice", [flow.name, *(self.constant([k]) for k in (-1, -(2**63), 0, -1))], place)

    def real(self, flow: Flow, place: str) -> str:
        """Where the real steps are.

        Parameters
        ----------
        flow : Flow
            (T, B, D) with lengths.
        place : str
            Where the nodes belong.

        Returns
        -------
        str
            (T, B, 1) bool.
        """
        t = self("Unsqueeze", [self.times(flow.name, place), self.constant([1])], place)
        return self("Unsqueeze", [self("Less", [t, flow.lengths or ""], place), self.constant([2])], place)
