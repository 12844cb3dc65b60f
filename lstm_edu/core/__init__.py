"""What every room stands on: kernels, products, memory, threads, checks, and what a layer is. Nothing of a cell."""

from .about import About
from .container import Container
from .layer import Layer
from .parameters import Parameters
from .registry import LAYERS, register
from .scaling import Scaling
from .threads import get_num_threads, set_num_threads

__all__ = [
    "LAYERS",
    "About",
    "Container",
    "Layer",
    "Parameters",
    "Scaling",
    "get_num_threads",
    "register",
    "set_num_threads",
]
