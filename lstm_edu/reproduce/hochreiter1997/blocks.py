"""Memory blocks and their learning rule as printed: truncated, forward in time, O(weights) a step.

s = s' + i g(net), y = o h(s).   (Hochreiter & Schmidhuber, 1997, appendix A; the numbers below are its equations)
"""

from typing import NamedTuple

import numpy as np

from lstm_edu.core.functions import sigmoid
from lstm_edu.core.kernel import kernel

# I input lines, B blocks of S cells, C = B S cells, O outputs, K input lines that are not zero at a step, N sequences.
# H = B (S + 2) hidden units in the order input gates | output gates | cells; each sees the inputs of this step and all
# hidden units, gates too, of the step before.   Outputs see the cells of the same step.


class Weights(NamedTuple):
    """Every weight of a network, a row for each source. The same form holds gradients, and which weights there are."""

    all: np.ndarray  # one buffer that the others are views into
    W: np.ndarray  # (I, H)
    U: np.ndarray  # (H, H)
    b: np.ndarray  # (H,)
    Wo: np.ndarray  # (I, O), or (0, O) where outputs see cells alone
    Uo: np.ndarray  # (C, O)
    bo: np.ndarray  # (O,)


class Form(NamedTuple):
    """What a kernel must know of a network and its task beside the weights."""

    blocks: int
    size: int
    output_gates: bool  # without them o = 1
    linear: bool  # h(s) = s and g = sigmoid, in place of h in -1 .. 1 and g in -2 .. 2
    linear_outputs: bool  # outputs are not squashed, else they are sigmoids
    every_step: bool  # at each step the next symbol is the target, else the target belongs to the last step
    judge_all: bool  # whether the error of a sequence is the largest of all its steps, or of the last
    step_updates: bool  # weights change after each step, or after each sequence


class Memory(NamedTuple):
    """Arrays that a kernel works in. H*, C* and P are H, C and 2 C in whole vectors; what is beyond stays unused."""

    a: np.ndarray  # (H*,)  sigmoid(net)
    y: np.ndarray  # (2, H)  of this step and of the one before
    s: np.ndarray  # (C,)  the cells' states
    h: np.ndarray  # (C*,)  h(s)
    v: np.ndarray  # (P,)  what a source with y = 1 adds to the partials now
    Px: np.ndarray  # (I, P)  ds/dw of input lines: C columns of weights to input gates, then those to cells
    Ph: np.ndarray  # (H, P)  of the hidden units
    Pb: np.ndarray  # (P,)  of the biases
    o: np.ndarray  # (O,)  outputs
    e: np.ndarray  # (O,)  their errors
    es: np.ndarray  # (C,)  the states' errors


@kernel(inlined=True)
def add_product(a, y, U):
    """a += y U, four rows of U at a time: a is read and written once for the four, not once for each."""
    H = len(y)
    fours = H - H % 4
    for m in range(0, fours, 4):
        y0, y1, y2, y3 = y[m], y[m + 1], y[m + 2], y[m + 3]
        for j in range(H):
            a[j] += y0 * U[m, j] + y1 * U[m + 1, j] + y2 * U[m + 2, j] + y3 * U[m + 3, j]
    for m in range(fours, H):
        for j in range(H):
            a[j] += y[m] * U[m, j]


