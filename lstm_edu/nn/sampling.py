"""Writing with a network that was trained to read: one character after the other, each fed back in."""

import itertools
import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from lstm_edu.cells.recurrent import Recurrent
from lstm_edu.cells.steps import Steps
from lstm_edu.core import Layer, checks
from lstm_edu.core.checks import Rng

from .layers import Dense, Embedding
from .network import Sequential

UNSEEN = "\ufffd"  # stands for every character that the training text lacks
_NOTHING = -746.0  # exp of it is 0 in float64


def sample_text(net: Layer, task: Any, prompt: str, length: int, temperature: float = 1.0, rng: Rng = 0) -> str:
    """Let a network write, each character drawn from what it expects after all before it.

    The state is carried on, so that every character costs one step.

    Parameters
    ----------
    net : Layer
        A network that gives one output a character of the vocabulary at each step, as trained on `task`.
    task : Text
        The text task it learnt: its `encode`, `decode` and number of `outputs` are used.
    prompt : str
        What the network reads first, from the zero state; at least one character, all of the vocabulary.
    length : int
        How many characters to write.
    temperature : float, default 1.0
        The outputs are divided by it before the softmax: 1 draws as the network believes, less is bolder in what it
        believes most, more is wilder. 0: always the likeliest character, the first of equal ones.
    rng : int, numpy.random.Generator or None, default 0
        What decides which characters are drawn; None: a new seed from the system.

    Returns
    -------
    str
        The new characters without the prompt.

    Raises
    ------
    ValueError
        For anything that does not fit, and for a network whose output is not finite.

    References
    ----------
    Karpathy, Johnson and Fei-Fei, Visualizing and understanding recurrent networks, 2015 (the task).

    Examples
    --------
    >>> import lstm_edu as le
    >>> task = le.tasks.Text(length=20)
    >>> net = le.make_network(task, "gru", units=8, rng=0)      # untrained: it writes noise
    >>> text = sample_text(net, task, "The ", 12, rng=1)
    >>> len(text), text == sample_text(net, task, "The ", 12, rng=1)
    (12, True)
    """
    length = checks.whole("length", length)
    codes = _drawn(net, _encoded(net, task, prompt), temperature, rng)
    return task.decode(np.fromiter(itertools.islice(codes, length), np.int64, length))


def write_text(net: Layer, prompt: str, *, temperature: float = 1.0, rng: Rng = 0) -> Iterator[str]:
    """Let a network write on and on, one character at a time, in memory that does not grow.

    What the characters are the network knows itself (`net.about`), since it was trained; a file keeps it. A character
    of the prompt that the network never saw is read as its sign for unseen ones, if it has one (U+FFFD).

    Parameters
    ----------
    net : Layer
        A network that was trained on a text.
    prompt : str
        What it reads first, from the zero state; at least one character.
    temperature : float, default 1.0
        As for `sample_text`.
    rng : int, numpy.random.Generator or None, default 0
        What decides which characters are drawn; None: a new seed from the system.

    Returns
    -------
    iterator of str
        The characters, without end.

    Raises
    ------
    ValueError
        For anything that does not fit, at once; while it writes, for an output that is not finite.

    See Also
    --------
    sample_text : So many characters as one str.

    Examples
    --------
    >>> import itertools, lstm_edu as le
    >>> task = le.tasks.Text(length=20)
    >>> net = le.make_network(task, "gru", units=8, rng=0)
    >>> net.about = task.about()      # as training would
    >>> letters = write_text(net, "The ", rng=1)
    >>> "".join(itertools.islice(letters, 12)) == sample_text(net, task, "The ", 12, rng=1)
    True
    """
    if not isinstance(net, Layer):
        raise ValueError(f"net must be a network, got {type(net).__name__}")
    symbols = None if net.about is None else net.about.symbols
    if symbols is None or any(len(symbol) != 1 for symbol in symbols):
        raise ValueError("net does not know what characters it was trained on (net.about.symbols): was it on a text?")
    if net.outputs != len(symbols):
        raise ValueError(f"net must have {len(symbols)} outputs, one for each character it knows, got {net.outputs}")
    if not isinstance(prompt, str) or not prompt:
        raise ValueError(f"prompt must be a str of at least one character, got {prompt!r}")
    codes = {symbol: code for code, symbol in enumerate(symbols)}
    unseen = codes.get(UNSEEN)
    unknown = next((letter for letter in prompt if letter not in codes), None)
    if unknown is not None and unseen is None:
        raise ValueError(f"prompt: the network never saw {unknown!r}; it knows {''.join(symbols)!r}")
    read = np.array([codes.get(letter, unseen) for letter in prompt])
    return map(symbols.__getitem__, _drawn(net, read, temperature, rng))


