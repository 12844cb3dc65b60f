"""Python's own standard library as a text to learn from: which files, split how, in which characters."""

import hashlib
import sysconfig
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from lstm_edu.core import checks
from lstm_edu.core.arrays import log_softmax
from lstm_edu.core.checks import Rng
from lstm_edu.tasks import Batch, Task, Text

END = "\x1c"  # ASCII's own "file separator": stands before each file and after the last
UNKNOWN = "\ufffd"  # what every character is read as that the vocabulary lacks
SALT = 180  # the first number with which the characters of the three parts come within 5 % of their shares
RAREST = 20  # times that a character must occur in the training files to be in the vocabulary

# What is no Python that a person wrote, is not on every machine, or is gone in a newer version.
_LEFT_OUT = {
    *("site-packages", "dist-packages", "__pycache__", "test", "tests", "idlelib", "lib2to3", "tkinter", "turtledemo"),
    *("encodings", "pydoc_data", "ensurepip", "distutils", "lib-dynload", "entities.py", "stringprep.py"),
}


@dataclass(frozen=True)
class Source:
    """One file of the standard library.

    Parameters
    ----------
    name : str
        Its place, such as "json/decoder.py".
    text : str
        What stands in it.
    """

    name: str
    text: str

    @property
    def split(self) -> str:
        """ "train", "valid" or "test", about 80, 10 and 10 %: decided by the name alone, so alike in every version."""
        place = int.from_bytes(hashlib.sha256(f"{SALT} {self.name}".encode()).digest()[:4], "big") / 2**32
        return "train" if place < 0.8 else "valid" if place < 0.9 else "test"


def standard_library(folder: str | Path | None = None) -> list[Source]:
    """The source files of the standard library, sorted by name.

    Parameters
    ----------
    folder : path, optional
        Another folder to read; None: the standard library of this Python.

    Returns
    -------
    list of Source
        Without tests, tables of characters, what is installed later and what is not UTF-8.

    Raises
    ------
    ValueError
        Where there is no such file.
    """
    folder = Path(sysconfig.get_paths()["stdlib"] if folder is None else folder)
    found = []
    for path in folder.rglob("*.py"):
        place = path.relative_to(folder)
        if (
            _LEFT_OUT & set(place.parts)
            or place.name.startswith("_sysconfigdata")
            or place.parts[0].startswith("config-")
        ):
            continue
        try:
            text = path.read_text(encoding="utf-8").replace("\r\n", "\n")
        except (OSError, UnicodeDecodeError):
            continue
        if text.strip():
            found.append(Source(place.as_posix(), text))
    if not found:
        raise ValueError(f"folder must hold Python files, got {str(folder)!r}")
    return sorted(found, key=lambda source: source.name)


def vocabulary_of(sources: list[Source]) -> str:
    """The characters of the training files that occur 20 times or more, sorted, then the one for all others.

    Parameters
    ----------
    sources : list of Source
        Those of every split; only the training files are looked at.

    Returns
    -------
    str
        Each character once; the last is U+FFFD.
    """
    counts = Counter(END)
    for source in sources:
        if source.split == "train":
            counts.update(source.text)
    return "".join(sorted(c for c, n in counts.items() if (n >= RAREST or c == END) and c != UNKNOWN)) + UNKNOWN


def digest_of(sources: list[Source]) -> str:
    """A fingerprint of the files: which names, with what in them.

    Parameters
    ----------
    sources : list of Source
        All of them.

    Returns
    -------
    str
        SHA-256 in hexadecimal digits.
    """
    total = hashlib.sha256()
    for source in sources:
        total.update(f"{source.name}\0{source.text}\0".encode())
    return total.hexdigest()


