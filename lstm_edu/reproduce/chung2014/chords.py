"""Music that nobody wrote: random progressions of chords for four voices, to try what learns real pieces."""

import numpy as np

from lstm_edu.core import checks

MAJOR = (0, 2, 4, 5, 7, 9, 11)
FOLLOWS = {
    0: (1, 3, 4, 5),
    1: (4, 6),
    2: (3, 5),
    3: (0, 1, 4),
    4: (0, 0, 5),
    5: (1, 3),
    6: (0,),
}  # degrees of the scale
STEPS = 4  # of a chord


def progressions(train: int = 120, valid: int = 40, test: int = 40, *, seed: int = 0) -> dict[str, list]:
    """Pieces for `PianoRolls`, drawn at random.

    Each piece has a major key and 6 to 12 chords of four steps, which begin and end on the first degree. The bass
    holds the root, two voices move to the nearest notes of the chord, and the highest walks: on a note of the chord on
    even steps, a step of the scale further on odd ones. So the key, and where in a chord a step is, must be remembered.

    Parameters
    ----------
    train, valid, test : int
        Pieces of each part.
    seed : int, default 0
        What is drawn.

    Returns
    -------
    dict
        As `PianoRolls` takes it.

    Examples
    --------
    >>> progressions(1, 1, 1)["train"][0][:3]
    [[36, 60, 64, 72], [36, 60, 64, 74], [36, 60, 64, 72]]
    """
    rng = np.random.default_rng(checks.whole("seed", seed, least=0))
    counts = {"train": train, "valid": valid, "test": test}
    return {name: [_piece(rng) for _ in range(checks.whole(name, count))] for name, count in counts.items()}


def _piece(rng: np.random.Generator) -> list[list[int]]:
    key, chords, degree = int(rng.integers(12)), int(rng.integers(6, 13)), 0
    scale = {(key + note) % 12 for note in MAJOR}
    inner, high, steps = [57, 62], 70, []
    for chord in range(chords):
        if chord == chords - 1:
            degree = 0
        elif chord:
            degree = int(rng.choice(FOLLOWS[degree]))
        notes = {(key + MAJOR[(degree + third) % 7]) % 12 for third in (0, 2, 4)}
        root = 36 + (key + MAJOR[degree]) % 12
        inner = [_nearest(voice, notes, 50, 67) for voice in inner]
        for step in range(STEPS):
            way = int(rng.choice((-1, 1)))
            high = _nearest(high, notes, 64, 84) if step % 2 == 0 else _nearest(high + 2 * way, scale, 64, 84)
            steps.append(sorted({root, *inner, high}))
    return steps


def _nearest(note: int, classes: set[int], lowest: int, highest: int) -> int:
    """The note of these pitch classes that is nearest, the lower of two."""
    return min((n for n in range(lowest, highest + 1) if n % 12 in classes), key=lambda n: (abs(n - note), n))
