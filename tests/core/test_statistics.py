"""Welch's test against SciPy's, and what a setting explains against an analysis of variance in plain loops."""

import numpy as np
import pytest

from lstm_edu.core.statistics import explained, welch

pytestmark = pytest.mark.kernels  # core is covered whole without the JIT


@pytest.mark.parametrize(("n", "m", "shift"), [(2, 3, 0.0), (4, 5, 1.0), (20, 7, 3.0), (200, 100, 0.3), (20, 20, 20.0)])
def test_welchs_test_is_that_of_scipy(n, m, shift):
    stats = pytest.importorskip("scipy.stats")
    rng = np.random.default_rng(n)
    a, b = rng.normal(size=n), rng.normal(shift, 2, size=m)
    found, theirs = welch(a, b), stats.ttest_ind(a, b, equal_var=False)
    assert found.t == pytest.approx(theirs.statistic, rel=1e-12)
    assert found.freedom == pytest.approx(theirs.df, rel=1e-12)
    assert found.p == pytest.approx(theirs.pvalue, rel=1e-9)  # also where it is 1e-21


def test_the_order_of_the_samples_turns_the_sign_alone():
    a, b = [1.0, 2.0, 4.0], [3.0, 7.0, 8.0, 9.0]
    one, other = welch(a, b), welch(b, a)
    assert (one.t, one.freedom, one.p) == (-other.t, other.freedom, other.p)


def test_constant_samples_are_equal_or_surely_different():
    assert welch([1, 1], [1, 1, 1]).p == 1
    assert welch([1, 1], [2, 2, 2])[::2] == (-np.inf, 0)


@pytest.mark.parametrize(("a", "b"), [([1], [1, 2]), ([1, 2], [[1, 2]]), ([1, np.nan], [1, 2])])
def test_samples_that_are_none_are_refused(a, b):
    with pytest.raises(ValueError, match="must be at least two finite numbers in a row"):
        welch(a, b)


def test_the_share_is_that_of_an_analysis_of_variance():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=23), rng.normal(size=(23, 2))
    share = explained(x, y, groups=3, shuffles=1).share
    expected = []
    for column in y.T:
        ordered = column[np.argsort(x)]
        parts = ordered[:8], ordered[8:16], ordered[16:]
        within = sum(((part - part.mean()) ** 2).sum() for part in parts)
        expected.append(1 - within / ((column - column.mean()) ** 2).sum())
    assert share == pytest.approx(np.mean(expected), rel=1e-12)


def test_a_setting_without_an_effect_explains_more_than_chance_in_few_cases_alone():
    rng = np.random.default_rng(1)
    found = [explained(rng.normal(size=40), rng.normal(size=40), shuffles=100) for _ in range(100)]
    above = sum(share > chance for share, chance in found)
    assert 0 < above < 15  # five are expected
    assert np.mean([share for share, _ in found]) == pytest.approx(4 / 39, abs=0.02)


def test_an_effect_that_is_no_line_is_seen_and_a_constant_column_left_out():
    x = np.linspace(-1, 1, 40)
    alone, beside = explained(x, x**2), explained(x, np.stack([x**2, np.ones(40)], axis=1))
    assert alone.share > 0.8 > alone.chance
    assert beside == alone
    assert explained(x, np.ones(40)) == (0, 0)


def test_equal_values_of_a_setting_are_never_told_apart():
    y = np.arange(12.0)
    assert explained(np.ones(12), y) == (0, 0)
    two = explained(np.repeat([0, 1], 6), y, groups=5)
    assert two.share == pytest.approx(1 - 2 * 17.5 / 143)  # within each half 17.5, of all 143


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (([1, 2, 3], [1, 2]), "results must be finite numbers for each of 3 trials"),
        (([1, 2, 3], [1, 2, np.nan]), "results must be finite numbers"),
        (([1, 2, 3], [1, 2, 3]), "setting must have at least 10 trials for 5 groups, got 3"),
    ],
)
def test_results_of_another_form_are_refused(arguments, words):
    with pytest.raises(ValueError, match=words):
        explained(*arguments)
