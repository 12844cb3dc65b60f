"""What single units know of the text: labels from Python's own tokenizer, and how well one unit tells each of them."""

import io
import token
import tokenize
from dataclasses import dataclass
from typing import Any

import numpy as np

from lstm_edu.core import Layer

YES_OR_NO = ("string", "docstring", "comment")  # scored by AUC, the others by correlation
LABELS = (*YES_OR_NO, "brackets", "indentation")


def labels_of(text: str) -> dict[str, np.ndarray]:
    """What holds after each character of a Python source, as the tokenizer finds it.

    Parameters
    ----------
    text : str
        A whole file, or its beginning.

    Returns
    -------
    dict of str to numpy.ndarray
        (characters,) each. "string", bool: the opening quote has been read, the closing one not yet. "docstring",
        bool: the same where the quotes are three, whatever the string is for; it begins with the first of the three
        and ends before the last one. "comment", bool: from "#" to the last character before the line break.
        "brackets", int64: how many brackets are open. "indentation", int64: how many blocks the line lies in.

    Raises
    ------
    ValueError
        Where the text is no Python. A text that ends in its midst is.

    Examples
    --------
    >>> found = labels_of('f("a")  # b')
    >>> "".join("-s"[int(one)] for one in found["string"])
    '--ss-------'
    >>> found["brackets"].tolist()
    [0, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0]
    """
    starts = np.cumsum([0, *(len(line) + 1 for line in text.split("\n"))])  # splitlines would split at more
    found: dict[str, Any] = {name: np.zeros(len(text), bool) for name in YES_OR_NO}
    steps = {name: np.zeros(len(text) + 1, np.int64) for name in ("brackets", "indentation")}
    fstring = 0  # how deep in f-strings, which have tokens of their own since Python 3.12
    opened, label = 0, "string"
    try:
        for kind, piece, (row, column), (end_row, end_column), _ in tokenize.generate_tokens(
            io.StringIO(text).readline
        ):
            name = token.tok_name[kind]
            begin = int(starts[min(row, len(starts)) - 1]) + column
            end = int(starts[min(end_row, len(starts)) - 1]) + end_column
            if name.endswith("STRING_START"):
                if not fstring:
                    opened, label = begin + len(piece.rstrip("\"'")), _kind(piece)
                fstring += 1
            elif name.endswith("STRING_END"):
                fstring -= 1
                found[label][opened : end - 1] |= not fstring
            elif fstring:
                continue
            elif name == "STRING":
                quote = min(place for place in (piece.find('"'), piece.find("'")) if place >= 0)
                found[_kind(piece[: quote + 3])][begin + quote : end - 1] = True
            elif name == "COMMENT":
                found["comment"][begin:end] = True
            elif name == "OP" and piece in "([{":
                steps["brackets"][begin] += 1
            elif name == "OP" and piece in ")]}":
                steps["brackets"][begin] -= 1
            elif name in ("INDENT", "DEDENT"):
                steps["indentation"][min(end, len(text))] += 1 if name == "INDENT" else -1
    except tokenize.TokenError:
        pass  # the text ends within a bracket or a string: what was found until there holds
    except (IndentationError, SyntaxError) as error:
        raise ValueError(f"text must be Python, got a text with {error.msg} in line {error.lineno}") from None
    return found | {name: changes[:-1].cumsum() for name, changes in steps.items()}


def _kind(start: str) -> str:
    """Which label a string has whose first characters, up to its quotes, are these."""
    return "docstring" if start.endswith(('"""', "'''")) else "string"


