"""The contest: every cell of this package against every installed peer, at every size a learner uses.

    python -m pip install -e ".[bench]"
    python benchmarks/contest.py                        all of it: about half an hour on two cores
    python benchmarks/contest.py --quick                about a minute: was a kernel made slower?
    python benchmarks/contest.py --cells lstm --passes inference --threads 1 --sizes 32,100,32,64

For each cell, size and pass the contestants take turns, round by round, so that a slow moment of the machine hits all
of them. Printed and written (`figures/benchmark.csv`, `figures/benchmark-*.png`): the median time of each, the ratio of
the fastest peer's time to ours (above 1: we are faster), the share of the machine's float32 matrix-product peak, which
is measured in between, and the geometric mean of the ratios per cell and pass.

Every contestant is a process of its own, bound to as many cores as it may use threads, and stopped while others run.
"""

import argparse
import contextlib
import gc
import json
import math
import os
import platform
import signal
import statistics
import subprocess
import sys
import time
from pathlib import Path

SIZES = [  # B, T, D, H
    (1, 100, 2, 4),
    (1, 100, 8, 32),
    (16, 100, 8, 32),
    (32, 100, 32, 64),
    (32, 100, 64, 128),
    (64, 100, 128, 256),
    (64, 50, 256, 512),
    (1, 100, 128, 256),
]
PASSES = ["inference", "forward+backward", "training step"]
CELLS = ["rnn", "lstm97", "lstm", "peephole", "gru"]
GATES = {"rnn": 1, "lstm97": 3, "lstm": 4, "peephole": 4, "gru": 3}
OURS = "lstm_edu"
ROOT = Path(__file__).resolve().parents[1]


ALL = {  # each option that `--quick` changes
    "cells": CELLS,
    "threads": [1, 2],
    "sizes": [",".join(map(str, s)) for s in SIZES],
    "peers": ["pytorch", "onnxruntime", "jax", "tensorflow"],
    "seconds": 0.15,
    "out": ROOT / "figures",
}
QUICK = {
    "cells": ["rnn", "lstm", "gru"],  # PyTorch has no operator for the other two
    "threads": [1],
    "sizes": ["1,100,2,4", "1,100,8,32", "16,100,8,32", "32,100,32,64"],
    "peers": ["pytorch"],
    "seconds": 0.1,
    "out": None,
}


def main(args=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="few sizes, against PyTorch alone; writes no file")
    parser.add_argument("--cells", nargs="+", choices=CELLS)
    parser.add_argument("--passes", nargs="+", default=PASSES, choices=PASSES)
    parser.add_argument("--threads", nargs="+", type=int)
    parser.add_argument("--sizes", nargs="+", help="B,T,D,H")
    parser.add_argument("--peers", nargs="*")
    parser.add_argument("--seconds", type=float, help="for each contestant of each row")
    parser.add_argument("--out", type=Path, help="folder for the CSV and the figures (default: figures/)")
    parser.add_argument("--serve", metavar="NAME", help=argparse.SUPPRESS)
    options = parser.parse_args(args)
    for name, value in (QUICK if options.quick else ALL).items():
        if getattr(options, name) is None:
            setattr(options, name, value)
    if options.serve:
        serve(options.serve, options.threads[0])
        return
    rows = []
    for threads in options.threads:
        rows += run_all(options, threads)
    report(rows, options)


def run_all(options, threads):
    """The rows of one number of threads."""
    rows, names = [], [OURS, *installed(options.peers)]
    with contextlib.ExitStack() as stack:
        contestants = {name: stack.enter_context(Contestant(name, threads)) for name in names}
        for size in options.sizes:
            B, T, D, H = map(int, size.split(","))
            for cell in options.cells:
                passes = {name: c.ask(make=[cell, B, T, D, H]) for name, c in contestants.items()}
                for pass_ in options.passes:
                    taking_part = {name: contestants[name] for name in names if pass_ in passes[name]}
                    times, peak = measure(taking_part, pass_, options.seconds)
                    row = {"cell": cell, "B": B, "T": T, "D": D, "H": H, "pass": pass_, "threads": threads}
                    rows.append(row | {"peak": peak, "times": times})
                    print(describe(rows[-1]), flush=True)
    return rows


