"""The literal NumPy twin of every cell: one matrix per gate, one step after the other, nothing clever.

Every function takes complex numbers as well as real ones, so that a derivative can be taken by the complex step:
df/dx = Im f(x + i e) / e, with no difference and so no cancellation, exact to rounding (Squire & Trapp 1998).
"""

import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def by_gate(array, letters):
    """Cut the columns into one block a gate, in the order of the letters."""
    return dict(zip(letters, np.split(array, len(letters), axis=-1), strict=True))


def rnn(x, params, state):
    (h,) = state
    W, U, b = params["W"], params["U"], params["b"]
    hs = []
    for x_t in x:
        h = np.tanh(x_t @ W + h @ U + b)
        hs.append(h)
    return {"h": np.array(hs)}


def lstm97(x, params, state, squashing="tanh"):
    h, c = state
    W, U, b = (by_gate(params[k], "igo") for k in ("W", "U", "b"))
    if squashing == "tanh":
        squash_g = squash_h = np.tanh
    else:

        def squash_g(net):
            return 4 * sigmoid(net) - 2

        def squash_h(s):
            return 2 * sigmoid(s) - 1

    out = {name: [] for name in "igohc"}
    for x_t in x:
        i = sigmoid(x_t @ W["i"] + h @ U["i"] + b["i"])
        g = squash_g(x_t @ W["g"] + h @ U["g"] + b["g"])
        o = sigmoid(x_t @ W["o"] + h @ U["o"] + b["o"])
        c = c + i * g
        h = o * squash_h(c)
        for name, value in zip("igohc", (i, g, o, h, c), strict=True):
            out[name].append(value)
    return {name: np.array(values) for name, values in out.items()}


def clip(x, bound):
    """x held within +-bound; a complex step decides by the real part."""
    if bound is None:
        return x
    return np.where(np.abs(np.real(x)) < bound, x, np.sign(np.real(x)) * bound)


def lstm(x, params, state, cell_clip=None):
    h, c = state
    W, U, b = (by_gate(params[k], "ifgo") for k in ("W", "U", "b"))
    out = {name: [] for name in "ifgohc"}
    for x_t in x:
        i = sigmoid(x_t @ W["i"] + h @ U["i"] + b["i"])
        f = sigmoid(x_t @ W["f"] + h @ U["f"] + b["f"])
        g = np.tanh(x_t @ W["g"] + h @ U["g"] + b["g"])
        o = sigmoid(x_t @ W["o"] + h @ U["o"] + b["o"])
        c = clip(f * c + i * g, cell_clip)
        h = o * np.tanh(c)
        for name, value in zip("ifgohc", (i, f, g, o, h, c), strict=True):
            out[name].append(value)
    return {name: np.array(values) for name, values in out.items()}


def noisy_lstm(x, params, state, mh, mg, zh, zc):
    """Each mask (T, B, H), or one number for all."""
    h, c = state
    W, U, b = (by_gate(params[k], "ifgo") for k in ("W", "U", "b"))
    mh, mg, zh, zc = (np.broadcast_to(mask, (len(x), *c.shape)) for mask in (mh, mg, zh, zc))
    out = {name: [] for name in "ifgohc"}
    for t in range(len(x)):
        seen = mh[t] * h
        i = sigmoid(x[t] @ W["i"] + seen @ U["i"] + b["i"])
        f = sigmoid(x[t] @ W["f"] + seen @ U["f"] + b["f"])
        g = np.tanh(x[t] @ W["g"] + seen @ U["g"] + b["g"])
        o = sigmoid(x[t] @ W["o"] + seen @ U["o"] + b["o"])
        new = f * c + i * mg[t] * g
        c = zc[t] * c + (1 - zc[t]) * new
        h = zh[t] * h + (1 - zh[t]) * o * np.tanh(new)
        for name, value in zip("ifgohc", (i, f, g, o, h, c), strict=True):
            out[name].append(value)
    return {name: np.array(values) for name, values in out.items()}


def peephole(x, params, state, cell_clip=None):
    h, c = state
    W, U, b = (by_gate(params[k], "ifgo") for k in ("W", "U", "b"))
    p_i, p_f, p_o = params["p"]
    out = {name: [] for name in "ifgohc"}
    for x_t in x:
        i = sigmoid(x_t @ W["i"] + h @ U["i"] + b["i"] + p_i * c)
        f = sigmoid(x_t @ W["f"] + h @ U["f"] + b["f"] + p_f * c)
        g = np.tanh(x_t @ W["g"] + h @ U["g"] + b["g"])
        c = clip(f * c + i * g, cell_clip)
        o = sigmoid(x_t @ W["o"] + h @ U["o"] + b["o"] + p_o * c)
        h = o * np.tanh(c)
        for name, value in zip("ifgohc", (i, f, g, o, h, c), strict=True):
            out[name].append(value)
    return {name: np.array(values) for name, values in out.items()}


