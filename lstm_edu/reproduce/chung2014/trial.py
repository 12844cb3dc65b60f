"""One trial: a rate that is drawn, a network of one cell, RMSProp until validation pieces are predicted no better."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from lstm_edu import nn
from lstm_edu.cells import GRU, RNN, PeepholeLSTM
from lstm_edu.core import checks
from lstm_edu.reproduce.early_stopping import until_no_better
from lstm_edu.reproduce.outcome import Outcome

from .chords import progressions
from .rolls import KEYS, PianoRolls, read

CELLS: dict[str, Any] = {"tanh": RNN, "gru": GRU, "lstm": PeepholeLSTM}  # as counted in the paper, with peepholes


@dataclass(frozen=True)
class Setting:
    """What a trial needs.

    Parameters
    ----------
    cell : {"tanh", "gru", "lstm"}
        The units; the LSTM has peepholes.
    units : int
        How many.
    rates : tuple of float
        Between which two rates that of a trial is drawn, uniform in its logarithm.
    batch : int
        Pieces a step of the optimizer.
    most : int
        Steps of the optimizer after which training ends at the latest.
    every : int
        Steps between two looks at the validation pieces.
    patience : int
        Looks without a better one after which training ends.
    norm : float
        To which a longer gradient is shortened, of the negative log-likelihood per step.
    """

    cell: str
    units: int
    rates: tuple[float, float] = (math.exp(-12), math.exp(-6))
    batch: int = 16
    most: int = 6000
    every: int = 50
    patience: int = 10
    norm: float = 1.0

    def __post_init__(self) -> None:
        checks.one_of("cell", self.cell, CELLS)
        for name in ("units", "batch", "most", "every", "patience"):
            checks.whole(name, getattr(self, name))
        low, high = (checks.positive("rates", rate) for rate in self.rates)
        if low > high:
            raise ValueError(f"rates must be a lower and a higher one, got {self.rates}")
        checks.positive("norm", self.norm)

    def weights(self) -> int:
        """How many numbers the recurrent layer learns.

        Returns
        -------
        int
            Without those of the outputs, as the paper counts.

        Examples
        --------
        >>> Setting("tanh", 100).weights()
        18900
        """
        return CELLS[self.cell](KEYS, self.units, rng=0).count_parameters()


def piano(setting: Setting, seed: int, tick: Callable[[int], None], data: str) -> Outcome:
    """Make one trial on a user's file.

    Parameters
    ----------
    setting : Setting
        What to do.
    seed : int
        Everything that is drawn comes from it, the same rate for every cell.
    tick : callable
        Is told now and then how many pieces were learnt.
    data : str
        The file, as `read` takes it.

    Returns
    -------
    Outcome
        Its values: see `_trial`.
    """
    return _trial(setting, seed, tick, PianoRolls(read(data)))


def synthetic(setting: Setting, seed: int, tick: Callable[[int], None]) -> Outcome:
    """Make one trial on progressions of chords, the same ones in every trial.

    Parameters
    ----------
    setting, seed, tick
        As for `piano`.

    Returns
    -------
    Outcome
        Its values: see `_trial`.
    """
    return _trial(setting, seed, tick, PianoRolls(progressions()))


def _trial(setting: Setting, seed: int, tick: Callable[[int], None], task: PianoRolls) -> Outcome:
    """Values: the negative log-likelihood per step, in nats, on test, validation and training pieces, that of the guess
    without memory on the test pieces, and the rate."""
    of_rate, of_weights, of_order, of_test = np.random.SeedSequence(checks.whole("seed", seed, least=0)).spawn(4)
    low, high = np.log(setting.rates)
    rate = float(np.exp(np.random.default_rng(of_rate).uniform(low, high)))
    rng = np.random.default_rng(of_weights)
    cell = CELLS[setting.cell](KEYS, setting.units, rng=rng)
    net = nn.Sequential([cell, nn.Dense(setting.units, KEYS, rng=rng)])
    learnt = until_no_better(
        net,
        task,
        nn.RMSProp(rate),
        tick=tick,
        steps=setting.most,
        batch=setting.batch,
        every=setting.every,
        patience=setting.patience,
        clip=setting.norm / KEYS,  # of a mean over keys; how large the loss is RMSProp does not see
        validation=task.count("valid"),
        seed=int(of_order.generate_state(1)[0]),
    )
    valid = KEYS * learnt.valid
    test, train = (
        KEYS * nn.evaluate(net, task, task.count(split), rng=np.random.default_rng(of_test), split=split)["loss"]
        for split in ("test", "train")
    )
    finite = bool(np.isfinite([valid, test, train]).all())
    return Outcome(learnt.sequences, finite, learnt.steps, values=(test, valid, train, KEYS * task.baseline, rate))
