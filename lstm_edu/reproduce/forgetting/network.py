"""Networks of memory blocks with forget gates: which weights there are, how they begin, and how they are run."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from lstm_edu.core import checks

from . import blocks
from .blocks import Form, Limits, Memory, Rule, Source, Weights
from .sources import sequence

_LANES = 16  # a compiled loop takes so many numbers at a time, and the rest one by one


def _whole_vectors(n: int) -> int:
    return -(-n // _LANES) * _LANES


@dataclass(frozen=True)
class Design:
    """A network of the papers of 2000 to 2002: its size, which weights it has, and how they begin.

    Cells, gates and outputs see the inputs (outputs: with `shortcuts`) and the cells' outputs, those of the step before
    or, for outputs, of the same step. Gates are no sources, unlike in 1997.

    Parameters
    ----------
    inputs, outputs : int
        Lines.
    blocks, size : int
        Memory blocks, and cells in each.
    forget : bool
        Whether there are forget gates.
    keep : float
        What stands in their place: 1, the standard LSTM, or a fixed decay of the states.
    peepholes : bool
        Whether gates see the states of their block: input and forget gates the old ones, output gates the new.
    squash_g, squash_h : bool
        Whether g lies in -2 .. 2 and h in -1 .. 1, as in 1997, else g(x) = x and h(s) = s.
    linear_outputs : bool
        Whether outputs are sums, not sigmoids.
    shortcuts : bool
        Whether inputs lead to outputs too.
    cell_bias, output_bias : bool
        Whether cells and outputs have one; gates always have.
    input_gates, forget_gates, output_gates : tuple of float
        Where the biases of the gates begin, one for each block; (): drawn like every other weight.
    init : float
        Weights begin uniform in -init .. init.

    Examples
    --------
    >>> Design(7, 7, 4, 2, shortcuts=True).count()  # the continual Reber grammar
    424
    >>> Design(1, 1, 1, 1, peepholes=True, cell_bias=True).count()  # all tasks of 2002
    17
    """

    inputs: int
    outputs: int
    blocks: int
    size: int
    forget: bool = True
    keep: float = 1.0
    peepholes: bool = False
    squash_g: bool = True
    squash_h: bool = True
    linear_outputs: bool = False
    shortcuts: bool = False
    cell_bias: bool = False
    output_bias: bool = True
    input_gates: tuple[float, ...] = ()
    forget_gates: tuple[float, ...] = ()
    output_gates: tuple[float, ...] = ()
    init: float = 0.1

    def __post_init__(self) -> None:
        for name in ("inputs", "outputs", "blocks", "size"):
            checks.whole(name, getattr(self, name))
        checks.positive("init", self.init)
        checks.number("keep", self.keep, least=0)
        if self.forget and self.keep != 1:
            raise ValueError(f"keep must be 1 where there are forget gates, got {self.keep!r}")
        for name in ("input_gates", "forget_gates", "output_gates"):
            biases = getattr(self, name)
            if len(biases) not in (0, self.blocks):
                raise ValueError(f"{name} must have a bias for each of {self.blocks} blocks or none, got {biases!r}")
        if self.forget_gates and not self.forget:
            raise ValueError(f"forget_gates must be () where forget is False, got {self.forget_gates!r}")

    @property
    def cells(self) -> int:
        """How many cells there are."""
        return self.blocks * self.size

    @property
    def sources(self) -> int:
        """How many sources a unit can have: inputs, cells, the one of the biases."""
        return self.inputs + self.cells + 1

    def form(self) -> Form:
        """What a kernel must know beside the weights.

        Returns
        -------
        Form
            Of numbers and flags.
        """
        flags = (self.peepholes, self.squash_g, self.squash_h, self.linear_outputs)
        return Form(self.blocks, self.size, self.inputs, self.forget, float(self.keep), *flags)

    def weights(self) -> Weights:
        """Room for every weight.

        Returns
        -------
        Weights
            Zeros, views into one buffer.
        """
        M = _whole_vectors(self.sources)
        shapes = [(3 * self.blocks + self.cells, M), (3, self.cells), (self.outputs, M)]
        ends = np.cumsum([rows * columns for rows, columns in shapes])
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
        free, B, bias = self.weights(), self.blocks, self.sources - 1
        free.W[:, :bias], free.W[: 3 * B, bias], free.W[3 * B :, bias] = 1, 1, self.cell_bias
        free.V[:] = self.peepholes
        if not self.forget:
            free.W[B : 2 * B], free.V[1] = 0, 0
        free.Wo[:, : self.inputs], free.Wo[:, self.inputs : bias], free.Wo[:, bias] = (
            self.shortcuts,
            1,
            self.output_bias,
        )
        return free

    def count(self) -> int:
        """How many weights there are.

        Returns
        -------
        int
            As the papers count them.
        """
        return int(self.free().all.sum())

    def draw(self, rng: checks.Rng = None) -> Weights:
        """Weights to begin with.

        A weight that two designs of the same size share is the same for both.

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
        for place, biases in enumerate((self.input_gates, self.forget_gates, self.output_gates)):
            if biases:
                net.W[place * B : place * B + B, self.sources - 1] = biases
        return net

    def memory(self) -> Memory:
        """Arrays for the kernels to work in.

        Returns
        -------
        Memory
            Zeros.
        """
        C, M, O, bias = self.cells, _whole_vectors(self.sources), self.outputs, self.sources - 1
        H_, C_, O_ = _whole_vectors(3 * self.blocks + C), _whole_vectors(C), _whole_vectors(O)
        sizes: list[Any] = [M, M, H_, H_, C, C_, C, C_, 3 * C, C, (3 * C, M), (2, self.size, C)]
        sizes += [O_, O_, O, M, C, self.blocks]
        memory = Memory(*map(np.zeros, sizes))
        memory.early[bias] = memory.late[bias] = 1
        return memory


