"""The usual network: an Embedding for symbols, cells one above the other, a Dense layer for the answer."""

import inspect
import math
import os
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from lstm_edu.core import Layer, checks
from lstm_edu.core.checks import Rng
from lstm_edu.core.registry import cell_class, cell_name

from .layers import Dense, Embedding
from .network import Sequential

MOST_LAYERS = 1000  # far more than anybody trains: a larger number is a slip, and would take all memory


def stack(
    cell: str | type[Layer],
    inputs: int,
    units: int,
    layers: int = 1,
    *,
    outputs: int = 0,
    symbols: bool = False,
    steps: str = "all",
    dtype: DTypeLike = np.float32,
    **options: Any,
) -> list[dict]:
    """The layers of such a network as descriptions, {"class": class, and its arguments}; nothing is made yet.

    Parameters
    ----------
    cell : str or type
        A name of `lstm_edu.CELLS`, or a class of cells.
    inputs : int
        D, what the lowest layer sees; with `symbols`, how many different symbols there are.
    units : int
        Of each cell, and numbers of the Embedding.
    layers : int
        How many cells.
    outputs : int
        O, of the Dense layer; 0 for none.
    symbols : bool
        Whether an Embedding comes first.
    steps : {"all", "last"}
        Of the Dense layer.
    dtype : dtype, default float32
        Of all numbers: float32 or float64.
    **options : object
        What else the cells take.

    Returns
    -------
    list of dict
        From the lowest layer to the highest.

    Raises
    ------
    ValueError
        For an unknown cell, for sizes out of range, and for options that the cell has not or that are missing.

    Examples
    --------
    >>> [layer["class"].__name__ for layer in stack("gru", 7, 5, layers=2, outputs=3)]
    ['GRU', 'GRU', 'Dense']
    """
    cls = cell_class(cell)
    check_options(cls, options)
    units, width = checks.whole("units", units), checks.whole("inputs", inputs)
    layers = checked_layers(layers)
    found: list[dict] = []
    if symbols:
        found.append({"class": Embedding, "symbols": inputs, "units": units, "dtype": dtype})
        width = units
    for _ in range(layers):
        found.append({"class": cls, "inputs": width, "units": units, "dtype": dtype} | options)
        (width,) = cls.output_shape((width,), **arguments_of(found[-1]))
    if checks.whole("outputs", outputs, least=0):
        found.append({"class": Dense, "inputs": width, "units": outputs, "steps": steps, "dtype": dtype})
    return found


