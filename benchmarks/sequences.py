"""What an experiment of 1997 is made of: one sequence, one change of the weights, millions of times.

    python benchmarks/sequences.py                       half a minute: nothing else should run
    python benchmarks/sequences.py --instructions avx2   as on a processor without AVX-512
    python benchmarks/readme.py                          afterwards: the README's table from the CSV

The adding problem with T = 100, one thread, and a network as small as the paper's: here its memory blocks and its
truncated rule, 93 weights; JAX the same network with the full gradient, as a scan over sequences that is compiled as a
whole; PyTorch and this package's `fit` an LSTM with 4 units, 117 weights. The rule of 1997 runs in float64, all others
in float32; all descend the plain gradient.
Sequences lie there before the clock begins. Everybody takes turns; kept in figures/sequences.csv are time steps a
second, learning included, of the fastest turn. A new row takes the place of the one that was measured there before.
"""

import argparse
import os
import time
from pathlib import Path

import processor
import table

ROOT = Path(__file__).resolve().parents[1]
T, N, RATE = 100, 200, 0.05  # steps, sequences of a turn


def adding():
    """N sequences: x (N, T, 2), of which each two are marked, and their targets (N, 1).

    All have T steps, not T to 1.1 T as the package's tasks draw them: JAX compiles for one length.
    """
    import numpy as np

    rng = np.random.default_rng(0)
    x = np.zeros((N, T, 2))
    x[:, :, 0] = rng.uniform(-1, 1, (N, T))
    marked = np.stack([rng.integers(0, T // 2, N), rng.integers(T // 2, T, N)], axis=1)
    np.put_along_axis(x[:, :, 1], marked, 1.0, axis=1)
    return x, 0.5 + (x[:, :, :1] * x[:, :, 1:]).sum(axis=1) / 4


def network():
    """The memory blocks of experiment 4: two, with two cells each."""
    from lstm_edu.reproduce import PAPERS, papers
    from lstm_edu.reproduce.hochreiter1997 import Network

    adding = papers.experiment_of(PAPERS["hochreiter1997"], "adding")
    return Network(adding.row("100").setting.design, rng=0)


def ours_1997():
    """The paper's network and rule. Returns (what a turn does, how many weights it changes)."""
    import numpy as np

    from lstm_edu.reproduce.hochreiter1997 import blocks

    x, target = adding()
    behind = np.zeros((N, 1, 2))  # a sequence ends with one more symbol, which is not read here
    lines = np.broadcast_to(np.arange(2), (N, T + 1, 2)).copy()
    net, order, no_rule = network(), np.arange(N), (np.zeros((0, 2)), np.zeros(2, np.int64), np.zeros(3))
    given = (lines, np.concatenate([x, behind], axis=1), np.full(N, T), target, order, RATE, *no_rule, np.zeros(N))
    return lambda: blocks.learn(*net.kernel_arguments, *given), net.design.count()


def ours_fit():
    """A step of `fit` with batches of one."""
    import numpy as np

    import lstm_edu as le

    x, target = adding()
    net = le.Sequential([le.LSTM(2, 4, rng=0), le.Dense(4, 1, steps="last", rng=1)])
    data = np.ascontiguousarray(x.transpose(1, 0, 2), np.float32), target.astype(np.float32)
    task = le.tasks.Arrays(*data, loss="mean_squared_error", steps="last")
    endless = {"steps": 10**9, "every": 10**9}  # no evaluation: no peer makes one
    training = le.Training(net, task, batch=1, optimizer=le.SGD(RATE), seed=0, **endless)

    def turn():
        for _ in range(N):
            training.step()

    return turn, sum(array.size for array in net.params.values())


def pytorch():
    """The usual loop around nn.LSTM."""
    import torch

    torch.set_num_threads(1)
    x, target = (torch.from_numpy(array).float() for array in adding())
    x = x.transpose(0, 1).unsqueeze(2)  # (T, N, 1, 2)
    layer, dense = torch.nn.LSTM(2, 4), torch.nn.Linear(4, 1)
    weights = [*layer.parameters(), *dense.parameters()]
    optimizer = torch.optim.SGD(weights, RATE)

    def turn():
        for n in range(N):
            optimizer.zero_grad()
            torch.nn.functional.mse_loss(dense(layer(x[:, n])[0][-1]), target[n : n + 1]).backward()
            optimizer.step()

    second = layer.bias_hh_l0.numel()  # a bias that adds nothing to the first
    return turn, sum(weight.numel() for weight in weights) - second


def jax_loss(weights, x, target):
    """Half the squared error of the memory blocks' output for one sequence, in JAX; x (T, 2)."""
    import jax
    import jax.numpy as jnp

    W, U, b, Uo, bo = weights
    sigmoid = jax.nn.sigmoid

    def step(state, x_t):
        y, s = state
        a = sigmoid(x_t @ W + y @ U + b)
        i, o, f_c = jnp.repeat(a[:2], 2), jnp.repeat(a[2:4], 2), a[4:]
        s = s + i * (4 * f_c - 2)
        y = jnp.concatenate([a[:4], o * (2 * sigmoid(s) - 1)])
        return (y, s), None

    zero = (jnp.zeros(8, x.dtype), jnp.zeros(4, x.dtype))
    (y, _), _ = jax.lax.scan(step, zero, x)
    return 0.5 * jnp.sum((target - y[4:] @ Uo - bo) ** 2)


def jax():
    """The same memory blocks with the full gradient: a scan over sequences around a scan over steps, under one jit."""
    import jax
    import jax.numpy as jnp

    x, target = (jnp.asarray(array, jnp.float32) for array in adding())
    net = network()
    weights = tuple(jnp.asarray(w, jnp.float32) for w in (net.net.W, net.net.U, net.net.b, net.net.Uo, net.net.bo))
    gradient = jax.grad(jax_loss)

    def learn(weights, sequence):
        d = gradient(weights, *sequence)
        return tuple(w - RATE * dw for w, dw in zip(weights, d, strict=True)), None

    learn_all = jax.jit(lambda weights: jax.lax.scan(learn, weights, (x, target))[0])
    state = [weights]

    def turn():
        state[0] = jax.block_until_ready(learn_all(state[0]))

    return turn, sum(w.size for w in weights)


WHO = {
    "rule of 1997": ("this package: memory blocks and rule of 1997", ours_1997),
    "fit": ("this package: LSTM, a step of `fit`", ours_fit),
    "jax": ("JAX: the same memory blocks, full gradient, all under `jit`", jax),
    "pytorch": ("PyTorch: `nn.LSTM`, the usual loop", pytorch),
}


def main(args=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("who", nargs="*", help=f"of {', '.join(WHO)} (default: all)")
    parser.add_argument("--seconds", type=float, default=5.0, help="for each contestant")
    parser.add_argument("--instructions", choices=processor.INSTRUCTIONS, help="none wider than these")
    parser.add_argument("--out", type=Path, default=ROOT / "figures", help="for sequences.csv (default: figures/)")
    options = parser.parse_args(args)
    if unknown := set(options.who) - set(WHO):
        parser.error(f"who must be of {', '.join(WHO)}, got {', '.join(sorted(unknown))}")
    os.environ |= {"LSTM_EDU_NUM_THREADS": "1", "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false"}
    if options.instructions:
        os.environ.update(processor.limited_to(options.instructions))
    about = processor.here()
    kept = processor.made_with(["numba", "numpy", "torch", "jax"])
    for row in measure(options.who or list(WHO), options.seconds):
        print(f"{row['steps_per_second']:12,.0f} steps a second  {row['title']}, {row['weights']} weights", flush=True)
        table.keep(options.out / "sequences.csv", [about | row | kept], table.SEQUENCES_KEY)


def measure(who, seconds):
    """A row for each contestant that is installed."""
    turns, best = {}, {}
    for name in who:
        title, make = WHO[name]
        try:
            turn, weights = make()
        except ImportError as error:
            print(f"{name} takes no part: {error}")
            continue
        turn()
        turn()
        turns[name], best[name] = (title, turn, weights), float("inf")
    end = time.perf_counter() + seconds * len(turns)
    while time.perf_counter() < end:
        for name, (_, turn, _) in turns.items():
            begin = time.perf_counter()
            turn()
            best[name] = min(best[name], time.perf_counter() - begin)
    return [
        {"who": name, "title": title, "weights": weights, "T": T, "steps_per_second": N * T / best[name]}
        for name, (title, _, weights) in turns.items()
    ]


if __name__ == "__main__":
    main()