@dataclass
class Network:
    """A network of memory blocks at work; it keeps its states from call to call until `start`.

    Parameters
    ----------
    design : Design
        What it is.
    rng : int or numpy.random.Generator, optional
        Its first weights come from this.

    Examples
    --------
    >>> network = Network(Design(1, 1, 1, 1, peepholes=True, cell_bias=True), rng=0)
    >>> y, s = network.read(np.ones((5, 1)))
    >>> y.shape, s.shape
    ((5, 1), (5, 1))
    """

    design: Design
    rng: checks.Rng = None
    net: Weights = field(init=False)

    def __post_init__(self) -> None:
        self.net = self.design.draw(self.rng)
        self.form, self.free = self.design.form(), self.design.free()
        self.d, self.velocity, self.memory = self.design.weights(), self.design.weights(), self.design.memory()

    @property
    def kernel_arguments(self) -> tuple[Any, ...]:
        """The first arguments of every kernel that runs streams."""
        return self.net, self.d, self.free, self.velocity, self.memory, self.form

    def start(self) -> None:
        """Forget states and partials, as at the start of a stream; weights and their velocities stay."""
        memory = self.memory
        blocks.forget(memory.y, memory.s, memory.P, memory.Q)

    def read(self, x: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
        """Go on with a stream without learning.

        Parameters
        ----------
        x : array_like
            (T, I) floats.

        Returns
        -------
        y : numpy.ndarray
            (T, O), the outputs.
        s : numpy.ndarray
            (T, C), the cells' states.

        Raises
        ------
        ValueError
            For `x` of another shape or type.
        """
        x = checks.floats("x", x, ("T", self.design.inputs), np.dtype(np.float64))
        T = len(x)
        y, s = np.zeros((T, self.design.outputs)), np.zeros((T, self.design.cells))
        source = sequence(x, np.zeros((T, self.design.outputs)))
        rule, limits = Rule(0.0, 1.0, 0.0, False, np.inf), Limits(T, T + 1)
        rest = (np.zeros(1, np.int64), np.ones(1, np.uint64), rule, limits, False, True, y, s)
        blocks.stream(*self.kernel_arguments, source, *rest)
        return y, s

    def examine(
        self,
        source: Source,
        random: np.ndarray,
        tolerance: float,
        limits: Limits,
        streams: int,
        until_error: bool = False,
    ) -> np.ndarray:
        """How many steps of new streams are right before the first error; nothing is learnt, states are lost.

        Parameters
        ----------
        source : Source
            Where streams come from.
        random : numpy.ndarray
            State of a generator, from `lstm_edu.core.generator.generator_state`.
        tolerance : float
            A prediction is right if each output's absolute error is below.
        limits : Limits
            When a stream ends that has no error.
        streams : int
            How many.
        until_error : bool
            Whether the first stream with an error is the last; those after it have 0 steps.

        Returns
        -------
        numpy.ndarray
            (streams,) int64.
        """
        lengths = np.zeros(checks.whole("streams", streams), np.int64)
        rule = Rule(0.0, 1.0, 0.0, False, float(tolerance))
        blocks.examine(*self.kernel_arguments, self.fitting(source), random, rule, limits, lengths, until_error)
        return lengths

    def fitting(self, source: Source) -> Source:
        """The source, if its streams have this network's inputs and outputs.

        Parameters
        ----------
        source : Source
            From `sources`.

        Returns
        -------
        Source
            The same.

        Raises
        ------
        ValueError
            For another number of lines.
        """
        wanted, got = (self.design.inputs, self.design.outputs), (source.x.shape[1], source.target.shape[1])
        if wanted != got:
            raise ValueError(f"source must have {wanted[0]} inputs and {wanted[1]} outputs, got {got[0]} and {got[1]}")
        return source
