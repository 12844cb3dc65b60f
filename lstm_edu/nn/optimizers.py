"""Optimizers: one pass over the flat buffer of all parameters, with clipping of the gradient's norm built in.

What a step does::

    SGD      v = µ v + g ;  p −= η v                                         Polyak 1964; Nesterov 1983
    RMSProp  s = ρ s + (1 − ρ) g² ;  p −= η g / (√s + ε)                     Hinton, Coursera lecture 6e, 2012
    Adam     m, s averages of g and g² ;  p −= η m̂ / (√ŝ + ε)               Kingma and Ba, ICLR 2015, algorithm 1

Clipping, if asked for, comes first: g = g · min(1, clip / ‖g‖) with the norm over all parameters together (Pascanu,
Mikolov and Bengio, ICML 2013, algorithm 1).
"""

import functools
import math
from dataclasses import dataclass, field, fields
from typing import Any

import numba
import numpy as np

from lstm_edu.core import checks
from lstm_edu.core.kernel import kernel
from lstm_edu.core.parameters import Parameters


@kernel
def _squared_norm(g):
    total = 0.0
    for j in range(g.size):
        total += np.float64(g[j]) * np.float64(g[j])
    return total


@kernel
def _sgd(p, g, v, clip, rate, momentum, nesterov):
    if v.size == 0:  # no momentum: half of the memory traffic
        for j in range(p.size):
            p[j] -= rate * (clip * g[j])
        return
    for j in range(p.size):
        gj = clip * g[j]
        v[j] = momentum * v[j] + gj
        p[j] -= rate * (gj + momentum * v[j] if nesterov else v[j])


@kernel
def _rmsprop(p, g, s, v, clip, rate, decay, rest, epsilon, momentum):
    if v.size == 0:  # no momentum
        for j in range(p.size):
            gj = clip * g[j]
            s[j] = decay * s[j] + rest * gj * gj
            p[j] -= rate * gj / (np.sqrt(s[j]) + epsilon)
        return
    for j in range(p.size):
        gj = clip * g[j]
        s[j] = decay * s[j] + rest * gj * gj
        v[j] = momentum * v[j] + gj / (np.sqrt(s[j]) + epsilon)
        p[j] -= rate * v[j]


@kernel
def _adam(p, g, m, s, clip, rate_hat, root_hat, beta1, rest1, beta2, rest2, epsilon):
    for j in range(p.size):
        gj = clip * g[j]
        m[j] = beta1 * m[j] + rest1 * gj
        s[j] = beta2 * s[j] + rest2 * gj * gj
        p[j] -= rate_hat * m[j] / (root_hat * np.sqrt(s[j]) + epsilon)


# The largest norm whose square the type can hold.
_LARGEST_NORM = {np.dtype(t): math.sqrt(np.finfo(t).max) for t in (np.float32, np.float64)}


def _flat(name: str, parameters: Any) -> np.ndarray:
    flat = getattr(parameters, "flat", None)
    if type(flat) is np.ndarray and flat.dtype in _LARGEST_NORM and flat.ndim == 1 and flat.flags.carray:
        return flat
    if not isinstance(flat, np.ndarray) or flat.ndim != 1 or flat.dtype not in (np.float32, np.float64):
        raise ValueError(f"{name} must be Parameters over a flat float32 or float64 array, got {type(parameters)}")
    # the kernels run over it number by number
    raise ValueError(f"{name}.flat must be a plain array, contiguous, aligned and writeable, got another")


@functools.cache
def _arguments(cls: type) -> tuple[str, ...]:
    """The names of an optimizer's settings."""
    return tuple(f.name for f in fields(cls) if f.init)


def _norm(g: np.ndarray) -> float:
    if not numba.config.DISABLE_JIT:
        return math.sqrt(_squared_norm(g))
    with np.errstate(over="ignore", invalid="ignore"):  # here an overflow would be a warning; there the norm is inf
        return math.sqrt(_squared_norm(g))


def clip_by_global_norm(grads: Parameters, limit: float) -> float:
    """Scale the gradients down in place if their norm is above `limit`.

    Not needed before `step(..., clip=limit)`, which does the same in one pass with the update.

    Parameters
    ----------
    grads : Parameters
        Or anything else with one flat array `flat`, float32 or float64.
    limit : float
        Above 0.

    Returns
    -------
    float
        The norm before, over all parameters together, summed in float64. If it is not finite, nothing is changed.

    Raises
    ------
    ValueError
        For a limit that is not above 0, and for grads without such an array.

    Examples
    --------
    >>> from lstm_edu.core.parameters import Parameters
    >>> grads = Parameters({"W": (1, 2)}, np.float64)
    >>> grads["W"] = [[3, 4]]
    >>> clip_by_global_norm(grads, 2.5), grads["W"]
    (5.0, array([[1.5, 2. ]]))
    """
    g = _flat("grads", grads)
    limit = checks.positive("limit", limit)
    norm = _norm(g)
    if limit < norm < math.inf:
        g *= g.dtype.type(limit / norm)
    return norm


