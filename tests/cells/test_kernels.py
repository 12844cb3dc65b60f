"""How the cells' kernels are written."""

import ast
import inspect

import pytest
from cases import CELLS, case_id

from lstm_edu.core.kernel import KERNELS


@pytest.mark.parametrize("cell", CELLS, ids=case_id)
def test_no_kernel_widens_float32_by_a_plain_number_minus_something(cell):
    """Numba makes float64 of int64 and float32: half as many numbers in a register. `one` has the weights' type."""
    functions = [getattr(k, "py_func", k) for k in KERNELS if k.__module__ == cell.layer.__module__]
    assert len(functions) >= 2
    for function in functions:
        for node in ast.walk(ast.parse(inspect.getsource(function))):
            if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub):
                assert not isinstance(node.left, ast.Constant), f"{function.__name__}: {ast.unparse(node)}"
