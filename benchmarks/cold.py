"""What the first call costs: import and compilation, each from an empty cache in a process of its own.

    python benchmarks/cold.py                    all of it, some minutes: nothing else should run
    python benchmarks/cold.py import first       some of it

Printed and kept in figures/cold.csv, a row for each processor and instruction set, where a new one takes the place of
the old one.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import processor
import table

ROOT = Path(__file__).resolve().parents[1]

IMPORT = "import time; begin = time.perf_counter(); import lstm_edu as le; print(time.perf_counter() - begin)"
FIRST = """
import time
import numpy as np
import lstm_edu as le
x = np.ones((100, 32, 32), np.float32)
layer, begin = le.LSTM(32, 64, rng=0), time.perf_counter()
y, tape = layer.forward(x)
layer.backward(y, tape)
print(time.perf_counter() - begin)
"""

# What is measured: the title, Python's arguments, and whether the process prints its own seconds.
MEASURED = {
    "import": ("import", ["-c", IMPORT], True),
    "first": ("first forward + backward of an LSTM", ["-c", FIRST], True),
    "warmup": ("`lstm-edu warmup`: all kernels", ["-m", "lstm_edu", "warmup"], False),
    "compare": ("`lstm-edu compare adding`", ["-m", "lstm_edu", "compare", "adding", "--out", "."], False),
}


def main(args=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="*", help=f"of {', '.join(MEASURED)} (default: all)")
    parser.add_argument("--instructions", choices=processor.INSTRUCTIONS, help="none wider than these")
    parser.add_argument("--out", type=Path, default=ROOT / "figures", help="folder for cold.csv (default: figures/)")
    options = parser.parse_args(args)
    if unknown := set(options.what) - set(MEASURED):
        parser.error(f"what must be of {', '.join(MEASURED)}, got {', '.join(sorted(unknown))}")
    if options.instructions:
        os.environ.update(processor.limited_to(options.instructions))
    about = processor.here()
    kept = processor.made_with(["numba", "llvmlite", "numpy"])
    print(f"{about['processor']}, {processor.system()}: {about['instructions']}\n{kept['versions']}\n", flush=True)
    seconds_of("import")  # Python's own files of byte code, and the system's cache of the disk
    for what in options.what or MEASURED:
        row = about | {"what": what, "title": MEASURED[what][0], "seconds": seconds_of(what)} | kept
        table.keep(options.out / "cold.csv", [row], table.COLD_KEY)
        print(f"{row['seconds']:8.2f} s  {row['title']}", flush=True)


def seconds_of(what):
    """How long it takes with an empty cache; for a command with the start of its process."""
    _, arguments, says_itself = MEASURED[what]
    with tempfile.TemporaryDirectory() as folder:
        paths = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
        environment = os.environ | {"NUMBA_CACHE_DIR": str(Path(folder, "cache")), "PYTHONPATH": paths}
        begin = time.perf_counter()
        done = subprocess.run(
            [sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
        seconds = time.perf_counter() - begin
    if done.returncode:
        raise SystemExit(f"{what} ended with code {done.returncode}:\n{done.stderr}")
    return float(done.stdout.split()[-1]) if says_itself else seconds


if __name__ == "__main__":
    main()
