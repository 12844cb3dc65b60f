"""Memory blocks with forget gates and peepholes, and their learning rule: truncated, forward in time, at every step.

s = f s' + i g(net), y = o h(s).   (Gers, Schmidhuber & Cummins, 2000; peepholes: Gers, Schraudolph & Schmidhuber, 2002)

The partials ds/dw are those of 1997, each times f, and those of the forget gate beside them.
"""

from typing import NamedTuple

import numpy as np

from lstm_edu.core.functions import sigmoid
from lstm_edu.core.generator import below
from lstm_edu.core.kernel import kernel

# I inputs, B blocks of S cells, C = B S cells in the order of blocks, O outputs. H = B (3 + S) columns in the order input
# gates | forget gates | output gates | cells. A row for each source: M = I + C + 1, inputs of this step, outputs of the
# cells at the step before, the one of the biases. Unlike in 1997 gates are no sources.   H*, C*, O* and P are H, C, O and
# 3 C in whole vectors; what is beyond stays unused.


class Weights(NamedTuple):
    """Every weight of a network. The same form holds gradients, velocities, and which weights there are."""

    all: np.ndarray  # one buffer that the others are views into
    W: np.ndarray  # (M, H*)
    V: np.ndarray  # (3, C)  peepholes: from a cell to the input, forget and output gate of its block
    Wo: np.ndarray  # (M, O*)  from inputs (shortcuts), from the cells of the same step, biases


class Form(NamedTuple):
    """What a kernel must know of a network beside the weights."""

    blocks: int
    size: int
    inputs: int
    forget: bool  # without forget gates f = keep
    keep: float
    peepholes: bool
    squash_g: bool  # g in -2 .. 2, else g(x) = x
    squash_h: bool  # h in -1 .. 1, else h(s) = s
    linear_outputs: bool  # outputs are not squashed, else they are sigmoids
    shortcuts: bool  # inputs lead to outputs too


class Memory(NamedTuple):
    """Arrays that a kernel works in."""

    source: np.ndarray  # (M,)  the sources of hidden units at this step
    a: np.ndarray  # (H*,)  sigmoid(net)
    net: np.ndarray  # (H*,)
    y: np.ndarray  # (C,)  the cells' outputs
    s: np.ndarray  # (C,)  the cells' states
    old: np.ndarray  # (C,)  the states of the step before
    h: np.ndarray  # (C*,)  h(s)
    v: np.ndarray  # (P,)  what a source of 1 adds to the partials now: input gates, forget gates, cells
    f: np.ndarray  # (P,)  by how much the partials are kept
    P: np.ndarray  # (M, P)  ds/dW: each cell's own state, C columns for its input gate, its forget gate, its net input
    Q: np.ndarray  # (2, S, C)  ds/dV: of the n-th cell of the block, by the weight from cell c to input, forget gate
    o: np.ndarray  # (O*,)  outputs
    e: np.ndarray  # (O*,)  their errors
    es: np.ndarray  # (P,)  the states' errors, three times the same C
    eo: np.ndarray  # (B,)  the output gates' errors
    part: np.ndarray  # (P,)  es times partials


class Source(NamedTuple):
    """Where a stream comes from: Z places that lead to each other at random, each with what is read and wanted there."""

    x: np.ndarray  # (Z, I)  input
    target: np.ndarray  # (Z, O)
    counted: np.ndarray  # (Z,)  bool, whether there is a target
    reset: np.ndarray  # (Z,)  bool, whether the network forgets everything before this place
    after: np.ndarray  # (Z, K)  K next places, all with the same probability; a stream begins at place 0


class Rule(NamedTuple):
    """How weights change."""

    rate: float
    decay: float  # the rate is multiplied by it after each step of a stream
    momentum: float
    coast: bool  # whether weights go on by momentum at steps without a target
    tolerance: float  # a prediction is right if each output's absolute error is below


class Limits(NamedTuple):
    """When a stream ends, beside its first error: after so many steps, or so many targets predicted right."""

    steps: int
    targets: int


SMALLEST_RATE = 1e-30  # below, no weight changes in float64: nothing is learnt from there to the end of the stream


@kernel
def forget_all(memory):
    """States, outputs and partials as at the start of a stream."""
    memory.y[:] = 0
    memory.s[:] = 0
    memory.P[:] = 0
    memory.Q[:] = 0


