"""Writing with a network that was trained to read: one character after the other, each fed back in."""

from typing import Any

import numpy as np

from lstm_edu.core import Layer, checks
from lstm_edu.core.checks import Rng


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
    temperature = checks.number("temperature", temperature, least=0)
    rng = checks.generator(rng)
    codes = _encoded(net, task, prompt)
    state, written = None, []
    for _ in range(length):
        y, tape = net.forward(codes[:, None], state, training=False)
        state = tape.state
        codes = np.array([_choose(y.reshape(-1, task.outputs)[-1], temperature, rng)])
        written.append(codes[0])
    return task.decode(np.array(written))


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
    if not np.isfinite(y).all():
        raise ValueError("net gave an output that is not finite: its training diverged, or its weights are not loaded")
    if temperature == 0:
        return int(y.argmax())
    with np.errstate(over="ignore"):  # at a tiny temperature all but the largest become -inf, and exp of it 0
        p = np.exp((y - y.max()) / temperature)
    return int(rng.choice(len(p), p=p / p.sum()))
