"""Functions that kernels call by name, as C programs do, so that they are compiled once and not into every kernel.

    @by_name("x")
    def scale(x, factor, n): ...        in a kernel: scale(at(array, 0), 2, array.size)

The call is that of a symbol, `lstm_edu_scale_float32` or `..._float64`. LLVM has to know its address before it loads
machine code with such a call: it learns it here when the calling kernel is compiled, and when one comes from the disk.
"""

import inspect
import re
from collections.abc import Callable
from typing import Any

import llvmlite.binding as llvm
import numba
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from . import cache
from .kernel import OPTIONS

_NUMBERS = {"float32": types.float32, "float64": types.float64}
_SYMBOL = re.compile(rb"lstm_edu_(\w+?)_(float32|float64)")

_functions: dict[str, tuple[Callable, tuple[str, ...]]] = {}
_addresses: dict[str, Callable[[str], int]] = {}
_known: dict[str, Any] = {}  # symbol -> what holds its machine code


def by_name(*pointers: str) -> Callable[[Callable], Callable]:
    """Make a function that kernels call by name. It returns nothing.

    Parameters
    ----------
    *pointers : str
        Which of its arguments are pointers to numbers, float32 or float64, all of one type; the others are whole
        numbers.

    Returns
    -------
    callable
        A decorator.
    """

    def decorate(function: Callable) -> Callable:
        _functions[function.__name__] = function, pointers

        @intrinsic
        def call(typing_context, *arguments):
            numbers = {a.dtype for a in arguments if isinstance(a, types.CPointer)}
            if len(numbers) != 1:
                got = sorted(map(str, numbers))
                raise numba.TypingError(f"a {function.__name__} of one type of numbers, got {got}")
            number = numbers.pop()
            symbol, form = ensure(function.__name__, number.name), _form(function.__name__, number)

            def build(context, builder, signature, arguments):
                values = cgutils.unpack_tuple(builder, arguments[0])
                kinds = zip(values, signature.args[0], form.args, strict=True)
                values = [context.cast(builder, value, given, needed) for value, given, needed in kinds]
                _call(symbol, ir.VoidType(), builder, values)
                return context.get_dummy_value()

            return types.void(types.StarArgTuple(arguments)), build

        call.__doc__ = function.__doc__
        return call

    return decorate


def define(name: str, result: Any, address: Callable[[str], int]) -> Callable:
    """Make a function that gives kernels an address of this process: in their own code it would be one of another.

    Parameters
    ----------
    name : str
        Of the function.
    result : numba type
        Of the pointer that it gives.
    address : callable
        "float32" or "float64" -> the address for those numbers.

    Returns
    -------
    callable
        To be called in a kernel with a pointer to such numbers.
    """
    _addresses[name] = address

    @intrinsic
    def call(typing_context, like):
        symbol = ensure(name, like.dtype.name)

        def build(context, builder, signature, arguments):
            return _call(symbol, context.get_value_type(result), builder, [])

        return result(like), build

    return call


def _call(symbol, result, builder, values):  # pragma: no cover - not where kernels come from the disk
    """Machine code for the call of a symbol."""
    form = ir.FunctionType(result, [value.type for value in values])
    return builder.call(cgutils.get_or_insert_function(builder.module, form, symbol), values)


def ensure(name: str, number: str) -> str:
    """Let LLVM know a function, which is compiled or loaded if it has to be.

    Parameters
    ----------
    name : str
        Of the function.
    number : str
        "float32" or "float64".

    Returns
    -------
    str
        Its symbol.
    """
    symbol = f"lstm_edu_{name}_{number}"
    if symbol not in _known:
        if name in _addresses:
            made, address = _function_that_returns(_addresses[name](number), symbol)
        else:
            made = cache.compiled_for_c(_functions[name][0], _form(name, _NUMBERS[number]), OPTIONS, cache.FOLDER)
            address = made.address
        llvm.add_symbol(symbol, address)
        _known[symbol] = made
    return symbol


def from_python(name: str, number: str) -> Callable:
    """The same function for Python; the GIL is released while it runs.

    Parameters
    ----------
    name : str
        Of the function.
    number : str
        "float32" or "float64".

    Returns
    -------
    callable
        Of addresses (None: no address) and whole numbers.
    """
    return _known[ensure(name, number)].ctypes


def address(name: str, number: str) -> int:
    """Where its machine code begins.

    Parameters
    ----------
    name : str
        Of the function.
    number : str
        "float32" or "float64".

    Returns
    -------
    int
        The address, in this process.
    """
    return _known[ensure(name, number)].address  # pragma: no cover - machine code


def _function_that_returns(address: int, symbol: str) -> tuple[Any, int]:
    """What holds its machine code, and its own address."""
    module, word = ir.Module(), ir.IntType(64)
    module.triple = llvm.get_process_triple()  # which also says of what form an object file is
    function = ir.Function(module, ir.FunctionType(word.as_pointer(), []), symbol)
    builder = ir.IRBuilder(function.append_basic_block())
    builder.ret(builder.inttoptr(ir.Constant(word, address), word.as_pointer()))
    machine = llvm.Target.from_triple(module.triple).create_target_machine()
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(str(module)), machine)
    engine.finalize_object()
    return engine, engine.get_function_address(symbol)


def _form(name: str, number: Any) -> Any:
    function, pointers = _functions[name]
    arguments = inspect.signature(function).parameters
    return types.void(*(types.CPointer(number) if a in pointers else types.intp for a in arguments))


def _ensure_all_in(code: bytes) -> None:
    for name, number in set(_SYMBOL.findall(code)):
        if name.decode() in _functions or name.decode() in _addresses:
            ensure(name.decode(), number.decode())


cache.before_loading.append(_ensure_all_in)
