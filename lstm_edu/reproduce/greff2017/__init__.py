"""Greff et al. 2017: which part of the LSTM matters, and which hyperparameter, by a random search."""

from .conditions import PAPER
from .trial import Noisy, Setting, drawn

__all__ = ["PAPER", "Noisy", "Setting", "drawn"]
