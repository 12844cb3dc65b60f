"""Memory blocks with forget gates and peepholes, and their learning rule: truncated, forward in time, at every step.

s = f s' + i g(net), y = o h(s).   (Gers, Schmidhuber & Cummins, 2000; peepholes: Gers, Schraudolph & Schmidhuber, 2002)

The partials ds/dw are those of 1997, each times f, and those of the forget gate beside them.
"""

from typing import NamedTuple

import numpy as np

from lstm_edu.core.functions import sigmoid
from lstm_edu.core.generator import below
from lstm_edu.core.kernel import kernel

# I inputs, B blocks of S cells, C = B S cells in the order of blocks, O outputs. H = B (3 + S) rows in the order input
# gates | forget gates | output gates | cells. A column for each source, M of them: inputs of this step, outputs of the
# cells at the step before, the one of the biases, and zeros up to a whole vector. Unlike in 1997 gates are no sources.
# H*, C* and O* are H, C and O in whole vectors; what is beyond stays unused.


class Weights(NamedTuple):
    """Every weight of a network. The same form holds gradients, velocities, and which weights there are."""

    all: np.ndarray  # one buffer that the others are views into
    W: np.ndarray  # (H, M)
    V: np.ndarray  # (3, C)  peepholes: from a cell to the input, forget and output gate of its block
    Wo: np.ndarray  # (O, M)  from inputs (shortcuts), from the cells of the same step, biases


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


class Memory(NamedTuple):
    """Arrays that a kernel works in."""

    early: np.ndarray  # (M,)  the sources of hidden units at this step
    late: np.ndarray  # (M,)  the sources of outputs: the cells' outputs of this step
    sums: np.ndarray  # (H*,)  net
    a: np.ndarray  # (H*,)  sigmoid(net)
    y: np.ndarray  # (C,)  the cells' outputs
    s: np.ndarray  # (C*,)  the cells' states
    old: np.ndarray  # (C,)  the states of the step before
    h: np.ndarray  # (C*,)  h(s)
    v: np.ndarray  # (3 C,)  what a source of 1 adds to the partials now: input gates, forget gates, cells
    f: np.ndarray  # (C,)  by how much the partials are kept
    P: np.ndarray  # (3 C, M)  ds/dW: each cell's own state, by the weights to its input gate, forget gate, net input
    Q: np.ndarray  # (2, S, C)  ds/dV: of the n-th cell of the block, by the weight from cell c to input, forget gate
    net_o: np.ndarray  # (O*,)
    o: np.ndarray  # (O*,)  outputs
    e: np.ndarray  # (O,)  their errors
    ey: np.ndarray  # (M,)  the cells' errors, where they stand among the sources of outputs
    es: np.ndarray  # (C,)  the states' errors
    eo: np.ndarray  # (B,)  the output gates' errors


class Source(NamedTuple):
    """Where a stream comes from: Z places that lead to each other at random, with what is read and wanted at each."""

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


@kernel(inlined=True)
def forget(y, s, P, Q):
    """Outputs, states and partials as at the start of a stream."""
    y[:] = 0
    s[:] = 0
    P[:] = 0
    Q[:] = 0


@kernel(inlined=True)
def products(W, x, sums):
    """sums = W x."""
    for k in range(len(W)):
        total = 0.0
        for m in range(len(x)):
            total += W[k, m] * x[m]
        sums[k] = total


@kernel(inlined=True)
def sigmoids(x, y):
    """y = sigmoid(x), for all that there are."""
    for k in range(len(x)):
        y[k] = sigmoid(x[k])


@kernel(inlined=True)
def carry(x, v, f, P):
    """P = f P + v x^T, the partials of all states by all weights but peepholes."""
    C = len(f)
    for r in range(len(v)):
        v_r, f_r = v[r], f[r % C]
        for m in range(len(x)):
            P[r, m] = f_r * P[r, m] + v_r * x[m]


