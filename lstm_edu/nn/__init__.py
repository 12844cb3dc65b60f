"""What surrounds a cell: layers, networks, losses, optimizers, training and weights."""

from .layers import Conv1D, Dense, Dropout, Embedding, MaxPool1D
from .losses import MeanSquaredError, SigmoidCrossEntropy, SoftmaxCrossEntropy
from .network import Sequential
from .optimizers import SGD, Adam, RMSProp, clip_by_global_norm
from .training import History, evaluate, fit, predict
from .weights import load, save

__all__ = [
    "SGD",
    "Adam",
    "Conv1D",
    "Dense",
    "Dropout",
    "Embedding",
    "History",
    "MaxPool1D",
    "MeanSquaredError",
    "RMSProp",
    "Sequential",
    "SigmoidCrossEntropy",
    "SoftmaxCrossEntropy",
    "clip_by_global_norm",
    "evaluate",
    "fit",
    "load",
    "predict",
    "save",
]
