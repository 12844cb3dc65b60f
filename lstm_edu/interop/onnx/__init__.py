"""ONNX: the layout of one recurrent operator as tables, and whole networks in a file and back."""

from .files import from_onnx, to_onnx
from .layouts import GATES as GATES  # known by their names
from .layouts import OPERATORS as OPERATORS
from .layouts import PEEPHOLES as PEEPHOLES
from .layouts import SQUASHING_1997 as SQUASHING_1997
from .layouts import from_arrays, operator, to_arrays

__all__ = ["from_arrays", "from_onnx", "operator", "to_arrays", "to_onnx"]
