"""Bits per character of a network, of tables of counts and of packers, over the same text."""

import gzip
import lzma
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from lstm_edu.core import Layer
from lstm_edu.nn import SoftmaxCrossEntropy


def bits_per_character(net: Layer, task: Any, split: str = "test", *, rows: int = 20, most: int | None = None) -> float:
    """What a network needs on average to be told the next character, with the state carried on.

    Parameters
    ----------
    net : Layer
        Trained on `task`.
    task : Task
        With a `stream`.
    split : {"train", "valid", "test"}
        Which part of the text.
    rows : int, default 20
        In how many parts it is read side by side; each begins with the zero state.
    most : int, optional
        Characters after which to stop, rounded up to whole batches; None: the whole split.

    Returns
    -------
    float
        In bits.
    """
    state, losses = None, []
    for batch in _first(task.stream(rows, split), most):
        y, tape = net.forward(batch.x, state, training=False)
        state = tape.state
        losses.append(SoftmaxCrossEntropy()(y, batch.target)[0])
    return float(np.mean(losses) / np.log(2))


def places_read(task: Any, split: str = "test", *, rows: int = 20, most: int | None = None) -> np.ndarray:
    """Which characters of a split `bits_per_character` scores, to score something else on the same ones.

    Parameters
    ----------
    task : PythonSource
        With `codes` and a `stream`.
    split, rows, most
        As there.

    Returns
    -------
    numpy.ndarray
        Places in `task.codes(split)`, sorted.
    """
    steps = sum(len(batch.x) for batch in _first(task.stream(rows, split), most))
    each = (len(task.codes(split)) - 1) // rows
    return (np.arange(rows)[:, None] * each + np.arange(1, steps + 1)).ravel()


def _first(batches: Iterator[Any], most: int | None) -> Iterator[Any]:
    """Batches until `most` characters are read."""
    read = 0
    for batch in batches:
        yield batch
        read += batch.x.size
        if most is not None and read >= most:
            return


def tables(train: np.ndarray, test: np.ndarray, size: int, contexts: Iterable[int]) -> dict[int, np.ndarray]:
    """The bits that each character costs tables of counts that look back up to n characters.

    They are mixed after Witten and Bell:

    p_n(next) = (count(before, next) + D p_{n-1}(next)) / (count(before) + D), where D is the number of different
    characters that came after `before`; p_{-1} = 1 / size.

    Parameters
    ----------
    train : numpy.ndarray
        (characters,) whole numbers below `size`: what is counted.
    test : numpy.ndarray
        (characters,) whole numbers below `size`: what is scored, all of it. Its first n characters have fewer before
        them, and are left to the shorter tables.
    size : int
        How many different characters there are; size ** (n + 1) must be below 2 ** 63.
    contexts : iterable of int
        The n to report; all below the largest are computed anyway.

    Returns
    -------
    dict of int to numpy.ndarray
        n -> (characters,) bits.

    Raises
    ------
    ValueError
        Where the numbers of the contexts would not fit into 63 bits.

    References
    ----------
    Witten and Bell, The zero-frequency problem, IEEE Transactions on Information Theory 37(4), 1991 (method C).

    Examples
    --------
    >>> tables(np.array([0, 1, 0, 1, 0]), np.array([0, 1]), 2, [0])       # p(0) = 4/7, p(1) = 3/7
    {0: array([0.80735492, 1.22239242])}
    """
    wanted = sorted(set(contexts))
    if float(size) ** (wanted[-1] + 1) >= 2.0**63:
        raise ValueError(f"contexts must be at most {int(63 / np.log2(size)) - 1} at size {size}, got {wanted[-1]}")
    train, test = train.astype(np.int64), test.astype(np.int64)
    p = np.full(len(test), 1 / size)
    found = {}
    grams, asked = train, test  # number of the n + 1 characters that end here
    for n in range(wanted[-1] + 1):
        if n:
            grams = grams[:-1] * size + train[n:]
            asked = asked[:-1] * size + test[n:]
        seen, counts = np.unique(grams, return_counts=True)
        before, starts = np.unique(seen // size, return_index=True)
        totals, kinds = np.add.reduceat(counts, starts), np.diff(np.append(starts, len(seen)))
        context, pairs = _look_up(before, asked // size), _look_up(seen, asked)
        known = context >= 0
        count = np.where(pairs >= 0, counts[pairs], 0)
        mixed = (count + kinds[context] * p[n:]) / (totals[context] + kinds[context])
        p[n:] = np.where(known, mixed, p[n:])
        if n in wanted:
            found[n] = -np.log2(p)
    return found


def _look_up(known: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """The place of each wanted number in the sorted known ones, -1 where it is not there."""
    order = np.argsort(wanted)  # sorted questions walk through memory in one direction
    places = np.empty(len(wanted), np.int64)
    places[order] = np.searchsorted(known, wanted[order])
    places = places.clip(max=len(known) - 1)
    return np.where(known[places] == wanted, places, -1)


def squeezed(train: np.ndarray, test: np.ndarray) -> dict[str, float]:
    """Bits per character of two packers, alone and after the training text.

    Parameters
    ----------
    train, test : numpy.ndarray
        (characters,) whole numbers below 256, one byte each.

    Returns
    -------
    dict of str to float
        "gzip" and "xz" pack the test text alone; "xz after training" is how much longer the packed training text gets
        by it. gzip looks back 32 kB at most, so that a text before it is of no use to it.
    """
    train_bytes, test_bytes = (text.astype(np.uint8).tobytes() for text in (train, test))
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 6, "dict_size": 1 << 24}]

    def xz(data: bytes) -> int:
        return len(lzma.compress(data, filters=filters))

    sizes = {
        "gzip": len(gzip.compress(test_bytes, 9)),
        "xz": xz(test_bytes),
        "xz after training": xz(train_bytes + test_bytes) - xz(train_bytes),
    }
    return {name: 8 * size / len(test_bytes) for name, size in sizes.items()}
