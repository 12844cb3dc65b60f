"""The judge of whole cells: its twins are the package's layers, and the first wrong array is named."""

import numpy as np
import pytest

import lstm_edu as le
from lstm_edu.course import checker
from lstm_edu.course.exercises import blank_page
from lstm_edu.course.exercises.blank_page import CELLS, judge, pair


def layer_of(cell):
    options = {"reset_after": True} if cell == "gru-after" else {}
    return le.CELLS[cell.removesuffix("-after")](3, 4, dtype=np.float64, rng=0, **options)


def answer(cell, spoil=lambda name, array: array):
    """The package's own layer in the form that is asked for."""

    def forward(x, *rest):
        layer, count = layer_of(cell), len(CELLS[cell].states)
        state, weights = rest[:count], rest[count:]
        for name, array in zip(CELLS[cell].weights, weights, strict=True):
            layer.params[name][:] = array
        y, tape = layer.forward(x[:, None], tuple(s[None] for s in state))
        return spoil("h", y[:, 0]), (layer, tape)

    def backward(dy, kept):
        layer, tape = kept
        dx, grads, dstate = layer.backward(dy[:, None], tape)
        found = [dx[:, 0], *(d[0] for d in dstate), *(grads[name] for name in CELLS[cell].weights)]
        return tuple(spoil(f"d{name}", array.copy()) for name, array in zip(CELLS[cell].arguments, found, strict=True))

    return forward, backward


@pytest.mark.parametrize("cell", CELLS)
def test_the_packages_own_layer_passes(cell):
    assert "agree with the complex step" in judge(*answer(cell), cell=cell)


@pytest.mark.parametrize("cell", CELLS)
def test_each_array_is_named_where_it_alone_is_wrong(cell):
    for wrong in ("h", *(f"d{name}" for name in CELLS[cell].arguments)):

        def spoil(name, array, wrong=wrong):
            return array + 0.01 if name == wrong else array

        with pytest.raises(checker.Wrong, match=rf"\b{wrong}(\[|\.)"):
            judge(*answer(cell, spoil), cell=cell)


@pytest.mark.parametrize("cell", CELLS)
def test_the_gate_of_a_wrong_block_is_named(cell):
    gates = CELLS[cell].gates
    if len(gates) > 1:
        for k, letter in enumerate(gates):

            def spoil(name, array, k=k):
                if name == "db":
                    np.split(array, len(gates))[k][:] *= 2
                return array

            with pytest.raises(checker.Wrong, match=f"The block {letter} of db is 2 times what it should be"):
                judge(*answer(cell, spoil), cell=cell)


@pytest.mark.parametrize("cell", CELLS)
def test_what_cannot_come_back_is_named(cell):
    """Each cut is played by a learner whose gradients are those of the twin with that cut."""
    asked = CELLS[cell]
    for cut, words in asked.cuts.items():

        def forward(*given):
            given = dict(zip(asked.arguments, given, strict=True))
            return blank_page.outputs(asked, given), given

        def backward(dy, given, cut=cut):
            return tuple(blank_page.gradient(asked, given, dy, name, (cut,)) for name in asked.arguments)

        with pytest.raises(checker.Wrong) as refused:
            judge(forward, backward, cell=cell)
        assert words in str(refused.value), (cell, cut)


@pytest.mark.parametrize("cell", CELLS)
def test_usual_mistakes_in_forward_are_named(cell):
    asked = CELLS[cell]
    for bug, words in asked.bugs.items():

        def forward(*given, bug=bug):
            return blank_page.outputs(asked, dict(zip(asked.arguments, given, strict=True)), bug=bug), 0

        with pytest.raises(checker.Wrong) as refused:
            judge(forward, max, cell=cell)
        assert words in str(refused.value), (cell, bug)


def test_gates_in_another_order_are_named():
    def forward(x, h0, c0, W, U, b):
        turn = [0, 1, 2, 3, 8, 9, 10, 11, 4, 5, 6, 7]  # i o g
        given = dict(zip(CELLS["lstm97"].arguments, (x, h0, c0, W[:, turn], U[:, turn], b[turn]), strict=True))
        return blank_page.outputs(CELLS["lstm97"], given), 0

    with pytest.raises(checker.Wrong, match="the gates in the order i o g; here it is i g o"):
        judge(forward, max, cell="lstm97")


def test_parts_that_are_not_added_and_states_after_the_step_are_named():
    asked = CELLS["rnn"]

    def forward(*given):
        given = dict(zip(asked.arguments, given, strict=True))
        return blank_page.outputs(asked, given), given

    def right(dy, given):
        return {f"d{name}": blank_page.gradient(asked, given, dy, name) for name in asked.arguments}

    def last_only(dy, given):
        return right(dy, given) | {"dW": blank_page.gradient(asked, given, dy, "W", at=0)}

    def new_state(dy, given):
        delta = np.array([blank_page.gradient(asked, given, dy, "b", at=t) for t in range(len(dy))])
        return right(dy, given) | {"dU": blank_page.outputs(asked, given).T @ delta}

    def not_transposed(dy, given):
        delta = blank_page.gradient(asked, given, dy, "b", at=0)
        return right(dy, given) | {"dh0": delta @ given["U"]}

    assert judge(forward, right, cell="rnn")  # a dict with the names is right too
    for backward, words in (
        (last_only, r"over 2 steps\. dW is what comes out with the part of the first step alone"),
        (new_state, r"over 1 step\. dU is what comes out with the state after each step"),
        (not_transposed, r"over 1 step\. dh0 is what comes out with U not transposed"),
    ):
        with pytest.raises(checker.Wrong, match=words):
            judge(forward, backward, cell="rnn")


def test_what_is_no_pair_of_functions_or_returns_something_else_is_refused():
    forward, backward = answer("rnn")
    for wrong in (max, 3, (forward,), None):
        with pytest.raises(checker.Wrong, match="Two functions are asked for"):
            pair(wrong)
    assert pair((forward, backward)) == (forward, backward)
    cases = [
        (lambda *given: forward(*given)[0], backward, "In forward. Return two things"),
        (lambda x, h0, *rest: (np.vstack([h0, forward(x, h0, *rest)[0]]), 0), backward, r"h has T \+ 1 rows"),
        (lambda *given: (forward(*given)[0].T, 0), backward, "It is the transpose"),
        (forward, lambda dy, kept: backward(dy, kept)[:4], "Return 5 arrays, dx, dh0, dW, dU, db; this returns 4"),
        (forward, lambda dy, kept: backward(dy, kept)[0], "this returns one ndarray"),
        (forward, lambda dy, kept: 1 / 0, "ZeroDivisionError"),
        (lambda *given: None, backward, "In forward. Your function returns nothing yet"),
        (forward, lambda dy, kept: None, "In backward over 1 step. Your function returns nothing yet"),
    ]
    for there, back, words in cases:
        with pytest.raises(checker.Wrong, match=words):
            judge(there, back, cell="rnn")
