"""The plain recurrent network beside which table 2 sets the memory cell: one logistic unit, by RTRL or BPTT.

h = sigmoid(w x + u h'), y = sigmoid(W x + v h), or v h' in place of v h: which of the two the paper took is not said.
Both rules give the whole gradient, one forward and one back in time.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from lstm_edu.core import checks
from lstm_edu.core.functions import sigmoid
from lstm_edu.core.kernel import kernel
from lstm_edu.reproduce.outcome import Outcome

from . import draws
from .problems import NoiseFree
from .trial import generator_state

METHODS = ("rtrl", "bptt")
_STEPS_AT_ONCE = 2_000_000  # from one tick to the next, about a tenth of a second

# I input lines, of which one is 1 at each step, O outputs, T steps. A row for each source, the hidden unit is the last.


class Weights(NamedTuple):
    """Every weight of the network; the same form holds what a sequence adds to them."""

    all: np.ndarray  # one buffer that the others are views into
    hidden: np.ndarray  # (I + 1,)  to the hidden unit: w and u
    outputs: np.ndarray  # (I + 1, O)  to the outputs: W and v


@dataclass(frozen=True)
class Setting:
    """A row of table 2 for a plain network.

    Parameters
    ----------
    symbols : int
        p; there are p + 1 input lines and outputs, and p steps.
    method : {"rtrl", "bptt"}
        How the gradient is found.
    rate : float
        The learning rate, alpha.
    most : int
        After how many sequences a trial has failed.
    wrong_from : float
        An output is wrong if its absolute error is at least this, at any step of any of the two sequences.
    init : float
        Weights begin uniform in -init .. init.
    every : int
        Training sequences from one look to the next; the paper does not say it.
    delayed : bool
        Whether outputs see the hidden unit of the step before, as in the paper's equation 10, or of the same step, as
        its section 5 says of the memory cells.

    Examples
    --------
    >>> Setting(4, "rtrl", 1.0).count(), Setting(10, "rtrl", 1.0).count(), Setting(100, "bptt", 1.0).count()
    (36, 144, 10404)
    """

    symbols: int
    method: str
    rate: float
    most: int = 5_000_000
    wrong_from: float = 0.25
    init: float = 0.2
    every: int = 100
    delayed: bool = False

    def __post_init__(self) -> None:
        checks.whole("symbols", self.symbols, least=2)
        checks.one_of("method", self.method, METHODS)
        for name in ("rate", "wrong_from", "init"):
            checks.positive(name, getattr(self, name))
        for name in ("most", "every"):
            checks.whole(name, getattr(self, name))

    def weights(self) -> Weights:
        """Room for every weight.

        Returns
        -------
        Weights
            Zeros.
        """
        I = self.symbols + 1
        whole = np.zeros((I + 1) * (I + 1))
        return Weights(whole, whole[: I + 1], whole[I + 1 :].reshape(I + 1, I))

    def count(self) -> int:
        """How many weights there are.

        Returns
        -------
        int
            As table 2 counts them.
        """
        return len(self.weights().all)


@kernel(inlined=True)
def read(net, d, line, before, wanted, o, delayed, learning):
    """One step: the hidden unit, then the outputs and what they contribute to d.

    Returns the hidden unit, the error that comes from the outputs to what they saw of it, and where nothing is learnt
    their largest error.
    """
    I = len(net.hidden) - 1
    h = sigmoid(net.hidden[line] + net.hidden[I] * before)
    seen, from_line, from_hidden = before if delayed else h, net.outputs[line], net.outputs[I]
    for k in range(len(o)):
        o[k] = sigmoid(from_line[k] + seen * from_hidden[k])
    back, largest = 0.0, 0.0
    for k in range(len(o)):
        e = (1.0 if k == wanted else 0.0) - o[k]
        e *= o[k] * (1 - o[k])
        back += from_hidden[k] * e
        if learning:
            d.outputs[line, k] += e
            d.outputs[I, k] += seen * e
    if not learning:  # a loop with a maximum is no SIMD code, so it stands alone
        for k in range(len(o)):
            largest = max(largest, abs((1.0 if k == wanted else 0.0) - o[k]))
    return h, back, largest


@kernel
def rtrl(net, d, lines, P, o, delayed):
    """Add to d what a sequence contributes, forward in time: P = dh/dw is carried along."""
    I, h = len(net.hidden) - 1, 0.0
    P[:] = 0
    for t in range(len(lines) - 1):
        before = h
        h, back, _ = read(net, d, lines[t], before, lines[t + 1], o, delayed, True)
        slope = h * (1 - h)
        for m in range(I + 1):
            if delayed:
                d.hidden[m] += back * P[m]
            P[m] *= slope * net.hidden[I]
        P[lines[t]] += slope
        P[I] += slope * before
        if not delayed:
            for m in range(I + 1):
                d.hidden[m] += back * P[m]


@kernel
def bptt(net, d, lines, kept, o, delayed):
    """Add to d what a sequence contributes, back in time: `kept` (2, T) holds each step's h and error."""
    I, T, h = len(net.hidden) - 1, len(lines) - 1, 0.0
    for t in range(T):
        h, back, _ = read(net, d, lines[t], h, lines[t + 1], o, delayed, True)
        kept[0, t], kept[1, t] = h, back
    dh = 0.0
    for t in range(T - 1, -1, -1):
        if not delayed:
            dh += kept[1, t]
        delta = dh * kept[0, t] * (1 - kept[0, t])
        d.hidden[lines[t]] += delta
        if t > 0:
            d.hidden[I] += delta * kept[0, t - 1]
        dh = delta * net.hidden[I] + (kept[1, t] if delayed else 0.0)


