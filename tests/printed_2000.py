"""Memory blocks with forget gates and peepholes copied from the papers, one weight at a time, in NumPy.

`forward` works for complex weights; with `frozen` sources it is the network that the truncated rule descends on: what a
gate or a cell sees of the step before counts as a constant there, and only s' f lets time through.
"""

import numpy as np


def f(x):
    return 1 / (1 + np.exp(-x))


def squash(design):
    g = (lambda x: 4 * f(x) - 2) if design.squash_g else (lambda x: x)
    h = (lambda x: 2 * f(x) - 1) if design.squash_h else (lambda x: x)
    return g, h


def slope(function, at, tiny=1e-30):
    return np.imag(function(at + tiny * 1j)) / tiny


def forward(design, net, x, frozen=None):
    """Everything that a stream brings about, a dict for each step; `frozen` holds the sources of another run."""
    B, S, C = design.blocks, design.size, design.cells
    g, h = squash(design)
    s, y = np.zeros(C, net.W.dtype), np.zeros(C, net.W.dtype)
    steps = []
    for t in range(len(x)):
        seen = {"y": y, "old": s, "new": None} if frozen is None else frozen[t]
        sources = np.concatenate([x[t], seen["y"], [1]])
        sums = net.W[:, : design.sources] @ sources
        peep = (net.V * seen["old"]).reshape(3, B, S).sum(axis=2)
        i, phi = f(sums[:B] + peep[0]), f(sums[B : 2 * B] + peep[1])
        if not design.forget:
            phi = np.full(B, design.keep)
        net_c = sums[3 * B : 3 * B + C]
        before, s = s, np.repeat(phi, S) * s + np.repeat(i, S) * g(net_c)
        new = s if frozen is None else seen["new"]
        net_o = sums[2 * B : 3 * B] + (net.V[2] * new).reshape(B, S).sum(axis=1)
        o = f(net_o)
        y = np.repeat(o, S) * h(s)
        late = np.concatenate([x[t], y, [1]])
        net_k = net.Wo[:, : design.sources] @ late
        out = net_k if design.linear_outputs else f(net_k)
        steps.append({"sources": sources, "late": late, "i": i, "phi": phi, "o": o, "net_c": net_c, "before": before})
        steps[-1] |= {"s": s, "y": y, "out": out, "seen": {"y": seen["y"], "old": seen["old"], "new": new}}
    return steps


def loss(design, net, x, target, counted, frozen=None):
    """Half the squared error of every step that has a target."""
    steps = forward(design, net, x, frozen)
    return sum(((target[t] - steps[t]["out"]) ** 2).sum() for t in np.flatnonzero(counted)) / 2


class Learner:
    """The rule at work: the weights of `net` change at every step."""

    def __init__(self, design, net, free, momentum=0.0):
        self.design, self.net, self.free, self.momentum = design, net, free, momentum
        self.velocity = {name: np.zeros_like(getattr(net, name)) for name in ("W", "V", "Wo")}
        self.start()

    def start(self):
        d = self.design
        C, M = d.cells, d.sources
        self.s, self.y = np.zeros(C), np.zeros(C)
        self.p = {name: np.zeros((C, M)) for name in ("in", "phi", "c")}  # ds_c/dw of each source's weight
        self.q = {name: np.zeros((C, C)) for name in ("in", "phi")}  # ds_c/dv of the peephole of each cell c'

    def step(self, x, target, counted, rate, coast=False):
        """Read x, learn, return the outputs."""
        design, net = self.design, self.net
        B, S, C, I, M = design.blocks, design.size, design.cells, design.inputs, design.sources
        g, h = squash(design)
        y = np.concatenate([x, self.y, [1]])
        s_old, s = self.s, np.zeros(C)
        i, phi, o = np.zeros(B), np.zeros(B), np.zeros(B)
        for j in range(B):
            mine = range(j * S, j * S + S)
            net_in = net.W[j, :M] @ y + sum(net.V[0, c] * s_old[c] for c in mine)
            net_phi = net.W[B + j, :M] @ y + sum(net.V[1, c] * s_old[c] for c in mine)
            i[j] = f(net_in)
            phi[j] = f(net_phi) if design.forget else design.keep
            for c in mine:
                net_c = net.W[3 * B + c, :M] @ y
                s[c] = phi[j] * s_old[c] + i[j] * g(net_c)
                self.p["in"][c] = phi[j] * self.p["in"][c] + g(net_c) * slope(f, net_in) * y
                self.p["c"][c] = phi[j] * self.p["c"][c] + slope(g, net_c) * i[j] * y
                forgets = s_old[c] * slope(f, net_phi) * design.forget
                self.p["phi"][c] = phi[j] * self.p["phi"][c] + forgets * y
                for other in mine:
                    self.q["in"][c, other] *= phi[j]
                    self.q["in"][c, other] += g(net_c) * slope(f, net_in) * s_old[other]
                    self.q["phi"][c, other] = phi[j] * self.q["phi"][c, other] + forgets * s_old[other]
        net_out = np.array(
            [net.W[2 * B + j, :M] @ y + sum(net.V[2, c] * s[c] for c in range(j * S, j * S + S)) for j in range(B)]
        )
        o = f(net_out)
        self.s, self.y = s, np.repeat(o, S) * h(s)
        late = np.concatenate([x, self.y, [1]])
        net_k = net.Wo[:, : design.sources] @ late
        out = net_k if design.linear_outputs else f(net_k)
        d = {name: np.zeros_like(getattr(net, name)) for name in ("W", "V", "Wo")}
        if counted:
            e = target - out
            if not design.linear_outputs:
                e = e * out * (1 - out)
            d["Wo"][:, :M] = np.outer(e, late)
            back = e @ net.Wo[:, I : I + C]
            e_s = np.array([o[c // S] * slope(h, s[c]) * back[c] for c in range(C)])
            for j in range(B):
                mine = range(j * S, j * S + S)
                e_out = slope(f, net_out[j]) * sum(h(s[c]) * back[c] for c in mine)
                d["W"][2 * B + j, :M] = e_out * y
                d["W"][j, :M] = sum(e_s[c] * self.p["in"][c] for c in mine)
                d["W"][B + j, :M] = sum(e_s[c] * self.p["phi"][c] for c in mine)
                for c in mine:
                    d["W"][3 * B + c, :M] = e_s[c] * self.p["c"][c]
                    d["V"][0, c] = sum(e_s[k] * self.q["in"][k, c] for k in mine)
                    d["V"][1, c] = sum(e_s[k] * self.q["phi"][k, c] for k in mine)
                    d["V"][2, c] = e_out * s[c]
        if counted or coast:
            for name, change in d.items():
                self.velocity[name] = self.momentum * self.velocity[name] + rate * change * getattr(self.free, name)
                getattr(net, name)[:] += self.velocity[name]
        return out
