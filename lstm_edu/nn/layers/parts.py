"""What every layer here needs: its tape, arrays at its door, initial values."""

import math
from types import SimpleNamespace
from typing import Any

import numpy as np

from lstm_edu.core import checks
from lstm_edu.core.layer import Layer

STEPS = ("all", "last")
FLOAT32, FLOAT64 = np.dtype(np.float32), np.dtype(np.float64)


class LayerTape(SimpleNamespace):
    """What a layer's backward needs from its forward: `made_by` and more. These layers have no state."""

    state: tuple = ()

    @property
    def made_by(self) -> str:
        """What made it."""
        return repr(self.layer)


def checked_tape(layer: Layer, tape: Any) -> None:
    """ValueError unless a layer of the same class and arguments made the tape: its `made_by` is that layer's repr."""
    if not isinstance(tape, LayerTape) or (tape.layer is not layer and tape.made_by != repr(layer)):
        got = f"one of {tape.made_by}" if isinstance(tape, LayerTape) else type(tape).__name__
        raise ValueError(f"tape must come from a forward of {layer!r}, got {got}")


def as_array(name: str, value: Any) -> np.ndarray:
    """`value` as an array of any type; ValueError for a ragged list and for a masked array."""
    if type(value) is np.ndarray:
        return value
    checks.unmasked(name, value)
    try:
        return np.asarray(value)
    except (ValueError, TypeError, RuntimeError) as error:  # the last two from arrays of other libraries
        raise ValueError(f"{name} must be an array: {error}") from None


def last_steps(lengths: np.ndarray | None, T: int, B: int) -> tuple[np.ndarray, np.ndarray]:
    """The index that takes the last real step of each sequence out of an array (T, B, ...)."""
    return (np.full(B, T) if lengths is None else lengths) - 1, np.arange(B)


def own_floats(name: str, value: Any, shape: tuple) -> np.ndarray:
    """As `checks.floats`, but float32 and float64 stay what they are: for layers without parameters to agree with."""
    dtype = getattr(value, "dtype", None)
    return checks.floats(name, value, shape, FLOAT32 if dtype == FLOAT32 or dtype == np.float16 else FLOAT64)


def glorot(rng: np.random.Generator, shape: tuple, ins: int, outs: int) -> np.ndarray:
    """Uniform in +-sqrt(6 / (ins + outs)), so that neither activations nor gradients grow from layer to layer."""
    limit = math.sqrt(6 / (ins + outs))
    return rng.uniform(-limit, limit, shape)
