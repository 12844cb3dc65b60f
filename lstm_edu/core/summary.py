"""A network as a table."""


def summary(net) -> str:
    """A layer or a network as a table; see `Layer.summary`."""
    shape = net.input_shape()
    rows = [("", "layer", "output", "arrays", "parameters"), ("", "input", _text(shape), "", "")]
    rows += _rows(net, shape)
    rows.append(("", "total", "", "", f"{net.count_parameters():,}"))
    *texts, numbers = zip(*rows, strict=True)
    columns = [[cell.ljust(max(map(len, column))) for cell in column] for column in texts]
    columns.append([cell.rjust(max(map(len, numbers))) for cell in numbers])
    return "\n".join("  ".join(row).rstrip() for row in zip(*columns, strict=True))


def _rows(layer, shape, place="") -> list:
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


def _text(shape) -> str:
    return f"({', '.join(map(str, shape))}{',' if len(shape) == 1 else ''})"
