"""Networks of memory blocks: which weights there are, how they begin, and what the learning rule gives for them."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lstm_edu.core import checks

from . import blocks
from .blocks import Form, Memory, Weights

BIASED = {"none": (0, 0), "gates": (1, 0), "hidden": (1, 1)}  # (gates, cells)
_LANES = 8  # a compiled loop takes so many numbers at a time, or half of them, and the rest one by one


def _whole_vectors(n: int) -> int:
    return -(-n // _LANES) * _LANES


@dataclass(frozen=True)
class Design:
    """A network of the paper: its size, which weights it has, and how they begin (tables 10 and 11).

    Parameters
    ----------
    inputs, outputs : int
        Lines.
    blocks, size : int
        Memory blocks, and cells in each.
    biased : {"none", "gates", "hidden"}
        Which hidden units have a bias.
    output_bias : bool
        Whether outputs have one.
    input_gates, output_gates : tuple of float
        Where the biases of the gates begin, one for each block; (): drawn like every other weight.
    init : float
        Weights begin uniform in -init .. init.
    chain : bool
        The net of experiments 2a and 2b: no output gates, no weights between hidden units, inputs lead to outputs too,
        the states are not squashed and g is a sigmoid.
    linear_outputs : bool
        Whether outputs are sums, not sigmoids.
    every_step, judge_all, step_updates : bool
        As in `blocks.Form`.

    Examples
    --------
    >>> Design(2, 1, 2, 2, biased="hidden", output_bias=True).count()  # the adding problem
    93
    """

    inputs: int
    outputs: int
    blocks: int
    size: int
    biased: str = "none"
    output_bias: bool = False
    input_gates: tuple[float, ...] = ()
    output_gates: tuple[float, ...] = ()
    init: float = 0.1
    chain: bool = False
    linear_outputs: bool = False
    every_step: bool = False
    judge_all: bool = False
    step_updates: bool = False

    def __post_init__(self) -> None:
        for name in ("inputs", "outputs", "blocks", "size"):
            checks.whole(name, getattr(self, name))
        checks.one_of("biased", self.biased, BIASED)
        checks.positive("init", self.init)
        for name in ("input_gates", "output_gates"):
            biases = getattr(self, name)
            if len(biases) not in (0, self.blocks):
                raise ValueError(f"{name} must have a bias for each of {self.blocks} blocks or none, got {biases!r}")
            if biases and self.biased == "none":
                raise ValueError(f"{name} must be () where no unit has a bias, got {biases!r}")

    @property
    def hidden(self) -> int:
        """How many gates and cells there are."""
        return self.blocks * (self.size + 2)

    def form(self) -> Form:
        """What a kernel must know beside the weights.

        Returns
        -------
        Form
            Of whole numbers and flags.
        """
        flags = (self.linear_outputs, self.every_step, self.judge_all, self.step_updates)
        return Form(self.blocks, self.size, not self.chain, self.chain, *flags)

    def weights(self) -> Weights:
        """Room for every weight.

        Returns
        -------
        Weights
            Zeros, views into one buffer.
        """
        I, H, O, C = self.inputs, self.hidden, self.outputs, self.blocks * self.size
        shapes = [(I, H), (H, H), (H,), (I if self.chain else 0, O), (C, O), (O,)]
        ends = np.cumsum([int(np.prod(shape)) for shape in shapes])
        whole = np.zeros(ends[-1])
        parts = zip(np.split(whole, ends[:-1]), shapes, strict=True)
        return Weights(whole, *(part.reshape(shape) for part, shape in parts))

    def free(self) -> Weights:
        """Which weights there are.

        Returns
        -------
        Weights
            1 for a weight that exists, 0 for one that stays 0.
        """
        free, B = self.weights(), self.blocks
        free.all[:] = 1
        free.b[: 2 * B], free.b[2 * B :] = BIASED[self.biased]
        free.bo[:] = self.output_bias
        if self.chain:
            free.U[:] = 0
            free.W[:, B : 2 * B] = 0
            free.b[B : 2 * B] = 0
        return free

    def count(self) -> int:
        """How many weights there are.

        Returns
        -------
        int
            As the last column of table 10 counts them.
        """
        return int(self.free().all.sum())

    def draw(self, rng: checks.Rng = None) -> Weights:
        """Weights to begin with.

        Parameters
        ----------
        rng : int or numpy.random.Generator, optional
            As everywhere.

        Returns
        -------
        Weights
            Uniform in -init .. init, but for the biases of gates that the design says.
        """
        net, B = self.weights(), self.blocks
        net.all[:] = checks.generator(rng).uniform(-self.init, self.init, len(net.all)) * self.free().all
        for biases, place in ((self.input_gates, 0), (self.output_gates, B)):
            if biases:
                net.b[place : place + B] = biases
        return net

    def memory(self) -> Memory:
        """Arrays for the kernels to work in.

        Returns
        -------
        Memory
            Zeros.
        """
        I, H, O, C = self.inputs, self.hidden, self.outputs, self.blocks * self.size
        P = _whole_vectors(2 * C)
        sizes: list[Any] = [_whole_vectors(H), (2, H), C, _whole_vectors(C), P, (I, P), (H, P), P, O, O, C]
        return Memory(*map(np.zeros, sizes))


@dataclass(frozen=True)
class Closed(Design):
    """A design whose input gates begin closed though they have no bias.

    In experiments 2a and 2b a bias does worse: it sums the errors of 100 steps, a weight from a line those of a few.

    Parameters
    ----------
    gate : float
        Is added to where each weight from an input line to an input gate begins.
    """

    gate: float = -4.0

    def __post_init__(self) -> None:
        super().__post_init__()
        checks.number("gate", self.gate)

    def draw(self, rng: checks.Rng = None) -> Weights:
        """As in Design, with the same draws."""
        net = super().draw(rng)
        net.W[:, : self.blocks] += self.gate
        return net


@dataclass
class Network:
    """A network of memory blocks at work.

    Parameters
    ----------
    design : Design
        What it is.
    rng : int or numpy.random.Generator, optional
        Its first weights come from this.
    """

    design: Design
    rng: checks.Rng = None
    net: Weights = field(init=False)

    def __post_init__(self) -> None:
        self.net = self.design.draw(self.rng)
        self.form, self.free = self.design.form(), self.design.free()
        self.d, self.memory = self.design.weights(), self.design.memory()

    @property
    def kernel_arguments(self) -> tuple[Any, ...]:
        """The first arguments of every kernel that runs sequences."""
        return self.net, self.d, self.free, self.memory, self.form

    def answers(self, sequences: Any) -> np.ndarray:
        """The outputs at every step that has some.

        Parameters
        ----------
        sequences : Sequences
            What to read.

        Returns
        -------
        numpy.ndarray
            (N, L, O); zeros where there are none.
        """
        lines, x, lengths, targets = sequences
        y = np.zeros((len(lengths), lines.shape[1] - 1, self.design.outputs))
        blocks.answers(*self.kernel_arguments, lines, x, lengths, targets, y)
        return y