class Contestant:
    """A library in a process of its own, which stands still while others have their turn.

    Idle threads of most libraries wait for work by running in circles for some milliseconds, on the core that the next
    contestant needs; a stopped process has no running threads. Every library is told the number of threads before it
    is loaded, and the process is bound to as many cores.
    """

    def __init__(self, name, threads):
        count = str(threads)
        settings = {
            "LSTM_EDU_NUM_THREADS": count,
            "OMP_NUM_THREADS": count,
            "OPENBLAS_NUM_THREADS": count,
            "MKL_NUM_THREADS": count,
            "TF_NUM_INTRAOP_THREADS": count,
            "TF_NUM_INTEROP_THREADS": "1",
            "TF_CPP_MIN_LOG_LEVEL": "3",
            "XLA_FLAGS": f"--xla_cpu_multi_thread_eigen={'true' if threads > 1 else 'false'}",
        }
        command = [sys.executable, __file__, "--serve", name, "--threads", count]
        pipe = subprocess.PIPE
        self.name = name
        self.process = subprocess.Popen(command, env=os.environ | settings, stdin=pipe, stdout=pipe, text=True)

    def ask(self, **question):
        """Let the process run until it has answered."""
        self._signal("SIGCONT")
        try:
            print(json.dumps(question), file=self.process.stdin, flush=True)
            while not (line := self.process.stdout.readline()).startswith("answer "):
                if not line:
                    raise SystemExit(f"the process of {self.name} ended with code {self.process.wait()}")
        except BrokenPipeError:
            raise SystemExit(f"the process of {self.name} ended with code {self.process.wait()}") from None
        self._signal("SIGSTOP")
        return json.loads(line.removeprefix("answer "))

    def _signal(self, name):
        if hasattr(signal, name):  # not on Windows
            self.process.send_signal(getattr(signal, name))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._signal("SIGCONT")
        self.process.stdin.close()
        self.process.wait()


def serve(name, threads):
    """The process of one contestant: a question a line comes in, an answer a line goes out."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
    import peers

    if name == "pytorch":
        import torch

        torch.set_num_threads(threads)
    make = peers.ours if name == OURS else peers.PEERS[name]
    extra = {"threads": threads} if name == "onnxruntime" else {}
    functions = {}
    gc.disable()
    for line in sys.stdin:
        question = json.loads(line)
        if "make" in question:
            functions = make(*question["make"], **extra) or {}
            gc.collect()
            answer = list(functions)
        elif "warm" in question:
            for _ in range(2):
                functions[question["warm"]]()  # the first call compiles
            answer = None
        elif "turn" in question:
            answer = turn(functions[question["turn"]], threads)
        else:
            answer = peak()
        print("answer", json.dumps(answer), flush=True)


def turn(function, threads):
    """The seconds of some calls, after others that are not timed: what comes first meets others' traces in the cache.

    With several threads these others take 30 ms: the system needs them to put the threads on different cores again.
    """
    end = time.perf_counter() + (0.03 if threads > 1 else 0)
    function()
    while time.perf_counter() < end:
        function()
    times = []
    while not times or (len(times) < 20 and sum(times) < 0.002):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return times


def installed(names):
    import importlib.util

    modules = {"pytorch": "torch"}
    return [name for name in names if importlib.util.find_spec(modules.get(name, name))]


def measure(contestants, pass_, seconds):
    """The median milliseconds of each contestant, taking turns, and the matrix-product peak in GFLOP/s around them."""
    for contestant in contestants.values():
        contestant.ask(warm=pass_)
    times, peaks, rounds = {name: [] for name in contestants}, [contestants[OURS].ask(peak=1)], 0
    end = time.perf_counter() + seconds * len(contestants)
    while time.perf_counter() < end or rounds < 7:
        rounds += 1
        for name, contestant in contestants.items():
            times[name] += contestant.ask(turn=pass_)
    peaks.append(contestants[OURS].ask(peak=1))
    return {name: 1e3 * statistics.median(own) for name, own in times.items()}, max(peaks)


def peak():
    """GFLOP/s of the best float32 matrix product found on one core: ours and NumPy's, at a size that suits each."""
    import numpy as np

    from lstm_edu.core import matmul

    best = 0.0
    x, W = np.ones((1, 64, 512), np.float32), np.ones((512, 1024), np.float32)
    dx, delta = np.empty((16, 64, 512), np.float32), np.ones((16, 64, 1024), np.float32)
    square = np.ones((768, 768), np.float32)
    contestants = [(lambda: matmul.input_gradient(delta, W, dx, 0, 64), 16 * x.size * 1024),
                   (lambda: square @ square, 768**3)]  # fmt: skip
    for function, multiply_adds in contestants:
        function()
        for _ in range(3):
            start = time.perf_counter()
            function()
            best = max(best, 2e-9 * multiply_adds / (time.perf_counter() - start))
    return best


def ratio(row):
    """The fastest peer's time over ours; None without a peer."""
    others = [t for name, t in row["times"].items() if name != OURS]
    return min(others) / row["times"][OURS] if others else None


def share_of_peak(row):
    """For inference on one thread: multiply-adds done, over what the matrix-product peak would have done."""
    if row["pass"] != "inference" or row["threads"] != 1:
        return None
    work = 2 * row["T"] * row["B"] * (row["D"] + row["H"]) * GATES[row["cell"]] * row["H"]
    return 1e-6 * work / row["times"][OURS] / row["peak"]


