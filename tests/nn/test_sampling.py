"""Sampling from a text network: what it draws, that it remembers, and its door."""

from dataclasses import dataclass

import numpy as np
import pytest

import lstm_edu as le


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
