"""Karpathy, Johnson & Fei-Fei 2015: depth against width on the characters of a text."""

from .conditions import PAPER

__all__ = ["PAPER"]
