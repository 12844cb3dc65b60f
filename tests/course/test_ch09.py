"""The exercises of chapter 09: right answers pass, the usual mistakes are named."""

import numpy as np
import pytest
from answers import told

BITS = {
    "nats": lambda p: -np.mean(np.log(p)),
    "sign": lambda p: np.mean(np.log2(p)),
    "sum": lambda p: -np.sum(np.log2(p)),
    "mean of the logarithms": lambda p: -np.log2(np.mean(p)),
    "perplexity": lambda p: 2 ** -np.mean(np.log2(p)),
}


def test_bits_right(capsys):
    assert told(capsys, "09.1", lambda p: float(np.mean([-np.log(one) / np.log(2) for one in p])))[0]


@pytest.mark.parametrize("words", BITS)
def test_bits_names_the_mistake(capsys, words):
    right, said = told(capsys, "09.1", BITS[words])
    assert not right
    assert words in said


def chances(z, temperature, zero=True):
    if temperature == 0 and zero:
        return np.eye(len(z))[z.argmax()]
    e = np.exp((z - z.max()) / temperature)
    return e / e.sum()


CHANCES = {
    "multiplied by": lambda z, tau: chances(z, 1 / tau),
    "before the softmax": lambda z, tau: chances(z, 1) / tau,
    "left out": lambda z, tau: chances(z, 1),
    "add up to 1": lambda z, tau: chances(z, 1) ** (1 / tau),
    "At temperature 0": lambda z, tau: chances(z, np.float64(tau), zero=False),
}


def test_temperature_right(capsys):
    assert told(capsys, "09.2", chances)[0]


@pytest.mark.parametrize("words", CHANCES)
def test_temperature_names_the_mistake(capsys, words):
    right, said = told(capsys, "09.2", CHANCES[words])
    assert not right
    assert words in said


def write(net, codes, length, carry=True, training=False, whole=False):
    state, out = None, []
    codes = list(codes)
    read = codes
    for _ in range(length):
        y, tape = net.forward(np.array(read)[:, None], state, training=training)
        state = tape.state if carry else None
        new = int(y[-1, 0].argmax())
        out.append(new)
        codes.append(new)
        read = codes if whole else [new]
    return out


def test_writing_right(capsys):
    assert told(capsys, "09.3", write)[0]


@pytest.mark.parametrize(
    ("words", "mistake"),
    [("zero state", {"carry": False}), ("training mode", {"training": True}), ("one new character", {"whole": True})],
)
def test_writing_names_the_mistake(capsys, words, mistake):
    right, said = told(capsys, "09.3", lambda *given: write(*given, **mistake))
    assert not right
    assert words in said


def test_writing_says_what_stops_it(capsys):
    assert "ZeroDivisionError" in told(capsys, "09.3", lambda net, codes, length: 1 / 0)[1]


def windows(series, length, train, known=True, after=1):
    part = series[:train] if known else series
    values = (series - part.mean()) / part.std()
    x = np.lib.stride_tricks.sliding_window_view(values, length)[:-1].T
    target = values[length - 1 + after :][: x.shape[1]]
    return x[:, : train - length], target[: train - length], x[:, train - length :], target[train - length :]


def test_windows_right(capsys):
    assert told(capsys, "09.4", windows)[0]


@pytest.mark.parametrize(
    ("words", "mistake"), [("must not know the test years", {"known": False}), ("the year after it", {"after": 0})]
)
def test_windows_names_the_mistake(capsys, words, mistake):
    right, said = told(capsys, "09.4", lambda *given: windows(*given, **mistake))
    assert not right
    assert words in said


@pytest.mark.parametrize("number", ["09.1", "09.2", "09.3", "09.4"])
def test_an_untouched_skeleton_gets_a_hint(capsys, number):
    right, said = told(capsys, number, lambda *anything: ...)
    assert not right
    assert "not yet" in said
