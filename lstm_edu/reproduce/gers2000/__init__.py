"""Gers, Schmidhuber & Cummins 2000: forget gates, for streams that nobody cuts into sequences."""

from .conditions import PAPER
from .states import States, cell_states

__all__ = ["PAPER", "States", "cell_states"]