@kernel(inlined=True)
def step(net, memory, form, lines, x, now, learning):
    """Phases 1 and 2 of a step: inputs, then hidden units and, in learning, the partials of all states."""
    a, y_new, y_old, s, h, v = memory.a, memory.y[now], memory.y[1 - now], memory.s, memory.h, memory.v
    B, S, H, C = form.blocks, form.size, len(y_old), len(s)
    for j in range(H):
        a[j] = net.b[j]
    for k in range(len(lines)):
        x_k, row = x[k], net.W[lines[k]]
        for j in range(H):
            a[j] += x_k * row[j]
    add_product(a, y_old, net.U)
    for j in range(len(a)):
        a[j] = sigmoid(a[j])
    for j in range(2 * B):
        y_new[j] = a[j]
    range_g, least_g = (1.0, 0.0) if form.linear else (4.0, -2.0)
    for j in range(B):
        i = a[j]
        for c in range(j * S, j * S + S):
            f_c = a[2 * B + c]
            g = range_g * f_c + least_g
            s[c] += i * g
            v[c] = g * i * (1 - i)
            v[C + c] = range_g * f_c * (1 - f_c) * i
    for c in range(C):
        h[c] = s[c]
    if not form.linear:
        for c in range(len(h)):
            h[c] = 2 * sigmoid(h[c]) - 1
    for c in range(C):
        y_new[2 * B + c] = h[c]
    if form.output_gates:
        for j in range(B):
            for c in range(j * S, j * S + S):
                y_new[2 * B + c] = a[B + j] * h[c]
    if learning:
        for m in range(H):
            y_m, row = y_old[m], memory.Ph[m]
            for c in range(len(v)):
                row[c] += y_m * v[c]  # (25), (27)
        for k in range(len(lines)):
            x_k, row = x[k], memory.Px[lines[k]]
            for c in range(len(v)):
                row[c] += x_k * v[c]
        for c in range(len(v)):
            memory.Pb[c] += v[c]


@kernel(inlined=True)
def answer(net, memory, form, lines, x, now):
    """Phase 3 of a step: outputs, from cells and, where there are such weights, from inputs."""
    o, y = memory.o, memory.y[now, 2 * form.blocks :]
    for k in range(len(o)):
        o[k] = net.bo[k]
    for c in range(len(y)):
        y_c, row = y[c], net.Uo[c]
        for k in range(len(o)):
            o[k] += y_c * row[k]
    if len(net.Wo) > 0:
        for n in range(len(lines)):
            x_n, row = x[n], net.Wo[lines[n]]
            for k in range(len(o)):
                o[k] += x_n * row[k]
    if not form.linear_outputs:
        for k in range(len(o)):
            o[k] = sigmoid(o[k])


