"""The README: its code runs, its printed result is the real one, its commands and figure exist."""

import contextlib
import io
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_first_example_prints_what_the_readme_shows():
    code = re.search(r"```python\n(.*?)```", README, re.DOTALL).group(1)
    shown = re.search(r"```text\n(.*?)```", README, re.DOTALL).group(1)
    assert len([line for line in code.splitlines() if line.strip()]) <= 8
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, "README.md", "exec"), {})
    assert printed.getvalue() == shown  # rounded, so that every processor prints the same


def test_both_commands_stand_between_the_markers_that_ci_reads():
    for marker, command in [("the main job", "python -m lstm_edu compare adding"), ("the tests", "python -m pytest")]:
        block = re.search(rf"<!-- {marker} -->\n(.*?)<!-- end -->", README, re.DOTALL).group(1)
        (line,) = block.strip().splitlines()
        assert line.startswith("python -m pip install -e ")
        assert line.endswith(f"&& {command}")


def test_every_file_it_links_to_exists():
    for target in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / target).exists(), target


def test_the_map_names_every_room_and_only_files_that_exist():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    table = text[text.index("## Rooms") : text.index("How a cell works")]
    rooms = {path.parent for path in (ROOT / "lstm_edu").glob("*/__init__.py")}
    for room in rooms:
        assert f"| `{room.name}/` |" in table
    for room, words in re.findall(r"^\| `([\w/]+)/` \| (.*) \|$", table, re.MULTILINE):
        for name in re.findall(r"`(\w+)`", words):
            assert (ROOT / "lstm_edu" / room / f"{name}.py").is_file(), f"{room}/{name}"
