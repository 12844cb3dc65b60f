"""A network as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .layer import Layer  # which imports this file


def summary(net: Layer) -> str:
    """A layer or a network as a table.

    Parameters
    ----------
    net : Layer
        A layer of any kind.

    Returns
    -------
    str
        As `Layer.summary` shows it.
    """
    shape = net.input_shape()
    rows = [("", "layer", "output", "arrays", "parameters"), ("", "input", _text(shape), "", "")]
    rows += _rows(net, shape)
    rows.append(("", "total", "", "", f"{net.count_parameters():,}"))
    *texts, numbers = zip(*rows, strict=True)
    columns = [[cell.ljust(max(map(len, column))) for cell in column] for column in texts]
    columns.append([cell.rjust(max(map(len, numbers))) for cell in numbers])
    return "\n".join("  ".join(row).rstrip() for row in zip(*columns, strict=True))


def _rows(layer: Layer, shape: tuple, place: str = "") -> list[tuple[str, str, str, str, str]]:
    """A row for each layer, but for one that is only a row of layers."""
    children, own = layer.children(), []
    if not layer.in_a_row:
        out = type(layer).output_shape(shape, **layer.config())
        arrays = "" if children else ", ".join(f"{n} {_text(size)}" for n, size in layer.params.shapes.items())
        number = "" if children else f"{layer.count_parameters():,}"
        own.append((place, type(layer).__name__, _text(out), arrays, number))
    for name, child in children.items():
        own += _rows(child, shape, f"{place}.{name}" if place else name)
        if layer.in_a_row:
            shape = type(child).output_shape(shape, **child.config())
    return own


def _text(shape: tuple) -> str:
    return f"({', '.join(map(str, shape))}{',' if len(shape) == 1 else ''})"
