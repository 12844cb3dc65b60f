"""How large a network is, and how large it must be: counting parameters, and matching them."""

from typing import Any

from lstm_edu.core import Layer, checks
from lstm_edu.core.registry import cell_class

from .stack import check_options, count, stack, units_per_gate


def count_parameters(net: Layer) -> int:
    """How many numbers a layer or a network learns.

    Parameters
    ----------
    net : Layer
        A network or a single layer.

    Returns
    -------
    int
        Over all arrays.

    Raises
    ------
    ValueError
        For anything else.

    Examples
    --------
    >>> from lstm_edu import LSTM
    >>> count_parameters(LSTM(3, 5))      # 4 H (D + H + 1)
    180
    """
    if not isinstance(net, Layer):
        raise ValueError(f"net must be a layer or a network, got {type(net).__name__}")
    return net.count_parameters()


def match_parameters(
    cell: str | type[Layer],
    inputs: int,
    *,
    budget: int,
    outputs: int = 0,
    layers: int = 1,
    symbols: bool = False,
    **options: Any,
) -> int:
    """The number of units with which a network learns about so many numbers.

    Parameters
    ----------
    cell : str or type
        A name of `lstm_edu.CELLS`, or a class of cells of one's own.
    inputs : int
        D: what the lowest layer sees, or with `symbols` how many different symbols there are.
    budget : int
        How many numbers the whole network is to learn, at least as many as with one unit.
    outputs : int, default 0
        O: of a Dense layer on top; 0: none.
    layers : int, default 1
        Cells one above the other, each with the same number of units.
    symbols : bool, default False
        Whether an Embedding of as many numbers as there are units comes first, as in `make_network`.
    **options : object
        What else the cell takes and the count depends on, such as `reset_after=True` of a GRU.

    Returns
    -------
    int
        The number of units whose parameter count is nearest to `budget`; the smaller one if two are equally near. So
        the count can be a little above the budget or below it, by at most half of what one more unit costs. Of a
        BlockLSTM97, whose units share gates, a multiple of its `block_size`.

    Raises
    ------
    ValueError
        For a budget too small for one unit, for sizes out of range, and for an unknown cell or option.

    Notes
    -----
    The count grows with the units, in whatever way: the number is found by doubling and then by halving.

    Examples
    --------
    >>> match_parameters("lstm", 2, budget=4 * 32 * (2 + 32 + 1))
    32
    >>> [match_parameters("gru", 10, budget=20_000, outputs=3, layers=layers) for layers in (1, 2, 4)]
    [76, 45, 30]
    """
    budget = checks.whole("budget", budget)

    check_options(cell_class(cell), options)
    each = units_per_gate(stack(cell, 1, 1, **options)[0])

    def parameters(gates: int) -> int:
        return count(stack(cell, inputs, gates * each, layers, outputs=outputs, symbols=symbols, **options))

    if budget < parameters(1):
        least = "one unit" if each == 1 else f"{each} units"
        raise ValueError(f"budget must be at least {parameters(1)}, the parameters with {least}, got {budget}")
    below, above = 1, 2  # the count at `below` is not above the budget, that at `above` is
    while parameters(above) <= budget:
        below, above = above, 2 * above
    while above - below > 1:
        middle = (below + above) // 2
        if parameters(middle) <= budget:
            below = middle
        else:
            above = middle
    return each * min((below, above), key=lambda n: abs(parameters(n) - budget))
