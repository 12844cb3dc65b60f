"""A sweep on a thousand workers, on paper: what the scheduler, the store and the cache of kernels cost then.

    python benchmarks/thousand.py                the tables, for some lengths of a run
    python benchmarks/thousand.py --page         the same, into notebooks/clusters.md
    python benchmarks/thousand.py --measure      what the assumptions are on this machine

Nobody here has a thousand workers, so this is a simulation of queues, event by event. It assumes:

- Each node loads Python, the packages and the kernels from one file server, which sends to one node after the other;
  the other workers of the node find them in its memory.
- The scheduler is one thread. A run that ends keeps it busy for 1 ms, the upper end of what Dask's own documentation
  says a task costs, and until then the worker waits for its next run. Dask in fact lets a run wait at the worker.
- The process that started the sweep is one thread too. It takes the result from the worker, and adds a line to the
  table, which is on the disk before the next one begins. It keeps no worker waiting as long as the scheduler knows of
  10,000 further runs.
- Runs differ: their lengths are lognormal around the mean, half of them between 0.71 and 1.4 times the median.

What it leaves out: queues of SLURM, workers that die, and a network that is slow for other reasons.
"""

import argparse
import heapq
import math
import os
import re
import tempfile
import time
from collections import deque
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

PAGE = Path(__file__).resolve().parents[1] / "notebooks" / "clusters.md"
MEANS = (1, 3, 10, 60, 600)  # seconds of a run


@dataclass(frozen=True)
class Assumed:
    """Seconds, bytes and bytes a second."""

    workers: int = 1000
    per_node: int = 32
    runs: int = 100_000
    scheduler: float = 0.001  # of its one thread, a run
    gather: float = 0.002  # of the process that started the sweep, a result
    store: float = 0.005  # of the same process: a line that is on the disk, of a cluster's shared file system
    ahead: int = 10_000  # runs that the scheduler knows of, see lstm_edu.experiments.cluster
    packages: float = 400e6  # what a node reads at the start: Python, NumPy, Numba, LLVM, pandas, Dask
    kernels: float = 1e6  # and of the cache of kernels, for a cell
    server: float = 1e9  # what the file server sends in a second
    loading: float = 3.0  # a worker's own time for all that it has read
    compiling: float = 15.0  # for a cell, where there is no cache
    spread: float = 0.5  # of the logarithm of a run's length


