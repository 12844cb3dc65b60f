"""What the cells hold along a test stream: without forget gates their states grow and grow."""

from typing import NamedTuple

import numpy as np

from lstm_edu.core import checks
from lstm_edu.core.generator import generator_state

from .conditions import setting_of
from .streams import reber
from .trial import trained


class States(NamedTuple):
    """The states of some networks along the same stream."""

    states: dict[str, np.ndarray]  # (T, C) of each row's network
    starts: np.ndarray  # the steps at which a string begins


def cell_states(
    rows: tuple[str, ...] = ("standard", "forget"), *, streams: int = 1000, steps: int = 500, seed: int = 0
) -> States:
    """Train a network of each row for some streams, then let it read a stream that it has not seen.

    Parameters
    ----------
    rows : tuple of str
        Of the paper's table.
    streams : int, default 1000
        For how many training streams.
    steps : int, default 500
        T, symbols to read; errors don't end this stream.
    seed : int, default 0
        Of the weights, the same for each row, and of what is drawn.

    Returns
    -------
    States
        Their cells' states.

    Examples
    --------
    >>> found = cell_states(streams=20, steps=50)
    >>> {name: s.shape for name, s in found.states.items()}
    {'standard': (50, 8), 'forget': (50, 8)}
    """
    streams, steps = checks.whole("streams", streams), checks.whole("steps", steps)
    walk, places = reber(), np.zeros(steps, np.int64)
    rng = np.random.default_rng(generator_state(np.random.SeedSequence(seed).spawn(5)[4]))
    for t in range(1, steps):
        places[t] = walk.after[places[t - 1], rng.integers(0, 2)]
    found = {}
    for row in rows:
        network, _ = trained(setting_of(row, streams), seed)
        network.start()
        _, found[row] = network.read(walk.x[places])
    return States(found, np.flatnonzero(places // 2 == 0))
