"""Training that tests itself: streams are learnt until new ones are right from end to end."""

from collections.abc import Callable

import numpy as np

from lstm_edu.core import checks

from . import blocks
from .blocks import Limits, Rule, Source
from .network import Network

_STEPS_AT_ONCE = 1_000_000  # between two looks at Ctrl-C: half a second


def checked_rule(rate: float, momentum: float, tolerance: float) -> Rule:
    """The rule of learning at a constant rate, if its numbers are possible.

    Parameters
    ----------
    rate : float
        The learning rate, above 0.
    momentum : float
        Of the weights' changes, at least 0 and below 1.
    tolerance : float
        An output is right if it is less than this away from its target, above 0.

    Returns
    -------
    Rule
        For the kernels.

    Raises
    ------
    ValueError
        For a number out of range.
    """
    checks.positive("rate", rate)
    checks.positive("tolerance", tolerance)
    if not 0 <= checks.number("momentum", momentum) < 1:
        raise ValueError(f"momentum must be at least 0 and below 1, got {momentum!r}")
    return Rule(float(rate), 1.0, float(momentum), False, float(tolerance))


def until_right(
    network: Network,
    training: Source,
    test: Source,
    draws: np.ndarray,
    test_draws: np.ndarray,
    rule: Rule,
    limits: Limits,
    test_limits: Limits,
    tests: int,
    most: int,
    tick: Callable[[int], None],
) -> tuple[int, int, bool]:
    """Learn until all test streams are right to their end; a test follows each training stream without an error.

    Parameters
    ----------
    network : Network
        Learns, in place.
    training, test : Source
        Where streams come from.
    draws, test_draws : numpy.ndarray
        States of their generators, from `lstm_edu.core.generator.generator_state`; they go on in place.
    rule : Rule
        How is learnt, and what is right.
    limits, test_limits : Limits
        When a stream ends that has no error.
    tests : int
        Streams of a test.
    most : int
        Training streams at which it is given up.
    tick : callable
        Is told now and then how many streams were learnt.

    Returns
    -------
    learnt, steps : int
        Training streams and their steps. A network whose weights are no longer finite has learnt `most`.
    solved : bool
        Whether a test was right.
    """
    learnt, steps, solved = 0, 0, False
    while learnt < most and not solved:
        rest = (draws, test_draws, rule, limits, test_limits, tests, True, most - learnt, _STEPS_AT_ONCE)
        now, made, solved = blocks.alternate(*network.kernel_arguments, training, test, *rest)
        learnt, steps = learnt + now, steps + made
        tick(learnt)
        if not (solved or np.isfinite(network.net.all).all()):
            learnt = most
    return learnt, steps, bool(solved)
