"""The kernels' options."""

import pytest

import lstm_edu.nn  # rooms with kernels outside of cells
import lstm_edu.reproduce  # noqa: F401
from lstm_edu.core.kernel import FASTMATH, KERNELS


@pytest.mark.kernels
def test_no_kernel_lets_the_compiler_forget_nan_or_check_for_division_by_zero():
    assert not FASTMATH & {"nnan", "ninf", "fast"}
    compiled = [k for k in KERNELS if hasattr(k, "targetoptions")]  # none with the JIT switched off
    for k in compiled:
        assert set(k.targetoptions["fastmath"]) == set(FASTMATH), k
        assert k.targetoptions["error_model"] == "numpy", k
        assert k.targetoptions["nogil"], k
    assert len(KERNELS) >= 13
