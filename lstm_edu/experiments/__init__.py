"""Experiments: the same question put to several cells, over several seeds."""

from .compare import compare
from .comparison import Comparison
from .network import make_network
from .runs import Result, Run, execute

__all__ = ["Comparison", "Result", "Run", "compare", "execute", "make_network"]
