"""The sequences of the experiments, drawn by kernels: a trial makes millions of them."""

import numpy as np

from lstm_edu.core.generator import below, bits, normal, uniform
from lstm_edu.core.kernel import kernel

# Each kernel fills what its task decides of `lines` (N, L + 1, K), `x` (N, L + 1, K), `lengths` (N,), `targets` (N, O):
# the lines alone where inputs are one-hot, the numbers alone where every line always has one.


@kernel
def choices(state, n, order):
    """Which of n sequences come next."""
    for k in range(len(order)):
        order[k] = below(state, n)


@kernel
def marked(state, length, product, x, lengths, targets):
    """Experiments 4 and 5: a number and a marker at each step; the sum, or the product, of two marked ones."""
    early, late = min(10, length // 2), length // 2 - 1
    for n in range(len(lengths)):
        T = length + below(state, length // 10 + 1)
        lengths[n] = T
        for t in range(T):
            x[n, t, 0] = uniform(state) if product else 2 * uniform(state) - 1
            x[n, t, 1] = 0
        first, second = below(state, early), below(state, late)
        second += int(second >= first)  # the pair that is marked already is skipped
        if first == 0 or second == 0:  # its mark is lost under the -1
            x[n, 0, 0] = 1.0 if product else 0.0
        x[n, first, 1] = x[n, second, 1] = 1
        x[n, 0, 1] = x[n, T - 1, 1] = -1
        one, other = x[n, first, 0], x[n, second, 0]
        targets[n, 0] = one * other if product else 0.5 + (one + other) / 4


@kernel
def two_classes(state, length, told, noise_first, one, other, noise_target, x, lengths, targets):
    """Experiments 3: the first `told` numbers say the class, +1 or -1, the rest is noise of variance 0.2."""
    spread = np.sqrt(0.2)
    for n in range(len(lengths)):
        T = length + below(state, length // 10 + 1)
        lengths[n] = T
        first = bits(state) & 1
        for t in range(T):
            if t < told:
                x[n, t, 0] = (1.0 if first else -1.0) + (spread * normal(state) if noise_first else 0.0)
            else:
                x[n, t, 0] = spread * normal(state)
        targets[n, 0] = (one if first else other) + noise_target * normal(state)


@kernel
def ordered(state, length, starts, lines, lengths, targets):
    """Experiments 6: E, letters a b c d with an X or a Y at some places, B; the class is their order."""
    for n in range(len(lengths)):
        T = length + below(state, length // 10 + 1)
        lengths[n] = T
        for t in range(1, T - 1):
            lines[n, t, 0] = 2 + below(state, 4)
        lines[n, 0, 0] = 0
        lines[n, T - 1, 0] = 1
        group = 0
        for start in starts:
            is_y = bits(state) & 1
            lines[n, start + below(state, length // 10 + 1) - 1, 0] = 6 + is_y
            group = 2 * group + is_y
        targets[n, :] = 0
        targets[n, group] = 1


@kernel
def lagged(state, symbols, lag, most, lines, lengths, targets):
    """Experiment 2c: b, x or y, at least `lag` of p symbols, e; x or y is to follow. Order of lines: a e b x y."""
    for n in range(len(lengths)):
        more = 0
        while more < most and below(state, 10) > 0:  # each further step is the last with probability 1/10
            more += 1
        is_y = bits(state) & 1
        lines[n, 0, 0], lines[n, 1, 0] = symbols + 1, symbols + 2 + is_y
        for t in range(2, 2 + lag + more):
            lines[n, t, 0] = below(state, symbols)
        lines[n, 2 + lag + more, 0] = symbols
        lengths[n] = 3 + lag + more
        targets[n, 0], targets[n, 1] = 1 - is_y, is_y


@kernel
def enclosed(state, symbols, lines, lengths, targets):
    """Experiment 2b: x or y, p - 1 random ones of the first p - 1 symbols, the same x or y. Order of lines a x y."""
    for n in range(len(lengths)):
        ends = symbols - 1 + (bits(state) & 1)
        lines[n, 0, 0] = lines[n, symbols, 0] = ends
        for t in range(1, symbols):
            lines[n, t, 0] = below(state, symbols - 1)
        lengths[n] = symbols
        targets[n, :] = 0
        targets[n, ends] = 1
