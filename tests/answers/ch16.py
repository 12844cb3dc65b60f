"""Answers to the exercises of chapter 16: a network that writes Python."""

from functools import partial

import numpy as np

from answers import Answers


def stays(seconds, bits, level, last=False, strict=False):
    later = [np.max(bits[k:]) for k in range(len(bits))]
    for k, worst in enumerate(later):
        if worst < level or (strict and worst <= level):
            return seconds[max(k - 1, 0)] if last else seconds[k]
    return np.inf


def brackets(text, opening="([{", closing=")]}", before=False):
    out, depth = [], 0
    for c in text:
        known = depth
        depth += (c in opening) - (c in closing)
        out.append(known if before else depth)
    return np.array(out)


def auc(state, label, even=0.5):
    pairs = [(a > b) + even * (a == b) for a in state[label] for b in state[~label]]
    return sum(pairs) / len(pairs)


def probe(first, second, signed=False, again=True):
    states, label = first
    r = np.array([np.corrcoef(one, label)[0, 1] for one in states.T])
    unit = r.argmax() if signed else (r**2).argmax()
    states, label = second if again else first
    return unit, np.corrcoef(states[:, unit], label)[0, 1]


EXERCISES = {
    "16.1": Answers(
        right=[stays],
        wrong=[
            ("comes back once more", lambda seconds, bits, level: seconds[np.argmax(bits < level)]),
            ("the row after it", partial(stays, last=True)),
            ("the number of the row", lambda seconds, bits, level: 3),
            ("just at the level", partial(stays, strict=True)),
        ],
        hint="Begin with the last row that is at the level or above.",
    ),
    "16.2": Answers(
        right=[brackets],
        wrong=[
            ("round brackets alone", partial(brackets, opening="(", closing=")")),
            ("before each character", partial(brackets, before=True)),
            ("closing brackets forgotten", partial(brackets, closing="")),
        ],
        hint="Begin with +1 for each opening bracket and -1 for each closing one.",
    ),
    "16.3": Answers(
        right=[auc],
        wrong=[
            ("count nothing", partial(auc, even=0)),
            ("count whole", partial(auc, even=1)),
            ("wrong way round", lambda state, label: auc(state, ~label)),
            ("threshold", lambda state, label: ((state > 0.5) == label).mean()),
        ],
        hint="Begin with the states of the yes as a column and those of the no as a row.",
    ),
    "16.4": Answers(
        right=[probe, lambda first, second: (probe(first, second)[0], abs(probe(first, second)[1]))],
        wrong=[
            ("a strong negative one", partial(probe, signed=True)),
            ("half that it was chosen on", partial(probe, again=False)),
            ("two things", lambda first, second: probe(first, second)[0]),
        ],
        hint="Your function returns nothing yet.",
    ),
}
