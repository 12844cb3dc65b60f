"""The files that measurements are kept in: rows with a key, of which a new measurement takes the place of an old one.

figures/benchmark.csv    what contest.py measures, a row for each KEY
figures/cold.csv         what cold.py measures, a row for each COLD_KEY
figures/options.csv      what options.py measures, a row for each OPTIONS_KEY
figures/sequences.csv    what sequences.py measures, a row for each SEQUENCES_KEY
"""

import math
import statistics

import pandas as pd

KEY = ("processor", "instructions", "cell", "B", "T", "D", "H", "pass", "threads")
COLD_KEY = ("processor", "instructions", "what")
OPTIONS_KEY = ("processor", "instructions", "option", "B", "T", "D", "H", "pass")
SEQUENCES_KEY = ("processor", "instructions", "who")
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
OURS = "lstm_edu"
PEERS = {"pytorch": "PyTorch", "onnxruntime": "ONNX Runtime", "jax": "JAX", "tensorflow": "TensorFlow"}

INSTRUCTIONS = {"avx512": "AVX-512", "avx2": "AVX2", "sse2": "SSE2", "neon": "NEON"}


def key_of(row, key=KEY):
    return tuple(row[name] for name in key)


def merged(old, new, key=KEY):
    """The rows (dicts) of both; where both have one, the new one. In the order of `place`, else as they came."""
    rows = {key_of(row, key): row for row in [*old, *new]}
    found = list(rows.values())
    return sorted(found, key=place) if key == KEY else found


def place(row):
    """Where a row of the contest stands: by processor, instructions and threads, then in the order of measuring."""
    size = size_of(row)
    rank = SIZES.index(size) if size in SIZES else len(SIZES)
    return (row["processor"], row["instructions"], row["threads"], rank, size, CELLS.index(row["cell"]),
            PASSES.index(row["pass"]))  # fmt: skip


def read(path):
    """The rows of a file; none where there is no file."""
    return pd.read_csv(path).to_dict("records") if path.is_file() else []


def keep(path, new, key=KEY):
    """Put new rows into a file, which may not be there yet; returns all that it holds now."""
    from lstm_edu.core.files import replace_file  # here: contest.py says which instructions to use before this import

    path.parent.mkdir(parents=True, exist_ok=True)
    rows = merged(read(path), new, key)
    replace_file(path, pd.DataFrame(rows).to_csv(index=False, float_format="%.5g").encode())
    return rows


def size_of(row):
    return tuple(int(row[name]) for name in "BTDH")


def known(value):
    """Whether a cell of a table holds something: a file gives NaN where there is nothing."""
    return value is not None and value == value


def times(row):
    """The milliseconds of everybody who took part, by name."""
    return {name: row[f"{name}_ms"] for name in (OURS, *PEERS) if known(row.get(f"{name}_ms"))}


def geometric_mean(values):
    return math.exp(statistics.fmean(map(math.log, values)))


def runs(rows):
    """The rows by (processor, instructions)."""
    found = {}
    for row in rows:
        found.setdefault((row["processor"], row["instructions"]), []).append(row)
    return found


def behind(rows):
    """The rows in which a peer is ahead, the worst first."""
    return sorted((row for row in rows if known(row["ratio"]) and row["ratio"] < 1), key=lambda row: row["ratio"])
