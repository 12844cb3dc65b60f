"""How large a network is, and how large it must be: counting parameters, and matching them."""

import inspect
import math

from lstm_edu.cells import CELLS, Layer, Recurrent, checks

from .layers import Conv1D, Dense, Embedding, MaxPool1D
from .network import Sequential

MOST_LAYERS = 1000  # far more than anybody trains: a larger number is a slip, and would take all memory


def count_parameters(net: Layer) -> int:
    """How many numbers a layer or a network learns.

    >>> from lstm_edu import LSTM
    >>> count_parameters(LSTM(3, 5))      # 4 H (D + H + 1)
    180
    """
    if not isinstance(net, Layer):
        raise ValueError(f"net must be a layer or a network, got {type(net).__name__}")
    return net.count_parameters()


def match_parameters(
    cell, inputs: int, *, budget: int, outputs: int = 0, layers: int = 1, symbols: bool = False, **options
) -> int:
    """The number of units whose parameter count is nearest to `budget`; the smaller one if two are equally near.

    So the count can be a little above the budget or below it, by at most half of what one more unit costs.

    cell       a name of `lstm_edu.CELLS`, or a class of cells of one's own
    inputs     D: what the lowest layer sees, or with `symbols` how many different symbols there are
    budget     how many numbers the whole network is to learn, at least as many as with one unit
    outputs    O: of a Dense layer on top; 0: none
    layers     cells one above the other, each with the same number of units
    symbols    True: an Embedding of as many numbers as there are units comes first, as in `make_network`
    options    what else the cell takes and the count depends on, such as reset_after=True of a GRU

    Every array has at most two axes that grow with the units, so the count is a n² + b n + c: three small networks
    give the exact a, b and c, for any cell.

    >>> match_parameters("lstm", 2, budget=4 * 32 * (2 + 32 + 1))
    32
    >>> [match_parameters("gru", 10, budget=20_000, outputs=3, layers=layers) for layers in (1, 2, 4)]
    [76, 45, 30]
    """
    make = _maker(cell, inputs, outputs, layers, symbols, options)
    budget = checks.whole("budget", budget)
    one, two, three = (make(units).count_parameters() for units in (1, 2, 3))
    if budget < one:
        raise ValueError(f"budget must be at least {one}, the parameters with one unit, got {budget}")
    a = (three - 2 * two + one) // 2
    b = two - one - 3 * a
    c = one - a - b
    below = (math.isqrt(b * b + 4 * a * (budget - c)) - b) // (2 * a)  # the largest number that is not above
    return min((below, below + 1), key=lambda n: abs(a * n * n + b * n + c - budget))


def _maker(cell, inputs, outputs, layers, symbols, options):
    """A function that makes the network of so many units."""
    if isinstance(cell, type) and issubclass(cell, Recurrent):
        cls = cell
    else:
        cls = CELLS[checks.one_of("cell", cell, CELLS)]
    inputs, layers = checks.whole("inputs", inputs), checked_layers(layers)
    _check_options(cls, options)
    outputs = checks.whole("outputs", outputs, least=0)

    def make(units):
        stack = [Embedding(inputs, units, rng=0)] if symbols else []
        stack.append(cls(units if symbols else inputs, units, rng=0, **options))
        stack += [cls(units, units, rng=0, **options) for _ in range(layers - 1)]
        return Sequential(stack + ([Dense(units, outputs, rng=0)] if outputs else []))

    return make


def checked_layers(layers) -> int:
    """`layers` as a whole number of cells one above the other that can be built.

    >>> checked_layers(3)
    3
    """
    if checks.whole("layers", layers) > MOST_LAYERS:
        raise ValueError(f"layers must be at most {MOST_LAYERS}, got {layers}")
    return int(layers)


def _check_options(cls, options) -> None:
    takes = inspect.signature(cls).parameters
    if any(kind.kind is kind.VAR_KEYWORD for kind in takes.values()):
        return
    known = [name for name in takes if name not in ("inputs", "units", "rng")]
    for name in options:
        if name not in known:
            raise ValueError(f"unknown option {name!r}: {cls.__name__} takes {', '.join(known)}")


def summary(net: Sequential) -> str:
    """A network as a table; see `Sequential.summary`."""
    rows, shape = [("", "input", _text(_input_shape(net)), "", "")], _input_shape(net)
    for place, layer in _flat(net):
        shape = _output_shape(layer, shape)
        arrays = ", ".join(f"{name} {_text(size)}" for name, size in layer.params.shapes.items())
        rows.append((place, type(layer).__name__, _text(shape), arrays, f"{layer.count_parameters():,}"))
    rows.append(("", "total", "", "", f"{net.count_parameters():,}"))
    rows.insert(0, ("", "layer", "output", "arrays", "parameters"))
    *texts, numbers = zip(*rows, strict=True)
    columns = [[cell.ljust(max(map(len, column))) for cell in column] for column in texts]
    columns.append([cell.rjust(max(map(len, numbers))) for cell in numbers])
    return "\n".join("  ".join(row).rstrip() for row in zip(*columns, strict=True))


def _flat(net, before=""):
    """Every layer that is no Sequential, with its place."""
    for k, layer in enumerate(net.layers):
        if isinstance(layer, Sequential):
            yield from _flat(layer, f"{before}{k}.")
        else:
            yield f"{before}{k}", layer


def _text(shape) -> str:
    return f"({', '.join(map(str, shape))}{',' if len(shape) == 1 else ''})"


def _input_shape(net) -> tuple:
    first = next(layer for _, layer in _flat(net))
    if isinstance(first, Embedding):
        return "T", "B"
    return "T", "B", "D" if net.inputs is None else net.inputs


def _output_shape(layer, shape) -> tuple:
    """The shape after a layer, the steps as an expression in T."""
    steps = shape[0]
    if isinstance(layer, Dense) and (layer.steps == "last" or len(shape) == 2):
        return "B", layer.units
    if isinstance(layer, Conv1D | MaxPool1D):
        whole_windows = isinstance(layer, MaxPool1D) or layer.padding == "valid"
        steps = _windows(steps, layer.width if whole_windows else 1, layer.stride)
    return (*((steps, "B") if len(shape) == 3 or isinstance(layer, Embedding) else ("B",)), layer.units or shape[-1])


def _windows(steps, width, stride) -> str:
    """(steps - width) // stride + 1, in as few signs as possible."""
    inner = steps if steps.isalpha() else f"({steps})"
    if width == stride:
        return steps if stride == 1 else f"{inner} // {stride}"
    if stride == 1:
        return f"{inner} - {width - 1}"
    return f"({inner} - {width}) // {stride} + 1"
