"""Compiled kernels on disk: found by the next process, never stale, and done without where nothing can be written."""

import os
import shutil
import subprocess
import sys
import types
from math import tanh
from pathlib import Path

import numba
import pytest

import lstm_edu
from lstm_edu.cells import kernel

needs_jit = pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="nothing is compiled with the JIT switched off")

USE_EVERY_KERNEL = """
import lstm_edu as le
from lstm_edu.cells.kernel import CACHE_FOLDER, KERNELS
from lstm_edu.experiments.warmup import warm
warm(("float32",), show=False)
called = [k for k in KERNELS if k.signatures]
print(CACHE_FOLDER, sum(k.stats.cache_hits.total() for k in called), sum(k.stats.cache_misses.total() for k in called))
"""
ONE_NUMBER = """
import numpy as np
from lstm_edu.cells import RNN
from lstm_edu.cells.kernel import CACHE_FOLDER
layer = RNN(1, 1, rng=0)
layer.params.update({"W": [[0.5]], "U": [[0.5]], "b": [0.0]})
print(CACHE_FOLDER, layer(np.ones((2, 1, 1), np.float32))[-1, 0, 0])
"""

A_KERNEL = "from lstm_edu.cells.kernel import kernel\n\n\n@kernel\ndef f(x):\n    return x\n"
TWO_STEPS = tanh(0.5 + 0.5 * tanh(0.5))  # what ONE_NUMBER prints


def run(code, folder, **environment):
    """Run code in a new process that finds the package in `folder`; returns the words it printed."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("NUMBA_", "COV_", "COVERAGE_"))}
    done = subprocess.run(
        [sys.executable, "-B", "-W", "error", "-c", code],
        env=clean | {"PYTHONPATH": str(folder)} | environment,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@pytest.fixture
def installation(tmp_path):
    """A copy of the package in a folder of its own."""
    source = Path(lstm_edu.__file__).parent
    shutil.copytree(source, tmp_path / "lstm_edu", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


@needs_jit
def test_a_second_process_finds_every_kernel_in_the_cache(installation):
    folder, _, misses = run(USE_EVERY_KERNEL, installation)
    again, hits, misses_again = run(USE_EVERY_KERNEL, installation)
    assert again == folder
    assert int(misses) >= 15
    assert misses_again == "0"
    assert int(hits) >= 15  # a little less than before: what a kernel calls comes with the kernel


@needs_jit
def test_the_folder_that_numba_is_told_to_use_is_used(installation, tmp_path):
    folder, _ = run(ONE_NUMBER, installation, NUMBA_CACHE_DIR=str(tmp_path / "mine"))
    assert Path(folder).is_relative_to(tmp_path / "mine")
    assert list(Path(folder).rglob("*.nbc"))


@needs_jit
def test_an_installation_that_nobody_can_write_to_imports_and_runs(installation):
    # A file where a folder is needed stops even the administrator, whom permissions do not stop.
    (installation / "lstm_edu" / "__pycache__").write_text("")
    (installation / "home").write_text("")
    nowhere = str(installation / "home" / "folder")
    folder, number = run(ONE_NUMBER, installation, HOME=nowhere, XDG_CACHE_HOME=nowhere, LOCALAPPDATA=nowhere)
    assert folder == "None"
    assert float(number) == pytest.approx(TWO_STEPS, abs=1e-6)


@needs_jit
@pytest.mark.parametrize("keep_time", [False, True], ids=["edited", "replaced by an upgrade with the same file times"])
def test_a_change_in_another_file_never_runs_a_stale_kernel(installation, keep_time):
    folder, before = run(ONE_NUMBER, installation)
    helper = installation / "lstm_edu" / "cells" / "kernel.py"  # rnn.py, where the kernel stands, is not touched
    times = helper.stat()
    text = helper.read_text()
    changed = text.replace("return e / (e + np.float32(2))", "return -e / (e + np.float32(2))")
    assert changed != text
    helper.write_text(changed)
    if keep_time:
        os.utime(helper, ns=(times.st_atime_ns, times.st_mtime_ns))
    other, after = run(ONE_NUMBER, installation)
    assert other != folder
    assert float(before) == pytest.approx(TWO_STEPS, abs=1e-6)
    assert float(after) == pytest.approx(-tanh(0.5 - 0.5 * tanh(0.5)), abs=1e-6)


@needs_jit
def test_importing_compiles_nothing_and_loads_no_heavy_library():
    code = """
import sys, lstm_edu
from lstm_edu.cells.kernel import KERNELS
assert KERNELS and not any(k.signatures for k in KERNELS)
print(*[m for m in ("pandas", "matplotlib", "joblib", "tqdm", "typer", "safetensors", "sklearn") if m in sys.modules])
"""
    assert run(code, Path(lstm_edu.__file__).parents[1]) == []


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A folder with one source file, and no wish of the user about the cache."""
    monkeypatch.setattr(numba.config, "CACHE_DIR", "")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "user"))
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    folder = tmp_path / "package"
    folder.mkdir()
    (folder / "a.py").write_text(A_KERNEL)
    return folder


