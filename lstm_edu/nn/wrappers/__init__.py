"""Layers around a layer: read in both directions, with a way past it."""

from .bidirectional import Bidirectional
from .residual import Residual

__all__ = ["Bidirectional", "Residual"]
