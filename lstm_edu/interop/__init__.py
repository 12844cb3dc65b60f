"""Other libraries: a layer's weights as they lie there, and back; a network as one of scikit-learn's estimators.

::

    arrays = interop.torch.to_arrays(layer)          what `torch.nn.LSTM(...).load_state_dict` takes, once in tensors
    layer = interop.torch.from_arrays(arrays)
    arrays = interop.onnx.to_arrays(layer)           the weights of an ONNX operator
    name, attributes = interop.onnx.operator(layer)

    interop.to_onnx(net, "net.onnx")                 a whole network, for ONNX Runtime and its like
    net = interop.from_onnx("net.onnx")

    model = interop.sklearn.SequenceClassifier("gru").fit(X, y)

NumPy arrays on both sides: PyTorch and ONNX are not imported, nor need they be there, but for the last two, which need
the package onnx. `interop.sklearn` is loaded when it is first used, and needs scikit-learn.
"""

import importlib
from typing import Any

from . import onnx, torch
from .onnx import from_onnx, to_onnx

__all__ = ["from_onnx", "onnx", "sklearn", "to_onnx", "torch"]


def __getattr__(name: str) -> Any:
    if name == "sklearn":
        return importlib.import_module(".sklearn", __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
