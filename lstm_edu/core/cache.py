"""Machine code on disk: where it lies, which sources it belongs to, and that what is loaded is what was written.

Numba's own cache unpickles and runs whatever it finds: one flipped bit in a file ends every later process, and two
processes that start cold at the same time can leave an index that leads to the code of other types. Here each piece of
code is one file without an index: sealed with a checksum, written under another name and then renamed.

This is the only file that uses what Numba keeps to itself. Should that change one day, kernels are compiled in each
process, and a warning says so.
"""

import contextlib
import hashlib
import os
import pickle
import shutil
import sys
import tempfile
import time
import types
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
from numba.core.ccallback import CFunc

from .files import replace_file

PACKAGE = Path(__file__).resolve().parents[1]

# A kernel may use everything in these, and its own file.
_SHARED_SOURCES = ("core", "cells")

_UNUSED_CACHE_DAYS = 30


def _sources_hash(package: Path) -> str | None:
    """A hash of the sources that machine code is made from: a kernel that was compiled from other ones is never found.

    Numba itself looks at the one file in which a kernel stands, and would run stale code after an edit in another.
    Those sources are the shared ones and, elsewhere, each file with a kernel in it.
    """
    digest = hashlib.sha256()
    files = [(file.relative_to(package), file.read_bytes()) for file in sorted(package.rglob("*.py"))]
    made_from = [(name, text) for name, text in files if name.parts[0] in _SHARED_SOURCES or b"\n@kernel" in text]
    for name, text in made_from:
        digest.update(str(name).encode() + b"\0" + text + b"\0")
    return digest.hexdigest()[:16] if made_from else None


def _user_folder() -> Path:
    """Where this system keeps what a program of the user's can make anew."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or os.path.expanduser("~/AppData/Local"), "lstm_edu", "Cache")
    if sys.platform == "darwin":
        return Path(os.path.expanduser("~/Library/Caches"), "lstm_edu")
    return Path(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "lstm_edu")


def _candidates(package: Path) -> list[Path]:
    """Where compiled kernels may be kept, the best place first."""
    if numba.config.CACHE_DIR:  # NUMBA_CACHE_DIR, the user's own choice
        return [Path(numba.config.CACHE_DIR) / "lstm_edu"]
    return [package / "__pycache__", _user_folder()]


def _remove_unused(folder: Path) -> None:
    """Remove what other versions of the sources left beside `folder` and nobody has used for a month."""
    for other in folder.parent.glob("kernels-*"):
        if other != folder and time.time() - other.stat().st_mtime > _UNUSED_CACHE_DAYS * 86400:
            shutil.rmtree(other, ignore_errors=True)


def _find_folder(package: Path) -> Path | None:
    """The folder of this version's compiled kernels, or None where nothing can be written."""
    try:
        version = _sources_hash(package)
    except OSError:
        return None
    if version is None:
        return None
    for parent in _candidates(package):
        folder = parent / f"kernels-{version}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                pass  # the one sure way to learn whether a folder can be written to
            os.utime(folder)
            _remove_unused(folder)
        except OSError:
            continue
        return folder
    return None


FOLDER = _find_folder(PACKAGE)

before_loading: list[Callable[[bytes], None]] = []  # what has to be done before a piece of machine code is loaded


def keep_on_disk(compiled: Any, folder: Path | None) -> None:
    """Let the machine code of a kernel be kept on disk.

    Parameters
    ----------
    compiled : numba dispatcher
        The kernel; a plain function, as with the JIT switched off, is left alone.
    folder : pathlib.Path or None
        Where to; None: nowhere.

    Warns
    -----
    RuntimeWarning
        Once a process, if Numba's cache works in another way than this file knows.
    """
    if folder is None or isinstance(compiled, types.FunctionType):  # Numba compiles nothing with the JIT switched off
        return
    try:
        function = compiled.py_func
        if not function.__closure__:  # what a closure holds is in no source
            compiled._cache = _Cache(function, folder, compiled._cache)
    except OSError:
        pass  # the function was typed at a prompt: no file tells whether it has changed
    except Exception as error:
        _say_that_numba_has_changed(error)


