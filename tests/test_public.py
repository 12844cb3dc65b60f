"""The public names: they exist and have docstrings; and what no source may ask for."""

import ast
import inspect
from pathlib import Path

import pytest

import lstm_edu as le

PACKAGE = Path(le.__file__).parent


@pytest.mark.parametrize("name", le.__all__)
def test_every_public_name_exists_and_has_a_docstring(name):
    thing = getattr(le, name)
    assert name in dir(le)
    if callable(thing) or inspect.ismodule(thing):
        assert inspect.getdoc(thing)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="has no attribute 'LTSM'"):
        le.LTSM


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
