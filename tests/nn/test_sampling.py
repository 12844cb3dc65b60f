"""Sampling from a text network: what it draws, that it remembers, and its door."""

import itertools
from dataclasses import dataclass

import numpy as np
import pytest

import lstm_edu as le
from lstm_edu.cells import CLASSIC


@dataclass(frozen=True)
class Letters:
    """As much of a text task as sampling needs."""

    vocabulary: str = "abcd"

    @property
    def outputs(self):
        return len(self.vocabulary)

    def encode(self, text):
        if set(text) - set(self.vocabulary):
            raise ValueError(f"text must be made of the task's vocabulary, got {text!r}")
        return np.array([self.vocabulary.index(letter) for letter in text])

    def decode(self, codes):
        return "".join(self.vocabulary[code] for code in codes)


def network(seed=0):
    net = le.Sequential(
        [le.Embedding(4, 5, rng=seed), le.GRU(5, 9, rng=seed), le.LSTM(9, 6, rng=seed), le.Dense(6, 4, rng=seed)]
    )
    net.params.flat[:] *= 3
    return net


def logits_after(net, text):
    return net(Letters().encode(text)[:, None])[-1, 0].astype(float)


def test_temperature_zero_takes_the_likeliest_after_all_that_was_read_and_written():
    net, text = network(), "abda"
    written = le.sample_text(net, Letters(), text, 25, temperature=0)
    assert len(written) == 25
    assert len(set(written)) > 1
    for letter in written:  # from the first character anew each time: the carried state must make no difference
        assert letter == "abcd"[logits_after(net, text).argmax()]
        text += letter
    assert written == le.sample_text(net, Letters(), "abda", 25, temperature=0, rng=99)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_characters_are_drawn_with_the_probabilities_of_the_softmax(temperature):
    net = network(1)
    logits = logits_after(net, "dc") / temperature
    expected = np.exp(logits) / np.exp(logits).sum()
    rng = np.random.default_rng(0)
    n = 3000
    drawn = [le.sample_text(net, Letters(), "dc", 1, temperature, rng) for _ in range(n)]
    shares = np.array([drawn.count(letter) / n for letter in "abcd"])
    assert np.all(np.abs(shares - expected) < 4 * np.sqrt(expected * (1 - expected) / n) + 1e-3)


def test_a_temperature_near_zero_is_the_likeliest_and_a_seed_gives_the_same_text():
    net = network(2)
    assert le.sample_text(net, Letters(), "a", 20, 1e-300) == le.sample_text(net, Letters(), "a", 20, 0)
    assert le.sample_text(net, Letters(), "a", 40, 5.0, rng=3) == le.sample_text(net, Letters(), "a", 40, 5.0, rng=3)
    assert le.sample_text(net, Letters(), "a", 40, 5.0, rng=3) != le.sample_text(net, Letters(), "a", 40, 5.0, rng=4)


def test_it_writes_what_it_learnt(tmp_path):
    file = tmp_path / "abc.txt"
    file.write_text("abcdefg " * 100)
    task = le.tasks.Text(file, length=12)
    net = le.make_network(task, "gru", units=16, rng=0)
    le.fit(net, task, steps=150, batch=8, seed=0, progress_bar=False)
    assert le.sample_text(net, task, "defg abc", 24, temperature=0) == "defg abc" * 3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"net": "net"}, "net must be a network, got str"),
        ({"net": le.Dense(4, 3)}, "net must have 4 outputs, one for each character of the task, got 3"),
        ({"task": le.tasks.Adding()}, "task must be a text task, with encode and decode, got Adding"),
        ({"prompt": ""}, "prompt must be a str of at least one character, got ''"),
        ({"prompt": 3}, "prompt must be a str of at least one character, got 3"),
        ({"prompt": "abz"}, "prompt: text must be made of the task's vocabulary, got 'abz'"),
        ({"length": 0}, "length must be a whole number of at least 1, got 0"),
        ({"temperature": -1.0}, "temperature must be at least 0, got -1.0"),
        ({"temperature": float("inf")}, "temperature must be a finite number"),
        ({"rng": -1}, "rng must be a whole number"),
    ],
    ids=str,
)
def test_what_does_not_fit_is_refused_by_name(change, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        le.sample_text(**{"net": network(), "task": Letters(), "prompt": "ab", "length": 3} | change)


def test_a_network_that_diverged_is_refused():
    net = network()
    net.params["3.b"] = np.full(4, np.nan, np.float32)
    with pytest.raises(ValueError, match="net gave an output that is not finite"):
        le.sample_text(net, Letters(), "a", 3)


def knowing(net, letters="abcd"):
    net.about = le.core.About(symbols=tuple(letters), classes=tuple(letters))
    return net


@pytest.mark.parametrize("temperature", [1.0, 0.4, 0])
@pytest.mark.parametrize("cell", CLASSIC)
def test_the_fast_way_through_a_usual_network_writes_the_same_as_its_forward(cell, temperature, monkeypatch):
    from lstm_edu.nn import sampling

    kind = le.CELLS[cell]
    net = le.Sequential([le.Embedding(4, 7, rng=2), kind(7, 9, rng=3), kind(9, 6, rng=4), le.Dense(6, 4, rng=5)])
    net.params.flat[:] *= 2
    text = le.sample_text(net, Letters(), "abd", 80, temperature, rng=6)
    monkeypatch.setattr(sampling, "Sequential", None)  # no network is a usual one
    assert text == le.sample_text(net, Letters(), "abd", 80, temperature, rng=6)


def test_writing_on_and_on_is_sampling_and_a_prompt_is_read_with_what_the_network_knows():
    letters = le.write_text(knowing(network()), "abca", temperature=0.7, rng=4)
    assert "".join(itertools.islice(letters, 60)) == le.sample_text(network(), Letters(), "abca", 60, 0.7, rng=4)


def test_an_unknown_letter_of_a_prompt_is_read_as_the_unseen_sign_or_named():
    with pytest.raises(ValueError, match="never saw 'x'; it knows 'abcd'"):
        le.write_text(knowing(network()), "abx")
    one, other = (le.write_text(knowing(network(), "abc\ufffd"), prompt, rng=1) for prompt in ("abx", "ab\ufffd"))
    assert [next(one) for _ in range(20)] == [next(other) for _ in range(20)]


def test_writing_takes_no_more_memory_the_longer_it_goes_on():
    import tracemalloc

    letters = le.write_text(knowing(network()), "a", rng=0)
    for _ in range(200):
        next(letters)
    tracemalloc.start()
    for _ in range(100):
        next(letters)
    before = tracemalloc.get_traced_memory()[0]
    for _ in range(2000):
        next(letters)
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert grown < 2000


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda: le.write_text(network(), "a"), "does not know what characters"),
        (lambda: le.write_text(knowing(network(), "abc"), "a"), "must have 3 outputs"),
        (lambda: le.write_text(knowing(network()), ""), "at least one character"),
        (lambda: le.write_text(knowing(network()), "a", temperature=-1), "temperature must be at least 0"),
        (lambda: le.write_text("net", "a"), "net must be a network, got str"),
    ],
)
def test_what_writing_cannot_do_is_said_at_once(change, words):
    with pytest.raises(ValueError, match=words):
        change()
