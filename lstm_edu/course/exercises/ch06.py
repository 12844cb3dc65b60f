"""Exercises of chapter 06: the GRU."""

from collections.abc import Callable
from typing import Any

import numpy as np

from lstm_edu.course.checker import Wrong, call, exercise, same_array
from lstm_edu.course.exercises.activations import sigmoid
from lstm_edu.course.exercises.blank_page import judge, pair


@exercise("06.1", hint="r and z first, each from x and h. Then the candidate, from x and r * h. Then slide.")
def gru_step(answer: Callable) -> str:
    """One step of the GRU, reset before the product: h."""
    rng = np.random.default_rng(61)
    x, h = rng.standard_normal((3, 2)), rng.standard_normal((3, 5))
    W, U, b = rng.standard_normal((2, 15)), rng.standard_normal((5, 15)), rng.standard_normal(15)

    def step(order: str = "rzn", z_keeps: bool = True, reset: str = "before", squash: Callable = np.tanh) -> Any:
        blocks = (dict(zip(order, np.split(v, 3, axis=-1), strict=True)) for v in (W, U, b))
        w, u, bias = blocks
        r, z = (sigmoid(x @ w[k] + h @ u[k] + bias[k]) for k in "rz")
        inner = {"before": (r * h) @ u["n"], "after": r * (h @ u["n"]), "none": h @ u["n"]}[reset]
        n = squash(x @ w["n"] + inner + bias["n"])
        return z * h + (1 - z) * n if z_keeps else (1 - z) * h + z * n

    same_array(
        "h",
        call(answer, x, h, W, U, b),
        step(),
        shape="(B, H)",
        suspects={
            "z and 1 - z exchanged: here z = 1 keeps the old state": step(z_keeps=False),
            "the reset after the product, r * (h U_n)": step(reset="after"),
            "the blocks in the order z r n": step("zrn"),
            "the blocks in the order z r n, and z and 1 - z exchanged": step("zrn", z_keeps=False),
            "no reset gate": step(reset="none"),
            "the candidate without its tanh": step(squash=lambda a: a),
            "a sigmoid on the candidate": step(squash=sigmoid),
        },
    )
    return "Six products in three lines: x and h each meet three blocks of weights."


@exercise("06.2", hint="Three blocks of columns, each with D rows of W, H rows of U and one bias for each unit.")
def gru_parameters(answer: Callable) -> str:
    """How many numbers a GRU learns."""
    for D, H, after in ((2, 32, False), (7, 5, True), (1, 1, False), (3, 10, True)):
        three = 3 * H * (D + H + 1)
        right = three + H * after
        suspects = {
            "four blocks, as in an LSTM": 4 * H * (D + H + 1),
            "no biases": 3 * H * (D + H),
            "two biases for each block, as PyTorch has them": 3 * H * (D + H + 2),
            "bn left out: with the reset after the product there is one bias more a unit": three if after else None,
            "the bias bn, which only the form with the reset after the product has": None if after else three + H,
            "one bias for each block instead of one for each unit": 3 * (H * (D + H) + 1),
            "D and H exchanged": 3 * D * (D + H + 1),
        }
        suspects = {words: n for words, n in suspects.items() if n not in (None, right)}
        words = "after" if after else "before"
        got = call(answer, D, H, after)
        same_array(f"The count for D={D}, H={H}, reset {words},", got, right, suspects=suspects)
    return "le.GRU(D, H).count_parameters() agrees, and le.match_parameters turns the question around."


@exercise("06.3", hint="Forward is 06.1 over all steps. Backward: z and n first, then r through what U_n sends back.")
def whole_cell(answer: Callable) -> str:
    """Forward, backward and all gradients of the GRU over T steps, reset before the product."""
    return judge(*pair(answer), cell="gru")


@exercise("06.4", hint="With the reset after the product, which of the candidate's two biases does r multiply?")
def two_biases(answer: Callable) -> str:
    """The biases b and bn of this package from the two biases of a library that has one for x and one for h."""
    rng = np.random.default_rng(64)
    b_x, b_h = rng.standard_normal((2, 15))
    b, bn = b_x + b_h, b_h[10:]
    b[10:] = b_x[10:]
    got = call(answer, b_x, b_h)
    if not isinstance(got, tuple | list) or len(got) != 2:
        raise Wrong("The function should return two arrays, b (3H,) and bn (H,).")
    same_array(
        "b",
        got[0],
        b,
        shape="(3H,)",
        suspects={
            "the candidate's two biases added as well: r multiplies the one of h, so it has to stay apart": b_x + b_h,
            "the biases of x alone": b_x,
            "the biases of h alone": b_h,
            "the first block kept apart instead of the last (the blocks are r z n)": np.hstack(
                [b_x[:5], b_x[5:] + b_h[5:]]
            ),
        },
    )
    suspects = {"the candidate's bias of x": b_x[10:], "the first block instead of the last": b_h[:5]}
    same_array("bn", got[1], bn, shape="(H,)", suspects=suspects | {"zeros: the bias of h is lost": np.zeros(5)})
    return "For r and z only the sum of the two biases counts. For n it does not, and a GRU of PyTorch needs both."
