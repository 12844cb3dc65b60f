"""Pascanu et al. 2013: gradients that vanish and explode, and what clipping them does."""

from .conditions import PAPER
from .order import Order

__all__ = ["PAPER", "Order"]