def check_options(cls: type[Layer], options: dict) -> None:
    """Look whether a cell takes these arguments beside its sizes, and needs no others.

    Parameters
    ----------
    cls : type
        A class of cells.
    options : dict
        By the arguments' names.

    Raises
    ------
    ValueError
        For one that it has not, and for one that is missing.

    Examples
    --------
    >>> from lstm_edu import ProjectedLSTM
    >>> check_options(ProjectedLSTM, {"projection": 3})
    """
    takes = {name: each for name, each in inspect.signature(cls).parameters.items() if name not in ("inputs", "units")}
    kinds = [each.kind for each in takes.values()]
    known = [name for name in takes if name != "rng"]
    unknown = [name for name in options if name not in known]
    if unknown and inspect.Parameter.VAR_KEYWORD not in kinds:
        raise ValueError(f"unknown option {unknown[0]!r}: {cls.__name__} takes {', '.join(known)}")
    named = (inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    missing = [name for name, each in takes.items() if each.default is each.empty and each.kind in named]
    missing = [name for name in missing if name not in options]
    if missing:
        raise ValueError(
            f"cell: {cls.__name__} needs {' and '.join(missing)} as well as its sizes; where a cell is only named, "
            "name a class of your own that has it as a default"
        )


def arguments_of(description: dict) -> dict[str, Any]:
    """What a layer is made with, its defaults included.

    Parameters
    ----------
    description : dict
        From `stack`.

    Returns
    -------
    dict
        By the arguments' names.

    Examples
    --------
    >>> arguments_of(stack("gru", 2, 5)[0])["reset_after"]
    False
    """
    takes = inspect.signature(description["class"]).parameters.values()
    defaults = {each.name: each.default for each in takes if each.default is not each.empty and each.name != "rng"}
    return defaults | {name: value for name, value in description.items() if name != "class"}


def checked_layers(layers: Any) -> int:
    """The number of cells one above the other, if they can be built.

    Parameters
    ----------
    layers : int
        What the caller gave.

    Returns
    -------
    int
        The same.

    Raises
    ------
    ValueError
        For anything but a whole number from 1 to `MOST_LAYERS`.

    Examples
    --------
    >>> checked_layers(3)
    3
    """
    if checks.whole("layers", layers) > MOST_LAYERS:
        raise ValueError(f"layers must be at most {MOST_LAYERS}, got {layers}")
    return int(layers)


def count(descriptions: list[dict]) -> int:
    """How many numbers layers learn that are not made yet.

    Parameters
    ----------
    descriptions : list of dict
        From `stack`.

    Returns
    -------
    int
        Over all layers.

    Examples
    --------
    >>> count(stack("lstm", 2, 32, outputs=1))
    4513
    """
    total = 0
    for layer in descriptions:
        shapes = layer["class"].parameter_shapes(**arguments_of(layer))
        total += sum(math.prod(shape) for shape in shapes.values())
    return total


def make_network(
    task: Any,
    cell: str | type[Layer] = "lstm",
    units: int = 32,
    layers: int = 1,
    *,
    memory: int = 0,
    rng: Rng = None,
    dtype: DTypeLike = np.float32,
    **options: Any,
) -> Sequential:
    """The network that `compare` trains: `layers` of one cell under a Dense layer that gives the task's answer.

    Symbols go through an Embedding of `units` numbers first.

    Parameters
    ----------
    task : Task
        Says what goes in and what comes out.
    cell : str or type, default "lstm"
        A name of `lstm_edu.CELLS`, or a class of cells.
    units : int, default 32
        Of each cell.
    layers : int, default 1
        Cells one above the other.
    memory : int, default 0
        How many steps T the units remember when training starts; 0: the cells start with their usual biases.
    rng : int or numpy.random.Generator, optional
        Draws the initial values; None: a new seed from the system.
    dtype : dtype, default float32
        Of all numbers: float32 or float64.
    **options : object
        What else the cell takes, such as `reset_after=True` of a GRU.

    Returns
    -------
    Sequential
        With its initial values.

    Raises
    ------
    ValueError
        For things of the wrong kind or out of range, for options that the cell has not or that are missing, and for a
        network that would not fit into memory.

    Notes
    -----
    With `memory` T > 1 each unit starts with a memory of its own length between 1 and T steps: the biases that keep the
    state (forget gate, update gate) are log(u) with u uniform in [1, T], and those that let something in (input gate)
    are -log(u). There is nothing to set in a plain RNN. The LSTM of 1997 has only the input gate's bias, which its
    authors set below zero for the same task.

    References
    ----------
    Tallec and Ollivier, Can recurrent neural networks warp time?, ICLR 2018, section 2.

    Examples
    --------
    >>> from lstm_edu import tasks
    >>> make_network(tasks.Adding(), "gru", units=16, layers=2, rng=0).count_parameters()
    2513
    """
    needed = ("inputs", "outputs", "steps", "symbols")
    if isinstance(task, type) or not all(hasattr(task, name) for name in needed):
        raise ValueError(f"task must be a task, such as lstm_edu.tasks.make('adding'), got {task!r}")
    rng = checks.generator(rng)
    checks.whole("memory", memory, least=0)
    sizes = {"outputs": task.outputs, "symbols": task.symbols, "steps": task.steps}
    made: list[Layer] = []
    descriptions = stack(cell, task.inputs, units, layers, dtype=checks.float_type(dtype), **sizes, **options)
    check_memory(descriptions)
    for layer in descriptions:
        biases = _biases(layer, memory, rng) if memory > 1 and hasattr(layer["class"], "keeping_bias") else {}
        cls = layer.pop("class")
        made.append(cls(**layer | biases, rng=rng))
    return Sequential(made)


def check_memory(descriptions: list[dict]) -> None:
    """Look whether the machine has the memory to train these layers: parameters, gradient and the two moments of Adam.

    Without it the process would fill the memory for minutes, until the system ends it.

    Parameters
    ----------
    descriptions : list of dict
        From `stack`.

    Raises
    ------
    ValueError
        If not.
    """
    needed, there = 4 * count(descriptions) * np.dtype(descriptions[-1]["dtype"]).itemsize, _machine_memory()
    if there is not None and needed > there:
        cells = [layer for layer in descriptions if hasattr(layer["class"], "gate_names")]
        raise ValueError(
            f"units and layers must fit into memory: {cells[0]['units']} units in {len(cells)} layers of "
            f"{cell_name(cells[0]['class'])} take about {needed / 1e9:,.0f} GB to train, "
            f"this machine has {there / 1e9:,.0f} GB"
        )


def _machine_memory() -> int | None:
    """Bytes, or None where the system doesn't say."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return None


def units_per_gate(description: dict) -> int:
    """How many units of a cell share each of their gates.

    Parameters
    ----------
    description : dict
        From `stack`.

    Returns
    -------
    int
        1, if the cell says nothing of it.

    Examples
    --------
    >>> units_per_gate(stack("gru", 2, 5)[0])
    1
    """
    said = getattr(description["class"], "units_per_gate", None)
    return 1 if said is None else said(**arguments_of(description))


def _biases(layer: dict, memory: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """The biases of a layer whose units remember between 1 and `memory` steps when training starts."""
    cls = layer["class"]
    keep = np.log(rng.uniform(1, memory, layer["units"] // units_per_gate(layer)))
    biases = {cls.keeping_bias: keep, cls.admitting_bias: -keep}
    return {name: value for name, value in biases.items() if name is not None}
