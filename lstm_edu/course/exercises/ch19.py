"""Chapter 19: after the LSTM."""

from collections.abc import Callable
from typing import Any

import numpy as np

from lstm_edu.course.checker import Wrong, call, exercise, same_array


def _looked(
    q: np.ndarray, k: np.ndarray, v: np.ndarray, own: int = 1, scale: Any = None, late: bool = False, over: int = 1
) -> np.ndarray:
    """Attention of one sequence; the other arguments are usual mistakes."""
    may = np.tri(len(q), k=own - 1, dtype=bool)
    scores = q @ k.T / (np.sqrt(q.shape[1]) if scale is None else scale)
    fits = np.exp(scores) if late else np.where(may, np.exp(scores), 0)
    weights = fits / np.maximum(fits.sum(axis=over, keepdims=True), 1e-300)
    return (weights * may if late else weights) @ v


@exercise("19.1", hint="Begin with the scores q @ k.T, (T, T). Which of them may step t look at?")
def look_back(answer: Callable) -> str:
    """Attention of one sequence, each step at itself and what came before."""
    rng = np.random.default_rng(191)
    q, k, v = rng.normal(size=(6, 3)), rng.normal(size=(6, 3)), rng.normal(size=(6, 4))
    got = call(answer, q, k, v)
    everything = np.exp(q @ k.T / np.sqrt(3))
    suspects = {
        "a look at all steps; those after t do not exist yet at step t": everything
        / everything.sum(axis=1, keepdims=True)
        @ v,
        "a look that leaves out the step itself": _looked(q, k, v, own=0),
        "scores that are not divided by the root of H": _looked(q, k, v, scale=1.0),
        "scores divided by H instead of its root": _looked(q, k, v, scale=3.0),
        "weights that add up to 1 over the steps that look; they must over those that are looked at": _looked(
            q, k, v, over=0
        ),
        "zeros put in after the softmax: what is left no longer adds up to 1": _looked(q, k, v, late=True),
    }
    same_array("y", got, _looked(q, k, v), shape="(T, values)", suspects=suspects)
    return "The first step has nothing but itself: its weight is 1, whatever it asks."


@exercise("19.2", hint="Begin with h2 = a2 h1 + b2, and put in h1 = a1 h0 + b1.")
def as_one(answer: Callable) -> str:
    """Two steps of a linear recurrence as one."""
    a1, b1, a2, b2 = np.random.default_rng(192).normal(size=(4, 5))
    got = call(answer, a1, b1, a2, b2)
    if not isinstance(got, tuple | list) or len(got) != 2:
        raise Wrong("Return two arrays: the a and the b of both steps together.")
    same_array("a", got[0], a1 * a2, shape="(H,)", suspects={"the sum of both a": a1 + a2})
    suspects = {
        "the two steps in the wrong order: step 1 comes first": a1 * b2 + b1,
        "b1 as it is; the second step makes it smaller, too": b1 + b2,
        "b1 multiplied by both a; a1 has acted before b1 came": a1 * a2 * b1 + b2,
    }
    same_array("b", got[1], a2 * b1 + b2, shape="(H,)", suspects=suspects)
    return "It is a step of the same kind, so that pairs, fours, eights can be put together without knowing h0."


@exercise("19.3", hint="Begin with a bit 0: h stays what it is. What must a bit 1 make of h = 0, and what of h = 1?")
def negative(answer: Callable) -> str:
    """A linear recurrence that follows the parity."""
    x = np.random.default_rng(193).integers(0, 2, 40).astype(float)
    got = call(answer, x)
    if not isinstance(got, tuple | list) or len(got) != 2:
        raise Wrong("Return two arrays: a and b, one number of each for every bit.")
    a, b = (np.broadcast_to(np.asarray(one, dtype=float), x.shape) if np.ndim(one) < 2 else None for one in got)
    if a is None or b is None:
        raise Wrong("a and b are (T,): one number for every bit.")
    for value in (0, 1):
        for name, numbers in (("a", a), ("b", b)):
            if np.ptp(numbers[x == value]) > 1e-12:
                raise Wrong(f"{name} is not the same for every bit {value}: it may depend on this bit alone.")
    h, wanted = 0.0, np.cumsum(x) % 2
    for t in range(len(x)):
        h = a[t] * h + b[t]
        if abs(h - wanted[t]) > 1e-6:
            if a[x == 1][0] >= 0:
                raise Wrong(
                    f"The state after bit {t} is {h:g}, and the parity is {wanted[t]:g}. Your a for a bit 1 is "
                    f"{a[x == 1][0]:g}: with an a that is not below 0 two states keep their order, and never change "
                    "places."
                )
            raise Wrong(f"The state after bit {t} is {h:g}, and the parity is {wanted[t]:g}.")
    return "a = -1 for a bit 1. A minGRU's a = 1 - z lies between 0 and 1: it is this that it cannot have."


def _rounds(a: np.ndarray, b: np.ndarray, early: bool = False, slow: bool = False) -> np.ndarray:
    a, b, reach = a.copy(), b.copy(), 1
    while reach < len(a):
        old = a.copy()
        a[reach:] = a[reach:] * old[:-reach]
        b[reach:] = (a if early else old)[reach:] * b[:-reach] + b[reach:]
        reach = reach + 1 if slow else 2 * reach
    return b


@exercise("19.4")
def rounds(answer: Callable) -> str:
    """A linear recurrence from zero in rounds, each of which reaches twice as far."""
    rng = np.random.default_rng(194)
    a, b = rng.uniform(0.5, 0.9, (11, 3)), rng.normal(size=(11, 3))
    got = call(answer, a.copy(), b.copy())
    suspects = {
        "both mistakes still there": _rounds(a, b, early=True, slow=True),
        "a already multiplied when b needs the a of its own step": _rounds(a, b, early=True),
        "a reach of 1, 2, 3 ..; after a round each step knows twice as many steps as before": _rounds(a, b, slow=True),
    }
    same_array("h", got, _rounds(a, b), shape="(T, H)", suspects=suspects)
    return "Eleven steps in four rounds; a thousand steps take ten."
