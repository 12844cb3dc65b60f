"""Character prediction: read a text, guess each next character."""

import hashlib
import os
import re
import stat
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from math import log

import numpy as np
from numpy.typing import ArrayLike

from lstm_edu.core import About, checks
from lstm_edu.core.arrays import log_softmax
from lstm_edu.core.encoding import how_to_convert

from .task import Batch, Task

DEFAULT_CHARACTERS = 300_000
LENGTH = 64  # of a sequence, where nobody says another


@dataclass(frozen=True)
class Text(Task):
    """Predict each next character of a text.

    The first 80 % of the text are for training, the next 10 % for validation, the last 10 % for the test. The
    vocabulary is that of the whole text, sorted; with `unseen`, that of the training part. A Text carries its text
    along when it is pickled.

    A sequence is right if its mean cross-entropy is below `baseline`. No text is ever learnt to the end: `solved` only
    says whether the batch's mean is below it too, and `compare` shows neither.

    Parameters
    ----------
    file : str or os.PathLike, optional
        A UTF-8 text file, of at least 10 (`length` + 1) characters; "\\r\\n" counts as "\\n". None: the first 300,000
        characters of the help pages that come with Python, so the text differs between versions of Python.
    length : int, optional
        T, the characters in a sequence. None: 64, or as many as a short text has room for.
    unseen : str, optional
        One character as which all are read that the training part lacks, such as "\ufffd"; so nothing of the later
        parts reaches the vocabulary. None: every character of the whole text has a number.

    Attributes
    ----------
    vocabulary : str
        Every character of the text once, sorted: number k stands for the k-th.
    baseline : float
        See the notes.

    Raises
    ------
    ValueError
        If the file is no such text, or too short.
    FileNotFoundError
        If there is no such file.
    ImportError
        If `file` is None and this Python comes without its help pages.

    Notes
    -----
    Shapes: x and target (T, B), whole numbers; target[t] = x[t + 1].

    Baseline: a guess from the current character alone. Pairs of characters are counted in the training part, each
    possible pair once more (add-one smoothing); the mean of -ln P(next | current) over the test part, in nats.

    References
    ----------
    Karpathy, Johnson and Fei-Fei, Visualizing and understanding recurrent networks, 2015.

    Examples
    --------
    >>> task = Text(length=20)
    >>> batch = task.sample(2, rng=0)
    >>> batch.x.shape, task.decode(batch.x[1:, 0]) == task.decode(batch.target[:-1, 0])
    ((20, 2), True)
    """

    file: str | os.PathLike[str] | None = None
    length: int = None  # type: ignore[assignment]  # a number, once the text is known
    unseen: str | None = field(default=None, repr=False)  # checkpoints of before name the task without it
    vocabulary: str = field(init=False, repr=False, compare=False)
    baseline: float = field(init=False, repr=False, compare=False)
    _codes: np.ndarray = field(init=False, repr=False, compare=False)

    loss = "softmax_cross_entropy"
    steps = "all"
    symbols = True
    solvable = False
    question = "Predict the next character of a text."

    def __post_init__(self):
        if self.length is not None:
            self._set(length=checks.whole("length", self.length))
        if self.file is None:
            codes, vocabulary, baseline = _default()
            if self.length is None:
                self._set(length=LENGTH)
            if len(codes) < 10 * (self.length + 1):
                most = len(codes) // 10 - 1
                raise ValueError(f"length must be at most {most} for this text, got {self.length}")
        else:
            self._set(file=_path(self.file))
            codes, vocabulary, baseline = _load(self.file)
            if self.length is None:
                self._set(length=int(np.clip(len(codes) // 10 - 1, 1, LENGTH)))
            needed = 10 * (self.length + 1)
            if len(codes) < needed:
                raise ValueError(
                    f"file must hold at least {needed} characters at length {self.length}, "
                    f"got {self.file!r} with {len(codes)}"
                )
        if self.unseen is not None:
            codes, vocabulary, baseline = _of_training(codes, vocabulary, self.unseen)
        self._set(_codes=codes, vocabulary=vocabulary, baseline=baseline)

    @property
    def inputs(self) -> int:
        """How many different characters there are."""
        return len(self.vocabulary)

    outputs = inputs

    def encode(self, text: str) -> np.ndarray:
        """Text to whole numbers.

        Parameters
        ----------
        text : str
            Of characters in the vocabulary; of any, where there is `unseen`.

        Returns
        -------
        numpy.ndarray
            (characters,) int64.

        Raises
        ------
        ValueError
            If the vocabulary lacks a character, which is named, and there is no `unseen`.

        Examples
        --------
        >>> task = Text()
        >>> task.decode(task.encode("a list"))
        'a list'
        """
        if not isinstance(text, str):
            raise ValueError(f"text must be a str, got {type(text).__name__}")
        known, points = _points(self.vocabulary), _points(text)
        codes = np.searchsorted(known, points).clip(max=len(known) - 1)
        unknown = np.flatnonzero(known[codes] != points)
        if self.unseen is not None:
            codes[unknown] = self.vocabulary.index(self.unseen)
        elif unknown.size:
            raise ValueError(f"text must be made of the task's vocabulary, got {text[unknown[0]]!r} at {unknown[0]}")
        return codes

    def decode(self, codes: ArrayLike) -> str:
        """Whole numbers to text.

        Parameters
        ----------
        codes : array_like
            (characters,) whole numbers below `inputs`.

        Returns
        -------
        str
            The text.
        """
        if np.size(codes) == 0:
            return ""
        return "".join(self.vocabulary[c] for c in checks.integers("codes", codes, ("T",), self.inputs))

    def stream(self, batch: int, split: str = "train", rng: checks.Rng = None) -> Iterator[Batch]:
        """Consecutive Batches for training that carries the state on; row b of each continues row b of the one before.

        The split is cut into B equal parts, read side by side. It ends where the parts hold no further whole sequence;
        fewer than `length` characters a row are left.

        Parameters
        ----------
        batch : int
            B, how many parts.
        split : {"train", "valid", "test"}
            What is read.
        rng : int or numpy.random.Generator, optional
            Changes nothing: the order is that of the text.

        Returns
        -------
        iterator of Batch
            Each of (length, B) characters.

        Raises
        ------
        ValueError
            If the parts would be shorter than one sequence.
        """
        part = self._part(split)
        batch = checks.whole("batch", batch)
        rows = (len(part) - 1) // batch
        if rows < self.length:
            most = self.most_rows(split)
            raise ValueError(f"batch must be at most {most} for split {split!r} at length {self.length}, got {batch}")
        return self._stream(part, batch, rows)

    def codes(self, split: str | None = None) -> np.ndarray:
        """The text as whole numbers, in its order.

        Parameters
        ----------
        split : {"train", "valid", "test"} or None
            Which part; None: all of it.

        Returns
        -------
        numpy.ndarray
            (characters,) whole numbers below `inputs`, which nobody can change.

        Examples
        --------
        >>> task = Text()
        >>> task.decode(task.codes("train")[:12]) == task.decode(task.codes()[:12])
        True
        """
        return self._codes if split is None else self._part(split)

    def most_rows(self, split: str = "train") -> int:
        """Into how many parts `stream` can cut a split.

        Parameters
        ----------
        split : {"train", "valid", "test"}
            Which one.

        Returns
        -------
        int
            The largest `batch` of `stream`.
        """
        return (len(self._part(split)) - 1) // self.length

    def _stream(self, part, batch, rows):
        place = np.arange(batch) * rows + np.arange(self.length + 1)[:, None]
        for start in range(0, rows - self.length + 1, self.length):
            yield _batch(part[place + start])

    def about(self) -> About:
        """What the numbers of a network for this text mean.

        Returns
        -------
        About
            With the vocabulary as names of the symbols and of the classes.

        Examples
        --------
        >>> text = Text()
        >>> text.about().symbols == tuple(text.vocabulary)
        True
        """
        letters = tuple(self.vocabulary)
        return replace(super().about(), symbols=letters, classes=letters)

    @staticmethod
    def perplexity(loss: float) -> float:
        """Between how many equally likely characters the guess wavers: exp(loss).

        Parameters
        ----------
        loss : float
            A cross-entropy in nats.

        Returns
        -------
        float
            At least 1.
        """
        return np.exp(loss)

    @staticmethod
    def bits_per_character(loss: float) -> float:
        """A cross-entropy in bits.

        Parameters
        ----------
        loss : float
            A cross-entropy in nats.

        Returns
        -------
        float
            In bits.
        """
        return loss / log(2)

    def measures(self, loss: float) -> dict[str, float]:
        """Perplexity and bits per character.

        Parameters
        ----------
        loss : float
            A cross-entropy in nats.

        Returns
        -------
        dict of str to float
            By name.
        """
        return {"perplexity": self.perplexity(loss), "bits/char": self.bits_per_character(loss)}

    def solved(self, y: ArrayLike, batch: Batch) -> bool:
        """Whether the mean cross-entropy over this batch is below `baseline`.

        Parameters
        ----------
        y : array_like
            (T, B, O) floats, the network's output.
        batch : Batch
            What the network read.

        Returns
        -------
        bool
            True or False.
        """
        self.correct(y, batch)  # for its checks
        return bool(_cross_entropy(np.asarray(y), batch).mean() < self.baseline)

    def _part(self, split):
        checks.one_of("split", split, ("train", "valid", "test"))
        return _parts(self._codes)[split]

    def _sample(self, batch, rng, split):
        part = self._part(split)
        start = rng.integers(0, len(part) - self.length, batch)
        return _batch(part[start + np.arange(self.length + 1)[:, None]])

    def _correct(self, y, batch):
        return _cross_entropy(y, batch).mean(axis=0) < self.baseline


def _batch(window):
    # Two arrays, not two views of one: whoever changes x must not change the target.
    return Batch(window[:-1].astype(np.int64), window[1:].astype(np.int64))


def _cross_entropy(y, batch):
    """(T, B) nats."""
    return -np.take_along_axis(log_softmax(y), batch.target[:, :, None], axis=-1)[:, :, 0]


def _parts(codes):
    n = len(codes)
    return {"train": codes[: n * 8 // 10], "valid": codes[n * 8 // 10 : n * 9 // 10], "test": codes[n * 9 // 10 :]}


def _points(text):
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)


def _path(file):
    path = os.fspath(file) if isinstance(file, str | os.PathLike) else None
    if not isinstance(path, str):
        raise ValueError(f"file must be a path or None, got {file!r}")
    return path


def _check_file(path) -> None:
    try:
        found = os.stat(path)
    except FileNotFoundError:
        raise FileNotFoundError(f"file must be a text file, got {path!r}, which does not exist") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ValueError(f"file must be a readable text file, got {path!r}: {reason}") from None
    if stat.S_ISDIR(found.st_mode):
        raise ValueError(f"file must be a text file, got the folder {path!r}")
    if not stat.S_ISREG(found.st_mode):  # reading a device or a pipe could wait for ever
        raise ValueError(f"file must be a text file, got {path!r}, which is no regular file")


def _load(path):
    """(codes, vocabulary, baseline) of a file, prepared once for each content.

    Only the content tells whether a file is still the same: its size, and its times up to a tick of the clock, can be.
    """
    _check_file(path)
    try:
        with open(path, "rb") as f:
            content = f.read()
    except OSError as error:
        raise ValueError(f"file must be a readable text file, got {path!r}: {error.strerror}") from None
    prepared = _prepared(hashlib.sha256(content).digest())
    if not prepared:
        prepared.append(_prepare(_decoded(path, content)))
    return prepared[0]


@lru_cache(maxsize=4)
def _prepared(digest) -> list:
    """What a content became, in a list that `_load` fills."""
    return []


def _decoded(path, content) -> str:
    if not content:
        raise ValueError(f"file must hold text, got {path!r}, which is empty")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        words = f"file must be UTF-8 text, got {path!r} with a wrong byte at position {error.start}"
        raise ValueError(f"{words}; {how_to_convert(path, content)}") from None
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    if len(set(text)) < 2:
        raise ValueError(f"file must hold at least 2 different characters, got {path!r} with {len(set(text))}")
    return text


@lru_cache(maxsize=1)
def _default():
    try:
        from pydoc_data.topics import topics
    except ImportError:
        raise ImportError("this Python comes without its help pages (pydoc_data.topics): name a text file") from None
    text = "\n\n".join(topics[name] for name in sorted(topics))
    for fancy, plain in {"‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": "..."}.items():
        text = text.replace(fancy, plain)
    text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")
    text = re.sub(r"[^\n -~]", " ", text)
    text = re.sub(r"(?m)^ *([^\w\s])\1{2,} *\n", "", text)  # lines under titles: nothing to learn
    text = re.sub(r" +", " ", text)
    text = re.sub(r" ?\n ?", "\n", text)
    text = re.sub(r"\n{3,}", "\n\n", text)
    return _prepare(text.strip()[:DEFAULT_CHARACTERS])


def _prepare(text):
    """(codes, vocabulary, baseline) of a text."""
    vocabulary = "".join(sorted(set(text)))
    table = np.zeros(ord(vocabulary[-1]) + 1, np.min_scalar_type(len(vocabulary) - 1))
    table[_points(vocabulary)] = np.arange(len(vocabulary))
    codes = table[_points(text)]
    codes.flags.writeable = False  # every Text of this file shares it
    return codes, vocabulary, _bigram_loss(codes, len(vocabulary))


def _of_training(codes, vocabulary, unseen):
    """(codes, vocabulary, baseline) in the characters of the training part, all others as `unseen`."""
    if not isinstance(unseen, str) or len(unseen) != 1:
        raise ValueError(f"unseen must be one character or None, got {unseen!r}")
    known = {vocabulary[code] for code in np.unique(_parts(codes)["train"])}
    if unseen in known:
        raise ValueError(f"unseen must be a character that the training part lacks, got {unseen!r}")
    own = "".join(sorted(known | {unseen}))
    table = [own.index(c if c in known else unseen) for c in vocabulary]
    codes = np.array(table, np.min_scalar_type(len(own) - 1))[codes]
    codes.flags.writeable = False
    return codes, own, _bigram_loss(codes, len(own))


def _bigram_loss(codes, size):
    """Mean -ln P(next | current) on the test part, counted on the training part with add-one smoothing."""
    train, test = (_parts(codes)[split].astype(np.int64) for split in ("train", "test"))
    if len(train) < 2 or len(test) < 2:
        return float("nan")  # too short for any Text: refused where the length is known
    # Pairs as numbers, counted sparsely: a table of size² would be gigabytes for Chinese.
    pairs, counts = np.unique(train[:-1] * size + train[1:], return_counts=True)
    wanted = test[:-1] * size + test[1:]
    at = np.searchsorted(pairs, wanted).clip(max=len(pairs) - 1)
    seen = np.where(pairs[at] == wanted, counts[at], 0)
    context = np.bincount(train[:-1], minlength=size)[test[:-1]]
    return float(-np.log((seen + 1) / (context + size)).mean())