@pytest.mark.kernels
def test_the_cache_lies_in_the_package_under_a_name_made_of_its_sources(package):
    first = kernel._find_cache_folder(package)
    assert first.parent == package / "__pycache__"
    assert kernel._find_cache_folder(package) == first
    (package / "b.py").write_text(A_KERNEL)
    second = kernel._find_cache_folder(package)
    (package / "b.py").rename(package / "c.py")
    third = kernel._find_cache_folder(package)
    (package / "cells").mkdir()
    (package / "cells" / "constants.py").write_text("ROWS = 4")
    assert len({first, second, third, kernel._find_cache_folder(package)}) == 4


@pytest.mark.kernels
def test_an_edit_that_no_kernel_sees_compiles_nothing_anew(package):
    first = kernel._find_cache_folder(package)
    (package / "plot.py").write_text("COLOUR = 'blue'")
    assert kernel._find_cache_folder(package) == first


@needs_jit
@pytest.mark.kernels
def test_a_kernel_uses_names_from_its_own_file_and_from_cells_alone():
    import lstm_edu.nn.optimizers  # noqa: F401  a file with kernels outside of cells

    assert any(not k.py_func.__module__.startswith("lstm_edu.cells.") for k in kernel.KERNELS)
    for compiled in kernel.KERNELS:
        function = compiled.py_func
        for name in function.__code__.co_names:
            value = function.__globals__.get(name)
            home = getattr(value, "__module__", None)
            if isinstance(home, str) and home.startswith("lstm_edu."):
                assert home == function.__module__ or home.startswith("lstm_edu.cells."), (function, name)


@pytest.mark.kernels
def test_a_package_that_cannot_be_written_to_is_cached_with_the_user(package, tmp_path):
    (package / "__pycache__").write_text("")
    folder = kernel._find_cache_folder(package)
    assert folder.is_relative_to(tmp_path / "user")
    (tmp_path / "user").rename(tmp_path / "gone")
    (tmp_path / "user").write_text("")
    assert kernel._find_cache_folder(package) is None


@pytest.mark.kernels
def test_the_users_own_wish_comes_first(package, tmp_path, monkeypatch):
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path / "wish"))
    assert kernel._find_cache_folder(package).parent == tmp_path / "wish" / "lstm_edu"


@pytest.mark.kernels
def test_there_is_no_cache_without_sources_that_can_be_read(package):
    (package / "folder.py").mkdir()
    assert kernel._find_cache_folder(package) is None
    (package / "folder.py").rmdir()
    (package / "a.py").unlink()
    assert kernel._find_cache_folder(package) is None


@pytest.mark.kernels
def test_what_nobody_used_for_a_month_is_removed(package):
    parent = kernel._find_cache_folder(package).parent
    for name, days in (("kernels-old", 31), ("kernels-new", 29), ("other", 31)):
        (parent / name).mkdir()
        then = (parent / name).stat().st_mtime - days * 86400
        os.utime(parent / name, (then, then))
    kept = kernel._find_cache_folder(package)
    assert {p.name for p in parent.iterdir()} == {kept.name, "kernels-new", "other"}


@pytest.mark.kernels
@pytest.mark.parametrize("error", [None, OSError, RuntimeError])
def test_numbas_own_setting_is_as_it_was_whether_caching_works_or_not(tmp_path, monkeypatch, error):
    monkeypatch.setattr(numba.config, "CACHE_DIR", "mine")
    seen = []

    class Compiled:
        _cache = types.SimpleNamespace(load_overload=len, save_overload=len)

        def enable_caching(self):
            seen.append(numba.config.CACHE_DIR)
            if error:
                raise error

    kernel._keep_on_disk(Compiled(), tmp_path)
    kernel._keep_on_disk(Compiled(), None)
    assert seen == [str(tmp_path)]
    assert numba.config.CACHE_DIR == "mine"


@pytest.mark.kernels
def test_a_cache_that_raises_counts_as_empty():
    flushed = []

    class Cache:
        def load_overload(self, *args):
            raise EOFError("Ran out of input")

        def save_overload(self, *args):
            raise OSError(28, "No space left on device")

        def flush(self):
            flushed.append(1)
            raise OSError

    cache = Cache()
    kernel._forgive(cache)
    assert cache.load_overload("signature", "context") is None
    assert cache.save_overload("signature", "data") is None
    assert len(flushed) == 2


@needs_jit
@pytest.mark.parametrize("content", [b"", b"garbage"], ids=["empty", "garbage"])
def test_damaged_files_are_replaced(installation, content):
    folder, _ = run(ONE_NUMBER, installation)
    files = [p for p in Path(folder).rglob("*") if p.suffix in (".nbi", ".nbc")]
    for file in files:
        file.write_bytes(content)
    _, number = run(ONE_NUMBER, installation)
    assert float(number) == pytest.approx(TWO_STEPS, abs=1e-6)
    assert all(p.stat().st_size > 100 for p in Path(folder).rglob("*.nbi"))
