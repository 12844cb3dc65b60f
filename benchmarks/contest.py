"""The contest: every cell of this package against every installed peer, at every size a learner uses.

    python -m pip install -e ".[bench]"
    python benchmarks/contest.py                        all of it: about half an hour on two cores
    python benchmarks/contest.py --instructions avx2    the same as on a processor without AVX-512
    python benchmarks/contest.py --missing              what is not in figures/benchmark.csv yet: after an interruption
    python benchmarks/contest.py --quick                about a minute: was a kernel made slower?
    python benchmarks/contest.py --cells lstm --passes inference --threads 1 --sizes 32,100,32,64
    python benchmarks/readme.py                         afterwards: the figures and the README's tables from the CSV

For each cell, size and pass the contestants take turns, round by round, so that a slow moment of the machine hits all
of them. Printed and kept (`figures/benchmark.csv`): the median time of each, the ratio of the fastest peer's time to
ours (above 1: we are faster), the share of the machine's float32 matrix-product peak, which is measured in between with
the same instructions, and the processor, the instruction set and the versions. A row takes the place of the one that
was measured there before; all others stay. With a choice of peers no file is written, unless `--out` names a folder: a
ratio to fewer peers would pass for the ratio to all.

Every contestant is a process of its own, bound to as many cores as it may use threads, and stopped while others run.
"""

import argparse
import contextlib
import gc
import json
import os
import signal
import statistics
import subprocess
import sys
import time
from pathlib import Path

import processor
import table
from table import CELLS, OURS, PASSES, PEERS, SIZES

GATES = {"rnn": 1, "lstm97": 3, "lstm": 4, "peephole": 4, "gru": 3}
ROOT = Path(__file__).resolve().parents[1]
MODULES = {"pytorch": "torch"}  # where a peer's module has another name

ALL = {  # each option that `--quick` changes
    "cells": CELLS,
    "threads": [1, 2],
    "sizes": SIZES,
    "peers": list(PEERS),
    "seconds": 0.15,
}
QUICK = {
    "cells": ["rnn", "lstm", "gru"],  # PyTorch has no operator for the other two
    "threads": [1],
    "sizes": SIZES[:4],
    "peers": ["pytorch"],
    "seconds": 0.1,
}


def main(args=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="few sizes, against PyTorch alone; writes no file")
    parser.add_argument("--cells", nargs="+", choices=CELLS)
    parser.add_argument("--passes", nargs="+", default=PASSES, choices=PASSES)
    parser.add_argument("--threads", nargs="+", type=int)
    parser.add_argument("--sizes", nargs="+", type=size, metavar="B,T,D,H")
    parser.add_argument("--peers", nargs="*", choices=list(PEERS))
    parser.add_argument("--instructions", choices=processor.INSTRUCTIONS, help="none wider than these, for all")
    parser.add_argument("--missing", action="store_true", help="only rows that the CSV does not have yet")
    parser.add_argument("--seconds", type=float, help="for each contestant of each row")
    parser.add_argument("--out", type=Path, help="folder for the CSV and the figures (default: figures/)")
    parser.add_argument("--serve", metavar="NAME", help=argparse.SUPPRESS)
    options = parser.parse_args(args)
    if options.out is None and not options.quick and options.peers is None:
        options.out = ROOT / "figures"
    for name, value in (QUICK if options.quick else ALL).items():
        if getattr(options, name) is None:
            setattr(options, name, value)
    if options.serve:
        serve(options.serve, options.threads[0])
        return
    if options.instructions:
        # For this process and all that it starts. Nothing of lstm_edu is imported yet: Numba looks once.
        os.environ.update(processor.limited_to(options.instructions))
    options.peers = taking_part(options.peers)
    about = processor.here()
    print(f"{about['processor']}, {processor.system()}: {about['instructions']}", flush=True)
    rows = []
    for threads in options.threads:
        rows += run_all(options, about, threads)
    report(rows, options)


def size(text):
    """The size that an option names: B,T,D,H."""
    numbers = tuple(map(int, text.split(",")))
    if len(numbers) != 4 or min(numbers) < 1:
        raise argparse.ArgumentTypeError(f"a size is four whole numbers B,T,D,H from 1 on, got {text!r}")
    return numbers


def taking_part(peers):
    """Those that are installed and use the same instructions as we do; the others are named."""
    import importlib.util

    found = [peer for peer in peers if importlib.util.find_spec(MODULES.get(peer, peer))]
    for peer in sorted(set(peers) - set(found)):
        print(f"{PEERS[peer]} is not installed and takes no part")
    if processor.in_use() == processor.native():
        return found
    for peer in set(found) & set(processor.DEAF):
        print(
            f"{PEERS[peer]} takes no part: it can't be told to use {processor.in_use()} instead of {processor.native()}"
        )
    return [peer for peer in found if peer not in processor.DEAF]


