"""A generator of random numbers inside kernels: its state is an array of one number, and nobody else's."""

import numpy as np

from .kernel import kernel

# A generator by multiplication with carry (Marsaglia): 64 bits of state, 32 random ones, no product beyond 64 bits.
FACTOR, _LOW, _HALF = np.uint64(4294883355), np.uint64(2**32 - 1), np.uint64(32)
_UNIT = 2.0**-32


@kernel
def bits(state):
    """A whole number in 0 .. 2^32 - 1."""
    s = state[0]
    state[0] = FACTOR * (s & _LOW) + (s >> _HALF)
    return np.int64((s & _LOW) ^ (s >> _HALF))


@kernel
def below(state, n):
    """A whole number in 0 .. n - 1, for n far below 2^31."""
    return (bits(state) * n) >> 32


@kernel
def uniform(state):
    """A number in 0 .. 1, without 1."""
    return bits(state) * _UNIT


@kernel
def normal(state):
    """A number of mean 0 and variance 1 (Marsaglia's polar method)."""
    while True:
        u, w = 2 * uniform(state) - 1, 2 * uniform(state) - 1
        r = u * u + w * w
        if 0 < r < 1:
            return u * np.sqrt(-2 * np.log(r) / r)


def generator_state(seeds: np.random.SeedSequence) -> np.ndarray:
    """A state for this generator.

    Parameters
    ----------
    seeds : numpy.random.SeedSequence
        Where it comes from.

    Returns
    -------
    numpy.ndarray
        (1,) uint64, one of the numbers from which the generator does not get stuck.
    """
    [number] = seeds.generate_state(1, np.uint64)
    return np.array([int(number) % (int(FACTOR) * 2**32 - 2) + 1], np.uint64)
