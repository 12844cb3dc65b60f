"""The house: rooms import from rooms above them alone, and nowhere do imports go round in a circle."""

import ast
from pathlib import Path

import pytest

import lstm_edu as le

PACKAGE = Path(le.__file__).parent
MAY_IMPORT = {  # besides itself; from the top of the house to its ground floor
    "core": set(),
    "cells": {"core"},
    "nn": {"core", "cells"},
    "tasks": {"core"},
    "plotting": {"core", "cells"},
    "interop": {"core", "cells", "nn", "tasks"},
    "experiments": {"core", "cells", "nn", "tasks"},
    "reproduce": {"core", "cells", "nn", "tasks", "experiments"},
    "course": {"core", "cells", "nn", "tasks", "plotting", "experiments", "reproduce"},
    "course/making": {"core", "cells", "nn", "tasks", "experiments", "reproduce", "course"},
    "commands": {"core", "cells", "nn", "tasks", "plotting", "experiments", "reproduce", "course", "course/making"},
}
FILES = {
    ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__"): path
    for path in PACKAGE.rglob("*.py")
}


def for_types_alone(tree):
    """The nodes under `if TYPE_CHECKING:`, which no program runs."""
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING":
            yield from ast.walk(node)


def imports_of(module, path):
    """The modules of the package that a file imports, at its top or inside a function."""
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    tree = ast.parse(path.read_text(encoding="utf-8"))
    left_out = set(for_types_alone(tree))
    for node in ast.walk(tree):
        if node in left_out:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in FILES)
        if isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            for alias in node.names:
                yield from (name for name in (f"{base}.{alias.name}", base) if name in FILES)


def room_of(module):
    """The room that a module lies in; None for the package itself and its command."""
    parts = module.split(".")[1:]
    if parts[:2] == ["course", "making"]:
        return "course/making"
    return parts[0] if parts and parts[0] in MAY_IMPORT else None


ARROWS = {module: set(imports_of(module, path)) - {module} for module, path in FILES.items()}


def test_every_folder_is_a_room_of_the_house():
    folders = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert folders | {"course/making"} == set(MAY_IMPORT)


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_arrows_between_rooms_point_down(room):
    upwards = [
        f"{module} imports {other}"
        for module, others in ARROWS.items()
        if room_of(module) == room
        for other in others
        if room_of(other) not in MAY_IMPORT[room] | {room, None}
    ]
    assert not upwards


def test_no_room_imports_the_package_as_a_whole():
    # the package imports core and cells when it is loaded: they would meet it half made
    assert not [
        module for module, others in ARROWS.items() if room_of(module) in ("core", "cells") and "lstm_edu" in others
    ]


def test_no_imports_go_round_in_a_circle():
    inside_package = {m: {o for o in others if not m.startswith(f"{o}.")} for m, others in ARROWS.items()}
    left = dict(inside_package)
    while True:
        ends = {module for module, others in left.items() if not others & left.keys()}
        if not ends:
            break
        left = {module: others for module, others in left.items() if module not in ends}
    assert not left, "these import each other: " + ", ".join(sorted(left))
