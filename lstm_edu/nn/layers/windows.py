"""Windows of steps: how many a sequence has, and the zeros around it."""

from collections.abc import Callable
from typing import Any

import numpy as np

from lstm_edu.core import checks

from .parts import as_array


def window_count(steps: Any, width: int, stride: int) -> Any:
    """(steps - width) // stride + 1, for letters in as few signs as possible."""
    if not isinstance(steps, str):
        return (steps - width) // stride + 1
    inner = steps if steps.isalpha() else f"({steps})"
    if width == stride:
        return steps if stride == 1 else f"{inner} // {stride}"
    if stride == 1:
        return f"{inner} - {width - 1}"
    return f"({inner} - {width}) // {stride} + 1"


def out_steps(name: str, steps: Any, count: Callable) -> Any:
    """`count(steps)` for a number of steps or an array of lengths; both the old and the new ones at least 1."""
    if np.ndim(as_array(name, steps)) == 0:
        steps = checks.whole(name, steps)
    else:
        steps = checks.lengths(steps, None, max(1, np.size(steps)))
    out = count(steps)
    if np.min(out) < 1:
        raise ValueError(f"{name}: {np.min(steps)} steps are too few for one window")
    return out


def pads(width: int) -> dict[str, tuple[int, int]]:
    """How many zeros stand before the steps and after them, for each padding of a Conv1D.

    >>> pads(4)
    {'same': (1, 2), 'causal': (3, 0), 'valid': (0, 0)}
    """
    half = (width - 1) // 2
    return {"same": (half, width - 1 - half), "causal": (width - 1, 0), "valid": (0, 0)}
