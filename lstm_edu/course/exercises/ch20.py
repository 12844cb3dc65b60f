"""Chapter 20: the experiments that made the LSTM."""

from collections.abc import Callable

import numpy as np

from lstm_edu.course.checker import Wrong, call, exercise, same_array

_NETS = ((2, 1, 2, 2), (8, 4, 2, 2), (8, 8, 3, 2), (3, 2, 4, 5))  # the last tells blocks from cells


def _count(inputs: int, outputs: int, blocks: int, size: int, gates: int = 2, biases: bool = True) -> int:
    hidden = blocks * (size + gates)
    return hidden * (inputs + hidden + biases) + outputs * (blocks * size + biases)


@exercise("20.1", hint="Begin with the number of hidden units: each block has its cells, and two gates.")
def weights(answer: Callable) -> str:
    """The number of weights of a network of blocks."""
    for net in _NETS:
        inputs, outputs, blocks, size = net
        hidden, cells = blocks * (size + 2), blocks * size
        words = f"{blocks} blocks of {size} with {inputs} inputs and {outputs} outputs"
        got, wanted = call(answer, *net), _count(*net)
        mistakes = {
            "no biases": _count(*net, biases=False),
            "gates of each cell's own; the cells of a block share two": cells * 3 * (inputs + cells * 3 + 1)
            + outputs * (cells + 1),
            "hidden units that see cells alone; they see the gates of the step before as well": hidden
            * (inputs + cells + 1)
            + outputs * (cells + 1),
            "outputs that see the gates; they see cells alone": hidden * (inputs + hidden + 1) + outputs * (hidden + 1),
        }
        for mistake, number in mistakes.items():
            if got == number != wanted:
                raise Wrong(f"For {words} you count {got}: {mistake}.")
        if got != wanted:
            raise Wrong(f"For {words} you count {got}, and there are {wanted}.")
    return "93, 156 and 308: what table 10 prints for experiments 4 and 5, 6a and 6b."


@exercise("20.2", hint="Begin with (25): what is there already, plus what this step adds for every source.")
def partials(answer: Callable) -> str:
    """One step of the partials of a state, forward in time."""
    rng = np.random.default_rng(202)
    P_i, P_c, y = rng.normal(size=(3, 5))
    i, g, slope = 0.3, -1.2, 0.64
    got = call(answer, P_i.copy(), P_c.copy(), y, i, g, slope)
    if not isinstance(got, tuple | list) or len(got) != 2:
        raise Wrong("Return two arrays: the partials of the weights to the input gate, and of those to the cell.")
    gate, cell = g * i * (1 - i) * y, i * slope * y
    suspects = {
        "only what this step adds": gate,
        "the old partials times the input gate; the carousel's factor is 1": i * P_i + gate,
        "no slope of the sigmoid, i (1 - i)": P_i + g * y,
        "i where g belongs; each factor of a product gets the other one": P_i + i * i * (1 - i) * y,
    }
    same_array("P_i", got[0], P_i + gate, shape="(M,)", suspects=suspects)
    suspects = {
        "only what this step adds": cell,
        "the old partials times the input gate; the carousel's factor is 1": i * P_c + cell,
        "no input gate": P_c + slope * y,
        "g where its slope belongs": P_c + i * g * y,
    }
    same_array("P_c", got[1], P_c + cell, shape="(M,)", suspects=suspects)
    return "Nothing of the steps before is needed but these two rows: the rule never looks back."


def _met(errors: np.ndarray, rule: tuple[int, float, float], way: str = "") -> int | None:
    last, limit, mean = rule
    for n in range(1 if way == "early" else last, len(errors) + 1):
        some = errors[:n] if way == "all" else errors[max(0, n - last) : n]
        right = some.max() < limit or way == "mean alone"
        if right and (some.mean() < mean or way == "largest alone"):
            return n - 1 if way == "from zero" else n
    return None


@exercise("20.3", hint="Begin with n = last, and look at errors[n - last : n].")
def stopping(answer: Callable) -> str:
    """After how many sequences a stopping rule is met."""
    drawn = np.random.default_rng(203).uniform(0.02, 0.6, 200)
    cases: tuple[tuple[np.ndarray, tuple[int, float, float]], ...] = (
        (np.repeat([0.2, 0.05], (15, 60)), (10, 0.3, 0.1)),
        (np.r_[[0.01] * 5, drawn, [0.29] * 25, [0.05] * 12, 0.35, [0.05] * 30], (20, 0.3, 0.1)),
    )
    words = {
        "early": "a look before there were enough sequences",
        "all": "all sequences from the first on; only the last ones count",
        "mean alone": "the mean alone; none of them may be wrong either",
        "largest alone": "the largest alone; the mean must be below its limit, too",
        "from zero": "the number of the sequence counted from zero; asked is how many there were",
    }
    for several, rule in cases:
        got, wanted = call(answer, several.copy(), *rule), _met(several, rule)
        for way, mistake in words.items():
            other = _met(several, rule, way)
            if got == other != wanted:
                raise Wrong(f"You say {got}: {mistake}.")
        if got != wanted:
            raise Wrong(f"After {wanted} sequences the rule is met, and you say {got}.")
    return "The last sequences are counted as well: no network can meet this rule in fewer than `last`."


def _change(
    x: np.ndarray, w: tuple[float, ...], target: float, keeps: bool = True, shown: bool = True
) -> tuple[float, float]:
    w_i, w_c, w_o, w_k = w
    s = p_i = p_c = o = 0.0
    for x_t in x:
        i, o, f_c = (1 / (1 + np.exp(-weight * x_t)) for weight in (w_i, w_o, w_c))
        g = 4 * f_c - 2
        s += i * g
        p_i = keeps * p_i + g * i * (1 - i) * x_t
        p_c = keeps * p_c + i * 4 * f_c * (1 - f_c) * x_t
    h = 2 / (1 + np.exp(-s)) - 1
    e = target - w_k * o * h
    e_s = (o if shown else 1) * (1 - h * h) / 2 * w_k * e
    return e_s * p_i, e_s * p_c


@exercise("20.4")
def change(answer: Callable) -> str:
    """The change of two weights of a single cell, by the rule of 1997."""
    x, w, target = np.random.default_rng(204).normal(size=7), (0.7, -0.9, 0.4, 1.3), 0.8
    got = call(answer, x, *w, target)
    if not isinstance(got, tuple | list) or len(got) != 2:
        raise Wrong("Return two numbers: the change of w_i and that of w_c.")
    suspects = {
        "both mistakes still there": np.array(_change(x, w, target, keeps=False, shown=False)),
        "partials of the last step alone": np.array(_change(x, w, target, keeps=False)),
        "an error of the state that has not passed the output gate": np.array(_change(x, w, target, shown=False)),
    }
    same_array("the changes", np.array(got), np.array(_change(x, w, target)), shape="(2,)", suspects=suspects)
    return "Here it is the full gradient: a network without weights between hidden units has nothing to cut."
