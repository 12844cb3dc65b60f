"""What the kernels draw has the distribution of the tasks that NumPy draws, and the form that the paper describes."""

import numpy as np
import pytest

from lstm_edu import tasks
from lstm_edu.reproduce.hochreiter1997 import draws
from lstm_edu.reproduce.hochreiter1997.problems import (
    Enclosed,
    Lagged,
    Marked,
    NoiseFree,
    Ordered,
    Reber,
    TwoClasses,
)
from lstm_edu.reproduce.hochreiter1997.trial import generator_state
from lstm_edu.tasks import EmbeddedReber
from lstm_edu.tasks.reber import ALPHABET

N = 4000


def state(seed=0):
    return generator_state(np.random.SeedSequence(seed))


def drawn(problem, count=N, seed=0, **options):
    sequences = problem.room(count)
    problem.draw(state(seed), sequences, **options)
    return sequences


def same_distribution(one, other):
    """Whether two samples can come from one distribution: the largest gap between their shares below each value (the
    Kolmogorov-Smirnov statistic) stays under the bound that holds in all but one of 100 000 cases."""
    values = np.unique(np.concatenate([one, other]))
    gap = np.abs(
        np.searchsorted(np.sort(one), values, side="right") / len(one)
        - np.searchsorted(np.sort(other), values, side="right") / len(other)
    ).max()
    return gap < np.sqrt(np.log(2 / 1e-5) / 2 * (1 / len(one) + 1 / len(other)))


def test_the_comparison_of_distributions_sees_a_difference():
    rng = np.random.default_rng(0)
    assert same_distribution(rng.random(N), rng.random(N))
    assert not same_distribution(rng.random(N), rng.random(N) ** 1.3)
    assert not same_distribution(rng.integers(0, 10, N), rng.integers(0, 11, N))


@pytest.mark.kernels
def test_the_generator_is_the_one_that_multiplies_with_carry():
    number = int(state()[0])
    given = np.array([number], np.uint64)
    for _ in range(50):
        low, high = number & (2**32 - 1), number >> 32
        assert draws.bits(given) == low ^ high
        number = 4294883355 * low + high
        assert int(given[0]) == number


@pytest.mark.kernels
def test_uniform_and_normal_numbers_have_their_moments_and_no_memory():
    s, count = state(), 20_000
    u = np.array([draws.uniform(s) for _ in range(count)])
    z = np.array([draws.normal(s) for _ in range(count)])
    assert u.min() >= 0
    assert u.max() < 1
    bound = 4.5 / np.sqrt(count)
    assert abs(u.mean() - 0.5) < bound * np.sqrt(1 / 12)
    assert abs(u.var() - 1 / 12) < bound * np.sqrt(1 / 180)
    assert abs(z.mean()) < bound
    assert abs(z.var() - 1) < bound * np.sqrt(2)
    assert abs((z**4).mean() - 3) < bound * np.sqrt(96)
    for values in (u - 0.5, z):
        assert abs((values[1:] * values[:-1]).mean()) < bound * values.var()


@pytest.mark.kernels
def test_whole_numbers_are_equally_likely():
    s, count = state(), 20_000
    found = np.bincount([draws.below(s, 7) for _ in range(count)], minlength=7)
    assert len(found) == 7
    assert ((found - count / 7) ** 2 / (count / 7)).sum() < 33  # chi squared with 6 degrees of freedom: 1 in 100 000


def test_marked_numbers_are_distributed_as_in_the_task_adding():
    found, batch = drawn(Marked(40)), tasks.Adding(40).sample(N, rng=1)
    assert same_distribution(found.lengths, batch.lengths)
    assert same_distribution(found.targets[:, 0], batch.target[:, 0])
    for kind in (1, -1):
        place = np.argwhere(found.x[:, :-1, 1] == kind)[:, 1]
        assert same_distribution(place, np.argwhere(kind == batch.x[:, :, 1].T)[:, 1])
    real = np.arange(45) < found.lengths[:, None]
    theirs = np.arange(batch.x.shape[0]) < batch.lengths[:, None]
    assert same_distribution(found.x[:, :, 0][real], batch.x[:, :, 0].T[theirs])


@pytest.mark.parametrize("product", [False, True])
def test_the_target_is_the_scaled_sum_or_the_product_of_the_marked_numbers(product):
    found = drawn(Marked(20, product=product))
    for n in range(N):
        T = found.lengths[n]
        numbers, marks = found.x[n, :T, 0], found.x[n, :T, 1]
        assert marks[0] == marks[T - 1] == -1
        marked = numbers[marks == 1].tolist()
        if len(marked) == 1:  # the other mark was on the first pair
            assert numbers[0] == (1 if product else 0)
            marked.append(numbers[0])
        one, other = marked
        assert found.targets[n, 0] == pytest.approx(one * other if product else 0.5 + (one + other) / 4, abs=1e-12)


