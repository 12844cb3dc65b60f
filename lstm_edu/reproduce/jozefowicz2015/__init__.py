"""Jozefowicz et al. 2015: what the bias of the forget gate does."""

from .conditions import PAPER

__all__ = ["PAPER"]