@dataclass(eq=False)
class Optimizer:
    """What the optimizers share. An optimizer belongs to one network, whose running averages it keeps.

    Parameters
    ----------
    rate : float
        The learning rate η, at least 0. It is a plain attribute: set it between steps for a schedule. All settings are
        checked again at every step.

    Attributes
    ----------
    steps_done : int
        How many steps have changed parameters.
    """

    rate: float
    steps_done: int = field(default=0, init=False, repr=False)
    _kind: tuple | None = field(default=None, init=False, repr=False)  # (size, dtype) of the first step
    _averages: dict[str, np.ndarray] = field(default_factory=dict, init=False, repr=False)
    _checked: list | None = field(default=None, init=False, repr=False)  # the settings that were found good

    def __post_init__(self) -> None:
        checks.number("rate", self.rate, least=0)

    def step(self, params: Parameters, grads: Parameters, *, clip: float | None = None) -> float:
        """Update `params` in place.

        Parameters
        ----------
        params, grads : Parameters
            Or anything else with one flat array `flat`, of the same size and type.
        clip : float or None
            Where the norm over all gradients is above it, they count as scaled down to it (None: never); `grads`
            itself is not changed.

        Returns
        -------
        float
            The norm of `grads` before clipping. If it is not finite NOTHING is changed: look at what comes back. Where
            the square of the clipped norm is beyond the type (for float32: a norm above 1.8e19) the norm counts as inf:
            the averages of g² could never come back from there.

        Raises
        ------
        ValueError
            If sizes or types differ from each other or from those of the first step, and for a setting that the type
            cannot hold.
        """
        p, g = _flat("params", params), _flat("grads", grads)
        size, dtype = p.size, p.dtype
        if g.size != size or g.dtype != dtype:
            raise ValueError(f"grads must be like params, {p.size} numbers of {p.dtype}, got {g.size} of {g.dtype}")
        clip = math.inf if clip is None else checks.positive("clip", clip)
        self._check_settings(dtype)
        if self._kind is not None and self._kind != (size, dtype):
            raise ValueError(
                f"params must be those of the first step, {self._kind[0]} numbers of {self._kind[1]}, "
                f"got {p.size} of {p.dtype}: another network needs an optimizer of its own"
            )
        if checks.overlap(p, g):
            raise ValueError("grads must be a buffer of its own, got one that overlaps params")
        norm = _norm(g)
        if min(norm, clip) > _LARGEST_NORM[dtype]:
            return math.inf
        if math.isfinite(norm):
            self._kind = size, dtype
            self.steps_done += 1
            self._update(p, g, dtype.type(clip / norm if norm > clip else 1))
        return norm

    def state(self) -> dict:
        """The running averages and how many steps made them, as copies.

        Returns
        -------
        dict
            "arrays": letter -> numpy.ndarray (count,), empty before the first step.
            "values": the rest, fit for JSON: the optimizer's class and settings, "steps_done", and "kind", how many
            numbers of which type it updates (None before the first step).
        """
        values = {
            "class": type(self).__name__,
            "settings": self._settings(),
            "steps_done": self.steps_done,
            "kind": None if self._kind is None else [self._kind[0], self._kind[1].name],
            "averages": sorted(self._averages),
        }
        return {"arrays": {letter: average.copy() for letter, average in self._averages.items()}, "values": values}

    def restore(self, state: dict) -> None:
        """Go on from the averages of another optimizer of the same class and settings.

        Parameters
        ----------
        state : dict
            From `state`. It is copied.

        Raises
        ------
        ValueError
            For the state of an optimizer of another class or with other settings, and for anything that is no whole
            state; nothing is changed then.

        Examples
        --------
        >>> from lstm_edu.core.parameters import Parameters
        >>> params, grads = (Parameters({"W": (2,)}, np.float64) for _ in range(2))
        >>> grads["W"] = [3, -4]
        >>> first, second = Adam(0.1), Adam(0.1)
        >>> norm = first.step(params, grads)
        >>> second.restore(first.state())
        >>> second.steps_done
        1
        """
        try:
            arrays, values = state["arrays"], state["values"]
            found, settings = values["class"], values["settings"]
            if found != type(self).__name__:
                raise ValueError(f"state: it is that of the optimizer {found}, this one is {type(self).__name__}")
            if settings != self._settings():
                raise ValueError(f"state: it is that of {found} with {settings}, this one has {self._settings()}")
            kind = values["kind"]
            # Adam's corrections divide by zero where averages belong to no step
            steps_done = checks.whole("state: steps_done", values["steps_done"], 0 if kind is None else 1)
            if kind is not None:
                kind = checks.whole("state: kind", kind[0], 0), checks.float_type(kind[1])
            if sorted(arrays) != values["averages"]:
                raise ValueError(f"state: it needs the averages {values['averages']}, got {sorted(arrays)}")
            for letter, array in arrays.items():
                if (array.shape, array.dtype) != ((kind[0],), kind[1]):
                    raise ValueError(
                        f"state: the average {letter!r} must hold {kind[0]} numbers of {kind[1]}, "
                        f"got {array.dtype} of shape {array.shape}"
                    )
        except (KeyError, TypeError, AttributeError, IndexError) as error:
            raise ValueError(f"state: this is no whole state of an optimizer ({error!r})") from None
        self.steps_done, self._kind = steps_done, kind
        self._averages = {letter: array.copy() for letter, array in arrays.items()}

    def _settings(self) -> dict:
        settings = {name: value for name, value in vars(self).items() if name[0] != "_" and name != "steps_done"}
        return {name: value.item() if isinstance(value, np.generic) else value for name, value in settings.items()}

    def _check_settings(self, dtype: np.dtype) -> None:
        """Check them anew if one changed since the last step, for checks take as long as a small update."""
        settings = [dtype, *map(vars(self).get, _arguments(type(self)))]  # type: ignore[arg-type]
        if settings != self._checked:
            self.__post_init__()
            self._check_precision(dtype)
            self._checked = settings

    def _check_precision(self, dtype: np.dtype) -> None:
        """The kernels calculate in the parameters' type: there no setting may be infinite, and ε not zero."""
        most, least = float(np.finfo(dtype).max), float(np.finfo(dtype).tiny)
        if self.rate > most:
            raise ValueError(f"rate must be at most {most:g} for {dtype} parameters, got {self.rate!r}")
        if hasattr(self, "epsilon") and not least <= self.epsilon <= most:
            raise ValueError(f"epsilon must be in {least:g} .. {most:g} for {dtype} parameters, got {self.epsilon!r}")

    def _average(self, letter: str, p: np.ndarray, needed: bool = True) -> np.ndarray:
        """The running average of that letter, zero before the first step; empty where no setting asks for it."""
        if not needed:
            return p[:0]
        if letter not in self._averages:
            self._averages[letter] = np.zeros_like(p)
        return self._averages[letter]

    def _update(self, p: np.ndarray, g: np.ndarray, clip: np.floating) -> None:
        """Change p. Every number goes to the kernel in p's own type: a float64 would widen each product."""
        raise NotImplementedError


