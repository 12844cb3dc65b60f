"""Which classes of layers there are, by name: what can be saved and loaded, compared, and named on the command line."""

from collections.abc import Callable
from typing import Any, TypeVar, overload

from . import checks
from .layer import Layer

LAYERS: dict[str, type[Layer]] = {}  # name of the class -> class: what `load` can make again
CELLS: dict[str, type[Layer]] = {}  # short name -> class: the cells that `compare` knows


Cls = TypeVar("Cls", bound=type[Layer])


@overload
def register(name: str) -> Callable[[Cls], Cls]: ...
@overload
def register(name: Cls) -> Cls: ...
def register(name: str | type[Layer]) -> Callable | type[Layer]:
    """Make a class of layers known to the package, as a decorator.

    A class that is known can be saved, loaded and sent to worker processes. A cell that has a short name too can be
    named wherever the package's own can: in `compare`, `make_network`, `match_parameters` and on the command line.

    Parameters
    ----------
    name : str or type
        The short name of a cell. Without one, the decorator stands without brackets.

    Returns
    -------
    callable or type
        A decorator that returns the class; without a name the class itself.

    Raises
    ------
    ValueError
        If it is no class of layers, if what has a short name is no recurrent cell, or if another class has the name.

    Examples
    --------
    >>> import lstm_edu as le
    >>> @le.register("slow")
    ... class Slow(le.GRU):
    ...     title = "A GRU that begins slowly"
    >>> le.make_network(le.tasks.Adding(), "slow", units=4, rng=0).layers[0]
    Slow(inputs=2, units=4, dtype='float32', reset_after=False, update_bias=0.0)
    """
    if isinstance(name, type):
        return _enter(name)
    if not isinstance(name, str) or not name or not name.isprintable() or "," in name or name != name.strip():
        raise ValueError(f"name must be a short name without commas, such as 'mine', or a class, got {name!r}")
    return lambda cls: _enter(cls, name)


def _enter(cls: Any, name: str | None = None) -> type[Layer]:
    if not isinstance(cls, type) or not issubclass(cls, Layer):
        raise ValueError(f"register takes a class of layers, got {cls!r}")
    if name is not None and not hasattr(cls, "gate_names"):
        raise ValueError(f"name: {cls.__name__} is no recurrent cell; register it without the name {name!r}")
    for names, key in ((LAYERS, cls.__name__), (CELLS, name)):
        known = None if key is None else names.get(key)
        if known is not None and not _same(known, cls):
            raise ValueError(f"the name {key!r} belongs to {known.__module__}.{known.__qualname__} already")
    LAYERS[cls.__name__] = cls
    if name is not None:
        CELLS[name] = cls
    return cls


def _same(one: type, other: type) -> bool:
    """Whether the class was only defined once more, as when a notebook's cell runs again."""
    return (one.__module__, one.__qualname__) == (other.__module__, other.__qualname__)


def cell_class(cell: str | type[Layer]) -> type[Layer]:
    """The class of a cell.

    Parameters
    ----------
    cell : str or type
        A name in `CELLS`, or a class of cells.

    Returns
    -------
    type
        What the name stands for; a class as it is.

    Raises
    ------
    ValueError
        For anything else, with the nearest names.
    """
    if isinstance(cell, type) and issubclass(cell, Layer) and hasattr(cell, "gate_names"):
        return cell
    return CELLS[checks.one_of("cell", cell, CELLS)]


def cell_name(cell: str | type[Layer]) -> str:
    """The short name of a cell.

    Parameters
    ----------
    cell : str or type
        A name in `CELLS`, or a class of cells.

    Returns
    -------
    str
        The name; a class that has none goes by its own.

    Raises
    ------
    ValueError
        As `cell_class`.
    """
    if isinstance(cell, str):
        return checks.one_of("cell", cell, CELLS)
    return next((name for name, cls in CELLS.items() if cls is cell), cell_class(cell).__name__)


def cell_title(name: str) -> str:
    """The title of a cell in a figure or table.

    Parameters
    ----------
    name : str
        A short name.

    Returns
    -------
    str
        The `title` of its class; of an unknown one the name itself.
    """
    return getattr(CELLS.get(name), "title", None) or name
