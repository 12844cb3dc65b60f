"""The pages of the book's reference: one for each room of the package, with all its public names."""

import inspect
from typing import Any

import lstm_edu
from lstm_edu.reproduce import Paper

# what scikit-learn puts into every estimator
NOT_OURS = "    :exclude-members: set_fit_request, set_predict_request, set_score_request"


def rooms() -> list[str]:
    """The names of the package's modules that are public, top to bottom: core, cells, nn ...

    >>> rooms()[:3]
    ['core', 'cells', 'nn']
    """
    return [name for name in lstm_edu.__all__ if inspect.ismodule(getattr(lstm_edu, name))]


def public_names() -> dict[str, str]:
    """Every public name with the full name under which the book has it: that of the package, or else of its room.

    >>> public_names()["LSTM"], public_names()["Adding"]
    ('lstm_edu.LSTM', 'lstm_edu.tasks.Adding')
    """
    names = {name: f"lstm_edu.{name}" for name in lstm_edu.__all__}
    for room in rooms():
        for name in getattr(getattr(lstm_edu, room), "__all__", ()):
            if name not in _modules(room):
                names.setdefault(name, f"lstm_edu.{room}.{name}")
    return names


def _modules(room: str) -> list[str]:
    """The modules inside a room that are public themselves, each with names of its own."""
    module = getattr(lstm_edu, room)
    return [name for name in getattr(module, "__all__", ()) if inspect.ismodule(getattr(module, name))]


def pages() -> dict[str, str]:
    """The reStructuredText of each page by its name; "index" lists the others.

    >>> sorted(pages())[:1]
    ['cells']
    """
    found, taken = {}, set()
    for room in rooms():
        inner = {*rooms(), *_modules(room)}
        names = [name for name in getattr(lstm_edu, room).__all__ if name not in taken and name not in inner]
        taken.update(names)
        found[room] = _page(room, names)
    left = [name for name in lstm_edu.__all__ if name not in taken and name not in rooms()]
    assert not left, f"in no room's __all__: {left}"
    return found | {"index": _index()}


def _index() -> str:
    lines = ["Reference", "=========", "", "``import lstm_edu as le`` reaches all of it.", ""]
    lines += [".. list-table::", ""]
    for room in rooms():
        first = (inspect.getdoc(getattr(lstm_edu, room)) or "").partition("\n")[0]
        lines += [f"    * - :doc:`{room}`", f"      - {first}"]
    return "\n".join([*lines, "", ".. toctree::", "    :hidden:", "", *(f"    {room}" for room in rooms()), ""])


def _page(room: str, names: list[str]) -> str:
    lines = [room, "=" * len(room), "", f".. automodule:: lstm_edu.{room}", "", ".. currentmodule:: lstm_edu", ""]
    described = [name for name in names if _is_described(name)]
    if described:
        lines += [".. autosummary::", "    :nosignatures:", ""]
        lines += [f"    ~{public_names()[name].removeprefix('lstm_edu.')}" for name in described]
        lines += [""]
    for name in names:
        lines += _entry(name)
    for name in _modules(room):
        full = f"lstm_edu.{room}.{name}"
        lines += [full.removeprefix("lstm_edu."), "-" * len(full), "", f".. automodule:: {full}", "    :members:"]
        lines += [NOT_OURS, ""]
    return "\n".join(lines)


def _is_described(name: str) -> bool:
    thing = _thing(name)
    return inspect.isclass(thing) or callable(thing)


def _thing(name: str) -> Any:
    thing = lstm_edu
    for part in public_names()[name].split(".")[1:]:
        thing = getattr(thing, part)
    return thing


def _entry(name: str) -> list[str]:
    full, thing = public_names()[name], _thing(name)
    if inspect.isclass(thing):
        lines = [f".. autoclass:: {full}", "    :members:", NOT_OURS, "    :special-members: __call__"]
        if thing.__bases__ != (object,):
            lines += ["    :show-inheritance:"]
        return [*lines, ""]
    if callable(thing):
        return [f".. autofunction:: {full}", ""]
    lines = [f".. py:data:: {full.removeprefix('lstm_edu.')}", ""]
    if isinstance(thing, dict):
        lines += ["    By name:", ""]
        lines += [f"    - ``{key!r}``: {_shown(value)}" for key, value in thing.items()]
    else:
        lines += [f"    ``{thing!r}``"]
    return [*lines, ""]


def _shown(value: Any) -> str:
    if isinstance(value, Paper):  # all of its rows would fill a hundred screens
        return value.citation
    name = getattr(value, "__name__", str(value))
    return f":py:obj:`{name} <{public_names()[name]}>`" if name in public_names() else f":py:obj:`{name}`"