def size_of(row):
    return f"({row['B']}, {row['T']}, {row['D']}, {row['H']})"


def describe(row):
    times = "  ".join(f"{name} {t:.3f}" for name, t in row["times"].items())
    how = "no peer" if ratio(row) is None else f"x {ratio(row):.2f}"
    share = share_of_peak(row)
    peak = "" if share is None else f"  {share:.0%} of the peak"
    return f"{row['threads']} thread(s)  {row['cell']:8} {row['pass']:16} {size_of(row):20} {how:9} ms: {times}{peak}"


def geometric_mean(values):
    return math.exp(statistics.fmean(map(math.log, values)))


def report(rows, options):
    """The tables at the end, the CSV and the figures."""
    import pandas as pd

    table = pd.DataFrame(
        [
            {k: v for k, v in row.items() if k != "times"}
            | {"ratio": ratio(row), "share_of_peak": share_of_peak(row)}
            | {f"{name}_ms": t for name, t in row["times"].items()}
            for row in rows
        ]
    )
    table["machine"], table["versions"] = machine(), versions(options.peers)
    print(f"\n{machine()}\n{versions(options.peers)}\n\ngeometric mean of the ratio to the fastest peer")
    means = table.dropna(subset="ratio").groupby(["threads", "pass", "cell"], sort=False)["ratio"]
    print(means.agg(geometric_mean).unstack("cell").round(2).to_string())
    print("\nlowest ratio")
    print(means.min().unstack("cell").round(2).to_string())
    key = ["cell", "pass", "B", "T", "D", "H"]
    wide = table.pivot(index=key, columns="threads", values=f"{OURS}_ms")
    if {1, 2} <= set(wide.columns):
        wide["speedup"] = wide[1] / wide[2]
        print("\ntwo threads over one, B >= 16: median", round(wide.query("B >= 16")["speedup"].median(), 2))
        print(wide.query("B >= 16")["speedup"].unstack("cell").round(2).to_string())
    if options.out is not None:
        options.out.mkdir(parents=True, exist_ok=True)
        table.to_csv(options.out / "benchmark.csv", index=False, float_format="%.5g")
        draw(table, options.out)


def draw(table, folder):
    """A figure a pass: the ratio for every cell and size, on one thread."""
    from matplotlib import colormaps

    from lstm_edu.plotting import save, style

    for pass_ in table["pass"].unique():
        part = table[(table["pass"] == pass_) & (table["threads"] == table["threads"].min())].dropna(subset="ratio")
        if part.empty:
            continue
        part = part.assign(size=[size_of(row) for row in part.to_dict("records")])
        grid = part.pivot(index="cell", columns="size", values="ratio")
        grid = grid.loc[[c for c in CELLS if c in grid.index], list(dict.fromkeys(part["size"]))]
        figure, axes = style.new_figure(size=(1.6 + 1.05 * grid.shape[1], 1.3 + 0.5 * grid.shape[0]))
        bound = 1.1 * max(1.5, abs(math.log2(grid.max().max())), abs(math.log2(grid.min().min())))
        colours = grid.map(math.log2)
        axes.imshow(colours, cmap=colormaps["PuOr"], vmin=-bound, vmax=bound, aspect="auto")
        for y, cell in enumerate(grid.index):
            for x, size in enumerate(grid.columns):
                value = grid.loc[cell, size]
                dark = abs(colours.loc[cell, size]) > 0.6 * bound
                axes.text(x, y, f"{value:.2f}", ha="center", va="center", color="white" if dark else "black")
        axes.set_xticks(range(grid.shape[1]), grid.columns, fontsize=8)
        axes.set_yticks(range(grid.shape[0]), [style.CELL_TITLES[c] for c in grid.index])
        axes.set_xlabel("(B, T, D, H)")
        threads = int(part["threads"].iloc[0])
        axes.set_title(
            f"{pass_}, {threads} thread(s): time of the fastest peer / ours; above 1 we are faster", fontsize=10
        )
        save(figure, folder / f"benchmark-{pass_.replace('+', '-').replace(' ', '-')}.png")


def machine():
    name = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        models = [line.split(":")[1].strip() for line in cpuinfo.read_text().splitlines() if "model name" in line]
        name = models[0] if models else name
    import llvmlite.binding as llvm

    return f"{name} ({llvm.get_host_cpu_name()}), {os.cpu_count()} cores, {platform.system()}"


def versions(peers):
    from importlib.metadata import PackageNotFoundError, version

    found = [f"Python {platform.python_version()}"]
    for name in ["numba", "numpy", *({"pytorch": "torch"}.get(p, p) for p in peers)]:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return ", ".join(found)


if __name__ == "__main__":
    main()
