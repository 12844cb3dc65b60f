"""Compiled kernels on disk: found by the next process, never stale, and done without where nothing can be written."""

import os
import shutil
import subprocess
import sys
import types
from concurrent.futures import ThreadPoolExecutor
from math import tanh
from pathlib import Path

import numba
import pytest

import lstm_edu
from lstm_edu.core import cache, kernel

needs_jit = pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="nothing is compiled with the JIT switched off")

USE_EVERY_KERNEL = """
import sys

class NoScipy:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "scipy":
            raise ModuleNotFoundError("No module named 'scipy'", name="scipy")

sys.meta_path.insert(0, NoScipy())
from lstm_edu.core.cache import FOLDER
from lstm_edu.core.kernel import KERNELS
from lstm_edu.nn.warmup import warm
warm(("float32",), show=False)
called = [k for k in KERNELS if k.signatures]
assert "scipy" not in sys.modules
print(FOLDER, sum(k.stats.cache_hits.total() for k in called), sum(k.stats.cache_misses.total() for k in called))
"""
ONE_NUMBER = """
import numpy as np
from lstm_edu.cells import RNN
from lstm_edu.core.cache import FOLDER
layer = RNN(1, 1, rng=0)
layer.params.update({"W": [[0.5]], "U": [[0.5]], "b": [0.0]})
print(FOLDER, layer(np.ones((2, 1, 1), np.float32))[-1, 0, 0])
"""

SMALL = """
import sys
sys.path.insert(0, ".")
import small
from lstm_edu.core.cache import FOLDER
kernels = [getattr(small, f"add_{n}") for n in range(7)]
print(FOLDER, *[k(0.5) for k in kernels], sum(sum(k.stats.cache_hits.values()) for k in kernels))
"""
SUMS = [f"{n}.5" for n in range(7)]

A_KERNEL = "from lstm_edu.core.kernel import kernel\n\n\n@kernel\ndef f(x):\n    return x\n"
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
    functions = "".join(f"\n\n@kernel\ndef add_{n}(x):\n    return x + {n}\n" for n in range(len(SUMS)))
    (tmp_path / "small.py").write_text("from lstm_edu.core.kernel import kernel\n" + functions)
    return tmp_path


@needs_jit
def test_every_kernel_compiles_without_scipy_and_a_second_process_finds_it_in_the_cache(installation):
    # Numba asks for SciPy where a kernel has np.dot or np.linalg in it.
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
    helper = installation / "lstm_edu" / "core" / "functions.py"  # rnn.py, where the kernel stands, is not touched
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
from lstm_edu.core.kernel import KERNELS
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
    first = cache._find_folder(package)
    assert first.parent == package / "__pycache__"
    assert cache._find_folder(package) == first
    (package / "b.py").write_text(A_KERNEL)
    second = cache._find_folder(package)
    (package / "b.py").rename(package / "c.py")
    third = cache._find_folder(package)
    (package / "d.py").write_text(A_KERNEL.replace("@kernel", "@kernel(inlined=True)"))
    found = [first, second, third, cache._find_folder(package)]
    for shared in ("cells", "core", "core/deeper"):
        (package / shared).mkdir()
        (package / shared / "constants.py").write_text("ROWS = 4")
        found.append(cache._find_folder(package))
    assert len(set(found)) == 7


@pytest.mark.kernels
def test_an_edit_that_no_kernel_sees_compiles_nothing_anew(package):
    first = cache._find_folder(package)
    (package / "plot.py").write_text("COLOUR = 'blue'")
    assert cache._find_folder(package) == first


@needs_jit
@pytest.mark.kernels
def test_a_kernel_uses_names_from_its_own_file_and_from_the_shared_ones_alone():
    import lstm_edu.nn.optimizers  # files with kernels outside of cells
    import lstm_edu.reproduce  # noqa: F401

    shared = tuple(f"lstm_edu.{folder}." for folder in cache._SHARED_SOURCES)
    assert any(not k.py_func.__module__.startswith(shared) for k in kernel.KERNELS)
    for compiled in kernel.KERNELS:
        function = compiled.py_func
        for name in function.__code__.co_names:
            value = function.__globals__.get(name)
            home = getattr(value, "__module__", None)
            if isinstance(home, str) and home.startswith("lstm_edu."):
                assert home == function.__module__ or home.startswith(shared), (function, name)


