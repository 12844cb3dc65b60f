"""Handwritten digits, read column by column."""

from dataclasses import dataclass
from functools import lru_cache
from math import log

import numpy as np

from .task import Batch, Task, best_class, checked_share, draw


@dataclass(frozen=True)
class Digits(Task):
    """Tell which digit an image of 8 x 8 pixels shows, seeing one column after the other, from left to right.

    The 1797 images are those of scikit-learn's `load_digits`, scaled to 0 .. 1. A fixed shuffle gives 70 % of each
    digit to training, 15 % to validation, 15 % to the test. Training batches are drawn with replacement; validation and
    test batches without, so they have at most as many images as their split.

    An image is right if its digit has the largest output.

    Parameters
    ----------
    share : float, default 0.95
        Solved: at least this share of the images is right.

    Raises
    ------
    ImportError
        If scikit-learn is not installed.

    Notes
    -----
    Shapes: x (8, B, 8), column by column, row 0 at the top; target (B,) classes.

    Baseline: the ten digits are all but equally frequent, and a guess that sees nothing scores ln 10 nats. (The last
    column, which a guess without memory does see, is mostly blank.)

    References
    ----------
    Alpaydin and Kaynak, Optical recognition of handwritten digits, UCI Machine Learning Repository, 1998.
    """

    share: float = 0.95

    inputs = 8
    outputs = 10
    loss = "softmax_cross_entropy"
    steps = "last"
    baseline = log(10)
    question = "Tell which digit a small image shows, from one column of pixels after the other."

    def __post_init__(self):
        self._set(share=checked_share(self.share))
        _load()

    def _sample(self, batch, rng, split):
        x, target, members = _load()
        chosen = draw(members[split], batch, rng, split)
        return Batch(x[:, chosen], target[chosen])

    def _correct(self, y, batch):
        return best_class(y) == batch.target


@lru_cache(maxsize=1)
def _load():
    """x (8, 1797, 8), classes (1797,), and the images of each split."""
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        raise ImportError('Digits needs scikit-learn: python -m pip install "lstm_edu[digits]"') from None
    data = load_digits()
    x = np.ascontiguousarray(data.images.transpose(2, 0, 1) / 16, np.float32)
    target = data.target.astype(np.int64)
    order = np.random.default_rng(1998).permutation(len(target))
    members: dict[str, list[np.ndarray]] = {"train": [], "valid": [], "test": []}
    for digit in range(10):
        mine = order[target[order] == digit]
        held = round(0.15 * len(mine))
        for split, part in zip(("valid", "test", "train"), np.split(mine, [held, 2 * held]), strict=True):
            members[split].append(part)
    return x, target, {split: np.concatenate(parts) for split, parts in members.items()}
