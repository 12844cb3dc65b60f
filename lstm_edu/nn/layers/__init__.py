"""The layers around a cell: Dense, Conv1D, MaxPool1D, Embedding, Dropout.

y = φ(x W + b) and its relatives. All follow the interface of `Layer`, have no state, and treat time as the first axis.
A tape refers to x and y without copying them: change neither in place before `backward` has run.

Sources: dropout, Srivastava et al., JMLR 15, 2014; the initial values of W, Glorot and Bengio, AISTATS 2010, eq. 16.
"""

from .conv1d import Conv1D
from .dense import Dense
from .dropout import Dropout
from .embedding import Embedding
from .max_pool1d import MaxPool1D

__all__ = ["Conv1D", "Dense", "Dropout", "Embedding", "MaxPool1D"]