@dataclass(eq=False)
class SGD(Optimizer):
    """Gradient descent, with momentum if asked for.

    At each step::

        v = µ v + g
        p −= η v             or, with nesterov:  p −= η (g + µ v)

    Parameters
    ----------
    rate : float, default 0.01
        The learning rate η, at least 0.
    momentum : float, default 0.0
        The share µ of v that stays, 0 <= µ < 1.
    nesterov : bool, default False
        Whether the gradient of this step counts once more; needs a momentum above 0.

    Raises
    ------
    ValueError
        For a setting out of range.

    Notes
    -----
    The form is PyTorch's: v is a sum of gradients, not of steps, so a change of the rate acts at once.

    References
    ----------
    Polyak, Some methods of speeding up the convergence of iteration methods, 1964; Nesterov, 1983.

    Examples
    --------
    >>> from lstm_edu.core.parameters import Parameters
    >>> params, grads = (Parameters({"W": (2,)}, np.float64) for _ in range(2))
    >>> grads["W"] = [3, 4]
    >>> SGD(rate=0.1).step(params, grads)
    5.0
    >>> params["W"]
    array([-0.3, -0.4])
    """

    rate: float = 1e-2
    momentum: float = 0.0
    nesterov: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        checks.number("momentum", self.momentum, least=0, below=1)
        if self.nesterov and self.momentum == 0:
            raise ValueError("nesterov needs a momentum above 0, got 0")

    def _update(self, p: np.ndarray, g: np.ndarray, clip: np.floating) -> None:
        f = p.dtype.type
        v = self._average("v", p, self.momentum > 0)
        _sgd(p, g, v, clip, f(self.rate), f(self.momentum), bool(self.nesterov))


