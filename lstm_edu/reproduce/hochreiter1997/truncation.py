"""What the truncation leaves out: the full gradient by going back through all steps, and the angle between the two."""

from typing import NamedTuple

import numpy as np

from lstm_edu.core import checks

from . import blocks
from .network import Network
from .problems import Sequences


class Truncation(NamedTuple):
    """The truncated direction of descent, of one sequence, beside the full one."""

    cosine: float  # of the angle between them
    ratio: float  # of their lengths, truncated over full


def truncated_gradient(network: Network, sequences: Sequences, which: int = 0) -> np.ndarray:
    """What the rule of the paper adds to the weights for one sequence, at a rate of 1.

    Parameters
    ----------
    network : Network
        Stays as it is.
    sequences : Sequences
        From a problem.
    which : int
        The number of the sequence.

    Returns
    -------
    numpy.ndarray
        One number for each weight, in the order of `Weights.all`.
    """
    q = _number(sequences, which)
    net, d, free, memory, form = network.kernel_arguments
    d.all[:] = 0
    form, nothing = form._replace(step_updates=False), np.zeros((0, network.design.outputs))
    lines, x, lengths, targets = sequences
    blocks.sequence(net, d, free, memory, form, lines[q], x[q], lengths[q], targets[q], 0.0, True, nothing)
    found = d.all * free.all
    d.all[:] = 0
    return found


def full_gradient(network: Network, sequences: Sequences, which: int = 0) -> np.ndarray:
    """Minus the gradient of half the squared error of one sequence, through all steps and gates.

    Parameters
    ----------
    network : Network
        Stays as it is.
    sequences : Sequences
        From a problem.
    which : int
        The number of the sequence.

    Returns
    -------
    numpy.ndarray
        One number for each weight, in the order of `Weights.all`.
    """
    q, design, net = _number(sequences, which), network.design, network.net
    B, S, form = design.blocks, design.size, network.form
    lines, x, T = sequences.lines[q], sequences.x[q], int(sequences.lengths[q])
    steps = _forward(network, lines, x, T)
    d = design.weights()
    dy, ds = np.zeros(design.hidden), np.zeros(B * S)  # what comes back from the step after
    for t in range(T - 1, -1, -1):
        inputs, before, a, g, h, y, out = steps[t]
        i, o = np.repeat(a[:B], S), np.ones(B * S) if design.chain else np.repeat(a[B : 2 * B], S)
        if design.every_step or t == T - 1:
            wanted = np.eye(design.outputs)[lines[t + 1, 0]] if design.every_step else sequences.targets[q]
            e = (wanted - out) * (1 if form.linear_outputs else out * (1 - out))
            d.bo[:] += e
            d.Uo[:] += np.outer(y[2 * B :], e)
            if design.chain:
                d.Wo[:] += np.outer(inputs, e)
            dy[2 * B :] += net.Uo @ e
        dh = dy[2 * B :]
        ds = ds + dh * o * (1 if form.linear else (1 - h * h) / 2)
        da = dy[: 2 * B].copy()
        da[:B] += (ds * g).reshape(B, S).sum(axis=1)
        da[B:] += 0 if design.chain else (dh * h).reshape(B, S).sum(axis=1)
        f_c, range_g = a[2 * B :], 1 if form.linear else 4
        delta = np.concatenate([da * a[: 2 * B] * (1 - a[: 2 * B]), ds * i * range_g * f_c * (1 - f_c)])
        d.W[:] += np.outer(inputs, delta)
        d.U[:] += np.outer(before, delta)
        d.b[:] += delta
        dy = net.U @ delta
    return d.all * network.free.all


def truncation(network: Network, sequences: Sequences, which: int = 0) -> Truncation:
    """How far the rule of the paper is from the full gradient.

    Parameters
    ----------
    network : Network
        Stays as it is.
    sequences : Sequences
        From a problem.
    which : int
        The number of the sequence.

    Returns
    -------
    Truncation
        Cosine and ratio.

    Examples
    --------
    >>> from lstm_edu.reproduce.hochreiter1997 import Design, Network
    >>> from lstm_edu.reproduce.hochreiter1997.problems import Reber
    >>> network = Network(Design(7, 7, 3, 2, biased="gates", init=0.2, every_step=True), rng=0)
    >>> 0.9 < truncation(network, Reber(20).sets(0)[0]).cosine < 1
    True
    """
    short, full = truncated_gradient(network, sequences, which), full_gradient(network, sequences, which)
    lengths = float(np.linalg.norm(short)), float(np.linalg.norm(full))
    return Truncation(float(short @ full) / (lengths[0] * lengths[1]), lengths[0] / lengths[1])


def _forward(network: Network, lines: np.ndarray, x: np.ndarray, T: int) -> list[tuple[np.ndarray, ...]]:
    design, net, form = network.design, network.net, network.form
    B, S = design.blocks, design.size
    s, y = np.zeros(B * S), np.zeros(design.hidden)
    steps: list[tuple[np.ndarray, ...]] = []
    for t in range(T):
        inputs, before = np.zeros(design.inputs), y
        inputs[lines[t]] = x[t]
        a = _sigmoid(inputs @ net.W + before @ net.U + net.b)
        g = a[2 * B :] if form.linear else 4 * a[2 * B :] - 2
        s = s + np.repeat(a[:B], S) * g
        h = s if form.linear else 2 * _sigmoid(s) - 1
        o = np.ones(B * S) if design.chain else np.repeat(a[B : 2 * B], S)
        y = np.concatenate([a[: 2 * B], o * h])
        net_k = y[2 * B :] @ net.Uo + net.bo + (inputs @ net.Wo if design.chain else 0)
        steps.append((inputs, before, a, g, h, y, net_k if form.linear_outputs else _sigmoid(net_k)))
    return steps


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def _number(sequences: Sequences, which: int) -> int:
    q = checks.whole("which", which, least=0)
    if q >= len(sequences.lengths):
        raise ValueError(f"which must be below {len(sequences.lengths)}, the number of sequences, got {which!r}")
    return q
