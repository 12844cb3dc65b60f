"""Zaremba, Sutskever & Vinyals 2014: dropout between the layers of an LSTM, and nowhere else."""

from .conditions import PAPER

__all__ = ["PAPER"]
