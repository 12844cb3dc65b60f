"""Time every cell beside PyTorch: forward, forward + backward, and a whole training step, in one run.

    python benchmarks/cells.py                      all cells, all sizes, one thread
    python benchmarks/cells.py --cells lstm --threads 2

PyTorch (`pip install torch`) is asked where it is installed and has the cell. The contestants take turns, round by
round, so that both see the machine's good and bad moments; printed is the median of the rounds in milliseconds, and
the ratio to PyTorch: above 1, this package is faster.
"""

import argparse
import statistics
import time

import numpy as np
from threadpoolctl import threadpool_limits

import lstm_edu as le

SIZES = [(1, 100, 8, 32), (32, 100, 32, 64), (64, 100, 128, 256)]
PASSES = ["forward", "forward+backward", "training step"]
PYTORCH_CELLS = {"rnn": "RNN", "lstm": "LSTM", "gru": "GRU"}


def ours(cell, B, T, D, H):
    """Three functions, one a pass."""
    rng = np.random.default_rng(0)
    x, dy = rng.standard_normal((T, B, D), np.float32), rng.standard_normal((T, B, H), np.float32)
    target = rng.standard_normal((B, 1)).astype(np.float32)
    arguments = {"reset_after": True} if cell == "gru" else {}  # PyTorch's form
    layer = le.CELLS[cell](D, H, rng=0, **arguments)
    net = le.Sequential([le.CELLS[cell](D, H, rng=0, **arguments), le.Dense(H, 1, steps="last", rng=1)])
    loss, optimizer = le.MeanSquaredError("last"), le.Adam(1e-3)

    def both():
        _, tape = layer.forward(x)
        layer.backward(dy, tape)

    def step():
        y, tape = net.forward(x)
        _, dy = loss(y, target)
        _, grads, _ = net.backward(dy, tape)
        optimizer.step(net.params, grads, clip=1.0)

    return [lambda: layer(x), both, step]


def pytorch(cell, B, T, D, H):
    """The same in PyTorch, or None where it is not installed or lacks the cell."""
    try:
        import torch
    except ImportError:
        return None
    if cell not in PYTORCH_CELLS:
        return None
    rng = np.random.default_rng(0)
    x, dy = (torch.from_numpy(rng.standard_normal((T, B, n), np.float32)) for n in (D, H))
    target = torch.zeros(B, 1)
    layer, inner = (getattr(torch.nn, PYTORCH_CELLS[cell])(D, H) for _ in range(2))
    dense = torch.nn.Linear(H, 1)
    parameters = [*inner.parameters(), *dense.parameters()]
    optimizer = torch.optim.Adam(parameters, 1e-3)
    leaf = x.clone().requires_grad_()

    def forward():
        with torch.inference_mode():
            layer(x)

    def both():
        leaf.grad = None
        layer.zero_grad()
        layer(leaf)[0].backward(dy)

    def step():
        optimizer.zero_grad()
        torch.nn.functional.mse_loss(dense(inner(x)[0][-1]), target).backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()

    return [forward, both, step]


def median_milliseconds(functions, seconds):
    """The median time of each function; they take turns until `seconds` are over, at least five rounds."""
    for function in functions:
        function()
        function()
    times = [[] for _ in functions]
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(times[0]) < 5:
        for function, own in zip(functions, times, strict=True):
            start = time.perf_counter()
            function()
            own.append(time.perf_counter() - start)
    return [1e3 * statistics.median(own) for own in times]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cells", nargs="+", default=list(le.CELLS), choices=list(le.CELLS))
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=1.0, help="for each row of the table")
    arguments = parser.parse_args()
    le.set_num_threads(arguments.threads)
    try:
        import torch

        torch.set_num_threads(arguments.threads)
    except ImportError:
        print("PyTorch is not installed: its column stays empty")
    print(f"{'cell':9} {'(B, T, D, H)':20} {'pass':17} {'lstm_edu':>9} {'pytorch':>9}   ratio   (milliseconds)")
    with threadpool_limits(arguments.threads):
        for cell in arguments.cells:
            for size in SIZES:
                mine, theirs = ours(cell, *size), pytorch(cell, *size)
                for k, name in enumerate(PASSES):
                    pair = [mine[k]] if theirs is None else [mine[k], theirs[k]]
                    times = median_milliseconds(pair, arguments.seconds)
                    peer = f"{times[1]:9.3f} {times[1] / times[0]:7.2f}" if theirs else f"{'-':>9} {'-':>7}"
                    print(f"{cell:9} {size!s:20} {name:17} {times[0]:9.3f} {peer}")


if __name__ == "__main__":
    main()
