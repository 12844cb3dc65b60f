"""What a trial of any paper's experiment yields."""

from typing import NamedTuple


class Outcome(NamedTuple):
    """What came of one trial."""

    sequences: int  # learnt until the rule was met, or until it was given up
    success: bool
    steps: int  # time steps of those sequences
    first: int | None = None  # the sequences at which a weaker rule was met, where there is one
    wrong: int = 0  # of the final test
    tested: int = 0  # its sequences; 0 where there is none
    error: float = float("nan")  # its mean absolute error
    values: tuple[float, ...] = ()  # one for each of the experiment's measures, in their order
