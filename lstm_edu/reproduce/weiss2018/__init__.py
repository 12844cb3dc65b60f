"""Weiss et al. 2018: an LSTM counts, a GRU does not."""

from .conditions import PAPER
from .words import Words

__all__ = ["PAPER", "Words"]
