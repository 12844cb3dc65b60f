"""The recurrent cells, one file each, and what they share."""

from .container import Container
from .gru import GRU
from .layer import Layer
from .lstm import LSTM
from .lstm97 import LSTM97
from .parameters import Parameters
from .peephole import PeepholeLSTM
from .recurrent import Recurrent
from .registry import CELLS, LAYERS, register
from .rnn import RNN
from .tape import Tape
from .threads import get_num_threads, set_num_threads

for _name, _class in {"rnn": RNN, "lstm97": LSTM97, "lstm": LSTM, "peephole": PeepholeLSTM, "gru": GRU}.items():
    register(_name)(_class)

__all__ = [
    "CELLS",
    "GRU",
    "LAYERS",
    "LSTM",
    "LSTM97",
    "RNN",
    "Container",
    "Layer",
    "Parameters",
    "PeepholeLSTM",
    "Recurrent",
    "Tape",
    "get_num_threads",
    "register",
    "set_num_threads",
]