@kernel
def step(net, memory, form, x, learning):
    """Gates and cells of a step and, in learning, the partials of all states."""
    source, a, sums, s, old, h, v = memory.source, memory.a, memory.net, memory.s, memory.old, memory.h, memory.v
    B, S, I, M, C = form.blocks, form.size, form.inputs, len(memory.source), len(memory.s)
    for m in range(I):
        source[m] = x[m]
    for c in range(C):
        source[I + c], old[c] = memory.y[c], s[c]
    source[M - 1] = 1
    bias = net.W[M - 1]
    for k in range(len(sums)):
        sums[k] = bias[k]
    for m in range(M - 1):
        y_m, row = source[m], net.W[m]
        for k in range(len(sums)):
            sums[k] += y_m * row[k]
    if form.peepholes:
        for j in range(B):
            for c in range(j * S, j * S + S):
                sums[j] += net.V[0, c] * old[c]
                sums[B + j] += net.V[1, c] * old[c]
    for k in range(len(a)):
        a[k] = sigmoid(sums[k])
    for j in range(B):
        i, f = a[j], a[B + j] if form.forget else form.keep
        for c in range(j * S, j * S + S):
            a_c = a[3 * B + c]
            g = 4 * a_c - 2 if form.squash_g else sums[3 * B + c]
            s[c] = f * old[c] + i * g
            v[c] = g * i * (1 - i)
            v[C + c] = old[c] * f * (1 - f) if form.forget else 0.0
            v[2 * C + c] = (4 * a_c * (1 - a_c) if form.squash_g else 1.0) * i
            memory.f[c] = memory.f[C + c] = memory.f[2 * C + c] = f
    for c in range(C):
        h[c] = s[c]
    if form.squash_h:
        for c in range(len(h)):
            h[c] = 2 * sigmoid(h[c]) - 1
    for j in range(B):
        if form.peepholes:  # the output gate sees the new states
            for c in range(j * S, j * S + S):
                sums[2 * B + j] += net.V[2, c] * s[c]
            a[2 * B + j] = sigmoid(sums[2 * B + j])
        for c in range(j * S, j * S + S):
            memory.y[c] = a[2 * B + j] * h[c]
    if learning:
        for m in range(M):
            y_m, row, f_c = source[m], memory.P[m], memory.f
            for c in range(len(v)):
                row[c] = f_c[c] * row[c] + y_m * v[c]
        if form.peepholes:
            for gate in range(2):
                for n in range(S):
                    for j in range(B):
                        other = j * S + n
                        for c in range(j * S, j * S + S):
                            memory.Q[gate, n, c] = memory.f[other] * memory.Q[gate, n, c] + v[gate * C + other] * old[c]


@kernel
def answer(net, memory, form, x):
    """Outputs, from cells and, where there are such weights, from inputs."""
    o, y, I, last = memory.o, memory.y, form.inputs, len(net.Wo) - 1
    for k in range(len(o)):
        o[k] = net.Wo[last, k]
    for c in range(len(y)):
        y_c, row = y[c], net.Wo[I + c]
        for k in range(len(o)):
            o[k] += y_c * row[k]
    if form.shortcuts:
        for m in range(I):
            x_m, row = x[m], net.Wo[m]
            for k in range(len(o)):
                o[k] += x_m * row[k]
    if not form.linear_outputs:
        for k in range(len(o)):
            o[k] = sigmoid(o[k])


@kernel
def blame(net, d, memory, form, x):
    """Write into d what this step contributes to the change of each weight; target - output stands in memory.e."""
    o, e, es, eo, a, h, y, part = (
        memory.o, memory.e, memory.es, memory.eo, memory.a, memory.h, memory.y, memory.part
    )  # fmt: skip
    B, S, I, C, M = form.blocks, form.size, form.inputs, len(memory.s), len(memory.source)
    if not form.linear_outputs:
        for k in range(len(o)):
            e[k] *= o[k] * (1 - o[k])
    if form.shortcuts:
        for m in range(I):
            x_m, row = x[m], d.Wo[m]
            for k in range(len(e)):
                row[k] = x_m * e[k]
    row = d.Wo[M - 1]
    for k in range(len(e)):
        row[k] = e[k]
    for j in range(B):
        o_j, e_o = a[2 * B + j], 0.0
        for c in range(j * S, j * S + S):
            y_c, row, weights, back = y[c], d.Wo[I + c], net.Wo[I + c], 0.0
            for k in range(len(e)):
                row[k] = y_c * e[k]
                back += weights[k] * e[k]
            slope = (1 - h[c] * h[c]) / 2 if form.squash_h else 1.0
            es[c] = es[C + c] = es[2 * C + c] = o_j * slope * back
            e_o += h[c] * back
        eo[j] = o_j * (1 - o_j) * e_o
    for m in range(M):
        y_m, row, P = memory.source[m], d.W[m], memory.P[m]
        for c in range(len(part)):
            part[c] = es[c] * P[c]
        for j in range(B):
            to_in, to_forget = 0.0, 0.0
            for c in range(j * S, j * S + S):
                to_in += part[c]
                to_forget += part[C + c]
            row[j], row[B + j], row[2 * B + j] = to_in, to_forget, y_m * eo[j]
        for c in range(C):
            row[3 * B + c] = part[2 * C + c]
    if form.peepholes:
        for c in range(C):
            j = c // S
            to_in, to_forget = 0.0, 0.0
            for n in range(S):
                to_in += es[j * S + n] * memory.Q[0, n, c]
                to_forget += es[j * S + n] * memory.Q[1, n, c]
            d.V[0, c], d.V[1, c], d.V[2, c] = to_in, to_forget, eo[j] * memory.s[c]


