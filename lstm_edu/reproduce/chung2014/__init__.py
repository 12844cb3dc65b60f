"""Chung et al. 2014: tanh units, GRU and LSTM of about equal size on polyphonic music."""

from .chords import progressions
from .conditions import PAPER
from .rolls import PianoRolls, read

__all__ = ["PAPER", "PianoRolls", "progressions", "read"]
