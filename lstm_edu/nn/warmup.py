"""Compile every kernel before it is needed."""

import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from lstm_edu.cells import CELLS, CLASSIC, GRU

from . import progress
from .optimizers import SGD, Adam, RMSProp


def warm(dtypes: Sequence[str] = ("float32",), show: bool | None = None) -> float:
    """Run every kernel once on the smallest arrays there are.

    Parameters
    ----------
    dtypes : sequence of str
        For which types of numbers.
    show : bool or None
        Whether there is a progress bar; None: in a notebook and at a terminal.

    Returns
    -------
    float
        The seconds it took.
    """
    forms: list[tuple[Any, dict]] = [(CELLS[name], {}) for name in CLASSIC] + [(GRU, {"reset_after": True})]
    optimizers: list[Any] = [SGD, RMSProp, Adam]
    began = time.perf_counter()
    with progress.bar(len(dtypes) * (len(forms) + len(optimizers)), "compile", show) as bar:
        for dtype in dtypes:
            for cls, arguments in forms:
                bar.set_postfix_str(f"{cls.__name__}, {dtype}")
                layer = cls(1, 1, dtype=dtype, rng=0, **arguments)
                y, tape = layer.forward(np.zeros((1, 1, 1), dtype))
                _, grads, _ = layer.backward(y, tape)
                bar.update()
            for cls in optimizers:
                bar.set_postfix_str(f"{cls.__name__}, {dtype}")
                cls(rate=0.1).step(layer.params, grads, clip=1.0)
                bar.update()
    return time.perf_counter() - began
