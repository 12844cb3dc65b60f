"""Chapter 18: what the switches do."""

from collections.abc import Callable

import numpy as np

from lstm_edu.core.arrays import sigmoid
from lstm_edu.course.checker import Wrong, call, exercise, same_array


@exercise("18.1", hint="Begin with U: how many numbers come back to the gates at each step?")
def projected(answer: Callable) -> str:
    """The number of parameters of an LSTM with a projection."""
    for D, H, P in ((3, 7, 2), (16, 512, 64), (5, 6, 4)):
        gates = 4 * H * (D + P + 1)
        suspects = {
            "the H cells going back to the gates; what goes back is the projection, P numbers": 4 * H * (D + H + 1)
            + H * P,
            "the projection itself left out: R has H rows and P columns": gates,
            "a bias in the projection; it has none": gates + H * P + P,
            "the biases of the gates left out": gates - 4 * H + H * P,
        }
        wanted = gates + H * P
        same_array(f"the number for D = {D}, H = {H}, P = {P}", call(answer, D, H, P), wanted, suspects=suspects)
    return "With P = H / 8 an eighth of U is left, and the cells are as many as before."


def _coupled(
    x: np.ndarray,
    W: np.ndarray,
    U: np.ndarray,
    b: np.ndarray,
    swapped: bool = False,
    free: bool = False,
    shown: bool = True,
) -> np.ndarray:
    h = c = np.zeros(len(U))
    out = []
    for x_t in x:
        f, g, o = np.split(x_t @ W + h @ U + b, 3)
        f, g, o = sigmoid(f), np.tanh(g), sigmoid(o)
        keep, enter = (1 - f, f) if swapped else (f, 1.0 if free else 1 - f)
        c = keep * c + enter * g
        h = o * (np.tanh(c) if shown else c)
        out.append(h)
    return np.array(out)


@exercise("18.2", hint="Begin with the three blocks f, g, o. What enters is what f lets go.")
def coupled(answer: Callable) -> str:
    """A whole LSTM whose input gate is 1 - f, for one sequence."""
    rng = np.random.default_rng(182)
    x, W, U, b = (rng.normal(size=shape) for shape in ((6, 3), (3, 12), (4, 12), (12,)))
    suspects = {
        "f where 1 - f belongs: an open forget gate keeps": _coupled(x, W, U, b, swapped=True),
        "g entering whole; the share that enters is 1 - f": _coupled(x, W, U, b, free=True),
        "c shown without its tanh": _coupled(x, W, U, b, shown=False),
    }
    same_array("the output", call(answer, x, W, U, b), _coupled(x, W, U, b), shape="(T, H)", suspects=suspects)
    return "Three blocks in place of four: a quarter of the weights less, and c is a mean of what came in."


def _turned(x: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    out = x.copy()
    for b, n in enumerate(lengths):
        out[:n, b] = x[:n, b][::-1]
    return out


@exercise("18.3", hint="Begin with the shortest sequence: which step does the backward reader see first?")
def both_ways(answer: Callable) -> str:
    """Reading a padded batch in both directions."""
    rng = np.random.default_rng(183)
    x, lengths = rng.normal(size=(6, 3, 2)), np.array([6, 4, 2])
    real = np.arange(6)[:, None] < lengths
    x[~real] = 0

    def forwards(x: np.ndarray) -> np.ndarray:
        return np.cumsum(x, axis=0) + 1

    def backwards(x: np.ndarray) -> np.ndarray:
        return np.cumsum(0.5 * x + 0.1, axis=0)  # padding leaves its mark

    def side_by_side(back: np.ndarray) -> np.ndarray:
        return np.concatenate([forwards(x), back], axis=2)[real]

    got = np.asarray(call(answer, x, lengths, forwards, backwards))
    if got.shape != (6, 3, 4):
        raise Wrong(f"Return both outputs side by side, (T, B, 2 H) = (6, 3, 4), not {got.shape}.")
    turned = _turned(x, lengths)
    suspects = {
        "the padding read first: turn each sequence round within its own length": side_by_side(
            backwards(x[::-1])[::-1]
        ),
        "the backward reader's steps in the order in which it read them: turn them back": side_by_side(
            backwards(turned)
        ),
        "both mistakes still there": side_by_side(backwards(x[::-1])),
        "the padding in front once the output is turned back: turn it within the lengths, too": side_by_side(
            backwards(turned)[::-1]
        ),
    }
    same_array("the real steps of the output", got[real], side_by_side(_turned(backwards(turned), lengths)),
               suspects=suspects)  # fmt: skip
    return "TensorFlow calls it reverse_sequence. A batch without padding would never have shown the first mistake."


@exercise("18.4", hint="Begin with rate = 0: then nothing stays, whatever is drawn.")
def zoneout(answer: Callable) -> str:
    """Zoneout of a state, in training and without."""
    shape, rate = (40, 50), 0.2
    old, new = np.zeros(shape), np.ones(shape)
    trained = np.asarray(call(answer, new, old, rate, True, np.random.default_rng(184)), float)
    if trained.shape != shape:
        raise Wrong(f"Return a state of the same shape, {shape}, not {trained.shape}.")
    if not np.isin(trained, (0, 1)).all():
        raise Wrong("In training each unit is either the old one or the new one, whole, and nothing is rescaled.")
    share = float((trained == 0).mean())
    if abs(share - (1 - rate)) < 0.05:
        raise Wrong(f"In training {share:.0%} of the units stay as they were; a rate of {rate} means {rate:.0%}.")
    if abs(share - rate) > 0.05:
        raise Wrong(f"In training {share:.0%} of the units stay as they were, and not {rate:.0%}.")
    rng = np.random.default_rng(185)
    old, new = rng.normal(size=(2, 3, 4))
    suspects = {
        "the new state alone; without training each unit is the mean of what it would have been": new,
        "the two shares exchanged: the old state stays with `rate`": (1 - rate) * old + rate * new,
        "the old state alone": old,
    }
    got = call(answer, new, old, rate, False, rng)
    same_array("the state without training", got, rate * old + (1 - rate) * new, shape="(B, H)", suspects=suspects)
    return "Dropout divides by 1 - p in training to keep the mean. Zoneout can't: it takes the mean afterwards."
