"""What Windows, macOS and a system of another language do not have in common with Linux, read off the sources."""

import ast
import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FILES = sorted((ROOT / "lstm_edu").rglob("*.py"))

# Where it is asked for, what it is asked by stands in the same line or a few above it.
ONE_SYSTEM = {
    "fork", "sched_getaffinity", "register_at_fork", "getuid", "geteuid", "uname", "mkfifo", "killpg", "setsid",
    "SIGHUP", "SIGKILL", "SIGALRM", "SIGUSR1", "setitimer", "alarm",
}  # fmt: skip
ONE_SYSTEMS_MODULES = {"fcntl", "grp", "posix", "pwd", "resource", "termios", "tty", "pty"}


def calls(tree):
    return [node for node in ast.walk(tree) if isinstance(node, ast.Call)]


def opens_text(call) -> bool:
    """Whether a call reads or writes text in an encoding, which is the system's own unless it is said."""
    name = getattr(call.func, "attr", getattr(call.func, "id", ""))
    said = {word.arg for word in call.keywords}
    if name in ("run", "Popen", "check_output") and said & {"text", "universal_newlines"}:
        return "encoding" not in said
    if name in ("read_text", "write_text"):
        return "encoding" not in said and len(call.args) < (1 if name == "read_text" else 2)
    if name in ("NamedTemporaryFile", "TemporaryFile"):
        modes = [word.value for word in call.keywords if word.arg == "mode"] or call.args
        return "encoding" not in said and any("b" not in getattr(mode, "value", "b") for mode in modes[:1])
    if name != "open" or getattr(getattr(call.func, "value", None), "id", "") in ("os", "Image", "webbrowser"):
        return False
    method = isinstance(call.func, ast.Attribute)
    modes = [word.value for word in call.keywords if word.arg == "mode"] or call.args[0 if method else 1 :]
    mode = modes[0].value if modes and isinstance(modes[0], ast.Constant) else "r"
    return "b" not in mode and "encoding" not in said


@pytest.mark.parametrize("code", ["open(p)", "p.open('w')", "p.read_text()", "p.write_text(t)", "run(c, text=True)"])
def test_a_text_without_an_encoding_is_seen(code):
    assert opens_text(calls(ast.parse(code))[0])


@pytest.mark.parametrize("code", ["open(p, 'rb')", "p.open('w', encoding='utf-8')", "p.read_text('utf-8')", "run(c)"])
def test_bytes_and_a_text_with_its_encoding_are_let_through(code):
    assert not opens_text(calls(ast.parse(code))[0])


def test_the_package_says_the_encoding_of_every_text():
    wrong = [
        f"{file.relative_to(ROOT)}:{call.lineno}"
        for file in FILES
        for call in calls(ast.parse(file.read_text(encoding="utf-8")))
        if opens_text(call)
    ]
    assert wrong == []


def test_what_one_system_has_is_asked_for_before_it_is_used():
    wrong = []
    for file in FILES:
        text = file.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Attribute) and node.attr in ONE_SYSTEM:
                near = text.splitlines()[max(0, node.lineno - 3) : node.lineno]
                if not any("hasattr" in line for line in near):
                    wrong.append(f"{file.relative_to(ROOT)}:{node.lineno} {node.attr}")
            elif isinstance(node, ast.Import) and ONE_SYSTEMS_MODULES & {name.name for name in node.names}:
                wrong.append(f"{file.relative_to(ROOT)}:{node.lineno} {node.names[0].name}")
    assert wrong == []


def test_the_memory_of_a_machine_that_does_not_tell_it_is_unknown(monkeypatch):
    from lstm_edu.nn import stack

    monkeypatch.delattr(os, "sysconf", raising=False)  # as on Windows
    assert stack._machine_memory() is None