def run_all(options, about, threads):
    """The rows of one number of threads, each kept as soon as it is measured."""
    rows, names = [], [OURS, *options.peers]
    path = options.out and options.out / "benchmark.csv"
    there = {table.key_of(row) for row in table.read(path)} if path and options.missing else set()
    about = about | {"threads": threads}
    kept = processor.made_with(["numba", "numpy", *(MODULES.get(peer, peer) for peer in options.peers)])
    with contextlib.ExitStack() as stack:
        contestants = {name: stack.enter_context(Contestant(name, threads)) for name in names}
        for B, T, D, H in options.sizes:
            for cell in options.cells:
                places = [about | {"cell": cell, "B": B, "T": T, "D": D, "H": H, "pass": p} for p in options.passes]
                places = [place for place in places if table.key_of(place) not in there]
                if not places:
                    continue
                passes = {name: c.ask(make=[cell, B, T, D, H]) for name, c in contestants.items()}
                measured = []
                for place in places:
                    able = {name: contestants[name] for name in names if place["pass"] in passes[name]}
                    times, peak = measure(able, place["pass"], options.seconds)
                    measured.append(as_row(place, times, peak) | kept)
                    print(describe(measured[-1]), flush=True)
                rows += measured
                if path:
                    table.keep(path, measured)
    return rows


class Contestant:
    """A library in a process of its own, which stands still while others have their turn.

    Idle threads of most libraries wait for work by running in circles for some milliseconds, on the core that the next
    contestant needs; a stopped process has no running threads. Every library is told the number of threads before it
    is loaded, and the process is bound to as many cores.
    """

    def __init__(self, name, threads):
        count, eigen = str(threads), "true" if threads > 1 else "false"
        settings = {
            "LSTM_EDU_NUM_THREADS": count,
            "OMP_NUM_THREADS": count,
            "OPENBLAS_NUM_THREADS": count,
            "MKL_NUM_THREADS": count,
            "TF_NUM_INTRAOP_THREADS": count,
            "TF_NUM_INTEROP_THREADS": "1",
            "TF_CPP_MIN_LOG_LEVEL": "3",
            "XLA_FLAGS": f"{os.environ.get('XLA_FLAGS', '')} --xla_cpu_multi_thread_eigen={eigen}".strip(),
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


def as_row(place, times, peak):
    """A row of the table: where it belongs and what was measured."""
    others = {name: t for name, t in times.items() if name != OURS}
    fastest = min(others, key=others.get) if others else None
    return {name: place[name] for name in table.KEY} | {
        "ratio": others[fastest] / times[OURS] if others else None,
        "fastest_peer": fastest,
        "peak": peak,
        "share_of_peak": share_of_peak(place, times[OURS], peak),
        **{f"{name}_ms": times.get(name) for name in (OURS, *PEERS)},
    }


def share_of_peak(place, milliseconds, peak):
    """On one thread: the multiply-adds of the cell's products, over what the matrix-product peak would have done.

    Backward has two products for each of forward's: the gradient of its input and that of its weights.
    """
    products = {"inference": 1, "forward+backward": 3}.get(place["pass"])
    if products is None or place["threads"] != 1:
        return None
    B, T, D, H = table.size_of(place)
    return 1e-6 * products * 2 * T * B * (D + H) * GATES[place["cell"]] * H / milliseconds / peak


def describe(row):
    times = "  ".join(f"{name} {t:.3f}" for name, t in table.times(row).items())
    how = "no peer" if row["ratio"] is None else f"x {row['ratio']:.2f}"
    peak = "" if row["share_of_peak"] is None else f"  {row['share_of_peak']:.0%} of the peak"
    where = f"{row['cell']:8} {row['pass']:16} {table.size_of(row)!s:20}"
    return f"{row['threads']} thread(s)  {where} {how:9} ms: {times}{peak}"


def report(rows, options):
    """The tables at the end, and the figures of all rows there are."""
    import pandas as pd

    if not rows:
        print("nothing is missing")
        return
    print(f"\n{rows[0]['processor']}, {rows[0]['system']}: {rows[0]['instructions']}\n{rows[0]['versions']}")
    found = pd.DataFrame(rows)
    means = found.dropna(subset="ratio").groupby(["threads", "pass", "cell"], sort=False)["ratio"]
    print("\ngeometric mean of the ratio to the fastest peer")
    print(means.agg(table.geometric_mean).unstack("cell").round(2).to_string())
    print("\nlowest ratio")
    print(means.min().unstack("cell").round(2).to_string())
    behind = table.behind(rows)
    print(f"\na peer is ahead in {len(behind)} of {len(rows)} rows")
    for row in behind:
        print(describe(row))
    key = ["cell", "pass", "B", "T", "D", "H"]
    wide = found.pivot(index=key, columns="threads", values=f"{OURS}_ms")
    if {1, 2} <= set(wide.columns):
        wide["speedup"] = wide[1] / wide[2]
        print("\ntwo threads over one, B >= 16: median", round(wide.query("B >= 16")["speedup"].median(), 2))
        print(wide.query("B >= 16")["speedup"].unstack("cell").round(2).to_string())
    if options.out is not None:
        import pictures

        pictures.draw(table.read(options.out / "benchmark.csv"), options.out)


if __name__ == "__main__":
    main()