def states_of(net: Layer, task: Any, texts: list[str], name: str = "1.c") -> list[np.ndarray]:
    """What the units of a layer hold after each character of some texts, in -1 .. 1.

    Parameters
    ----------
    net : Layer
        The network.
    task : PythonSource
        Its `encode` is used.
    texts : list of str
        What is read side by side, each from the zero state.
    name : str, default "1.c"
        As in `net.gates`; of a cell state c, which has no bounds, tanh(c) is given.

    Returns
    -------
    list of numpy.ndarray
        (characters, H) each.
    """
    codes = np.zeros((max(map(len, texts)), len(texts)), np.int64)
    for k, text in enumerate(texts):
        codes[: len(text), k] = task.encode(text)
    state, parts = None, []
    for start in range(0, len(codes), 250):  # in pieces, as all gates of a long text would take much memory
        _, tape = net.forward(codes[start : start + 250], state, training=False)
        state = tape.state
        values = net.gates(tape)[name]
        parts.append(np.tanh(values) if name.endswith("c") else values.copy())
    states = np.concatenate(parts)
    return [states[: len(text), k] for k, text in enumerate(texts)]


@dataclass(frozen=True)
class Found:
    """The unit that tells a label best.

    Parameters
    ----------
    label : str
        What it tells.
    unit : int
        Its number.
    sign : int
        -1 where the state is low when the label is high.
    score : float
        On the texts that it was not chosen on: the AUC of a yes or no (0.5: a coin), else Pearson's correlation.
    chosen_at : float
        The same on the texts that it was chosen on: too good, as the best of many always is.
    """

    label: str
    unit: int
    sign: int
    score: float
    chosen_at: float


def best_unit(label: str, choose: tuple[np.ndarray, np.ndarray], score: tuple[np.ndarray, np.ndarray]) -> Found:
    """Choose the unit on one half of the texts and score it on the other.

    Parameters
    ----------
    label : str
        One of `LABELS`.
    choose, score : tuple of numpy.ndarray
        States (characters, H) and the label (characters,) of each half.

    Returns
    -------
    Found
        The unit and its two scores.
    """
    measure = auc if label in YES_OR_NO else correlation
    middle = 0.5 if label in YES_OR_NO else 0.0
    all_scores = measure(*choose)
    unit = int(np.abs(all_scores - middle).argmax())
    sign = 1 if all_scores[unit] >= middle else -1
    scored = float(measure(score[0][:, [unit]], score[1])[0])
    return Found(label, unit, sign, *(middle + sign * (float(s) - middle) for s in (scored, all_scores[unit])))


def auc(states: np.ndarray, label: np.ndarray) -> np.ndarray:
    """How often a unit is higher where the label holds than where it does not, for all pairs; equal counts half.

    Parameters
    ----------
    states : numpy.ndarray
        (characters, H).
    label : numpy.ndarray
        (characters,) bool, with both values.

    Returns
    -------
    numpy.ndarray
        (H,): 0.5 is what a coin gets.

    Examples
    --------
    >>> auc(np.array([[0.1], [0.4], [0.4], [0.9]]), np.array([False, True, False, True]))
    array([0.875])
    """
    yes, no = states[label], np.sort(states[~label], axis=0)
    found = np.empty(states.shape[1])
    for k in range(states.shape[1]):
        asked = np.sort(yes[:, k])
        below = np.searchsorted(no[:, k], asked, "left") + np.searchsorted(no[:, k], asked, "right")
        found[k] = below.mean() / (2 * len(no))
    return found


def correlation(states: np.ndarray, label: np.ndarray) -> np.ndarray:
    """Pearson's correlation of each unit with a number.

    Parameters
    ----------
    states : numpy.ndarray
        (characters, H).
    label : numpy.ndarray
        (characters,) numbers, not all the same.

    Returns
    -------
    numpy.ndarray
        (H,); 0 for a unit that never changes.

    Examples
    --------
    >>> correlation(np.array([[0.0, 1.0], [1.0, 1.0], [2.0, 1.0]]), np.array([0, 2, 4]))
    array([1., 0.])
    """
    x = states - states.mean(axis=0, dtype=np.float64)
    y = label - label.mean()
    spread = np.sqrt((x**2).sum(axis=0) * (y**2).sum())
    return np.divide(y @ x, spread, out=np.zeros(len(spread)), where=spread > 0)
