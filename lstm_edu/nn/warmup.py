"""Compile every kernel before it is needed."""

import time

import numpy as np

from lstm_edu.cells import CELLS, GRU

from . import progress
from .optimizers import SGD, Adam, RMSProp


def warm(dtypes=("float32",), show: bool | None = None) -> float:
    """Run every kernel once on the smallest arrays there are, for each dtype; returns the seconds it took."""
    forms = [(cls, {}) for cls in CELLS.values()] + [(GRU, {"reset_after": True})]
    optimizers = [SGD, RMSProp, Adam]
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
