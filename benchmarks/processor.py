"""Which processor this is, which of its vector instructions are in use, and how to do without the widest ones."""

import datetime
import os
import platform
from pathlib import Path

# What came to x86 after AVX2: a processor without AVX-512, as most laptops have, has none of it that matters here.
BEYOND_AVX2 = ("avx512", "avx10", "evex512", "avxvnni", "avxifma", "avxneconvert", "amx")
INSTRUCTIONS = ("avx2",)  # what `limited_to` knows
DEAF = ("onnxruntime",)  # asks the processor itself, and has no switch


def name():
    """The processor's name as the system has it, and the compiler's name of its kind."""
    import llvmlite.binding as llvm

    found = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        models = [line.split(":")[1].strip() for line in cpuinfo.read_text().splitlines() if "model name" in line]
        found = models[0] if models else found
    return f"{found} ({llvm.get_host_cpu_name()})"


def system():
    return f"{platform.system()}, {os.cpu_count()} cores"


def in_use():
    """The instruction set that this process compiles kernels for."""
    from lstm_edu.core import tile

    narrow = "neon" if platform.machine().lower() in ("arm64", "aarch64") else "sse2"
    return {64: "avx512", 32: "avx2"}.get(tile.VECTOR_BYTES, narrow)


def here():
    """What a row of a measurement begins with."""
    return {"processor": name(), "instructions": in_use()}


def made_with(packages):
    """What a row of a measurement ends with: when, on which system, and which versions of these packages."""
    return {"date": datetime.date.today().isoformat(), "system": system(), "versions": versions(packages)}


def native():
    """The widest one that the processor has, whatever this process was told."""
    import llvmlite.binding as llvm

    features = llvm.get_host_cpu_features()
    wide = [name for name, feature in {"avx512": "avx512f", "avx2": "avx2"}.items() if features.get(feature)]
    return wide[0] if wide else in_use()


def limited_to(instructions):
    """The environment in which ours, PyTorch, JAX and TensorFlow use AVX2 alone; it must be there before their import.

    A ValueError for another instruction set than AVX2, and on a processor that lacks it.
    """
    import llvmlite.binding as llvm

    if instructions not in INSTRUCTIONS:
        raise ValueError(f"instructions must be one of {', '.join(INSTRUCTIONS)}, got {instructions!r}")
    features = llvm.get_host_cpu_features()
    if not features.get("avx2"):
        raise ValueError(f"this processor has no AVX2: {name()}")
    kept = {feature: on and not feature.startswith(BEYOND_AVX2) for feature, on in features.items()}
    return {
        "NUMBA_CPU_NAME": "haswell",
        "NUMBA_CPU_FEATURES": ",".join(("+" if on else "-") + feature for feature, on in kept.items()),
        "ATEN_CPU_CAPABILITY": "avx2",
        "ONEDNN_MAX_CPU_ISA": "AVX2",
        "MKL_ENABLE_INSTRUCTIONS": "AVX2",
        "OPENBLAS_CORETYPE": "Haswell",
        "XLA_FLAGS": f"{os.environ.get('XLA_FLAGS', '')} --xla_cpu_max_isa=AVX2".strip(),
    }


def versions(packages):
    """Python's version and those of the packages that are installed, as one line."""
    from importlib.metadata import PackageNotFoundError, version

    found = [f"Python {platform.python_version()}"]
    for package in packages:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            continue
    return ", ".join(found)
