"""Chapter 09: from data to samples and forecasts."""

from collections.abc import Callable
from typing import Any

import numpy as np

from lstm_edu.course.checker import Wrong, call, exercise, same_array


@exercise("09.1", hint="Begin with -log2 of each probability.")
def bits(answer: Callable) -> str:
    """Bits per character from the probabilities that the characters got."""
    p = np.array([0.5, 0.25, 0.125, 0.9, 0.01])
    suspects = {
        "natural logarithms: those are nats": -np.log(p).mean(),
        "the sign forgotten": np.log2(p).mean(),
        "the sum; bits per character are a mean": -np.log2(p).sum(),
        "the logarithm of the mean; it must be the mean of the logarithms": -np.log2(p.mean()),
        "the mean of p log p: that weighs each surprise by its probability once more": -(p * np.log2(p)).mean(),
        "two to the power of it: that is the perplexity": 2 ** -np.log2(p).mean(),
        "logarithms to base 10": -np.log10(p).mean(),
    }
    same_array("the mean", call(answer, p), -np.log2(p).mean(), suspects=suspects)
    return "The one character that got p = 0.01 costs 6.6 bits, more than the other four together."


def _chances(z: np.ndarray, temperature: float) -> np.ndarray:
    e = np.exp((z - z.max()) / temperature)
    return e / e.sum()


@exercise("09.2", hint="Begin with the logits: where does the temperature go, before or after the softmax?")
def temperature(answer: Callable) -> str:
    """The chances of the next character at a temperature, 0 included."""
    z = np.array([2.0, 1.0, -1.0, 0.5])
    for tau in (0.5, 2.0):
        p = _chances(z, 1)
        suspects = {
            "the logits multiplied by the temperature; divide by it": _chances(z, 1 / tau),
            "the probabilities divided by the temperature; divide the logits, before the softmax": p / tau,
            "the temperature left out": p,
            "probabilities that do not add up to 1: after p to the power of 1 / temperature, divide by the sum": p
            ** (1 / tau),
        }
        same_array(f"p at temperature {tau}", call(answer, z, tau), _chances(z, tau), shape="(K,)", suspects=suspects)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        got = np.asarray(call(answer, z, 0.0), dtype=float)
    if not np.isfinite(got).all():
        raise Wrong("At temperature 0 it divides by zero. There all of the probability is on the largest logit.")
    same_array("p at temperature 0", got, np.eye(4)[0], shape="(K,)")
    return "From 0 over 1 to infinity: always the likeliest, as the network believes, all alike."


class _Network:
    """A network that remembers how it was called: what it says next depends on its state, and on dropout if on."""

    def __init__(self) -> None:
        self.states: list = []
        self.trainings: list = []
        self.inputs: list = []

    def __call__(self, x: np.ndarray, state: Any = None) -> Any:
        return self.forward(x, state, training=False)[0]

    def forward(self, x: np.ndarray, state: Any = None, training: bool = True) -> Any:
        self.states.append(state)
        self.trainings.append(training)
        self.inputs.append(np.array(x))
        count = (0 if state is None else state[0]) + len(x)
        y = np.zeros((len(x), 1, 5))
        y[np.arange(len(x)), 0, (np.asarray(x)[:, 0] * 2 + count + 3 * bool(training)) % 5] = 1.0
        return y, type("Tape", (), {"state": (count,)})()


def _write(net: Any, codes: np.ndarray, length: int) -> Any:
    state, out, codes = None, [], np.asarray(codes)
    for _ in range(length):
        y, tape = net.forward(codes[:, None], state, training=False)
        state = tape.state
        codes = y[-1, 0].argmax(keepdims=True)
        out.append(int(codes[0]))
    return out


@exercise("09.3")
def writing(answer: Callable) -> str:
    """A loop that writes: state carried on, dropout off, each new character fed back in."""
    prompt, length = np.array([3, 1, 4]), 7
    net = _Network()
    # Called without `call`: that would hand over a copy, and this network must be asked how it was used.
    try:
        got = answer(net, prompt.copy(), length)
    except Exception as error:
        raise Wrong(f"Your function stops with {type(error).__name__}: {error}") from None
    if got is None or got is ...:
        raise Wrong("Your function returns nothing yet.")
    if any(net.trainings):
        raise Wrong("The network is still in training mode: forward(..., training=False), or dropout stays on.")
    read = [len(x) for x in net.inputs]
    anew = all(state is None for state in net.states) and read == list(range(len(prompt), len(prompt) + length))
    if not anew and len(net.states) > 1 and all(state is None for state in net.states[1:]):
        raise Wrong("Each character is read from a zero state: hand tape.state on to the next forward.")
    if not anew and any(steps > 1 for steps in read[1:]):  # anew: the whole text each time is slow, but right
        raise Wrong("After the prompt each step must read the one new character; the rest is in the state already.")
    same_array("what is written", got, _write(_Network(), prompt, length), shape="(length,)")
    return (
        "Without the state the network still writes: plausible pairs of characters, and no sense. No error tells you."
    )


@exercise("09.4")
def windows(answer: Callable) -> str:
    """Windows of a series with their targets, split by time, without a look at the future."""
    series = np.random.default_rng(94).normal(size=30).cumsum() + 50
    length, train = 4, 20
    got = call(answer, series, length, train)
    if not isinstance(got, tuple | list) or len(got) != 4:
        raise Wrong("Return four arrays as the function did before: x_train, target_train, x_test, target_test.")
    mean, std = series[:train].mean(), series[:train].std()

    def cut(mean: Any, std: Any, shift: Any) -> Any:
        values = (series - mean) / std
        starts = np.arange(len(series) - length)
        x = np.stack([values[k : k + length] for k in starts], axis=1)
        target = values[starts + length - 1 + shift]
        first = train - length
        return x[:, :first], target[:first], x[:, first:], target[first:]

    right = cut(mean, std, 1)
    leaked, stale = cut(series.mean(), series.std(), 1), cut(mean, std, 0)
    both = cut(series.mean(), series.std(), 0)
    shapes = ("(length, N)", "(N,)", "(length, M)", "(M,)")
    names = ("x_train", "target_train", "x_test", "target_test")
    for k in (0, 1, 2, 3):
        leak = "mean and standard deviation of the whole series: the training must not know the test years"
        same = "the last year that was seen as the target; it must be the year after it"
        suspects = (
            {"both mistakes still there": both[k], leak: leaked[k], same: stale[k]} if k % 2 else {leak: leaked[k]}
        )
        same_array(names[k], got[k], right[k], shape=shapes[k], suspects=suspects)
    return (
        "With the first mistake the score is a little too good, with the second far too good. Both look like success."
    )
