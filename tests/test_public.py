"""The public names: they exist, have docstrings, and rooms import only from rooms above them."""

import ast
import inspect
from pathlib import Path

import pytest

import lstm_edu as le

PACKAGE = Path(le.__file__).parent
ROOMS = ["cells", "nn", "tasks", "experiments", "plotting", "interop", "course"]
MAY_IMPORT = {  # besides itself
    "cells": set(),
    "nn": {"cells"},
    "tasks": {"cells"},
    "experiments": {"cells", "nn", "tasks"},
    "plotting": {"cells"},
    "interop": {"cells"},
    "course": {"cells", "nn", "tasks", "experiments", "plotting"},
}


@pytest.mark.parametrize("name", le.__all__)
def test_every_public_name_exists_and_has_a_docstring(name):
    thing = getattr(le, name)
    assert name in dir(le)
    if callable(thing) or inspect.ismodule(thing):
        assert inspect.getdoc(thing)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="has no attribute 'LTSM'"):
        le.LTSM


def imported_rooms(file):
    """The rooms of this package that a file imports from, at the top or inside a function."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names = [node.module] + [f"{node.module}.{alias.name}" for alias in node.names]
        for name in names:
            parts = name.split(".")
            if parts[0] == "lstm_edu" and len(parts) > 1 and parts[1] in ROOMS:
                yield parts[1]


@pytest.mark.parametrize("room", ROOMS)
def test_dependencies_point_one_way(room):
    for file in (PACKAGE / room).rglob("*.py"):
        assert set(imported_rooms(file)) <= MAY_IMPORT[room] | {room}, file


def test_no_source_asks_for_what_is_forbidden():
    for file in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.keyword):
                forbidden = (node.arg == "fastmath" and getattr(node.value, "value", None) is True) or (
                    node.arg == "cache" and file.name != "kernel.py"
                )
                assert not forbidden, f"{file}:{node.value.lineno}"
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = {alias.name for alias in node.names} | {getattr(node, "module", None)}
                forbidden = {"pickle", "socket", "urllib", "urllib.request"}
                if file.name == "cache.py":  # what Numba keeps of a kernel is pickled; read after its checksum alone
                    forbidden.remove("pickle")
                assert not names & forbidden, file
