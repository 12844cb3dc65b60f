"""The two halves of the course's room: what a chapter calls knows nothing of what makes chapters."""

import ast
from pathlib import Path

import pytest

import lstm_edu.course as course

FOLDER = Path(course.__file__).parent
CALLED = [file for file in sorted(FOLDER.rglob("*.py")) if "making" not in file.parts and file.stem != "commands"]


@pytest.mark.parametrize("file", CALLED, ids=lambda file: str(file.relative_to(FOLDER)))
def test_what_a_chapter_calls_does_not_import_what_makes_chapters(file):
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in node.names] + [getattr(node, "module", None) or ""]
            assert not any("making" in name.split(".") for name in names), f"line {node.lineno}"
