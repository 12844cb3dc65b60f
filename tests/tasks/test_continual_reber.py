import functools
import re

import numpy as np
import pytest

import lstm_edu as le
from lstm_edu.tasks import ContinualReber, EmbeddedReber

TASK = ContinualReber(length=30)
SYMBOLS = "BTPSXVE"


def read(x):
    return ["".join(SYMBOLS[s] for s in x[:, b].argmax(axis=-1)) for b in range(x.shape[1])]


def cut(stream):
    """The strings of a stream, and the beginning of one that is left over at its end."""
    strings, begun = [], ""
    for symbol in stream:
        begun += symbol
        if EmbeddedReber.is_legal(begun):
            strings.append(begun)
            begun = ""
    return strings, begun


class Knowing:
    """Stands in for a network that tells the legal symbols, but for a mistake at one symbol of one stream."""

    def __init__(self, stream, symbol):
        self.wrong = stream, symbol

    def forward(self, x, state=None, *, lengths, training):
        start, seen = (0, [""] * x.shape[1]) if state is None else state
        y = np.full(x.shape, -9.0)
        for b, symbols in enumerate(read(x)):
            for t, symbol in enumerate(symbols):
                seen[b] += symbol
                for k, after in enumerate(SYMBOLS):
                    if after in followers(seen[b]):
                        y[t, b, k] = 9.0
                if (b, start + t) == self.wrong:
                    y[t, b, 0] *= -1
                if EmbeddedReber.is_legal(seen[b]):
                    seen[b] = ""
        return y, type("Tape", (), {"state": (start + len(x), seen)})


@functools.cache
def followers(begun):
    """What may follow the beginning of a string, by the grammar of single strings."""
    if EmbeddedReber.is_legal(begun):
        return "B"
    x = np.eye(7)[[SYMBOLS.index(s) for s in begun]][:, None]
    return "".join(np.array(list(SYMBOLS))[EmbeddedReber.legal_next(x)[-1, 0]])


def test_a_stream_is_one_legal_string_after_the_other():
    for stream in read(TASK.sample(20, 1, "test").x):
        strings, begun = cut(stream)
        assert len(strings) > 10
        assert len(stream) == 300
        assert len(begun) < 80
        assert followers(begun) if begun else True


def test_the_target_is_the_set_of_symbols_that_may_follow():
    batch = TASK.sample(20, 2)
    for b, stream in enumerate(read(batch.x)):
        for t in range(30):
            begun = cut(stream[: t + 1])[1]
            expected = followers(begun) if begun else "B"
            assert "".join(np.array(list(SYMBOLS))[batch.target[t, b] > 0]) == expected
    assert set(batch.target.ravel()) == {0, 1}


def test_each_way_is_taken_half_of_the_time():
    batch = ContinualReber(length=1000).sample(100, 3)
    two = batch.target[:-1].sum(axis=-1) == 2
    first = batch.target[:-1].argmax(axis=-1) == batch.x[1:].argmax(axis=-1)
    n = np.count_nonzero(two)
    assert abs(first[two].sum() - n / 2) < 4 * np.sqrt(n / 4)


def test_test_sequences_are_longer_and_the_others_are_windows():
    task = ContinualReber(length=20, windows=4)
    assert task.sample(3, 0, "train").x.shape == task.sample(3, 0, "valid").x.shape == (20, 3, 7)
    assert task.sample(3, 0, "test").x.shape == (80, 3, 7)


def test_a_stream_in_windows_goes_on_where_it_stopped():
    task = ContinualReber(length=20, windows=4)
    batches = list(task.stream(5, rng=4))
    x = np.concatenate([batch.x for batch in batches])
    target = np.concatenate([batch.target for batch in batches])
    assert x.shape == (80, 5, 7)
    for stream in read(x):
        strings, begun = cut(stream)
        assert "".join(strings) + begun == stream
        assert len(begun) < 60
    after = x[1:].argmax(axis=-1)
    assert np.take_along_axis(target[:-1], after[..., None], axis=-1).all()


def test_the_same_seed_gives_the_same_stream_and_another_seed_another():
    first, again, other = (next(TASK.stream(3, rng=seed)).x for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_the_best_guess_from_the_current_symbol_scores_the_baseline():
    def pairs(seed):
        batch = TASK.sample(4000, seed)
        return batch.x.argmax(axis=-1), batch.target

    now, target = pairs(5)
    p = np.array([target[now == symbol].mean(axis=0) for symbol in range(7)])[pairs(6)[0]]
    target = pairs(6)[1]
    likely = np.where(target > 0, p, 1 - p)
    losses = -np.log(np.maximum(likely, 1e-9)).mean(axis=(0, 2))
    error = losses.std() / np.sqrt(len(losses))
    assert abs(losses.mean() - TASK.baseline) < 3 * error
    assert error < 0.002


def test_right_means_less_than_49_hundredths_away_at_each_step_and_symbol():
    batch = TASK.sample(4, 7)

    def logit(p):
        return np.log(p / (1 - p))

    y = np.where(batch.target > 0, logit(0.52), logit(0.48))
    assert TASK.correct(y, batch).all()
    k = np.flatnonzero(batch.target[9, 1] == 0)[0]
    y[9, 1, k] = logit(0.495)
    assert TASK.correct(y, batch).tolist() == [True, False, True, True]


@pytest.mark.parametrize(("stream", "symbol"), [(0, 0), (2, 17), (1, 499), (1, 500), (0, 699)])
def test_error_free_counts_the_symbols_before_the_first_error(stream, symbol):
    free = TASK.error_free(Knowing(stream, symbol), streams=3, longest=700, rng=8)
    expected = [700, 700, 700]
    expected[stream] = symbol
    assert free.tolist() == expected


@pytest.mark.parametrize(
    ("lengths", "grade"),
    [([100, 100], "perfect"), ([100, 99], "rest"), ([2000, 2000], "good"), ([1000, 1000], "rest"), ([1, 2001], "good")],
)
def test_the_grades_are_those_of_the_paper(lengths, grade):
    assert ContinualReber.grade(lengths, longest=100 if max(lengths) <= 100 else 10_000) == grade


def test_a_network_can_be_trained_with_the_state_carried_on_and_reproducibly():
    nets = [le.make_network(TASK, "lstm", units=5, rng=0) for _ in range(2)]
    for net in nets:
        le.fit(net, TASK, steps=15, carry_state=True, seed=3, validation=5, progress_bar=False)
    assert np.array_equal(nets[0].params.flat, nets[1].params.flat)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ContinualReber(length=1), "length must be a whole number of at least 2, got 1"),
        (lambda: ContinualReber(windows=0), "windows must be a whole number of at least 1, got 0"),
        (lambda: TASK.stream(0), "batch must be a whole number of at least 1, got 0"),
        (lambda: TASK.stream(1, "tset"), "unknown split 'tset': did you mean 'test'"),
        (lambda: TASK.error_free(None, streams=0), "streams must be a whole number of at least 1, got 0"),
        (lambda: TASK.error_free(None, longest=0), "longest must be a whole number of at least 1, got 0"),
        (lambda: TASK.error_free("gru"), "net must be a network, got 'gru'"),
        (
            lambda: TASK.error_free(le.Dense(7, 2)),
            "net must give 7 outputs at each step, got",
        ),
        (lambda: TASK.grade([1.5]), "error_free must be an array of whole numbers, got float64"),
        (lambda: TASK.grade([11], longest=10), "error_free must lie in 0 .. 10, got values from 11 to 11"),
    ],
)
def test_wrong_arguments_are_named(call, message):
    with pytest.raises(ValueError, match="^" + re.escape(message)):
        call()