@kernel
def blame(net, d, memory, form, lines, x, now):
    """Add to d what this step contributes to the change of each weight; target - output stands in memory.e."""
    o, e, es, a, h, y, y_old = memory.o, memory.e, memory.es, memory.a, memory.h, memory.y[now], memory.y[1 - now]
    B, S, C, H = form.blocks, form.size, len(es), len(y)
    for k in range(len(o)):
        e[k] *= 1.0 if form.linear_outputs else o[k] * (1 - o[k])  # (19)
        d.bo[k] += e[k]
    for c in range(C):
        y_c, row, weights, back = y[2 * B + c], d.Uo[c], net.Uo[c], 0.0
        for k in range(len(o)):
            row[k] += y_c * e[k]  # (22)
            back += weights[k] * e[k]
        slope = 1.0 if form.linear else (1 - h[c] * h[c]) / 2
        es[c] = (a[B + c // S] if form.output_gates else 1.0) * slope * back  # (23)
        e_out = a[B + c // S] * (1 - a[B + c // S]) * h[c] * back  # this cell's part of (21)
        column = B + c // S
        d.b[column] += e_out
        for m in range(H):
            d.U[m, column] += e_out * y_old[m]  # (22)
        for n in range(len(lines)):
            d.W[lines[n], column] += e_out * x[n]
    if len(net.Wo) > 0:
        for n in range(len(lines)):
            x_n, row = x[n], d.Wo[lines[n]]
            for k in range(len(o)):
                row[k] += x_n * e[k]
    weigh(d.W, memory.Px, es, B, S)
    weigh(d.U, memory.Ph, es, B, S)
    for c in range(C):
        d.b[c // S] += es[c] * memory.Pb[c]
        d.b[2 * B + c] += es[c] * memory.Pb[C + c]


@kernel
def weigh(d, P, es, B, S):
    """Add errors times partials to the columns of input gates and cells."""
    C = len(es)
    for m in range(len(P)):
        from_m, row = P[m], d[m]
        for c in range(C):
            row[c // S] += es[c] * from_m[c]  # (26)
            row[2 * B + c] += es[c] * from_m[C + c]  # (28)


@kernel
def change(net, d, free, rate):
    """Plain gradient descent; d is zero afterwards."""
    w, dw, f = net.all, d.all, free.all
    for n in range(len(w)):
        w[n] += rate * f[n] * dw[n]
        dw[n] = 0


@kernel
def sequence(net, d, free, memory, form, lines, x, T, target, rate, learning, answers):
    """One sequence from its start; in learning, its contributions are added to d.

    `lines` (T + 1, K) says which inputs are not zero, `x` (T + 1, K) what they are; the outputs go to `answers`, as
    many steps as it has room for. Returns the largest absolute error of the outputs that count, and the mean.
    """
    memory.y[:] = 0
    memory.s[:] = 0
    memory.Px[:] = 0
    memory.Ph[:] = 0
    memory.Pb[:] = 0
    o, e, largest, total, counted = memory.o, memory.e, 0.0, 0.0, 0
    for t in range(T):
        now = t % 2
        step(net, memory, form, lines[t], x[t], now, learning)
        if form.every_step or t == T - 1:
            answer(net, memory, form, lines[t], x[t], now)
            for k in range(len(o)):
                wanted = (1.0 if k == lines[t + 1, 0] else 0.0) if form.every_step else target[k]
                e[k] = wanted - o[k]
                if form.judge_all or t == T - 1:
                    largest = max(largest, abs(e[k]))
                    total += abs(e[k])
                    counted += 1
            if t < len(answers):
                answers[t] = o
            if learning:
                blame(net, d, memory, form, lines[t], x[t], now)
                if form.step_updates:
                    change(net, d, free, rate)
    return largest, total / counted


@kernel
def learn(net, d, free, memory, form, lines, x, lengths, targets, order, rate, ring, counts, limits, errors):
    """Sequence after sequence; the weights change after each, or after each step.

    `ring` (R, 2) holds the errors of the last R sequences, `counts` (2,) how many were learnt and how many of the last
    R were wrong, `limits` (3,) from which error on a sequence is wrong, how many wrong ones are too many, and which
    mean error is too large. Stops where no limit is reached. Returns (sequences learnt now, whether it stopped).
    """
    R, nothing = len(ring), np.zeros((0, len(memory.o)))
    for n in range(len(order)):
        q = order[n]
        largest, mean = sequence(
            net, d, free, memory, form, lines[q], x[q], lengths[q], targets[q], rate, True, nothing
        )
        if not form.step_updates:
            change(net, d, free, rate)
        errors[n] = largest
        if R > 0:
            place = counts[0] % R
            counts[1] += int(largest >= limits[0]) - int(counts[0] >= R and ring[place, 0] >= limits[0])
            ring[place, 0], ring[place, 1] = largest, mean
        counts[0] += 1
        if R > 0 and counts[0] >= R and counts[1] < limits[1] and ring[:, 1].mean() < limits[2]:
            return n + 1, True
    return len(order), False


@kernel
def judge(net, d, free, memory, form, lines, x, lengths, targets, errors, end_at):
    """The errors of each sequence, largest and mean, without learning; ends behind the first of at least `end_at`.

    Returns how many sequences were looked at.
    """
    nothing = np.zeros((0, len(memory.o)))
    for n in range(len(lengths)):
        errors[n, 0], errors[n, 1] = sequence(
            net, d, free, memory, form, lines[n], x[n], lengths[n], targets[n], 0.0, False, nothing
        )
        if errors[n, 0] >= end_at:
            return n + 1
    return len(lengths)


@kernel
def answers(net, d, free, memory, form, lines, x, lengths, targets, y):
    """The outputs of each sequence, without learning, into y (N, L, O)."""
    for n in range(len(lengths)):
        sequence(net, d, free, memory, form, lines[n], x[n], lengths[n], targets[n], 0.0, False, y[n])