@dataclass(eq=False)
class RMSProp(Optimizer):
    """Gradient descent with each gradient divided by its usual size.

    At each step, with v = g / (√s + ε) if µ is 0::

        s = ρ s + (1 − ρ) g²
        v = µ v + g / (√s + ε)
        p −= η v

    Parameters
    ----------
    rate : float, default 0.001
        The learning rate η, at least 0.
    decay : float, default 0.9
        The share ρ of s that stays, 0 <= ρ < 1.
    epsilon : float, default 1e-8
        The number ε > 0, outside the root.
    momentum : float, default 0.0
        The share µ of v that stays, 0 <= µ < 1.

    Raises
    ------
    ValueError
        For a setting out of range.

    References
    ----------
    Hinton, Neural networks for machine learning, Coursera, lecture 6e, 2012.

    Examples
    --------
    >>> from lstm_edu.core.parameters import Parameters
    >>> params, grads = (Parameters({"W": (2,)}, np.float64) for _ in range(2))
    >>> grads["W"] = [3, 4]
    >>> norm = RMSProp(rate=0.1, decay=0.99).step(params, grads)
    >>> params["W"].round(6)
    array([-1., -1.])
    """

    rate: float = 1e-3
    decay: float = 0.9
    epsilon: float = 1e-8
    momentum: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        checks.number("decay", self.decay, least=0, below=1)
        checks.positive("epsilon", self.epsilon)
        checks.number("momentum", self.momentum, least=0, below=1)

    def _update(self, p: np.ndarray, g: np.ndarray, clip: np.floating) -> None:
        f = p.dtype.type
        decay, rest, epsilon = f(self.decay), f(1 - self.decay), f(self.epsilon)
        s, v = self._average("s", p), self._average("v", p, self.momentum > 0)
        _rmsprop(p, g, s, v, clip, f(self.rate), decay, rest, epsilon, f(self.momentum))


@dataclass(eq=False)
class Adam(Optimizer):
    """Gradient descent along an average of the gradients, each divided by its usual size.

    At step t, counted from 1::

        m = β₁ m + (1 − β₁) g         m̂ = m / (1 − β₁ᵗ)
        s = β₂ s + (1 − β₂) g²        ŝ = s / (1 − β₂ᵗ)
        p −= η m̂ / (√ŝ + ε)

    Parameters
    ----------
    rate : float, default 0.001
        The learning rate η, at least 0.
    beta1 : float, default 0.9
        The share β₁ of m that stays, 0 <= β₁ < 1.
    beta2 : float, default 0.999
        The share β₂ of s that stays, 0 <= β₂ < 1.
    epsilon : float, default 1e-8
        The number ε > 0.

    Raises
    ------
    ValueError
        For a setting out of range.

    References
    ----------
    Kingma and Ba, Adam: a method for stochastic optimization, ICLR 2015, algorithm 1 (s is their v).

    Examples
    --------
    >>> from lstm_edu.core.parameters import Parameters
    >>> params, grads = (Parameters({"W": (2,)}, np.float64) for _ in range(2))
    >>> grads["W"] = [3, -4]
    >>> norm = Adam(rate=0.1).step(params, grads)
    >>> params["W"].round(6)
    array([-0.1, 0.1])
    """

    rate: float = 1e-3
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8

    def __post_init__(self) -> None:
        super().__post_init__()
        checks.number("beta1", self.beta1, least=0, below=1)
        checks.number("beta2", self.beta2, least=0, below=1)
        checks.positive("epsilon", self.epsilon)

    def _update(self, p: np.ndarray, g: np.ndarray, clip: np.floating) -> None:
        f, t = p.dtype.type, self.steps_done
        # The two corrections are numbers of this step, not of an element: η m̂ = rate_hat m, √ŝ = root_hat √s.
        rate_hat, root_hat = f(self.rate / (1 - self.beta1**t)), f(1 / math.sqrt(1 - self.beta2**t))
        betas = f(self.beta1), f(1 - self.beta1), f(self.beta2), f(1 - self.beta2)
        m, s = self._average("m", p), self._average("s", p)
        _adam(p, g, m, s, clip, rate_hat, root_hat, *betas, f(self.epsilon))
