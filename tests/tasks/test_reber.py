import re
from collections import Counter
from math import log

import numpy as np
import pytest

from lstm_edu.tasks import EmbeddedReber

# The grammar written as a regular expression: an account of its own, without states.
TAIL = "T*V(?:PXT*V)*(?:V|PS)"
INNER = f"B(?:TS*X(?:S|X{TAIL})|P{TAIL})E"
EMBEDDED = re.compile(f"B(?:T{INNER}T|P{INNER}P)E")
# What can follow at the shortest, wherever a beginning stops: every suffix of strings that visit all of the grammar.
ENDINGS = {s[i:] for c in "TP" for inner in ("BTXSE", "BTXXVVE", "BPVPSE") for s in [f"B{c}{inner}{c}E"]
           for i in range(len(s) + 1)}  # fmt: skip
TASK = EmbeddedReber()


def one_hot(string):
    return np.eye(7)[["BTPSXVE".index(c) for c in string]][:, None]


X = one_hot("BTBTXSET")


def followers(beginning):
    return "".join(c for c in "BTPSXVE" if any(EMBEDDED.fullmatch(beginning + c + end) for end in ENDINGS))


def read(batch):
    """Inputs and targets as strings."""
    inputs, targets = [], []
    for b, n in enumerate(batch.lengths):
        inputs.append("".join("BTPSXVE"[s] for s in batch.x[:n, b].argmax(axis=-1)))
        targets.append("".join("BTPSXVE"[s] for s in batch.target[:n, b]))
    return inputs, targets


def test_strings_are_legal():
    strings = TASK.strings(2000, 1)
    assert all(EMBEDDED.fullmatch(s) for s in strings)
    assert len(set(strings)) > 200
    assert min(map(len, strings)) == 9


def test_is_legal_agrees_with_the_regular_expression_on_damaged_strings():
    rng = np.random.default_rng(2)
    verdicts = []
    for string in TASK.strings(500, rng):
        letters = list(string)
        letters[rng.integers(len(letters))] = "BTPSXVE"[rng.integers(7)]
        damaged = "".join(letters)
        verdicts.append(EmbeddedReber.is_legal(damaged))
        assert verdicts[-1] == bool(EMBEDDED.fullmatch(damaged))
        assert not EmbeddedReber.is_legal(string[:-1])
        assert not EmbeddedReber.is_legal(string + "E")
        assert EmbeddedReber.is_legal(string)
    assert set(verdicts) == {True, False}


@pytest.mark.parametrize("string", ["", "btbtxsete", "BTBTXSET?"])
def test_what_is_no_string_of_the_grammar_is_not_legal(string):
    assert not EmbeddedReber.is_legal(string)


@pytest.mark.parametrize(
    ("string", "choices"), [("BTBTXSETE", 4), ("BPBTXSEPE", 4), ("BTBPVVETE", 4), ("BPBTSXXTVPSEPE", 9)]
)
def test_every_choice_has_probability_one_half(string, choices):
    n = 20_000
    p = 0.5**choices
    found = Counter(TASK.strings(n, 3))[string]
    assert abs(found - n * p) < 4 * np.sqrt(n * p * (1 - p))


def test_input_is_the_string_without_its_last_symbol_and_target_without_its_first():
    batch = TASK.sample(300, 4)
    for given, wanted in zip(*read(batch), strict=True):
        assert given[1:] == wanted[:-1]
        assert EMBEDDED.fullmatch(given + wanted[-1])
    assert np.array_equal(batch.x.sum(axis=-1), batch.counted)


def test_sample_and_strings_draw_alike():
    inputs, targets = read(TASK.sample(50, 5))
    assert [i + t[-1] for i, t in zip(inputs, targets, strict=True)] == TASK.strings(50, 5)


def test_very_long_strings_are_not_cut():
    assert max(map(len, TASK.strings(20_000, 6))) > 40
    assert all(s.endswith("E") for s in TASK.strings(20_000, 6))


def test_legal_next_is_what_can_follow_the_beginning():
    batch = TASK.sample(60, 7)
    legal = TASK.legal_next(batch.x, batch.lengths)
    inputs, _ = read(batch)
    for b, given in enumerate(inputs):
        for t in range(len(batch.x)):
            expected = followers(given[: t + 1]) if t < len(given) else ""
            assert "".join(np.array(list("BTPSXVE"))[legal[t, b]]) == expected


def test_legal_next_takes_all_steps_as_real_without_lengths():
    batch = TASK.sample(1, 8)
    assert np.array_equal(TASK.legal_next(batch.x), TASK.legal_next(batch.x, batch.lengths))


