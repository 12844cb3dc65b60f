import numpy as np
import pytest

import lstm_edu as le


def weights(steps=6):
    layer = le.Attention(2, 4, rng=0)
    x = np.random.default_rng(0).standard_normal((steps, 3, 2))
    return layer.weights(layer.forward(x)[1])


def test_the_weights_of_the_chosen_sequence_are_drawn_on_a_scale_from_0_to_1():
    shares = weights()
    figure = le.plotting.attention_weights(shares, 2, steps=list("ab$c_d"), title="mine")
    (image,) = figure.axes[0].images
    np.testing.assert_array_equal(image.get_array(), shares[:, 2])
    assert image.get_clim() == (0, 1)
    names = [tick.get_text() for tick in figure.axes[0].get_xticklabels()]
    assert names == [tick.get_text() for tick in figure.axes[0].get_yticklabels()] == list("ab$c_d")
    assert figure.get_suptitle() == "mine"


def test_steps_without_names_are_counted_in_whole_numbers():
    ticks = le.plotting.attention_weights(weights(3)).axes[0].get_xticks()
    np.testing.assert_array_equal(ticks, np.round(ticks))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"weights": np.zeros((3, 2))}, "weights must have 3 axes"),
        ({"weights": np.zeros((3, 2, 4))}, r"weights must be as many steps by .*, got \(3, 2, 4\)"),
        ({"weights": np.full((3, 2, 3), 2.0)}, "weights must be from 0 to 1"),
        ({"weights": np.full((3, 2, 3), np.nan)}, "weights must be from 0 to 1"),
        ({"sequence": 3}, r"sequence must be a whole number in 0 \.\. 2, got 3"),
        ({"steps": "abc"}, "steps must be 6 names, one for each step, got 3"),
    ],
)
def test_bad_input_is_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        le.plotting.attention_weights(**{"weights": weights(), **arguments})
