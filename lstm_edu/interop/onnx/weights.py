"""The weights of a network as they lie in a graph, and back."""

from collections.abc import Iterator, Mapping
from typing import TypeGuard

import numpy as np

from lstm_edu.cells import Recurrent
from lstm_edu.core import Layer
from lstm_edu.nn.layers import Conv1D
from lstm_edu.nn.wrappers import Bidirectional

from . import layouts
from .graph import place_of


def one_operator(layer: Layer) -> bool:
    """Whether it is one operator for both directions: two cells of one kind that ONNX has.

    Parameters
    ----------
    layer : Layer
        Any layer.

    Returns
    -------
    bool
        True for a Bidirectional of such cells.
    """
    if type(layer) is not Bidirectional:
        return False
    cells = list(layer.children().values())
    one, other = cells
    if not (has_operator(one) and has_operator(other)):
        return False
    return ("p" in one.params) == ("p" in other.params) and layouts.operator(one) == layouts.operator(other)


def has_operator(layer: Layer) -> TypeGuard[Recurrent]:
    """Whether ONNX has an operator for this layer.

    Parameters
    ----------
    layer : Layer
        Any layer.

    Returns
    -------
    bool
        False for what must be written as a Scan.
    """
    return type(layer) in layouts.OPERATORS and getattr(layer, "cell_clip", None) is None


def stacked(cells: list) -> dict[str, np.ndarray]:
    """The weights of one operator: of one cell, or of two for both directions.

    Parameters
    ----------
    cells : list of Recurrent
        One or two of one kind.

    Returns
    -------
    dict of str to ndarray
        W, R, B and P.
    """
    each = [layouts.to_arrays(cell) for cell in cells]
    return each[0] if len(each) == 1 else {name: np.concatenate([e[name] for e in each]) for name in each[0]}


def arrays_of(layer: Layer) -> dict[str, np.ndarray]:
    """The weights of a layer as they lie in a graph.

    Parameters
    ----------
    layer : Layer
        One without children, or a Bidirectional that is one operator.

    Returns
    -------
    dict of str to ndarray
        By name; they may be the layer's own.
    """
    if one_operator(layer):
        return stacked(list(layer.children().values()))
    if has_operator(layer):
        return stacked([layer])
    if isinstance(layer, Conv1D):  # (width, D, F) here, (F, D, width) there
        return {"W": np.ascontiguousarray(layer.params["W"].transpose(2, 1, 0)), "b": layer.params["b"]}
    return dict(layer.params)


def set_arrays(layer: Layer, arrays: Mapping[str, np.ndarray]) -> None:
    """The way back from `arrays_of`.

    Parameters
    ----------
    layer : Layer
        Where they go.
    arrays : mapping of str to ndarray
        By the same names.

    Raises
    ------
    ValueError
        For other shapes or types.
    """
    cells = [cell for cell in (layer.children().values() if one_operator(layer) else [layer]) if has_operator(cell)]
    for k, cell in enumerate(cells):
        layouts.fill(cell, {name: array[k : k + 1] for name, array in arrays.items()})
    if not cells:
        for name, array in arrays.items():
            turned = isinstance(layer, Conv1D) and name == "W"
            layer.params[name] = array.transpose(2, 1, 0) if turned else array


def holders(layer: Layer, place: str = "") -> Iterator[tuple[str, Layer]]:
    """The layers that have weights of their own in a graph, with their places.

    Parameters
    ----------
    layer : Layer
        A network.
    place : str
        Where it is.

    Yields
    ------
    tuple of str and Layer
        In the order of the network.
    """
    if layer.children() and not one_operator(layer):
        for name, child in layer.children().items():
            yield from holders(child, place_of(place, name))
    else:
        yield place, layer
