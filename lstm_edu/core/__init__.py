"""What every room stands on: kernels, products, memory, threads, checks, and what a layer is. Nothing of a cell."""

from .container import Container
from .layer import Layer
from .parameters import Parameters
from .registry import LAYERS, register
from .threads import get_num_threads, set_num_threads

__all__ = ["LAYERS", "Container", "Layer", "Parameters", "get_num_threads", "register", "set_num_threads"]
