"""Hochreiter & Schmidhuber 1997: the memory blocks as printed, and the experiments of the paper."""

from .conditions import PAPER
from .network import Closed, Design, Network

__all__ = ["PAPER", "Closed", "Design", "Network"]
