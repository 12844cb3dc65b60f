"""Experiments: the same question put to several cells, over several seeds."""

from .compare import Comparison, compare, make_network

__all__ = ["Comparison", "compare", "make_network"]
