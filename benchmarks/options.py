"""What an option costs: each switch and relative of a cell beside the cell itself, in turns, on one thread.

    python benchmarks/options.py                    all of them, some minutes: nothing else should run
    python benchmarks/options.py coupled projected  some of them
    python benchmarks/readme.py                     afterwards: the README's table from the CSV

Printed and kept in figures/options.csv: the fastest milliseconds of both and their ratio (below 1: the option is
faster), and how many multiply-adds the option makes for each one of the cell's. A new row takes the place of the one
that was measured there before. Where PyTorch or ONNX Runtime has the option as one operator, their time stands beside.
"""

import argparse
import os
import time
from pathlib import Path

import processor
import table

ROOT = Path(__file__).resolve().parents[1]
SIZES = [(16, 100, 16, 32), (32, 100, 32, 64), (32, 100, 64, 128)]  # B, T, D, H
PASSES = ["inference", "forward+backward"]

# option -> the cell, the class, its arguments; a callable is asked with H
OPTIONS = {
    "cell_clip": ("LSTM", "LSTM", {"cell_clip": 3.0}),
    "cell_clip, peepholes": ("PeepholeLSTM", "PeepholeLSTM", {"cell_clip": 3.0}),
    "coupled": ("LSTM", "CoupledLSTM", {"gate": "i"}),
    "projected": ("LSTM", "ProjectedLSTM", {"projection": lambda H: H // 2}),
    "blocks": ("LSTM97", "BlockLSTM97", {"block_size": 2}),
    **{v: ("PeepholeLSTM", "VariantLSTM", {"variant": v}) for v in ("NIG", "NFG", "NOG", "NIAF", "NOAF", "CIFG")},
    "FGR": ("PeepholeLSTM", "FullGateLSTM", {}),
    "layer norm, output": ("LSTM", "LayerNormLSTM", {"form": "output"}),
    "layer norm, state": ("LSTM", "LayerNormLSTM", {"form": "state"}),
    "noise off": ("LSTM", "NoisyLSTM", {}),
    "recurrent dropout": ("LSTM", "NoisyLSTM", {"recurrent_dropout": 0.3, "per": "sequence"}),
    "candidate dropout": ("LSTM", "NoisyLSTM", {"candidate_dropout": 0.3, "per": "sequence"}),
    "zoneout": ("LSTM", "NoisyLSTM", {"zoneout_h": 0.1, "zoneout_c": 0.1}),
}  # fmt: skip


def main(args=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("options", nargs="*", metavar="OPTION", help=f"of {', '.join(OPTIONS)} (default: all)")
    parser.add_argument("--seconds", type=float, default=1.0, help="for each row")
    parser.add_argument("--instructions", choices=processor.INSTRUCTIONS, help="none wider than these")
    parser.add_argument("--out", type=Path, default=ROOT / "figures", help="folder for options.csv (default: figures/)")
    given = parser.parse_args(args)
    if unknown := set(given.options) - set(OPTIONS):
        parser.error(f"an option must be of {', '.join(OPTIONS)}, got {', '.join(sorted(unknown))}")
    os.environ["LSTM_EDU_NUM_THREADS"] = "1"
    if given.instructions:
        os.environ.update(processor.limited_to(given.instructions))
    about = processor.here()
    kept = processor.made_with(["numba", "numpy", "torch", "onnxruntime"])
    for B, T, D, H in SIZES:
        for option in given.options or OPTIONS:
            for pass_ in PASSES:
                measured = measure(option, pass_, (B, T, D, H), given.seconds)
                row = about | {"option": option, "B": B, "T": T, "D": D, "H": H, "pass": pass_} | measured | kept
                peer = f"  {row['peer']} {row['peer_ms']:.2f} ms" if row["peer"] else ""
                where = f"{option:20} {(B, T, D, H)!s:19} {pass_:16}"
                print(f"{where} x {row['ratio']:.2f}  {row['option_ms']:.2f} ms{peer}", flush=True)
                table.keep(given.out / "options.csv", [row], table.OPTIONS_KEY)


def layers(option, D, H):
    """The cell, and the same with the option."""
    import lstm_edu as le

    cell, cls, arguments = OPTIONS[option]
    arguments = {name: value(H) if callable(value) else value for name, value in arguments.items()}
    return getattr(le, cell)(D, H, rng=0), getattr(le, cls)(D, H, rng=0, **arguments)


def measure(option, pass_, size, seconds):
    """The fastest milliseconds of both, in turns, and what a peer needs that has the option as one operator."""
    import numpy as np

    B, T, D, H = size
    x = np.random.default_rng(0).standard_normal((T, B, D), np.float32)
    plain, other = layers(option, D, H)
    contestants = {"cell": one_pass(plain, pass_, x), "option": one_pass(other, pass_, x)}
    peer, call = beside(option, pass_, other, x)
    if peer:
        contestants["peer"] = call
    best = dict.fromkeys(contestants, np.inf)
    for function in contestants.values():
        function()
        function()
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        for name, function in contestants.items():
            for _ in range(3):
                begin = time.perf_counter()
                function()
                best[name] = min(best[name], time.perf_counter() - begin)
    return {
        "ratio": best["option"] / best["cell"],
        "products": products(other) / products(plain),
        "cell_ms": 1e3 * best["cell"],
        "option_ms": 1e3 * best["option"],
        "peer": peer,
        "peer_ms": 1e3 * best["peer"] if peer else None,
    }


def one_pass(layer, pass_, x):
    import numpy as np

    if pass_ == "inference":
        return lambda: layer(x)
    dy, grads = np.ones((*x.shape[:2], layer.outputs), np.float32), layer.params.empty_like()
    return lambda: layer.backward(dy, layer.forward(x)[1], grads=grads)


def products(layer):
    """The numbers in a layer's matrices: multiply-adds of a step."""
    return sum(array.size for name, array in layer.params.items() if name in ("W", "U", "R", "V"))


def beside(option, pass_, layer, x):
    """PyTorch with its proj_size, ONNX Runtime with its input_forget."""
    try:
        if option == "projected":
            return "PyTorch", pytorch(layer, pass_, x)
        if option == "coupled" and pass_ == "inference":
            return "ONNX Runtime", onnx_runtime(layer, x)
    except ImportError as error:
        print(f"no peer beside {option}: {error}")
    return None, None


def pytorch(layer, pass_, x):
    import torch

    from lstm_edu.interop import to_torch

    torch.set_num_threads(1)
    module, x = to_torch(layer), torch.from_numpy(x).requires_grad_(pass_ != "inference")

    def inference():
        with torch.inference_mode():
            module(x)

    def both():
        module.zero_grad()
        x.grad = None
        module(x)[0].sum().backward()

    return inference if pass_ == "inference" else both


def onnx_runtime(layer, x):
    import tempfile

    import onnxruntime

    from lstm_edu.interop import to_onnx

    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = settings.inter_op_num_threads = 1
    with tempfile.TemporaryDirectory() as folder:
        to_onnx(layer, Path(folder) / "layer.onnx")
        session = onnxruntime.InferenceSession(Path(folder) / "layer.onnx", settings)
    return lambda: session.run(None, {"x": x})


if __name__ == "__main__":
    main()
