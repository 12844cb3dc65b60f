"""Which sequences are for training, which for validation and which for the test, and what must not be on two sides."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from lstm_edu.core import checks

WAYS = ("random", "time")
PARTS = ("train", "valid", "test")
_PAIRS = 16  # neighbours that are compared; from 8 on, signs drawn at random don't pass for a window
_COLUMNS = 8  # of them are looked at, at most


def members(
    count: int,
    shares: Mapping[str, Any],
    seed: int,
    *,
    split: str = "random",
    gap: int = 0,
    groups: Any = None,
    indices: Any = None,
) -> dict[str, np.ndarray]:
    """The numbers of the sequences of each part.

    Parameters
    ----------
    count : int
        N.
    shares : mapping of str to float
        "valid", "test": their shares, above 0.
    seed : int
        Of the shuffle.
    split : {"random", "time"}
        Shuffled, or in the order in which they are given.
    gap : int, default 0
        Sequences between two parts that belong to none, where the split is "time".
    groups : array_like, optional
        (N,) labels; shares are shares of the groups then.
    indices : tuple of array_like, optional
        The answer itself.

    Returns
    -------
    dict of str to numpy.ndarray
        For "train", "valid", "test".

    Raises
    ------
    ValueError
        For a part without any sequence, settings that contradict each other, and wrong indices.
    """
    checks.one_of("split", split, WAYS)
    gap = checks.whole("gap", gap, least=0)
    if gap and split != "time":
        raise ValueError(f"gap: only split='time' leaves sequences out, got gap={gap} with split={split!r}")
    if (groups is not None) + (indices is not None) + (split == "time") > 1:
        raise ValueError("split='time', groups and indices are three ways to split: give one of them")
    if indices is not None:
        return _given(indices, count)
    if groups is not None:
        group_of = _group_numbers(groups, count)
        order, sizes = _shuffled(group_of.max() + 1, shares, seed, "groups")
        of_groups = _cut(order, sizes)
        return {name: np.flatnonzero(np.isin(group_of, chosen)) for name, chosen in of_groups.items()}
    if split == "random":
        return _cut(*_shuffled(count, shares, seed))
    valid, test = _held(count, shares, 2 * gap)
    train = count - valid - test - 2 * gap
    order = np.arange(count)
    return {
        "train": order[:train],
        "valid": order[train + gap : train + gap + valid],
        "test": order[count - test :],
    }


def _held(count: int, shares: Mapping[str, Any], lost: int = 0, what: str = "") -> list[int]:
    held = []
    for name in ("valid", "test"):
        part = checks.number(name, shares[name], least=0, below=1)
        if part == 0:
            raise ValueError(f"{name} must be above 0, got {part!r}: without these sequences nothing can be judged")
        held.append(max(1, round(part * count)))
    if sum(held) + lost >= count:
        of = f"{shares['valid']!r} and {shares['test']!r} of {count}{what and ' ' + what}"
        between = f" and {lost} in the gaps" if lost else ""
        raise ValueError(f"valid and test must leave a {what[:-1] or 'sequence'} for training, got {of}{between}")
    return held


def _shuffled(count: int, shares: Mapping[str, Any], seed: int, what: str = "") -> tuple[np.ndarray, list[int]]:
    held = _held(count, shares, what=what)
    return np.random.default_rng(seed).permutation(count), held


def _cut(order: np.ndarray, held: list[int]) -> dict[str, np.ndarray]:
    valid, test, train = np.split(order, np.cumsum(held))
    return {"train": train, "valid": valid, "test": test}


def _group_numbers(groups: Any, count: int) -> np.ndarray:
    try:
        labels = np.asarray(groups)
    except ValueError as error:
        raise ValueError(f"groups must be one label for each sequence: {error}") from None
    if labels.shape != (count,):
        raise ValueError(f"groups must have shape ({count},), one label for each sequence, got {labels.shape}")
    numbers: dict = {}
    for k, label in enumerate(labels.tolist()):
        if label is None or label != label:
            raise ValueError(f"groups must name the group of each sequence, got {label!r} at place {k}")
        try:
            numbers.setdefault(label, len(numbers))
        except TypeError:
            raise ValueError(f"groups must hold labels, got {type(label).__name__} at place {k}") from None
    return np.array([numbers[label] for label in labels.tolist()])


def _given(indices: Any, count: int) -> dict[str, np.ndarray]:
    if not isinstance(indices, tuple | list) or len(indices) != len(PARTS):
        raise ValueError(f"indices must be three lists of numbers, (train, valid, test), got {type(indices).__name__}")
    parts = {}
    for name, part in zip(PARTS, indices, strict=True):
        try:
            array = np.asarray(part)
        except ValueError as error:
            raise ValueError(f"indices: {name} must be a list of whole numbers: {error}") from None
        if array.size == 0 and name == "test":
            array = np.zeros(0, np.int64)
        if array.ndim != 1 or (not array.size and name != "test") or array.dtype.kind not in "iu":
            raise ValueError(
                f"indices: {name} must be a list of whole numbers, not empty, got {array.dtype} of shape {array.shape}"
            )
        if array.size and (array.min() < 0 or array.max() >= count):
            raise ValueError(f"indices: {name} must lie in 0 .. {count - 1}, got {array.min()} to {array.max()}")
        parts[name] = array.astype(np.int64)
    numbers, times = np.unique(np.concatenate([*parts.values()]), return_counts=True)
    if (times > 1).any():
        raise ValueError(f"indices must name a sequence once, got {numbers[times > 1][0]} {times[times > 1][0]} times")
    return parts


def window_step(x: np.ndarray) -> int | None:
    """By how many steps each sequence lies behind the one before it, where the first ones are windows of one series.

    Parameters
    ----------
    x : numpy.ndarray
        (T, N, D) or (T, N), whole sequences.

    Returns
    -------
    int or None
        The step, 1 .. T - 2; None where no column of them looks like windows that overlap.

    Examples
    --------
    >>> series = np.random.default_rng(0).normal(size=40)
    >>> window_step(np.stack([series[3 * n : 3 * n + 8] for n in range(10)], axis=1))
    3
    """
    pairs = min(_PAIRS, x.shape[1] - 1)
    steps = len(x)
    if pairs < 8 or steps < 3:
        return None
    columns = x[:, : pairs + 1].reshape(steps, pairs + 1, -1)
    columns = columns[:, :, (columns != columns[:1]).any(axis=(0, 1))][:, :, :_COLUMNS]
    for column in np.moveaxis(columns, -1, 0):
        before, after = column[:, :-1], column[:, 1:]
        # where the last number of each sequence stands in the next one, which is soon found; then all of them
        for at in np.flatnonzero((after[1:-1] == before[-1]).all(axis=1))[::-1] + 1:
            hop = steps - 1 - at
            overlap = before[hop:]
            varies = (overlap != overlap[:1]).any(axis=0).mean() > 0.5  # rows of zeros are no windows
            if varies and np.array_equal(overlap, after[:-hop]) and not np.array_equal(before, after):
                return int(hop)
    return None
