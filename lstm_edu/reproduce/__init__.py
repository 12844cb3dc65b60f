"""Papers run again: their experiments under their own rules, what was measured beside what was published."""

from .engine import reproduce
from .paper import Experiment, Measure, Paper, Published, Row
from .papers import PAPERS
from .summary import Reproduction

__all__ = ["PAPERS", "Experiment", "Measure", "Paper", "Published", "Reproduction", "Row", "reproduce"]
