"""Gers & Schmidhuber 2001: languages that have to be counted, learnt from short strings."""

from .conditions import PAPER
from .trial import Setting, run

__all__ = ["PAPER", "Setting", "run"]