def coupled(x, params, state, gate="f"):
    h, c = state
    letters = gate + "go"
    W, U, b = (by_gate(params[k], letters) for k in ("W", "U", "b"))
    out = {name: [] for name in letters + "hc"}
    for x_t in x:
        there = sigmoid(x_t @ W[gate] + h @ U[gate] + b[gate])
        g = np.tanh(x_t @ W["g"] + h @ U["g"] + b["g"])
        o = sigmoid(x_t @ W["o"] + h @ U["o"] + b["o"])
        f, i = (there, 1 - there) if gate == "f" else (1 - there, there)
        c = f * c + i * g
        h = o * np.tanh(c)
        for name, value in zip(letters + "hc", (there, g, o, h, c), strict=True):
            out[name].append(value)
    return {name: np.array(values) for name, values in out.items()}


def projected(x, params, state, projection, peepholes=False, cell_clip=None, projection_clip=None):
    h, c = state
    W, U, b = (by_gate(params[k], "ifgo") for k in ("W", "U", "b"))
    p_i, p_f, p_o = params["p"] if peepholes else (0, 0, 0)
    out = {name: [] for name in "ifgohc"}
    for x_t in x:
        i = sigmoid(x_t @ W["i"] + h @ U["i"] + b["i"] + p_i * c)
        f = sigmoid(x_t @ W["f"] + h @ U["f"] + b["f"] + p_f * c)
        g = np.tanh(x_t @ W["g"] + h @ U["g"] + b["g"])
        c = clip(f * c + i * g, cell_clip)
        o = sigmoid(x_t @ W["o"] + h @ U["o"] + b["o"] + p_o * c)
        h = clip((o * np.tanh(c)) @ params["R"], projection_clip)
        for name, value in zip("ifgohc", (i, f, g, o, h, c), strict=True):
            out[name].append(value)
    return {name: np.array(values) for name, values in out.items()}


def gru(x, params, state, reset_after=False):
    (h,) = state
    W, U, b = (by_gate(params[k], "rzn") for k in ("W", "U", "b"))
    out = {name: [] for name in "rznh"}
    for x_t in x:
        r = sigmoid(x_t @ W["r"] + h @ U["r"] + b["r"])
        z = sigmoid(x_t @ W["z"] + h @ U["z"] + b["z"])
        if reset_after:
            n = np.tanh(x_t @ W["n"] + b["n"] + r * (h @ U["n"] + params["bn"]))
        else:
            n = np.tanh(x_t @ W["n"] + b["n"] + (r * h) @ U["n"])
        h = z * h + (1 - z) * n
        for name, value in zip("rznh", (r, z, n, h), strict=True):
            out[name].append(value)
    return {name: np.array(values) for name, values in out.items()}


def positive(x):
    return np.where(np.real(x) >= 0, x + 0.5, sigmoid(x))


def min_gru(x, params, state, candidate="positive"):
    (h,) = state
    W, b = (by_gate(params[k], "zn") for k in ("W", "b"))
    out = {name: [] for name in "znh"}
    for x_t in x:
        z = sigmoid(x_t @ W["z"] + b["z"])
        n = x_t @ W["n"] + b["n"]
        n = positive(n) if candidate == "positive" else n
        h = (1 - z) * h + z * n
        for name, value in zip("znh", (z, n, h), strict=True):
            out[name].append(value)
    return {name: np.array(values) for name, values in out.items()}


def min_lstm(x, params, state, candidate="positive"):
    (h,) = state
    W, b = (by_gate(params[k], "ifn") for k in ("W", "b"))
    out = {name: [] for name in "ifnh"}
    for x_t in x:
        i = sigmoid(x_t @ W["i"] + b["i"])
        f = sigmoid(x_t @ W["f"] + b["f"])
        n = x_t @ W["n"] + b["n"]
        n = positive(n) if candidate == "positive" else n
        h = f / (f + i) * h + i / (f + i) * n
        for name, value in zip("ifnh", (i, f, n, h), strict=True):
            out[name].append(value)
    return {name: np.array(values) for name, values in out.items()}


def slstm(x, params, state):
    h, c, n, m = state
    W, U, b = (by_gate(params[k], "ifzo") for k in ("W", "U", "b"))
    out = {name: [] for name in "ifzohcnm"}
    for x_t in x:
        a = {k: x_t @ W[k] + h @ U[k] + b[k] for k in "ifzo"}
        left = m + np.log(sigmoid(a["f"]))
        m = np.where((np.real(n) == 0) | (np.real(a["i"]) > np.real(left)), a["i"], left)
        i, f = np.exp(a["i"] - m), np.exp(left - m)
        z, o = np.tanh(a["z"]), sigmoid(a["o"])
        c, n = f * c + i * z, f * n + i
        h = o * c / n
        for name, value in zip("ifzohcnm", (i, f, z, o, h, c, n, m), strict=True):
            out[name].append(value)
    return {name: np.array(values) for name, values in out.items()}