@kernel(inlined=True)
def carry_peepholes(old, v, f, S, Q):
    """Q = f Q + v s', the same by the peepholes of input and forget gates."""
    C = len(old)
    for gate in range(2):
        for n in range(S):
            for c in range(C):
                other = c - c % S + n
                Q[gate, n, c] = f[other] * Q[gate, n, c] + v[gate * C + other] * old[c]


@kernel(inlined=True)
def look(s, V, gate, B, S, sums):
    """What the gates of one kind see of their blocks' states, onto rows gate B .. gate B + B - 1."""
    for j in range(B):
        for c in range(j * S, j * S + S):
            sums[gate * B + j] += V[gate, c] * s[c]


@kernel(inlined=True)
def cells(form, a, sums, s, old, v, f):
    """New states; what they change by per unit of a source, and what they keep."""
    B, S, C = form.blocks, form.size, len(f)
    for j in range(B):
        i, f_j = a[j], a[B + j] if form.forget else form.keep
        for c in range(j * S, j * S + S):
            a_c = a[3 * B + c]
            g = 4 * a_c - 2 if form.squash_g else sums[3 * B + c]
            old[c] = s[c]
            s[c] = f_j * old[c] + i * g
            v[c] = g * i * (1 - i)
            v[C + c] = old[c] * f_j * (1 - f_j) if form.forget else 0.0
            v[2 * C + c] = (4 * a_c * (1 - a_c) if form.squash_g else 1.0) * i
            f[c] = f_j


@kernel(inlined=True)
def show(form, a, s, h, y):
    """What the cells show."""
    B, S = form.blocks, form.size
    for c in range(len(s)):
        h[c] = 2 * sigmoid(s[c]) - 1 if form.squash_h else s[c]
    for j in range(B):
        for c in range(j * S, j * S + S):
            y[c] = a[2 * B + j] * h[c]


@kernel(inlined=True)
def outer(e, x, d):
    """d = e x^T."""
    for k in range(len(e)):
        e_k = e[k]
        for m in range(len(x)):
            d[k, m] = e_k * x[m]


@kernel(inlined=True)
def back(form, a, h, e, Wo, ey, es, eo):
    """Errors of states and of output gates, from those of the outputs."""
    B, S, I = form.blocks, form.size, form.inputs
    ey[:] = 0
    for k in range(len(e)):
        e_k = e[k]
        for m in range(len(ey)):
            ey[m] += e_k * Wo[k, m]
    for j in range(B):
        o_j, e_o = a[2 * B + j], 0.0
        for c in range(j * S, j * S + S):
            slope = (1 - h[c] * h[c]) / 2 if form.squash_h else 1.0
            es[c] = o_j * slope * ey[I + c]
            e_o += h[c] * ey[I + c]
        eo[j] = o_j * (1 - o_j) * e_o


@kernel(inlined=True)
def weigh(form, x, es, eo, P, d):
    """Errors times partials: what the weights of gates and cells are to change by."""
    B, S, C, M = form.blocks, form.size, len(es), len(x)
    for gate in range(2):  # input gates, forget gates
        for j in range(B):
            row = gate * B + j
            for c in range(j * S, j * S + S):
                e_c, r, more = es[c], gate * C + c, 0.0 if c == j * S else 1.0
                for m in range(M):
                    d[row, m] = more * d[row, m] + e_c * P[r, m]
    for j in range(B):
        e_o, row = eo[j], 2 * B + j
        for m in range(M):
            d[row, m] = e_o * x[m]
    for c in range(C):
        e_c, row, r = es[c], 3 * B + c, 2 * C + c
        for m in range(M):
            d[row, m] = e_c * P[r, m]


@kernel(inlined=True)
def weigh_peepholes(S, s, es, eo, Q, d):
    """The same for peepholes."""
    for c in range(len(es)):
        j = c // S
        to_in, to_forget = 0.0, 0.0
        for n in range(S):
            to_in += es[j * S + n] * Q[0, n, c]
            to_forget += es[j * S + n] * Q[1, n, c]
        d[0, c], d[1, c], d[2, c] = to_in, to_forget, eo[j] * s[c]


