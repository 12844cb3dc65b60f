"""Experiments: the same question put to several cells, over several seeds."""

from lstm_edu.nn.stack import make_network

from .compare import compare
from .comparison import Comparison
from .runs import Result, Run, execute

__all__ = ["Comparison", "Result", "Run", "compare", "execute", "make_network"]
