"""The recurrent cells, one file each, and what they share."""

from lstm_edu.core.registry import CELLS, register

from .blocks97 import BlockLSTM97
from .coupled import CoupledLSTM
from .full_gate import FullGateLSTM
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
from .variants import SEARCH_SPACE, VariantLSTM

for _name, _class in {"rnn": RNN, "lstm97": LSTM97, "lstm": LSTM, "peephole": PeepholeLSTM, "gru": GRU}.items():
    register(_name)(_class)

CLASSIC = tuple(CELLS)  # the cells that shaped the field, whatever is registered later

register("coupled")(CoupledLSTM)
register("mingru")(MinGRU)
register("minlstm")(MinLSTM)
register("slstm")(SLSTM)
register("fullgate")(FullGateLSTM)
register("lnlstm")(LayerNormLSTM)
for _class in (ProjectedLSTM, NoisyLSTM, BlockLSTM97, VariantLSTM):  # without short names: an argument must be said
    register(_class)

__all__ = [
    "CELLS",
    "CLASSIC",
    "GRU",
    "LSTM",
    "LSTM97",
    "RNN",
    "SEARCH_SPACE",
    "SLSTM",
    "BlockLSTM97",
    "CoupledLSTM",
    "FullGateLSTM",
    "LayerNormLSTM",
    "MinGRU",
    "MinLSTM",
    "NoisyLSTM",
    "PeepholeLSTM",
    "ProjectedLSTM",
    "Recurrent",
    "Tape",
    "VariantLSTM",
]
