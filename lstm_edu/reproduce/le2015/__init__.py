"""Le, Jaitly & Hinton 2015: rectified linear units that begin by keeping their state."""

from .conditions import PAPER

__all__ = ["PAPER"]