def test_after_the_end_of_a_sequence_nothing_is_legal():
    legal = TASK.legal_next(np.repeat(X, 2, axis=1), np.array([8, 3]))
    assert legal.any(axis=-1).T.tolist() == [[True] * 8, [True] * 3 + [False] * 5]


def ratio(per_string, steps):
    """A mean over all steps and its standard error, for sums over strings of different lengths."""
    mean = per_string.sum() / steps.sum()
    return mean, (per_string - mean * steps).std() / steps.mean() / np.sqrt(len(steps))


def test_the_best_guess_from_the_current_symbol_scores_the_baseline():
    def pairs(seed):
        batch = TASK.sample(20_000, seed)
        return batch, batch.x.argmax(axis=-1), batch.target

    batch, now, after = pairs(9)
    counts = np.zeros((7, 7))
    np.add.at(counts, (now[batch.counted], after[batch.counted]), 1)
    loss = -np.log(np.maximum(counts, 1e-9) / np.maximum(counts.sum(axis=1, keepdims=True), 1))
    batch, now, after = pairs(10)
    mean, error = ratio((loss[now, after] * batch.counted).sum(axis=0), batch.lengths)
    assert abs(mean - TASK.baseline) < 3 * error
    assert error < 0.005


def test_an_even_guess_among_the_legal_symbols_scores_the_floor():
    strings = TASK.strings(3000, 11)
    ways = {}
    losses = []
    for string in strings:
        total = 0.0
        for t in range(1, len(string)):
            beginning = string[:t]
            if beginning not in ways:
                ways[beginning] = len(followers(beginning))
            total += log(ways[beginning])
        losses.append(total)
    mean, error = ratio(np.array(losses), np.array([len(s) - 1 for s in strings]))
    assert abs(mean - TASK.floor) < 3 * error
    assert error < 0.005


def test_the_bounds_have_the_values_in_the_docstring():
    for value in (TASK.baseline, TASK.floor):
        assert f"{value:.3f} nats" in EmbeddedReber.__doc__


def test_right_means_that_the_legal_symbols_are_the_most_active():
    batch = TASK.sample(20, 12)
    legal = TASK.legal_next(batch.x, batch.lengths)
    rng = np.random.default_rng(13)
    noise = rng.random(legal.shape)
    y = noise + np.where(legal, 1.0, -0.01)
    assert TASK.correct(y, batch).all()
    assert TASK.solved(y, batch)

    t = batch.lengths[3] - 1
    y[t, 3, legal[t, 3]] = y[t, 3, ~legal[t, 3]].max()  # a tie at one step is not enough
    assert np.flatnonzero(~TASK.correct(y, batch)).tolist() == [3]
    assert not TASK.solved(y, batch)


def test_the_drawn_symbol_alone_is_not_enough_where_two_are_legal():
    batch = TASK.sample(20, 14)
    y = np.eye(7)[batch.target]
    assert not TASK.correct(y, batch).any()  # every string has at least two choices


def test_padding_does_not_matter_to_what_is_right():
    batch = TASK.sample(20, 15)
    y = np.where(TASK.legal_next(batch.x, batch.lengths), 1.0, 0.0)
    y[~batch.counted] = np.nan
    assert TASK.correct(y, batch).all()


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (X[:, :, :6], "x must have shape (T, B, 7)"),
        (X.astype(int), "x must be an array of floats"),
        (X * 2, "x must be one-hot: at each real step a single 1 among zeros"),
        (np.maximum(X, X[0]), "x must be one-hot: at each real step a single 1 among zeros"),
        (X * 0, "x must be one-hot: at each real step a single 1 among zeros"),
        (one_hot("BTBTTSET"), "x must hold legal strings, got an illegal T at [4, 0]"),
        (one_hot("BTBTXSETEB"), "x must hold legal strings, got an illegal B at [9, 0]"),
    ],
)
def test_legal_next_names_what_is_wrong(x, message):
    with pytest.raises(ValueError, match="^" + re.escape(message)):
        EmbeddedReber.legal_next(x)


def test_wrong_lengths_counts_and_strings_are_named():
    with pytest.raises(ValueError, match=r"lengths must lie in 0 .. 8, got values from 9 to 9"):
        EmbeddedReber.legal_next(X, np.array([9]))
    with pytest.raises(ValueError, match="count must be a whole number of at least 1, got 0"):
        TASK.strings(0)
    with pytest.raises(ValueError, match="string must be a str, got bytes"):
        EmbeddedReber.is_legal(b"BTBTXSETE")