def starts(assumed, cached=True):
    """When each worker is ready."""
    each = (assumed.packages + (assumed.kernels if cached else 0)) / assumed.server
    own = assumed.loading + (0 if cached else assumed.compiling)
    return [(k // assumed.per_node + 1) * each + own for k in range(assumed.workers)]


def simulated(mean, assumed, ready=None):
    """What a sweep costs whose runs take so long.

    Returns a dict: seconds until the last line is on the disk; efficiency, the work divided by the workers' time; and
    of that time the scheduler's thread and the starting process were at work.
    """
    rng = np.random.default_rng(0)
    length = mean * np.exp(assumed.spread * rng.normal(size=assumed.runs) - assumed.spread**2 / 2)
    events = [(begin, k, -1) for k, begin in enumerate(starts(assumed) if ready is None else ready)]
    heapq.heapify(events)  # (when, worker, the run that it has ended)
    scheduler_free = store_free = 0.0
    begun, stored, last = 0, deque(), 0.0
    while events:
        now, worker, ended = heapq.heappop(events)
        scheduler_free = max(scheduler_free, now) + assumed.scheduler
        if ended >= 0:
            store_free = max(store_free, scheduler_free) + assumed.gather + assumed.store
            stored.append(store_free)
            last = store_free
        if begun < assumed.runs:
            # the run is known to the scheduler once all but `ahead` of those before it are stored
            known = stored[begun - assumed.ahead] if begun >= assumed.ahead else 0.0
            heapq.heappush(events, (max(scheduler_free, known) + length[begun], worker, begun))
            begun += 1
    busy = {"scheduler": assumed.scheduler * (assumed.runs + assumed.workers)}
    busy["store"] = (assumed.gather + assumed.store) * assumed.runs
    return {"seconds": last, "efficiency": length.sum() / assumed.workers / last} | {
        name: seconds / last for name, seconds in busy.items()
    }


def tables(assumed):
    """The tables of the page, as lines of Markdown."""
    lines = [
        f"| a run takes | {assumed.runs:,} runs take | efficiency | scheduler busy | store busy | what limits |",
        "| ---: | ---: | ---: | ---: | ---: | --- |",
    ]
    for mean in MEANS:
        found = simulated(mean, assumed)
        least = max(("scheduler", "store"), key=lambda name: found[name])
        limit = f"the {least}" if found[least] > 0.9 else "start and end" if found["efficiency"] < 0.95 else "nothing"
        shares = " | ".join(f"{found[name]:.0%}" for name in ("efficiency", "scheduler", "store"))
        lines.append(f"| {mean:g} s | {_time(found['seconds'])} | {shares} | {limit} |")
    lines += ["", "| what a start costs | until the last worker is ready | processor time |", "| --- | ---: | ---: |"]
    local = replace(assumed, packages=0.0)
    for title, case, cached in [
        ("everything from one file server, kernels from the cache", assumed, True),
        ("the same without a cache: each worker compiles", assumed, False),
        ("packages in each node's image, kernels from the cache", local, True),
        ("packages in each node's image, each worker compiles", local, False),
    ]:
        own = case.loading + (0 if cached else case.compiling)
        lines.append(f"| {title} | {_time(starts(case, cached)[-1])} | {case.workers * own / 3600:.1f} h |")
    return lines


def _time(seconds):
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def write_page(lines, path=PAGE):
    """Put the tables between their marks; returns whether that changed anything."""
    text = path.read_text(encoding="utf-8")
    new = re.sub(r"(<!-- the tables -->\n).*?(<!-- end -->)", lambda m: f"{m[1]}\n" + "\n".join(lines) + f"\n\n{m[2]}",
                 text, flags=re.DOTALL)  # fmt: skip
    path.write_text(new, encoding="utf-8")
    return new != text


def measure(folder=None):
    """What a line in the store, a result from a Dask worker, and the kernels of a cell cost here."""
    from lstm_edu.core import cache
    from lstm_edu.experiments import cluster
    from lstm_edu.experiments.lines import append

    with tempfile.TemporaryDirectory(dir=folder) as name:
        path, count = Path(name, "a.csv"), 300
        begin = time.perf_counter()
        for _ in range(count):
            append(path, [["x" * 250]])
        print(f"a line in the store: {(time.perf_counter() - begin) / count * 1e3:.2f} ms in {name}")
    with cluster.connected("local", min(2, os.cpu_count() or 1), 2) as client:
        list(cluster.results(client, math.sqrt, range(200), None))
        begin, used, count = time.perf_counter(), time.process_time(), 2000
        list(cluster.results(client, math.sqrt, range(count), None))
        took, used = time.perf_counter() - begin, time.process_time() - used
        print(f"a result from a Dask worker: {took / count * 1e3:.2f} ms; scheduler, this process and its client need "
              f"{used / count * 1e3:.2f} ms of a processor")  # fmt: skip
    sizes = [path.stat().st_size for path in cache.FOLDER.iterdir()] if cache.FOLDER else []
    print(f"the cache of kernels: {sum(sizes) / 1e6:.2f} MB in {len(sizes)} files")


def main(args=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", type=int, default=Assumed.workers)
    parser.add_argument("--runs", type=int, default=Assumed.runs)
    parser.add_argument("--page", action="store_true", help=f"write the tables into {PAGE.name}")
    parser.add_argument("--measure", action="store_true", help="what the assumptions are on this machine")
    options = parser.parse_args(args)
    if options.measure:
        measure()
        return
    if options.page:
        print(f"{PAGE}: {'written' if write_page(tables(Assumed())) else 'as it was'}")
        return
    print("\n".join(tables(Assumed(workers=options.workers, runs=options.runs))))


if __name__ == "__main__":
    main()
