"""The recurrent cells, one file each, and what they share."""

from lstm_edu.core.registry import CELLS, register

from .coupled import CoupledLSTM
from .gru import GRU
from .layer_norm import LayerNormLSTM
from .lstm import LSTM
from .lstm97 import LSTM97
from .min_gru import MinGRU, MinLSTM
from .noisy import NoisyLSTM
from .peephole import PeepholeLSTM
from .projected import ProjectedLSTM
from .recurrent import Recurrent
from .rnn import RNN
from .slstm import SLSTM
from .tape import Tape

for _name, _class in {"rnn": RNN, "lstm97": LSTM97, "lstm": LSTM, "peephole": PeepholeLSTM, "gru": GRU}.items():
    register(_name)(_class)

CLASSIC = tuple(CELLS)  # the cells that shaped the field, whatever is registered later

register("coupled")(CoupledLSTM)
register("mingru")(MinGRU)
register("minlstm")(MinLSTM)
register("slstm")(SLSTM)
register("lnlstm")(LayerNormLSTM)
register(ProjectedLSTM)  # without a short name: its projection must be said
register(NoisyLSTM)  # and its rates

__all__ = [
    "CELLS",
    "CLASSIC",
    "GRU",
    "LSTM",
    "LSTM97",
    "RNN",
    "SLSTM",
    "CoupledLSTM",
    "LayerNormLSTM",
    "MinGRU",
    "MinLSTM",
    "NoisyLSTM",
    "PeepholeLSTM",
    "ProjectedLSTM",
    "Recurrent",
    "Tape",
]