def _drawn(net: Layer, codes: np.ndarray, temperature: Any, rng: Any) -> Iterator[int]:
    """Checks at the door; then numbers of characters without end, after those in `codes`."""
    temperature, rng = checks.number("temperature", temperature, least=0), checks.generator(rng)
    return _on_and_on(net, codes, temperature, rng)


def _on_and_on(net: Layer, codes: np.ndarray, temperature: float, rng: np.random.Generator) -> Iterator[int]:
    y, tape = net.forward(codes[:, None], training=False)
    step = _step_of(net, tape.state)
    while True:
        code = _choose(y.reshape(-1, y.shape[-1])[-1], temperature, rng)
        yield code
        y = step(code)


def _step_of(net: Any, state: Any) -> Callable[[int], np.ndarray]:
    """A function that takes the next symbol through the network and gives its outputs (1, O).

    The usual network, an Embedding under cells under one Dense layer, goes without tapes and checks; the bits are the
    same.
    """
    layers = net.layers if type(net) is Sequential else ()
    if len(layers) > 2 and type(layers[0]) is Embedding and type(layers[-1]) is Dense:
        embedding, dense = layers[0], layers[-1]
        cells = [cell for cell in layers[1:-1] if isinstance(cell, Recurrent)]
        if len(cells) == len(layers) - 2 and getattr(dense, "activation", None) is None:
            steps = [Steps(cell, own) for cell, own in zip(cells, state[1:-1], strict=True)]

            def fast(code: int) -> np.ndarray:
                x = embedding.params["W"][code]
                for step in steps:
                    x = step(x)
                return x @ dense.params["W"] + dense.params["b"]

            return fast

    def usual(code: int) -> np.ndarray:
        nonlocal state
        y, tape = net.forward(np.full((1, 1), code), state, training=False)
        state = tape.state
        return y

    return usual


def _encoded(net: Any, task: Any, prompt: Any) -> np.ndarray:
    """The prompt as whole numbers (characters,), after all that can be checked is checked."""
    if not all(hasattr(task, name) for name in ("encode", "decode", "outputs")):
        raise ValueError(f"task must be a text task, with encode and decode, got {type(task).__name__}")
    if not isinstance(net, Layer):
        raise ValueError(f"net must be a network, got {type(net).__name__}")
    if net.outputs != task.outputs:
        raise ValueError(f"net must have {task.outputs} outputs, one for each character of the task, got {net.outputs}")
    if not isinstance(prompt, str) or not prompt:
        raise ValueError(f"prompt must be a str of at least one character, got {prompt!r}")
    try:
        return task.encode(prompt)
    except ValueError as error:
        raise ValueError(f"prompt: {error}") from None


def _choose(y: np.ndarray, temperature: float, rng: np.random.Generator) -> int:
    """One of the classes with outputs y (O,)."""
    y = y.astype(np.float64)
    if not (math.isfinite(y.dot(y)) or np.isfinite(y).all()):  # one number is not, or one is very large
        raise ValueError("net gave an output that is not finite: its training diverged, or its weights are not loaded")
    if temperature == 0:
        return int(y.argmax())
    p = np.exp(np.maximum(y - y.max(), _NOTHING * temperature) / temperature)
    cumulated = (p / p.sum()).cumsum()  # what Generator.choice does, without its checks
    cumulated /= cumulated[-1]
    return int(cumulated.searchsorted(rng.random(), side="right"))
