"""The random generators of a network as numbers that can be written down and given back."""

from typing import Any

import numpy as np

from lstm_edu.core import Layer
from lstm_edu.core.container import walk


def generators_of(layer: Layer) -> list[np.random.Generator]:
    """The generators that a layer and the layers inside it draw from in training, in the order of the layers.

    Parameters
    ----------
    layer : Layer
        A layer or a whole network.

    Returns
    -------
    list of numpy.random.Generator
        Those that `Layer.generators` names; one that two layers share is there twice.

    Examples
    --------
    >>> import lstm_edu as le
    >>> len(generators_of(le.Sequential([le.LSTM(2, 3), le.Dropout(0.5), le.Dense(3, 1)])))
    1
    """
    return [generator for _, inner in walk(layer) for generator in inner.generators()]


def state_of(generator: np.random.Generator) -> dict[str, Any]:
    """Where a generator stands, as a dict of strings, whole numbers of any size and lists of them, fit for JSON.

    Parameters
    ----------
    generator : numpy.random.Generator
        Of any kind that NumPy has.

    Returns
    -------
    dict
        `generator.bit_generator.state` with lists in place of arrays.

    Examples
    --------
    >>> state = state_of(np.random.default_rng(3))
    >>> state["bit_generator"], sorted(state["state"])
    ('PCG64', ['inc', 'state'])
    """
    return _plain(generator.bit_generator.state)


def bits_state(name: str, generator: np.random.Generator, state: Any) -> dict[str, Any]:
    """What `state_of` gave, as `generator.bit_generator.state` takes it; nothing is changed yet.

    Parameters
    ----------
    name : str
        What the state is called in an error.
    generator : numpy.random.Generator
        The one that is to go on from there.
    state : dict
        From `state_of`, for a generator of the same kind.

    Returns
    -------
    dict
        A value that can be assigned to `generator.bit_generator.state`.

    Raises
    ------
    ValueError
        For the state of another kind of generator, and for anything that is no such state.

    Examples
    --------
    >>> first, second = np.random.default_rng(3), np.random.default_rng(4)
    >>> second.bit_generator.state = bits_state("rng", second, state_of(first))
    >>> float(first.random()) == float(second.random())
    True
    """
    bits = generator.bit_generator
    needed = type(bits).__name__
    found = state.get("bit_generator") if isinstance(state, dict) else None
    if found != needed:
        raise ValueError(f"{name}: the state is that of a generator {found!r}, a state of {needed!r} is needed")
    try:
        value = _like(bits.state, state)
        type(bits)().state = value  # NumPy's own checks, on a generator that nobody uses
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"{name}: this is no whole state of a generator {needed!r} ({error!r})") from None
    return value


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    return value.tolist() if isinstance(value, np.ndarray | np.generic) else value


def _like(present: Any, value: Any) -> Any:
    """`value` with arrays where `present` has them."""
    if isinstance(present, dict):
        return {name: _like(inner, value[name]) for name, inner in present.items()}
    if isinstance(present, np.ndarray):
        array = np.array(value, present.dtype)
        if array.shape != present.shape:
            raise ValueError(f"shape {array.shape} instead of {present.shape}")
        return array
    return value
