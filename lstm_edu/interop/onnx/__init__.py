"""ONNX: the layout of one recurrent operator as tables, and whole networks in a file and back.

`layouts` are the tables. `files` has what is called for whole networks: `writing` and `scans` make the nodes of a
`graph`, `weights` says how the weights lie there; `wire` and `parsing` look at what a file holds, and `plain` reads it
node by node, with `operators` for each kind and `values` for what is known.
"""

from .files import from_onnx, to_onnx
from .layouts import GATES as GATES  # known by their names
from .layouts import OPERATORS as OPERATORS
from .layouts import PEEPHOLES as PEEPHOLES
from .layouts import SQUASHING_1997 as SQUASHING_1997
from .layouts import from_arrays, operator, to_arrays

__all__ = ["from_arrays", "from_onnx", "operator", "to_arrays", "to_onnx"]
