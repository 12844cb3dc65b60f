"""One trial: a network that is too large for its text, with dropout between its layers or without."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lstm_edu import nn
from lstm_edu.cells import LSTM
from lstm_edu.core import Layer, checks
from lstm_edu.reproduce.early_stopping import until_no_better
from lstm_edu.reproduce.outcome import Outcome
from lstm_edu.reproduce.reading import Beginning, held_out, steps_of_epoch


@dataclass(frozen=True)
class Setting:
    """What a trial needs.

    Parameters
    ----------
    dropout : float
        The share that is dropped of what goes into every LSTM and into the outputs; what an LSTM hands on to its own
        next step stays whole.
    units : int
        Of each layer.
    kept : int
        How many characters of the training text are read.
    epochs : int
        How often the text is read.
    whole : int
        Epochs at the full rate.
    falling : float
        What the rate is multiplied with after each epoch that follows.
    rate : float
        Of gradient descent, for a loss that is summed over the steps of a sequence.
    norm : float
        To which a longer gradient of that loss is shortened.
    init : float
        All numbers begin uniform in -init .. init, those of the forget gate too.
    layers : int
        LSTMs one above the other.
    length : int
        Characters in a sequence.
    batch : int
        Pieces that are read side by side.
    patience : int, optional
        Epochs without a better validation loss after which training ends, to go back to the best numbers; None: all
        epochs are read, and the last numbers are kept, as in the paper.
    """

    dropout: float
    units: int
    kept: int
    epochs: int
    whole: int
    falling: float = 0.8
    rate: float = 1.0
    norm: float = 5.0
    init: float = 0.1
    layers: int = 2
    length: int = 35
    batch: int = 20
    patience: int | None = None

    def __post_init__(self) -> None:
        checks.number("dropout", self.dropout, least=0, below=1)
        for name in ("units", "kept", "epochs", "layers", "length", "batch"):
            checks.whole(name, getattr(self, name))
        checks.whole("whole", self.whole, least=0)
        if self.patience is not None:
            checks.whole("patience", self.patience)
        for name in ("falling", "rate", "norm", "init"):
            checks.positive(name, getattr(self, name))


def network(setting: Setting, symbols: int, seeds: np.random.SeedSequence) -> nn.Sequential:
    """The network before training.

    Parameters
    ----------
    setting : Setting
        Says how large it is.
    symbols : int
        Different characters.
    seeds : numpy.random.SeedSequence
        Where its first numbers and its masks come from: the numbers are the same with any dropout.

    Returns
    -------
    Sequential
        An Embedding as wide as the layers, the LSTMs, the outputs; dropout before each of the last two kinds.

    Examples
    --------
    >>> setting = Setting(0.5, 8, 1000, epochs=1, whole=1)
    >>> [type(layer).__name__ for layer in network(setting, 5, np.random.SeedSequence(0)).layers]
    ['Embedding', 'Dropout', 'LSTM', 'Dropout', 'LSTM', 'Dropout', 'Dense']
    """
    of_numbers, of_masks = seeds.spawn(2)
    rng, width = np.random.default_rng(of_numbers), setting.units
    layers: list[Layer] = [nn.Embedding(symbols, width, rng=rng)]
    above: list[Layer] = [LSTM(width, width, rng=rng) for _ in range(setting.layers)]
    for layer, masks in zip(
        [*above, nn.Dense(width, symbols, rng=rng)], of_masks.spawn(setting.layers + 1), strict=True
    ):
        layers += [nn.Dropout(setting.dropout, rng=np.random.default_rng(masks))] if setting.dropout else []
        layers.append(layer)
    net = nn.Sequential(layers)
    net.params.flat[:] = rng.uniform(-setting.init, setting.init, net.params.flat.shape)
    return net


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
        Its values: nats per character of the test and the training part, and how many numbers were learnt.
    """
    of_net, of_windows = np.random.SeedSequence(checks.whole("seed", seed, least=0)).spawn(2)
    task = Beginning(length=setting.length, kept=setting.kept)
    net = network(setting, task.inputs, of_net)
    epoch, length = steps_of_epoch(task, setting.batch), setting.length
    learnt = until_no_better(
        net,
        task,
        nn.SGD(setting.rate),
        tick=tick,
        # the package's loss is a mean over steps: the same change of the weights, and the same bound on it
        rate_at=lambda done: length * setting.rate * setting.falling ** max(0, done // epoch - setting.whole + 1),
        clip=setting.norm / length,
        steps=setting.epochs * epoch,
        batch=setting.batch,
        every=epoch,
        patience=setting.patience,
        carry_state=True,
        seed=int(of_windows.generate_state(1)[0]),
    )
    test, train = held_out(net, task, "test"), held_out(net, task, "train")
    epochs = learnt.sequences / setting.batch / epoch
    success = bool(np.isfinite([test, train, learnt.valid]).all())
    return Outcome(learnt.sequences, success, learnt.steps, values=(test, train, epochs))
