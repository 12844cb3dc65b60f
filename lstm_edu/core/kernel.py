"""The one place for Numba's options. `@kernel` compiles a function on its first call and keeps the code on disk."""

import functools
from collections.abc import Callable
from typing import Any

import numba

from . import cache
from .functions import sigmoid, tanh  # noqa: F401  chapter 11 takes them from here

# Everything of "fastmath" but nnan and ninf: with those two the compiler may assume that NaN does not occur, and a
# network that diverged would look healthy.
FASTMATH = frozenset({"reassoc", "contract", "arcp", "nsz", "afn"})

# Without this error model there is a branch for a division by zero, and no loop with a division vectorises.
OPTIONS: dict[str, Any] = {"error_model": "numpy", "fastmath": set(FASTMATH)}

KERNELS: list[Any] = []  # every kernel of the package, for `lstm-edu warmup` and the tests


def kernel(function: Callable | None = None, *, inlined: bool = False) -> Any:
    """Compile a function with Numba on its first call, with this package's options; machine code is kept on disk.

    The options: no zero-division branch (`error_model="numpy"`), the part of fastmath that keeps NaN, and the GIL
    released so that slices of a batch can run on several threads. Where no folder can be written to, kernels are
    compiled anew in each process.

    Parameters
    ----------
    function : function
        One of a module, without a closure.
    inlined : bool
        Whether its code becomes part of each kernel that calls it, written `@kernel(inlined=True)`. An array is seven
        arguments of machine code: a step that is called with 20 of them spends a quarter of its time on passing them
        on. Every caller holds a copy, which costs compile time: this is for what runs once a step.

    Returns
    -------
    numba dispatcher
        The kernel; with the JIT switched off, `function` itself.
    """
    if function is None:
        return functools.partial(kernel, inlined=inlined)
    compiled = numba.njit(nogil=True, forceinline=inlined, **OPTIONS)(function)
    cache.keep_on_disk(compiled, cache.FOLDER)
    KERNELS.append(compiled)
    return compiled
