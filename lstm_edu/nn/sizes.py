"""How large a network is, and how large it must be: counting parameters, and matching them."""

import inspect
import math

from lstm_edu.core import Layer, checks
from lstm_edu.core.registry import cell_class

from .stack import count, stack


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

    Every array has at most two axes that grow with the units, so the count is a n² + b n + c: the counts of three small
    networks give the exact a, b and c, for any cell.

    >>> match_parameters("lstm", 2, budget=4 * 32 * (2 + 32 + 1))
    32
    >>> [match_parameters("gru", 10, budget=20_000, outputs=3, layers=layers) for layers in (1, 2, 4)]
    [76, 45, 30]
    """
    budget = checks.whole("budget", budget)

    def parameters(units):
        return count(stack(cell, inputs, units, layers, outputs=outputs, symbols=symbols, **options))

    _check_options(cell_class(cell), options)
    one, two, three = map(parameters, (1, 2, 3))
    if budget < one:
        raise ValueError(f"budget must be at least {one}, the parameters with one unit, got {budget}")
    a = (three - 2 * two + one) // 2
    b = two - one - 3 * a
    c = one - a - b
    below = (math.isqrt(b * b + 4 * a * (budget - c)) - b) // (2 * a)  # the largest number that is not above
    return min((below, below + 1), key=lambda n: abs(a * n * n + b * n + c - budget))


def _check_options(cls, options) -> None:
    takes = inspect.signature(cls).parameters
    if any(kind.kind is kind.VAR_KEYWORD for kind in takes.values()):
        return
    known = [name for name in takes if name not in ("inputs", "units", "rng")]
    for name in options:
        if name not in known:
            raise ValueError(f"unknown option {name!r}: {cls.__name__} takes {', '.join(known)}")
