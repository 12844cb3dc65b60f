"""The recurrent cells, one file each, and what they share."""

from .gru import GRU
from .layer import Layer
from .lstm import LSTM
from .lstm97 import LSTM97
from .parameters import Parameters
from .peephole import PeepholeLSTM
from .recurrent import Recurrent, Tape
from .rnn import RNN
from .threads import get_num_threads, set_num_threads

CELLS = {"rnn": RNN, "lstm97": LSTM97, "lstm": LSTM, "peephole": PeepholeLSTM, "gru": GRU}

__all__ = [
    "CELLS",
    "GRU",
    "LSTM",
    "LSTM97",
    "RNN",
    "Layer",
    "Parameters",
    "PeepholeLSTM",
    "Recurrent",
    "Tape",
    "get_num_threads",
    "set_num_threads",
]
