"""What a sweep on a cluster of this machine loses: two Dask workers beside one, with the same runs.

    python benchmarks/sweep.py                   three rounds, some minutes: nothing else should run
    python benchmarks/sweep.py --rounds 1 --runs 4 --steps 100      a quick look

From the first run that is sent to the last row on the disk:

- efficiency: how often faster than one worker, divided by the workers. It is a product of two things:
- busy: the seconds that runs took in the workers, divided by the seconds that the workers were there, beside the same
  with one worker. What is missing to 1 is what the scheduler, the network, the store and an idle last worker take,
  whatever else the machine does. Only training counts as busy, the test of each run does not.
- a run's own speed with all workers, beside that with one: what the machine takes, whose cores share memory and a
  budget of heat, and serve other programs too.

Each round measures both clusters, one after the other, so that a slow minute strikes both; medians over the rounds.
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import lstm_edu as le
from lstm_edu.experiments import Run, cluster


def runs(options):
    task = le.tasks.Adding(length=100)
    return [Run(task, "lstm", options.units, steps=options.steps, seed=seed) for seed in range(options.runs)]


def measured(client, options):
    """(seconds, seconds in runs, seconds of the longest run) of a sweep on a cluster that has begun before."""
    with tempfile.TemporaryDirectory() as folder:
        begin = time.perf_counter()
        table = le.sweep(runs(options), dask=client.scheduler.address, out=Path(folder, "sweep.csv"),
                         progress_bar=False)  # fmt: skip
        took = time.perf_counter() - begin
    if not (table["status"] == "done").all():
        raise SystemExit(f"runs failed: {table['error'].unique()}")
    return took, table["seconds"].sum(), table["seconds"].max()


def main(args=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", type=int, default=2, help="beside one (default: 2)")
    parser.add_argument("--runs", type=int, default=12, help="of a sweep, a multiple of the workers (default: 12)")
    parser.add_argument("--units", type=int, default=64)
    parser.add_argument("--steps", type=int, default=400, help="of each run (default: 400, a few seconds)")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args(args)
    found = {1: [], options.workers: []}
    with (
        cluster.connected("local", 1, options.runs) as one,
        cluster.connected("local", options.workers, options.runs) as more,
    ):
        clients = {1: one, options.workers: more}
        for client in clients.values():  # kernels are loaded, and nothing is new, when the clock begins
            le.sweep(runs(options)[: 2 * options.workers], dask=client.scheduler.address, progress_bar=False)
        for number in range(options.rounds):
            for workers, client in clients.items():
                took, inside, longest = measured(client, options)
                found[workers].append((took, inside / workers / took))
                print(f"round {number + 1}, {workers} workers: {took:.1f} s for {options.runs} runs, "
                      f"the longest {longest:.1f} s; busy {found[workers][-1][1]:.3f}", flush=True)  # fmt: skip
    one_took, took = (statistics.median(each[0] for each in found[workers]) for workers in found)
    busy = {workers: statistics.median(each[1] for each in found[workers]) for workers in found}
    efficiency, kept = one_took / took / options.workers, busy[options.workers] / busy[1]
    print(f"{options.workers} workers: efficiency {efficiency:.3f} ({one_took:.1f} s and {took:.1f} s) = "
          f"{kept:.3f} of the time busy ({busy[options.workers]:.3f} and {busy[1]:.3f}) x "
          f"{efficiency / kept:.3f} of the speed of a run alone")  # fmt: skip


if __name__ == "__main__":
    main()