def variant_lstm(x, params, state, variant):
    h, c = state
    letters = [k for k in "ifgo" if k not in {"NIG": "i", "NFG": "f", "CIFG": "f", "NOG": "o"}.get(variant, "")]
    W, U, b = (by_gate(params[k], letters) for k in ("W", "U", "b"))
    p = dict(zip([k for k in letters if k != "g"], params["p"], strict=True))
    out = {name: [] for name in [*letters, "h", "c"]}
    for x_t in x:
        a = {k: x_t @ W[k] + h @ U[k] + b[k] for k in letters}
        i = 1 if variant == "NIG" else sigmoid(a["i"] + p["i"] * c)
        f = 1 if variant == "NFG" else 1 - i if variant == "CIFG" else sigmoid(a["f"] + p["f"] * c)
        g = a["g"] if variant == "NIAF" else np.tanh(a["g"])
        c = f * c + i * g
        o = 1 if variant == "NOG" else sigmoid(a["o"] + p["o"] * c)
        h = o * (c if variant == "NOAF" else np.tanh(c))
        values = {"i": i, "f": f, "g": g, "o": o, "h": h, "c": c}
        for name in out:
            out[name].append(values[name])
    return {name: np.array(values) for name, values in out.items()}


def full_gate(x, params, state):
    h, c, s = state
    W, U, b = (by_gate(params[k], "ifog") for k in ("W", "U", "b"))
    V = by_gate(params["V"], "ifo")
    p_i, p_f, p_o = params["p"]
    out = {name: [] for name in "ifoghcs"}
    for x_t in x:
        i = sigmoid(x_t @ W["i"] + h @ U["i"] + b["i"] + p_i * c + s @ V["i"])
        f = sigmoid(x_t @ W["f"] + h @ U["f"] + b["f"] + p_f * c + s @ V["f"])
        g = np.tanh(x_t @ W["g"] + h @ U["g"] + b["g"])
        c = f * c + i * g
        o = sigmoid(x_t @ W["o"] + h @ U["o"] + b["o"] + p_o * c + s @ V["o"])
        h, s = o * np.tanh(c), np.concatenate([i, f, o], axis=-1)
        for name, value in zip("ifoghcs", (i, f, o, g, h, c, s), strict=True):
            out[name].append(value)
    return {name: np.array(values) for name, values in out.items()}


def block_lstm97(x, params, state, block_size, squashing="tanh"):
    """Written cell by cell: the block j // S of a cell j has its gates."""
    h, c = state
    H = h.shape[1]
    N = H // block_size
    i, g, o = slice(0, N), slice(N, N + H), slice(N + H, None)
    W, U, b = params["W"], params["U"], params["b"]
    slope, reach = (1, 1) if squashing == "tanh" else (0.5, 2)
    out = {name: [] for name in "igohc"}
    for x_t in x:
        a = x_t @ W + h @ U + b
        enters, shown, candidate = sigmoid(a[:, i]), sigmoid(a[:, o]), reach * np.tanh(slope * a[:, g])
        c = np.stack([c[:, j] + enters[:, j // block_size] * candidate[:, j] for j in range(H)], axis=1)
        h = np.stack([shown[:, j // block_size] * np.tanh(slope * c[:, j]) for j in range(H)], axis=1)
        for name, value in zip("igohc", (enters, candidate, shown, h, c), strict=True):
            out[name].append(value)
    return {name: np.array(values) for name, values in out.items()}


def normalised(z, gain, shift, epsilon):
    """LN over the last axis; the variance of complex numbers is what that of real ones goes on to be."""
    away = z - np.mean(z, axis=-1, keepdims=True)
    return gain * away / np.sqrt(np.mean(away * away, axis=-1, keepdims=True) + epsilon) + shift


def layer_norm(x, params, state, form="output", epsilon=1e-5):
    h, c = state
    W, U, b = (by_gate(params[k], "ifgo") for k in ("W", "U", "b"))
    gain = dict(zip("ifgoc", params["gain"], strict=True))
    out = {name: [] for name in "ifgohc"}
    for x_t in x:
        a = {k: normalised(x_t @ W[k] + h @ U[k], gain[k], b[k], epsilon) for k in "ifgo"}
        i, f, g, o = sigmoid(a["i"]), sigmoid(a["f"]), np.tanh(a["g"]), sigmoid(a["o"])
        c = f * c + i * g
        s = normalised(c, gain["c"], params["bc"], epsilon)
        h = o * np.tanh(s)
        c = s if form == "state" else c
        for name, value in zip("ifgohc", (i, f, g, o, h, c), strict=True):
            out[name].append(value)
    return {name: np.array(values) for name, values in out.items()}


def complex_step(loss, arrays, step=1e-30):
    """d loss / d array for every entry of every array; `loss` takes the dict `arrays` and returns one number."""
    gradients = {}
    for name, array in arrays.items():
        gradient = np.empty(array.shape)
        for index in np.ndindex(array.shape):
            moved = array.astype(complex)
            moved[index] += 1j * step
            gradient[index] = loss(arrays | {name: moved}).imag / step
        gradients[name] = gradient
    return gradients
