"""The layouts of other libraries: a layer's weights as they lie there, and back.

::

    arrays = interop.torch.to_arrays(layer)          what `torch.nn.LSTM(...).load_state_dict` takes, once in tensors
    layer = interop.torch.from_arrays(arrays)
    arrays = interop.onnx.to_arrays(layer)           the weights of an ONNX operator
    name, attributes = interop.onnx.operator(layer)

NumPy arrays on both sides: neither library is imported, nor need it be there.
"""

from . import onnx, torch

__all__ = ["onnx", "torch"]
