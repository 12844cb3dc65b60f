"""A kernel's listing: the bookkeeping is folded, every equation stays, and what is left is still Python."""

import ast
import inspect

import pytest

import lstm_edu as le
from lstm_edu.course.listing import folded, is_kernel

MODULES = (le.cells.rnn, le.cells.lstm97, le.cells.lstm, le.cells.peephole, le.cells.gru)
TEXTS = {
    f"{module.__name__.rpartition('.')[2]} {name}": inspect.getsource(getattr(thing, "py_func", thing))
    for module in MODULES
    for name, thing in vars(module).items()
    if name.partition("_")[0] in ("forward", "backward")
}


def test_every_kernel_of_a_cell_is_looked_at():
    assert len(TEXTS) == 12
    assert all(map(is_kernel, TEXTS.values()))
    assert not is_kernel(inspect.getsource(folded))


@pytest.mark.parametrize("kernel", TEXTS)
def test_every_equation_stays_and_what_is_left_is_python(kernel):
    own, lesson = TEXTS[kernel], folded(TEXTS[kernel])
    ast.parse(lesson)
    for line in own.splitlines():
        if "[j] " in line:  # what is done with each unit
            assert line.strip().replace("(one ", "(1 ") in lesson, line
    assert len(lesson.splitlines()) < len(own.splitlines())


@pytest.mark.parametrize("kernel", TEXTS)
def test_what_keeps_the_books_is_folded(kernel):
    lesson = folded(TEXTS[kernel])
    for words in ("pack(", "pack_transposed(", "% len", "dtype", "a_t", ", b, "):
        assert words not in lesson.partition(":\n")[2].replace("b0, b1", ""), words


def test_products_are_written_out_with_the_weights_that_they_use():
    forward, backward = folded(TEXTS["lstm97 forward"]), folded(TEXTS["lstm97 backward"])
    assert "        a[t] = x[t] @ W + bias  # input_product\n        a[t] += h[t] @ U  # add_product\n" in forward
    assert backward.endswith("\n        dh += delta[t] @ U.T  # add_product")
    assert "inner = h[t] @ U + inner_bias  # set_product" in folded(TEXTS["gru forward_after"])
    assert "add_product(a[t], h[t], weights_rz, b0, b1)" in folded(TEXTS["gru forward_before"])  # of a part of U


def test_parts_of_arrays_are_one_comment_where_they_were_made():
    lines = folded(TEXTS["rnn forward"]).splitlines()
    assert lines[5] == "        for b in range(b0, b1):"
    assert lines[6] == "            # z, h_new: parts of a, h"


def test_a_function_without_bookkeeping_stays_as_it_is():
    text = "def add(a, b):\n    return a + b"
    assert folded(text) == text
