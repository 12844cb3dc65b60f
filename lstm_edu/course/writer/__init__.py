"""A network that writes Python: its text, its training, its weights, and what its units know."""

from .corpus import END, UNKNOWN, PythonSource, Source, standard_library
from .probe import LABELS, Found, best_unit, labels_of, states_of
from .score import bits_per_character, places_read, squeezed, tables
from .shipped import DATA, Shipped, shipped
from .training import new_network, train

__all__ = [
    "DATA",
    "END",
    "LABELS",
    "UNKNOWN",
    "Found",
    "PythonSource",
    "Shipped",
    "Source",
    "best_unit",
    "bits_per_character",
    "labels_of",
    "new_network",
    "places_read",
    "shipped",
    "squeezed",
    "standard_library",
    "states_of",
    "tables",
    "train",
]
