"""The one place for Numba's options, and the three functions that every cell is made of.

`@kernel` compiles a function on its first call and keeps the machine code on disk. `exp`, `sigmoid` and `tanh` are
branch-free: a loop over them becomes SIMD code, which a loop over `np.tanh` does not (29 times slower in float32).
"""

import contextlib
import functools
import hashlib
import os
import shutil
import tempfile
import time
from pathlib import Path

import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic, overload, register_jitable
from numba.misc.appdirs import AppDirs

PACKAGE = Path(__file__).resolve().parents[1]

# Everything of "fastmath" but nnan and ninf: with those two the compiler may assume that NaN does not occur, and a
# network that diverged would look healthy.
FASTMATH = frozenset({"reassoc", "contract", "arcp", "nsz", "afn"})

_UNUSED_CACHE_DAYS = 30


def _sources_hash(package: Path) -> str | None:
    """A hash of the sources that machine code is made from: a kernel that was compiled from other ones is never found.

    Numba itself looks at the one file in which a kernel stands, and would run stale code after an edit in another.
    Those sources are all of `cells/` and, elsewhere, each file with a kernel in it, which may use `cells/` and itself.
    """
    digest = hashlib.sha256()
    files = [(file, file.read_bytes()) for file in sorted(package.rglob("*.py"))]
    made_from = [(file, text) for file, text in files if file.parent == package / "cells" or b"\n@kernel\n" in text]
    for file, text in made_from:
        digest.update(str(file.relative_to(package)).encode() + b"\0" + text + b"\0")
    return digest.hexdigest()[:16] if made_from else None


def _candidates(package: Path) -> list:
    """Where compiled kernels may be kept, the best place first."""
    if numba.config.CACHE_DIR:  # NUMBA_CACHE_DIR, the user's own choice
        return [Path(numba.config.CACHE_DIR) / "lstm_edu"]
    return [package / "__pycache__", Path(AppDirs(appname="lstm_edu", appauthor=False).user_cache_dir)]


def _remove_unused(folder: Path) -> None:
    """Remove what other versions of the sources left beside `folder` and nobody has used for a month."""
    for other in folder.parent.glob("kernels-*"):
        if other != folder and time.time() - other.stat().st_mtime > _UNUSED_CACHE_DAYS * 86400:
            shutil.rmtree(other, ignore_errors=True)


def _find_cache_folder(package: Path) -> Path | None:
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


CACHE_FOLDER = _find_cache_folder(PACKAGE)

KERNELS = []  # every kernel of the package, for `lstm-edu warmup` and the tests


def kernel(function):
    """Compile `function` with Numba on its first call, with this package's options; machine code is kept on disk.

    The options: no zero-division branch (`error_model="numpy"`, without it no loop with a division vectorises), the
    part of fastmath that keeps NaN, and the GIL released so that slices of a batch can run on several threads.
    Where no folder can be written to, kernels are compiled anew in each process.
    """
    jit = numba.njit(error_model="numpy", fastmath=set(FASTMATH), nogil=True)
    compiled = jit(function)
    _keep_on_disk(compiled, CACHE_FOLDER)
    KERNELS.append(compiled)
    return compiled


def _keep_on_disk(compiled, folder) -> None:
    """Let Numba keep the machine code of `compiled` in `folder`. Nothing to keep with the JIT switched off."""
    if folder is None or not hasattr(compiled, "enable_caching"):
        return
    before = numba.config.CACHE_DIR
    numba.config.CACHE_DIR = str(folder)
    try:
        compiled.enable_caching()
        _forgive(compiled._cache)
    except (RuntimeError, OSError):
        pass  # the folder became unwritable since it was found: go on without
    finally:
        numba.config.CACHE_DIR = before


def _forgive(cache) -> None:
    """Let Numba go on without its cache where a file of it is damaged or cannot be written, on a full disk say."""

    def without_errors(method):
        @functools.wraps(method)
        def guarded(*args):
            try:
                return method(*args)
            except Exception:  # a damaged file can make unpickling raise anything
                with contextlib.suppress(Exception):
                    cache.flush()  # begin anew, so that the next process does not meet the same file
                return None

        return guarded

    cache.load_overload = without_errors(cache.load_overload)
    cache.save_overload = without_errors(cache.save_overload)