@pytest.mark.kernels
def test_a_package_that_cannot_be_written_to_is_cached_with_the_user(package, tmp_path):
    (package / "__pycache__").write_text("")
    folder = cache._find_folder(package)
    assert folder.is_relative_to(tmp_path / "user")
    (tmp_path / "user").rename(tmp_path / "gone")
    (tmp_path / "user").write_text("")
    assert cache._find_folder(package) is None


@pytest.mark.kernels
def test_the_users_own_wish_comes_first(package, tmp_path, monkeypatch):
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path / "wish"))
    assert cache._find_folder(package).parent == tmp_path / "wish" / "lstm_edu"


@pytest.mark.kernels
def test_there_is_no_cache_without_sources_that_can_be_read(package):
    (package / "folder.py").mkdir()
    assert cache._find_folder(package) is None
    (package / "folder.py").rmdir()
    (package / "a.py").unlink()
    assert cache._find_folder(package) is None


@pytest.mark.kernels
def test_what_nobody_used_for_a_month_is_removed(package):
    parent = cache._find_folder(package).parent
    for name, days in (("kernels-old", 31), ("kernels-new", 29), ("other", 31)):
        (parent / name).mkdir()
        then = (parent / name).stat().st_mtime - days * 86400
        os.utime(parent / name, (then, then))
    kept = cache._find_folder(package)
    assert {p.name for p in parent.iterdir()} == {kept.name, "kernels-new", "other"}


