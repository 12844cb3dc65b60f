"""How a network is put together, as plain words for a file; and back, from a file that can hold anything."""

import inspect
import math
from collections.abc import Callable
from typing import Any

from lstm_edu.core import LAYERS, Layer, checks
from lstm_edu.core.blank import Blank
from lstm_edu.core.container import described

# A file from elsewhere can hold anything; these keep reading it short.
_MOST_LAYERS = 10_000
_DEEPEST = 16  # of networks in networks


def check(architecture: Any, held: int) -> None:
    """Look whether a description is one, of a network of no more numbers than there are.

    Parameters
    ----------
    architecture : object
        As from `describe`; it may come from anywhere.
    held : int
        How many numbers the file holds.

    Raises
    ------
    ValueError
        If not.

    Examples
    --------
    >>> check({"class": "Embedding", "symbols": 10**9, "units": 10**9, "dtype": "float32"}, held=7)
    Traceback (most recent call last):
        ...
    ValueError: it needs 1000000000000000000 numbers, the file holds 7
    """
    _entries(architecture)
    kind, config = described(_with_classes(architecture))
    needed = sum(map(math.prod, kind.parameter_shapes(**config).values()))  # before room is made for them
    if needed > held:
        raise ValueError(f"it needs {needed} numbers, the file holds {held}")


def _entries(architecture: Any) -> list:
    """The entries of all layers, each of a known class with that class's arguments, no more and no fewer."""
    found: list = []
    level = [architecture]
    for _ in range(_DEEPEST):
        found += level
        if len(found) > _MOST_LAYERS:
            raise ValueError(f"it has more than {_MOST_LAYERS} layers")
        level = [inner for entry in level for inner in _inner(entry)]
        if not level:
            return found
    raise ValueError(f"its networks lie more than {_DEEPEST} deep in each other")


def _inner(entry: Any) -> list:
    """The entries of the layers within this one, whose own keys are checked."""
    if not isinstance(entry, dict):
        raise ValueError(f"a layer must be a dict, got {type(entry).__name__}")
    name = checks.one_of("layer class", entry.get("class"), LAYERS)
    needed = [key for key in _arguments(LAYERS[name]) if key != "rng"]
    missing = [key for key in needed if key not in entry and key not in LAYERS[name].later]
    surplus = [key for key in entry if key not in needed and key != "class"]
    if missing:
        raise ValueError(f"{name} lacks {missing[0]!r}")
    if surplus:
        raise ValueError(f"{name} takes no {short(surplus[0], 40)!r}, it takes {', '.join(needed)}")
    return [inner for value in entry.values() for inner in (value if isinstance(value, list) else [value])
            if _is_entry(inner)]  # fmt: skip


def _is_entry(value: Any) -> bool:
    return isinstance(value, dict)


def _arguments(cls: type[Layer]) -> list[str]:
    """What a class takes: what its config() writes, and `rng`, from which it draws."""
    found: dict[str, None] = {}
    for each in cls.__mro__:
        if "__init__" not in vars(each):
            continue
        takes = inspect.signature(each).parameters.values()
        various = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
        found |= dict.fromkeys(one.name for one in takes if one.kind not in various)
        if not any(one.kind is inspect.Parameter.VAR_KEYWORD for one in takes):  # it hands nothing on
            break
    return list(found)


def _each(value: Any, function: Callable) -> Any:
    """`function` of every entry of a layer in a value of a configuration."""
    if isinstance(value, list):
        return [_each(inner, function) for inner in value]
    return function(value) if _is_entry(value) else value


def _with_classes(entry: dict) -> dict:
    """An entry as a description of a layer: with the class instead of its name."""
    inner = {name: _each(value, _with_classes) for name, value in entry.items()}
    return inner | {"class": LAYERS[entry["class"]]}


def build(entry: dict) -> Layer:
    """The network that `describe` described, its numbers zero. `check` must have seen the description.

    Parameters
    ----------
    entry : dict
        From `describe`.

    Returns
    -------
    Layer
        A new one.

    Raises
    ------
    ValueError
        Where a class does, for its arguments.

    Examples
    --------
    >>> build({"class": "MaxPool1D", "width": 2, "stride": 2})
    MaxPool1D(width=2, stride=2)
    """
    arguments = {name: _each(value, build) for name, value in entry.items()}
    cls = LAYERS[arguments.pop("class")]
    if "rng" in _arguments(cls) and "dtype" in arguments:  # the file holds all its parameters
        arguments["rng"] = Blank()
    return cls(**arguments)


def describe(layer: Layer) -> dict:
    """How a network is put together, fit for JSON: classes by name, with their arguments.

    Parameters
    ----------
    layer : Layer
        A network or a single layer.

    Returns
    -------
    dict
        "class" and the arguments, layers within it in the same way.

    Raises
    ------
    ValueError
        For a class that is not registered.

    Examples
    --------
    >>> from lstm_edu import Dropout
    >>> describe(Dropout(0.5))
    {'class': 'Dropout', 'rate': 0.5}
    """
    cls = type(layer)
    if LAYERS.get(cls.__name__) is not cls:
        raise ValueError(
            f"net: a layer of the class {cls.__name__} can't be saved, load could not make it again; "
            f"lstm_edu.register makes the class known"
        )
    return {"class": cls.__name__} | {name: _described(value) for name, value in layer.config().items()}


def _described(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_described(inner) for inner in value]
    return describe(value) if isinstance(value, Layer) else value


def short(text: Any, longest: int = 300) -> str:
    """A text that comes out of a file, which can hold anything, as an error can show it.

    Parameters
    ----------
    text : object
        The text, or what becomes one.
    longest : int
        How many characters are shown.

    Returns
    -------
    str
        Its beginning.

    Examples
    --------
    >>> short("abcdefg", 3)
    'abc...'
    """
    text = str(text)
    return text if len(text) <= longest else f"{text[:longest]}..."
