"""Other libraries: networks and weights as they lie there, and back; a network as one of scikit-learn's estimators.

::

    module = interop.to_torch(net)                   a torch.nn.Module that computes the same, and trains the same
    net = interop.from_torch(module)                 or from a state_dict, or from a list of modules
    model = interop.to_keras(net)
    net = interop.from_keras(model)

    arrays = interop.torch.to_arrays(layer)          the weights of one layer, as PyTorch, Keras or ONNX lays them out
    layer = interop.torch.from_arrays(arrays)
    name, attributes = interop.onnx.operator(layer)

    interop.to_onnx(net, "net.onnx")                 a whole network, for ONNX Runtime and its like
    net = interop.from_onnx("net.onnx")

    model = interop.sklearn.SequenceClassifier("gru").fit(X, y)

The layouts, `interop.torch`, `interop.keras` and `interop.onnx`, are tables with NumPy arrays on both sides: the other
library is not imported, nor need it be there. The functions for networks import it when they are called.
`interop.sklearn` is loaded when it is first used, and needs scikit-learn.
"""

import importlib
from typing import Any

from . import keras, onnx, torch
from .onnx import from_onnx, to_onnx

# Loaded when it is first asked for.
_LAZY = {
    "torch_network": ("from_torch", "to_torch"),
    "torch_optimizer": ("from_torch_optimizer", "to_torch_optimizer"),
    "keras_network": ("from_keras", "to_keras"),
}
_HOME = {name: module for module, names in _LAZY.items() for name in names}

__all__ = ["from_onnx", "keras", "onnx", "sklearn", "to_onnx", "torch", *_HOME]


def __getattr__(name: str) -> Any:
    if name == "sklearn":
        return importlib.import_module(".sklearn", __name__)
    if name in _HOME:
        return getattr(importlib.import_module(f".{_HOME[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
