"""The learning rule of 1997 copied from the paper, one weight at a time, in NumPy; and the gradient it leaves out."""

import numpy as np


def f(x):
    return 1 / (1 + np.exp(-x))


def squash(design):
    if design.chain:
        return (lambda x: f(x), lambda x: x)
    return (lambda x: 4 * f(x) - 2, lambda x: 2 * f(x) - 1)


def forward(design, net, lines, x, T):
    """Everything that a sequence brings about, as lists over the steps. Works for complex weights."""
    B, S, C = design.blocks, design.size, design.blocks * design.size
    g, h = squash(design)
    s, y = np.zeros(C, net.W.dtype), np.zeros(B * (S + 2), net.W.dtype)
    steps = []
    for t in range(T):
        inputs = np.zeros(design.inputs)
        inputs[lines[t]] = x[t]
        before = y
        net_in = inputs @ net.W + before @ net.U + net.b
        i = f(net_in[:B])
        o = np.ones(B) if design.chain else f(net_in[B : 2 * B])
        s = s + np.repeat(i, S) * g(net_in[2 * B :])
        cells = np.repeat(o, S) * h(s)
        y = np.concatenate([i, f(net_in[B : 2 * B]), cells])
        net_k = cells @ net.Uo + net.bo + (inputs @ net.Wo if len(net.Wo) else 0)
        out = net_k if design.linear_outputs else f(net_k)
        steps.append((inputs, before, net_in, i, o, s, cells, out))
    return steps


def wanted(design, lines, target, t):
    return np.eye(design.outputs)[lines[t + 1, 0]] if design.every_step else target


def loss(design, net, lines, x, T, target):
    """Half the squared error of every step that has a target."""
    steps = forward(design, net, lines, x, T)
    counted = range(T) if design.every_step else [T - 1]
    return sum(((wanted(design, lines, target, t) - steps[t][-1]) ** 2).sum() for t in counted) / 2


def contributions(design, net, lines, x, T, target):
    """The sum over the steps of equations (22), (26) and (28), without the learning rate, as Weights of gradients."""
    B, S, C = design.blocks, design.size, design.blocks * design.size
    g, h = squash(design)

    def slope(function, at, tiny=1e-30):
        return np.imag(function(at + tiny * 1j)) / tiny

    I, H = design.inputs, design.hidden
    d = {"W": np.zeros((I, H)), "U": np.zeros((H, H)), "b": np.zeros(H)}
    d |= {"Wo": np.zeros(net.Wo.shape), "Uo": np.zeros(net.Uo.shape), "bo": np.zeros(design.outputs)}
    sources = I + H + 1
    s_in, s_c = np.zeros((C, sources)), np.zeros((C, sources))  # ds/dw of each cell
    for t, (inputs, before, net_in, _, o, s, cells, out) in enumerate(forward(design, net, lines, x, T)):
        y = np.concatenate([inputs, before, [1]])
        for c in range(C):
            j = c // S
            s_in[c] += g(net_in[2 * B + c]) * slope(f, net_in[j]) * y  # (25)
            s_c[c] += slope(g, net_in[2 * B + c]) * f(net_in[j]) * y  # (27)
        if not design.every_step and t < T - 1:
            continue
        e_k = wanted(design, lines, target, t) - out
        if not design.linear_outputs:
            e_k = e_k * out * (1 - out)  # (19)
        d["bo"] += e_k
        d["Uo"] += np.outer(cells, e_k)
        if len(net.Wo):
            d["Wo"] += np.outer(inputs, e_k)
        change = np.zeros((sources, H))
        for c in range(C):
            j = c // S
            back = net.Uo[c] @ e_k
            change[:, B + j] += slope(f, net_in[B + j]) * h(s[c]) * back * y  # (21), (22)
            e_s = o[j] * slope(h, s[c]) * back  # (23)
            change[:, j] += e_s * s_in[c]  # (26)
            change[:, 2 * B + c] += e_s * s_c[c]  # (28)
        d["W"] += change[:I]
        d["U"] += change[I : I + H]
        d["b"] += change[-1]
    return d