@kernel
def change(net, d, free, velocity, rate, momentum):
    """Gradient descent, with momentum where there is any."""
    w, dw, may, p = net.all, d.all, free.all, velocity.all
    if momentum == 0:
        for n in range(len(w)):
            w[n] += rate * may[n] * dw[n]
    else:
        for n in range(len(w)):
            p[n] = momentum * p[n] + rate * may[n] * dw[n]
            w[n] += p[n]


@kernel
def stream(net, d, free, velocity, memory, form, source, place, random, rule, limits, learning, to_end, y, s):
    """Go on with a stream from place[0], until its first error (the error is learnt), or to the end of its limits.

    With `to_end` errors do not end it. Outputs and states go to `y` (T, O) and `s` (T, C), as many steps as these have
    room for. Returns (steps made, targets predicted right, whether an error ended it).
    """
    o, e, rate, right = memory.o, memory.e, rule.rate, 0
    for t in range(limits.steps):
        z = place[0]
        place[0] = source.after[z, 0 if source.after.shape[1] == 1 else below(random, source.after.shape[1])]
        x, learns = source.x[z], learning and rate > SMALLEST_RATE
        if source.reset[z]:
            forget_all(memory)
        step(net, memory, form, x, learns)
        if source.counted[z] or t < len(y):
            answer(net, memory, form, x)
        if t < len(y):
            for k in range(y.shape[1]):
                y[t, k] = o[k]
        if t < len(s):
            s[t] = memory.s
        wrong = False
        if source.counted[z]:
            target = source.target[z]
            for k in range(len(target)):
                e[k] = target[k] - o[k]
                wrong |= not abs(e[k]) < rule.tolerance  # NaN is wrong
            right += int(not wrong)
            if learns:
                blame(net, d, memory, form, x)
                change(net, d, free, velocity, rate, rule.momentum)
        elif learns and rule.coast:
            change(net, d, free, velocity, 0.0, rule.momentum)
        rate *= rule.decay
        if (wrong and not to_end) or right >= limits.targets:
            return t + 1, right, wrong
    return limits.steps, right, False


@kernel
def examine(net, d, free, velocity, memory, form, source, random, rule, limits, lengths, until_error):
    """New streams from place 0 without learning; `lengths` gets the steps before each one's first error.

    With `until_error` the first stream with an error is the last. Returns how many were right to their end.
    """
    nothing, place, right = np.zeros((0, 1)), np.zeros(1, np.int64), 0
    for n in range(len(lengths)):
        forget_all(memory)
        place[0] = 0
        steps, _, wrong = stream(
            net, d, free, velocity, memory, form, source, place, random, rule, limits, False, False, nothing, nothing
        )
        lengths[n] = steps - int(wrong)
        right += int(not wrong)
        if wrong and until_error:
            break
    return right


@kernel
def alternate(
    net, d, free, velocity, memory, form, source, test_source, random, test_random, rule, limits, test_limits, tests,
    only_right, count, enough,
):  # fmt: skip
    """Learn `count` streams, each from place 0; test after each, or with `only_right` after those without an error.

    Ends behind the first test of which all streams are right, and as soon as `enough` steps were learnt.
    Returns (streams learnt, their steps, whether a test was right).
    """
    nothing, place, lengths, total = np.zeros((0, 1)), np.zeros(1, np.int64), np.zeros(tests, np.int64), 0
    for n in range(count):
        forget_all(memory)
        place[0] = 0
        steps, _, wrong = stream(
            net, d, free, velocity, memory, form, source, place, random, rule, limits, True, False, nothing, nothing
        )
        total += steps
        if not (wrong and only_right):
            right = examine(
                net, d, free, velocity, memory, form, test_source, test_random, rule, test_limits, lengths, True
            )
            if right == tests:
                return n + 1, total, True
        if total >= enough:
            return n + 1, total, False
    return count, total, False
