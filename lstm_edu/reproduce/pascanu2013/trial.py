"""The paper's three kinds of initial weights, a trial of temporal order, and gradients before any training."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lstm_edu import nn
from lstm_edu.core import checks
from lstm_edu.experiments.runs import one_core
from lstm_edu.reproduce import trained
from lstm_edu.reproduce.outcome import Outcome

from .order import Order

KINDS = {"sigmoid": 0.01, "basic_tanh": 0.1, "smart_tanh": 0.01}  # standard deviation of the weights
KEPT, RADIUS = 15, 0.95  # weights of each row of a smart U that are not zero; its spectral radius
LENGTHS = (200, 50, 10)  # at which gradients are looked at


@dataclass(frozen=True)
class Setting(trained.Setting):
    """What a trial of temporal order needs.

    Parameters
    ----------
    task, cell, units, rate, most, batch, every, validation, clip
        As of `trained.Setting`; `clip` bounds the norm of the whole gradient.
    kind : {"sigmoid", "basic_tanh", "smart_tanh"}
        Of the initial weights.
    """

    kind: str = "basic_tanh"

    def __post_init__(self) -> None:
        super().__post_init__()
        checks.one_of("kind", self.kind, KINDS)


def initial_weights(net: nn.Sequential, kind: str, rng: np.random.Generator) -> None:
    """Give a network the weights with which the authors' code begins; biases stay zero.

    Parameters
    ----------
    net : Sequential
        A plain recurrent layer and a Dense one; it is changed in place.
    kind : {"sigmoid", "basic_tanh", "smart_tanh"}
        Normal with a standard deviation of 0.01, 0.1 and 0.01. "smart_tanh" keeps 15 weights of each row of U and
        scales U to a spectral radius of 0.95.
    rng : numpy.random.Generator
        Draws them.

    Raises
    ------
    ValueError
        For another kind.
    """
    sd = KINDS[checks.one_of("kind", kind, KINDS)]
    for layer in net.layers:
        for name, shape in layer.params.shapes.items():
            if name != "b":
                layer.params[name] = rng.normal(0, sd, shape)
    if kind == "smart_tanh":
        U = net.layers[0].params["U"]
        for row in U:
            row[rng.permutation(len(row))[KEPT:]] = 0
        U *= RADIUS / spectral_radius(U)


def spectral_radius(U: np.ndarray) -> float:
    """The largest absolute value of an eigenvalue.

    Parameters
    ----------
    U : array_like
        (H, H).

    Returns
    -------
    float
        It.

    Examples
    --------
    >>> round(spectral_radius([[0, 2], [-2, 0]]), 9)
    2.0
    """
    return float(np.abs(np.linalg.eigvals(np.asarray(U, np.float64))).max())


def run(setting: Setting, seed: int, tick: Callable[[int], None] = lambda learnt: None) -> Outcome:
    """Make one trial of temporal order.

    Parameters
    ----------
    setting : Setting
        What to do.
    seed : int
        Everything that is drawn comes from it.
    tick : callable
        Is told now and then how many sequences were learnt.

    Returns
    -------
    Outcome
        Success: no validation sequence is wrong. Its value: the spectral radius of U at the end.
    """
    of_weights, of_order, _ = trained.seeds_of(seed)
    rng = np.random.default_rng(of_weights)
    net = setting.network(rng)
    initial_weights(net, setting.kind, rng)
    learnt = trained.learn(net, setting, nn.SGD(setting.rate), of_order, tick)
    radius = spectral_radius(net.layers[0].params["U"])
    return Outcome(learnt.sequences, learnt.solved, learnt.steps, values=(radius,))


@dataclass(frozen=True)
class Untrained:
    """What is needed to look at gradients before training.

    Parameters
    ----------
    cell : {"tanh", "sigmoid"}
        The units.
    radius : float
        To which the spectral radius of U is scaled.
    units : int
        H.
    batch : int
        Sequences over which norms are averaged.
    """

    cell: str
    radius: float
    units: int = 50
    batch: int = 20

    def __post_init__(self) -> None:
        checks.one_of("cell", self.cell, ("tanh", "sigmoid"))
        checks.positive("radius", self.radius)
        for name in ("units", "batch"):
            checks.whole(name, getattr(self, name))


def gradients(setting: Untrained, seed: int, tick: Callable[[int], None] = lambda learnt: None) -> Outcome:
    """Look at the gradients of an untrained network: how much of an error at the end is left at the beginning.

    Parameters
    ----------
    setting : Untrained
        What to do.
    seed : int
        Everything that is drawn comes from it.
    tick : callable
        Is told how many sequences were looked at.

    Returns
    -------
    Outcome
        Its values: for each of `LENGTHS` the norm of dL/dh before the first step over that behind the last one, a
        mean over sequences.
    """
    of_weights, of_sequences, _ = trained.seeds_of(seed)
    rng = np.random.default_rng(of_weights)
    cell = trained.CELLS[setting.cell](Order.inputs, setting.units, dtype=np.float64, rng=rng)
    cell.params["W"] = rng.normal(0, 0.01, cell.params["W"].shape)
    U = rng.normal(0, 1, cell.params["U"].shape)
    cell.params["U"] = U * (setting.radius / spectral_radius(U))
    draw, found = np.random.default_rng(of_sequences), []
    with one_core():
        for length in LENGTHS:
            x = Order(length).sample(setting.batch, draw).x
            dy = np.zeros((length, setting.batch, setting.units))
            dy[-1] = draw.normal(0, 1, dy.shape[1:])
            norms = nn.gradient_flow(cell, x, dy).norms()
            found.append(float((norms[0] / norms[-1]).mean()))
            tick(setting.batch)
    return Outcome(setting.batch, bool(np.isfinite(found).all()), setting.batch * sum(LENGTHS), values=tuple(found))
