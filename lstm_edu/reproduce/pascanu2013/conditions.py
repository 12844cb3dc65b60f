"""Temporal order with and without clipping from three kinds of initial weights, and gradients before training."""

from lstm_edu.reproduce.paper import Experiment, Measure, Paper, Published, Row

from . import trial
from .order import Order
from .trial import LENGTHS, Setting, Untrained

CODE = (
    "After the authors' published code: six symbols, p0 in 0.1 L .. 0.2 L - 1 and p1 in 0.5 L .. 0.6 L - 1, 50 units, "
    "SGD at 0.01 with batches of 20, no error on the validation sequences as success. A comment in that code has "
    "p0 in 1 .. L/10; the paper's own rule may be an error of 1 %. The figure's shares of success were not read, so "
    "that none stands here, and the regularisation of the paper is not in this package. "
)
LIMITS = (
    "1000 validation sequences after every 2000 are ours (10 000 after every 400 there), and so is the limit of "
    "{most} sequences, for time: there 100 000 000. A gradient that is not finite ends a trial."
)
FLOW = (
    "A demonstration of this package for section 2 of the paper, which prints no such table: 50 units, U normal and "
    "scaled to a spectral radius, inputs of temporal order with weights of 0.01, an error at the last step alone. "
    "Such a U has a largest singular value of about twice its radius; that below 1 suffices for tanh units to forget, "
    "below 4 for logistic ones."
)
KINDS = {"sigmoid": "sigmoid", "basic": "basic_tanh", "smart": "smart_tanh"}
MOST = 600_000


def _rows() -> tuple[Row, ...]:
    found = []
    for length in (10, 20, 30, 50, 100, 150, 200):
        for name, kind in KINDS.items():
            for clip in (None, 1.0):
                cell = "sigmoid" if kind == "sigmoid" else "tanh"
                setting = Setting(Order(length), cell, 50, 0.01, MOST, 20, 2000, 1000, clip, kind)
                row = f"{name}-{length}" + ("-clip" if clip else "")
                quick = 1 if length <= 20 and name != "sigmoid" else 0
                note = CODE + LIMITS.format(most=f"{MOST:,}".replace(",", " "))
                seconds = 1.0 if length == 10 and cell == "tanh" else 1.2 * length  # most of the others are given up
                found.append(Row(row, setting, Published("section 4.1", None, None, 5), seconds, quick, note))
    return tuple(found)


def _untrained(cell: str, radius: float) -> Row:
    published = Published("section 2", None, None, 5)
    return Row(f"{cell}-{radius}", Untrained(cell, radius), published, seconds=0.05, quick=5, note=FLOW)


PAPER = Paper(
    "pascanu2013",
    "R. Pascanu, T. Mikolov, Y. Bengio: On the difficulty of training recurrent neural networks. ICML 2013",
    (
        Experiment(
            "gradients", "2", "How much of an error at the last step is left at the first?",
            (
                *(_untrained("tanh", radius) for radius in (0.5, 0.9, 1.0, 1.1, 1.5)),
                *(_untrained("sigmoid", radius) for radius in (1.0, 4.0, 6.0)),
            ),
            trial.gradients,
            tuple(
                Measure(f"T{length}", f"norm of dL/dh at the start over that at the end, {length} steps", log=True)
                for length in LENGTHS
            ),
            counts="",
        ),
        Experiment(
            "order", "4.1", "Temporal order against length, with and without clipping.",
            _rows(), trial.run, (Measure("radius", "spectral radius of U at the end"),),
        ),
    ),
)  # fmt: skip
