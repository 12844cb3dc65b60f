"""`lstm-edu info` and `lstm-edu warmup`: what is here, and making it ready."""

import os
from typing import Annotated

import typer

from lstm_edu import __version__
from lstm_edu.core import checks


def info() -> None:
    """Versions, processor, cache folder and threads: what to put into a report of a fault."""
    import platform
    from importlib.metadata import PackageNotFoundError, version

    import llvmlite.binding as llvm

    from lstm_edu.core import get_num_threads
    from lstm_edu.core.cache import FOLDER
    from lstm_edu.core.threads import available_cores

    print(f"lstm_edu {__version__}, Python {platform.python_version()}, {platform.platform()}")
    for name in ("numba", "llvmlite", "numpy", "pandas", "matplotlib", "joblib", "safetensors"):
        try:
            print(f"{name:12} {version(name)}")
        except PackageNotFoundError:
            print(f"{name:12} not installed")
    features = llvm.get_host_cpu_features()
    simd = [name for name in ("avx512f", "avx2", "fma", "avx", "sse4.2", "neon", "sve") if features.get(name)]
    print(f"{'processor':12} {platform.machine()}, {llvm.get_host_cpu_name()} ({', '.join(simd) or 'no SIMD known'})")
    print(f"{'cores':12} {available_cores()} of {os.cpu_count()} may be used")
    print(f"{'threads':12} {get_num_threads()} (LSTM_EDU_NUM_THREADS={os.environ.get('LSTM_EDU_NUM_THREADS', '')})")
    print(f"{'cache':12} {FOLDER or 'none: no folder can be written to, kernels compile in every process'}")


def warmup(
    dtype: Annotated[str, typer.Option(help="float32, float64 or both.")] = "float32",
) -> None:
    """Compile every kernel now, with a progress bar; later runs find the machine code on disk."""
    from lstm_edu.nn.warmup import warm

    names = ("float32", "float64") if dtype == "both" else (checks.float_type(dtype).name,)
    seconds = warm(names)
    print(f"all kernels for {' and '.join(names)} are ready ({seconds:.1f} s)")
