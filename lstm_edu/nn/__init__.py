"""What surrounds a cell: layers, networks, losses, optimizers, training and weights."""

from lstm_edu.core import register

from .attention import Attention
from .checkpoint import load_checkpoint, save_checkpoint
from .evaluation import evaluate, predict
from .forecasting import forecast
from .gradient_flow import GradientFlow, gradient_flow
from .history import History
from .layers import Conv1D, Dense, Dropout, Embedding, MaxPool1D
from .losses import MeanSquaredError, SigmoidCrossEntropy, SoftmaxCrossEntropy
from .measures import confusion_matrix
from .network import Sequential
from .optimizers import SGD, Adam, RMSProp, clip_by_global_norm
from .rate_finder import RateSearch, find_rate
from .sampling import sample_text, write_text
from .sizes import count_parameters, match_parameters
from .stack import make_network
from .training import Training, fit
from .weights import load, save
from .wrappers import Bidirectional, Residual

for _class in (Attention, Bidirectional, Conv1D, Dense, Dropout, Embedding, MaxPool1D, Residual, Sequential):
    register(_class)

__all__ = [
    "SGD",
    "Adam",
    "Attention",
    "Bidirectional",
    "Conv1D",
    "Dense",
    "Dropout",
    "Embedding",
    "GradientFlow",
    "History",
    "MaxPool1D",
    "MeanSquaredError",
    "RMSProp",
    "RateSearch",
    "Residual",
    "Sequential",
    "SigmoidCrossEntropy",
    "SoftmaxCrossEntropy",
    "Training",
    "clip_by_global_norm",
    "confusion_matrix",
    "count_parameters",
    "evaluate",
    "find_rate",
    "fit",
    "forecast",
    "gradient_flow",
    "load",
    "load_checkpoint",
    "make_network",
    "match_parameters",
    "predict",
    "sample_text",
    "save",
    "save_checkpoint",
    "write_text",
]