@pytest.mark.kernels
@pytest.mark.parametrize(
    ("system", "variables", "expected"),
    [
        ("linux", {}, "HOME/.cache/lstm_edu"),
        ("linux", {"XDG_CACHE_HOME": "XDG"}, "XDG/lstm_edu"),
        ("darwin", {"XDG_CACHE_HOME": "XDG"}, "HOME/Library/Caches/lstm_edu"),
        ("win32", {"LOCALAPPDATA": "LOCAL"}, "LOCAL/lstm_edu/Cache"),
    ],
)
def test_the_users_folder_is_where_the_system_has_it(monkeypatch, system, variables, expected):
    for name in ("XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in ({"HOME": "HOME", "USERPROFILE": "HOME"} | variables).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "platform", system)
    assert cache._user_folder().as_posix() == expected


# The cache by itself: what Numba hands to it and asks of it, without any compiler.


class Library:
    has_dynamic_globals = False


class Processor:
    def magic_tuple(self):
        return ("a triple", "a processor", "its features")


class Context:
    def refresh(self):
        pass

    def codegen(self):
        return Processor()


class Result:
    """A result of compilation whose code is any object."""

    library, codegen = Library(), Processor()

    def __init__(self, code):
        self.code = code

    def _reduce(self):
        return (self.code,)

    @classmethod
    def _rebuild(cls, context, code):
        return code


def outside(x):
    return x


def other(x):
    return x


def dispatcher(function=outside, **methods):
    nothing = {"load_overload": lambda *a: None, "save_overload": lambda *a: None, "enable": lambda: "enabled"}
    return types.SimpleNamespace(py_func=function, _cache=types.SimpleNamespace(**nothing | methods))


def kept(folder, function=outside):
    compiled = dispatcher(function)
    cache.keep_on_disk(compiled, folder)
    return compiled._cache


@pytest.fixture
def result(monkeypatch):
    """Numba's class of results is the one above, and nothing has been said yet."""
    monkeypatch.setattr(numba.core.compiler, "CompileResult", Result)
    monkeypatch.setattr(cache, "_said", [])
    return Result


@pytest.mark.kernels
def test_code_is_found_by_function_types_and_processor(tmp_path, result, monkeypatch):
    kept(tmp_path).save_overload("float32", result("single"))
    kept(tmp_path).save_overload("float64", result("double"))
    kept(tmp_path, other).save_overload("float32", result("other"))
    assert kept(tmp_path).load_overload("float32", Context()) == "single"
    assert kept(tmp_path).load_overload("float64", Context()) == "double"
    assert kept(tmp_path, other).load_overload("float32", Context()) == "other"
    assert kept(tmp_path).load_overload("int64", Context()) is None
    monkeypatch.setattr(Processor, "magic_tuple", lambda self: "another processor")
    assert kept(tmp_path).load_overload("float32", Context()) is None
    assert {file.suffix for file in tmp_path.iterdir()} == {".nbc"}


@pytest.mark.kernels
def test_code_of_another_numba_or_another_source_is_not_loaded_but_written_over(tmp_path, result, monkeypatch):
    kept(tmp_path).save_overload("float32", result("old"))
    with monkeypatch.context() as later:
        later.setattr(numba, "__version__", "99.0")
        assert kept(tmp_path).load_overload("float32", Context()) is None
    with monkeypatch.context() as edited:
        edited.setattr(
            Path, "read_bytes", lambda self, read=Path.read_bytes: read(self) + b"#" * (self.suffix == ".py")
        )
        changed = kept(tmp_path)
    assert changed.load_overload("float32", Context()) is None
    changed.save_overload("float32", result("new"))
    assert changed.load_overload("float32", Context()) == "new"
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.kernels
def test_no_damage_to_a_file_is_ever_unpickled(tmp_path, result, monkeypatch):
    kept(tmp_path).save_overload("float32", result("right"))
    kept(tmp_path, other).save_overload("float32", result("other"))
    [file] = tmp_path.glob("*outside*")
    [another] = tmp_path.glob("*other*")
    whole = file.read_bytes()
    damaged = [whole[:n] for n in range(len(whole))] + [another.read_bytes(), whole + b"\0", bytes(len(whole))]
    for bit in range(8 * len(whole)):
        flipped = bytearray(whole)
        flipped[bit // 8] ^= 1 << bit % 8
        damaged.append(bytes(flipped))
    with monkeypatch.context() as strict:
        strict.setattr(cache.pickle, "loads", lambda code: pytest.fail("unpickled a damaged file"))
        for content in damaged:
            file.write_bytes(content)
            assert kept(tmp_path).load_overload("float32", Context()) is None
    kept(tmp_path).save_overload("float32", result("again"))
    assert kept(tmp_path).load_overload("float32", Context()) == "again"


@pytest.mark.kernels
def test_who_reads_while_others_write_finds_whole_code_or_none(tmp_path, result):
    codes = [str(n) * 100_000 for n in range(8)]

    def work(code):
        found = set()
        for _ in range(20):
            found.add(kept(tmp_path).load_overload("float32", Context()))
            kept(tmp_path).save_overload("float32", result(code))
        return found

    with ThreadPoolExecutor(16) as pool:
        found = set().union(*pool.map(work, codes * 2))
    assert found <= {None, *codes}
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.kernels
def test_a_disk_that_cannot_be_written_leaves_nothing_behind_and_says_nothing(tmp_path, result, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cache.os, "replace", full)
    assert kept(tmp_path).save_overload("float32", result("code")) is None
    assert not list(tmp_path.iterdir())
    assert kept(tmp_path / "gone").load_overload("float32", Context()) is None
    assert kept(tmp_path / "gone").save_overload("float32", result("code")) is None


@pytest.mark.kernels
def test_code_with_an_address_of_its_process_is_not_kept(tmp_path, result, monkeypatch):
    monkeypatch.setattr(Library, "has_dynamic_globals", True)
    kept(tmp_path).save_overload("float32", result("code"))
    assert not list(tmp_path.iterdir())


@pytest.mark.kernels
def test_a_flush_removes_the_code_of_one_kernel(tmp_path, result):
    for function in (outside, other):
        kept(tmp_path, function).save_overload("float32", result("code"))
    kept(tmp_path).flush()
    assert [kept(tmp_path, f).load_overload("float32", Context()) for f in (outside, other)] == [None, "code"]


@pytest.mark.kernels
def test_what_else_numba_asks_of_its_cache_it_gets_from_its_own(tmp_path):
    assert kept(tmp_path).enable() == "enabled"
    assert kept(tmp_path).cache_path == str(tmp_path)


@pytest.mark.kernels
def test_without_a_folder_or_a_source_numbas_own_cache_stays(tmp_path):
    typed = {}
    exec("def typed(x): return x", typed)

    def closed(x):
        return tmp_path

    for function, folder in ((outside, None), (typed["typed"], tmp_path), (closed, tmp_path)):
        compiled = dispatcher(function)
        before = compiled._cache
        cache.keep_on_disk(compiled, folder)
        assert compiled._cache is before


@pytest.mark.kernels
def test_a_function_that_numba_left_as_it_is_has_nothing_to_keep(tmp_path):
    cache.keep_on_disk(outside, tmp_path)
    assert not hasattr(outside, "_cache")


@pytest.mark.kernels
@pytest.mark.parametrize("lost", ["_cache", "load_overload", "save_overload", "py_func"])
def test_a_numba_that_asks_for_code_in_another_way_is_named_once(tmp_path, result, lost):
    compiled = dispatcher()
    delattr(compiled._cache if lost.endswith("overload") else compiled, lost)
    with pytest.warns(RuntimeWarning, match=f"compiled kernels on disk with Numba {numba.__version__}.*{lost}") as said:
        [cache.keep_on_disk(compiled, tmp_path) for _ in range(2)]
    assert len(said) == 1


@pytest.mark.kernels
@pytest.mark.parametrize(
    "lost",
    [(Context, "codegen"), (Context, "refresh"), (Processor, "magic_tuple"), (Result, "_rebuild")],
    ids=lambda lost: lost[1],
)
def test_a_numba_that_loads_code_in_another_way_is_named_once(tmp_path, result, monkeypatch, lost):
    kept(tmp_path).save_overload("float32", result("code"))
    monkeypatch.delattr(*lost)
    with pytest.warns(RuntimeWarning, match=f"each process compiles them anew.*{lost[1]}") as said:
        found = [kept(tmp_path).load_overload("float32", Context()) for _ in range(2)]
    assert found == [None, None]
    assert len(said) == 1


@pytest.mark.kernels
@pytest.mark.parametrize(
    "lost",
    [(Library, "has_dynamic_globals"), (Result, "codegen"), (Result, "_reduce"), (numba.core.serialize, "dumps")],
    ids=lambda lost: lost[1],
)
def test_a_numba_that_saves_code_in_another_way_is_named_once(tmp_path, result, monkeypatch, lost):
    monkeypatch.delattr(*lost)
    with pytest.warns(RuntimeWarning, match=f"each process compiles them anew.*{lost[1]}") as said:
        [kept(tmp_path).save_overload("float32", result("code")) for _ in range(2)]
    assert len(said) == 1
    assert not list(tmp_path.iterdir())


# And with Numba.


@needs_jit
@pytest.mark.parametrize("lost", ["_reduce", "_rebuild"])
def test_kernels_compute_where_numba_has_changed(installation, lost):
    if lost == "_rebuild":
        run(SMALL, installation)  # so that there is something to load
    code = f"""
import warnings
from numba.core.compiler import CompileResult
del CompileResult.{lost}
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    {SMALL.strip().replace(chr(10), chr(10) + "    ")}
print(len(said), said[0].category.__name__)
"""
    _, *sums, hits, warned, category = run(code, installation)
    assert sums == SUMS
    assert (hits, warned, category) == ("0", "1", "RuntimeWarning")


DAMAGE = [
    lambda whole: whole[:1000] + bytes([whole[1000] ^ 1]) + whole[1001:],
    lambda whole: whole[: len(whole) // 2],
    lambda whole: b"",
    lambda whole: bytes(len(whole)),
    lambda whole: b"garbage",
]


@needs_jit
def test_damaged_files_are_compiled_anew_in_silence_and_found_by_the_next_process(installation):
    folder, *_ = run(SMALL, installation)
    files = sorted(Path(folder).glob("*.nbc"))
    assert len(files) == len(SUMS) == len(DAMAGE) + 2
    for file, damage in zip(files, DAMAGE, strict=False):
        file.write_bytes(damage(file.read_bytes()))
    files[-2].write_bytes(files[-1].read_bytes())  # what another kernel left, whole but in the wrong place
    files[-1].unlink()
    assert run(SMALL, installation)[1:] == [*SUMS, "0"]
    assert run(SMALL, installation)[1:] == [*SUMS, str(len(SUMS))]


@needs_jit
def test_processes_that_start_cold_together_all_compute_and_leave_whole_files(installation):
    with ThreadPoolExecutor(4) as pool:
        printed = list(pool.map(lambda _: run(SMALL, installation), range(4)))
    assert all(words[1:-1] == SUMS for words in printed)
    assert run(SMALL, installation)[1:] == [*SUMS, str(len(SUMS))]
    assert {file.suffix for file in Path(printed[0][0]).iterdir()} == {".nbc"}