def compiled_for_c(function: Callable, form: Any, options: dict[str, Any], folder: Path | None) -> Any:
    """Compile a function that is called from machine code, or load it.

    Parameters
    ----------
    function : function
        One of a module, without a closure.
    form : numba signature
        The types of its arguments.
    options : dict
        For the compiler.
    folder : pathlib.Path or None
        Where its machine code is kept; None: nowhere.

    Returns
    -------
    numba CFunc
        With its `address`, valid for as long as this object lives.
    """
    compiled = CFunc(function, (form.args, form.return_type), {}, options)
    if folder is not None:
        try:
            compiled._cache = _Cache(function, folder, compiled._cache)
        except Exception as error:
            _say_that_numba_has_changed(error)
    compiled.compile()
    return compiled


class _Cache:
    """What a dispatcher asks for machine code. Whatever goes wrong here, the kernel is compiled instead."""

    def __init__(self, function: Any, folder: Path, null_cache: Any) -> None:
        null_cache.load_overload, null_cache.save_overload  # noqa: B018  else nobody would ever call the ones below
        self._null_cache = null_cache
        self._folder = folder
        self._name = f"{function.__module__}.{function.__name__}"
        source = hashlib.sha256(Path(function.__code__.co_filename).read_bytes()).hexdigest()
        python = f"{sys.implementation.cache_tag}{getattr(sys, 'abiflags', '')}"
        self._function = (self._name, function.__qualname__, function.__code__.co_firstlineno, python)
        self._made_from = (numba.__version__, source)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._null_cache, name)

    @property
    def cache_path(self) -> str:
        return str(self._folder)

    def flush(self) -> None:
        for file in self._folder.glob(f"{self._name}-*.nbc"):
            file.unlink(missing_ok=True)

    def load_overload(self, *arguments: Any) -> Any:
        return _or_none(self._load, arguments)

    def save_overload(self, *arguments: Any) -> Any:
        return _or_none(self._save, arguments)

    def _load(self, signature: Any, target_context: Any) -> Any:
        from numba.core.compiler import CompileResult

        target_context.refresh()
        identity = self._identity(signature, target_context.codegen())
        sealed = self._file(identity).read_bytes()
        code = sealed[hashlib.sha256().digest_size :]
        if sealed != self._seal(identity, code) + code:
            return None  # damaged, or made from another source: it will be written over
        for prepare in before_loading:
            prepare(code)
        return CompileResult._rebuild(target_context, *pickle.loads(code))

    def _save(self, signature: Any, result: Any) -> None:
        from numba.core.serialize import dumps

        if result.library.has_dynamic_globals:  # an address of this process is in the code
            return
        identity = self._identity(signature, result.codegen)
        code = dumps(result._reduce())
        file = self._file(identity)
        with contextlib.suppress(ValueError, FileNotFoundError):  # a full disk: compiled anew in the next process
            replace_file(file, self._seal(identity, code) + code)  # so that others find the whole file or none

    def _identity(self, signature: Any, codegen: Any) -> bytes:
        """Which code it is: the function, the types and the processor."""
        return repr((self._function, signature, codegen.magic_tuple())).encode()

    def _file(self, identity: bytes) -> Path:
        return self._folder / f"{self._name}-{hashlib.sha256(identity).hexdigest()[:24]}.nbc"

    def _seal(self, identity: bytes, code: bytes) -> bytes:
        """A checksum of the code, of which code it is and of what it was made from."""
        about = repr((identity, self._made_from)).encode()
        return hashlib.sha256(hashlib.sha256(about).digest() + code).digest()


def _or_none(step: Callable, arguments: tuple) -> Any:
    try:
        return step(*arguments)
    except (OSError, MemoryError):  # nothing there yet, or a full disk: nothing that anybody has to know
        return None
    except Exception as error:
        _say_that_numba_has_changed(error)
        return None


_said: list[Exception] = []


def _say_that_numba_has_changed(error: Exception) -> None:
    if not _said:  # once a process, not for each kernel
        _said.append(error)
        warnings.warn(
            f"lstm_edu can't keep compiled kernels on disk with Numba {numba.__version__}: each process compiles them "
            f"anew ({type(error).__name__}: {error})",
            RuntimeWarning,
            stacklevel=2,
        )