@kernel
def learn(net, d, lines, order, rate, backward, delayed, P, kept, o):
    """Sequences of `lines` (N, T + 1) in an order; the weights change after each."""
    for n in order:
        if backward:
            bptt(net, d, lines[n], kept, o, delayed)
        else:
            rtrl(net, d, lines[n], P, o, delayed)
        for k in range(len(d.all)):
            net.all[k] += rate * d.all[k]
            d.all[k] = 0


@kernel
def worst(net, d, lines, o, delayed):
    """The largest error of any output at any step of any sequence; d stays as it is."""
    found = 0.0
    for n in range(len(lines)):
        h = 0.0
        for t in range(lines.shape[1] - 1):
            h, _, largest = read(net, d, lines[n, t], h, lines[n, t + 1], o, delayed, False)
            found = max(found, largest)
    return found


def run(setting: Setting, seed: int, tick: Callable[[int], None] = lambda learnt: None) -> Outcome:
    """Make one trial.

    Parameters
    ----------
    setting : Setting
        What to do. All rows of a p begin with the same weights and see the same sequences.
    seed : int
        Everything that is drawn comes from it.
    tick : callable
        Is told now and then how many sequences were learnt.

    Returns
    -------
    Outcome
        What came of it.

    Examples
    --------
    >>> run(Setting(2, "rtrl", 10.0, most=200, wrong_from=0.9), seed=0).success
    True
    """
    weights, drawing = np.random.SeedSequence(checks.whole("seed", seed, least=0)).spawn(2)
    net, d, p = setting.weights(), setting.weights(), setting.symbols
    net.all[:] = np.random.default_rng(weights).uniform(-setting.init, setting.init, len(net.all))
    state, lines = generator_state(drawing), NoiseFree(p).both().lines[:, :, 0].copy()
    P, kept, o = np.zeros(p + 2), np.zeros((2, p)), np.zeros(p + 1)
    order, learnt, right, told = np.zeros(setting.every, np.int64), 0, False, 0
    while not right and learnt < setting.most:
        draws.choices(state, 2, order)
        now = order[: setting.most - learnt]
        learn(net, d, lines, now, setting.rate, setting.method == "bptt", setting.delayed, P, kept, o)
        learnt += len(now)
        right = worst(net, d, lines, o, setting.delayed) < setting.wrong_from
        if right or (learnt - told) * p >= _STEPS_AT_ONCE:
            tick(learnt)
            told = learnt
    return Outcome(learnt, right, learnt * p)
