"""Experiments: the same question put to several cells, over several seeds."""

from lstm_edu.nn.stack import make_network

from .compare import Comparison, compare

__all__ = ["Comparison", "compare", "make_network"]
