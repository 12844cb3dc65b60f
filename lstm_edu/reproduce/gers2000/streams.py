"""The paper's stream: strings of the embedded Reber grammar, one after the other."""

import numpy as np

from lstm_edu.reproduce.forgetting import Source, source
from lstm_edu.tasks.continual_reber import ONWARD
from lstm_edu.tasks.reber import LEGAL, ONE_HOT, SYMBOL_OF


def reber(reset: bool = False) -> Source:
    """The continual embedded Reber grammar.

    Wanted are all symbols that may follow: 1 for these, 0 for the others. The tables are those of
    `lstm_edu.tasks.ContinualReber`.

    Parameters
    ----------
    reset : bool
        Whether a signal from outside makes the network forget its states before each string.

    Returns
    -------
    Source
        Of 7 inputs and 7 outputs.
    """
    places = len(ONWARD)  # a place is a way from a state to the next: the symbol that is read on it
    ways = 2 * ONWARD[:, None] + [0, 1]
    starts = np.arange(places) // 2 == 0
    return source(
        ONE_HOT[SYMBOL_OF[:places]].astype(float), LEGAL[ONWARD].astype(float), ways, reset=starts if reset else None
    )
