"""Is a difference between means more than chance (Welch's t-test), and how much does a setting explain?"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from . import checks

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(200)


class Welch(NamedTuple):
    """What Welch's t-test gives."""

    t: float  # the difference of the means in standard errors
    freedom: float  # degrees of freedom, after Satterthwaite
    p: float  # how often chance alone gives a larger |t|


def welch(a: ArrayLike, b: ArrayLike) -> Welch:
    """Welch's t-test: do two samples come from distributions of the same mean, whatever their variances?

    With the variances s² of samples of n numbers, and e = s² / n of each::

        t = (mean a - mean b) / √(e_a + e_b)        ν = (e_a + e_b)² / (e_a² / (n_a - 1) + e_b² / (n_b - 1))

    and p is the share of Student's distribution with ν degrees of freedom that lies beyond ± t.

    Parameters
    ----------
    a, b : array_like
        (n_a,), (n_b,) at least two finite numbers each.

    Returns
    -------
    Welch
        t, degrees of freedom and p, two-sided. Where both samples are constant: t = 0 and p = 1 if they are equal,
        else an infinite t and p = 0.

    Raises
    ------
    ValueError
        For fewer numbers, or numbers that are not finite.

    References
    ----------
    Welch, The generalization of Student's problem when several different population variances are involved,
    Biometrika 34, 1947.

    Examples
    --------
    >>> found = welch([1, 2, 3, 4], [2, 4, 6, 8])
    >>> round(found.t, 4), round(found.freedom, 3), round(found.p, 4)
    (-1.7321, 4.412, 0.151)
    """
    (x, y) = (_sample("a", a), _sample("b", b))
    errors = [each.var(ddof=1) / len(each) for each in (x, y)]
    difference, error = float(x.mean() - y.mean()), float(sum(errors))
    freedom_of = [n - 1 for n in (len(x), len(y))]
    if error == 0:
        t = math.copysign(math.inf, difference) if difference else 0.0
        return Welch(t, float(sum(freedom_of)), 0.0 if difference else 1.0)
    freedom = error**2 / sum(e * e / n for e, n in zip(errors, freedom_of, strict=True))
    t = difference / math.sqrt(error)
    return Welch(t, float(freedom), _beyond(abs(t), float(freedom)))


def _beyond(t: float, freedom: float) -> float:
    """The share of Student's distribution outside of -t .. t.

    With t = √ν tan θ its density is proportional to cos(θ)^(ν - 1), on -π/2 .. π/2.
    """
    start = math.atan(t / math.sqrt(freedom))
    half = (math.pi / 2 - start) / 2
    angles = start + half * (1 + _NODES)
    tail = half * float(_WEIGHTS @ np.cos(angles) ** (freedom - 1))
    log_whole = 0.5 * math.log(math.pi) + math.lgamma(freedom / 2) - math.lgamma((freedom + 1) / 2)
    return min(1.0, 2 * tail / math.exp(log_whole))


class Explained(NamedTuple):
    """How much of the variance of a result the groups of a setting explain."""

    share: float  # mean over the columns, 0 .. 1
    chance: float  # below it are 95 % of the shares when the setting is shuffled


def explained(
    setting: ArrayLike, results: ArrayLike, *, groups: int = 5, shuffles: int = 500, seed: int = 0
) -> Explained:
    """The share of the variance that a setting explains alone, whatever the form in which it acts.

    Trials are cut into groups of equal size by the setting's value. The share is the variance between the means of the
    groups, over the whole variance (eta squared): the first-order term of an analysis of variance, with steps in place
    of a model. Chance alone explains about (groups - 1) / (trials - 1).

    Parameters
    ----------
    setting : array_like
        (n,) its value in each trial.
    results : array_like
        (n,) or (n, columns) what came of it, such as one column for each variant of a network.
    groups : int, default 5
        Into how many groups the trials are cut.
    shuffles : int, default 500
        How often the setting is exchanged between trials to learn what chance explains.
    seed : int, default 0
        Of the shuffles.

    Returns
    -------
    Explained
        The mean share of the columns, and its 95 % quantile for a shuffled setting. A column that does not vary is
        left out; 0 where none does.

    Raises
    ------
    ValueError
        For other shapes, for numbers that are not finite, and for fewer than two trials a group.

    Examples
    --------
    >>> x = np.linspace(0, 1, 50)
    >>> share, chance = explained(x, (x - 0.5) ** 2)
    >>> share > 0.8 > chance
    True
    """
    x = _sample("setting", setting)
    y = np.asarray(results, np.float64)
    y = y[:, None] if y.ndim == 1 else y
    if y.ndim != 2 or len(y) != len(x) or not np.isfinite(y).all():
        raise ValueError(f"results must be finite numbers for each of {len(x)} trials, got shape {np.shape(results)}")
    groups, shuffles = checks.whole("groups", groups, least=2), checks.whole("shuffles", shuffles)
    if len(x) < 2 * groups:
        raise ValueError(f"setting must have at least {2 * groups} trials for {groups} groups, got {len(x)}")
    y = y - y.mean(axis=0)
    y = y[:, (y * y).sum(axis=0) > 0]
    if not y.shape[1]:
        return Explained(0.0, 0.0)
    parts = np.array_split(np.argsort(x, kind="stable"), groups)
    rng = np.random.default_rng(checks.whole("seed", seed, least=0))
    by_chance = [_between(y[rng.permutation(len(y))], parts) for _ in range(shuffles)]
    return Explained(_between(y, parts), float(np.quantile(by_chance, 0.95)))


def _between(y: np.ndarray, parts: list[np.ndarray]) -> float:
    """The variance between the parts over the whole one, of y with mean 0, averaged over its columns."""
    between = sum(len(part) * y[part].mean(axis=0) ** 2 for part in parts)
    return float((between / (y * y).sum(axis=0)).mean())


def _sample(name: str, values: ArrayLike) -> np.ndarray:
    found = np.asarray(values, np.float64)
    if found.ndim != 1 or len(found) < 2 or not np.isfinite(found).all():
        raise ValueError(f"{name} must be at least two finite numbers in a row, got shape {np.shape(values)}")
    return found
