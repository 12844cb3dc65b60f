"""The paper's strings, one after the other; a signal from outside makes the network forget its states before each."""

from collections.abc import Iterable

import numpy as np

from lstm_edu.core import checks
from lstm_edu.reproduce.forgetting import Source, source
from lstm_edu.tasks import AnBn, AnBnCn

LANGUAGES = {"anbn": AnBn(), "anbncn": AnBnCn()}


def strings(language: str, sizes: Iterable[int]) -> Source:
    """Strings of a language, n drawn evenly from `sizes`: as `lstm_edu.tasks.AnBn` and `AnBnCn`, without end.

    Wanted are all symbols that may follow: 1 for these, 0 for the others.

    Parameters
    ----------
    language : {"anbn", "anbncn"}
        Which one.
    sizes : iterable of int
        Every n, at least 1.

    Returns
    -------
    Source
        Of as many inputs (S, then the letters) as outputs (the letters, then T).

    Raises
    ------
    ValueError
        For an unknown language, and for no size or one below 1.

    Examples
    --------
    >>> strings("anbn", [1, 2]).x.shape  # S, then a b or a a b b
    (7, 3)
    """
    each = _tables(language, sizes)
    x, target = (np.concatenate([each[0][part][:1], *(one[part][1:] for one in each)]) for part in (0, 1))
    ends = np.cumsum([len(one[0]) - 1 for one in each])  # the last letter of each; all share their S
    after = np.repeat(np.arange(1, len(x) + 1)[:, None], len(each), axis=1)
    after[ends] = 0
    after[0] = 1 + np.concatenate([[0], ends[:-1]])
    return source(x, target, after, reset=np.arange(len(x)) == 0)


def in_a_row(language: str, sizes: Iterable[int]) -> Source:
    """The strings of given n, one after the other, then the first again: nothing is drawn.

    Parameters
    ----------
    language : {"anbn", "anbncn"}
        Which one.
    sizes : iterable of int
        Every n, at least 1.

    Returns
    -------
    Source
        Place t is step t; the network forgets its states before each S.

    Raises
    ------
    ValueError
        As `strings`.

    Examples
    --------
    >>> in_a_row("anbncn", [2, 1]).x.argmax(axis=1)  # S a a b b c c, S a b c
    array([0, 1, 1, 2, 2, 3, 3, 0, 1, 2, 3])
    """
    each = _tables(language, sizes)
    x, target = (np.concatenate(parts) for parts in zip(*each, strict=True))
    after = (np.arange(1, len(x) + 1) % len(x))[:, None]
    return source(x, target, after, reset=x[:, 0] == 1)


def _tables(language: str, sizes: Iterable[int]) -> list[tuple[np.ndarray, np.ndarray]]:
    """What is read and wanted at each step of each string."""
    task, sizes = LANGUAGES[checks.one_of("language", language, LANGUAGES)], list(sizes)
    if not sizes:
        raise ValueError("sizes must hold at least one n, got none")
    each = [task.strings([n]) for n in sizes]
    return [(batch.x[:, 0].astype(float), batch.target[:, 0].astype(float)) for batch in each]
