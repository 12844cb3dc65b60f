"""Networks as drawings: a cell as a circuit, a network unrolled in time, layers on top of each other."""

from .circuits import diagram, diagram_stages
from .networks import stack, unrolled

__all__ = ["diagram", "diagram_stages", "stack", "unrolled"]
