"""What the checkers of several chapters compute with, in plain NumPy."""

import numpy as np


def sigmoid(a: np.ndarray) -> np.ndarray:
    """The logistic sigmoid, element by element, for moderate `a`.

    >>> sigmoid(np.array([0.0]))
    array([0.5])
    """
    return 1 / (1 + np.exp(-a))
