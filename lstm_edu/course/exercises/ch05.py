"""Exercises of chapter 05: peepholes."""

from collections.abc import Callable
from typing import Any

import numpy as np

from lstm_edu.course.checker import Wrong, call, exercise, same_array
from lstm_edu.course.exercises.activations import sigmoid
from lstm_edu.course.exercises.blank_page import judge, pair


@exercise("05.1", hint="Where is p c + b zero? And how much must it grow from there to make the sigmoid 0.99?")
def alarm(answer: Callable) -> str:
    """The peephole p and the bias b of a gate that is 0.5 at c = at, and 0.99 at c = at + within."""
    for at, within in ((1.0, 0.1), (7.0, 0.5), (-2.0, 0.25)):
        p = np.log(99) / within
        p_got, b_got = _arrays(call(answer, at, within), 2, "p and b")
        same_array(
            f"p for at={at:g}, within={within:g}",
            p_got,
            p,
            rtol=1e-3,  # ln 99 = 4.595 as the exercise prints it is right
            suspects={
                "b, so the two are in the wrong order": -p * at,
                "0.99 itself instead of the number whose sigmoid is 0.99, ln 99": 0.99 / within,
                "ln 0.99 instead of ln 99 = ln(0.99 / 0.01)": np.log(0.99) / within,
                "a step from c = 0 instead of from c = at": np.log(99) / (at + within),
            },
        )
        suspects = {"the sign of b turned: p c + b is 0 at c = -b / p": p * at, "p left out: b is -p at": -at}
        same_array(f"b for at={at:g}, within={within:g}", b_got, -p * at, suspects=suspects, rtol=1e-3)
    return "The finer the cell counts, the larger p must be: this is what training has to find."


@exercise("05.2", hint="i and f look at the old c. Then make the new c. Only then can o look.")
def peephole_step(answer: Callable) -> str:
    """One step of the peephole LSTM from the pre-activations without the peepholes: h and c."""
    rng = np.random.default_rng(52)
    a, c_old, p = rng.standard_normal((3, 20)), rng.standard_normal((3, 5)), rng.standard_normal((3, 5))

    def step(
        p: np.ndarray = p, order: str = "ifgo", late_i: bool = False, o_sees: str = "new", g_peeps: bool = False
    ) -> Any:
        block = dict(zip(order, np.split(a, 4, axis=-1), strict=True))
        g = np.tanh(block["g"] + (p[0] * c_old if g_peeps else 0))
        i, f = (sigmoid(block[k] + row * c_old) for k, row in (("i", p[0]), ("f", p[1])))
        c = f * c_old + i * g
        if late_i:
            i, f = (sigmoid(block[k] + row * c) for k, row in (("i", p[0]), ("f", p[1])))
            c = f * c_old + i * g
        seen = {"new": c, "old": c_old, "tanh": np.tanh(c), "none": 0}[o_sees]
        return sigmoid(block["o"] + p[2] * seen) * np.tanh(c), c

    h, c = step()
    h_got, c_got = _arrays(call(answer, a, c_old, p), 2, "h and c")
    same_array(
        "c",
        c_got,
        c,
        shape="(B, H)",
        suspects={
            "h and c in the wrong order": h,
            "no peepholes on i and f": step(np.zeros_like(p))[1],
            "the peepholes of i and f exchanged": step(p[[1, 0, 2]])[1],
            "i and f looking at the new c, which doesn't exist yet": step(late_i=True)[1],
            "a peephole on the candidate g, which has none": step(g_peeps=True)[1],
            "the blocks in the order i f o g": step(order="ifog")[1],
        },
    )
    same_array(
        "h",
        h_got,
        h,
        shape="(B, H)",
        suspects={
            "o looking at the old c; it sees the new one": step(o_sees="old")[0],
            "o looking at tanh(c) instead of c": step(o_sees="tanh")[0],
            "no peephole on o": step(o_sees="none")[0],
        },
    )
    return "The order within a step matters: i and f, then c, then o, then h."


@exercise("05.3", hint="Forward first: i and f, then c, then o, then h. Backward meets them in the opposite order.")
def whole_cell(answer: Callable) -> str:
    """Forward, backward and all gradients of the peephole LSTM over T steps."""
    return judge(*pair(answer), cell="peephole")


@exercise("05.4", hint="c has one row more than there are steps. Which row does each gate look at in step t?")
def peephole_gradient(answer: Callable) -> str:
    """The gradient of the peepholes from the gradients of the pre-activations and all states."""
    rng = np.random.default_rng(54)
    da = rng.standard_normal((4, 3, 20))
    c = rng.standard_normal((5, 3, 5))
    i, f, o = da[..., :5], da[..., 5:10], da[..., 15:]

    def rows(
        of_i: np.ndarray = c[:-1],
        of_f: np.ndarray = c[:-1],
        of_o: np.ndarray = c[1:],
        i: np.ndarray = i,
        f: np.ndarray = f,
        o: np.ndarray = o,
    ) -> Any:
        return np.stack([(d * seen).sum(axis=(0, 1)) for d, seen in ((i, of_i), (f, of_f), (o, of_o))])

    right = rows()
    got = call(answer, da, c)
    suspects = {
        "all three gates looking at the new c": rows(c[1:], c[1:]),
        "all three gates looking at the old c": rows(of_o=c[:-1]),
        "new and old exchanged: i and f see the old c, o the new one": rows(c[1:], c[1:], c[:-1]),
        "the third block of da in the place of the fourth: g has no peephole": rows(o=da[..., 10:15]),
        "the mean over the sequences instead of the sum": right / 3,
    }
    if np.shape(got) == (3, 4, 3, 5) or np.shape(got) == (3, 3, 5):
        raise Wrong("One peephole serves all steps and all sequences, so its gradient is the sum over both, (3, H).")
    same_array("dp", got, right, shape="(3, H)", suspects=suspects)
    return "A bug of one step only: the loss still falls, and no shape complains. Only a gradient check finds it."


def _arrays(got: Any, count: int, names: str) -> Any:
    if (not isinstance(got, tuple | list) and np.ndim(got) < 1) or len(got) != count:
        raise Wrong(f"The function should return {names}.")
    return got
