"""A network that writes Python: its text, its training, its weights, and what its units know."""

from pathlib import Path

from .corpus import END, PythonSource
from .score import bits_per_character, squeezed, tables
from .training import new_network, train

DATA = Path(__file__).parent.parent / "data"

__all__ = ["DATA", "END", "PythonSource", "bits_per_character", "new_network", "squeezed", "tables", "train"]
