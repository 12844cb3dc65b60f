"""The numerical gradient that the chapters use."""

import numpy as np
import pytest

import lstm_edu as le
from lstm_edu import course


@pytest.mark.parametrize("cell", ["rnn", "lstm97", "lstm", "peephole", "gru"])
def test_it_agrees_with_the_backward_pass_of_every_cell(cell):
    layer = le.CELLS[cell](3, 4, dtype=np.float64, rng=0)
    rng = np.random.default_rng(1)
    x, dy = rng.normal(size=(5, 2, 3)), rng.normal(size=(5, 2, 4))
    dx, grads, _ = layer.backward(dy, layer.forward(x)[1])
    np.testing.assert_allclose(course.numerical_gradient(lambda x: np.sum(dy * layer(x)), x), dx, rtol=1e-6, atol=1e-8)
    for name, array in layer.params.items():
        before = array.copy()

        def loss(moved, name=name):
            layer.params[name] = moved
            return np.sum(dy * layer(x))

        found = course.numerical_gradient(loss, before)
        layer.params[name] = before
        np.testing.assert_allclose(found, grads[name], rtol=1e-6, atol=1e-8)


def test_the_array_stays_as_it_was_and_any_shape_is_right():
    array = np.array([[1.0, 2.0], [3.0, 4.0]], dtype=np.float32)
    before = array.copy()

    def loss(w):
        w *= 2  # whoever writes into what it gets, writes into a copy
        return w.sum()

    found = course.numerical_gradient(loss, array)
    assert np.array_equal(array, before)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, np.full((2, 2), 2), rtol=1e-9)
    assert course.numerical_gradient(lambda w: w**2, 3).shape == ()
    np.testing.assert_allclose(course.numerical_gradient(lambda w: w**2, 3), 6, rtol=1e-9)  # whole numbers, too
    np.testing.assert_allclose(course.numerical_gradient(lambda w: [w.sum()], np.ones(2)), [1, 1], rtol=1e-9)


def test_central_differences_are_exact_for_a_parabola_and_off_by_the_third_derivative():
    off = course.numerical_gradient(np.sin, 0.0, step=0.1) - 1
    np.testing.assert_allclose(off, -(0.1**2) / 6, rtol=1e-2)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((3, [1.0]), "loss must be a function of the array, got 3"),
        ((np.sum, ["a"]), "array must hold numbers, this holds <U1"),
        ((np.sum, [1.0], 0), "step must be above 0, got 0"),
        ((np.sum, [1.0], -1), "step must be above 0, got -1"),
        ((lambda w: w, [1.0, 2.0]), r"loss must give one number, got an array of shape \(2,\)"),
    ],
)
def test_what_makes_no_gradient_is_refused(arguments, words):
    with pytest.raises(ValueError, match=words):
        course.numerical_gradient(*arguments)