@intrinsic
def _multiply_add(typing_context, a, b, c):
    """a * b + c, one instruction where the processor has it. The compiler may not take it apart and regroup it, as it
    may a sum that is written out: FASTMATH allows that, and the two parts of ln 2 below would become one again."""

    def build(context, builder, signature, arguments):
        kind = arguments[0].type
        form = ir.FunctionType(kind, [kind] * 3)
        return builder.call(builder.module.declare_intrinsic("llvm.fmuladd", [kind], form), arguments)

    return a(a, a, a), build


# e^x = 2^n e^r with n = rint(x / ln 2), |r| <= ln(2)/2. Returned as s = 2^n and m = e^r - 1, so that the callers can
# form e^x - 1 without cancellation. ln 2 is subtracted in two parts; the first ends in zeros, so n * part is exact.


@register_jitable
def _split_exp32(x):
    f = np.float32
    n = np.rint(x * f(1.4426950408889634))
    r = _multiply_add(-n, f(-2.12194440e-4), _multiply_add(-n, f(0.693359375), x))
    m = f(1 / 720) + r * f(1 / 5040)
    m = f(1 / 24) + r * (f(1 / 120) + r * m)
    m = r + r * r * (f(1 / 2) + r * (f(1 / 6) + r * m))
    s = np.int32((np.int32(n) + np.int32(127)) << np.int32(23)).view(np.float32)
    return s, m


@register_jitable
def _split_exp64(x):
    n = np.rint(x * 1.4426950408889634)
    r = _multiply_add(-n, 1.90821492927058770002e-10, _multiply_add(-n, 6.93147180369123816490e-01, x))
    m = 1 / 6227020800 + r * (1 / 87178291200)
    m = 1 / 39916800 + r * (1 / 479001600 + r * m)
    m = 1 / 362880 + r * (1 / 3628800 + r * m)
    m = 1 / 5040 + r * (1 / 40320 + r * m)
    m = 1 / 120 + r * (1 / 720 + r * m)
    m = r + r * r * (0.5 + r * (1 / 6 + r * (1 / 24 + r * m)))
    s = np.int64((np.int64(n) + np.int64(1023)) << np.int64(52)).view(np.float64)
    return s, m


# With the JIT on, the overloads below take the place of these three.


def exp(x):
    """e^x of a float32 or float64 number, inside a kernel."""
    return np.exp(x)


def sigmoid(x):
    """1 / (1 + e^-x) of a float32 or float64 number, inside a kernel; its slope is s (1 - s) for s = sigmoid(x)."""
    e = np.exp(-np.abs(x))  # never above 1: no overflow
    return (1 if x >= 0 else e) / (1 + e)


def tanh(x):
    """tanh(x) of a float32 or float64 number, inside a kernel; its slope is 1 - y^2 for y = tanh(x)."""
    return np.tanh(x)


@overload(exp)
def _exp(x):
    if x == types.float32:

        def impl(x):
            s, m = _split_exp32(min(max(x, np.float32(-87.0)), np.float32(88.0)))
            return s + s * m
    else:

        def impl(x):
            s, m = _split_exp64(min(max(x, -708.0), 709.0))
            return s + s * m

    return impl


@overload(sigmoid)
def _sigmoid(x):
    if x == types.float32:

        def impl(x):
            s, m = _split_exp32(min(max(-x, np.float32(-87.0)), np.float32(88.0)))
            return np.float32(1) / (np.float32(1) + (s + s * m))
    else:

        def impl(x):
            s, m = _split_exp64(min(max(-x, -708.0), 709.0))
            return 1 / (1 + (s + s * m))

    return impl


@overload(tanh)
def _tanh(x):
    # tanh x = (e^2x - 1) / (e^2x + 1); beyond +-20 (float64) the quotient is 1 to the last bit.
    if x == types.float32:

        def impl(x):
            s, m = _split_exp32(min(max(x + x, np.float32(-40.0)), np.float32(40.0)))
            e = s * m + (s - np.float32(1))
            return e / (e + np.float32(2))
    else:

        def impl(x):
            s, m = _split_exp64(min(max(x + x, -80.0), 80.0))
            e = s * m + (s - 1.0)
            return e / (e + 2.0)

    return impl
