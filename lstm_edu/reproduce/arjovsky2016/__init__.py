"""Arjovsky et al. 2016: copying what was read long ago, by the networks that are to fail."""

from .conditions import PAPER

__all__ = ["PAPER"]
