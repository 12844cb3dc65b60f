"""One trial: layers of one cell with a number of weights, trained on a text, then the text that was held out."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lstm_edu import nn
from lstm_edu.cells import CELLS
from lstm_edu.core import checks
from lstm_edu.reproduce.early_stopping import until_no_better
from lstm_edu.reproduce.outcome import Outcome
from lstm_edu.reproduce.reading import held_out, steps_of_epoch
from lstm_edu.tasks import Text


@dataclass(frozen=True)
class Setting:
    """What a trial needs.

    Parameters
    ----------
    cell : str
        A name of `lstm_edu.CELLS`.
    layers : int
        How many, one above the other.
    weights : int
        About how many numbers the whole network learns.
    epochs : int
        How often the text is read at the most.
    rate : float
        Of RMSProp, whose decay is 0.95.
    falling : float
        What the rate is multiplied with after each epoch behind the tenth.
    length : int
        Characters in a sequence.
    batch : int
        Pieces that are read side by side.
    patience : int
        Epochs without a better validation loss after which training ends.
    """

    cell: str
    layers: int
    weights: int
    epochs: int
    rate: float = 2e-3
    falling: float = 0.95
    length: int = 50
    batch: int = 20
    patience: int = 3

    def __post_init__(self) -> None:
        checks.one_of("cell", self.cell, CELLS)
        for name in ("layers", "weights", "epochs", "length", "batch", "patience"):
            checks.whole(name, getattr(self, name))
        checks.positive("rate", self.rate)
        checks.number("falling", self.falling, least=0)

    def units(self, task: Text) -> int:
        """How many units each layer has.

        Parameters
        ----------
        task : Text
            What is read.

        Returns
        -------
        int
            So that the network has the number of weights that is nearest.

        Examples
        --------
        >>> one, three = (Setting("rnn", layers, 20_000, epochs=1).units(Text()) for layers in (1, 3))
        >>> one > three
        True
        """
        return nn.match_parameters(
            self.cell, task.inputs, budget=self.weights, outputs=task.outputs, layers=self.layers, symbols=True
        )


def run(setting: Setting, seed: int, tick: Callable[[int], None] = lambda learnt: None) -> Outcome:
    """Make one trial.

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
        Its values: nats per character of the test part and of the training part, epochs, units, weights.
    """
    of_weights, of_windows = np.random.SeedSequence(checks.whole("seed", seed, least=0)).spawn(2)
    task = Text(length=setting.length)
    units = setting.units(task)
    net = nn.make_network(task, setting.cell, units, setting.layers, rng=np.random.default_rng(of_weights))
    epoch = steps_of_epoch(task, setting.batch)
    learnt = until_no_better(
        net,
        task,
        nn.RMSProp(setting.rate, decay=0.95),
        tick=tick,
        rate_at=lambda done: setting.rate * setting.falling ** max(0, done // epoch - 9),
        steps=setting.epochs * epoch,
        batch=setting.batch,
        every=epoch,
        patience=setting.patience,
        clip=5.0,
        carry_state=True,
        seed=int(of_windows.generate_state(1)[0]),
    )
    test, train = held_out(net, task, "test"), held_out(net, task, "train")
    epochs = learnt.sequences / setting.batch / epoch
    success = bool(np.isfinite([test, train, learnt.valid]).all())
    return Outcome(learnt.sequences, success, learnt.steps, values=(test, train, epochs, units, net.count_parameters()))