@pytest.mark.parametrize(("variant", "starts"), [("6a", (10, 50)), ("6b", (10, 33, 66))])
def test_ordered_symbols_are_distributed_as_in_the_task_temporal_order(variant, starts):
    found, batch = drawn(Ordered(100, starts)), tasks.TemporalOrder(100, variant).sample(N, rng=1)
    assert same_distribution(found.lengths, batch.lengths)
    assert same_distribution(found.targets.argmax(axis=1), batch.target)
    assert (found.targets.sum(axis=1) == 1).all()
    theirs = batch.x.argmax(axis=-1).T
    for t in (0, 1, 9, 15, 40, 52, 66, 70, 98):
        assert same_distribution(found.lines[:, t, 0], theirs[:, t])
    for n in range(N):
        word = found.lines[n, : found.lengths[n], 0]
        assert (word[0], word[-1]) == (0, 1)
        digits = word[word >= 6] - 6
        assert int("".join(map(str, digits)), 2) == found.targets[n].argmax()


def test_of_two_classes_the_first_numbers_tell_and_the_rest_is_noise_of_variance_a_fifth():
    found = drawn(TwoClasses(30, 3))
    assert same_distribution(found.lengths, np.random.default_rng(0).integers(30, 34, N))
    assert (found.x[:, :3, 0] == np.where(found.targets == 1, 1, -1)).all()
    assert set(found.targets[:, 0]) == {0, 1}
    noise = found.x[:, 3:30, 0]
    assert same_distribution(noise.ravel(), np.random.default_rng(0).normal(0, np.sqrt(0.2), N * 27))
    noisy = drawn(TwoClasses(30, 3, noise_first=True))
    sign = np.where(noisy.targets == 1, 1, -1)
    first = (noisy.x[:, :3, 0] - sign).ravel()
    assert same_distribution(first, np.random.default_rng(1).normal(0, np.sqrt(0.2), len(first)))


def test_targets_have_noise_in_training_and_none_in_a_test():
    problem = TwoClasses(30, 1, targets=(0.2, 0.8), target_variance=0.1)
    training, test = drawn(problem), drawn(problem, testing=True)
    assert (test.targets[:, 0] == np.where(test.x[:, 0, 0] > 0, 0.2, 0.8)).all()
    noise = training.targets[:, 0] - np.where(training.x[:, 0, 0] > 0, 0.2, 0.8)
    assert same_distribution(noise, np.random.default_rng(0).normal(0, np.sqrt(0.1), N))


def test_lagged_sequences_have_the_lag_and_then_wait_as_long_as_a_coin_says():
    p, q = 6, 9
    found = drawn(Lagged(p, q))
    wait = found.lengths - 3 - q
    assert wait.min() == 0
    assert same_distribution(wait, np.random.default_rng(0).geometric(0.1, N) - 1)
    for n in range(N):
        word = found.lines[n, : found.lengths[n], 0]
        assert (word[0], word[-1]) == (p + 1, p)
        assert found.targets[n].tolist() == ([1, 0] if word[1] == p + 2 else [0, 1])
        assert (word[2:-1] < p).all()
    assert same_distribution(found.lines[:, 2, 0], np.random.default_rng(0).integers(0, p, N))


def test_enclosed_strings_begin_and_end_with_the_same_symbol():
    p = 5
    found = drawn(Enclosed(p))
    assert (found.lengths == p).all()
    assert (found.lines[:, 0] == found.lines[:, p]).all()
    assert (found.targets == np.eye(p + 1)[found.lines[:, p, 0]]).all()
    assert same_distribution(found.lines[:, 0, 0], np.random.default_rng(0).integers(p - 1, p + 1, N))
    assert same_distribution(found.lines[:, 1:p, 0].ravel(), np.random.default_rng(0).integers(0, p - 1, N * (p - 1)))


def test_without_noise_there_are_two_strings():
    both = NoiseFree(5).both()
    assert both.lines[:, :, 0].tolist() == [[4, 0, 1, 2, 3, 4], [5, 0, 1, 2, 3, 5]]
    found = drawn(NoiseFree(5), 200)
    assert {tuple(row) for row in found.lines[:, :, 0]} == {tuple(row) for row in both.lines[:, :, 0]}
    for each in (both, found):
        assert (each.targets == np.eye(6)[each.lines[:, -1, 0]]).all()


def test_the_sets_of_the_grammar_are_legal_and_have_no_string_in_common():
    sets = Reber(100).sets(0)
    words = [
        ["".join(ALPHABET[k] for k in row[: T + 1, 0]) for row, T in zip(each.lines, each.lengths, strict=True)]
        for each in sets
    ]
    assert [len(each) for each in words] == [100, 100]
    assert not set(words[0]) & set(words[1])
    assert all(EmbeddedReber.is_legal(word) for each in words for word in each)


def test_the_training_set_is_what_the_grammar_writes():
    training, _ = Reber(50).sets(3)
    rows = zip(training.lines, training.lengths, strict=True)
    words = ["".join(ALPHABET[k] for k in row[: T + 1, 0]) for row, T in rows]
    assert words == EmbeddedReber().strings(50, rng=3)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Marked(3), "length must be a whole number of at least 4, got 3"),
        (lambda: TwoClasses(10, 11), "length must be a whole number of at least 11"),
        (lambda: Ordered(100, (10, 15)), "starts must leave room"),
        (lambda: Ordered(100, (95,)), "starts must leave room"),
        (lambda: Ordered(100, ()), "starts must leave room"),
        (lambda: Lagged(0, 5), "symbols must be"),
        (lambda: Enclosed(1), "symbols must be a whole number of at least 2"),
    ],
)
def test_an_impossible_problem_is_refused(make, words):
    with pytest.raises(ValueError, match=words):
        make()
