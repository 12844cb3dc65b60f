"""Experiments: the same question put to several cells, over several seeds."""

from lstm_edu.nn.stack import make_network

from .compare import compare
from .comparison import Comparison
from .plan import plan, read_plan
from .runs import Result, Run, execute
from .sweep import sweep

__all__ = ["Comparison", "Result", "Run", "compare", "execute", "make_network", "plan", "read_plan", "sweep"]
