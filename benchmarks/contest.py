"""The contest: every cell of this package against every installed peer, at every size a learner uses.

    python -m pip install -e ".[bench]"
    python benchmarks/contest.py                        all of it: about half an hour on two cores
    python benchmarks/contest.py --cells lstm --passes inference --threads 1 --sizes 32,100,32,64

For each cell, size and pass the contestants take turns, round by round, so that a slow moment of the machine hits all
of them. Printed and written (`figures/benchmark.csv`, `figures/benchmark-*.png`): the median time of each, the ratio of
the fastest peer's time to ours (above 1: we are faster), the share of the machine's float32 matrix-product peak, which
is measured in between, and the geometric mean of the ratios per cell and pass.

Every number of threads is a process of its own, bound to as many cores, with every library told to use as many threads.
"""

import argparse
import gc
import json
import math
import os
import platform
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


def main(args=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cells", nargs="+", default=CELLS, choices=CELLS)
    parser.add_argument("--passes", nargs="+", default=PASSES, choices=PASSES)
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--sizes", nargs="+", default=[",".join(map(str, s)) for s in SIZES], help="B,T,D,H")
    parser.add_argument("--peers", nargs="*", default=["pytorch", "onnxruntime", "jax", "tensorflow"])
    parser.add_argument("--seconds", type=float, default=0.15, help="for each contestant of each row")
    parser.add_argument("--out", type=Path, default=ROOT / "figures", help="folder for the CSV and the figures")
    parser.add_argument("--child", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args(args)
    if options.child:
        run_child(options)
        return
    rows = []
    for threads in options.threads:
        rows += run_in_process(options, threads)
    report(rows, options)


def run_in_process(options, threads):
    """The rows of one number of threads, from a process in which every library was told of it before it began."""
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
    command = [sys.executable, __file__, "--child", count, "--seconds", str(options.seconds)]
    for name in ("cells", "passes", "sizes", "peers"):
        command += [f"--{name}", *getattr(options, name)]
    rows = []
    with subprocess.Popen(command, env=os.environ | settings, stdout=subprocess.PIPE, text=True) as child:
        for line in child.stdout:
            if line.startswith("{"):
                rows.append(json.loads(line))
                print(describe(rows[-1]), flush=True)
    if child.returncode:
        raise SystemExit(f"the process with {threads} thread(s) ended with code {child.returncode}")
    return rows


def run_child(options):
    """Time everything with one number of threads; prints a JSON object a row."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: options.child])
    import peers

    available = installed(options.peers)
    if "pytorch" in available:
        import torch

        torch.set_num_threads(options.child)
    for size in options.sizes:
        B, T, D, H = map(int, size.split(","))
        for cell in options.cells:
            makers = {OURS: peers.ours} | {name: peers.PEERS[name] for name in available}
            contestants = {}
            for name, make in makers.items():
                extra = {"threads": options.child} if name == "onnxruntime" else {}
                functions = make(cell, B, T, D, H, **extra)
                if functions:
                    contestants[name] = functions
            for pass_ in options.passes:
                taking_part = {name: f[pass_] for name, f in contestants.items() if pass_ in f}
                times, peak = measure(taking_part, options.seconds, pause=0.02 if options.child > 1 else 0)
                row = {"cell": cell, "B": B, "T": T, "D": D, "H": H, "pass": pass_, "threads": options.child}
                print(json.dumps(row | {"peak": peak, "times": times}), flush=True)


def installed(names):
    import importlib.util

    modules = {"pytorch": "torch"}
    return [name for name in names if importlib.util.find_spec(modules.get(name, name))]


def measure(functions, seconds, pause):
    """The median milliseconds of each function, taking turns, and the matrix-product peak in GFLOP/s in between.

    `pause`: seconds before each turn. Idle threads of most libraries wait for work by running in circles for some
    milliseconds, on the core that the next contestant needs.
    """
    for function in functions.values():
        function()  # compiles
        function()
    times = {name: [] for name in functions}
    peaks = [peak()]
    gc.collect()
    gc.disable()
    end = time.perf_counter() + (seconds + 7 * pause) * len(functions)
    try:
        while time.perf_counter() < end or len(times[OURS]) < 7:
            for name, function in functions.items():
                if pause:
                    time.sleep(pause)
                    function()
                start = time.perf_counter()
                function()
                own = time.perf_counter() - start
                # what is fast is called some times in a row, or the others' traces in the cache would be timed
                for _ in range(min(20, int(0.002 / own))):
                    start = time.perf_counter()
                    function()
                    own = time.perf_counter() - start
                    times[name].append(own)
                if own > 0.0001 or not times[name]:
                    times[name].append(own)
    finally:
        gc.enable()
    peaks.append(peak())
    return {name: 1e3 * statistics.median(own) for name, own in times.items()}, max(peaks)


def peak():
    """GFLOP/s of the best float32 matrix product found on one core: ours and NumPy's, at a size that suits each."""
    import numpy as np

    from lstm_edu.cells import matmul

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
    options.out.mkdir(parents=True, exist_ok=True)
    table.to_csv(options.out / "benchmark.csv", index=False, float_format="%.5g")
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