@kernel(inlined=True)
def change(w, d, may, p, rate, momentum):
    """Gradient descent, with momentum where there is any."""
    if momentum == 0:
        for n in range(len(w)):
            w[n] += rate * may[n] * d[n]
    else:
        for n in range(len(w)):
            p[n] = momentum * p[n] + rate * may[n] * d[n]
            w[n] += p[n]


@kernel
def stream(net, d, free, velocity, memory, form, source, place, random, rule, limits, learning, to_end, seen_y, seen_s):
    """Go on with a stream from place[0], until its first error (the error is learnt), or to the end of its limits.

    With `to_end` errors do not end it. Outputs and states go to `seen_y` (T, O) and `seen_s` (T, C), as many steps as
    these have room for. Returns (steps made, targets predicted right, whether an error ended it).
    """
    # Each array is named once, before the loop: whoever takes one out of a tuple counts references, for 5 ns and more.
    x, target, counted, reset, after = source.x, source.target, source.counted, source.reset, source.after
    W, V, Wo, dW, dV, dWo = net.W, net.V, net.Wo, d.W, d.V, d.Wo
    w, dw, may, p = net.all, d.all, free.all, velocity.all
    early, late, a, sums, y, s, old, h = (
        memory.early, memory.late, memory.a, memory.sums, memory.y, memory.s, memory.old, memory.h
    )  # fmt: skip
    v, f, P, Q, net_o, o, e, ey, es, eo = (
        memory.v, memory.f, memory.P, memory.Q, memory.net_o, memory.o, memory.e, memory.ey, memory.es, memory.eo
    )  # fmt: skip
    B, S, I, C, O, K = form.blocks, form.size, form.inputs, len(y), len(e), after.shape[1]
    rate, right = rule.rate, 0
    for t in range(limits.steps):
        z = place[0]
        place[0] = after[z, 0 if K == 1 else below(random, K)]
        learns = learning and rate > SMALLEST_RATE
        if reset[z]:
            forget(y, s, P, Q)
        for m in range(I):
            early[m] = late[m] = x[z, m]
        for c in range(C):
            early[I + c] = y[c]
        products(W, early, sums)
        if form.peepholes:
            look(s, V, 0, B, S, sums)
            look(s, V, 1, B, S, sums)
        sigmoids(sums, a)
        cells(form, a, sums, s, old, v, f)
        if form.peepholes:  # the output gate sees the new states
            look(s, V, 2, B, S, sums)
            for j in range(2 * B, 3 * B):
                a[j] = sigmoid(sums[j])
        show(form, a, s, h, y)
        if learns:
            carry(early, v, f, P)
            if form.peepholes:
                carry_peepholes(old, v, f, S, Q)
        wrong = False
        if counted[z] or t < len(seen_y):
            for c in range(C):
                late[I + c] = y[c]
            products(Wo, late, net_o)
            if form.linear_outputs:
                o[:] = net_o
            else:
                sigmoids(net_o, o)
        if counted[z]:
            for k in range(O):
                e[k] = target[z, k] - o[k]
                wrong |= not abs(e[k]) < rule.tolerance  # NaN is wrong
            right += int(not wrong)
            if learns:
                if not form.linear_outputs:
                    for k in range(O):
                        e[k] *= o[k] * (1 - o[k])
                outer(e, late, dWo)
                back(form, a, h, e, Wo, ey, es, eo)
                weigh(form, early, es, eo, P, dW)
                if form.peepholes:
                    weigh_peepholes(S, s, es, eo, Q, dV)
                change(w, dw, may, p, rate, rule.momentum)
        elif learns and rule.coast:
            change(w, dw, may, p, 0.0, rule.momentum)
        for k in range(O if t < len(seen_y) else 0):
            seen_y[t, k] = o[k]
        for c in range(C if t < len(seen_s) else 0):
            seen_s[t, c] = s[c]
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
        forget(memory.y, memory.s, memory.P, memory.Q)
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
        forget(memory.y, memory.s, memory.P, memory.Q)
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