@dataclass(frozen=True)
class PythonSource(Task):
    """Predict each next character of Python's own standard library.

    The files are split by their names, so that no line of a file of the validation or the test is trained on. A
    character outside of the vocabulary is read as U+FFFD. Before each file stands "\\x1c".

    A sequence is right if its mean cross-entropy is below `baseline`.

    Parameters
    ----------
    length : int, default 128
        T, the characters in a sequence.
    vocabulary : str, optional
        The characters, the last one for all others; None: `vocabulary_of` the training files of this Python. A
        network that was trained elsewhere needs the vocabulary from there.
    folder : str, optional
        Another folder of Python files; None: the standard library of this Python.

    Attributes
    ----------
    version : str
        SHA-256 of the files.
    baseline : float
        The cross-entropy of the frequencies of the characters in the training files, over the test files, in nats.

    Raises
    ------
    ValueError
        Where there are no such files in one of the splits, and for a vocabulary that is none.

    Examples
    --------
    >>> task = PythonSource(length=20)
    >>> batch = task.sample(2, rng=0)
    >>> batch.x.shape, task.decode(batch.x[1:, 0]) == task.decode(batch.target[:-1, 0])
    ((20, 2), True)
    """

    length: int = 128
    vocabulary: str | None = None
    folder: str | None = None
    version: str = field(init=False, repr=False, compare=False)
    baseline: float = field(init=False, repr=False, compare=False)
    _files: dict[str, list[np.ndarray]] = field(init=False, repr=False, compare=False)
    _texts: dict[str, np.ndarray] = field(init=False, repr=False, compare=False)

    loss = "softmax_cross_entropy"
    steps = "all"
    symbols = True
    question = "Predict the next character of Python's own source."

    def __post_init__(self):
        self._set(length=checks.whole("length", self.length))
        version, derived, sources = _read(self.folder)
        vocabulary = derived if self.vocabulary is None else self.vocabulary
        if not isinstance(vocabulary, str) or len(set(vocabulary)) != len(vocabulary) or len(vocabulary) < 2:
            raise ValueError(f"vocabulary must be different characters, at least 2, got {vocabulary!r}")
        self._set(vocabulary=vocabulary, version=version)
        files = {
            split: [self.encode(s.text) for s in sources if s.split == split] for split in ("train", "valid", "test")
        }
        texts = {split: self._joined(parts) for split, parts in files.items()}
        for split, text in texts.items():
            if len(text) <= self.length:
                raise ValueError(f"length must be below {len(text)}, what the {split} files have, got {self.length}")
        counts = np.bincount(texts["train"], minlength=len(vocabulary)) + 1
        self._set(_files=files, _texts=texts)
        self._set(baseline=float(-np.log(counts / counts.sum())[texts["test"]].mean()))

    @property
    def inputs(self) -> int:
        """How many different characters there are, the one for all others included."""
        return len(self.vocabulary or "")

    outputs = inputs

    def text(self, split: str) -> str:
        """The files of a split, one after the other, as the network reads them.

        Parameters
        ----------
        split : {"train", "valid", "test"}
            Which files.

        Returns
        -------
        str
            With "\\x1c" before each file and after the last one.
        """
        return self.decode(self.codes(split))

    def codes(self, split: str) -> np.ndarray:
        """The same as whole numbers.

        Parameters
        ----------
        split : {"train", "valid", "test"}
            Which files.

        Returns
        -------
        numpy.ndarray
            (characters,) uint8, or a wider type where the vocabulary needs it.
        """
        return self._texts[checks.one_of("split", split, self._texts)]

    def names(self, split: str) -> list[str]:
        """The files of a split.

        Parameters
        ----------
        split : {"train", "valid", "test"}
            Which files.

        Returns
        -------
        list of str
            Their places in the library, sorted.
        """
        checks.one_of("split", split, self._texts)
        return [source.name for source in _read(self.folder)[2] if source.split == split]

    def encode(self, text: str) -> np.ndarray:
        """Text to whole numbers; what the vocabulary lacks becomes its last character.

        Parameters
        ----------
        text : str
            Any.

        Returns
        -------
        numpy.ndarray
            (characters,) whole numbers.
        """
        if not isinstance(text, str):
            raise ValueError(f"text must be a str, got {type(text).__name__}")
        vocabulary = self.vocabulary or ""
        points = _points(text)
        table = np.full(max(0x80, int(points.max(initial=0)) + 1, max(map(ord, vocabulary)) + 1), len(vocabulary) - 1)
        table[_points(vocabulary)] = np.arange(len(vocabulary))
        return table.astype(np.min_scalar_type(len(vocabulary) - 1))[points]

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
        letters = np.array(list(self.vocabulary or ""))
        return "".join(letters[checks.integers("codes", codes, ("T",), self.inputs)].tolist())

    def stream(self, batch: int, split: str = "train", rng: Rng = None) -> Iterator[Batch]:
        """Consecutive Batches; row b of each continues row b of the one before.

        Parameters
        ----------
        batch : int
            B, the rows, which read one part of the text each.
        split : {"train", "valid", "test"}
            What is read.
        rng : int or numpy.random.Generator, optional
            Shuffles the training files anew for each pass; None: their order is that of their names.

        Returns
        -------
        iterator of Batch
            Each of (length, B) characters.

        Raises
        ------
        ValueError
            If the parts would be shorter than one sequence.
        """
        text, batch = self.codes(split), checks.whole("batch", batch)
        rows = (len(text) - 1) // batch
        if rows < self.length:
            most = (len(text) - 1) // self.length
            raise ValueError(f"batch must be at most {most} for split {split!r} at length {self.length}, got {batch}")
        if split == "train" and rng is not None:
            files = self._files[split]
            text = self._joined([files[k] for k in checks.generator(rng).permutation(len(files))])
        return self._stream(text, batch, rows)

    def _stream(self, text, batch, rows):
        place = np.arange(batch) * rows + np.arange(self.length + 1)[:, None]
        for start in range(0, rows - self.length + 1, self.length):
            yield _batch(text[place + start])

    def measures(self, loss: float) -> dict[str, float]:
        """Bits per character.

        Parameters
        ----------
        loss : float
            A cross-entropy in nats.

        Returns
        -------
        dict of str to float
            By name.
        """
        return {"bits/char": Text.bits_per_character(loss)}

    def _joined(self, parts: list[np.ndarray]) -> np.ndarray:
        end = self.encode(END)
        return np.concatenate([end, *(piece for part in parts for piece in (part, end))])

    def _sample(self, batch, rng, split):
        text = self.codes(split)
        start = rng.integers(0, len(text) - self.length, batch)
        return _batch(text[start + np.arange(self.length + 1)[:, None]])

    def _correct(self, y, batch):
        nats = -np.take_along_axis(log_softmax(y), batch.target[:, :, None], axis=-1)[:, :, 0]
        return nats.mean(axis=0) < self.baseline


def _batch(window):
    # Two arrays, not two views of one: whoever changes x must not change the target.
    return Batch(window[:-1].astype(np.int64), window[1:].astype(np.int64))


def _points(text: str) -> np.ndarray:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)


@lru_cache(maxsize=2)
def _read(folder: str | None) -> tuple[str, str, list[Source]]:
    sources = standard_library(folder)
    return digest_of(sources), vocabulary_of(sources), sources
