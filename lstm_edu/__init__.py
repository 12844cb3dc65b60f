"""Recurrent networks to learn from and to try fast: every classic cell as readable Numba kernels.

A first network::

    import lstm_edu as le
    task = le.tasks.Adding(length=100)
    net = le.Sequential([le.LSTM(2, 32, rng=0), le.Dense(32, 1, steps="last", rng=1)])
    history = le.fit(net, task, steps=2000)

Importing the package loads NumPy and Numba and compiles nothing; everything else loads when it is first used.
"""

import importlib
from typing import Any

from .cells import (
    CELLS,
    GRU,
    LSTM,
    LSTM97,
    RNN,
    SLSTM,
    BlockLSTM97,
    CoupledLSTM,
    FullGateLSTM,
    LayerNormLSTM,
    MinGRU,
    MinLSTM,
    NoisyLSTM,
    PeepholeLSTM,
    ProjectedLSTM,
    Recurrent,
    VariantLSTM,
)
from .core import Container, Layer, Parameters, get_num_threads, register, set_num_threads
from .core.version import __version__ as __version__

_LAZY = {
    "nn": ("SGD", "Adam", "Attention", "Bidirectional", "Conv1D", "Dense", "Dropout", "Embedding", "GradientFlow",
           "History", "MaxPool1D", "MeanSquaredError", "RMSProp", "RateSearch", "Residual", "Sequential",
           "SigmoidCrossEntropy", "SoftmaxCrossEntropy", "Training", "clip_by_global_norm", "confusion_matrix",
           "count_parameters", "evaluate", "find_rate", "fit", "forecast", "gradient_flow", "load", "load_checkpoint",
           "make_network", "match_parameters", "predict", "sample_text", "save", "save_checkpoint", "write_text"),
    "experiments": ("Comparison", "Run", "compare"),
}  # fmt: skip
_MODULES = ("core", "cells", "nn", "tasks", "experiments", "plotting", "interop", "reproduce", "course")
_HOME = {name: module for module, names in _LAZY.items() for name in names}

__all__ = [
    "CELLS",
    "GRU",
    "LSTM",
    "LSTM97",
    "RNN",
    "SLSTM",
    "BlockLSTM97",
    "Container",
    "CoupledLSTM",
    "FullGateLSTM",
    "Layer",
    "LayerNormLSTM",
    "MinGRU",
    "MinLSTM",
    "NoisyLSTM",
    "Parameters",
    "PeepholeLSTM",
    "ProjectedLSTM",
    "Recurrent",
    "VariantLSTM",
    "get_num_threads",
    "register",
    "set_num_threads",
    *_HOME,
    *_MODULES,
]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        value = getattr(importlib.import_module(f".{_HOME[name]}", __name__), name)
        globals()[name] = value  # found without this function from now on
        return value
    if name in _MODULES:
        return importlib.import_module(f".{name}", __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
