"""Gers, Schraudolph & Schmidhuber 2002: measuring time, making spikes at given times, functions of time."""

from .conditions import PAPER
from .trial import Setting, run

__all__ = ["PAPER", "Setting", "run"]
